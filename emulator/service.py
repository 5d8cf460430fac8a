"""The emulator put together: sessions, ports, ready file. The only module of the emulator that knows every class.

`serve` opens everything or nothing. A platform's listener follows the effect `refus_connexion` of the session
`default`: closed while it is in force, opened again on the same port.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger

from tierspayant.emulator import platforms_data
from tierspayant.emulator.config import Config, ConfigurationRefusee
from tierspayant.emulator.control import ControlPort
from tierspayant.emulator.effect_kinds import RefusConnexion
from tierspayant.emulator.http import Port
from tierspayant.emulator.journal import JournalFile
from tierspayant.emulator.plan import Answerer
from tierspayant.emulator.platform_port import PlatformPort
from tierspayant.emulator.sessions import Sessions
from tierspayant.emulator.state import JOURNAL, EtatIllisible, Keeper, replace_file
from tierspayant.emulator.tape import BandeInvalide, Tape, load


class Listener:
    """One port that can be closed and opened again under the same number."""

    def __init__(self, reactor: PosixReactorBase, host: str, port: int, answerer: Answerer) -> None:
        self._reactor = reactor
        self._host = host
        self._factory = Port(reactor, answerer)
        self._listening: IListeningPort | None = None
        self._closing: Deferred[None] | None = None
        self._wanted = True
        self.port = port
        self._open()

    def _open(self) -> None:
        self._listening = self._reactor.listenTCP(self.port, self._factory, interface=self._host)
        self.port = cast("IPv4Address | IPv6Address", self._listening.getHost()).port

    def set_open(self, wanted: bool) -> None:
        """Listen, or refuse connections (and reset those there are)."""
        self._wanted = wanted
        if not wanted and self._listening is not None:
            self._closing = self._close()
        elif wanted and self._listening is None and self._closing is None:
            self._open()

    def _close(self) -> Deferred[None]:
        assert self._listening is not None
        listening, self._listening = self._listening, None
        self._factory.cut_all()
        closed: Deferred[Any] = Deferred()
        result = listening.stopListening()
        if isinstance(result, Deferred):
            closed = result
        else:
            closed.callback(None)
        return closed.addCallback(self._closed)

    def _closed(self, _: object) -> None:
        self._closing = None
        if self._wanted and self._listening is None:
            self._open()

    async def stop(self) -> None:
        """Close for good."""
        self._wanted = False
        if self._listening is not None:
            await self._close()
        elif self._closing is not None:
            await self._closing


class Emulator:
    """A running emulator. Raises ConfigurationRefusee when it cannot start as told."""

    log = Logger()

    def __init__(self, reactor: PosixReactorBase, config: Config) -> None:
        known = platforms_data.load()
        config.check(known)
        tape = self._tape(config)
        self.config = config
        if config.state is not None:
            config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        where = "" if config.state is None else str(config.state / JOURNAL)
        self._journal = JournalFile(where, lambda: dt.datetime.now(dt.UTC), kept=config.state is not None)
        self.sessions = Sessions(
            reactor,
            {nom: known[nom] for nom in config.ports},
            start=lambda: config.now or (tape.debut if tape else dt.datetime.now(dt.UTC)),
            seed=config.seed,
            auth=config.auth,
            journal=self._journal.of,
        )
        if tape is not None:
            self.sessions.default.play(tape)
        self._keeper = None if config.state is None else self._kept(config.state, reactor)
        self.control: Listener | None = None
        self.plateformes: dict[str, Listener] = {}
        self._reactor = reactor

    def _kept(self, directory: Path, reactor: PosixReactorBase) -> Keeper:
        """What was kept is brought back, and what changes is kept."""
        keeper = Keeper(directory, self.sessions, reactor)
        try:
            keeper.restore()
        except EtatIllisible as wrong:
            raise ConfigurationRefusee(str(wrong)) from None
        self.sessions.on_change = keeper.changed
        return keeper

    @staticmethod
    def _tape(config: Config) -> Tape | None:
        """The tape to live; with `--now`, from that instant on."""
        if config.tape is None:
            return None
        try:
            tape = load(config.tape)
        except BandeInvalide as wrong:
            raise ConfigurationRefusee(str(wrong)) from None
        return tape if config.now is None else tape.rebased(config.now)

    def start(self) -> None:
        """Open every port, then write the ready file."""
        try:
            for nom, port in self.config.ports.items():
                self.plateformes[nom] = self._listen(port, PlatformPort(self.sessions, nom))
            answerer = ControlPort(self.sessions, self.bases, token=self.config.token)
            self.control = self._listen(self.config.control_port, answerer)
        except CannotListenError as error:
            raise ConfigurationRefusee(
                f"port {error.port} of {error.interface or self.config.host} cannot be opened: {error.socketError}"
            ) from None
        self.sessions.default.on_effects = self._follow_effects
        self._follow_effects()
        if self.config.ready_file is not None:
            replace_file(self.config.ready_file, json.dumps(self.ready()).encode())

    def _listen(self, port: int, answerer: Answerer) -> Listener:
        return Listener(self._reactor, self.config.host, port, answerer)

    def bases(self) -> Mapping[str, str]:
        """Base URL of each platform."""
        return {nom: self._base(listener.port) for nom, listener in self.plateformes.items()}

    def ready(self) -> dict[str, Any]:
        """What the ready file says."""
        assert self.control is not None
        return {
            "pid": os.getpid(),
            "control": self._base(self.control.port),
            "plateformes": dict(self.bases()),
            "ca": None,
            "jeton": self.config.token,
        }

    def _base(self, port: int) -> str:
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        return f"http://{host}:{port}"

    def _follow_effects(self) -> None:
        effects = self.sessions.default.effects
        for nom, listener in self.plateformes.items():
            listener.set_open(effects.on_port(nom, RefusConnexion) is None)

    async def stop(self) -> None:
        """Close every port; nothing is left in the reactor."""
        if self._keeper is not None:
            self._keeper.stop()
        self.sessions.close()
        if self.control is not None:
            await self.control.stop()
        for listener in self.plateformes.values():
            await listener.stop()
        self._journal.close()
        if self.config.ready_file is not None:
            self.config.ready_file.unlink(missing_ok=True)
