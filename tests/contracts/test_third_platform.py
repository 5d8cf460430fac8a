"""The worked example of docs/ajouter-une-plateforme.md, installed as a vendor would: the core is not touched.

Its dialect keeps the contract that ours keep; the emulator serves it, a stock client and the adapter speak to it.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zeep

from tests.contracts.dialecte import ContratDialecte
from tests.demo import Program, call
from tests.live.two_daemons import BINAIRES, run
from tierspayant.schemas import platforms

ROOT = Path(__file__).parents[2]
EXEMPLE = ROOT / "docs" / "exemples" / "plateforme-tierce"
PACKAGE = "plateforme_tierce"
NOW = "2024-01-31T10:00:00+01:00"
QUI = {
    "jour": dt.date(2024, 1, 31),
    "amc": "00990900",
    "convention": "TP",
    "adherent": "T9000001",
    "carteDu": dt.date(2024, 1, 1),
    "carteAu": dt.date(2024, 12, 31),
    "nir": "191047599990005",
    "neLe": dt.date(1991, 4, 10),
    "rang": 1,
    "nom": "VERNET",
    "prenom": "JULES",
    "qualite": "assure",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed in it, by pip."""
    source, site = tmp_path_factory.mktemp("source") / "p", tmp_path_factory.mktemp("site")
    shutil.copytree(EXEMPLE, source)
    command = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target"]
    done = subprocess.run(
        [sys.executable, *command, str(site), str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture(scope="module")
def installed(site: Path) -> Iterator[platforms.Dialect]:
    """The same in this process: entry points are found in it, and forgotten at the end."""
    caches = (platforms.dialects, platforms.client, platforms.server)
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    for cache in caches:
        cache.cache_clear()
    yield platforms.dialects()["tierce"]
    sys.path.remove(str(site))
    for nom in [nom for nom in sys.modules if nom.partition(".")[0] == PACKAGE]:
        del sys.modules[nom]
    for cache in caches:
        cache.cache_clear()


class TestTierce(ContratDialecte):
    """Everything the dialects of the core are held to."""

    package = PACKAGE
    lisez_moi = PACKAGE
    mediatype = "text/xml; charset=utf-8"
    chemin_ko = "/echange"
    xsd = ("contrat.xsd",)

    @pytest.fixture(autouse=True)
    def _found(self, installed: platforms.Dialect) -> None:
        type(self).dialecte = installed


# ----------------------------------------------------------------------------------------------- as running programs


@pytest.fixture(scope="module")
def emulator(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("emulator")
    ready = folder / "ready.json"
    ports = ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0", "--port", "tierce=0"]
    command = [str(BINAIRES / "tp-emulator"), "serve", *ports, "--now", NOW, "--ready-file", str(ready)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site))
        program = Program("the emulator", command, ready, folder / "log")
        program.start()
    yield program
    program.stop()


def test_the_emulator_serves_it_and_a_stock_client_asks(emulator: Program) -> None:
    client = zeep.Client(f"{emulator.ici['plateformes']['tierce']}/echange?wsdl")
    header = {"idMessage": "caisse-1", "finess": "759999014", "emisLe": dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)}
    known = client.service.VerifierDroits(**QUI, _soapheaders={"appelant": header})
    assert (known.idMessage, known.reponse, known.organisme) == ("caisse-1", "ouverts", "T900")
    stranger = client.service.VerifierDroits(**{**QUI, "adherent": "AUTRE"}, _soapheaders={"appelant": header})
    assert (stranger.reponse, [un.code for un in stranger.motif]) == ("inconnu", ["T-DRO02"])
    with pytest.raises(zeep.exceptions.Fault) as refus:
        client.service.VerifierDroits(**{**QUI, "nir": "191047599990006"}, _soapheaders={"appelant": header})
    detail = client.wsdl.types.deserialize(refus.value.detail[0])
    assert (detail.regle, detail.ou) == ("NIR_CLE", "/Envelope/Body/VerifierDroits/nir")
    client.transport.session.close()


def test_the_adapter_finds_it_by_the_card_and_asks(emulator: Program, site: Path, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(site)}
    configuration, ready = tmp_path / "a" / "adapter.toml", tmp_path / "adapter.json"
    done = run("init", str(configuration.parent), "--emulateur", str(emulator.pret), **environment)
    assert done.returncode == 0, done.stderr
    command = [str(BINAIRES / "tp-adapter"), "serve", "--config", str(configuration), "--port", "0"]
    command += ["--ready-file", str(ready), "--clock", emulator.ici["control"]]
    adapter = Program("the adapter", command, ready, tmp_path / "log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site))
        adapter.start()
    try:
        cle = (configuration.parent / "secrets" / "demo.key").read_text(encoding="ascii").strip()
        statut, lu = call("POST", adapter.ici["api"] + "/v1/droits", _body(), Authorization=f"Bearer {cle}")
        assert (statut, lu["plateforme"], lu["resultat"]) == (200, "tierce", "ouverts"), lu
    finally:
        adapter.stop()


def _body() -> dict[str, Any]:
    body = json.loads((ROOT / "docs" / "exemples" / "droits.json").read_text(encoding="utf-8"))
    body["reference"] = "DR-TIERCE-1"
    body["date_soins"] = "2024-01-31"
    body["carte"] |= {"numero_amc": QUI["amc"], "csr": None, "numero_adherent": QUI["adherent"]}
    body["assure"] = {"nir": QUI["nir"]}
    body["beneficiaire"] |= {"date_naissance": "1991-04-10", "nom": QUI["nom"], "prenom": QUI["prenom"]}
    return dict(body)


def test_the_same_name_twice_is_refused_in_one_sentence(site: Path, tmp_path: Path) -> None:
    """A package that takes a name of the core's."""
    shutil.copytree(site, tmp_path / "site")
    rows = tmp_path / "site" / PACKAGE / "plateformes.toml"
    rows.write_text(rows.read_text(encoding="utf-8").replace('nom = "tierce"', 'nom = "viamedis"'), encoding="utf-8")
    done = subprocess.run(
        [str(BINAIRES / "tp-emulator"), "serve", "--control-port", "0"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "tp-emulator: plateforme_tierce/plateformes.toml: platform viamedis is already taken"


def test_the_guide_sends_nobody_to_a_file_that_is_not_there() -> None:
    guide = (ROOT / "docs" / "ajouter-une-plateforme.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:emulator|schemas|tests)/[a-z_/]+\.[a-z]+)`", guide)
    named += [f"docs/{link}" for link in re.findall(r"\]\(([^)]+)\)", guide)]
    assert len(named) > 6
    assert [path for path in named if not (ROOT / path).exists()] == []
    for path in (EXEMPLE / PACKAGE).iterdir():
        assert f"`{path.name}" in guide or path.name in {"README.md", "__pycache__"}, path.name


def test_without_the_package_nobody_knows_it() -> None:
    done = subprocess.run(
        [str(BINAIRES / "tp-emulator"), "serve", "--control-port", "0", "--port", "tierce=0"],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no platform tierce" in done.stderr
