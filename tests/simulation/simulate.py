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
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from multiprocessing.util import Finalize

from twisted.logger import ILogObserver, LogEvent, globalLogBeginner
from zope.interface import implementer

from tests import postgres
from tests.simulation import deaths, drawing, invariants, marks, storages, storm, story
from tests.simulation.storages import STORAGES, Base
from tests.simulation.story_world import StoryWorld
from tests.simulation.tally import Life, Reporter, Task
from tests.simulation.world import Monde

KINDS = ("storms", "stories", "deaths")
SCAN = 50
"""Lives of one scan of deaths, about."""
DAY = 24 * 3600.0


# ------------------------------------------------------------------------------------------------------- one life


def lives(task: Task, where: Base, logged: list[str]) -> Iterator[Life]:
    """Live a task. `logged`: where failures the daemon logs are found; one is a broken invariant too."""
    for one, lived in _planned(task, where):
        try:
            monde = lived()
            faults = [*_judged(one, monde), *logged]
        except Exception:  # whatever is raised in a life is told with the command that lives it again
            yield Life(one, (f"raised: {traceback.format_exc()}",))
        else:
            yield _told(one, monde, faults)
        logged.clear()


def _told(task: Task, monde: Monde, faults: Sequence[str]) -> Life:
    seen = marks.marks(monde) if isinstance(monde, StoryWorld) else frozenset()
    exchanges, days = monde.session.journal.count(), monde.clock.seconds() / DAY
    return Life(task, tuple(faults), monde.trace(), exchanges, days, monde.deaths, seen)


def _judged(task: Task, monde: Monde) -> list[str]:
    if not isinstance(monde, StoryWorld):
        return invariants.faults(monde)
    return invariants.broken(monde) + (deaths.unreached(monde) if task.kind == "deaths" else [])


def _planned(task: Task, where: Base) -> Iterator[tuple[Task, Callable[[], Monde]]]:
    match task.kind:
        case "storms":
            yield task, partial(storm.live, task.seed, where)
        case "stories":
            yield task, partial(story.live, drawing.histoire(task.seed), where)
        case _:
            whole = deaths.histoire(task.seed)
            for histoire in deaths.scan(whole) if task.mort is None else [replace(whole, morts=(task.mort,))]:
                [mort] = histoire.morts
                yield replace(task, mort=mort), partial(story.live, histoire, where)


# ------------------------------------------------------------------------------------------------------ many lives


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
"""This process's own."""


def _begin() -> None:
    """A worker starts: it closes what is its own before its exit functions drop its database."""
    _mine.listen()
    Finalize(None, _mine.close, exitpriority=100)


def _live(task: Task) -> list[Life]:
    return list(_mine.lives(task))


# --------------------------------------------------------------------------------------------------------- command


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
