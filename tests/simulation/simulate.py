"""Live stories by the thousand: `make simulate N=10000 SEED=0 STORAGE=memory KIND=all JOBS=1`.

KIND      storms   days of bad weather, each request with a fate of its own (storm.py)
          stories  files with all that becomes of them, under drawn failures (drawing.py); prints what they met
          deaths   small stories, with a death before and after each durable step (deaths.py); N/50 of them
          all      a third each
STORAGE   memory, sqlite (real files), postgres (a real server), or all
JOBS      processes; each has its own file or database

The same seed is the same life, on each storage. A broken invariant prints the one command that lives it again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from multiprocessing.util import Finalize

from twisted.logger import ILogObserver, LogEvent, globalLogBeginner
from zope.interface import implementer

from tests import postgres
from tests.simulation import deaths, drawing, invariants, marks, storages, storm, story
from tests.simulation.storages import STORAGES, Base
from tests.simulation.story_world import StoryWorld
from tests.simulation.world import Monde

KINDS = ("storms", "stories", "deaths")
SCAN = 50
"""Lives of one scan of deaths, about."""
NEWS = 30.0
"""Seconds between two lines that say how far it is."""
DAY = 24 * 3600.0


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
    trace: str
    exchanges: int
    days: float
    deaths: int
    marks: frozenset[str] = frozenset()


# ------------------------------------------------------------------------------------------------------- one life


def lives(task: Task, where: Base, logged: list[str]) -> Iterator[Life]:
    """Live a task. `logged`: where failures the daemon logs are found; one is a broken invariant too."""
    for one, monde in _lived(task, where):
        faults = [*_judged(monde), *logged]
        logged.clear()
        seen = marks.marks(monde) if isinstance(monde, StoryWorld) else frozenset()
        yield Life(
            one,
            tuple(faults),
            monde.trace(),
            monde.session.journal.count(),
            monde.clock.seconds() / DAY,
            monde.deaths,
            seen,
        )


def _judged(monde: Monde) -> list[str]:
    return invariants.broken(monde) if isinstance(monde, StoryWorld) else invariants.faults(monde)


def _lived(task: Task, where: Base) -> Iterator[tuple[Task, Monde]]:
    match task.kind:
        case "storms":
            yield task, storm.live(task.seed, where)
        case "stories":
            yield task, story.live(drawing.histoire(task.seed), where)
        case _:
            whole = deaths.histoire(task.seed)
            for histoire in deaths.scan(whole) if task.mort is None else [replace(whole, morts=(task.mort,))]:
                [mort] = histoire.morts
                yield replace(task, mort=mort), story.live(histoire, where)


# ------------------------------------------------------------------------------------------------------ many lives


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


def tasks(kinds: Sequence[str], wheres: Sequence[str], seed: int, n: int) -> list[Task]:
    """N lives in all for each storage, about."""
    each = max(1, n // len(kinds))
    return [
        Task(kind, storage, one)
        for storage in wheres
        for kind in kinds
        for one in range(seed, seed + (max(1, each // SCAN) if kind == "deaths" else each))
    ]


def run(asked: Sequence[Task], jobs: int, told: Callable[[Life], None]) -> None:
    """Live every task; `told` gets each life, in this process."""
    if jobs == 1:
        with _mine as places:
            for task in asked:
                for life in places.lives(task):
                    told(life)
        return
    if any(task.storage == "postgres" for task in asked):
        os.environ["TP_TEST_POSTGRES"] = postgres.server_url()  # one server for all processes
    with multiprocessing.get_context("spawn").Pool(jobs, _begin) as pool:
        for some in pool.imap_unordered(_live, asked):
            for life in some:
                told(life)
        pool.close()
        pool.join()


@implementer(ILogObserver)
class Failures:
    """The failures that Twisted logs, in a sentence each."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __call__(self, event: LogEvent) -> None:
        failure = event.get("log_failure")
        if failure is not None:
            self.told.append(f"logged: {failure.getErrorMessage()} {failure.getBriefTraceback()}")


class Places:
    """This process's own file and database, opened when first needed, and what its daemons logged."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._bases: dict[str, Base] = {}
        self._failures = Failures()

    def __enter__(self) -> Places:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def listen(self) -> None:
        """Hear what is logged. Once for a process: pytest hears for itself."""
        globalLogBeginner.beginLoggingTo([self._failures], redirectStandardIO=False, discardBuffer=True)

    def lives(self, task: Task) -> Iterator[Life]:
        if task.storage not in self._bases:
            self._bases[task.storage] = self._open.enter_context(storages.base(task.storage))
        return lives(task, self._bases[task.storage], self._failures.told)

    def close(self) -> None:
        self._open.close()
        self._bases.clear()


_mine = Places()
"""This process's."""


def _begin() -> None:
    _mine.listen()
    Finalize(None, _end, exitpriority=100)


def _end() -> None:
    _mine.close()
    postgres.remove_databases()


def _live(task: Task) -> list[Life]:
    return list(_mine.lives(task))


# --------------------------------------------------------------------------------------------------------- command


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


def _mort(text: str) -> tuple[int, str]:
    n, _, side = text.partition(":")
    if not n.isdigit() or side not in drawing.SIDES:
        raise argparse.ArgumentTypeError("N:before or N:after")
    return int(n), side


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=(*KINDS, "all"), default="all")
    parser.add_argument("--storage", choices=(*STORAGES, "all"), default="memory")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--mort", type=_mort, help="only this death of a scan, as 17:before")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """0: nothing broke; 1: something did."""
    asked = arguments(words)
    kinds = KINDS if asked.kind == "all" else (asked.kind,)
    wheres = STORAGES if asked.storage == "all" else (asked.storage,)
    wanted = [replace(task, mort=asked.mort) for task in tasks(kinds, wheres, asked.seed, asked.n)]
    reporter = Reporter(time.monotonic)
    run(wanted, asked.jobs, reporter)
    reporter.end()
    return 1 if reporter.tally.broken else 0


if __name__ == "__main__":
    _mine.listen()
    sys.exit(main())
