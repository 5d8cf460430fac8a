"""A storage that tells, after each commit, which requests and shops changed: commit, then speak.

Whoever writes (the shop API, a lane, an operator) goes through it, so that a call kept waiting is answered by whatever
moved its request, that every event has its one line in the log, and that nobody has to remember to say so. An event
carries states and numbers of ours, never a person's (entry.py): a shut service is one line when it shuts, one when it
opens, however many weeks lie between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar, cast

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from tierspayant.adapter.entry import Entry
from tierspayant.adapter.storage.protocol import Storage, Tables

T = TypeVar("T")

log = Logger()

TOUS = "tous"
"""The key of every news, for an operator."""


class _Noted:
    """Tables that note what is written; every other call passes through."""

    def __init__(self, tables: Tables, noted: set[str], lines: list[str]) -> None:
        self._tables = tables
        self._noted = noted
        self._lines = lines

    def __getattr__(self, nom: str) -> Any:
        return getattr(self._tables, nom)

    def insert_entry(self, entry: Entry, empreinte: str) -> None:
        self._tables.insert_entry(entry, empreinte)
        self._noted.update((entry.id, f"magasin:{entry.magasin}"))

    def update_entry(self, entry: Entry) -> None:
        self._tables.update_entry(entry)
        self._noted.update((entry.id, f"magasin:{entry.magasin}"))

    def add_evenement(
        self,
        type_: str,
        a: dt.datetime,
        magasin: str | None = None,
        entree: str | None = None,
        donnees: dict[str, str | int | None] | None = None,
    ) -> int:
        identifiant = self._tables.add_evenement(type_, a, magasin, entree, donnees)
        self._noted.add(f"magasin:{magasin}" if magasin is not None else "magasins")
        mots = [type_, entree or "", *(f"{cle}={valeur}" for cle, valeur in (donnees or {}).items() if valeur)]
        self._lines.append(" ".join(filter(None, mots)))
        return identifiant


class AnnouncingStorage:
    """Storage around another; `announce` gets the keys that changed, in the reactor thread."""

    def __init__(self, storage: Storage, announce: Callable[[set[str]], None]) -> None:
        self._storage = storage
        self._announce = announce

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._storage.read(work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        noted: set[str] = set()
        lines: list[str] = []

        def noting(tables: Tables) -> T:
            noted.clear()
            lines.clear()
            return work(cast(Tables, _Noted(tables, noted, lines)))

        def committed(valeur: T) -> T:
            for line in lines:
                log.info("{line}", line=line)
            if noted:
                self._announce(noted | {TOUS})
            return valeur

        return self._storage.write(noting).addCallback(committed)

    def close(self) -> Deferred[None]:
        return self._storage.close()
