"""Log-ins without hammering: an account not accepted yet shows itself once, and the others wait for its answer.

A platform locks an account after a few wrong secrets in a row, and a lane has several requests on their way at once.
So the first exchange of an account goes alone; when it is refused, those that waited never leave. Accepted, it may be
shown by a few exchanges at once, fewer than lock it: should the secret expire under them, they alone are refused. Once
refused, an account is not shown again before storage says that it was released since: by a person, on whichever node.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from twisted.internet.defer import Deferred, DeferredSemaphore

from tierspayant.adapter.availability import Compte
from tierspayant.schemas.outcomes import Answer, NotYou, Outcome, Refus
from tierspayant.schemas.wire import HttpRequest, HttpResponse

Key = tuple[str, str]
"""Platform and shop."""
AT_ONCE = 4
"""Exchanges of one account on their way at once: fewer than the failures that lock it (five on the emulated platforms;
no real figure is public). Nodes that share a database do not see each other's, so each takes half."""
Exchanged: TypeAlias = tuple[HttpRequest, HttpResponse | None, Outcome]


@dataclass(frozen=True, slots=True)
class _Refused:
    outcome: NotYou
    le: dt.datetime


@dataclass(slots=True)
class LogIns:
    """`plateformes`: those that ask for an identity; the others are let through at once."""

    plateformes: Collection[str]
    now: Callable[[], dt.datetime]
    at_once: int = AT_ONCE
    _first: dict[Key, list[Deferred[NotYou | None]]] = field(default_factory=dict)
    _accepted: set[Key] = field(default_factory=set)
    _refused: dict[Key, _Refused] = field(default_factory=dict)
    _room: dict[Key, DeferredSemaphore] = field(default_factory=dict)

    async def through(
        self,
        key: Key,
        requete: HttpRequest,
        known: Callable[[], Awaitable[Compte | None]],
        exchange: Callable[[], Awaitable[Exchanged]],
    ) -> Exchanged:
        """What `exchange` gives, or NotYou without any exchange. `known`: what storage says of the account now."""
        if key[0] not in self.plateformes:
            return await exchange()
        while (refusal := await self._held(key, known) or await self._turn(key)) is None:
            if key not in self._accepted:
                return await self._alone(key, exchange)
            room = self._room.setdefault(key, DeferredSemaphore(self.at_once))
            await room.acquire()
            try:
                if key in self._accepted:  # else it was refused while this one waited for room
                    return self._learned(key, await exchange())
            finally:
                room.release()
        return requete, None, refusal

    async def _alone(self, key: Key, exchange: Callable[[], Awaitable[Exchanged]]) -> Exchanged:
        """The exchange that shows an account not accepted yet; the others wait for what it tells."""
        self._first[key] = []
        refusal = None
        try:
            exchanged = self._learned(key, await exchange())
            refusal = exchanged[2] if isinstance(exchanged[2], NotYou) else None
        finally:
            for waiting in self._first.pop(key):
                waiting.callback(refusal)
        return exchanged

    async def _held(self, key: Key, known: Callable[[], Awaitable[Compte | None]]) -> NotYou | None:
        refused = self._refused.get(key)
        if refused is None:
            return None
        compte = await known()
        if compte is None or compte.retenu or compte.depuis < refused.le:
            return refused.outcome
        self._refused.pop(key, None)
        return None

    async def _turn(self, key: Key) -> NotYou | None:
        """Wait while someone else logs in; whoever comes next when that told nothing goes alone too."""
        while (waiting := self._first.get(key)) is not None:
            told: Deferred[NotYou | None] = Deferred()
            waiting.append(told)
            refusal = await told
            if refusal is not None:
                return refusal
        return None

    def _learned(self, key: Key, exchanged: Exchanged) -> Exchanged:
        outcome = exchanged[2]
        if isinstance(outcome, Answer | Refus):
            self._accepted.add(key)
            self._refused.pop(key, None)
        elif isinstance(outcome, NotYou):
            self._accepted.discard(key)
            self._refused[key] = _Refused(outcome, self.now())
        return exchanged
