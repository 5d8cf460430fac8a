"""Identifiers: UUIDv7 for rows (time-ordered, never reused), and the exchange id derived from what the shop named."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Sequence

from tierspayant.schemas.operations import Operation

_EXCHANGES = uuid.UUID("7d7c2f1e-5a0b-5c7e-9a53-5e1f0c6f2a10")
"""Name space of exchange ids. Never change it: the same POST must give the same id for ever."""


class Ids:
    """Row ids, strictly increasing within one process even when the clock stands still or steps back."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._last = 0

    def row(self, now: dt.datetime) -> str:
        """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter seeded at random within the millisecond."""
        floor = (int(now.timestamp() * 1000) << 74) | self._chance.getrandbits(73)
        self._last = floor if floor >> 74 > self._last >> 74 else self._last + 1 + self._chance.getrandbits(32)
        return str(_uuid7(self._last))

    def exchange(self) -> str:
        """An id for a question of our own (a state, a probe), which nobody will ever repeat."""
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


def _uuid7(value: int) -> uuid.UUID:
    """122 free bits as a UUIDv7: version and variant are slipped in without changing the order."""
    milliseconds, a, b = value >> 74, (value >> 62) & 0xFFF, value & ((1 << 62) - 1)
    return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (a << 64) | (0b10 << 62) | b)


def derived_lot(ids: Sequence[str]) -> str:
    """The exchange id of a lot, from those of its members in order: the same lot again is the same message. A lot of
    one has the id of its only member."""
    return ids[0] if len(ids) == 1 else str(uuid.uuid5(_EXCHANGES, "\x1f".join(("lot", *ids))))


def derived(magasin: str, operation: Operation, reference: str) -> str:
    """The exchange id of a shop's request: the same shop, operation and reference give the same id for ever, so that a
    platform that remembers ids recognises a request even after our database was restored from an old copy."""
    return str(uuid.uuid5(_EXCHANGES, f"{magasin}\x1f{operation}\x1f{reference}"))
