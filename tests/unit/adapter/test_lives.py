"""A request's life and a service's: every move of the tables, and no other."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest

from tests.unit.adapter.entries import NOW, entry
from tierspayant.adapter import states_page
from tierspayant.adapter.availability import (
    FENETRE_MAX,
    SILENCES_AVANT_FERMETURE,
    TRANSITIONS,
    EtatService,
    Signal,
    observe,
    ouvert,
)
from tierspayant.adapter.entry import FINAL, Etat, Raison, TransitionInterdite, advance, revise
from tierspayant.adapter.entry import TRANSITIONS as MOVES
from tierspayant.adapter.policy import held
from tierspayant.schemas.operations import Operation, Service

DOCS = Path(__file__).parents[3] / "docs"
WAIT = dt.timedelta(seconds=30)
LATER = NOW + dt.timedelta(hours=1)


@pytest.mark.parametrize(("start", "end"), list(itertools.product(Etat, Etat)))
def test_a_move_is_in_the_table_or_loud(start: Etat, end: Etat) -> None:
    before = entry(etat=start, operation=Operation.DROITS)
    action = held(Raison.OPERATEUR) if end is Etat.RETENUE else None
    if end in MOVES[start]:
        after = advance(before, end, LATER, action=action)
        assert (after.etat, after.maj_le, after.version) == (end, LATER, before.version + 1)
    else:
        with pytest.raises(TransitionInterdite):
            advance(before, end, LATER, action=action)


def test_final_states_are_the_three_that_lead_nowhere() -> None:
    assert {Etat.TERMINEE, Etat.RETIREE, Etat.PERIMEE} == FINAL


def test_what_carries_money_never_lapses() -> None:
    with pytest.raises(TransitionInterdite):
        advance(entry(operation=Operation.FACTURE), Etat.PERIMEE, NOW)


def test_a_held_request_says_what_a_person_must_do_and_forgets_it_when_it_goes_on() -> None:
    with pytest.raises(TransitionInterdite):
        advance(entry(), Etat.RETENUE, NOW)
    held_back = advance(entry(), Etat.RETENUE, NOW, action=held(Raison.OPERATEUR))
    assert held_back.du_le is None
    assert advance(held_back, Etat.EN_FILE, NOW).action is None


def test_a_change_of_state_never_goes_through_a_revision() -> None:
    with pytest.raises(AssertionError):
        revise(entry(), NOW, etat=Etat.TERMINEE)


def test_the_diagrams_are_drawn_from_the_tables_as_they_are() -> None:
    written = (DOCS / "states" / "adapter.md").read_text(encoding="utf-8")
    assert written == states_page.page(), "run: .venv/bin/python -m tierspayant.adapter.states_page docs"


def test_the_service_table_knows_every_signal_in_every_state() -> None:
    assert set(TRANSITIONS) == set(itertools.product(EtatService, Signal))


def test_a_service_shuts_at_the_first_refusal_and_only_after_several_silences() -> None:
    service = ouvert("p", Service.PEC, NOW)
    assert observe(service, Signal.REFUS_DE_SERVICE, LATER, WAIT).etat is EtatService.FERME
    for _ in range(SILENCES_AVANT_FERMETURE - 1):
        service = observe(service, Signal.SANS_REPONSE, LATER, WAIT)
        assert service.etat is EtatService.OUVERT
    shut = observe(service, Signal.SANS_REPONSE, LATER, WAIT)
    assert (shut.etat, shut.depuis, shut.prochain_essai) == (EtatService.FERME, LATER, LATER + WAIT)


def test_an_answer_between_two_silences_starts_the_count_again() -> None:
    service = ouvert("p", Service.PEC, NOW)
    for signal in [Signal.SANS_REPONSE, Signal.SANS_REPONSE, Signal.REPONSE, Signal.SANS_REPONSE]:
        service = observe(service, signal, LATER, WAIT)
    assert service.etat is EtatService.OUVERT


def test_a_lane_reopens_on_a_real_answer_and_slowly() -> None:
    shut = observe(ouvert("p", Service.PEC, NOW), Signal.REFUS_DE_SERVICE, NOW, WAIT)
    probed = observe(shut, Signal.SONDE_BONNE, LATER, WAIT)
    assert (probed.etat, probed.fenetre, probed.prochain_essai) == (EtatService.SONDE, 1, None)
    assert observe(probed, Signal.REFUS_DE_SERVICE, LATER, WAIT).etat is EtatService.FERME
    windows = []
    service = probed
    for _ in range(6):
        service = observe(service, Signal.REPONSE, LATER, WAIT)
        windows.append(service.fenetre)
    assert service.etat is EtatService.OUVERT
    assert windows == [2, 4, 8, 8, 8, 8]
    assert max(windows) == FENETRE_MAX
