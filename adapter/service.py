"""The daemon: built, started, stopped. Time, chance and the reactor enter the program here and nowhere else.

Start: configuration, keys, storage (under its lock), dialects loaded in a thread, delivery, shop API, admin socket,
ready file. Stop (SIGTERM, SIGINT): no new connection, lanes finish the exchanges under way within `delai_arret`,
storage closes, exit 0. What was still under way is in doubt at the next start and is asked about, not sent again.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from tierspayant.adapter import daemon_log, platform_agents, platform_rows, policy, reload, storage_choice
from tierspayant.adapter.announcing import TOUS, AnnouncingStorage
from tierspayant.adapter.assembly import FilesRead, Parts, StartRefused, read_files, real_now
from tierspayant.adapter.clock_source import ask_clock
from tierspayant.adapter.config import ConfigInvalid, Configuration
from tierspayant.adapter.config_edit import write_file
from tierspayant.adapter.delivery import SERVICES, Delivery, Outside
from tierspayant.adapter.doors import Doors
from tierspayant.adapter.followed_clock import ClockUnreadable, FollowedClock, url_of
from tierspayant.adapter.identity import Identite
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.keys import KeyMemory
from tierspayant.adapter.leases import Noeud
from tierspayant.adapter.platform_sessions import Jetons
from tierspayant.adapter.shop_api import Access
from tierspayant.adapter.shop_calls import Watch
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.protocol import Storage, StorageError
from tierspayant.adapter.storage_watch import WatchedStorage
from tierspayant.schemas import platforms
from tierspayant.schemas.operations import Service

log = Logger()

LOOK_S: Final = 60.0
"""Seconds between looks at every lane when several nodes share the database: news between them may get lost."""

LAST_ANSWERS_S: Final = 2.0
"""Seconds calls under way get to be answered once lanes have stopped."""


def followed_now(clock: IReactorTime) -> Callable[[], dt.datetime]:
    return lambda: dt.datetime.fromtimestamp(clock.seconds(), dt.UTC)


class Daemon:
    """A running daemon. `start` then `stop`, once each."""

    def __init__(self, reactor: Any, files: FilesRead, *, ready_file: Path | None, clock: str | None) -> None:
        self._reactor = reactor
        self._files = files
        self._ready_file = ready_file
        self._clock_url = clock
        self._threads = ThreadPool(0, 2, "tp-adapter")
        self._doors = Doors(reactor, files.configuration)
        self._followed: FollowedClock | None = None
        self._storage: Storage | None = None
        self._delivery: Delivery | None = None
        self._stopping = False
        self._look = LoopingCall(self._wake_all)
        self.watch = Watch(reactor)

    async def start(self) -> None:
        """Raises StartRefused; what was opened by then is closed by `stop`."""
        configuration, files = self._files.configuration, self._files
        self._threads.start()
        time, now = await self._time()
        self._watched = WatchedStorage(self._open(), self._reactor.seconds)
        self._storage = AnnouncingStorage(self._watched, lambda keys: self.watch.announce(*keys))
        dialects = {one.dialecte for one in files.plateformes.values()}
        for dialecte in dialects:
            await deferToThreadPool(self._reactor, self._threads, platforms.client, dialecte)
        livraison = configuration.settings.livraison
        chance = random.Random(livraison.graine or secrets.randbits(64))
        identite = Identite(lambda: files.in_force.configuration, real_now, secrets.token_bytes)
        self._jetons = Jetons(identite, configuration.folder / "secrets" / "sessions.json")
        self._jetons.load()
        noeud = storage_choice.noeud(configuration)
        outside = self._outside(time, now, chance, identite, noeud)
        self._delivery = Delivery(
            self._storage, files.vault, files.plateformes.values(), list(files.in_force.magasins().values()), outside
        )
        parts = self._parts(self._storage, self._delivery, now, Ids(chance))
        count = await self._delivery.start()
        if noeud.partage:
            self._look.clock = self._reactor
            _ = self._look.start(LOOK_S, now=False)
        log.info("started; {count} requests were under way when the daemon last stopped", count=count)
        await self._listen(parts)

    def _outside(
        self,
        time: IReactorTime,
        now: Callable[[], dt.datetime],
        chance: random.Random,
        identite: Identite,
        noeud: Noeud,
    ) -> Outside:
        """What delivery takes from outside, and what the operator set."""
        files, livraison = self._files, self._files.configuration.settings.livraison
        return Outside(
            agent=self._agents(),
            clock=time,
            now=now,
            chance=chance,
            sign=identite.sign,
            jetons=self._jetons,
            noeud=noeud,
            annuaire=lambda: files.in_force.annuaire,
            doublons=livraison.retenir_doublons,
            limites=policy.Limites(
                tentatives_max=livraison.tentatives_max, delai_confirmation=livraison.delai_confirmation
            ),
        )

    def _parts(self, storage: Storage, delivery: Delivery, now: Callable[[], dt.datetime], ids: Ids) -> Parts:
        """What the APIs are made of."""
        return Parts(
            files=self._files,
            storage=storage,
            watch=self.watch,
            now=now,
            ids=ids,
            wake=delivery.wake_for,
            wake_lanes=delivery.wake,
            wake_all=self._wake_all,
            reload=self._reload,
            daemon="running",
            not_ready=self._not_ready,
            give_code=self._jetons.give_code,
            in_thread=self._in_thread,
        )

    async def _time(self) -> tuple[IReactorTime, Callable[[], dt.datetime]]:
        if self._clock_url is None:
            return self._reactor, real_now
        if not platform_rows.only_loopback(self._files.configuration):
            raise StartRefused("--clock is for development and tests: every platform address must be loopback")
        try:
            ask = ask_clock(self._reactor, url_of(self._clock_url))
            first = await ask()
        except ClockUnreadable as error:
            raise StartRefused(f"--clock {self._clock_url}: {error}") from None
        except ConnectError as error:
            raise StartRefused(f"--clock {self._clock_url}: no answer ({type(error).__name__})") from None
        self._followed = FollowedClock(self._reactor, ask, first)
        self._followed.start()
        return self._followed, followed_now(self._followed)

    def _open(self) -> Storage:
        configuration = self._files.configuration
        try:
            return storage_choice.open_daemon(configuration, self._reactor.callFromThread, self._told)
        except BaseOccupee as error:
            where = storage_choice.place(configuration)
            raise StartRefused(f"{where}: another daemon already holds it ({error})") from None
        except (StorageError, ConfigInvalid) as error:
            raise StartRefused(str(error)) from None

    def _told(self, news: tuple[str, ...]) -> None:
        """News of another node on the same database: its lane looks, and calls kept waiting here are answered."""
        match news:
            case (plateforme, service, *entry) if self._delivery is not None:
                self._delivery.wake([(plateforme, cast(Service, service))])
                if entry:
                    self.watch.announce(entry[0], f"magasin:{entry[1]}", TOUS)
            case _:
                self._wake_all()

    def _agents(self) -> Any:
        try:
            return platform_agents.agents(self._reactor, self._files.configuration)
        except ConfigInvalid as error:
            raise StartRefused(*error.lines) from None

    async def _listen(self, parts: Parts) -> None:
        settings, finess = self._files.configuration.settings, self._files.in_force.magasins()
        self._access = Access(settings.api_keys(), finess, KeyMemory(secrets.token_bytes(32)), self._in_thread)
        address = await self._doors.open(parts, self._access)
        log.info("shop API at {address}", address=address)
        if self._ready_file is not None:
            self._tell_ready(self._ready_file, address)

    def _tell_ready(self, ready_file: Path, address: str) -> None:
        try:
            write_file(ready_file, json.dumps({"pid": os.getpid(), "api": address}) + "\n")
        except OSError as error:
            raise StartRefused(f"{ready_file}: the ready file cannot be written ({error.strerror})") from None

    def _not_ready(self) -> str | None:
        if self._stopping:
            return "arret en cours"
        return "le stockage refuse les écritures ou les lectures" if self._watched.refusing() else None

    def _in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(self._reactor, self._threads, work)

    def _wake_all(self) -> None:
        if self._delivery is not None:
            self._delivery.wake((name, service) for name in self._files.plateformes for service in SERVICES)

    def _reload(self) -> None:
        def apply(in_force: reload.InForce) -> None:
            self._access.reload(in_force.configuration.settings.api_keys(), in_force.magasins())

        reload.again(self._files.in_force, apply)
        log.info("shops, keys and payer directory read again")

    async def stop(self) -> None:
        """Drain: finish what is under way within the limit, then close everything."""
        self._stopping = True
        if self._look.running:
            self._look.stop()
        if self._ready_file is not None:
            self._ready_file.unlink(missing_ok=True)
        await self._doors.close()
        if self._delivery is not None:
            limit = self._files.configuration.settings.livraison.delai_arret.total_seconds()
            await self._at_most(self._delivery.stop(), limit, "exchanges still under way; they will be asked about")
        self.watch.close()
        await self._at_most(self._doors.calls_under_way(), LAST_ANSWERS_S, "calls left without an answer")
        self._doors.hang_up()
        if self._followed is not None:
            self._followed.stop()
        if self._storage is not None:
            await self._storage.close()
        self._threads.stop()
        if self._doors.opened:
            log.info("stopped")

    async def _at_most(self, work: Deferred[Any], seconds: float, otherwise: str) -> None:
        try:
            await work.addTimeout(seconds, self._reactor)
        except (CancelledError, TimedOut):
            log.info("stopping: {otherwise}", otherwise=otherwise)


def run(reactor: Any, configuration: Configuration, *, ready_file: Path | None, clock: str | None) -> None:
    """Run until SIGTERM or SIGINT. Raises StartRefused when it cannot start."""
    files = read_files(configuration)
    daemon_log.begin()
    daemon = Daemon(reactor, files, ready_file=ready_file, clock=clock)
    refused: list[BaseException] = []

    async def start() -> None:
        try:
            await daemon.start()
        except BaseException as error:  # told after the reactor has stopped, whatever it is
            refused.append(error)
            reactor.stop()

    def launch() -> None:
        _ = Deferred.fromCoroutine(start())

    reactor.callWhenRunning(launch)
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(daemon.stop()))
    reactor.run()
    if refused:
        raise refused[0]
