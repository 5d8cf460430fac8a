"""No real-looking person, account or secret enters the tree: every tracked text file is read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tierspayant.schemas.identity import Nir

ROOT = Path(__file__).parent.parent
COMMUNES_JAMAIS_ATTRIBUEES = frozenset({"75999", "13999", "69999", "59999", "97999"})
"""Codes INSEE never gave to a commune (number 999 of a department); our invented people are born there."""

NIR = re.compile(r"(?<!\d)([1-478]\d{4}(?:\d{2}|2A|2B)\d{6})(\d{2})(?!\d)")
IBAN = re.compile(r"\bFR\d{2}(?:\s?\d{4}){2}")
PHONE = re.compile(r"(?<![\d.])0[1-9](?:[ .]\d{2}){4}(?!\d)")
PRIVATE_KEY = re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY")
BINARY = {".png", ".jpg", ".ico", ".woff2", ".pdf"}


def _faults(text: str) -> list[str]:
    """What looks real in a text. The finding names the kind, never the value."""
    found = [
        "NIR with a valid key in a commune that may exist"
        for treize, cle in NIR.findall(text)
        if Nir.cle(treize) == int(cle) and treize[5:10] not in COMMUNES_JAMAIS_ATTRIBUEES
    ]
    for nom, motif in (("IBAN", IBAN), ("telephone number", PHONE), ("private key", PRIVATE_KEY)):
        found += [nom] * len(motif.findall(text))
    return found


def _tracked() -> list[Path]:
    noms = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    )
    return [ROOT / nom for nom in noms if nom and Path(nom).suffix not in BINARY]


def test_no_tracked_file_holds_real_looking_data() -> None:
    found = {
        str(path.relative_to(ROOT)): faults
        for path in _tracked()
        if path.exists()
        and path != Path(__file__)
        and (faults := _faults(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        "1" + "8003" + "75115" + "004" + f"{Nir.cle('1800375115004'):02d}",
        "FR76 3000 4000 0312 3456",
        "01 42 68 53 00",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_planted_real_looking_data_is_found(planted: str) -> None:
    assert _faults(f"text before {planted} text after")


def test_the_invented_people_pass() -> None:
    assert _faults("2850575999001" + "97") == []
