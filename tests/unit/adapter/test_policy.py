"""What is next for an entry: one decision at a time, time and chance given."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapter.entries import GRACE, NOW, cadre, entry, traits
from tierspayant.adapter.entry import Entry, Etat, Raison
from tierspayant.adapter.policy import (
    DELAI_CONFIRMATION,
    RECUL_BASE,
    RECUL_MAX,
    TENTATIVES_MAX,
    USUAL,
    AskStatus,
    Cadre,
    Expire,
    Faits,
    Hold,
    Limites,
    Send,
    Step,
    WaitUntil,
    backoff,
    business_day,
    next_step,
)
from tierspayant.schemas.operations import Operation

SECOND = dt.timedelta(seconds=1)


def reason(step: Step) -> Raison:
    assert isinstance(step, Hold), step
    return step.action.raison


def doubtful(**changes: Any) -> Entry:
    return entry(**{"etat": Etat.INCERTAINE, "envoye_le": NOW - GRACE, **changes})


def test_a_queued_entry_is_sent() -> None:
    assert next_step(entry(), cadre()) == Send()


def test_in_doubt_it_waits_out_the_slowest_answer_to_the_second() -> None:
    early = NOW - SECOND
    assert next_step(doubtful(), cadre(now=early)) == WaitUntil(NOW)
    assert next_step(doubtful(), cadre()) == AskStatus()


@pytest.mark.parametrize("operation", [Operation.DEVIS, Operation.PEC])
def test_without_a_search_a_person_decides_unless_the_platform_recognises_resends(operation: Operation) -> None:
    one = doubtful(operation=operation)

    def step(**changes: bool) -> Step:
        return next_step(one, cadre(traits=traits(recherche_par_reference=False, **changes)))

    assert step(dedoublonnage=True) == Send()
    assert reason(step(dedoublonnage=False)) is Raison.DOUTE_SANS_RECHERCHE
    assert reason(step(dedoublonnage=True, doublon_pec=True)) is Raison.DOUTE_SANS_RECHERCHE


@pytest.mark.parametrize("operation", [Operation.FACTURE, Operation.PIECES, Operation.ANNULATION_PEC])
def test_what_has_a_number_can_always_be_asked_for(operation: Operation) -> None:
    one = doubtful(operation=operation)
    assert next_step(one, cadre(traits=traits(recherche_par_reference=False, dedoublonnage=False))) == AskStatus()


@pytest.mark.parametrize("etat", [Etat.EN_INSTANCE, Etat.TERMINEE])
def test_what_the_platform_has_is_asked_about(etat: Etat) -> None:
    assert next_step(entry(etat=etat), cadre()) == AskStatus()


def test_a_rights_check_lapses_at_its_time() -> None:
    one = entry(operation=Operation.DROITS, expire_le=NOW)
    assert next_step(one, cadre()) == Expire()
    assert next_step(one, cadre(now=NOW - SECOND)) == Send()


class TestLateAgreements:
    """A PEC that time may have overtaken is held; an invoice never on our own guess."""

    late = NOW + DELAI_CONFIRMATION + SECOND

    def overtaken(self, one: Entry, **faits: Any) -> Step:
        return next_step(one, Cadre(now=self.late, traits=traits(), delai_traitement=GRACE, faits=Faits(**faits)))

    def test_an_insurer_that_moved_since_another_day_holds_what_waits_for_it(self) -> None:
        moved = Faits(operateur_change="q/A020")
        assert reason(self.overtaken(entry(client_confirme=True), operateur_change="q/A020")) is Raison.OPERATEUR
        assert next_step(entry(), replace(cadre(), faits=moved)) == Send(), "on the day itself nobody asks again"

    def test_a_pec_that_waited_for_days_is_confirmed_by_its_customer(self) -> None:
        assert reason(self.overtaken(entry())) is Raison.CONFIRMER_CLIENT
        assert self.overtaken(entry(client_confirme=True)) == Send()
        assert self.overtaken(entry(cree_le=self.late - DELAI_CONFIRMATION)) == Send()

    def test_an_operator_may_ask_the_customer_sooner(self) -> None:
        hour = Limites(delai_confirmation=dt.timedelta(hours=1))
        soon = replace(cadre(now=NOW + dt.timedelta(hours=2)), limites=hour)
        assert reason(next_step(entry(), soon)) is Raison.CONFIRMER_CLIENT
        assert next_step(entry(), replace(soon, limites=USUAL)) == Send()

    def test_a_card_or_prescription_out_of_date_is_named(self) -> None:
        assert reason(self.overtaken(entry(), carte_valide_au=dt.date(2024, 2, 14))) is Raison.CARTE_PERIMEE
        assert reason(self.overtaken(entry(), prescription_du=dt.date(2018, 2, 14))) is Raison.PRESCRIPTION_PERIMEE

    def test_a_card_is_valid_on_its_last_day_in_paris(self) -> None:
        night = dt.datetime(2024, 2, 14, 22, 59, tzinfo=dt.UTC)
        one = entry(cree_le=night)
        today = Faits(carte_valide_au=dt.date(2024, 2, 14))
        assert next_step(one, Cadre(now=night, traits=traits(), delai_traitement=GRACE, faits=today)) == Send()
        after = night + 2 * SECOND * 60
        assert business_day(after) == dt.date(2024, 2, 15)
        assert isinstance(next_step(one, Cadre(now=after, traits=traits(), delai_traitement=GRACE, faits=today)), Hold)

    def test_once_sent_it_is_sent_again_without_asking_anyone(self) -> None:
        assert self.overtaken(entry(tentatives=1)) == Send()

    def test_turned_away_at_the_door_it_was_never_sent(self) -> None:
        late = reason(self.overtaken(entry(tentatives=2), refoulees=2))
        assert late is Raison.CONFIRMER_CLIENT
        assert self.overtaken(entry(tentatives=2), refoulees=1) == Send()

    def test_an_invoice_is_never_held_on_our_own_guess(self) -> None:
        assert self.overtaken(entry(operation=Operation.FACTURE), carte_valide_au=dt.date(2020, 1, 1)) == Send()


def test_after_many_attempts_a_person_looks_and_may_let_it_go_on() -> None:
    tired = entry(tentatives=TENTATIVES_MAX)
    assert reason(next_step(tired, cadre())) is Raison.TENTATIVES_EPUISEES
    assert next_step(entry(tentatives=TENTATIVES_MAX, client_confirme=True), cadre()) == Send()
    sooner = replace(cadre(), limites=Limites(tentatives_max=3))
    assert reason(next_step(entry(tentatives=3), sooner)) is Raison.TENTATIVES_EPUISEES


def test_a_send_turned_away_at_the_door_is_no_attempt() -> None:
    often = replace(cadre(), limites=Limites(tentatives_max=3), faits=Faits(refoulees=98))
    assert next_step(entry(tentatives=100), often) == Send()
    assert reason(next_step(entry(tentatives=101), often)) is Raison.TENTATIVES_EPUISEES


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_back_off_grows_stays_bounded_and_keeps_half_of_itself(essais: int, jitter: float) -> None:
    wait = backoff(essais, jitter)
    assert RECUL_BASE / 2 <= wait <= RECUL_MAX
    assert backoff(essais, 0) <= wait
    assert backoff(essais + 1, 0) >= backoff(essais, 0)
