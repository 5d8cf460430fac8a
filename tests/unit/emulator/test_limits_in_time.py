"""The day a rule starts or stops to hold: renewal, prescription, validity, billing window, too early."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from tests.unit.emulator.counter import START, Counter, book_of, found
from tierspayant.emulator.people import Personne
from tierspayant.schemas.messages import (
    DernierEquipement,
    FactureDemande,
    MotifRenouvellement,
    TypePrescription,
)

TODAY = START.date()
EVOLUTION, CHILD = MotifRenouvellement.EVOLUTION, MotifRenouvellement.ENFANT
SICK, BROKEN, LOST = MotifRenouvellement.PATHOLOGIE, MotifRenouvellement.CASSE, MotifRenouvellement.PERTE


def person(counter: Counter, birth: dt.date, amc: str = "M011") -> Personne:
    """An invented person born on that day, whose insurer knows no former equipment."""
    counter.book.world.add_person(
        {
            "carte": "ESSAI",
            "amc": amc,
            "nir": "285057599900197",
            "naissance": birth.isoformat(),
            "nom": "ESSAI",
            "prenom": "EVE",
            "numero_adherent": "Z7",
        }
    )
    return counter.book.world.people["ESSAI"]


def asked(birth: str, **changes: Any) -> set[str]:
    """What a request says, for someone born then."""
    counter = Counter(book_of("viamedis"))
    pec = counter.request(person(counter, dt.date.fromisoformat(birth)))
    return found(counter.ask(dataclasses.replace(pec, **changes))) - {"refusee"}


def last(day: str, reason: MotifRenouvellement | None = None) -> DernierEquipement:
    return DernierEquipement(date=dt.date.fromisoformat(day), motif_renouvellement=reason)


ADULT, SIXTEEN_TODAY, ALMOST_SIXTEEN, SIX = "1985-05-12", "2008-01-31", "2008-02-01", "2017-02-01"
SEVEN = "2017-01-31"


@pytest.mark.parametrize(
    ("birth", "equipment", "expected"),
    [
        (ADULT, last("2022-01-31"), "accordee"),
        (ADULT, last("2022-02-01"), "PEC01"),
        (SIXTEEN_TODAY, last("2022-02-01"), "PEC01"),
        (ALMOST_SIXTEEN, last("2023-01-31"), "accordee"),
        (ALMOST_SIXTEEN, last("2023-02-01"), "PEC01"),
        (ADULT, last("2023-01-31", EVOLUTION), "accordee"),
        (ADULT, last("2023-02-01", EVOLUTION), "PEC02"),
        (ALMOST_SIXTEEN, last("2024-01-30", EVOLUTION), "accordee"),
        (ADULT, last("2024-01-30", SICK), "accordee"),
        (SIX, last("2023-07-31", CHILD), "accordee"),
        (SIX, last("2023-08-01", CHILD), "PEC02"),
        (SEVEN, last("2023-07-31", CHILD), "PEC02"),
        (ADULT, last("2022-02-01", BROKEN), "PEC02"),
        (ADULT, last("2022-02-01", LOST), "PEC02"),
        (ADULT, last("2022-01-31", BROKEN), "accordee"),
    ],
)
def test_the_renewal_period_ends_on_its_day(birth: str, equipment: DernierEquipement, expected: str) -> None:
    assert asked(birth, dernier_equipement=equipment) == {expected}


@pytest.mark.parametrize(
    ("birth", "written", "expected"),
    [
        (ALMOST_SIXTEEN, "2023-01-31", "accordee"),
        (ALMOST_SIXTEEN, "2023-01-30", "PEC06"),
        (SIXTEEN_TODAY, "2019-01-31", "accordee"),
        (SIXTEEN_TODAY, "2019-01-30", "PEC06"),
        ("1981-02-01", "2019-01-31", "accordee"),
        ("1981-01-31", "2021-01-31", "accordee"),
        ("1981-01-31", "2021-01-30", "PEC06"),
        (ADULT, "2024-01-31", "accordee"),
        (ADULT, "2024-02-01", "PEC06"),
    ],
)
def test_a_prescription_ends_on_its_day(birth: str, written: str, expected: str) -> None:
    counter = Counter(book_of("viamedis"))
    pec = counter.request(person(counter, dt.date.fromisoformat(birth)))
    prescription = dataclasses.replace(
        pec.prescription, date=dt.date.fromisoformat(written), type=TypePrescription.INITIALE
    )
    answer = counter.ask(dataclasses.replace(pec, prescription=prescription))
    assert found(answer) - {"refusee"} == {expected}


@pytest.mark.parametrize(
    ("plateforme", "card", "sent", "delivered", "expected"),
    [
        ("viamedis", "PEC_OK_ADULTE_NOMINAL", 60, 60, "acquittee"),
        ("viamedis", "PEC_OK_ADULTE_NOMINAL", 61, 61, "FAC03"),
        ("viamedis", "PEC_OK_ADULTE_NOMINAL", 90, 60, "acquittee"),
        ("viamedis", "PEC_OK_ADULTE_NOMINAL", 91, 60, "FAC09"),
        ("almerys", "FACTURE_KO_ADULTE_TROP_TOT_A", 1, 1, "FAC04"),
        ("almerys", "FACTURE_KO_ADULTE_TROP_TOT_A", 2, 2, "acquittee"),
        ("almerys", "PEC_OK_ADULTE_VALIDITE_COURTE_A", 45, 30, "acquittee"),
        ("almerys", "PEC_OK_ADULTE_VALIDITE_COURTE_A", 46, 30, "FAC09"),
        ("almerys", "PEC_OK_ADULTE_VALIDITE_COURTE_A", 31, 31, "FAC03"),
    ],
)
def test_an_invoice_is_taken_until_its_day(
    plateforme: str, card: str, sent: int, delivered: int, expected: str
) -> None:
    counter = Counter(book_of(plateforme))
    pec = counter.request(counter.book.world.people[card])
    granted = counter.ask(pec)
    counter.wait(dt.timedelta(days=sent))
    billing = counter.billing(pec, granted)
    one = dataclasses.replace(billing.factures[0], date_delivrance=TODAY + dt.timedelta(days=delivered))
    answer = counter.ask(FactureDemande(factures=(one,), numero_lot=billing.numero_lot))
    assert found(answer) - {"acquitte", "rejete", "rejetee"} == {expected}


@pytest.mark.parametrize(("first", "last_day", "expected"), [(0, 0, "ouverts"), (1, 9, "DRO06"), (-9, -1, "DRO06")])
def test_a_card_is_valid_on_its_first_and_last_day(first: int, last_day: int, expected: str) -> None:
    from tierspayant.emulator import card_requests

    counter = Counter(book_of("viamedis"))
    one = counter.book.world.people["PEC_OK_ADULTE_NOMINAL"]
    question = card_requests.rights_request(one, counter.book.insurer(one.amc), TODAY, True)
    carte = dataclasses.replace(
        question.carte,
        valide_du=TODAY + dt.timedelta(days=first),
        valide_au=TODAY + dt.timedelta(days=last_day),
    )
    assert expected in found(counter.ask(dataclasses.replace(question, carte=carte)))


@pytest.mark.parametrize(("days", "expected"), [(29, "ouverts"), (30, "ouverts"), (31, "DRO01")])
def test_rights_close_after_their_last_day(days: int, expected: str) -> None:
    from tierspayant.emulator import card_requests, incidents

    counter = Counter(book_of("viamedis"))
    incidents.close_rights(counter.book.world, "PEC_OK_ADULTE_NOMINAL", TODAY + dt.timedelta(days=30))
    one = counter.book.world.people["PEC_OK_ADULTE_NOMINAL"]
    day = TODAY + dt.timedelta(days=days)
    question = card_requests.rights_request(one, counter.book.insurer(one.amc), day, True)
    assert expected in found(counter.ask(question))
