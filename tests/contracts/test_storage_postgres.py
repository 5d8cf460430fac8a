"""What PostgreSQL adds: nodes that share a server, a server that goes away, a server that must not be trusted."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from functools import partial

import psycopg
import pytest
from twisted.internet.defer import Deferred

from tests import postgres
from tests.contracts.storages import NOW, entry
from tests.reactor import reactor, reactor_test
from tierspayant.adapter.availability import ouvert
from tierspayant.adapter.entry import revise
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.postgres import InlinePostgres, PostgresStorage
from tierspayant.adapter.storage.postgres_news import Told
from tierspayant.adapter.storage.protocol import StorageError, Tables
from tierspayant.schemas.operations import Service

PATIENCE = 8.0
"""Seconds a thread waits for another before the test fails: less than the server lets a transaction idle."""


@pytest.fixture
def url() -> Iterator[str]:
    one = postgres.fresh_database()
    yield one
    postgres.drop_database(one)


def node(url: str, nom: str, told: Callable[[Told], None] = lambda _: None) -> PostgresStorage:
    """A node whose clock runs ahead a minute at each look, so that no pause between attempts takes time."""
    minutes = itertools.count()
    return PostgresStorage(url, nom, reactor.callFromThread, told, lambda: 60.0 * next(minutes))


def insert(tables: Tables, nom: str) -> None:
    tables.insert_entry(entry(nom), "x")


def undone(tables: Tables) -> None:
    insert(tables, "undone")
    raise ZeroDivisionError


@reactor_test(seconds=30)
async def test_two_nodes_of_one_name_are_refused_and_the_name_is_free_again_afterwards(url: str) -> None:
    first = node(url, "n1")
    with pytest.raises(BaseOccupee, match="n1"):
        node(url, "n1")
    other = node(url, "n2")
    await first.close()
    again = node(url, "n1")
    await again.close()
    await other.close()


@reactor_test(seconds=30)
async def test_a_node_is_told_what_another_one_committed_and_nothing_of_its_own(url: str) -> None:
    mine: list[Told] = []
    theirs: list[Told] = []
    heard: Deferred[None] = Deferred()

    def told(une: Told) -> None:
        theirs.append(une)
        if une == ("p", "droits"):
            heard.callback(None)

    first, other = node(url, "n1", mine.append), node(url, "n2", told)
    await first.write(partial(insert, nom="A"))
    with pytest.raises(ZeroDivisionError):
        await first.write(undone)
    await first.write(lambda t: t.update_entry(revise(entry("A"), NOW, sondages=1)))
    await first.write(lambda t: t.put_disponibilite(ouvert("p", Service.DROITS, NOW)))
    await heard
    await first.close()
    await other.close()
    changed = ("p", "pec", "id-A", entry("A").magasin)
    assert theirs == [changed, changed, ("p", "droits")]
    assert mine == []


@reactor_test(seconds=30)
async def test_one_node_writes_at_a_time_and_reads_wait_for_nobody(url: str) -> None:
    """Otherwise an invoice could be recorded unseen by the settling of its PEC, and wait for ever."""
    first, other = node(url, "n1"), node(url, "n2")
    order: list[str] = []
    waiting = threading.Event()
    begun: Deferred[None] = Deferred()

    def slow(tables: Tables) -> None:
        order.append("first begins")
        reactor.callFromThread(begun.callback, None)
        assert waiting.wait(PATIENCE), "the other node came to wait for the lock"
        order.append("first ends")

    done = first.write(slow)
    await begun
    later = other.write(lambda _: order.append("other"))
    assert await other.read(lambda t: t.count()) == 0
    watching = threading.Thread(target=_watch, args=(url, waiting))
    watching.start()
    await done
    await later
    watching.join()
    assert order == ["first begins", "first ends", "other"]
    await first.close()
    await other.close()


def _watch(url: str, waiting: threading.Event) -> None:
    """Set the event once somebody waits for the writers' lock."""
    with psycopg.connect(url, autocommit=True) as db:
        for _ in range(100_000):
            found = db.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()
            if found is not None and found[0]:
                waiting.set()
                return


@reactor_test(seconds=60)
async def test_a_server_that_goes_away_costs_nothing_accepted() -> None:
    server = postgres.own_server()
    told: list[Told] = []
    heard: Deferred[None] = Deferred()

    def hear(une: Told) -> None:
        told.append(une)
        if une == () and not heard.called:
            heard.callback(None)

    storage = node(server.url, "n1", hear)
    await storage.write(partial(insert, nom="A"))

    def cut(tables: Tables) -> None:
        insert(tables, "half")
        server.stop()

    with pytest.raises(StorageError, match="PostgreSQL"):
        await storage.write(cut)
    for _ in range(3):
        with pytest.raises(StorageError, match="PostgreSQL"):
            await storage.write(partial(insert, nom="refused"))
        with pytest.raises(StorageError, match="PostgreSQL"):
            await storage.read(lambda t: t.count())
    server.start()
    await storage.write(partial(insert, nom="B"))
    assert [e.reference for e in await storage.read(lambda t: t.dossier(entry("A").magasin, "D-1"))] == ["A", "B"]
    await heard
    await storage.close()
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")


def test_a_server_that_may_lose_commits_is_refused(url: str) -> None:
    nom = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    try:
        _set(url, f"ALTER DATABASE {nom} SET synchronous_commit = off")
        with pytest.raises(StorageError, match="cannot keep a promise"):
            InlinePostgres(url)
    finally:
        _set(url, f"ALTER DATABASE {nom} RESET synchronous_commit")


def _set(url: str, command: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(command.encode())


@pytest.mark.parametrize(
    "wrong", ["postgresql://u:hunter2@127.0.0.1:1/x", "host=/nowhere password=hunter2", "postgresql//u:hunter2@h"]
)
def test_an_error_never_repeats_the_password(wrong: str) -> None:
    with pytest.raises(StorageError) as raised:
        InlinePostgres(wrong)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


@reactor_test(seconds=30)
async def test_a_command_that_must_be_alone_is_refused_while_a_node_runs(url: str) -> None:
    running = node(url, "n1")
    with pytest.raises(BaseOccupee, match="n1"):
        InlinePostgres(url, alone=True)
    await running.close()
    await InlinePostgres(url, alone=True).close()
