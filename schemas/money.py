"""Money: integer centimes everywhere, never a float.

A field that holds money is an `int` and its name ends in `_centimes`; the name is the unit. This module is
the only place that turns centimes into another notation and back (our design, docs/decisions/0002).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

Centimes: TypeAlias = int

MAX_CENTIMES: Centimes = 99_999_999
"""999 999,99 EUR: far above any optical invoice; a larger value is a typing error (our design)."""

KNOWN = 4096
"""Amounts whose other notation is kept: tariffs, guarantees and price lists say the same ones again and again."""

_DECIMAL = re.compile(r"(-?)([0-9]{1,9})\.([0-9]{2})\Z")


class MontantInvalide(ValueError):
    """The text is not an amount with exactly two decimals."""


@lru_cache(maxsize=KNOWN)
def depuis_decimal(texte: str) -> Centimes:
    """'179.91' -> 17991. Exactly two decimals, a point, no sign but '-'. Raises MontantInvalide."""
    trouve = _DECIMAL.match(texte.strip())
    if trouve is None:
        raise MontantInvalide(
            "un montant s'écrit en euros avec un point et exactement deux décimales, par exemple 179.91"
        )
    signe, euros, centimes = trouve.groups()
    valeur = int(euros) * 100 + int(centimes)
    return -valeur if signe else valeur


@lru_cache(maxsize=KNOWN)
def en_decimal(centimes: Centimes) -> str:
    """17991 -> '179.91' (plain notation, exact digits, for the wire)."""
    euros, reste = divmod(abs(centimes), 100)
    return f"{'-' if centimes < 0 else ''}{euros}.{reste:02d}"


def en_euros(centimes: Centimes | None) -> str:
    """17991 -> '179,91 €' for people; None -> 'non connu' (an unknown amount is never shown as 0; ACU-162404)."""
    if centimes is None:
        return "non connu"
    euros, reste = divmod(abs(centimes), 100)
    groupes = f"{euros:,}".replace(",", "\u202f")
    return f"{'-' if centimes < 0 else ''}{groupes},{reste:02d}\u00a0€"


def pour_cent(centimes: Centimes, taux: int) -> Centimes:
    """`taux` percent of an amount, rounded half up to the centime (a debt as the amount it mirrors)."""
    entier, reste = divmod(abs(centimes) * taux, 100)
    part = entier + (reste >= 50)
    return part if centimes >= 0 else -part
