"""Magic amounts: a line with such a price selects an outcome, whoever the person is (leviers.toml; ours)."""

from __future__ import annotations

from functools import cache

import msgspec

from tierspayant.emulator.scenario import Scenario
from tierspayant.emulator.toml_data import read_rows, read_text, refuse
from tierspayant.schemas.messages import PecDemande
from tierspayant.schemas.money import Centimes

FILE = "leviers.toml"


class Levier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line with this unit price makes this scenario."""

    nom: str
    prix_centimes: Centimes
    texte: str
    scenario: Scenario


def parse(text: str, file_name: str = FILE) -> tuple[Levier, ...]:
    """The levers of a TOML text. Raises DonneeInvalide."""
    rows = read_rows(file_name, text, "levier", Levier)
    for rank, one in enumerate(rows):
        if one.prix_centimes in {other.prix_centimes for other in rows[:rank]}:
            raise refuse(file_name, text, "levier", rank, "prix_centimes: already taken")
    return rows


@cache
def load() -> dict[Centimes, Levier]:
    """The levers shipped with the emulator, by price."""
    return {one.prix_centimes: one for one in parse(read_text(FILE))}


def scenario(of_person: Scenario, demande: PecDemande) -> Scenario:
    """The scenario of a request: a magic price wins over the person's own."""
    table = load()
    for ligne in demande.equipement.lignes:
        found = table.get(ligne.prix_centimes)
        if found is not None:
            return found.scenario
    return of_person
