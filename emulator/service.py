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
from twisted.internet.interfaces import IListeningPort, IOpenSSLContextFactory
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger

from tierspayant.emulator import platforms_data
from tierspayant.emulator.access import Access
from tierspayant.emulator.certificates import Authority
from tierspayant.emulator.config import Config, ConfigurationRefusee
from tierspayant.emulator.control import ControlPort
from tierspayant.emulator.effect_kinds import DefautTls, RefusConnexion, Tls
from tierspayant.emulator.http import Port
from tierspayant.emulator.journal import JournalFile, JournalIllisible
from tierspayant.emulator.plan import Answerer
from tierspayant.emulator.platform_port import PlatformPort
from tierspayant.emulator.sessions import Sessions
from tierspayant.emulator.state import FILE, JOURNAL, Keeper, authority_in
from tierspayant.emulator.state_file import EtatIllisible, EtatNonEcrit, StateFile, make_private, replace_file
from tierspayant.emulator.tape import BandeInvalide, Tape, load


class Listener:
    """One port that can be closed and opened again under the same number."""

    def __init__(
        self,
        reactor: PosixReactorBase,
        host: str,
        port: int,
        answerer: Answerer,
        contexts: IOpenSSLContextFactory | None = None,
    ) -> None:
        self._reactor = reactor
        self._contexts = contexts
        self._host = host
        self._factory = Port(reactor, answerer)
        self._listening: IListeningPort | None = None
        self._closing: Deferred[None] | None = None
        self._wanted = True
        self.port = port
        self._open()

    def _open(self) -> None:
        if self._contexts is None:
            self._listening = self._reactor.listenTCP(self.port, self._factory, interface=self._host)
        else:
            self._listening = self._reactor.listenSSL(self.port, self._factory, self._contexts, interface=self._host)
        self.port = cast("IPv4Address | IPv6Address", self._listening.getHost()).port

    def set_open(self, wanted: bool) -> None:
        """Listen, or refuse connections (and reset those there are)."""
        self._wanted = wanted
        if not wanted and self._listening is not None:
            self._closing = self._close()
        elif wanted and self._listening is None and self._closing is None:
            self._open()

    def cut_all(self) -> None:
        """Reset every connection: the next one meets what is in force now."""
        self._factory.cut_all()

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


def _hold(directory: Path) -> StateFile:
    """The state directory, this process's alone from here on. Raises EtatIllisible."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = StateFile(directory / FILE)
    make_private(directory / JOURNAL)
    return held


class Emulator:
    """A running emulator. Raises ConfigurationRefusee when it cannot start as told."""

    log = Logger()

    def __init__(self, reactor: PosixReactorBase, config: Config) -> None:
        known = platforms_data.load()
        config.check(known)
        tape = self._tape(config)
        self.config = config
        try:
            held = None if config.state is None else _hold(config.state)
            authority = Authority() if config.state is None else authority_in(config.state, dt.datetime.now(dt.UTC))
            where = "" if config.state is None else str(config.state / JOURNAL)
            self._journal = JournalFile(where, lambda: dt.datetime.now(dt.UTC), kept=config.state is not None)
        except EtatIllisible as wrong:
            raise ConfigurationRefusee(str(wrong)) from None
        except JournalIllisible as wrong:
            raise ConfigurationRefusee(f"{config.state}: {wrong}") from None
        self.sessions = Sessions(
            reactor,
            {nom: known[nom] for nom in config.ports},
            start=lambda: config.now or (tape.debut if tape else dt.datetime.now(dt.UTC)),
            seed=config.seed,
            access=Access(auth=config.auth, tls=config.tls, authority=authority),
            journal=self._journal.of,
        )
        if tape is not None:
            self.sessions.default.play(tape)
        self._keeper = None if held is None else self._kept(held, reactor)
        self.control: Listener | None = None
        self.plateformes: dict[str, Listener] = {}
        self._authority_file: str | None = None
        self._reactor = reactor

    def _kept(self, held: StateFile, reactor: PosixReactorBase) -> Keeper:
        """What was kept is brought back, and what changes is kept."""
        keeper = Keeper(held, self.sessions, reactor)
        try:
            keeper.restore()
        except (EtatIllisible, EtatNonEcrit) as wrong:
            raise ConfigurationRefusee(str(wrong)) from None
        self.sessions.on_change, self.sessions.on_listed = keeper.changed, keeper.listed
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
                answerer = PlatformPort(self.sessions, nom, "https" if self.config.tls else "http")
                self.plateformes[nom] = Listener(self._reactor, self.config.host, port, answerer, self._contexts(nom))
            keep = (lambda nom: None) if self._keeper is None else self._keeper.steered
            control = ControlPort(self.sessions, self.bases, token=self.config.token, changed=keep)
            self.control = Listener(self._reactor, self.config.host, self.config.control_port, control)
        except CannotListenError as error:
            raise ConfigurationRefusee(
                f"port {error.port} of {error.interface or self.config.host} cannot be opened: {error.socketError}"
            ) from None
        self._authority_file = self._write_authority()
        self.sessions.default.on_effects = self._follow_effects
        self._follow_effects()
        if self.config.ready_file is not None:
            replace_file(self.config.ready_file, json.dumps(self.ready()).encode())

    def _contexts(self, nom: str) -> IOpenSSLContextFactory | None:
        """The certificates of a platform's port, or None without --tls."""
        if not self.config.tls:
            return None
        from tierspayant.emulator.tls import PlatformContexts

        def defaut() -> DefautTls | None:
            found = self.sessions.default.effects.on_port(nom, Tls)
            return None if found is None else found.defaut

        return PlatformContexts(self.sessions.access.authority, self.config.host, defaut)

    def _write_authority(self) -> str | None:
        """The test authority's certificate as a file for clients to trust: its path, or None without --tls."""
        if not self.config.tls:
            return None
        folder = self.config.state or (self.config.ready_file.parent if self.config.ready_file else Path.cwd())
        path = folder / "tp-emulator-ca.pem"
        replace_file(path, self.sessions.access.authority.pem)
        return str(path.absolute())

    def bases(self) -> Mapping[str, str]:
        """Base URL of each platform."""
        scheme = "https" if self.config.tls else "http"
        return {nom: self._base(listener.port, scheme) for nom, listener in self.plateformes.items()}

    def ready(self) -> dict[str, Any]:
        """What the ready file says."""
        assert self.control is not None
        return {
            "pid": os.getpid(),
            "control": self._base(self.control.port),
            "plateformes": dict(self.bases()),
            "ca": self._authority_file,
            "jeton": self.config.token,
        }

    def _base(self, port: int, scheme: str = "http") -> str:
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        return f"{scheme}://{host}:{port}"

    def _follow_effects(self) -> None:
        effects = self.sessions.default.effects
        for nom, listener in self.plateformes.items():
            listener.set_open(effects.on_port(nom, RefusConnexion) is None)
            if effects.on_port(nom, Tls) is not None:
                listener.cut_all()

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
