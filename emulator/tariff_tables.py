"""LPP codes, price limits, AMO bases and ceilings: tables with effective dates, read from tarifs.toml.

The LPP codes are synthetic group codes with valid keys: the real ones after 2020 are not in our notes
(optical-messages.md §6.1). Ceilings are §6.3, price limits §6.2; the AMO base of class A is ours (30 % of the price).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from tierspayant.emulator.toml_data import read_rows, read_text, refuse
from tierspayant.schemas.identity import Lpp
from tierspayant.schemas.messages import Classe, TypeEquipement, TypeLigne, Zone
from tierspayant.schemas.money import Centimes

FILE = "tarifs.toml"
PAIRS = 6
"""Pairs of three zones without order."""


class LigneLpp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One product code. `plv`: legal price limit (class A). `base`: AMO base; None = a percentage of the price."""

    code: Lpp
    libelle: str
    type: TypeLigne
    classes: tuple[Classe, ...]
    zone: Zone | None = None
    equipements: tuple[TypeEquipement, ...] = (TypeEquipement.UNIFOCAL, TypeEquipement.MULTIFOCAL)
    base: Centimes | None = None
    base_pour_cent: int | None = None
    plv: Centimes | None = None


class Plafond(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ceiling of responsible contracts for one equipment, by the zones of its two lenses."""

    zones: tuple[Zone, Zone]
    maximum: Centimes


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    nom: str
    du: dt.date
    taux_amo: int
    monture_maximum: Centimes
    plafonds: tuple[Plafond, ...]
    lpp: tuple[LigneLpp, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tarif:
    """One version of the tariff, in force from `du` on."""

    nom: str
    du: dt.date
    taux_amo: int
    monture_maximum: Centimes
    plafonds: Mapping[tuple[str, ...], Centimes]
    lpp: Mapping[str, LigneLpp]

    def ligne(self, code: Lpp) -> LigneLpp | None:
        """The row of a product code, or None."""
        return self.lpp.get(code.clair)

    def plafond(self, zones: list[Zone]) -> Centimes:
        """The ceiling of an equipment with these lenses: one lens counts as a pair, none as a pair of simple ones."""
        pair = (zones * 2)[:2] if zones else [Zone.SIMPLE, Zone.SIMPLE]
        return self.plafonds[tuple(sorted(pair))]


def parse(text: str, file_name: str = FILE) -> tuple[Tarif, ...]:
    """The versions of a TOML text, newest first. Raises DonneeInvalide."""
    versions = []
    for rank, row in enumerate(read_rows(file_name, text, "tarif", _Row)):
        ceilings: dict[tuple[str, ...], Centimes] = {tuple(sorted(one.zones)): one.maximum for one in row.plafonds}
        if len(ceilings) != PAIRS or len(row.plafonds) != PAIRS:
            raise refuse(file_name, text, "tarif", rank, "plafonds: the six pairs of zones are needed, each once")
        codes = {line.code.clair: line for line in row.lpp}
        if len(codes) != len(row.lpp):
            raise refuse(file_name, text, "tarif", rank, "lpp: a code is there twice")
        versions.append(Tarif(row.nom, row.du, row.taux_amo, row.monture_maximum, ceilings, codes))
    return tuple(sorted(versions, key=lambda one: one.du, reverse=True))


@cache
def load() -> tuple[Tarif, ...]:
    """The versions shipped with the emulator, newest first."""
    return parse(read_text(FILE))


def in_force(day: dt.date, forced: str | None = None) -> Tarif:
    """The version in force on a care date (the oldest one for a day before it), or the one of that name."""
    rows = load()
    if forced is not None:
        return next(one for one in rows if one.nom == forced)
    return next((one for one in rows if one.du <= day), rows[-1])
