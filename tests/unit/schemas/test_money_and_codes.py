"""Centimes to their other notations and back, and the canonical code table."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierspayant.schemas import codes
from tierspayant.schemas.messages import Motif
from tierspayant.schemas.money import MontantInvalide, depuis_decimal, en_decimal, en_euros, pour_cent
from tierspayant.schemas.outcomes import NatureRefus


@given(st.integers(-99_999_999, 99_999_999))
def test_decimal_notation_is_exact_both_ways(centimes: int) -> None:
    assert depuis_decimal(en_decimal(centimes)) == centimes
    assert Decimal(en_decimal(centimes)) * 100 == centimes


@pytest.mark.parametrize(
    "texte", ["", "1", "1.2", "1.234", "1,20", "1e2", "+1.00", "1.00€", "--1.00", "\u0661.00", "NaN"]
)
def test_anything_but_two_decimals_is_refused(texte: str) -> None:
    with pytest.raises(MontantInvalide):
        depuis_decimal(texte)


@pytest.mark.parametrize(
    ("centimes", "texte"),
    [(17_991, "179,91\u00a0€"), (0, "0,00\u00a0€"), (-5, "-0,05\u00a0€"), (1_234_567, "12\u202f345,67\u00a0€")],
)
def test_people_read_euros(centimes: int, texte: str) -> None:
    assert en_euros(centimes) == texte


def test_an_unknown_amount_is_never_zero() -> None:
    assert en_euros(None) == "non connu"


@pytest.mark.parametrize(
    ("centimes", "taux", "part"),
    [(5, 60, 3), (1, 50, 1), (3, 50, 2), (950, 30, 285), (0, 60, 0), (1, 49, 0), (-5, 50, -3)],
)
def test_a_share_is_rounded_half_up(centimes: int, taux: int, part: int) -> None:
    assert pour_cent(centimes, taux) == part


def test_every_code_has_its_texts_and_its_nature() -> None:
    for code, ligne in codes.table().items():
        assert code == ligne.code
        assert ligne.libelle
        assert ligne.anglais


@pytest.mark.parametrize(
    ("noms", "attendue"),
    [
        (("PEC08",), NatureRefus.RATTACHER),
        (("PEC09", "FAC04"), NatureRefus.COMPLETER),
        (("FAC04", "PEC08"), NatureRefus.RATTACHER),
        (("FAC04", "DRO01"), NatureRefus.DEFINITIF),
        ((), NatureRefus.DEFINITIF),
    ],
)
def test_the_strictest_reason_decides(noms: tuple[str, ...], attendue: NatureRefus) -> None:
    assert codes.nature(tuple(codes.motif(nom) for nom in noms)) is attendue


def test_a_code_outside_the_table_is_final() -> None:
    assert codes.nature((Motif(code="ZZZ", code_plateforme="z", libelle="?"),)) is NatureRefus.DEFINITIF
