"""Durable acknowledgements of the adapter's storage: group commit against one commit for each request (the floor)."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from twisted.internet.defer import Deferred

from bench.row import Row
from tierspayant.adapter import intake
from tierspayant.adapter.demandes import DroitsCorps
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.adapter.storage.sqlite import InlineSqlite, SqliteStorage
from tierspayant.adapter.vault import Vault
from tierspayant.schemas import plain
from tierspayant.schemas.operations import Operation

REQUESTS = 4000
PRODUCERS = 64
NOW = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
BODY: dict[str, Any] = {
    "reference": "",
    "date_soins": "2024-01-31",
    "carte": {
        "numero_amc": "00990011",
        "type_convention": "TP",
        "csr": "003",
        "numero_adherent": "A1234567",
        "valide_du": "2024-01-01",
        "valide_au": "2024-12-31",
    },
    "assure": {"nir": "285057599900197"},
    "beneficiaire": {"date_naissance": "1985-05-12", "nom": "DUPRE", "prenom": "ALICE", "qualite": "assure"},
}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        return [
            Row(
                f"adapter: accepted requests on disk, {PRODUCERS} shops at once",
                "/s",
                _grouped(Path(folder) / "grouped.db"),
                _one_by_one(Path(folder) / "single.db"),
                "one commit for each request",
                "higher",
                "several times the floor",
            )
        ]


def _accepting() -> Callable[[int], Callable[[Tables], intake.Reception]]:
    chance = random.Random(1)
    vault, ids = Vault({"m": bytes(32)}, "m", chance.randbytes), Ids(chance)

    def accepting(n: int) -> Callable[[Tables], intake.Reception]:
        corps = plain.from_plain(DroitsCorps, {**BODY, "reference": f"B-{n}", "dossier": f"D-{n}"})
        nouvelle = intake.Nouvelle(
            magasin="759999014", operation=Operation.DROITS, corps=corps, plateforme="viamedis", organisme="M011"
        )
        return lambda tables: intake.accept(tables, vault, ids, nouvelle, NOW)

    return accepting


def _one_by_one(base: Path) -> float:
    storage, accepting = InlineSqlite(base), _accepting()
    count = REQUESTS // 4
    begin = time.perf_counter()
    for n in range(count):
        _ = storage.write(accepting(n))
    rate = count / (time.perf_counter() - begin)
    _ = storage.close()
    return rate


def _grouped(base: Path) -> float:
    """Each producer sends its next request when its last is durable; a plain queue stands in for the reactor."""
    mailbox: SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()
    storage, accepting = SqliteStorage(base, lambda work, *args: mailbox.put((work, args))), _accepting()
    sent = done = 0
    finished = threading.Event()

    def send() -> None:
        nonlocal sent
        if sent < REQUESTS:
            sent += 1
            answered: Deferred[Any] = storage.write(accepting(sent))
            _ = answered.addCallback(acknowledged)

    def acknowledged(_: object) -> None:
        nonlocal done
        done += 1
        if done == REQUESTS:
            finished.set()
        send()

    begin = time.perf_counter()
    for _ in range(PRODUCERS):
        send()
    while not finished.is_set():
        work, args = mailbox.get()
        work(*args)
    rate = REQUESTS / (time.perf_counter() - begin)
    _ = storage.close()
    return rate
