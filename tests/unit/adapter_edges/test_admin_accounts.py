"""What the operator does about a held account: reopen it, or give the code that its platform asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.unit.adapter_edges.shop import FINESS, NOW, Shop
from tierspayant.adapter import records
from tierspayant.adapter.admin import AccesLocal, Admin
from tierspayant.adapter.availability import Compte
from tierspayant.adapter.shop_api import ShopApi
from tierspayant.adapter.shop_http import Appel, Reponse
from tierspayant.schemas.outcomes import RaisonCompte

DEMO = FINESS["demo"]


class Counter:
    """The admin socket's routes over memory storage; `codes` is what a running daemon was given."""

    def __init__(self, running: bool = True) -> None:
        self.shop = Shop()
        self.codes: list[tuple[tuple[str, str], str]] = []
        self.woken = 0
        self.admin = Admin(
            storage=self.shop.storage,
            plateformes=self.shop.pieces.lu.plateformes,
            now=lambda: NOW,
            magasins=lambda: FINESS,
            reload=lambda: None,
            wake_all=self._wake,
            demon="running",
            give_code=(lambda key, code: self.codes.append((key, code))) if running else None,
        )
        self.api = ShopApi(AccesLocal(), self.admin.routes())

    def _wake(self) -> None:
        self.woken += 1

    def post(self, **corps: object) -> tuple[int, Any]:
        body = json.dumps({"plateforme": "almerys", "magasin": "demo"} | corps).encode()
        got: list[Reponse] = []
        done = Deferred.fromCoroutine(self.api(Appel("POST", "/admin/comptes", "", {"host": "localhost"}, body)))
        _ = done.addCallback(got.append)
        return got[0].statut, json.loads(got[0].corps)

    def hold(self) -> None:
        def work(tables: Any) -> None:
            records.hold_account(tables, "almerys", DEMO, RaisonCompte.CODE, NOW)

        _ = self.shop.storage.write(work)

    def compte(self) -> Compte | None:
        got: list[Compte | None] = []
        _ = self.shop.storage.read(lambda tables: tables.compte("almerys", DEMO)).addCallback(got.append)
        return got[0]


def test_a_held_account_is_reopened_and_its_lanes_look() -> None:
    counter = Counter()
    counter.hold()
    assert counter.post() == (200, {"plateforme": "almerys", "magasin": "demo", "rouvert": True})
    compte = counter.compte()
    assert compte is not None
    assert not compte.retenu
    assert (counter.woken, counter.codes) == (1, [])


def test_a_code_goes_to_the_daemon_with_the_shop_s_number_and_is_not_echoed() -> None:
    counter = Counter()
    counter.hold()
    status, document = counter.post(code=" 074186 ")
    assert status == 200
    assert counter.codes == [(("almerys", DEMO), "074186")]
    assert "074186" not in json.dumps(document)


@pytest.mark.parametrize("code", ["", "  ", 74186, ["074186"]])
def test_a_code_that_is_none_reopens_nothing(code: object) -> None:
    counter = Counter()
    counter.hold()
    assert counter.post(code=code)[0] == 422
    compte = counter.compte()
    assert compte is not None
    assert compte.retenu


def test_a_code_without_a_daemon_is_refused_and_the_account_stays_held() -> None:
    counter = Counter(running=False)
    counter.hold()
    status, document = counter.post(code="074186")
    assert (status, document["erreurs"][0]["regle"]) == (422, "DEMON_ARRETE")
    compte = counter.compte()
    assert compte is not None
    assert compte.retenu


@pytest.mark.parametrize("corps", [{"magasin": "ailleurs"}, {"plateforme": "ailleurs"}])
def test_an_account_nobody_has_is_refused(corps: dict[str, object]) -> None:
    assert Counter().post(**corps)[0] == 422
