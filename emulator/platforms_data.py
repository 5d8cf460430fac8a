"""The emulated platforms as rows of plateformes.toml: name, dialect, traits, insurers, numbering, delays."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import msgspec

from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.insurers import load as load_insurers
from tierspayant.emulator.toml_data import DonneeInvalide, read_rows, read_texts, refuse
from tierspayant.schemas import plain, platforms
from tierspayant.schemas.platforms import Traits

FILE = "plateformes.toml"
MAX_DELAY = dt.timedelta(days=366)
"""Of a trait: beyond a year it is a typing error."""


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    nom: str
    libelle: str
    dialecte: str
    authentification: Literal["aucune", "usernametoken", "x509", "certificat"]
    second_facteur: Literal["totp", "courriel", "sms"]
    vie_pec: str
    vie_facture: str
    numerotation: str
    delai_annulation: dt.timedelta
    delai_controle: dt.timedelta
    delai_paiement_jours: int
    demo: str | None = None
    session: bool = False
    fraicheur: Literal["reelle", "virtuelle"] = "reelle"
    traits: dict[str, Any] = {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlatformData:
    """One platform.

    traits: the dialect's, with this platform's own put over them. demo: who holds the ready-made files.
    """

    nom: str
    libelle: str
    dialecte: str
    traits: Traits
    insurers: tuple[Amc, ...]
    authentification: Literal["aucune", "usernametoken", "x509", "certificat"]
    second_facteur: Literal["totp", "courriel", "sms"]
    vie_pec: str
    vie_facture: str
    numerotation: str
    delai_annulation: dt.timedelta
    delai_controle: dt.timedelta
    delai_paiement_jours: int
    demo: str | None = None
    session: bool = False
    fraicheur: Literal["reelle", "virtuelle"] = "reelle"


def dialect_traits(dialecte: str) -> Traits:
    """The traits an installed dialect declares."""
    return platforms.dialects()[dialecte].traits


def override(traits: Traits, changes: dict[str, Any]) -> Traits:
    """`traits` with some fields replaced from plain JSON. Raises ValueError: "field: reason"."""
    known = {field.name for field in dataclasses.fields(Traits)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ValueError(f"{unknown[0]}: unknown trait; there are {', '.join(sorted(known))}")
    whole = plain.to_plain(traits) | changes
    try:
        made = plain.from_plain(Traits, whole)
    except msgspec.ValidationError as wrong:
        path, reason = plain.located(wrong)
        raise ValueError(f"{path.lstrip('.')}: {reason}") from None
    for nom in changes:
        value = getattr(made, nom)
        if isinstance(value, dt.timedelta) and not dt.timedelta(0) <= value <= MAX_DELAY:
            raise ValueError(f"{nom}: from nothing to {MAX_DELAY.days} days")
    return made


def parse(
    text: str, traits_of: Callable[[str], Traits], insurers: tuple[Amc, ...], file_name: str = FILE
) -> dict[str, PlatformData]:
    """The platforms of a TOML text by name. Raises DonneeInvalide."""
    found: dict[str, PlatformData] = {}
    for rank, row in enumerate(read_rows(file_name, text, "plateforme", _Row)):
        if row.nom in found:
            raise refuse(file_name, text, "plateforme", rank, f"nom {row.nom} is already taken")
        try:
            traits = override(traits_of(row.dialecte), row.traits)
        except (KeyError, ValueError) as wrong:
            raise refuse(file_name, text, "plateforme", rank, f"dialecte or traits: {wrong}") from None
        rest = {name: getattr(row, name) for name in row.__struct_fields__ if name != "traits"}
        mine = tuple(one for one in insurers if one.plateforme == row.nom)
        found[row.nom] = PlatformData(traits=traits, insurers=mine, **rest)
    return found


@cache
def load() -> dict[str, PlatformData]:
    """The platforms shipped with the emulator, and those that installed packages add, by name."""
    found: dict[str, PlatformData] = {}
    for where, text in read_texts(FILE).items():
        for nom, one in parse(text, dialect_traits, load_insurers(), where).items():
            if nom in found:
                raise DonneeInvalide(f"{where}: platform {nom} is already taken")
            found[nom] = one
    return found
