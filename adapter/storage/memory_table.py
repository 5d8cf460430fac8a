"""A table in memory: a dictionary whose changes can be undone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Undo = list[Callable[[], object]]


class Table(Generic[K, V]):
    """`undo` is the transaction's list of steps back, replayed backwards when it fails."""

    def __init__(self, undo: Undo) -> None:
        self.rows: dict[K, V] = {}
        self._undo = undo

    def put(self, key: K, row: V) -> None:
        if key in self.rows:
            before = self.rows[key]
            self._undo.append(lambda: self.rows.__setitem__(key, before))
        else:
            self._undo.append(lambda: self.rows.pop(key))
        self.rows[key] = row

    def drop(self, key: K) -> None:
        before = self.rows.pop(key)
        self._undo.append(lambda: self.rows.__setitem__(key, before))
