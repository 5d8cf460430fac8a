"""Asking an emulator session's clock over HTTP, for followed_clock.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treq.content import collect
from twisted.internet.defer import Deferred
from twisted.web.client import Agent

from tierspayant.adapter.followed_clock import READ_MAX, ClockUnreadable, Reading, parse


def ask_clock(reactor: Any, url: str) -> Callable[[], Deferred[Reading]]:
    """A function that asks the clock at `url` once."""
    agent = Agent(reactor, connectTimeout=5.0)

    async def ask() -> Reading:
        reponse = await agent.request(b"GET", url.encode("ascii"))
        data = bytearray()

        def take(morceau: bytes) -> None:
            if len(data) + len(morceau) > READ_MAX:
                raise ClockUnreadable("the answer is too long for a clock")
            data.extend(morceau)

        await collect(reponse, take)
        if reponse.code != 200:
            raise ClockUnreadable(f"the clock's URL answers {reponse.code}")
        return parse(bytes(data))

    return lambda: Deferred.fromCoroutine(ask())
