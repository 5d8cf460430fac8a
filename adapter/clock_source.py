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
        answer = await agent.request(b"GET", url.encode("ascii"))
        data = bytearray()

        def take(piece: bytes) -> None:
            if len(data) + len(piece) > READ_MAX:
                raise ClockUnreadable("the answer is too long for a clock")
            data.extend(piece)

        await collect(answer, take)
        if answer.code != 200:
            raise ClockUnreadable(f"the clock's URL answers {answer.code}")
        return parse(bytes(data))

    return lambda: Deferred.fromCoroutine(ask())
