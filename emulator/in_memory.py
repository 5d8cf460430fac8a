"""An emulator in the test's own process: one `task.Clock`, one session, an IAgent. Nothing moves until `advance`."""

from __future__ import annotations

import datetime as dt

from twisted.internet.task import Clock

from tierspayant.emulator import platforms_data
from tierspayant.emulator.journal import MemoryJournal
from tierspayant.emulator.memory_agent import MemoryAgent
from tierspayant.emulator.sessions import Session, Sessions


class InMemory:
    """`agent` to give to the client under test, `reactor` its time, `session` what the platforms know."""

    def __init__(self, now: str | None = None) -> None:
        self.reactor = Clock()
        start = dt.datetime.now(dt.UTC) if now is None else dt.datetime.fromisoformat(now)
        self._sessions = Sessions(
            self.reactor, platforms_data.load(), start=lambda: start, journal=MemoryJournal, shared_port=False
        )
        self.agent = MemoryAgent(self.reactor, self._sessions)

    @property
    def session(self) -> Session:
        return self._sessions.default

    @property
    def plateformes(self) -> dict[str, str]:
        """Base URLs, for this agent only."""
        return self.agent.bases()

    def advance(self, seconds: float = 0) -> None:
        """Let time pass, for the client and for the platforms."""
        self.reactor.advance(seconds)

    def close(self) -> None:
        self._sessions.close()
