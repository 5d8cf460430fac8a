"""What must have succeeded before an entry may leave, inside an equipment of a file."""

from __future__ import annotations

import pytest

from tests.unit.adapter.entries import cadre, entry
from tierspayant.adapter.entry import Entry, Etat, Raison
from tierspayant.adapter.ordering import Verdict, followers, obstacle
from tierspayant.adapter.policy import Hold, WaitUntil, next_step
from tierspayant.schemas.operations import Operation

PEC = entry("1-pec")
FACTURE = entry("2-fac", operation=Operation.FACTURE, cible=PEC.id)


def pec(etat: Etat, resultat: str | None = None, **changes: object) -> Entry:
    return entry("1-pec", **{"etat": etat, "resultat": resultat, **changes})


def verdict(one: Entry, *dossier: Entry) -> Verdict | None:
    found = obstacle(one, [*dossier, one])
    return None if found is None else found.verdict


@pytest.mark.parametrize(
    ("etat", "resultat", "expected"),
    [
        (Etat.EN_FILE, None, Verdict.ATTENDRE),
        (Etat.ENVOI, None, Verdict.ATTENDRE),
        (Etat.INCERTAINE, None, Verdict.ATTENDRE),
        (Etat.EN_INSTANCE, "en_instance", Verdict.ATTENDRE),
        (Etat.RETENUE, None, Verdict.ATTENDRE),
        (Etat.TERMINEE, "accordee_sous_reserve", Verdict.ATTENDRE),
        (Etat.TERMINEE, "annulation_demandee", Verdict.ATTENDRE),
        (Etat.TERMINEE, "accordee", None),
        (Etat.TERMINEE, "rejet_paiement", None),
        (Etat.TERMINEE, "refusee", Verdict.BLOQUER),
        (Etat.TERMINEE, "expiree", Verdict.BLOQUER),
        (Etat.TERMINEE, "annulee", Verdict.BLOQUER),
        (Etat.RETIREE, None, Verdict.BLOQUER),
    ],
)
def test_an_invoice_leaves_on_a_grant_only(etat: Etat, resultat: str | None, expected: Verdict | None) -> None:
    assert verdict(FACTURE, pec(etat, resultat)) is expected


def test_the_decision_follows_the_obstacle() -> None:
    assert next_step(FACTURE, cadre(pec(Etat.INCERTAINE), FACTURE)) == WaitUntil(None)
    step = next_step(FACTURE, cadre(pec(Etat.TERMINEE, "refusee"), FACTURE))
    assert isinstance(step, Hold)
    assert (step.action.raison, step.action.detail) == (Raison.PREDECESSEUR_REFUSE, "1-pec")


def test_documents_and_cancellations_wait_until_the_platform_knows_what_they_act_on() -> None:
    pieces = entry("2", operation=Operation.PIECES, cible=PEC.id)
    assert verdict(pieces, pec(Etat.EN_FILE)) is Verdict.ATTENDRE
    assert verdict(pieces, pec(Etat.EN_INSTANCE, "en_instance")) is Verdict.ATTENDRE
    assert verdict(pieces, pec(Etat.EN_INSTANCE, "en_instance", numero="V1")) is None
    assert verdict(pieces, pec(Etat.TERMINEE, "refusee", numero="V1")) is Verdict.BLOQUER


def test_an_invoice_lets_documents_of_its_agreement_go_first() -> None:
    granted = pec(Etat.TERMINEE, "accordee", numero="V1")
    pieces = entry("1-pieces", operation=Operation.PIECES, cible=PEC.id)
    assert verdict(FACTURE, granted, pieces) is Verdict.ATTENDRE
    later = entry("3-pieces", operation=Operation.PIECES, cible=PEC.id)
    assert verdict(FACTURE, granted, later) is None


def test_an_invoice_waits_for_a_cancellation_asked_before_it() -> None:
    granted = pec(Etat.TERMINEE, "accordee", numero="V1")
    before = entry("1-annulation", operation=Operation.ANNULATION_PEC, cible=PEC.id)
    assert verdict(FACTURE, granted, before) is Verdict.ATTENDRE
    refused = entry("1-annulation", operation=Operation.ANNULATION_PEC, cible=PEC.id, etat=Etat.TERMINEE)
    assert verdict(FACTURE, granted, refused) is None
    cancelled = pec(Etat.TERMINEE, "annulee", numero="V1")
    assert verdict(FACTURE, cancelled, refused) is Verdict.BLOQUER
    after = entry("3-annulation", operation=Operation.ANNULATION_PEC, cible=PEC.id)
    assert verdict(FACTURE, granted, after) is None


def test_equipments_of_one_file_do_not_wait_for_each_other() -> None:
    other = entry("0-devis", operation=Operation.DEVIS, equipement=2)
    same = entry("0-devis", operation=Operation.DEVIS, equipement=1)
    assert verdict(PEC, other) is None
    assert verdict(PEC, same) is Verdict.ATTENDRE


@pytest.mark.parametrize(
    ("etat", "resultat", "expected"),
    [
        (Etat.PERIMEE, None, None),
        (Etat.RETIREE, None, None),
        (Etat.TERMINEE, "chiffre", None),
        (Etat.TERMINEE, "refuse", Verdict.BLOQUER),
        (Etat.INCERTAINE, None, Verdict.ATTENDRE),
    ],
)
def test_an_agreement_follows_its_quote(etat: Etat, resultat: str | None, expected: Verdict | None) -> None:
    quote = entry("0-devis", operation=Operation.DEVIS, etat=etat, resultat=resultat)
    assert verdict(PEC, quote) is expected


def test_a_corrected_invoice_waits_for_the_end_of_the_one_it_replaces() -> None:
    granted = pec(Etat.TERMINEE, "accordee", numero="V1")
    corrected = entry("3", operation=Operation.FACTURE, cible=PEC.id, remplace=FACTURE.id)

    def old(etat: Etat, resultat: str | None) -> Entry:
        return entry("2-fac", operation=Operation.FACTURE, cible=PEC.id, etat=etat, resultat=resultat)

    assert verdict(corrected, granted, old(Etat.INCERTAINE, None)) is Verdict.ATTENDRE
    assert verdict(corrected, granted, old(Etat.TERMINEE, "rejetee")) is None
    assert verdict(corrected, granted, old(Etat.TERMINEE, "payee")) is Verdict.BLOQUER


def test_followers_are_the_queued_entries_that_it_stands_before() -> None:
    assert followers(PEC, [PEC, FACTURE, entry("other")]) == [FACTURE]
    assert followers(FACTURE, [PEC, FACTURE]) == []


def test_what_blocks_for_good_is_named_before_what_only_takes_time() -> None:
    refused = pec(Etat.TERMINEE, "refusee")
    waiting = entry("1-pieces", operation=Operation.PIECES, cible=PEC.id)
    assert verdict(FACTURE, waiting, refused) is Verdict.BLOQUER
