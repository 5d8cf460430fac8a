"""Many held requests at once: the call list, confirming and giving up, each refusal apart."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.adapter_edges.bodies import FACTURE, PEC
from tests.unit.adapter_edges.shop import NOW, Shop
from tierspayant.adapter import cli_queue
from tierspayant.adapter.admin import LocalAccess
from tierspayant.adapter.cli import main
from tierspayant.adapter.entry import Etat, Raison, advance
from tierspayant.adapter.policy import held
from tierspayant.adapter.shop_api import ShopApi
from tierspayant.adapter.storage.protocol import Tables


def hold(shop: Shop, identifiant: str, raison: Raison = Raison.CONFIRMER_CLIENT) -> None:
    def work(tables: Tables) -> None:
        entry = tables.entry(identifiant)
        assert entry is not None
        tables.update_entry(advance(entry, Etat.RETENUE, shop.now, action=held(raison)))

    _ = shop.storage.write(work)


def waiting_pec(shop: Shop, nom: str, magasin: str = "demo", **changes: Any) -> str:
    corps = PEC | {"dossier": nom, "reference": f"{nom}/PEC-1"} | changes
    identifiant: str = shop.call("POST", "/v1/pec", corps, magasin)[1]["id"]
    hold(shop, identifiant)
    return identifiant


def operator(shop: Shop) -> Shop:
    shop.api = ShopApi(LocalAccess(), shop.pieces.shop_routes())
    return shop


def act(shop: Shop, magasin: str = "demo", **corps: Any) -> tuple[int, Any]:
    return shop.call("POST", "/v1/demandes/action", corps, magasin)


def test_the_call_list_names_the_customers_to_the_shop_itself_and_to_nobody_else() -> None:
    shop = Shop()
    mine = waiting_pec(shop, "D-1")
    waiting_pec(shop, "D-2", "deux")
    shop.now += dt.timedelta(days=6)
    [une] = shop.call("GET", "/v1/appels")[1]["elements"]
    assert (une["demande"], une["dossier"], une["age_jours"], une["amc_centimes"]) == (mine, "D-1", 6, None)
    assert (une["client"], une["total_centimes"]) == ({"nom": "DUPRE", "prenom": "ALICE"}, 30000)
    for une in operator(shop).call("GET", "/v1/appels")[1]["elements"]:
        assert (une["client"], une["total_centimes"]) == (None, None)


def test_what_is_held_for_another_reason_is_nobody_to_call() -> None:
    shop = Shop()
    pec = shop.call("POST", "/v1/pec", PEC)[1]["id"]
    hold(shop, pec, Raison.REPONSE_ILLISIBLE)
    assert shop.call("GET", "/v1/appels")[1]["elements"] == []
    assert act(shop, type="abandonner", tous=True)[1] == {"faites": [], "refusees": []}
    assert act(shop, type="abandonner", demandes=[pec])[1]["refusees"][0]["code"] == "rien_a_confirmer"


def test_all_confirmed_leave_and_each_refusal_stands_apart() -> None:
    shop = Shop()
    ours = [waiting_pec(shop, f"D-{rang}") for rang in range(3)]
    theirs = waiting_pec(shop, "D-9", "deux")
    _, bilan = act(shop, type="confirmer_client", demandes=[*ours, theirs, "rien"])
    assert [une["etat"] for une in bilan["faites"]] == ["en_file"] * 3
    assert [(une["id"], une["code"]) for une in bilan["refusees"]] == [(theirs, "inconnu"), ("rien", "inconnu")]
    assert shop.call("GET", f"/v1/demandes/{theirs}", magasin="deux")[1]["etat"] == "retenue"


def test_a_choice_by_platform_and_day_leaves_the_others_alone() -> None:
    shop = Shop()
    ancien = waiting_pec(shop, "D-1")
    shop.now += dt.timedelta(days=1)
    recent = waiting_pec(shop, "D-2")
    assert act(shop, type="abandonner", plateforme="almerys")[1]["faites"] == []
    jour = (NOW + dt.timedelta(days=1)).date().isoformat()
    [faite] = act(shop, type="abandonner", avant=jour)[1]["faites"]
    assert (faite["id"], faite["etat"]) == (ancien, "retiree")
    assert shop.call("GET", f"/v1/demandes/{recent}")[1]["etat"] == "retenue"


def test_giving_up_a_pec_holds_the_invoice_behind_it() -> None:
    shop = Shop()
    pec = waiting_pec(shop, PEC["dossier"])
    facture = shop.call("POST", "/v1/factures", FACTURE)[1]["id"]
    act(shop, type="abandonner", demandes=[pec])
    assert shop.call("GET", f"/v1/factures/{facture}")[1]["action"]["raison"] == "predecesseur_refuse"


def test_more_than_one_transaction_and_more_than_one_page_are_all_done() -> None:
    shop = Shop(file_max=1000)
    for rang in range(620):
        waiting_pec(shop, f"D-{rang}")
    assert len(act(shop, type="confirmer_client", tous=True)[1]["faites"]) == 620
    assert shop.call("GET", "/v1/appels")[1]["elements"] == []


@pytest.mark.parametrize(
    "corps",
    [
        {"type": "confirmer_client"},
        {"type": "confirmer_client", "demandes": ["x"], "tous": True},
        {"type": "relancer", "tous": True},
        {"type": "abandonner", "avant": "2024-02-30"},
    ],
)
def test_a_choice_that_is_not_one_is_refused(corps: dict[str, Any]) -> None:
    assert Shop().call("POST", "/v1/demandes/action", corps)[0] == 422


def test_a_day_that_is_none_is_a_wrong_parameter() -> None:
    assert Shop().call("GET", "/v1/appels?avant=hier")[0] == 400


def test_the_commands_list_confirm_and_withdraw_over_the_same_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    premier, second = waiting_pec(shop, "D-1"), waiting_pec(shop, "D-2", "deux")

    def reach(_fichier: Path, methode: str, chemin: str, corps: object = None, **requete: object) -> Any:
        texte = "&".join(f"{nom}={une}" for nom, une in requete.items() if une is not None)
        statut, document = operator(shop).call(methode, f"{chemin}?{texte}", corps)
        assert statut == 200, document
        return document

    monkeypatch.setattr(cli_queue, "reach", reach)

    def run(*mots: str) -> str:
        fait = CliRunner().invoke(main, ["queue", *mots])
        assert fait.exit_code == 0, fait.output
        return fait.output

    assert "D-1/PEC-1" in run("list", "--appels")
    assert "non connu" in run("list", "--appels")
    assert len(json.loads(run("list", "--appels", "--json"))["elements"]) == 2
    assert run("withdraw", "--all", "--finess", "759999022") == "1 done, 0 refused\n"
    assert run("confirm", "--all") == "1 done, 0 refused\n"
    assert run("withdraw", premier) == f"{premier}: retiree\n"
    assert shop.call("GET", f"/v1/demandes/{second}")[1]["etat"] == "retiree"
    for wrong in (["confirm"], ["confirm", premier, "--all"]):
        assert CliRunner().invoke(main, ["queue", *wrong]).exit_code == 2
