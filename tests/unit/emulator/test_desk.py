"""What the counter recognises: doubles, other shops, sessions, lots, cursors, decisions by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest

from tests.unit.emulator.counter import OTHER_SHOP, SHOP, START, Counter, book_of
from tierspayant.emulator import card_requests, desk, ledger
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.people import Personne
from tierspayant.emulator.world import World
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.messages import (
    AnnulationFactureDemande,
    Correction,
    Demande,
    EtatFactureDemande,
    EtatLotDemande,
    EtatPecDemande,
    EtatServiceDemande,
    FactureDemande,
    FermerSessionDemande,
    MotifAnnulation,
    OrganismesDemande,
    OuvrirSessionDemande,
    PanierDemande,
    ResultatAnnulation,
    ResultatFacture,
    ResultatPec,
    RetoursDemande,
    TypeEquipement,
)
from tierspayant.schemas.operations import Service

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def card(book: Book, name: str) -> Personne:
    return book.world.people[name]


@pytest.fixture(params=["viamedis", "almerys"])
def shop(request: pytest.FixtureRequest) -> Counter:
    return Counter(book_of(request.param))


@pytest.fixture
def nominal(shop: Counter) -> Personne:
    return card(shop.book, "PEC_OK_ADULTE_NOMINAL" if not shop.book.reglages.lots else "PEC_OK_ADULTE_NOMINAL_A")


@pytest.fixture
def pending(shop: Counter) -> Personne:
    return card(shop.book, "PEC_OK_ADULTE_DIFFEREE" + ("_A" if shop.book.reglages.lots else ""))


def without_dedupe(counter: Counter) -> None:
    counter.book.reglages = dataclasses.replace(counter.book.reglages, dedoublonnage=False)


# ----------------------------------------------------------------------------------------------------- doubles


def test_the_same_message_gets_the_same_answer_and_is_recorded_once(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    first = shop.ask(pec, id_message="m1")
    before = len(shop.book.pec)
    assert shop.ask(pec, id_message="m1") == first
    assert len(shop.book.pec) == before


def test_the_same_message_id_with_other_content_is_a_fault(shop: Counter, nominal: Personne) -> None:
    shop.ask(shop.request(nominal), id_message="m1")
    with pytest.raises(Faute) as fault:
        shop.ask(shop.request(nominal, dossier="D-2"), id_message="m1")
    assert (fault.value.code, fault.value.regle) == ("TEC08", "ID_MESSAGE_REUTILISE")


def test_two_shops_may_use_the_same_message_id(shop: Counter, nominal: Personne) -> None:
    shop.ask(shop.request(nominal), id_message="m1")
    assert shop.ask(shop.request(nominal, dossier="D-2"), OTHER_SHOP, "m1").resultat is ResultatPec.ACCORDEE


def test_a_pending_pec_sent_again_doubles_only_where_the_platform_doubles(shop: Counter, pending: Personne) -> None:
    pec = shop.request(pending)
    first, second = (shop.ask(pec, id_message="m1") for _ in range(2))
    assert (second.numero != first.numero) is shop.book.reglages.doublon_pec
    listed = shop.ask(EtatPecDemande(reference=pec.reference)).dossiers
    assert len(listed) == (2 if shop.book.reglages.doublon_pec else 1)


def test_another_message_for_the_same_equipment_names_the_first_number(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    first = shop.ask(pec)
    again = shop.ask(dataclasses.replace(pec, reference="D-1/PEC-2"))
    assert (again.resultat, again.numero, again.motifs[0].code) == (ResultatPec.REFUSEE, first.numero, "PEC08")


def test_the_second_pair_of_a_file_is_another_equipment(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    shop.ask(pec)
    second = dataclasses.replace(pec, reference="D-1/PEC-2", equipement=dataclasses.replace(pec.equipement, numero=2))
    assert shop.ask(second).resultat is ResultatPec.ACCORDEE


def test_a_refused_request_does_not_block_its_correction(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    wrong = dataclasses.replace(pec, consentement=None)
    assert shop.ask(wrong).motifs[0].code == "PEC13"
    assert shop.ask(dataclasses.replace(pec, reference="D-1/PEC-2")).resultat is ResultatPec.ACCORDEE


def test_without_deduplication_every_double_is_recorded_and_listed(shop: Counter, nominal: Personne) -> None:
    without_dedupe(shop)
    pec = shop.request(nominal)
    granted = shop.ask(pec)
    billing = shop.billing(pec, granted)
    for _ in range(3):
        assert shop.ask(billing, id_message="m1").factures[0].resultat is ResultatFacture.ACQUITTEE
    assert len(shop.ask(EtatFactureDemande(reference="D-1/FAC-1")).factures) == 3
    assert {one.regle for one in ledger.check(shop.book)} == {"facture_en_double"}
    desk.due(shop.book, START + 30 * DAY)
    assert {one.regle for one in ledger.check(shop.book)} == {"facture_en_double"}


# ------------------------------------------------------------------------------------------------- other shops


def test_an_unknown_shop_is_refused_as_an_account(shop: Counter, nominal: Personne) -> None:
    with pytest.raises(Faute) as fault:
        shop.ask(shop.request(nominal), magasin="759999048")
    assert fault.value.code == "TEC04"


def test_another_shops_files_are_unknown(shop: Counter, nominal: Personne) -> None:
    granted, billed = shop.standard(nominal)
    [invoice] = billed.factures
    asked: list[Demande] = [
        EtatPecDemande(numero_pec=granted.numero),
        EtatPecDemande(reference="D-1/PEC-1"),
        EtatFactureDemande(numero_facture=invoice.numero_facture),
        EtatFactureDemande(reference="D-1/FAC-1"),
    ]
    for question in asked:
        mine, others = shop.ask(question), shop.ask(question, OTHER_SHOP)
        assert mine != others
        assert not getattr(others, "dossiers", ())
        assert not getattr(others, "factures", ())


def test_an_unknown_reference_gives_an_empty_list(shop: Counter) -> None:
    assert shop.ask(EtatPecDemande(reference="INCONNUE")).dossiers == ()
    assert shop.ask(EtatFactureDemande(numero_facture="000")).factures == ()


def test_without_look_up_by_reference_only_numbers_find_a_file(shop: Counter, nominal: Personne) -> None:
    granted, _ = shop.standard(nominal)
    shop.book.reglages = dataclasses.replace(shop.book.reglages, recherche_par_reference=False)
    assert shop.ask(EtatPecDemande(reference="D-1/PEC-1")).dossiers == ()
    assert shop.ask(EtatFactureDemande(reference="D-1/FAC-1")).factures == ()
    assert len(shop.ask(EtatPecDemande(numero_pec=granted.numero)).dossiers) == 1


# ---------------------------------------------------------------------------------------------- lives in time


def test_a_cancelled_invoice_frees_its_pec_and_its_number(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    granted = shop.ask(pec)
    billing = shop.billing(pec, granted)
    shop.ask(billing)
    numero = billing.factures[0].numero_facture
    cancel = AnnulationFactureDemande(numero_facture=numero, reference="A-1", motif=MotifAnnulation.ERREUR_SAISIE)
    assert shop.ask(cancel).resultat is ResultatAnnulation.CONFIRMEE
    assert shop.ask(cancel).resultat is ResultatAnnulation.CONFIRMEE
    again = dataclasses.replace(billing, numero_lot=billing.numero_lot and "L-AUTRE")
    assert shop.ask(again).factures[0].resultat is ResultatFacture.ACQUITTEE
    assert ledger.check(shop.book) == []


def test_a_paid_invoice_cannot_be_cancelled(shop: Counter, nominal: Personne) -> None:
    shop.standard(nominal)
    shop.wait(20 * DAY)
    cancel = AnnulationFactureDemande(numero_facture="240131900", reference="A-1", motif=MotifAnnulation.AUTRE)
    answer = shop.ask(cancel)
    assert (answer.resultat, answer.motifs[0].code) == (ResultatAnnulation.REFUSEE, "ANN03")
    unknown = dataclasses.replace(cancel, numero_facture="999")
    assert shop.ask(unknown).motifs[0].code == "ANN02"


def test_a_rejected_invoice_can_be_billed_again(shop: Counter) -> None:
    one = card(shop.book, "FACTURE_KO_ADULTE_CONTROLE" + ("_A" if shop.book.reglages.lots else ""))
    pec = shop.request(one)
    granted = shop.ask(pec)
    shop.ask(shop.billing(pec, granted))
    shop.wait(DAY)
    assert shop.pec_state(pec.reference).resultat in (ResultatPec.REJET_PAIEMENT, ResultatPec.ACCORDEE)
    answer = shop.ask(shop.billing(pec, granted, "240131901"))
    assert answer.factures[0].resultat is ResultatFacture.ACQUITTEE
    assert shop.pec_state(pec.reference).resultat is ResultatPec.FACTUREE
    [line] = shop.ask(RetoursDemande()).bordereaux[-1].lignes
    assert (line.type, line.paye_centimes, line.motifs[0].code) == ("rejet", 0, "FAC11")


def test_a_platform_confirms_a_cancellation_in_its_own_time(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    granted = shop.ask(pec)
    question = card_requests.cancellation(granted.numero, pec.dossier)
    later = shop.book.plateforme.delai_annulation > dt.timedelta(0)
    assert shop.ask(question).resultat is (ResultatAnnulation.DEMANDEE if later else ResultatAnnulation.CONFIRMEE)
    shop.wait(HOUR)
    assert shop.ask(question).resultat is ResultatAnnulation.CONFIRMEE
    assert shop.pec_state(pec.reference).resultat is ResultatPec.ANNULEE
    assert shop.ask(dataclasses.replace(pec, reference="D-1/PEC-2")).resultat is ResultatPec.ACCORDEE


def test_a_long_analysis_starts_as_created_where_that_state_exists(shop: Counter) -> None:
    one = card(shop.book, "PEC_OK_ADULTE_DEUX_JOURS" + ("_A" if shop.book.reglages.lots else ""))
    has_created = shop.book.vie_pec.has(ResultatPec.CREEE)
    first = shop.ask(shop.request(one))
    assert first.resultat is (ResultatPec.CREEE if has_created else ResultatPec.EN_INSTANCE)
    assert first.montants is None
    shop.wait(25 * HOUR)
    assert shop.pec_state("D-1/PEC-1").resultat is ResultatPec.EN_INSTANCE
    shop.wait(23 * HOUR)
    assert shop.pec_state("D-1/PEC-1").resultat is ResultatPec.ACCORDEE


def test_validity_starts_on_the_day_of_the_decision(shop: Counter) -> None:
    one = card(shop.book, "PEC_OK_ADULTE_DEUX_JOURS" + ("_A" if shop.book.reglages.lots else ""))
    shop.ask(shop.request(one))
    shop.wait(2 * DAY)
    answer = shop.pec_state("D-1/PEC-1")
    assert (answer.valide_au, answer.facturable_jusqu_au) == (dt.date(2024, 4, 2), dt.date(2024, 5, 2))


def test_a_prolonged_pec_lapses_later(shop: Counter, nominal: Personne) -> None:
    shop.ask(shop.request(nominal))
    assert desk.prolong(shop.book, 30, shop.now) >= 1
    shop.wait(100 * DAY)
    assert shop.pec_state("D-1/PEC-1").resultat is ResultatPec.ACCORDEE
    shop.wait(30 * DAY)
    assert shop.pec_state("D-1/PEC-1").resultat is ResultatPec.EXPIREE


@pytest.mark.parametrize("etat", ["accordee", "accordee_sous_reserve", "refusee"])
def test_a_pending_pec_can_be_decided_by_hand(shop: Counter, pending: Personne, etat: str) -> None:
    numero = shop.ask(shop.request(pending)).numero
    desk.decide(shop.book, numero, etat, ["PEC12"] if etat == "refusee" else [], shop.now)
    answer = shop.pec_state("D-1/PEC-1")
    subject = etat == "accordee_sous_reserve"
    if subject:
        assert [one.value for one in answer.pieces_demandees] == ["ordonnance"]
    if not subject or shop.book.vie_pec.has(etat):
        assert answer.resultat == etat
    shop.wait(DAY)
    assert ledger.check(shop.book) == []


def test_a_decided_pec_is_not_decided_again(shop: Counter, nominal: Personne) -> None:
    shop.ask(shop.request(nominal, "D-0", "lentilles"))
    numero = shop.ask(shop.request(nominal, equipement="lentilles")).numero
    before = shop.pec_state("D-1/PEC-1")
    for etat in ("accordee", "accordee_sous_reserve"):
        with pytest.raises(ValueError, match=f"cannot become {etat}"):
            desk.decide(shop.book, numero, etat, [], shop.now)
    assert shop.pec_state("D-1/PEC-1") == before
    assert ledger.check(shop.book) == []
    with pytest.raises(ValueError, match="cannot become refusee"):
        desk.decide(shop.book, numero, "refusee", [], shop.now)
    with pytest.raises(ValueError, match="cannot be decided"):
        desk.decide(shop.book, numero, "soldee", [], shop.now)


def test_documents_that_were_asked_for_turn_into_a_grant(shop: Counter) -> None:
    one = card(shop.book, "PEC_OK_ADULTE_PIECES" + ("_A" if shop.book.reglages.lots else ""))
    waiting = shop.ask(shop.request(one))
    assert [piece.value for piece in waiting.pieces_demandees] == ["ordonnance"]
    assert shop.ask(shop.billing(shop.request(one), waiting)).factures[0].motifs[0].code == "FAC02"
    answer = shop.ask(card_requests.documents(waiting.numero, "D-1"))
    assert answer.pec.resultat is ResultatPec.ACCORDEE
    assert answer.pec.montants.amc_centimes == 17991


def test_the_lens_allowance_is_drawn_down_and_comes_back_when_cancelled(shop: Counter, nominal: Personne) -> None:
    grants = [shop.ask(shop.request(nominal, f"D-{n}", "lentilles")) for n in range(4)]
    assert [one.montants and one.montants.amc_centimes for one in grants] == [4500, 4500, 1000, None]
    assert grants[3].motifs[0].code == "PEC11"
    shop.ask(card_requests.cancellation(grants[0].numero, "D-0"))
    shop.wait(HOUR)
    assert shop.ask(shop.request(nominal, "D-9", "lentilles")).montants.amc_centimes == 4500


# ------------------------------------------------------------------------------------------------ lots and lists


def test_a_lot_takes_what_is_right_and_says_what_is_wrong() -> None:
    shop = Counter(book_of("almerys"))
    one = card(shop.book, "PEC_OK_ADULTE_NOMINAL_A")
    pecs = [shop.request(one, f"D-{n}") for n in range(2)]
    good, bad = (shop.billing(pec, shop.ask(pec), f"24013190{n}").factures[0] for n, pec in enumerate(pecs))
    bad = dataclasses.replace(bad, montants=dataclasses.replace(bad.montants, amc_centimes=18000))
    answer = shop.ask(FactureDemande(factures=(good, bad), numero_lot="L1"))
    assert answer.resultat == "acquitte"
    assert [item.resultat for item in answer.factures] == [ResultatFacture.ACQUITTEE, ResultatFacture.REJETEE]
    shop.wait(DAY)
    state = shop.ask(EtatLotDemande(numero_lot="L1"))
    assert [item.resultat for item in state.factures] == [ResultatFacture.ACCEPTEE, ResultatFacture.REJETEE]
    assert shop.ask(EtatLotDemande(numero_lot="L1"), OTHER_SHOP).resultat == "rejete"


def test_a_lot_number_arrives_once() -> None:
    shop = Counter(book_of("almerys"))
    one = card(shop.book, "PEC_OK_ADULTE_NOMINAL_A")
    pec = shop.request(one)
    billing = shop.billing(pec, shop.ask(pec))
    shop.ask(billing)
    again = shop.ask(billing)
    assert (again.resultat, again.motifs[0].code) == ("rejete", "FAC07")


def test_the_insurers_list_has_near_identical_names_and_moves_with_time(shop: Counter) -> None:
    listed = shop.ask(OrganismesDemande(filtre="horizon")).organismes
    assert len(listed) == (3 if shop.book.reglages.organisme_choisi else 0)
    book = book_of("oxantis")
    moved = Counter(book, now=START.replace(month=8))
    assert "X031" not in {one.code for one in Counter(book).ask(OrganismesDemande()).organismes}
    assert "X031" in {one.code for one in moved.ask(OrganismesDemande()).organismes}


def test_offers_carry_negotiated_prices_and_class_a_limits(shop: Counter, nominal: Personne) -> None:
    amc = shop.book.insurer(nominal.amc)
    start = business_day(shop.now)
    question = PanierDemande(
        date_soins=start, carte=card_requests.card_of(nominal, amc, start), type=TypeEquipement.UNIFOCAL
    )
    offers = {one.lpp.clair: one.prix_centimes for one in shop.ask(question).offres}
    assert offers["2299010"] == 3000
    assert offers["2299121"] == amc.prix_negocies["2299121"]


def test_offers_are_for_the_insurers_of_this_platform_and_the_shops_of_its_network() -> None:
    shop = Counter(book_of("viamedis"))
    start = business_day(shop.now)
    for name, code in (("PEC_OK_ADULTE_NOMINAL_A", "DRO04"), ("PEC_KO_ADULTE_HORS_RESEAU", "PEC10")):
        one = card(shop.book, name)
        carte = card_requests.card_of(one, shop.book.insurer(one.amc), start)
        answer = shop.ask(PanierDemande(date_soins=start, carte=carte, type=TypeEquipement.UNIFOCAL))
        assert (answer.offres, [reason.code for reason in answer.motifs]) == ((), [code])


def test_a_session_opens_and_closes_once(shop: Counter) -> None:
    opened = shop.ask(OuvrirSessionDemande(identifiant="demo"))
    assert opened.expire_le == START + 8 * HOUR
    assert [shop.ask(FermerSessionDemande(jeton=opened.jeton)).fermee for _ in range(2)] == [True, False]


def test_every_service_is_open_to_the_desk(shop: Counter) -> None:
    assert all(shop.ask(EtatServiceDemande(service=one)).ouvert for one in Service)


def test_remittances_are_read_page_by_page(shop: Counter, nominal: Personne) -> None:
    shop.standard(nominal)
    shop.wait(20 * DAY)
    whole = shop.ask(RetoursDemande()).bordereaux
    assert len(whole) >= 3
    seen, cursor = [], None
    for _ in whole:
        page = shop.ask(RetoursDemande(depuis=cursor, limite=1))
        seen += page.bordereaux
        cursor = page.suivant
    assert (tuple(seen), cursor) == (whole, None)
    assert shop.ask(RetoursDemande(depuis=whole[-2].numero)).bordereaux == whole[-1:]
    assert shop.ask(RetoursDemande(), OTHER_SHOP).bordereaux == ()
    with pytest.raises(Faute, match="CURSEUR_INCONNU"):
        shop.ask(RetoursDemande(depuis="nulle part"))


# --------------------------------------------------------------------------------------------------- snapshots


def test_a_snapshot_is_json_and_restores_to_a_book_with_the_same_future(shop: Counter, nominal: Personne) -> None:
    shop.standard(nominal)
    shop.ask(shop.request(nominal, "D-2", devis=True))
    shop.ask(OuvrirSessionDemande(identifiant="demo"))
    shop.book.world.add_magasin({"finess": "759999048", "nom": "Quatrième"})
    text = json.dumps(shop.book.snapshot())
    other = Counter(book_of(shop.book.plateforme.nom, world=World(dt.date(2020, 1, 1))), now=shop.now)
    other.book.restore(json.loads(text))
    assert json.dumps(other.book.snapshot()) == text
    for counter in (shop, other):
        counter.wait(40 * DAY)
    assert other.book.snapshot() == shop.book.snapshot()
    assert "759999048" in other.book.world.magasins


def test_a_snapshot_of_another_platform_is_refused(shop: Counter) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        book_of("oxantis").restore(shop.book.snapshot())


def test_a_fresh_session_holds_the_ready_made_files(shop: Counter) -> None:
    prefix = {"viamedis": "V240124", "almerys": "20240124"}[shop.book.plateforme.nom]
    states = {one.numero: one.etat.value for one in shop.book.pec.values()}
    third = "accordee_sous_reserve" if shop.book.vie_pec.has("accordee_sous_reserve") else "en_instance"
    expected = ["accordee", "accordee", third, "facturee", "facturee", "soldee"]
    assert states == {f"{prefix}{n:06d}": etat for n, etat in enumerate(expected, 1)}
    numbers = {one.facture.numero_facture: one.etat.value for one in shop.book.factures.values()}
    assert numbers == {"240120001": "acceptee", "240120002": "acquittee", "240110003": "payee"}
    assert ledger.check(shop.book) == []
    assert shop.ask(EtatPecDemande(numero_pec=f"{prefix}000001"), SHOP).dossiers[0].montants.amc_centimes == 17991


def test_a_refused_cancellation_gives_the_state_back_that_was_there() -> None:
    shop = Counter(book_of("viamedis"))
    row = {
        "carte": "ANNULATION_KO_ADULTE_EN_INSTANCE",
        "amc": "M011",
        "nir": "285057599900197",
        "naissance": "1985-05-12",
        "nom": "DUPRE",
        "prenom": "ALICE",
        "numero_adherent": "Z1",
        "scenario": {"annulation_refusee": True, "delai": "PT5M"},
    }
    shop.book.world.add_person(row)
    pec = shop.request(card(shop.book, "ANNULATION_KO_ADULTE_EN_INSTANCE"))
    numero = shop.ask(pec).numero
    shop.ask(card_requests.cancellation(numero, pec.dossier))
    shop.wait(dt.timedelta(minutes=6))
    assert shop.pec_state(pec.reference).resultat is ResultatPec.ANNULATION_DEMANDEE
    shop.wait(HOUR)
    answer = shop.pec_state(pec.reference)
    assert (answer.resultat, answer.montants.amc_centimes if answer.montants else None) == ("accordee", 17991)


def test_an_invoice_cancelled_after_the_window_leaves_a_lapsed_pec(shop: Counter) -> None:
    one = card(shop.book, "PAIEMENT_OK_ADULTE_JAMAIS" + ("_A" if shop.book.reglages.lots else ""))
    shop.standard(one)
    shop.wait(100 * DAY)
    cancel = AnnulationFactureDemande(numero_facture="240131900", reference="A-1", motif=MotifAnnulation.AUTRE)
    assert shop.ask(cancel).resultat is ResultatAnnulation.CONFIRMEE
    shop.wait(HOUR)
    assert shop.pec_state("D-1/PEC-1").resultat is ResultatPec.EXPIREE


def test_a_lot_rejected_whole_can_be_sent_again_under_its_number() -> None:
    shop = Counter(book_of("almerys"))
    pec = shop.request(card(shop.book, "PEC_OK_ADULTE_NOMINAL_A"))
    right = shop.billing(pec, shop.ask(pec))
    wrong = dataclasses.replace(right, factures=(dataclasses.replace(right.factures[0], numero_pec="1"),))
    assert [shop.ask(one).resultat for one in (wrong, right)] == ["rejete", "acquitte"]


def test_dioptres_are_not_kept_and_change_nothing(shop: Counter, nominal: Personne) -> None:
    pec = shop.request(nominal)
    lignes = tuple(
        dataclasses.replace(line, correction=Correction(sphere_centiemes=-200)) for line in pec.equipement.lignes
    )
    seen = dataclasses.replace(pec, equipement=dataclasses.replace(pec.equipement, lignes=lignes))
    granted = shop.ask(seen, id_message="m1")
    assert shop.ask(seen, id_message="m1") == granted
    assert all(line.correction is None for line in shop.book.pec[granted.numero].demande.equipement.lignes)
    assert shop.ask(shop.billing(seen, granted)).factures[0].resultat is ResultatFacture.ACQUITTEE
