"""Which storage the configuration asks for: SQLite in a file, or PostgreSQL on a server that several nodes share."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tierspayant.adapter.config import ConfigInvalid, Configuration
from tierspayant.adapter.leases import SEUL, Noeud
from tierspayant.adapter.storage.protocol import Storage, StorageError
from tierspayant.adapter.storage.sqlite import InlineSqlite, SqliteStorage

Told = Callable[[tuple[str, ...]], None]


def shared(configuration: Configuration) -> bool:
    return configuration.settings.stockage.moteur == "postgres"


def noeud(configuration: Configuration) -> Noeud:
    """This process among those of its database: the name configured, else the machine's."""
    if not shared(configuration):
        return SEUL
    return Noeud(configuration.settings.stockage.noeud or socket.gethostname(), partage=True)


def place(configuration: Configuration) -> str:
    """Where the data is, for a message: never the URL, which may hold a secret."""
    if shared(configuration):
        return "the PostgreSQL database"
    return str(configuration.path(configuration.settings.stockage.base))


def open_daemon(configuration: Configuration, call_in_reactor: Callable[..., Any], told: Told) -> Storage:
    """The daemon's storage; `told` gets other nodes' news. Raises BaseOccupee, StorageError, ConfigInvalid."""
    if not shared(configuration):
        return _on_disk(configuration, lambda base: SqliteStorage(base, call_in_reactor))
    _need_driver()
    from tierspayant.adapter.storage.postgres import PostgresStorage

    return PostgresStorage(_url(configuration), noeud(configuration).nom, call_in_reactor, told)


def open_inline(configuration: Configuration, *, alone: bool = False) -> Storage:
    """The storage of a command, each call done when it returns. Raises BaseOccupee, StorageError, ConfigInvalid.

    `alone`: refuse as long as any node uses the database (SQLite always does).
    """
    if not shared(configuration):
        return _on_disk(configuration, InlineSqlite)
    _need_driver()
    from tierspayant.adapter.storage.postgres import InlinePostgres

    return InlinePostgres(_url(configuration), alone=alone)


def _on_disk(configuration: Configuration, opened: Callable[[Path], Storage]) -> Storage:
    """A database file that cannot even be locked (read-only disk, folder gone) is a storage that refuses."""
    base = configuration.path(configuration.settings.stockage.base)
    try:
        return opened(base)
    except OSError as error:
        raise StorageError(f"{error.filename or base}: {error.strerror}") from None


def _need_driver() -> None:
    try:
        import psycopg  # noqa: F401 - only whether it is there
    except ImportError:
        raise StorageError("PostgreSQL needs psycopg: pip install 'tierspayant[postgres]'") from None


def _url(configuration: Configuration) -> str:
    stockage = configuration.settings.stockage
    if stockage.url is not None:
        return stockage.url.get_secret_value()
    assert stockage.url_fichier is not None, "the configuration was checked"
    file = configuration.path(stockage.url_fichier)
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigInvalid([f"{file}: {error.strerror}"]) from None
