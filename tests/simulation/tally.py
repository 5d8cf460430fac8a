"""What came of many lives, and how it is told: progress, what broke and how to live it again, two tables at the end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation import invariants, marks

NEWS = 30.0
"""Seconds between two lines that say how far it is."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is lived: one story, or a whole scan of deaths. mort: only that one of the scan."""

    kind: str
    storage: str
    seed: int
    mort: tuple[int, str] | None = None

    def command(self) -> str:
        """What lives exactly this again."""
        words = f"--kind {self.kind} --storage {self.storage} --seed {self.seed} --n 1"
        mort = "" if self.mort is None else f" --mort {self.mort[0]}:{self.mort[1]}"
        return f"python -m tests.simulation.simulate {words}{mort}"


@dataclass(frozen=True, slots=True)
class Life:
    """What came of one life. trace: a hash of all that happened. faults: broken invariants, in sentences."""

    task: Task
    faults: tuple[str, ...]
    trace: str = ""
    exchanges: int = 0
    days: float = 0.0
    deaths: int = 0
    marks: frozenset[str] = frozenset()


@dataclass
class Tally:
    """The table at the end, row by row."""

    rows: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    broken: int = 0

    def add(self, life: Life) -> None:
        row = self.rows.setdefault((life.task.kind, life.task.storage), Counter())
        row["lives"] += 1
        row["exchanges"] += life.exchanges
        row["virtual days"] += round(life.days)
        row["deaths"] += life.deaths
        row["doubles"] += len(invariants.doubles(list(life.faults)))
        row["broken"] += bool(life.faults)
        self.seen.update(life.marks)
        self.broken += bool(life.faults)

    def table(self, seconds: float) -> str:
        names = ("lives", "exchanges", "virtual days", "deaths", "doubles", "broken")
        lines = [f"{'kind':<8} {'storage':<9}" + "".join(f"{nom:>14}" for nom in names)]
        for (kind, storage), row in sorted(self.rows.items()):
            lines.append(f"{kind:<8} {storage:<9}" + "".join(f"{row[nom]:>14,}" for nom in names))
        total = sum(row["lives"] for row in self.rows.values())
        return "\n".join([*lines, f"{total:,} lives in {seconds:,.0f} s, {self.broken} with a broken invariant"])

    def coverage(self) -> str:
        """How many stories met each path."""
        return "\n".join(f"{self.seen[nom]:>8,}  {nom}" for nom in marks.ROWS)


class Reporter:
    """Says what broke, how to live it again, and now and then how far it is."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._begun = self._news = seconds()
        self.tally = Tally()
        self._count = 0

    def __call__(self, life: Life) -> None:
        self.tally.add(life)
        self._count += 1
        if life.faults:
            _say(*life.faults, f"  {life.task.command()}")
        if self._seconds() - self._news >= NEWS:
            self._news = self._seconds()
            _say(f"… {self._count:,} lives, {self.tally.broken} broken, {self._news - self._begun:,.0f} s")

    def end(self) -> None:
        if any(kind == "stories" for kind, _ in self.tally.rows):
            _say("", "Stories that met:", self.tally.coverage())
        _say("", self.tally.table(self._seconds() - self._begun))


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
