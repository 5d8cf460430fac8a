"""What each outcome changes: the table of delivery.md, row by row."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.unit.adapter.entries import GRACE, NOW, cadre, entry, sending, traits
from tierspayant.adapter.availability import Signal
from tierspayant.adapter.entry import Entry, Etat, Raison
from tierspayant.adapter.settlement import Settlement, after_send, after_status
from tierspayant.schemas.codes import motif
from tierspayant.schemas.messages import (
    DroitsReponse,
    EtatFactureReponse,
    EtatPecReponse,
    FactureReponse,
    Indisponible,
    LotReponse,
    Montants,
    PecReponse,
    Reponse,
    ResultatDroits,
    ResultatFacture,
    ResultatLot,
    ResultatPec,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import (
    Answer,
    AnswerUnknown,
    NatureRefus,
    NotNow,
    NotSent,
    NotYou,
    Outcome,
    RaisonCompte,
    Refus,
    Unreadable,
)

MONTANTS = Montants(total_centimes=30000, amo_centimes=9, amc_centimes=17991, reste_a_charge_centimes=12000)
WRITES = [Operation.DEVIS, Operation.PEC, Operation.PIECES, Operation.FACTURE, Operation.ANNULATION_PEC]


def sent(outcome: Outcome, one: Entry | None = None) -> Settlement:
    return after_send(one or sending(), outcome, cadre(), 0.5)


def asked(outcome: Outcome, one: Entry) -> Settlement:
    return after_status(one, outcome, cadre(), 0.5)


def pec(resultat: ResultatPec, numero: str = "V1", reference: str | None = "A") -> PecReponse:
    return PecReponse(resultat=resultat, etat_plateforme="x", numero=numero, reference=reference, montants=MONTANTS)


def in_doubt(**changes: Any) -> Entry:
    return entry(**{"etat": Etat.INCERTAINE, "envoye_le": NOW - GRACE, **changes})


def reason(settled: Settlement) -> Raison:
    assert settled.entry.action is not None
    return settled.entry.action.raison


# ------------------------------------------------------------------------------------------------------ after a send


@pytest.mark.parametrize("outcome", [NotSent("x"), NotNow("x")])
@pytest.mark.parametrize("operation", [*WRITES, Operation.DROITS])
def test_what_never_left_or_was_not_taken_goes_back_to_the_queue(operation: Operation, outcome: Outcome) -> None:
    settled = sent(outcome, sending(operation=operation))
    assert settled.entry.etat is Etat.EN_FILE
    assert settled.entry.du_le is not None
    assert settled.entry.du_le > NOW
    assert settled.vu.signal is Signal.REFUS_DE_SERVICE


def test_retry_after_is_honoured() -> None:
    settled = sent(NotNow("x", dt.timedelta(hours=2)))
    assert settled.entry.du_le == NOW + dt.timedelta(hours=2)
    assert settled.vu.retry_after == dt.timedelta(hours=2)


def test_a_business_unavailable_is_a_not_now() -> None:
    settled = sent(Answer(Indisponible(motif=motif("TEC07"), reessayer_apres_s=3600)))
    assert (settled.entry.etat, settled.vu.signal) == (Etat.EN_FILE, Signal.REFUS_DE_SERVICE)
    assert settled.entry.du_le == NOW + dt.timedelta(hours=1)


@pytest.mark.parametrize("operation", WRITES)
def test_an_unknown_answer_to_a_write_is_a_doubt_that_waits(operation: Operation) -> None:
    settled = sent(AnswerUnknown("x"), sending(operation=operation))
    assert (settled.entry.etat, settled.entry.du_le) == (Etat.INCERTAINE, NOW + GRACE)
    assert settled.entry.envoye_le == NOW, "until now it may still have been arriving"
    assert settled.vu.signal is Signal.SANS_REPONSE


def test_an_unknown_answer_to_a_question_is_simply_asked_again() -> None:
    assert sent(AnswerUnknown("x"), sending(operation=Operation.DROITS)).entry.etat is Etat.EN_FILE
    assert sent(Unreadable("x"), sending(operation=Operation.DROITS)).entry.etat is Etat.EN_FILE


def test_an_unreadable_answer_holds_the_entry() -> None:
    settled = sent(Unreadable("XSD"))
    assert (settled.entry.etat, reason(settled)) == (Etat.RETENUE, Raison.REPONSE_ILLISIBLE)


def test_a_refused_account_says_nothing_of_the_service() -> None:
    settled = sent(NotYou(RaisonCompte.CODE, "x"))
    assert (settled.entry.etat, settled.vu.signal, settled.vu.compte) == (Etat.EN_FILE, None, RaisonCompte.CODE)


@pytest.mark.parametrize(
    ("operation", "reponse", "etat", "resultat"),
    [
        (Operation.DROITS, DroitsReponse(resultat=ResultatDroits.OUVERTS), Etat.TERMINEE, "ouverts"),
        (Operation.DEVIS, pec(ResultatPec.CHIFFRE), Etat.TERMINEE, "chiffre"),
        (Operation.PEC, pec(ResultatPec.ACCORDEE), Etat.TERMINEE, "accordee"),
        (Operation.PEC, pec(ResultatPec.EN_INSTANCE), Etat.EN_INSTANCE, "en_instance"),
        (Operation.PEC, pec(ResultatPec.INCONNU), Etat.EN_INSTANCE, "etat_inconnu"),
        (Operation.FACTURE, LotReponse(resultat=ResultatLot.ACQUITTE), Etat.EN_INSTANCE, "acquittee"),
        (Operation.FACTURE, LotReponse(resultat=ResultatLot.REJETE), Etat.TERMINEE, "rejetee_format"),
    ],
)
def test_an_answer_settles(operation: Operation, reponse: Reponse, etat: Etat, resultat: str) -> None:
    settled = sent(Answer(reponse), sending(operation=operation))
    assert (settled.entry.etat, settled.entry.resultat, settled.vu.signal) == (etat, resultat, Signal.REPONSE)
    assert (settled.entry.du_le is None) == (etat is Etat.TERMINEE)


def test_an_agreement_under_reserve_has_ended_and_is_still_watched() -> None:
    settled = sent(Answer(pec(ResultatPec.ACCORDEE_SOUS_RESERVE)))
    assert settled.entry.etat is Etat.TERMINEE
    assert settled.entry.du_le is not None


@pytest.mark.parametrize(
    ("operation", "resultat"),
    [
        (Operation.DEVIS, "refuse"),
        (Operation.PEC, "refusee"),
        (Operation.PIECES, "refusees"),
        (Operation.FACTURE, "rejetee_format"),
        (Operation.ANNULATION_PEC, "refusee"),
    ],
)
def test_a_final_no_is_an_end_with_its_reasons(operation: Operation, resultat: str) -> None:
    settled = sent(Refus(NatureRefus.DEFINITIF, (motif("PEC12"),)), sending(operation=operation))
    assert (settled.entry.etat, settled.entry.resultat) == (Etat.TERMINEE, resultat)
    assert [un.code for un in settled.entry.motifs] == ["PEC12"]


def test_too_early_is_due_again_when_it_is_time() -> None:
    two_days = traits(delai_min_facturation=dt.timedelta(days=2))
    refus = Refus(NatureRefus.PLUS_TARD, (motif("FAC04"),))
    settled = after_send(sending(operation=Operation.FACTURE), refus, cadre(traits=two_days), 0.5)
    assert (settled.entry.etat, settled.entry.du_le) == (Etat.EN_FILE, NOW + dt.timedelta(days=2))


def test_a_known_double_is_attached_to_the_number_it_names_and_asked_about() -> None:
    refus = Refus(NatureRefus.RATTACHER, (motif("PEC08"),), pec(ResultatPec.REFUSEE, numero="V9"))
    settled = sent(refus)
    assert (settled.entry.etat, settled.entry.numero, settled.entry.du_le) == (Etat.EN_INSTANCE, "V9", NOW)


def test_a_double_without_number_nor_search_is_for_a_person() -> None:
    refus = Refus(NatureRefus.RATTACHER, (motif("PEC08"),))
    blind = cadre(traits=traits(recherche_par_reference=False))
    assert reason(after_send(sending(), refus, blind, 0.5)) is Raison.DOUBLON_PROBABLE


def test_a_missing_document_is_for_a_person() -> None:
    assert reason(sent(Refus(NatureRefus.COMPLETER, (motif("PEC09"),)))) is Raison.PIECES_MANQUANTES


# ------------------------------------------------------------------------------------------------ after a question


def test_unknown_there_means_it_may_be_sent_again() -> None:
    settled = asked(Answer(EtatPecReponse(dossiers=())), in_doubt())
    assert (settled.entry.etat, settled.entry.du_le) == (Etat.EN_FILE, NOW)


def test_found_there_is_attached() -> None:
    settled = asked(Answer(EtatPecReponse(dossiers=(pec(ResultatPec.ACCORDEE, "V7"),))), in_doubt())
    assert (settled.entry.etat, settled.entry.numero, settled.entry.amc_centimes) == (Etat.TERMINEE, "V7", 17991)


def test_someone_elses_file_is_not_ours() -> None:
    settled = asked(Answer(EtatPecReponse(dossiers=(pec(ResultatPec.ACCORDEE, "V7", "other"),))), in_doubt())
    assert settled.entry.etat is Etat.EN_FILE


def test_of_several_the_oldest_is_kept_and_the_others_are_shown_to_a_person() -> None:
    found = (pec(ResultatPec.EN_INSTANCE, "V8"), pec(ResultatPec.EN_INSTANCE, "V7"), pec(ResultatPec.ANNULEE, "V9"))
    settled = asked(Answer(EtatPecReponse(dossiers=found)), in_doubt())
    assert (settled.entry.etat, settled.entry.numero) == (Etat.EN_INSTANCE, "V7")
    assert settled.entry.action is not None
    assert (settled.entry.action.raison, settled.entry.action.numeros) == (Raison.DOUBLONS_PLATEFORME, ("V8",))


@pytest.mark.parametrize("outcome", [NotSent("x"), NotNow("x"), AnswerUnknown("x"), Unreadable("x")])
@pytest.mark.parametrize("etat", [Etat.INCERTAINE, Etat.EN_INSTANCE])
def test_a_question_without_answer_leaves_the_doubt_where_it_is(etat: Etat, outcome: Outcome) -> None:
    settled = asked(outcome, in_doubt(etat=etat))
    assert (settled.entry.etat, settled.entry.sondages) == (etat, 1)
    assert settled.entry.du_le is not None
    assert settled.entry.du_le > NOW


def test_a_refusal_to_answer_a_question_never_frees_a_resend() -> None:
    settled = asked(Refus(NatureRefus.DEFINITIF, (motif("ANN02"),)), in_doubt())
    assert (settled.entry.etat, reason(settled)) == (Etat.RETENUE, Raison.INCONNUE_PLATEFORME)


def test_what_was_acknowledged_and_is_gone_is_for_a_person() -> None:
    settled = asked(Answer(EtatPecReponse(dossiers=())), in_doubt(etat=Etat.EN_INSTANCE))
    assert (settled.entry.etat, reason(settled)) == (Etat.RETENUE, Raison.INCONNUE_PLATEFORME)


def test_a_decision_still_pending_is_asked_about_ever_less_often() -> None:
    waits = []
    one = entry(etat=Etat.EN_INSTANCE, numero="V1", resultat="en_instance")
    for _ in range(9):
        one = asked(Answer(EtatPecReponse(dossiers=(pec(ResultatPec.EN_INSTANCE),))), one).entry
        assert one.du_le is not None
        waits.append(one.du_le - NOW)
    assert waits == sorted(waits)
    assert waits[-1] <= dt.timedelta(hours=1)


def facture(resultat: ResultatFacture, reference: str | None) -> FactureReponse:
    return FactureReponse(resultat=resultat, etat_plateforme="x", numero_facture="1", reference=reference)


def test_a_corrected_invoice_is_not_taken_for_the_one_it_replaces() -> None:
    corrected = in_doubt(operation=Operation.FACTURE, numero="1", remplace="old")
    found = Answer(EtatFactureReponse(factures=(facture(ResultatFacture.REJETEE, None),)))
    assert asked(found, corrected).entry.etat is Etat.EN_FILE
    ours = Answer(EtatFactureReponse(factures=(facture(ResultatFacture.ACCEPTEE, "A"),)))
    assert asked(ours, corrected).entry.resultat == "acceptee"
