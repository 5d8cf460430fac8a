"""Storage in memory: the same contract, nothing on disk. For tests and for learning; a crash loses it all.

A transaction that fails is undone by replaying its changes backwards.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.storage.fair import in_turn
from tierspayant.adapter.storage.memory_avances import MemoryAvances
from tierspayant.adapter.storage.memory_charges import MemoryCharges
from tierspayant.adapter.storage.memory_index import Agenda, EntryIndex
from tierspayant.adapter.storage.memory_lots import MemoryLots
from tierspayant.adapter.storage.memory_services import MemoryServices
from tierspayant.adapter.storage.memory_table import Table, Undo
from tierspayant.adapter.storage.protocol import (
    DejaLa,
    Depasse,
    Filtre,
    LigneEncours,
    StorageError,
    Tables,
)
from tierspayant.schemas.operations import Operation, Service

T = TypeVar("T")

LAST_ID = chr(0x10FFFF)
"""After every id."""


class MemoryTables(MemoryAvances, MemoryCharges, MemoryLots, MemoryServices):
    """Tables (protocol.py) in dictionaries."""

    def __init__(self) -> None:
        self.undo: Undo = []
        MemoryAvances.__init__(self, self.undo)
        MemoryCharges.__init__(self, self.undo)
        MemoryLots.__init__(self, self.undo)
        MemoryServices.__init__(self, self.undo)
        self._entries: Table[str, Entry] = Table(self.undo)
        self._empreintes: Table[str, str] = Table(self.undo)
        self._references: Table[tuple[str, str], str] = Table(self.undo)
        self._messages: Table[str, str] = Table(self.undo)
        self._dossiers: Table[tuple[str, str], tuple[str, ...]] = Table(self.undo)
        self._lapsing: Table[str, Entry] = Table(self.undo)
        self._index = EntryIndex()

    # ---- entries

    def entry(self, identifiant: str) -> Entry | None:
        return self._entries.rows.get(identifiant)

    def entry_by_reference(self, magasin: str, reference: str) -> Entry | None:
        return self._entries.rows.get(self._references.rows.get((magasin, reference), ""))

    def entry_by_numero(self, magasin: str, operation: Operation, numero: str) -> Entry | None:
        return self._entries.rows.get(self._index.by_numero(magasin, operation, numero) or "")

    def insert_entry(self, entry: Entry, empreinte: str) -> None:
        reference = (entry.magasin, entry.reference)
        if (
            entry.id in self._entries.rows
            or reference in self._references.rows
            or entry.id_message in self._messages.rows
        ):
            raise DejaLa(entry.id)
        self._references.put(reference, entry.id)
        self._messages.put(entry.id_message, entry.id)
        self._empreintes.put(entry.id, empreinte)
        if entry.dossier is not None:
            dossier = (entry.magasin, entry.dossier)
            self._dossiers.put(dossier, (*self._dossiers.rows.get(dossier, ()), entry.id))
        self._entries.put(entry.id, entry)
        self._lapse(entry)
        self._move(None, entry)

    def empreinte(self, identifiant: str) -> str | None:
        return self._empreintes.rows.get(identifiant)

    def update_entry(self, entry: Entry) -> None:
        before = self._entries.rows.get(entry.id)
        if before is None or before.version != entry.version - 1:
            raise Depasse(entry.id)
        self._entries.put(entry.id, entry)
        self._lapse(entry)
        self._move(before, entry)

    def _lapse(self, entry: Entry) -> None:
        """Keep the few entries that may lapse apart: looking for them must not walk through all."""
        if entry.expire_le is not None and entry.etat is Etat.EN_FILE:
            self._lapsing.put(entry.id, entry)
        elif entry.id in self._lapsing.rows:
            self._lapsing.drop(entry.id)

    def _move(self, before: Entry | None, after: Entry) -> None:
        self._index.move(before, after)
        self.undo.append(lambda: self._index.move(after, before))

    def dossier(self, magasin: str, dossier: str) -> Sequence[Entry]:
        return [self._entries.rows[une] for une in sorted(self._dossiers.rows.get((magasin, dossier), ()))]

    def entries(self, filtre: Filtre) -> Sequence[Entry]:
        names = ("magasin", "plateforme", "service", "dossier", "operation")
        exact = [(nom, value) for nom in names if (value := getattr(filtre, nom)) is not None]
        rows = self._entries.rows
        ids = rows if not filtre.etats else [une for etat in set(filtre.etats) for une in self._index.etats[etat]]
        found = [
            rows[une]
            for une in ids
            if (filtre.apres is None or une > filtre.apres)
            and all(getattr(rows[une], nom) == value for nom, value in exact)
        ]
        return sorted(found, key=lambda une: une.id)[: filtre.limite]

    def due(self, plateforme: str, service: Service, now: dt.datetime, limite: int, after: str = "") -> Sequence[Entry]:
        held = {magasin for (nom, magasin), compte in self._comptes.rows.items() if nom == plateforme and compte.retenu}
        found: list[Entry] = []
        for level in self._index.turns(plateforme, service):
            shops = {shop: agenda for shop, agenda in level.items() if agenda[0][0] <= now and shop not in held}
            if shops and len(found) < limite:
                first = partial(self._first, shops, now)
                found += in_turn(partial(_later, shops), first, limite - len(found), after)
        return found

    def _first(self, shops: Mapping[str, Agenda], now: dt.datetime, magasin: str, limite: int) -> Sequence[Entry]:
        return [self._entries.rows[une] for du_le, une in shops[magasin][:limite] if du_le <= now]

    def demote(self, plateforme: str, service: Service) -> None:
        for une in [
            une for une in self._entries.rows.values() if (une.plateforme, une.service) == (plateforme, service)
        ]:
            if une.priorite == 0 and une.etat is Etat.EN_FILE and une.operation is not Operation.DROITS:
                backlog = replace(une, priorite=1 if une.operation is Operation.FACTURE else 2)
                self._entries.put(une.id, backlog)
                self._move(une, backlog)

    def next_due(self, plateforme: str, service: Service, after: dt.datetime) -> dt.datetime | None:
        lane = self._index.lanes[plateforme, service]
        rang = bisect_right(lane, (after, LAST_ID))
        return lane[rang][0] if rang < len(lane) else None

    def _queued(self, plateforme: str, service: Service) -> list[tuple[dt.datetime, Entry]]:
        lane = (plateforme, service, Etat.EN_FILE)
        every = self._lapsing.rows.values()
        return [
            (une.expire_le, une) for une in every if une.expire_le and (une.plateforme, une.service, une.etat) == lane
        ]

    def lapsed(self, plateforme: str, service: Service, now: dt.datetime, limite: int) -> Sequence[Entry]:
        found = [(lapse, une.id, une) for lapse, une in self._queued(plateforme, service) if lapse <= now]
        return [une for _, _, une in sorted(found)[:limite]]

    def next_lapse(self, plateforme: str, service: Service, after: dt.datetime) -> dt.datetime | None:
        return min((lapse for lapse, _ in self._queued(plateforme, service) if lapse > after), default=None)

    def count(self, magasin: str | None = None, etats: Sequence[Etat] = ()) -> int:
        if magasin is None:
            return sum(len(self._index.etats[etat]) for etat in etats or Etat)
        return sum(
            magasin in {None, une.magasin} and (not etats or une.etat in etats) for une in self._entries.rows.values()
        )

    def encours(self, magasin: str | None) -> Sequence[LigneEncours]:
        groups: dict[tuple[str, str | None, Etat, str | None], list[Entry]] = {}
        for une in self._entries.rows.values():
            if une.operation is Operation.FACTURE and magasin in {None, une.magasin}:
                groups.setdefault((une.plateforme, une.organisme, une.etat, une.resultat), []).append(une)
        return [_encours(key, groups[key]) for key in sorted(groups, key=lambda key: tuple(mot or "" for mot in key))]

    def expected(self, plateforme: str, magasin: str, resultats: Sequence[str]) -> bool:
        return any(
            self._index.factures[plateforme, magasin, etat, resultat]
            for etat in (Etat.EN_INSTANCE, Etat.TERMINEE)
            for resultat in resultats
        )


def _later(shops: Collection[str], after: str) -> str | None:
    return min((shop for shop in shops if shop > after), default=None)


def _encours(key: tuple[str, str | None, Etat, str | None], entries: list[Entry]) -> LigneEncours:
    plateforme, organisme, etat, resultat = key
    return LigneEncours(
        plateforme=plateforme,
        organisme=organisme,
        etat=etat,
        resultat=resultat,
        nombre=len(entries),
        inconnus=sum(une.amc_centimes is None for une in entries),
        amc_centimes=sum(une.amc_centimes or 0 for une in entries),
        paye_centimes=sum(une.paye_centimes or 0 for une in entries),
        plus_ancienne=min(une.cree_le for une in entries),
    )


class MemoryStorage:
    """Storage whose transactions are done when the call returns."""

    def __init__(self) -> None:
        self._tables = MemoryTables()
        self._closed = False

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self.write(work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        if self._closed:
            return fail(StorageError("the storage is closed"))
        undo = self._tables.undo
        try:
            value = work(self._tables)
        except Exception:  # handed to the caller once every change is taken back
            for step in reversed(undo):
                step()
            return fail(Failure())
        finally:
            undo.clear()
        return succeed(value)

    def close(self) -> Deferred[None]:
        self._closed = True
        return succeed(None)


def _contract(tables: MemoryTables) -> Any:
    """mypy holds MemoryTables to the protocol here."""
    checked: Tables = tables
    return checked
