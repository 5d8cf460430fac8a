"""The invented people: rows of population.toml, each the published test card of one outcome.

A person is named SERVICE_RESULT_PROFILE_CASE. Dates may be relative to the session's start (dates.py); they are
resolved once per session. NIR have a valid key and a commune INSEE never assigned (platforms note, requirement 44).
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any, Literal

import msgspec

from tierspayant.emulator.dates import resolve
from tierspayant.emulator.scenario import NOMINAL, Scenario
from tierspayant.emulator.toml_data import DonneeInvalide, Plain, read_rows, read_texts, refuse
from tierspayant.schemas import plain
from tierspayant.schemas.identity import DateNaissance, Nir, Nom, NumeroAdherent
from tierspayant.schemas.messages import Qualite
from tierspayant.schemas.money import Centimes

FILE = "population.toml"


class PersonneInvalide(ValueError):
    """A person from outside is wrong. `champ` is the JSON path of the fault, the text never shows a value."""

    def __init__(self, champ: str, reason: str) -> None:
        super().__init__(f"{champ}: {reason}")
        self.champ = champ
        self.reason = reason


class Cas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How to make a test card show what it is for (card_requests.py).

    operation: the question asked last. attendu: the canonical code, or the result, it answers with. avant: what happens
    first. change: dotted paths of the standard message and their new values; sans: fields left out. attendre: virtual
    time between the PEC and the question; ensuite: virtual time after it, before the state is read.
    """

    operation: Literal["droits", "devis", "pec", "pieces", "facture", "annulation"]
    attendu: str
    avant: Literal["", "pec_deja", "pec_autre_magasin", "facture_deja", "meme_numero"] = ""
    plateforme: str | None = None
    equipement: str = "standard"
    change: dict[str, Any] = {}
    sans: tuple[str, ...] = ()
    attendre: dt.timedelta | None = None
    ensuite: dt.timedelta | None = None


class Ligne(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person as written in a file or posted to the control API. Dates as dates.py reads them."""

    carte: str
    amc: str
    nir: Nir
    naissance: str
    nom: Nom
    prenom: Nom
    numero_adherent: NumeroAdherent
    explication: str = ""
    contrat: str = "standard"
    rang_naissance: int = 1
    qualite: Qualite = Qualite.ASSURE
    droits_du: str = "debut_annee"
    droits_au: str = "fin_annee"
    dernier_equipement: str | None = None
    lentilles_consommees_centimes: Centimes = 0
    c2s: bool = False
    second_assureur: bool = False
    scenario: Scenario = NOMINAL
    cas: Cas | None = None


class Personne(msgspec.Struct, frozen=True, kw_only=True):
    """A beneficiary as the insurer knows it in one session: every date is a real one."""

    carte: str
    explication: str
    amc: str
    contrat: str
    nir: Nir
    naissance: dt.date
    rang_naissance: int
    nom: Nom
    prenom: Nom
    qualite: Qualite
    numero_adherent: NumeroAdherent
    droits_du: dt.date
    droits_au: dt.date
    dernier_equipement: dt.date | None
    lentilles_consommees_centimes: Centimes
    c2s: bool
    second_assureur: bool
    scenario: Scenario
    cas: Cas | None = None

    @property
    def date_naissance(self) -> DateNaissance:
        """The birth date as messages carry it."""
        return DateNaissance(self.naissance.isoformat())


_DATES = ("naissance", "droits_du", "droits_au", "dernier_equipement")
_SAME = tuple(name for name in Ligne.__struct_fields__ if name not in _DATES)


def settle(row: Ligne, start: dt.date) -> Personne:
    """The person of a session that starts on that day. Raises PersonneInvalide naming the date that is none."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _SAME}
    for name in _DATES:
        written = getattr(row, name)
        try:
            values[name] = None if written is None else resolve(written, start)
        except ValueError:
            raise PersonneInvalide(f"$.{name}", "write AAAA-MM-JJ, -P2Y6M or +P10D, debut_annee or fin_annee") from None
    return Personne(**values)


def from_json(value: object) -> Ligne:
    """A person from plain JSON. Raises PersonneInvalide with the JSON path of the first fault."""
    try:
        return plain.from_plain(Ligne, value)
    except msgspec.ValidationError as wrong:
        path, reason = plain.located(wrong)
        raise PersonneInvalide(f"${path}", reason) from None


def to_json(person: Personne) -> Plain:
    """A person as plain JSON, personal values in clear (they are invented)."""
    shown: Plain = plain.to_plain(person)
    return shown


def parse(text: str, insurers: frozenset[str], file_name: str = FILE) -> tuple[Ligne, ...]:
    """The people of a TOML text. Raises DonneeInvalide naming file, line, key and reason."""
    rows = read_rows(file_name, text, "personne", Ligne)
    names: set[str] = set()
    for rank, one in enumerate(rows):
        if one.carte in names:
            raise refuse(file_name, text, "personne", rank, f"carte {one.carte} is already taken")
        if one.amc not in insurers:
            raise refuse(file_name, text, "personne", rank, f"amc {one.amc} is not in amc.toml")
        try:
            settle(one, dt.date(2024, 1, 31))
        except PersonneInvalide as wrong:
            raise refuse(file_name, text, "personne", rank, str(wrong)) from None
        names.add(one.carte)
    return rows


@cache
def load() -> tuple[Ligne, ...]:
    """The people shipped with the emulator, and those that installed packages add."""
    from tierspayant.emulator.insurers import load as load_insurers

    insurers = frozenset(one.code for one in load_insurers())
    found: dict[str, Ligne] = {}
    for where, text in read_texts(FILE).items():
        for one in parse(text, insurers, where):
            if one.carte in found:
                raise DonneeInvalide(f"{where}: carte {one.carte} is already taken")
            found[one.carte] = one
    return tuple(found.values())
