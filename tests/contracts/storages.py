"""Storage backends as the contract suite opens them, and one plain entry. A new one adds a line to `Base.open`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests import postgres
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.postgres import InlinePostgres
from tierspayant.adapter.storage.protocol import (
    Storage,
    Tables,
)
from tierspayant.adapter.storage.sqlite import InlineSqlite
from tierspayant.schemas.operations import Operation

T = TypeVar("T")

NOW = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
SHOP, OTHER_SHOP = "759999014", "759999022"


@dataclass
class Base:
    """A backend and the one database of a test, which may be opened several times."""

    backend: str
    folder: Path
    url: str = ""

    def open(self) -> Storage:
        match self.backend:
            case "memory":
                return MemoryStorage()
            case "sqlite":
                return InlineSqlite(self.folder / "adapter.db")
            case _:
                self.url = self.url or postgres.fresh_database()
                return InlinePostgres(self.url)

    def drop(self) -> None:
        if self.url:
            postgres.drop_database(self.url)


def result(deferred: Deferred[T]) -> T:
    """What a Deferred that has fired holds. Raises what it failed with."""
    found: list[Any] = []
    _ = deferred.addBoth(found.append)
    if isinstance(found[0], Failure):
        found[0].raiseException()
    value: T = found[0]
    return value


def write(storage: Storage, work: Callable[[Tables], T]) -> T:
    return result(storage.write(work))


def read(storage: Storage, work: Callable[[Tables], T]) -> T:
    return result(storage.read(work))


def entry(nom: str, **changes: Any) -> Entry:
    return Entry(
        **{
            "id": f"id-{nom}",
            "id_message": f"message-{nom}",
            "magasin": SHOP,
            "operation": Operation.PEC,
            "reference": nom,
            "dossier": "D-1",
            "equipement": 1,
            "plateforme": "p",
            "organisme": "M011",
            "cree_le": NOW,
            "maj_le": NOW,
            "du_le": NOW,
            **changes,
        }
    )


def put(storage: Storage, *entries: Entry) -> None:
    def work(tables: Tables) -> None:
        for one in entries:
            tables.insert_entry(one, "empreinte")

    write(storage, work)
