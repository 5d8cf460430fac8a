"""The white label is data: served with `--port NAME=0`, a stock client walks a file there, and no code names it."""

from __future__ import annotations

import ast
import datetime as dt
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.live.stock_zeep import FiveServices
from tierspayant.emulator import platforms_data
from tierspayant.emulator.config import PLATFORM_PORTS
from tierspayant.emulator.live import Live

ROOT = Path(__file__).parents[2]
SIDES = ("adapter", "emulator", "schemas")
NOW = "2024-01-31T10:00:00+01:00"
MARC = ("00990030", None, "T1000100", "190057599910094", dt.date(1990, 5, 17), "KELLER", "MARC")
WHITE_LABEL = "oxantis"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Live]:
    live = Live.start("--auth", "none", "--now", NOW, "--port", f"{WHITE_LABEL}=0")
    yield live
    live.stop()


def test_a_stock_client_walks_a_file_to_its_invoice_there(emulator: Live) -> None:
    with FiveServices(emulator.plateformes[WHITE_LABEL]) as caisse:
        marc = caisse.personne(*MARC)
        assert marc["organisme"] == "X030"
        assert caisse.droits(marc).statutDroits == "OUVERTS"
        pec = caisse.pec("D-MARQUE-1", marc)
        assert (pec.etat, pec.numero) == ("Accordee", "X240131000001")
        vus = pec.montants
        assert [str(un) for un in (vus.partAmo, vus.partAmc, vus.resteACharge)] == ["0.09", "179.91", "120.00"]
        assert caisse.facture("D-MARQUE-1", marc, pec, "240131903").accuse == "POSITIF"
        emulator.call("POST", "sessions/default/clock", {"advance": "PT1H"})
        connue = caisse.etat_facture("240131903")
        assert (connue.etat, connue.montantAmc) == ("Acceptee", Decimal("179.91"))
    rows = emulator.call("GET", "sessions/default/ledger")["factures"]
    assert [row["numero"] for row in rows if row["dossier"] == "D-MARQUE-1"] == ["240131903"]


def test_it_lists_its_own_insurers_and_no_other(emulator: Live) -> None:
    with FiveServices(emulator.plateformes[WHITE_LABEL]) as ici, FiveServices(emulator.plateformes["viamedis"]) as la:
        assert set(ici.organismes().values()) == {"X030"}
        assert not set(ici.organismes().values()) & set(la.organismes().values())


def test_its_contract_is_that_of_its_dialect_under_its_own_address(emulator: Live) -> None:
    wsdl = []
    for nom in (WHITE_LABEL, "viamedis"):
        base = emulator.plateformes[nom]
        with urllib.request.urlopen(f"{base}/droits?wsdl", timeout=5) as reply:
            wsdl.append(reply.read().replace(base.encode(), b"ICI"))
    assert wsdl[0] == wsdl[1]
    assert b"ICI/droits" in wsdl[0]


# ------------------------------------------------------------------------------------------------------ data only


def named_in(source: str, names: frozenset[str]) -> list[tuple[int, str]]:
    """(line, name) of each platform that a Python source names in code: identifiers and strings, not docstrings."""
    tree = ast.parse(source)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    prose |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        words = [str(getattr(node, name)) for name in ("id", "attr", "arg", "name", "module") if hasattr(node, name)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            words.append(node.value)
        found += [(getattr(node, "lineno", 0), nom) for nom in names if any(nom in word.lower() for word in words)]
    return found


DIALECT_FOLDERS = frozenset(path.parent for path in (ROOT / "schemas").glob("*/samples"))
DEFAULTS = ROOT / "emulator" / "config.py"
"""The only code that names platforms: the two whose ports `tp-emulator serve` opens unasked, and their options."""
PAGES = frozenset({ROOT / "emulator" / "tape_pages.py"})
"""Writers of a documentation page: their texts show commands a reader may type."""
NAMES = frozenset(platforms_data.load())


def code() -> dict[Path, str]:
    """Every tracked program of the three folders, but a dialect's own."""
    listing = subprocess.run(["git", "ls-files", "-z", *SIDES], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return {
        path: path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in {".py", ".js", ".sql", ".html"}
        and path.is_file()
        and path.parent not in DIALECT_FOLDERS
        and path not in PAGES
    }


def test_no_code_names_a_platform() -> None:
    programs = code()
    assert len(programs) > 100
    assert WHITE_LABEL in NAMES
    found = {}
    for path, text in programs.items():
        if path.suffix == ".py":
            named = [
                (line, nom) for line, nom in named_in(text, NAMES) if path != DEFAULTS or nom not in PLATFORM_PORTS
            ]
        else:
            named = [(n, nom) for n, line in enumerate(text.lower().splitlines(), 1) for nom in NAMES if nom in line]
        if named:
            found[str(path.relative_to(ROOT))] = named
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        f"if nom == '{WHITE_LABEL}': pass",
        f"{WHITE_LABEL} = 1",
        f"import {WHITE_LABEL}",
        f"x.{WHITE_LABEL}_port",
        f"f'--{WHITE_LABEL}-port'",
    ],
)
def test_a_planted_name_is_found(planted: str) -> None:
    assert [nom for _, nom in named_in(planted, NAMES)] != []


def test_prose_may_name_a_platform() -> None:
    assert named_in(f'"""About {WHITE_LABEL}."""\nx = 1  # {WHITE_LABEL}\n"""{WHITE_LABEL}"""\n', NAMES) == []


def test_the_white_label_is_a_row_like_any_other() -> None:
    one, other = platforms_data.load()[WHITE_LABEL], platforms_data.load()["viamedis"]
    assert one.dialecte == other.dialecte
    assert one.second_facteur != other.second_facteur
    assert one.traits == other.traits
    assert json.dumps([amc.code for amc in one.insurers]) == '["X030", "X031"]'
