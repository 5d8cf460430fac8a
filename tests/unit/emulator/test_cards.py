"""Every test card shows the outcome it is published for, through the desk and through both SOAP roads."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests.unit.emulator.counter import Counter, book_of, walk
from tierspayant.emulator import ledger, people
from tierspayant.emulator.people import Ligne
from tierspayant.emulator.rules import annulation, droits, facture, pec, pieces
from tierspayant.emulator.rules.regle import Regle, fiches
from tierspayant.schemas.codes import table

CARDS = [one for one in people.load() if one.cas is not None]
REACHED_ELSEWHERE = {"TEC01", "TEC02", "TEC03", "TEC04", "TEC05", "TEC06", "TEC07", "TEC08", "INC00"}
"""Technical codes belong to accounts, messages and effects, not to people."""


def _walked(row: Ligne, soap: bool) -> set[str]:
    assert row.cas is not None
    insurers = book_of("viamedis").world.insurers
    counter = Counter(book_of(row.cas.plateforme or insurers[row.amc].plateforme), soap=soap)
    seen = walk(counter, counter.book.world.people[row.carte], row.cas)
    assert ledger.check(counter.book) == []
    return seen


@pytest.mark.parametrize("row", CARDS, ids=lambda row: row.carte)
def test_a_card_shows_its_outcome(row: Ligne) -> None:
    assert row.cas is not None
    assert row.cas.attendu in _walked(row, soap=False)


@pytest.mark.parametrize("row", CARDS, ids=lambda row: row.carte)
def test_a_card_shows_its_outcome_through_soap(row: Ligne) -> None:
    assert row.cas is not None
    assert row.cas.attendu in _walked(row, soap=True)


CHECKED = [(group, rule) for group in (droits, pec, facture, annulation, pieces) for rule in group.REGLES]


@pytest.mark.parametrize(("group", "rule"), CHECKED, ids=[rule.fiche.id for _, rule in CHECKED])
def test_a_card_no_longer_shows_a_rule_that_is_switched_off(
    group: ModuleType, rule: Regle[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(row for row in CARDS if row.carte == rule.fiche.personne)
    monkeypatch.setattr(group, "REGLES", tuple(one for one in group.REGLES if one is not rule))
    try:
        seen = _walked(row, soap=False)
    except AssertionError:
        seen = {"the ledger noticed"}
    assert rule.fiche.code not in seen


def test_every_business_code_has_a_card() -> None:
    shown = {row.cas.attendu for row in CARDS if row.cas is not None}
    assert set(table()) - REACHED_ELSEWHERE - shown == set()


def test_every_rule_that_refuses_names_a_card_that_shows_it() -> None:
    cards = {row.carte: row for row in CARDS}
    wrong = {
        one.id: one.personne
        for one in fiches().values()
        if one.code and (one.personne not in cards or getattr(cards[one.personne].cas, "attendu", "") != one.code)
    }
    assert wrong == {}
