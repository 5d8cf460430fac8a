"""A disk that may forget what was not forced to it: operations in, what a power cut leaves out.

What a program wrote is *on its way* until its file is forced (fsync); what it named or removed, until its folder is.
At a cut each sector on its way arrived or did not, on its own: writes are torn, their order is lost, one file may be
ahead of the other, a file may have grown by sectors that hold nothing, a name may be missing, a removed one back. A
sector is whole: old or new. What was forced is there.

Nothing here touches a file: a cut is drawn from a log as often as one likes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

SECTORS = (512, 4096)
ARRIVED = (0.0, 0.1, 0.5, 0.9, 1.0)
"""Shares of the sectors on their way that arrive; each file of a cut draws its own."""


@dataclass(frozen=True, slots=True)
class Written:
    """`file` is a number that stays with the content, whatever it is called."""

    file: int
    offset: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Forced:
    file: int


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    file: int


@dataclass(frozen=True, slots=True)
class Removed:
    name: str


@dataclass(frozen=True, slots=True)
class FolderForced:
    pass


@dataclass(frozen=True, slots=True)
class Begun:
    """From here on the file may hold `state`."""

    state: int


@dataclass(frozen=True, slots=True)
class Promised:
    """Somebody was told: from here on the file holds `state`, or a later one."""

    state: int


Change: TypeAlias = Written | Truncated
Naming: TypeAlias = Named | Removed
Operation: TypeAlias = Change | Forced | Naming | FolderForced
Step: TypeAlias = Operation | Begun | Promised
Log: TypeAlias = list[Step]


class Disk:
    """One folder, empty at first. `forgets` False: a disk that keeps whatever it was given, to compare with."""

    def __init__(self, *, forgets: bool = True) -> None:
        self._shares = ARRIVED if forgets else (1.0,)
        self._names: dict[str, int] = {}
        self._naming: list[Naming] = []
        self._contents: dict[int, bytearray] = {}
        self._changes: dict[int, list[Change]] = {}

    def do(self, operation: Operation) -> None:
        match operation:
            case Written() | Truncated():
                self._changes.setdefault(operation.file, []).append(operation)
            case Named() | Removed():
                self._naming.append(operation)
            case Forced():
                content = self._contents.setdefault(operation.file, bytearray())
                for change in self._changes.pop(operation.file, ()):
                    _apply(content, change)
            case FolderForced():
                for naming in self._naming:
                    _name(self._names, naming)
                self._naming.clear()
            case _:
                assert_never(operation)

    def cut(self, rng: random.Random) -> dict[str, bytes]:
        """What lies in the folder when the power is back. The disk itself goes on."""
        names = dict(self._names)
        share = rng.choice(self._shares)
        for naming in self._naming:
            if rng.random() < share:
                _name(names, naming)
        return {name: self._left(file, rng) for name, file in sorted(names.items())}

    def _left(self, file: int, rng: random.Random) -> bytes:
        share, sector, grows = rng.choice(self._shares), rng.choice(SECTORS), rng.random() < 0.5
        content = bytearray(self._contents.get(file, b""))
        for change in self._changes.get(file, ()):
            for piece in _sectors(change, sector):
                if rng.random() < share:
                    _apply(content, piece)
                elif grows and isinstance(piece, Written):
                    _grow(content, piece.offset + len(piece.octets))
        return bytes(content)


def _sectors(change: Change, sector: int) -> Iterator[Change]:
    """A write, cut where sectors end."""
    if isinstance(change, Truncated):
        yield change
        return
    start, end = change.offset, change.offset + len(change.octets)
    while start < end:
        stop = min(end, (start // sector + 1) * sector)
        yield Written(change.file, start, change.octets[start - change.offset : stop - change.offset])
        start = stop


def _apply(content: bytearray, change: Change) -> None:
    match change:
        case Written():
            end = change.offset + len(change.octets)
            _grow(content, end)
            content[change.offset : end] = change.octets
        case Truncated():
            _grow(content, change.size)
            del content[change.size :]
        case _:
            assert_never(change)


def _grow(content: bytearray, size: int) -> None:
    content.extend(bytes(max(0, size - len(content))))


def _name(names: dict[str, int], naming: Naming) -> None:
    match naming:
        case Named():
            names[naming.name] = naming.file
        case Removed():
            names.pop(naming.name, None)
        case _:
            assert_never(naming)
