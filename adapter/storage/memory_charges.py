"""Charges, their keys, and attempts in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tierspayant.adapter.storage.memory_table import Table, Undo
from tierspayant.adapter.storage.protocol import CleDonnees, Sealed, Tentative


class MemoryCharges:
    """The part of the tables that concerns what was said and exchanged."""

    def __init__(self, undo: Undo) -> None:
        self._charges: Table[tuple[str, str], Sealed] = Table(undo)
        self._keys: Table[str, CleDonnees] = Table(undo)
        self._keys_of: Table[tuple[str, str], str] = Table(undo)
        self._tentatives: Table[tuple[str, int], Tentative] = Table(undo)

    # ---- charges and their keys

    def charge(self, entree: str, genre: str) -> Sealed | None:
        return self._charges.rows.get((entree, genre))

    def put_charge(self, entree: str, genre: str, sealed: Sealed) -> None:
        self._charges.put((entree, genre), sealed)

    def delete_charge(self, entree: str, genre: str) -> None:
        if (entree, genre) in self._charges.rows:
            self._charges.drop((entree, genre))

    def delete_charges(self, entree: str) -> int:
        found = [key for key in self._charges.rows if key[0] == entree]
        for key in found:
            self._charges.drop(key)
        return len(found)

    def data_key(self, identifiant: str) -> CleDonnees | None:
        return self._keys.rows.get(identifiant)

    def data_key_of(self, magasin: str, dossier: str) -> CleDonnees | None:
        return self._keys.rows.get(self._keys_of.rows.get((magasin, dossier), ""))

    def put_data_key(self, cle: CleDonnees) -> None:
        self._keys.put(cle.id, cle)
        self._keys_of.put((cle.magasin, cle.dossier), cle.id)

    def data_keys(self) -> Sequence[CleDonnees]:
        return sorted(self._keys.rows.values(), key=lambda cle: cle.id)

    def delete_data_key(self, identifiant: str) -> None:
        if identifiant in self._keys.rows:
            self._keys.drop(identifiant)

    # ---- attempts

    def put_tentative(self, tentative: Tentative) -> None:
        key = (tentative.entree, tentative.rang)
        before = self._tentatives.rows.get(key, tentative)
        self._tentatives.put(key, replace(before, fin=tentative.fin, issue=tentative.issue, detail=tentative.detail))

    def tentatives(self, entree: str) -> Sequence[Tentative]:
        found: list[Tentative] = []
        while (une := self._tentatives.rows.get((entree, len(found) + 1))) is not None:
            found.append(une)
        return found
