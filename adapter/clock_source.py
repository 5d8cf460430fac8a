"""Asking an emulator session's clock over HTTP, for followed_clock.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treq.content import collect
from twisted.internet.defer import Deferred
from twisted.web.client import Agent

from tierspayant.adapter.followed_clock import LECTURE_MAX, HorlogeIllisible, Lecture, parse


def ask_clock(reactor: Any, url: str) -> Callable[[], Deferred[Lecture]]:
    """A function that asks the clock at `url` once."""
    agent = Agent(reactor, connectTimeout=5.0)

    async def ask() -> Lecture:
        reponse = await agent.request(b"GET", url.encode("ascii"))
        octets = bytearray()

        def take(morceau: bytes) -> None:
            if len(octets) + len(morceau) > LECTURE_MAX:
                raise HorlogeIllisible("the answer is too long for a clock")
            octets.extend(morceau)

        await collect(reponse, take)
        if reponse.code != 200:
            raise HorlogeIllisible(f"the clock's URL answers {reponse.code}")
        return parse(bytes(octets))

    return lambda: Deferred.fromCoroutine(ask())
