"""PostgreSQL connections as the project needs them, migrations, and the group commit.

One writing transaction at a time on the whole database, as in SQLite: each takes the lock WRITER first. Every promise
of delivery rests on transactions that see each other whole: an invoice recorded while its PEC is being granted must not
miss that it was; the cursor of events must not pass over one that commits late. SERIALIZABLE would say the same with
aborts instead of a lock, and for rows of a few small tables nearly always abort. Nodes group what waits into one
transaction, so the lock costs little (docs/decisions/0005).

Limits, so that no node can hold the others for long: LIMITS. A server that would lose acknowledged commits is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from twisted.python.failure import Failure

from tierspayant.adapter.storage.named_sql import migrations, statements
from tierspayant.adapter.storage.postgres_tables import PostgresTables
from tierspayant.adapter.storage.protocol import StorageError, Tables

ENGINE = "postgres"
VERSION_MIN = 150_000
"""PostgreSQL 15: the oldest the community still mends."""

FAMILY = 0x7450
"""First number of our advisory locks (the second says which), so that they meet nobody else's in a shared database."""
WRITER = 1

CONNECT_S = 5
LIMITS: Mapping[str, str] = {
    "lock_timeout": "20s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "10s",
}
"""A node that stalls in the middle of a transaction loses it, and the others go on."""
NETWORK: Mapping[str, int] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server whose machine vanished is noticed within half a minute, not after hours."""

Work = Callable[[Tables], Any]
Connection: TypeAlias = "psycopg.Connection[dict[str, Any]]"


def connect(url: str, name: str) -> Connection:
    """A connection in autocommit, transactions being ours to open. Raises StorageError, whose text holds no secret."""
    options = " ".join(f"-c {nom}={valeur}" for nom, valeur in LIMITS.items())
    try:
        whole = make_conninfo(url, application_name=name, options=options, **NETWORK)
    except psycopg.ProgrammingError:
        raise StorageError("PostgreSQL: the URL cannot be read") from None  # the error would quote it, secret and all
    try:
        db: Connection = psycopg.connect(whole, autocommit=True, row_factory=dict_row)
    except psycopg.Error as erreur:
        raise unavailable(erreur) from None
    try:
        _assert_durable(db)
    except StorageError:
        db.close()
        raise
    return db


def unavailable(erreur: psycopg.Error) -> StorageError:
    """The first line of the server's words; a connection error repeats host and user, never the password."""
    return StorageError(f"PostgreSQL: {str(erreur).partition(chr(10))[0] or type(erreur).__name__}")


def _assert_durable(db: Connection) -> None:
    """A commit is a promise to a shop: refuse a server that acknowledges what it may still lose."""
    try:
        found = db.execute(
            "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,"
            " current_setting('server_version_num')::int AS version"
        ).fetchone()
    except psycopg.Error as erreur:
        raise unavailable(erreur) from None
    assert found is not None, "a SELECT without FROM gives one row"
    if found["fsync"] != "on" or found["commit"] == "off":
        raise StorageError(
            f"PostgreSQL: fsync {found['fsync']}, synchronous_commit {found['commit']}: it cannot keep a promise"
        )
    if found["version"] < VERSION_MIN:
        raise StorageError(f"PostgreSQL: server {found['version'] // 10_000}, {VERSION_MIN // 10_000} or newer needed")


@cache
def _statements() -> Mapping[str, str]:
    """The named statements with psycopg's placeholders; a cast (::text) is left alone."""
    return {nom: re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", sql) for nom, sql in statements(ENGINE).items()}


def migrate(db: Connection) -> None:
    """Bring the schema forward, one transaction per migration, one node at a time. A newer schema is refused."""
    known = migrations(ENGINE)
    try:
        with db.transaction():
            _take_writer(db)
            db.execute("CREATE TABLE IF NOT EXISTS schema_tp (numero int PRIMARY KEY, nom text NOT NULL)")
            row = db.execute("SELECT COALESCE(MAX(numero), 0) AS numero FROM schema_tp").fetchone()
            current = 0 if row is None else int(row["numero"])
            if current > len(known):
                raise StorageError(
                    f"the database has schema {current}, this program knows {len(known)}: use a newer program"
                )
            for une in known[current:]:
                db.execute(une.sql.encode())
                db.execute("INSERT INTO schema_tp VALUES (%s, %s)", (une.numero, une.nom))
    except psycopg.Error as erreur:
        raise unavailable(erreur) from erreur


def _take_writer(db: Connection) -> None:
    db.execute("SELECT pg_advisory_xact_lock(%s, %s)", (FAMILY, WRITER))


def nodes(db: Connection) -> list[str]:
    """The nodes connected to this database. Raises StorageError."""
    try:
        found = db.execute(
            "SELECT DISTINCT application_name AS nom FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'tp %hears' ORDER BY 1"
        ).fetchall()
    except psycopg.Error as erreur:
        raise unavailable(erreur) from None
    return [str(row["nom"]).removeprefix("tp ").removesuffix(" hears") for row in found]


def tables(db: Connection) -> PostgresTables:
    """The tables over a connection; the caller opens and ends the transaction."""
    named = _statements()

    def run(nom: str, parametres: dict[str, Any]) -> list[dict[str, Any]]:
        cursor = db.execute(named[nom].encode(), parametres)
        return cursor.fetchall() if cursor.description else [{"n": cursor.rowcount}]

    return PostgresTables(run)


def read(db: Connection, work: Work) -> Any:
    """Run `work` on one consistent state. Raises what it raises, or StorageError."""
    try:
        db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            return work(tables(db))
        finally:
            if not db.closed:
                db.execute("ROLLBACK")
    except psycopg.Error as erreur:
        raise unavailable(erreur) from erreur


def write_group(db: Connection, works: Sequence[Work]) -> list[Any]:
    """Run each work under a savepoint, then one durable commit. Gives a value or a Failure for each, in order.

    The connection is closed when it can no longer be trusted; the next group needs a new one.
    """
    try:
        db.execute("BEGIN")
        _take_writer(db)
        outcomes = [_one(db, work) for work in works]
        db.execute("COMMIT")
    except psycopg.Error as erreur:
        db.close()
        lost = Failure(unavailable(erreur))
        return [lost] * len(works)
    return outcomes


def _one(db: Connection, work: Work) -> Any:
    db.execute("SAVEPOINT one")
    try:
        rows = tables(db)
        value = work(rows)
        rows.tell()
    except Exception as erreur:  # whatever the caller's work raises is handed back to that caller, and undone
        if db.closed or _is_ended(erreur):
            raise
        db.execute("ROLLBACK TO SAVEPOINT one")
        return Failure(unavailable(erreur) if isinstance(erreur, psycopg.Error) else erreur)
    db.execute("RELEASE SAVEPOINT one")
    return value


def _is_ended(erreur: Exception) -> bool:
    """Whether the server gave up more than this statement: shut down, out of disk or memory, broken."""
    return isinstance(erreur, psycopg.OperationalError)
