"""Insurers and their contracts as rows of amc.toml: guarantees, ceilings, delays, what each insists on.

All insurers are invented. Guarantee figures in the style of a public contract grid (optical-messages.md, worked
example); every delay, tolerance and filter is ours, since none is public (same note, §9).
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Literal

import msgspec

from tierspayant.emulator.toml_data import DonneeInvalide, read_rows, read_texts, refuse
from tierspayant.schemas.identity import NumeroAmc
from tierspayant.schemas.messages import Zone
from tierspayant.schemas.money import Centimes

FILE = "amc.toml"


class Contrat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a contract guarantees per item of class B, share of the AMO included, in centimes.

    `frais_reels`: pays the price, within the ceilings of responsible contracts. `lentilles`: yearly allowance.
    `deuxieme_equipement`: a second pair of the same file is covered too.
    """

    nom: str
    monture: Centimes
    simple: Centimes
    complexe: Centimes
    tres_complexe: Centimes
    supplement: Centimes = 0
    lentilles: Centimes = 10000
    frais_reels: bool = False
    deuxieme_equipement: bool = True

    def verre(self, zone: Zone) -> Centimes:
        """The guarantee of one lens."""
        if zone is Zone.SIMPLE:
            return self.simple
        return self.complexe if zone is Zone.COMPLEXE else self.tres_complexe


class Filtre(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tariff filter: prices above are 'outside the market' (public: iSante has one; the figures are ours)."""

    monture: Centimes
    verre: Centimes


class Amc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One insurer on one platform.

    historique: `carte` = the last equipment is the one of the test card, whatever was billed since, so that a card
    answers the same for ever; `vivant` = billed equipments count too. exige: facultative fields this insurer insists
    on. garde_correction: keeps the dioptres; none needs them (public: the zone suffices, optical-messages.md §8.9).
    refus_opaques: every refusal of a PEC says only that it is one. reseau: FINESS of the shops in its network, None =
    open to all.
    """

    code: str
    libelle: str
    numero_amc: NumeroAmc
    type_convention: str
    organisme: str
    plateforme: str
    contrats: tuple[Contrat, ...]
    csr: str | None = None
    du: dt.date | None = None
    au: dt.date | None = None
    validite_jours: int = 60
    facturation_jours: int = 30
    delai_min_facturation_jours: int = 0
    tolerance_centimes: Centimes = 0
    renouvellement_depart: Literal["livraison", "annee_civile"] = "livraison"
    historique: Literal["carte", "vivant"] = "carte"
    bloque_autre_magasin: bool = False
    filtre: Filtre | None = None
    exige: tuple[str, ...] = ()
    garde_correction: bool = False
    refus_opaques: bool = False
    reseau: tuple[str, ...] | None = None
    delai_paiement_jours: int | None = None
    prix_negocies: dict[str, Centimes] = {}

    def contrat(self, nom: str) -> Contrat:
        """The contract of that name. Raises KeyError."""
        return next(one for one in self.contrats if one.nom == nom)

    def in_force(self, day: dt.date) -> bool:
        """Whether this platform runs this insurer on that day."""
        return (self.du is None or self.du <= day) and (self.au is None or day <= self.au)


def parse(text: str, file_name: str = FILE) -> tuple[Amc, ...]:
    """The insurers of a TOML text. Raises DonneeInvalide naming file, line, key and reason."""
    rows = read_rows(file_name, text, "amc", Amc)
    seen: set[str] = set()
    for rank, one in enumerate(rows):
        if one.code in seen:
            raise refuse(file_name, text, "amc", rank, f"code {one.code} is already taken")
        if not one.contrats:
            raise refuse(file_name, text, "amc", rank, "no contract")
        seen.add(one.code)
    return rows


@cache
def load() -> tuple[Amc, ...]:
    """The insurers shipped with the emulator, and those that installed packages add."""
    found: dict[str, Amc] = {}
    for where, text in read_texts(FILE).items():
        for one in parse(text, where):
            if one.code in found:
                raise DonneeInvalide(f"{where}: code {one.code} is already taken")
            found[one.code] = one
    return tuple(found.values())
