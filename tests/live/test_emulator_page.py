"""The people's page on the control port, in a real browser: what it shows is what the control API says."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tierspayant.emulator.live import Live

SAMPLES = Path(__file__).parents[2] / "schemas/viamedis/samples"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def live() -> Iterator[Live]:
    one = Live.start("--now", "2024-01-31T10:00:00+01:00")
    yield one
    one.stop()


def post(live: Live, path: str, nom: str) -> int:
    url = live.plateformes["viamedis"] + path
    request = urllib.request.Request(url, (SAMPLES / nom).read_bytes(), {"Content-Type": "text/xml"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)


def test_the_page_is_served_with_what_it_needs_and_nothing_from_elsewhere(live: Live) -> None:
    with urllib.request.urlopen(f"{live.control}/") as answer:
        page = answer.read().decode()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http://" not in page.replace("http://www.w3.org", "")
    for nom in ("page.js", "page.css"):
        with urllib.request.urlopen(f"{live.control}/{nom}") as answer:
            assert answer.status == 200


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine (Debian package chromium)")
def test_a_person_shuts_a_service_moves_the_clock_and_reads_what_happened(live: Live) -> None:
    from playwright.sync_api import sync_playwright

    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(live.control)
        page.wait_for_selector("#ledger tr")
        assert post(live, "/facturation", "DeposerFacture.ok.xml") == 200
        page.wait_for_selector("#journal tr >> text=facture")
        page.wait_for_selector("#ledger >> text=240131001")
        assert "179,91" in page.inner_text("#ledger")
        page.select_option("#add-effect [name=effet]", label="503, try later")
        page.click("#add-effect button >> nth=0")
        page.wait_for_selector("#effects >> text=503")
        assert post(live, "/prises-en-charge", "DemanderPriseEnCharge.ok.xml") == 503
        page.click("text=Everything works again")
        page.wait_for_selector("#effects >> text=Everything works.")
        page.click("text=+1 day")
        page.wait_for_selector("#now >> text=2024-02-01")
        page.click("#journal tr >> nth=1")
        page.wait_for_selector("#exchange >> text=DeposerFacture")
        browser.close()
    assert wrong == []
