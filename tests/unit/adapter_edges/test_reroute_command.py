"""`tp-adapter annuaire reroute` over the admin socket's call: a dry run, the move, a directory that does not read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.adapter_edges.bodies import PEC
from tests.unit.adapter_edges.shop import Shop
from tierspayant.adapter import cli_annuaire, reload
from tierspayant.adapter.admin import LocalAccess
from tierspayant.adapter.annuaire import Annuaire, Entree
from tierspayant.adapter.cli import main
from tierspayant.adapter.shop_api import ShopApi

AFTER = Annuaire((Entree(numero_amc="00990011", plateforme="almerys", organisme="A020"),))


def test_the_command_lists_then_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    pec = shop.call("POST", "/v1/pec", PEC)[1]["id"]
    vivant = shop.pieces.files.in_force
    shop.pieces = replace(shop.pieces, reload=lambda: setattr(vivant, "annuaire", AFTER))
    shop.api = ShopApi(LocalAccess(), (*shop.pieces.admin().routes(), *shop.pieces.shop_routes()))
    monkeypatch.setattr(reload, "load", lambda conf: reload.InForce(conf, AFTER))

    def reach(_fichier: Path, methode: str, chemin: str, corps: object) -> Any:
        statut, document = shop.call(methode, chemin, corps)
        assert statut == 200, document
        return document

    monkeypatch.setattr(cli_annuaire, "reach", reach)

    def run(*mots: str) -> str:
        fait = CliRunner().invoke(main, ["annuaire", "reroute", *mots])
        assert fait.exit_code == 0, fait.output
        return fait.output

    assert "viamedis/M011" in run()
    assert "nothing was changed" in run("--dry-run")
    assert shop.call("GET", f"/v1/pec/{pec}")[1]["plateforme"] == "viamedis"
    assert [une["vers"] for une in json.loads(run("--apply", "--json"))["deplacees"]] == ["almerys/A020"]
    assert run("--apply") == "nothing to move\n"
    moved = shop.call("GET", f"/v1/pec/{pec}")[1]
    assert (moved["plateforme"], moved["organisme"], moved["etat"]) == ("almerys", "A020", "en_file")


def test_a_directory_that_does_not_read_moves_nothing() -> None:
    shop = Shop()
    shop.api = ShopApi(LocalAccess(), shop.pieces.admin().routes())
    statut, probleme = shop.call("POST", "/admin/reacheminer", {"appliquer": False})
    assert (statut, probleme["regle"]) == (422, "CONFIGURATION")
    assert shop.call("POST", "/admin/reacheminer", {"appliquer": "oui"})[0] == 422
