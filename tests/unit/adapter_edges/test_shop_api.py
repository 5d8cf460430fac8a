"""The shop API: what is accepted, what is refused, what is shown, without a platform in sight."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from tests.unit.adapter_edges.bodies import DROITS, FACTURE, PEC, bent
from tests.unit.adapter_edges.shop import NOW, Shop
from tests.write_openapi import text
from tierspayant.adapter.entry import Entry, Etat, advance
from tierspayant.adapter.harvest_guard import PER_FILE
from tierspayant.adapter.openapi_source import TEXTS, document
from tierspayant.adapter.problem import kinds
from tierspayant.adapter.shop_http import Reply
from tierspayant.adapter.storage.protocol import Membre, StorageError, Tables
from tierspayant.schemas import plain
from tierspayant.schemas.messages import DroitsReponse, ResultatDroits


@pytest.fixture
def shop() -> Shop:
    return Shop()


def move(shop: Shop, identifiant: str, *etats: Etat, **changes: Any) -> None:
    """What a lane would do: carry the entry through these states."""

    def work(tables: Tables) -> None:
        entry = tables.entry(identifiant)
        assert entry is not None
        for etat in etats:
            dernier: dict[str, Any] = changes if etat is etats[-1] else {}
            entry = advance(replace(entry), etat, NOW, **dernier)
            tables.update_entry(entry)
            if entry.resultat == "ouverts":
                reponse = DroitsReponse(resultat=ResultatDroits.OUVERTS)
                shop.pieces.files.vault.put(tables, entry, "reponse", plain.to_json(reponse))

    _ = shop.storage.write(work)


def test_a_pec_is_recorded_routed_and_its_lane_woken(shop: Shop) -> None:
    statut, pec = shop.call("POST", "/v1/pec", PEC)
    assert (statut, pec["etat"], pec["plateforme"], pec["organisme"]) == (202, "en_file", "viamedis", "M011")
    assert pec["montants"] is None
    assert pec["numero_pec"] is None
    assert "non connu" in pec["conseil"]
    assert [une.id for une in shop.woken] == [pec["id"]]
    assert shop.call("GET", f"/v1/pec/{pec['id']}")[1] == pec


def test_a_202_names_where_to_look(shop: Shop) -> None:
    recues: list[Reply] = []
    _ = shop.send("POST", "/v1/pec", PEC).addCallback(recues.append)
    assert recues[0].headers["Location"] == f"/v1/demandes/{json.loads(recues[0].body)['id']}"


def test_a_rights_check_waits_ten_seconds_by_default_and_is_answered_as_soon_as_the_platform_answers(
    shop: Shop,
) -> None:
    recues: list[Reply] = []
    _ = shop.send("POST", "/v1/droits", DROITS).addCallback(recues.append)
    shop.clock.advance(9.9)
    assert recues == []
    move(shop, shop.woken[0].id, Etat.ENVOI, Etat.TERMINEE, resultat="ouverts")
    assert (recues[0].status, json.loads(recues[0].body)["resultat"]) == (200, "ouverts")
    assert shop.clock.getDelayedCalls() == []


def test_a_wait_that_brings_nothing_ends_with_202_and_the_last_known_rights_of_the_file(shop: Shop) -> None:
    ancien = shop.call("POST", "/v1/droits", DROITS | {"dossier": "D-1", "reference": "DR-0"}, Prefer="wait=0")[1]
    move(shop, ancien["id"], Etat.ENVOI, Etat.TERMINEE, resultat="ouverts")
    autre = bent(DROITS, "/beneficiaire/prenom", "LEA") | {"dossier": "D-1", "reference": "DR-2"}
    assert shop.call("POST", "/v1/droits", autre)[1]["dernier_connu"] is None
    statut, droits = shop.call("POST", "/v1/droits", DROITS | {"dossier": "D-1"})
    assert (statut, droits["resultat"]) == (202, None)
    assert droits["dernier_connu"]["resultat"] == "ouverts"
    assert droits["expire_le"]


def test_the_same_body_is_the_same_request_even_when_the_directory_no_longer_knows_the_card(shop: Shop) -> None:
    premier = shop.call("POST", "/v1/pec", PEC)[1]
    shop.pieces.files.in_force.annuaire = replace(shop.pieces.files.in_force.annuaire, entrees=())
    assert shop.call("POST", "/v1/pec", PEC)[1]["id"] == premier["id"]
    statut, probleme = shop.call("POST", "/v1/pec", bent(PEC, "/livraison_prevue", None))
    assert (statut, probleme["code"]) == (409, "reference_reutilisee")


def test_an_ambiguous_card_lists_its_candidates_and_takes_the_one_that_is_named(shop: Shop) -> None:
    corps = bent(bent(PEC, "/carte/numero_amc", "11111111"), "/carte/csr", None)
    statut, probleme = shop.call("POST", "/v1/pec", corps)
    assert (statut, probleme["code"]) == (422, "annuaire_ambigu")
    assert [un["organisme"] for un in probleme["candidats"]] == ["P1", "P2"]
    assert shop.call("POST", "/v1/pec", corps | {"organisme": "P2"})[1]["organisme"] == "P2"


def test_a_platform_that_is_not_configured_is_a_fault_of_the_field(shop: Shop) -> None:
    statut, probleme = shop.call("POST", "/v1/pec", PEC | {"plateforme": "ailleurs"})
    assert (statut, probleme["champ"], probleme["regle"]) == (422, "/plateforme", "PLATEFORME_INCONNUE")


def test_a_full_queue_refuses_new_work_names_its_limit_and_keeps_the_old() -> None:
    shop = Shop(file_max=1)
    premier = shop.call("POST", "/v1/pec", PEC)[1]
    statut, probleme = shop.call("POST", "/v1/pec", PEC | {"reference": "AUTRE"})
    assert (statut, probleme["code"], probleme["limite"]) == (503, "file_pleine", 1)
    assert shop.call("POST", "/v1/pec", PEC)[1]["id"] == premier["id"]


def test_a_shop_that_asks_for_rights_beyond_its_hourly_cap_is_told_when_to_come_back() -> None:
    shop = Shop(droits_par_heure=2)

    def ask(rang: int, magasin: str = "demo") -> int:
        return shop.call("POST", "/v1/droits", DROITS | {"reference": f"DR-{rang}"}, magasin, Prefer="wait=0")[0]

    assert [ask(rang) for rang in (1, 2, 3)] == [202, 202, 429]
    assert ask(1) == 202, "the same request again is no further check"
    assert ask(4, "deux") == 202
    shop.now += dt.timedelta(hours=1)
    assert ask(3) == 202


def test_one_file_has_a_cap_of_its_own_and_a_restart_forgets_nothing() -> None:
    shop = Shop(droits_par_heure=1000)

    def ask(rang: int, dossier: str) -> int:
        corps = DROITS | {"reference": f"DR-{dossier}-{rang}", "dossier": dossier}
        return shop.call("POST", "/v1/droits", corps, Prefer="wait=0")[0]

    assert [ask(rang, "D-1") for rang in range(PER_FILE + 1)] == [202] * PER_FILE + [429]
    shop.api = type(shop.api)(shop.api._access, shop.pieces.shop_routes())
    assert ask(99, "D-1") == 429
    assert ask(0, "D-2") == 202


def test_the_last_known_rights_are_found_outside_any_file_and_by_nobody_else(shop: Shop) -> None:
    ancien = shop.call("POST", "/v1/droits", DROITS | {"reference": "DR-0", "dossier": "D-1"}, Prefer="wait=0")[1]
    move(shop, ancien["id"], Etat.ENVOI, Etat.TERMINEE, resultat="ouverts")
    next_year = bent(bent(DROITS, "/carte/valide_du", "2024-01-15"), "/carte/valide_au", "2025-12-31")
    connu = shop.call("POST", "/v1/droits", next_year)[1]["dernier_connu"]
    assert (connu["resultat"], connu["demande"]) == ("ouverts", ancien["id"])
    assert shop.call("POST", "/v1/droits", DROITS, magasin="deux")[1]["dernier_connu"] is None
    for rang, champ in enumerate(("/carte/numero_adherent", "/beneficiaire/nom")):
        autre = bent(DROITS, champ, "B7654321" if rang == 0 else "BERNIER") | {"reference": f"DR-{rang + 5}"}
        assert shop.call("POST", "/v1/droits", autre)[1]["dernier_connu"] is None


def test_an_invoice_finds_its_pec_by_reference_or_id_and_shows_no_amount_it_does_not_know(shop: Shop) -> None:
    pec = shop.call("POST", "/v1/pec", PEC)[1]
    statut, facture = shop.call("POST", "/v1/factures", FACTURE)
    assert (statut, facture["pec"], facture["montants"], facture["amc_centimes"]) == (202, pec["id"], None, None)
    autre = FACTURE | {"reference": "F-2", "numero_facture": "240200132", "pec": pec["id"]}
    assert shop.call("POST", "/v1/factures", autre)[1]["pec"] == pec["id"]


def test_an_invoice_in_a_lot_shows_which(shop: Shop) -> None:
    shop.call("POST", "/v1/pec", PEC)
    facture = shop.call("POST", "/v1/factures", FACTURE)[1]
    assert facture["numero_lot"] is None
    lot = Membre(entree=facture["id"], lot="l-1", numero="L0001", porteur=facture["id"], rang=0, taille=1)
    _ = shop.storage.write(lambda tables: tables.put_membre(lot))
    assert shop.call("GET", f"/v1/factures/{facture['id']}")[1]["numero_lot"] == "L0001"


def test_an_invoice_number_is_given_once_unless_its_bearer_ended_badly_or_is_replaced(shop: Shop) -> None:
    shop.call("POST", "/v1/pec", PEC)
    first = shop.call("POST", "/v1/factures", FACTURE)[1]
    again = FACTURE | {"reference": "F-2"}
    status, problem = shop.call("POST", "/v1/factures", again)
    assert (status, problem["champ"], problem["regle"]) == (422, "/numero_facture", "NUMERO_FACTURE_PRIS")
    assert FACTURE["reference"] in problem["erreurs"][0]["detail"]
    assert shop.call("POST", "/v1/factures", FACTURE)[1]["id"] == first["id"]
    assert shop.call("POST", "/v1/factures", again | {"remplace": FACTURE["reference"]})[0] == 202
    assert shop.call("POST", "/v1/factures", FACTURE | {"reference": "F-3"})[0] == 422
    for nom in (first["id"], shop.call("GET", "/v1/demandes")[1]["elements"][-1]["id"]):
        shop.call("POST", f"/v1/demandes/{nom}/retrait")
    assert shop.call("POST", "/v1/factures", FACTURE | {"reference": "F-3"})[0] == 202


def test_an_invoice_and_a_pec_name_only_what_is_in_their_own_file(shop: Shop) -> None:
    shop.call("POST", "/v1/pec", PEC)
    shop.call("POST", "/v1/devis", PEC | {"dossier": "D-2", "reference": "D-2/DEV-1"}, Prefer="wait=0")
    for path, body, field, rule in (
        ("/v1/factures", FACTURE | {"dossier": "D-2"}, "/dossier", "AUTRE_DOSSIER"),
        ("/v1/pec", PEC | {"reference": "P-2", "devis": "D-2/DEV-1"}, "/devis", "AUTRE_DOSSIER"),
        ("/v1/pec", PEC | {"reference": "P-2", "devis": "D-9/DEV-1"}, "/devis", "DEMANDE_INCONNUE"),
    ):
        status, problem = shop.call("POST", path, body)
        assert (status, problem["champ"], problem["regle"]) == (422, field, rule)
    assert len(shop.call("GET", "/v1/demandes")[1]["elements"]) == 2


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/demandes?limite=0", "de 1 à 500"),
        ("/v1/demandes?operation=ouvrir_session", "droits, devis, pec"),
        ("/v1/demandes?etat=open", "en_file, envoi"),
        ("/v1/demandes?langue=de", "fr ou en"),
        ("/v1/demandes?dossier=a%00b", "caractère de commande"),
        ("/v1/evenements?depuis=-1", "suivant de la réponse précédente"),
        ("/v1/paiements?depuis=hier", "AAAA-MM-JJ"),
    ],
)
def test_a_wrong_parameter_says_what_is_right(shop: Shop, path: str, said: str) -> None:
    status, problem = shop.call("GET", path)
    assert (status, problem["code"]) == (400, "parametre_invalide")
    assert said in problem["erreurs"][0]["detail"]


def test_a_file_whose_name_needs_escaping_is_found_by_its_escaped_path(shop: Shop) -> None:
    shop.call("POST", "/v1/pec", PEC | {"dossier": "D#1?x/2", "reference": "P-1"})
    status, dossier = shop.call("GET", "/v1/dossiers/D%231%3Fx%2F2")
    assert (status, dossier["dossier"], len(dossier["demandes"])) == (200, "D#1?x/2", 1)
    assert shop.call("POST", "/v1/dossiers/D%231%3Fx%2F2/avance-client", {})[1]["retirees"] == ["P-1"]
    assert shop.call("GET", "/v1/dossiers/a%00b")[0] == 404
    status, problem = shop.call("POST", "/v1/dossiers/a%20b/avance-client", {})
    assert (status, problem["regle"]) == (422, "REFERENCE_FORME")


def test_a_wrong_method_names_those_that_are_right(shop: Shop) -> None:
    status, problem = shop.call("PUT", "/v1/pec")
    assert (status, problem["detail"]) == (405, "Méthodes que cette adresse accepte : POST.")


def test_another_shop_finds_nothing(shop: Shop) -> None:
    pec = shop.call("POST", "/v1/pec", PEC)[1]
    assert shop.call("GET", f"/v1/demandes/{pec['id']}", magasin="deux")[0] == 404
    assert shop.call("POST", f"/v1/demandes/{pec['id']}/retrait", {}, magasin="deux")[0] == 404
    assert shop.call("GET", "/v1/demandes", magasin="deux")[1]["elements"] == []


def test_a_path_names_only_requests_of_its_kind(shop: Shop) -> None:
    pec = shop.call("POST", "/v1/pec", PEC)[1]
    assert shop.call("GET", f"/v1/factures/{pec['id']}")[0] == 404
    corps = {"reference": "A-1", "motif": "doublon"}
    assert shop.call("POST", f"/v1/factures/{pec['id']}/annulation", corps)[0] == 404
    assert shop.call("POST", f"/v1/pec/{pec['id']}/annulation", corps)[0] == 202


def test_withdrawing_twice_is_withdrawn_and_done_elsewhere_needs_its_number(shop: Shop) -> None:
    pec = shop.call("POST", "/v1/pec", PEC)[1]
    sans = shop.call("POST", f"/v1/demandes/{pec['id']}/action", {"type": "fait_ailleurs"})
    assert (sans[0], sans[1]["champ"]) == (422, "/numero_plateforme")
    for _ in range(2):
        statut, retiree = shop.call("POST", f"/v1/demandes/{pec['id']}/retrait")
        assert (statut, retiree["etat"]) == (200, "retiree")


def test_lists_are_paged_and_filtered(shop: Shop) -> None:
    for rang in range(3):
        shop.call("POST", "/v1/pec", PEC | {"reference": f"P-{rang}"})
    premiere = shop.call("GET", "/v1/demandes?limite=2")[1]
    suite = shop.call("GET", f"/v1/demandes?limite=2&apres={premiere['suivant']}")[1]
    assert [une["reference"] for une in premiere["elements"] + suite["elements"]] == ["P-0", "P-1", "P-2"]
    assert suite["suivant"] is None
    assert shop.call("GET", "/v1/demandes?etat=terminee,retiree")[1]["elements"] == []
    assert shop.call("GET", "/v1/dossiers/nothing")[0] == 404
    assert len(shop.call("GET", f"/v1/dossiers/{PEC['dossier']}")[1]["demandes"]) == 3


def test_a_storage_that_refuses_is_503_and_nothing_is_promised(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_tables: Tables, _entry: Entry, _empreinte: str) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr("tierspayant.adapter.announcing._Noted.insert_entry", refuse)
    statut, probleme = shop.call("POST", "/v1/pec", PEC)
    assert (statut, probleme["code"]) == (503, "stockage_indisponible")
    assert "disk" not in json.dumps(probleme)
    assert shop.woken == []


@pytest.mark.parametrize(
    "prefer", ["wait=0", "respond-async, wait=0", 'wait="0"', "return=minimal; wait=0", "wait=zz, wait=0"]
)
def test_prefer_is_read_among_other_preferences(shop: Shop, prefer: str) -> None:
    recues: list[Reply] = []
    _ = shop.send("POST", "/v1/droits", DROITS, Prefer=prefer).addCallback(recues.append)
    assert recues[0].status == 202


# ------------------------------------------------------------------------------------------------- the contract


def test_the_contract_on_disk_is_the_one_the_code_says() -> None:
    assert files("tierspayant.adapter").joinpath("openapi.yaml").read_text(encoding="utf-8") == text()


def test_every_route_is_in_the_contract_and_nothing_else(shop: Shop) -> None:
    routes = {(une.method.lower(), une.name) for une in shop.pieces.shop_routes()}
    decrites = {(methode, chemin) for chemin, un in document()["paths"].items() for methode in un}
    assert routes == decrites
    for une in shop.pieces.shop_routes():
        parametres = document()["paths"][une.name][une.method.lower()].get("parameters", [])
        assert {un["name"] for un in parametres if un["in"] == "query"} == (
            set() if une.name in TEXTS else set(une.parameters)
        )


def check(schema: str, valeur: object) -> None:
    complet = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    faults = [str(faute.message) for faute in OAS31Validator(complet).iter_errors(valeur)]
    assert faults == []


def test_real_answers_match_the_contract(shop: Shop) -> None:
    check("Demande", shop.call("POST", "/v1/pec", PEC)[1])
    check("Demande", shop.call("POST", "/v1/droits", DROITS)[1])
    check("Demande", shop.call("POST", "/v1/factures", FACTURE)[1])
    check("Demandes", shop.call("GET", "/v1/demandes")[1])
    check("Dossier", shop.call("GET", f"/v1/dossiers/{PEC['dossier']}")[1])
    check("Plateformes", shop.call("GET", "/v1/plateformes")[1])
    check("Encours", shop.call("GET", "/v1/encours")[1])
    check("Evenements", shop.call("GET", "/v1/evenements")[1])
    check("Sante", shop.call("GET", "/health/ready")[1])
    check("Probleme", shop.call("POST", "/v1/pec", {})[1])
    with pytest.raises(AssertionError):
        check("Demande", {"id": 3})


def test_the_bodies_of_the_interface_match_the_contract_and_unknown_fields_do_not() -> None:
    check("PecCorps", PEC)
    check("DroitsCorps", DROITS)
    check("FactureCorps", FACTURE)
    with pytest.raises(AssertionError):
        check("PecCorps", PEC | {"zz": 1})


def test_every_problem_has_a_french_and_an_english_text() -> None:
    for code, genre in kinds().items():
        assert genre.titre, code
        assert genre.detail.endswith("."), code
        assert genre.anglais, code
