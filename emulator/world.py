"""What exists in one session, whatever the platform: people, insurers and shops, and look-ups over them.

The people of the data file are shared between sessions that start on the same day; what the control API adds or
changes belongs to one session and travels in its snapshots.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import msgspec

from tierspayant.emulator import insurers, people
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.people import Ligne, Personne, PersonneInvalide
from tierspayant.emulator.toml_data import Plain, read_rows, read_text
from tierspayant.schemas import plain
from tierspayant.schemas.identity import Finess

SHOPS_FILE = "magasins.toml"


class Magasin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shop. `comptes`: per platform, the secret of its invented account (data, not a real secret)."""

    finess: Finess
    nom: str
    comptes: dict[str, str] = {}


@lru_cache(maxsize=32)
def _people_of(start: dt.date) -> dict[str, Personne]:
    return {row.carte: people.settle(row, start) for row in people.load()}


@lru_cache(maxsize=32)
def _by_nir_of(start: dt.date) -> dict[str, tuple[Personne, ...]]:
    return _index(_people_of(start))


def _index(persons: dict[str, Personne]) -> dict[str, tuple[Personne, ...]]:
    found: dict[str, tuple[Personne, ...]] = {}
    for one in persons.values():
        found[one.nir.clair] = (*found.get(one.nir.clair, ()), one)
    return found


@lru_cache(maxsize=1)
def shipped_shops() -> dict[str, Magasin]:
    """The ready-made shops by FINESS number."""
    rows = read_rows(SHOPS_FILE, read_text(SHOPS_FILE), "magasin", Magasin)
    return {row.finess.clair: row for row in rows}


class World:
    """The people, insurers and shops of one session that starts on `start` (a business day of Paris)."""

    def __init__(self, start: dt.date) -> None:
        self._begin(start)

    def _begin(self, start: dt.date) -> None:
        self.start = start
        self.insurers: dict[str, Amc] = {one.code: one for one in insurers.load()}
        self.magasins: dict[str, Magasin] = dict(shipped_shops())
        self.people: dict[str, Personne] = dict(_people_of(start))
        self._by_nir: dict[str, tuple[Personne, ...]] = dict(_by_nir_of(start))
        self._added_people: dict[str, Personne] = {}
        self._added_shops: dict[str, Magasin] = {}
        self._changed_insurers: dict[str, Amc] = {}

    # ------------------------------------------------------------------------------------------------ look-ups

    def with_nir(self, nir: str) -> tuple[Personne, ...]:
        """Everyone registered under a policy holder's NIR."""
        return self._by_nir.get(nir, ())

    def insurer_of_card(self, numero_amc: str, type_convention: str, csr: str | None) -> list[Amc]:
        """Every insurer whose card shows these three identifiers, on any platform."""
        return [
            one
            for one in self.insurers.values()
            if one.numero_amc.clair == numero_amc
            and one.type_convention == type_convention
            and (one.csr is None or csr is None or one.csr == csr)
        ]

    # ------------------------------------------------------------------------------------------------ changes

    def add_person(self, value: object) -> Plain:
        """Add (or replace, by `carte`) a person from plain JSON; gives it back. Raises PersonneInvalide."""
        row = people.from_json(value)
        if row.amc not in self.insurers:
            raise PersonneInvalide("$.amc", f"no such insurer; there are {', '.join(self.insurers)}")
        if row.contrat not in {one.nom for one in self.insurers[row.amc].contrats}:
            raise PersonneInvalide("$.contrat", "this insurer has no such contract")
        return people.to_json(self.put_person(people.settle(row, self.start)))

    def add_row(self, row: Ligne) -> Personne:
        """Add a person that a generator made."""
        return self.put_person(people.settle(row, self.start))

    def put_person(self, person: Personne) -> Personne:
        """Make `person` the one of that name."""
        former = self.people.get(person.carte)
        if former is not None:
            kept = tuple(one for one in self.with_nir(former.nir.clair) if one.carte != former.carte)
            self._by_nir[former.nir.clair] = kept
        self.people[person.carte] = person
        self._added_people[person.carte] = person
        self._by_nir[person.nir.clair] = (*self.with_nir(person.nir.clair), person)
        return person

    def add_magasin(self, value: object) -> Plain:
        """Add (or replace) a shop from plain JSON; gives it back. Raises PersonneInvalide."""
        try:
            shop = plain.from_plain(Magasin, value)
        except msgspec.ValidationError as wrong:
            path, reason = plain.located(wrong)
            raise PersonneInvalide(f"${path}", reason) from None
        self.magasins[shop.finess.clair] = shop
        self._added_shops[shop.finess.clair] = shop
        shown: Plain = plain.to_plain(shop)
        return shown

    def change_insurer(self, amc: Amc) -> None:
        """Replace an insurer's row for this session (moved to another platform, other delays)."""
        self.insurers[amc.code] = amc
        self._changed_insurers[amc.code] = amc

    # ------------------------------------------------------------------------------------------------ snapshots

    def snapshot(self) -> Plain:
        """What this session changed, as plain JSON."""
        return {
            "debut": self.start.isoformat(),
            "personnes": [plain.to_plain(one) for one in self._added_people.values()],
            "magasins": [plain.to_plain(one) for one in self._added_shops.values()],
            "amc": [plain.to_plain(one) for one in self._changed_insurers.values()],
        }

    def restore(self, snapshot: Plain) -> None:
        """Become what `snapshot` was taken of."""
        self._begin(dt.date.fromisoformat(snapshot["debut"]))
        for one in snapshot["personnes"]:
            self.put_person(plain.from_plain(Personne, one))
        for one in snapshot["magasins"]:
            self.add_magasin(one)
        for one in snapshot["amc"]:
            self.change_insurer(plain.from_plain(Amc, one))
