"""The lives of a PEC and of an invoice at a platform: one table each, loud on an illegal move.

    PEC      asked -> granted | granted subject to documents | pending | refused
             pending -> granted | refused        granted -> billed -> settled, or expired, or cancelled
    invoice  acknowledged -> accepted -> paid, partly paid -> claimed back;   acknowledged -> rejected;   -> cancelled

The tables are data (vies.toml) because platforms differ: one grants subject to documents and confirms a cancellation
later, the other has eight states and does neither. Diagrams under docs/states are drawn from these same tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from tierspayant.emulator.toml_data import read_rows, read_text, refuse
from tierspayant.schemas.messages import ResultatFacture, ResultatPec

FILE = "vies.toml"
_MOVE = re.compile(r"(\w+): (\w+) -> (\w+)")


class CoupIllegal(RuntimeError):
    """A move that the life's table does not have: a programming error, never an answer to a shop."""


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    nom: str
    libelles: dict[str, str]
    fin: tuple[str, ...]
    transitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vie:
    """One life. `moves[etat][evenement]` is the next state."""

    nom: str
    libelles: Mapping[str, str]
    fin: frozenset[str]
    moves: Mapping[str, Mapping[str, str]]

    def advance(self, etat: str, evenement: str) -> str:
        """The state after an event. Raises CoupIllegal."""
        try:
            return self.moves[etat][evenement]
        except KeyError:
            raise CoupIllegal(f"{self.nom}: no {evenement} from {etat}") from None

    def allows(self, etat: str, evenement: str) -> bool:
        """Whether the event may happen in that state."""
        return evenement in self.moves.get(etat, {})

    def has(self, etat: str) -> bool:
        """Whether this life knows that state."""
        return etat in self.libelles


def parse(text: str, file_name: str = FILE) -> dict[str, Vie]:
    """The lives of a TOML text by name. Raises DonneeInvalide."""
    lives: dict[str, Vie] = {}
    for rank, row in enumerate(read_rows(file_name, text, "vie", _Row)):
        moves: dict[str, dict[str, str]] = {}
        for written in row.transitions:
            move = _MOVE.fullmatch(written)
            if move is None:
                raise refuse(file_name, text, "vie", rank, f"transition {written!r}: write 'state: event -> state'")
            start, event, end = move.groups()
            for state in (start, end):
                if state not in row.libelles:
                    raise refuse(file_name, text, "vie", rank, f"transition {written!r}: {state} has no label")
            if event in moves.setdefault(start, {}) or start in row.fin:
                raise refuse(file_name, text, "vie", rank, f"transition {written!r}: twice, or from a final state")
            moves[start][event] = end
        canonical = {one.value for one in ResultatPec} | {one.value for one in ResultatFacture}
        if stray := sorted(set(row.libelles) - canonical):
            raise refuse(file_name, text, "vie", rank, f"libelles.{stray[0]}: not a canonical state")
        lives[row.nom] = Vie(row.nom, row.libelles, frozenset(row.fin), moves)
    return lives


@cache
def load() -> dict[str, Vie]:
    """The lives shipped with the emulator, by name."""
    return parse(read_text(FILE))
