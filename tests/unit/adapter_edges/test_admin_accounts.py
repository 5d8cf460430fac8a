"""What the operator does about a held account: reopen it, or give the code that its platform asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from tests.unit.adapter_edges.bodies import PEC
from tests.unit.adapter_edges.shop import FINESS, NOW, Shop
from tierspayant.adapter import observations
from tierspayant.adapter.admin import Admin, LocalAccess
from tierspayant.adapter.availability import Compte, Retenue
from tierspayant.adapter.shop_api import ShopApi
from tierspayant.adapter.shop_http import Call, Reply
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
            plateformes=self.shop.pieces.files.plateformes,
            now=lambda: NOW,
            magasins=lambda: FINESS,
            reload=lambda: None,
            wake_all=self._wake,
            daemon="running",
            give_code=(lambda key, code: self.codes.append((key, code))) if running else None,
        )
        self.api = ShopApi(LocalAccess(), self.admin.routes())

    def _wake(self) -> None:
        self.woken += 1

    def post(self, path: str = "/admin/comptes", /, **corps: object) -> tuple[int, Any]:
        body = json.dumps({"plateforme": "almerys", "magasin": "demo"} | corps).encode()
        got: list[Reply] = []
        done = Deferred.fromCoroutine(self.api(Call("POST", path, "", {"host": "localhost"}, body)))
        _ = done.addCallback(got.append)
        return got[0].status, json.loads(got[0].body)

    def pause(self, en_pause: bool, **corps: object) -> tuple[int, Any]:
        return self.post("/admin/pause", en_pause=en_pause, **corps)

    def hold(self, plateforme: str = "almerys") -> None:
        def work(tables: Any) -> None:
            observations.hold_account(tables, plateforme, DEMO, RaisonCompte.CODE, NOW)

        _ = self.shop.storage.write(work)

    def compte(self) -> Compte | None:
        got: list[Compte | None] = []
        _ = self.shop.storage.read(lambda tables: tables.compte("almerys", DEMO)).addCallback(got.append)
        return got[0]


def get(api: ShopApi, path: str) -> Any:
    got: list[Reply] = []
    _ = Deferred.fromCoroutine(api(Call("GET", path, "", {"host": "localhost"}, b""))).addCallback(got.append)
    return json.loads(got[0].body)


def test_a_held_account_is_reopened_and_its_lanes_look() -> None:
    counter = Counter()
    counter.hold()
    assert counter.post() == (200, {"plateforme": "almerys", "magasin": "demo", "rouvert": True, "en_pause": False})
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


def raison(counter: Counter) -> Retenue | None:
    compte = counter.compte()
    return None if compte is None else compte.raison


def test_an_operator_s_pause_is_lifted_by_the_operator_alone() -> None:
    counter = Counter()
    assert counter.pause(True)[1]["change"] is True
    assert counter.pause(True)[1]["change"] is False
    assert counter.post()[1] == {"plateforme": "almerys", "magasin": "demo", "rouvert": False, "en_pause": True}
    assert counter.post(code="074186")[1]["en_pause"] is True
    assert counter.codes == [(("almerys", DEMO), "074186")], "the code is kept for when it goes on"
    counter.hold()
    assert raison(counter) is Retenue.PAUSE
    assert counter.pause(False)[1]["change"] is True
    assert raison(counter) is None
    assert counter.pause(False)[1]["change"] is False


def test_resuming_also_releases_what_the_platform_held() -> None:
    counter = Counter()
    counter.hold()
    assert counter.pause(False)[1]["change"] is True
    assert raison(counter) is None


def test_a_pause_is_shown_to_the_operator_and_to_that_shop_alone() -> None:
    counter = Counter()
    counter.pause(True)
    [held] = get(counter.api, "/admin/etat")["comptes_retenus"]
    assert (held["plateforme"], held["magasin"], held["raison"]) == ("almerys", "demo", "pause")
    rows = counter.shop.call("GET", "/v1/plateformes")[1]["elements"]
    mine = [row for row in rows if row["plateforme"] == "almerys"]
    assert {(row["etat"], row["compte"]["raison"], row["en_pause"]) for row in mine} == {("retenu", "pause", False)}
    assert all("suspendus par votre responsable informatique" in row["conseil"] for row in mine)
    assert {row["etat"] for row in rows if row["plateforme"] != "almerys"} == {"ouvert"}
    theirs = counter.shop.call("GET", "/v1/plateformes", magasin="deux")[1]["elements"]
    assert {row["etat"] for row in theirs} == {"ouvert"}


def test_a_request_of_a_paused_shop_says_who_stopped_it() -> None:
    counter = Counter()
    counter.pause(True, plateforme="viamedis")
    pec = counter.shop.call("POST", "/v1/pec", PEC)[1]
    assert (pec["etat"], pec["fermee_depuis"]) == ("en_file", None)
    assert "suspendus par votre responsable informatique" in pec["conseil"]
    counter.hold("viamedis")
    counter.pause(False, plateforme="viamedis")
    counter.hold("viamedis")
    assert "refuse le compte de votre magasin" in counter.shop.call("GET", f"/v1/pec/{pec['id']}")[1]["conseil"]


def test_a_paused_service_says_so_and_names_no_date_of_a_closure() -> None:
    counter = Counter()
    counter.pause(True, magasin=None, service="pec")
    rows = counter.shop.call("GET", "/v1/plateformes")[1]["elements"]
    [row] = [row for row in rows if row["en_pause"]]
    assert (row["plateforme"], row["service"], row["etat"], row["depuis"]) == ("almerys", "pec", "ferme", None)
    assert "suspendus par votre responsable informatique" in row["conseil"]


def test_every_reason_of_a_platform_can_hold_an_account() -> None:
    assert set(Retenue) == {*RaisonCompte, "pause"}


def test_an_account_is_paused_whole() -> None:
    status, problem = Counter().pause(True, service="pec")
    assert (status, problem["erreurs"][0]["champ"]) == (422, "/service")
    assert Counter().pause(True, magasin="ailleurs")[1]["erreurs"][0]["champ"] == "/magasin"


@pytest.mark.parametrize("corps", [{"magasin": "ailleurs"}, {"plateforme": "ailleurs"}])
def test_an_account_nobody_has_is_refused(corps: dict[str, str]) -> None:
    assert Counter().post(**corps)[0] == 422
