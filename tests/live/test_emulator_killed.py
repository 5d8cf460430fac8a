"""`serve --state DIR` and kill -9: what was answered is there, whoever was answered."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.live.test_emulator_serve import COMMAND, FREE, PEC, Live, start

INVOICE = (Path(__file__).parents[2] / "schemas/viamedis/samples/DeposerFacture.ok.xml").read_bytes()


@contextmanager
def killed_at_the_end(tmp_path: Path, *options: str) -> Iterator[Live]:
    process, ready = start(tmp_path, "--state", str(tmp_path / "etat"), *options)
    live = Live(ready)
    try:
        yield live
    finally:
        live.close()
        process.kill()
        end(process)
        (tmp_path / "ready.json").unlink()


def end(process: subprocess.Popen[str]) -> None:
    process.wait(10)
    assert process.stderr is not None
    process.stderr.close()


def test_an_answer_given_just_before_a_kill_is_kept(tmp_path: Path) -> None:
    with killed_at_the_end(tmp_path) as live:
        live.call("POST", "clock", {"freeze": True})
        first = live.post("/prises-en-charge", PEC).read()
        assert live.post("/facturation", INVOICE).status == 200
        before = live.call("GET", "ledger")
    with killed_at_the_end(tmp_path) as live:
        assert live.call("GET", "ledger") == before
        assert live.call("GET", "ledger/check")[1]["ok"]
        assert live.post("/prises-en-charge", PEC).read() == first
        assert [row["numero"] for row in live.call("GET", "journal")[1]["elements"]] == [1, 2, 3]
        lost = {"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": "apres_commit"}, "fois": 1}
        assert live.call("PUT", "effects", [lost])[0] == 200
    with killed_at_the_end(tmp_path) as live:
        assert live.call("GET", "effects")[1] != []
        with pytest.raises(ConnectionResetError):
            live.post("/facturation", INVOICE.replace(b"exemple-0009", b"autre"))
    with killed_at_the_end(tmp_path) as live:
        assert live.call("GET", "effects")[1] == []
        assert live.call("GET", "journal/4")[1]["verdict"] == "perdu"
        assert live.call("GET", "ledger") == before


def test_what_the_control_api_answered_is_kept(tmp_path: Path) -> None:
    with killed_at_the_end(tmp_path) as live:
        live.control("POST", "sessions", json.dumps({"id": "garde"}).encode())
        live.session = "garde"
        live.call("POST", "clock", {"advance": "P3D"})
        live.call("PUT", "comptes", [{"plateforme": "viamedis", "magasin": "759999014", "etat": "verrouille"}])
        live.call("POST", "snapshots")
        comptes = live.call("GET", "comptes")
    with killed_at_the_end(tmp_path) as live:
        live.session = "garde"
        assert live.call("GET", "comptes") == comptes
        assert [one["id"] for one in live.call("GET", "snapshots")[1]["elements"]] == ["1"]
        live.control("DELETE", "sessions/garde")
    with killed_at_the_end(tmp_path) as live:
        assert live.control("GET", "sessions/garde")[0] == 404


def test_where_platforms_ask_who_speaks_a_failure_and_a_code_are_kept_too(tmp_path: Path) -> None:
    exigence = {"viamedis": {"session": True, "second_facteur": "courriel"}}
    body = (Path(__file__).parents[2] / "schemas/viamedis/samples/OuvrirSession.ok.xml").read_bytes()
    with killed_at_the_end(tmp_path) as live:
        live.call("PUT", "identite", exigence)
        live.post("/authentification", body)
        codes = live.call("GET", "codes")
        assert len(codes[1]["elements"]) == 1
    with killed_at_the_end(tmp_path) as live:
        assert live.call("GET", "codes") == codes


def test_a_call_to_one_session_loses_nothing_of_the_others(tmp_path: Path) -> None:
    with killed_at_the_end(tmp_path) as live:
        live.call("POST", "clock", {"freeze": True})
        assert live.post("/prises-en-charge", PEC).status == 200
        live.control("POST", "sessions", json.dumps({"id": "autre"}).encode())
        assert live.post("/facturation", INVOICE).status == 200
        before = live.call("GET", "ledger")
        other = Live(live.ready, "autre")
        other.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "indisponible"}])
        other.call("POST", "reset")
        other.call("POST", "clock", {"advance": "P1D"})
        other.close()
    with killed_at_the_end(tmp_path) as live:
        assert live.call("GET", "ledger") == before
        assert live.call("GET", "ledger/check")[1]["ok"]
        live.session = "autre"
        assert live.call("GET", "effects")[1] == []


def test_a_client_that_pinned_the_test_authority_is_still_at_home(tmp_path: Path) -> None:
    def asked(live: Live, context: ssl.SSLContext) -> int:
        link = http.client.HTTPSConnection(urlsplit(live.ready["plateformes"]["viamedis"]).netloc, context=context)
        link.request("POST", "/prises-en-charge", PEC, {"Content-Type": "text/xml"})
        status = link.getresponse().status
        link.close()
        return status

    with killed_at_the_end(tmp_path, "--tls") as live:
        pinned = ssl.create_default_context(cafile=live.ready["ca"])
        issued = live.call("POST", "certificats", {"magasins": ["759999014"]})[1]
        assert asked(live, pinned) == 200
    with killed_at_the_end(tmp_path, "--tls") as live:
        assert asked(live, pinned) == 200
        assert live.call("POST", "certificats", {"magasins": ["759999014"]})[1]["ca"] == issued["ca"]


def test_a_second_emulator_on_the_same_directory_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with killed_at_the_end(tmp_path):
        command = [*COMMAND, *FREE, "--state", str(tmp_path / "etat")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "is another emulator using this directory?" in done.stderr
    assert "Traceback" not in done.stderr
