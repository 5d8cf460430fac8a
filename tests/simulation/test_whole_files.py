"""Whole files through every operation, on both platforms, nothing failing: what the shop sees at the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation import people
from tests.simulation.invariants import faults
from tests.simulation.world import Monde, Reglages
from tierspayant.adapter.demandes import PecCorps
from tierspayant.adapter.entry import Etat, Raison
from tierspayant.adapter.intake import CibleInconnue, Conflict, Same
from tierspayant.schemas.operations import Operation

PLATEFORMES = pytest.mark.parametrize("plateforme", ["viamedis", "almerys"])
HOUR = 3600


def ended(monde: Monde, reference: str) -> tuple[str, str | None]:
    entry = monde.entry(reference)
    return entry.etat, entry.resultat


@PLATEFORMES
def test_a_quote_comes_before_its_agreement(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.devis(plateforme, "D-1"))
    monde.post(people.pec(plateforme, "D-1"))
    assert monde.entry("D-1/PEC-1").du_le is None, "it waits for its quote"
    monde.run(HOUR)
    assert ended(monde, "D-1/DEV-1") == (Etat.TERMINEE, "chiffre")
    assert ended(monde, "D-1/PEC-1") == (Etat.TERMINEE, "accordee")


@PLATEFORMES
def test_a_replacing_agreement_waits_until_the_old_one_is_cancelled(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1"))
    monde.run(HOUR)
    monde.post(people.annulation(monde.entry("D-1/PEC-1").id, "ANN-1"))
    second = people.pec(plateforme, "D-1", rang=2)
    assert isinstance(second.corps, PecCorps)
    monde.post(replace(second, corps=replace(second.corps, remplace="D-1/PEC-1")))
    assert monde.entry("D-1/PEC-2").tentatives == 0
    monde.run(2 * HOUR)
    assert ended(monde, "ANN-1") == (Etat.TERMINEE, "confirmee")
    assert ended(monde, "D-1/PEC-1") == (Etat.TERMINEE, "annulee")
    assert ended(monde, "D-1/PEC-2") == (Etat.TERMINEE, "accordee")
    assert faults(monde) == []


@PLATEFORMES
def test_a_replacing_agreement_without_a_cancellation_is_held(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1"))
    monde.run(HOUR)
    second = people.pec(plateforme, "D-1", rang=2)
    assert isinstance(second.corps, PecCorps)
    monde.post(replace(second, corps=replace(second.corps, remplace="D-1/PEC-1")))
    monde.run(HOUR)
    held = monde.entry("D-1/PEC-2")
    assert held.action is not None
    assert (held.etat, held.action.raison, held.tentatives) == (Etat.RETENUE, Raison.ANNULATION_REQUISE, 0)


@PLATEFORMES
def test_documents_decide_an_agreement_and_let_its_invoice_go(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1", prix_monture=9705))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(HOUR)
    assert monde.entry("D-1/FAC-1").tentatives == 0, "under reserve is not granted yet"
    monde.post(people.pieces(monde.entry("D-1/PEC-1").id, "PJ-1"))
    monde.run(HOUR)
    assert ended(monde, "PJ-1") == (Etat.TERMINEE, "recues")
    assert ended(monde, "D-1/FAC-1") == (Etat.TERMINEE, "acceptee")
    assert faults(monde) == []


@PLATEFORMES
def test_a_cancelled_invoice_frees_its_agreement_for_a_corrected_one(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1"))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(HOUR)
    cancelled = monde.entry("D-1/FAC-1")
    monde.post(people.annulation(cancelled.id, "ANN-1", Operation.ANNULATION_FACTURE))
    monde.run(2 * HOUR)
    assert ended(monde, "ANN-1") == (Etat.TERMINEE, "confirmee")
    assert ended(monde, "D-1/FAC-1") == (Etat.TERMINEE, "annulee")


@PLATEFORMES
def test_after_a_refused_agreement_its_invoice_is_held_and_never_sent(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1", prix_monture=9701))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(HOUR)
    facture = monde.entry("D-1/FAC-1")
    assert ended(monde, "D-1/PEC-1") == (Etat.TERMINEE, "refusee")
    assert [motif.code for motif in monde.entry("D-1/PEC-1").motifs] == ["PEC12"]
    assert facture.action is not None
    assert (facture.etat, facture.action.raison, facture.tentatives) == (Etat.RETENUE, Raison.PREDECESSEUR_REFUSE, 0)


@PLATEFORMES
def test_an_invoice_rejected_later_by_the_insurer_says_so(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1", prix_monture=9801))
    monde.post(people.facture("D-1", "240131501"))
    monde.run(3 * HOUR)
    facture = monde.entry("D-1/FAC-1")
    assert (facture.etat, facture.resultat) == (Etat.TERMINEE, "rejetee")
    assert [motif.code for motif in facture.motifs] == ["FAC11"]


@PLATEFORMES
def test_an_agreement_never_billed_is_shown_as_lapsed_in_the_end(plateforme: str) -> None:
    monde = Monde(Reglages())
    monde.post(people.pec(plateforme, "D-1"))
    monde.run(80 * 24 * HOUR)
    assert ended(monde, "D-1/PEC-1") == (Etat.TERMINEE, "accordee")
    monde.run(15 * 24 * HOUR)
    assert ended(monde, "D-1/PEC-1") == (Etat.TERMINEE, "expiree")
    assert monde.entry("D-1/PEC-1").du_le is None


def test_the_same_post_is_the_same_request_and_another_body_a_conflict() -> None:
    monde = Monde(Reglages())
    first = monde.post(people.pec("viamedis", "D-1"))
    again = monde.post(people.pec("viamedis", "D-1"))
    other = monde.post(people.pec("viamedis", "D-1", prix_monture=12001))
    assert isinstance(again, Same)
    assert isinstance(other, Conflict)
    assert first is not None
    monde.run(HOUR)
    assert len([row for row in monde.ledger("viamedis")["pec"] if row["dossier"] == "D-1"]) == 1


def test_an_invoice_for_an_unknown_agreement_is_refused_by_name() -> None:
    assert Monde(Reglages()).post(people.facture("D-9", "240131501")) == CibleInconnue("pec")
