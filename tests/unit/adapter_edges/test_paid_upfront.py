"""The customer pays up front: what is queued is withdrawn, what was granted cancelled, nothing leaves any more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.adapter_edges.bodies import DROITS, FACTURE, PEC
from tests.unit.adapter_edges.shop import NOW, Shop
from tierspayant.adapter.entry import Etat, Raison, advance
from tierspayant.adapter.policy import held
from tierspayant.adapter.shop_http import Reply
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.schemas import plain
from tierspayant.schemas.messages import Montants, MontantsLigne, PecReponse, ResultatPec

AVANCE = f"/v1/dossiers/{PEC['dossier']}/avance-client"


@pytest.fixture
def shop() -> Shop:
    return Shop()


def move(shop: Shop, identifiant: str, *etats: Etat, **changes: Any) -> None:
    def work(tables: Tables) -> None:
        entry = tables.entry(identifiant)
        assert entry is not None
        for etat in etats:
            entry = advance(entry, etat, NOW, **(changes if etat is etats[-1] else {}))
            tables.update_entry(entry)

    _ = shop.storage.write(work)


def pec(shop: Shop) -> str:
    identifiant: str = shop.call("POST", "/v1/pec", PEC)[1]["id"]
    return identifiant


def facture(shop: Shop) -> str:
    identifiant: str = shop.call("POST", "/v1/factures", FACTURE)[1]["id"]
    return identifiant


def etat(shop: Shop, identifiant: str) -> str:
    found: str = shop.call("GET", f"/v1/demandes/{identifiant}")[1]["etat"]
    return found


def text(shop: Shop, suite: str, magasin: str = "demo") -> Reply:
    recues: list[Reply] = []
    _ = shop.send("GET", AVANCE + suite, magasin=magasin).addCallback(recues.append)
    return recues[0]


def test_what_is_queued_is_withdrawn_and_nothing_of_the_file_is_accepted_any_more(shop: Shop) -> None:
    agreement, invoice = pec(shop), facture(shop)
    statut, avance = shop.call("POST", AVANCE, {"acompte_centimes": 5000, "total_centimes": 30000})
    assert (statut, avance["active"], avance["reste_a_payer_centimes"]) == (200, True, 25000)
    assert set(avance["retirees"]) == {PEC["reference"], FACTURE["reference"]}
    assert (etat(shop, agreement), etat(shop, invoice)) == ("retiree", "retiree")
    for chemin, corps in (("/v1/pec", PEC), ("/v1/factures", FACTURE | {"pec": agreement})):
        statut, probleme = shop.call("POST", chemin, corps | {"reference": f"NEW{chemin}"})
        assert (statut, probleme["code"]) == (409, "avance_client")
    assert shop.call("POST", "/v1/pec", PEC)[1]["id"] == agreement, "the same request again is still that request"
    assert shop.call("POST", "/v1/pec", PEC | {"dossier": "AUTRE", "reference": "AUTRE/1"})[0] == 202
    droits = DROITS | {"dossier": PEC["dossier"]}
    assert shop.call("POST", "/v1/droits", droits, Prefer="wait=0")[0] == 202, "rights harm nobody"
    assert shop.call("GET", f"/v1/dossiers/{PEC['dossier']}")[1]["avance_client"] is True


def test_a_granted_agreement_is_cancelled_once(shop: Shop) -> None:
    agreement = pec(shop)
    move(shop, agreement, Etat.ENVOI, Etat.TERMINEE, resultat="accordee", numero="V1")
    [annulation] = shop.call("POST", AVANCE, {})[1]["annulations"]
    assert (annulation["etat"], annulation["reference"]) == ("en_file", f"{PEC['reference']}/AVANCE-1")
    again = shop.call("POST", AVANCE, {"acompte_centimes": 100})[1]
    assert [une["id"] for une in again["annulations"]] == [annulation["id"]]
    assert again["acompte_centimes"] == 100
    assert shop.call("GET", f"/v1/demandes/{annulation['id']}")[1]["cible"] == agreement


@pytest.mark.parametrize("resultat", ["refusee", "annulee", "expiree"])
def test_an_agreement_that_is_none_needs_no_cancelling(shop: Shop, resultat: str) -> None:
    move(shop, pec(shop), Etat.ENVOI, Etat.TERMINEE, resultat=resultat)
    assert shop.call("POST", AVANCE, {})[1]["annulations"] == []


@pytest.mark.parametrize(
    ("etats", "changes", "regle"),
    [
        ((Etat.ENVOI,), {}, "FACTURE_EN_COURS"),
        ((Etat.ENVOI, Etat.INCERTAINE), {}, "FACTURE_EN_COURS"),
        ((Etat.ENVOI, Etat.EN_INSTANCE), {"resultat": "acquittee"}, "FACTURE_EN_COURS"),
        ((Etat.ENVOI, Etat.RETENUE), {"action": held(Raison.REPONSE_ILLISIBLE)}, "FACTURE_EN_COURS"),
        ((Etat.ENVOI, Etat.TERMINEE), {"resultat": "acceptee"}, "FACTURE_FAITE"),
        ((Etat.ENVOI, Etat.TERMINEE), {"resultat": "payee"}, "FACTURE_FAITE"),
    ],
)
def test_a_file_whose_invoice_may_be_paid_is_not_for_the_customer_to_pay(
    shop: Shop, etats: tuple[Etat, ...], changes: dict[str, Any], regle: str
) -> None:
    agreement, invoice = pec(shop), facture(shop)
    move(shop, invoice, *etats, **changes)
    statut, probleme = shop.call("POST", AVANCE, {})
    assert (statut, probleme["regle"]) == (409, regle)
    assert etat(shop, agreement) == "en_file", "nothing of it happened"
    assert shop.call("GET", AVANCE)[0] == 404


def test_a_rejected_invoice_stands_in_nobodys_way(shop: Shop) -> None:
    pec(shop)
    move(shop, facture(shop), Etat.ENVOI, Etat.TERMINEE, resultat="rejetee")
    assert shop.call("POST", AVANCE, {})[0] == 200


def test_undone_the_file_takes_requests_again_and_a_cancellation_that_never_left_is_withdrawn(shop: Shop) -> None:
    agreement = pec(shop)
    move(shop, agreement, Etat.ENVOI, Etat.TERMINEE, resultat="accordee", numero="V1")
    [annulation] = shop.call("POST", AVANCE, {})[1]["annulations"]
    shop.now += dt.timedelta(hours=1)
    statut, avance = shop.call("DELETE", AVANCE)
    assert (statut, avance["active"]) == (200, False)
    assert avance["annule_le"] is not None
    assert etat(shop, annulation["id"]) == "retiree"
    assert shop.call("POST", "/v1/factures", FACTURE)[0] == 202
    assert shop.call("DELETE", AVANCE)[0] == 404


def test_another_shop_and_an_unknown_file_have_none(shop: Shop) -> None:
    pec(shop)
    shop.call("POST", AVANCE, {})
    assert shop.call("GET", AVANCE, magasin="deux")[0] == 404
    assert shop.call("DELETE", AVANCE, magasin="deux")[0] == 404
    assert text(shop, "/recu", "deux").status == 404
    assert shop.call("GET", "/v1/dossiers/rien/avance-client")[0] == 404


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({"acompte_centimes": -1}, "/acompte_centimes"),
        ({"total_centimes": 10**9}, "/total_centimes"),
        ({"acompte_centimes": 2, "total_centimes": 1}, "/acompte_centimes"),
        ({"acompte_centimes": 1.5}, "/acompte_centimes"),
        ({"zz": 1}, "/zz"),
    ],
)
def test_amounts_that_are_none_are_refused(shop: Shop, corps: dict[str, Any], champ: str) -> None:
    statut, probleme = shop.call("POST", AVANCE, corps)
    assert (statut, probleme["champ"]) == (422, champ)


def test_the_sheet_says_what_was_sold_and_non_connu_for_what_nobody_knows(shop: Shop) -> None:
    pec(shop)
    shop.call("POST", AVANCE, {"acompte_centimes": 5000})
    page = text(shop, "/recu")
    html = page.body.decode()
    assert page.media_type.startswith("text/html")
    for said in ("DUPRE ALICE", "A1234567", "759999014", "2299026", "120,00", "300,00", "250,00"):
        assert said in html, said
    parts = html.partition("Part assurance maladie")[2]
    assert parts.count("non connu") == 2
    assert "285057599900197" not in html, "the insurer knows the NIR"


def test_the_sheet_gives_the_shares_the_platform_once_told_and_escapes_what_a_shop_wrote(shop: Shop) -> None:
    corps = PEC | {"dossier": "<b>", "reference": "R1"}
    agreement = shop.call("POST", "/v1/pec", corps)[1]["id"]
    move(shop, agreement, Etat.ENVOI, Etat.TERMINEE, resultat="accordee", numero="V1")
    ligne = MontantsLigne(numero=1, amo_centimes=9, amc_centimes=17991, reste_a_charge_centimes=12000)
    montants = Montants(
        total_centimes=30000, amo_centimes=9, amc_centimes=17991, reste_a_charge_centimes=12000, lignes=(ligne,)
    )

    def answer(tables: Tables) -> None:
        entry = tables.entry(agreement)
        assert entry is not None
        reponse = PecReponse(resultat=ResultatPec.ACCORDEE, numero="V1", montants=montants, etat_plateforme="x")
        shop.pieces.files.vault.put(tables, entry, "reponse", plain.to_json(reponse))

    _ = shop.storage.write(answer)
    shop.call("POST", "/v1/dossiers/<b>/avance-client", {})
    recues: list[Reply] = []
    _ = shop.send("GET", "/v1/dossiers/<b>/avance-client/recu").addCallback(recues.append)
    html = recues[0].body.decode()
    assert "179,91" in html
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_the_pdf_is_one_the_same_sheet_gives_the_same_bytes_and_a_lifted_one_says_so(shop: Shop) -> None:
    pec(shop)
    shop.call("POST", AVANCE, {"total_centimes": 30000})
    first, second = text(shop, "/recu.pdf"), text(shop, "/recu.pdf")
    assert first.media_type == "application/pdf"
    assert first.body.startswith(b"%PDF-1.")
    assert b"%%EOF" in first.body
    assert first.body == second.body
    shop.call("DELETE", AVANCE)
    assert text(shop, "/recu.pdf").body != first.body
    assert "plus valable" in text(shop, "/recu").body.decode()
