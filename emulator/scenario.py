"""A scenario: what a named person, a magic amount or a magic LPP code makes the insurer do (ours).

Without one the rules alone decide. A scenario only adds what rules cannot know: an opaque refusal, a slow decision,
documents asked, the insurer's own control, and every way a payment can go wrong.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from tierspayant.schemas.messages import TypePiece
from tierspayant.schemas.money import Centimes


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All fields are optional; delays are virtual time."""

    refus: str | None = None
    refus_differe: str | None = None
    delai: dt.timedelta | None = None
    pieces: tuple[TypePiece, ...] = ()
    nir_inconnu: bool = False
    controle_rejet: str | None = None
    controle_delai: dt.timedelta | None = None
    annulation_refusee: bool = False
    paiement: Literal["nominal", "jamais"] = "nominal"
    paiement_ecart_centimes: Centimes = 0
    paiement_retard_jours: int = 0
    paiement_parts: int = 1
    paiement_repete: bool = False
    paiement_desordre: bool = False
    indu_apres_jours: int | None = None
    indu_centimes: Centimes | None = None
    indu_cause: str | None = None


NOMINAL = Scenario()
