"""What an insurer pays: the worked examples to the centime, and what holds for every equipment."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierspayant.emulator import insurers
from tierspayant.emulator.card_requests import EQUIPEMENTS
from tierspayant.emulator.conservation import check_shares
from tierspayant.emulator.insurers import Contrat
from tierspayant.emulator.rules import tarif
from tierspayant.emulator.tariff_tables import Tarif, in_force, load
from tierspayant.schemas.messages import (
    Classe,
    Equipement,
    Ligne,
    Montants,
    Oeil,
    TypeEquipement,
    TypeLigne,
    Zone,
)

TARIF = in_force(dt.date(2024, 1, 31))
STANDARD = insurers.load()[0].contrat("standard")
FULL_COST = insurers.load()[0].contrat("frais_reels")


def shares(montants: Montants) -> tuple[int, int, int]:
    return montants.amo_centimes, montants.amc_centimes, montants.reste_a_charge_centimes


@pytest.mark.parametrize(
    ("equipement", "contrat", "expected"),
    [
        ("standard", STANDARD, (9, 17991, 12000)),
        ("classe_a", STANDARD, (1710, 7790, 0)),
        ("mixte", FULL_COST, (546, 41454, 5000)),
        ("cher", FULL_COST, (9, 41991, 27000)),
    ],
)
def test_a_worked_example_holds_to_the_centime(
    equipement: str, contrat: Contrat, expected: tuple[int, int, int]
) -> None:
    assert shares(tarif.amounts(EQUIPEMENTS[equipement], contrat, TARIF, 0)) == expected


def test_the_lens_allowance_pays_what_is_left_of_it() -> None:
    assert shares(tarif.amounts(EQUIPEMENTS["lentilles"], STANDARD, TARIF, 2000)) == (0, 2000, 2500)


def test_the_standard_example_holds_line_by_line() -> None:
    montants = tarif.amounts(EQUIPEMENTS["standard"], STANDARD, TARIF, 0)
    lines = [(one.amo_centimes, one.amc_centimes, one.reste_a_charge_centimes) for one in montants.lignes]
    assert lines == [(3, 4997, 7000), (3, 6497, 2500), (3, 6497, 2500)]


def test_an_unknown_nir_gives_zero_shares_and_the_whole_price_to_pay() -> None:
    montants = tarif.amounts(EQUIPEMENTS["standard"], STANDARD, TARIF, 0, nir_inconnu=True)
    assert shares(montants) == (0, 0, 30000)


def test_the_ceiling_is_shared_evenly_between_equal_lenses() -> None:
    montants = tarif.amounts(EQUIPEMENTS["cher"], FULL_COST, TARIF, 0)
    assert [one.amc_centimes for one in montants.lignes] == [9997, 15997, 15997]


@pytest.mark.parametrize(
    ("zones", "maximum"),
    [
        ([], 42000),
        ([Zone.SIMPLE], 42000),
        ([Zone.COMPLEXE, Zone.SIMPLE], 56000),
        ([Zone.SIMPLE, Zone.TRES_COMPLEXE], 61000),
        ([Zone.COMPLEXE], 70000),
        ([Zone.TRES_COMPLEXE, Zone.COMPLEXE], 75000),
        ([Zone.TRES_COMPLEXE, Zone.TRES_COMPLEXE], 80000),
    ],
)
def test_the_ceiling_follows_the_zones_of_the_lenses(zones: list[Zone], maximum: int) -> None:
    assert TARIF.plafond(zones) == maximum


def test_the_tariff_of_the_care_date_applies() -> None:
    later = in_force(dt.date(2027, 7, 1))
    assert (in_force(dt.date(2027, 6, 30)).nom, later.nom) == ("2020", "2027")
    assert in_force(dt.date(1990, 1, 1)).nom == "2020"
    assert in_force(dt.date(2024, 1, 1), forced="2027") is later


# -------------------------------------------------------------------------------------------------- properties

prices = st.integers(0, 90000)


@st.composite
def lines_of(draw: st.DrawFn, version: Tarif, kind: TypeEquipement) -> tuple[Ligne, ...]:
    rows = [row for row in version.lpp.values() if kind in row.equipements]
    wanted = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=6))
    lines = []
    for numero, row in enumerate(wanted, 1):
        quantite = draw(st.integers(1, 4)) if row.type is TypeLigne.LENTILLE else 1
        price = draw(prices)
        lines.append(
            Ligne(
                numero=numero,
                type=row.type,
                lpp=row.code,
                classe=row.classes[0],
                prix_centimes=price,
                remise_centimes=draw(st.integers(0, price * quantite)),
                quantite=quantite,
                oeil=Oeil.DROIT if row.type is TypeLigne.VERRE else None,
                zone=row.zone,
            )
        )
    return tuple(lines)


@st.composite
def equipments(draw: st.DrawFn) -> Equipement:
    kind = draw(st.sampled_from(TypeEquipement))
    return Equipement(numero=1, type=kind, lignes=draw(lines_of(draw(st.sampled_from(load())), kind)))


contracts = st.sampled_from([contrat for one in insurers.load() for contrat in one.contrats])


@given(equipments(), contracts, st.integers(-100, 20000), st.booleans())
def test_shares_sum_to_the_price_by_line_and_in_total_and_none_is_negative(
    equipement: Equipement, contrat: Contrat, allowance: int, nir_inconnu: bool
) -> None:
    montants = tarif.amounts(equipement, contrat, TARIF, allowance, nir_inconnu)
    assert check_shares(montants, {one.numero: one.net_centimes for one in equipement.lignes}, "") == []
    assert montants.total_centimes == equipement.total_centimes


@given(equipments(), contracts, st.integers(0, 20000))
def test_class_b_never_gets_more_than_the_ceiling_and_class_a_costs_nothing(
    equipement: Equipement, contrat: Contrat, allowance: int
) -> None:
    montants = tarif.amounts(equipement, contrat, TARIF, allowance)
    lenses = equipement.type is TypeEquipement.LENTILLES
    limit = allowance if lenses else tarif.ceiling(equipement, TARIF)
    by_line = list(zip(equipement.lignes, montants.lignes, strict=True))
    assert sum(got.amc_centimes for asked, got in by_line if asked.classe is not Classe.A) <= limit
    assert all(got.reste_a_charge_centimes == 0 for asked, got in by_line if asked.classe is Classe.A)


@given(equipments(), contracts, st.integers(0, 20000), st.data())
def test_a_dearer_class_b_line_never_lowers_what_the_insurers_pay(
    equipement: Equipement, contrat: Contrat, allowance: int, data: st.DataObject
) -> None:
    lines = [rank for rank, one in enumerate(equipement.lignes) if one.classe is not Classe.A]
    if not lines:
        return
    rank = data.draw(st.sampled_from(lines))
    dearer = dataclasses.replace(
        equipement.lignes[rank], prix_centimes=equipement.lignes[rank].prix_centimes + data.draw(st.integers(1, 50000))
    )
    other = dataclasses.replace(
        equipement, lignes=tuple(dearer if n == rank else one for n, one in enumerate(equipement.lignes))
    )
    before, after = (tarif.amounts(one, contrat, TARIF, allowance) for one in (equipement, other))
    assert after.amo_centimes + after.amc_centimes >= before.amo_centimes + before.amc_centimes
    assert after.reste_a_charge_centimes >= before.reste_a_charge_centimes


@given(st.integers(0, 10000), st.lists(st.integers(0, 5000), max_size=6))
def test_a_ceiling_is_shared_out_to_the_last_centime(available: int, wanted: list[int]) -> None:
    given_out = tarif.share_out(available, wanted)
    assert sum(given_out) == min(available, sum(wanted))
    assert all(0 <= got <= asked for got, asked in zip(given_out, wanted, strict=True))
