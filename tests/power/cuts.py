"""Power cuts under SQLite: `make power N=10000 SEED=0 STORY=groups`.

A seed is a chain of lives of one file. A life is lived on real files and written down (vfs.py), then cut at drawn steps
of what was written down, each time with another part of what was on its way lost (disk.py). What is left is opened and
judged: whole, sound, and nothing that was promised is missing. The next life starts from one of those cuts, unrepaired.

The same seed is the same chain. A broken promise prints the command that lives its chain again. Controls break a
promise on purpose, and are lived in the same run: one that is not found out fails the run.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path

from tests.power import adapter_lives, emulator_lives
from tests.power.disk import Begun, Disk, Promised
from tests.power.life import BASE, Life, Story
from tests.power.vfs import recording

LIVES = 3
CUTS = 8
"""Of each life."""
SHARE = 20
"""One cut of a control for so many of the stories, and more until it is found out:"""
PATIENCE = 50
"""chains of a control at most."""


class Verdict(StrEnum):
    KEPT = "kept"
    LOST = "lost"
    """It holds an earlier state than was promised."""
    HALF = "half"
    """It holds something that it never held before the cut."""
    DAMAGED = "damaged"


_groups, _content = adapter_lives.groups, adapter_lives.content_of
_state, _journal = emulator_lives.state, emulator_lives.journal
NORMAL, OFF = "PRAGMA synchronous=NORMAL", "PRAGMA synchronous=OFF"

STORIES: Mapping[str, Story] = {
    "groups": Story(_groups, _content),
    "upgrade": Story(partial(_groups, most=1), _content, made=adapter_lives.older),
    "threads": Story(adapter_lives.threads, _content),
    "state": Story(_state, emulator_lives.state_content),
    "journal": Story(_journal, emulator_lives.journal_content),
    # the layer itself loses nothing: only what a disk forgets is lost
    "groups-normal-kept": Story(partial(_groups, pragma=NORMAL), _content, forgets=False),
}
CONTROLS: Mapping[str, Story] = {
    "groups-normal": Story(partial(_groups, pragma=NORMAL), _content, loses=Verdict.LOST),
    "groups-early": Story(partial(_groups, early=True), _content, loses=Verdict.LOST),
    "groups-in-pieces": Story(partial(_groups, write=adapter_lives.in_pieces), _content, loses=Verdict.HALF),
    "groups-off": Story(partial(_groups, pragma=OFF), _content, loses=Verdict.DAMAGED),
    "state-unforced": Story(partial(_state, forces=False), emulator_lives.state_content, loses=Verdict.LOST),
    "journal-told": Story(partial(_journal, told=Life.promise), emulator_lives.journal_content, loses=Verdict.LOST),
}
EVERY: Mapping[str, Story] = {**STORIES, **CONTROLS}


@dataclass(frozen=True, slots=True)
class Cut:
    """What one cut left. promised: answered transactions it had to keep; missing: how many of them it did not."""

    story: str
    seed: int
    life: int
    step: int
    verdict: Verdict
    detail: str
    promised: int
    missing: int

    def told(self) -> str:
        where = f"{self.story}, seed {self.seed}, life {self.life}, step {self.step}"
        command = f"python -m tests.power.cuts --story {self.story} --seed {self.seed} --n 1"
        return f"{where}: {self.verdict} {self.detail}\n  {command}"


def chain(name: str, seed: int, folder: Path) -> Iterator[Cut]:
    """Live a chain in two folders of its own; it ends early where a control left nothing to go on from."""
    story, rng = EVERY[name], random.Random(f"{name}-{seed}")
    living, judged = folder / "living", folder / "judged"
    image = _first(story, judged, rng)
    for rank in range(LIVES):
        _lay(image, judged)
        life = Life(living / BASE, judged / BASE, rng, [story.content(judged / BASE)])
        _lay(image, living)
        with recording(living, rng.randbytes) as life.log:
            laid = len(life.log)
            story.live(life)
        verdict = Verdict.KEPT
        for step, promised, begun, image in _images(life, laid, rng, story.forgets):
            _lay(image, judged)
            verdict, detail, held = _judge(story, life, judged / BASE, promised, begun)
            kept = life.transactions[promised]
            yield Cut(name, seed, rank, step, verdict, detail, kept, kept - life.transactions[min(held, promised)])
        if verdict in {Verdict.HALF, Verdict.DAMAGED}:
            return


def _first(story: Story, folder: Path, rng: random.Random) -> dict[str, bytes]:
    """What the chain starts from."""
    _lay({}, folder)
    if story.made is None:
        return {}
    story.made(folder / BASE, rng)
    return {BASE: (folder / BASE).read_bytes()}


def _images(
    life: Life, laid: int, rng: random.Random, forgets: bool
) -> Iterator[tuple[int, int, int, dict[str, bytes]]]:
    """Drawn cuts in the order of the log: the step, the states promised and begun by then, what is left.

    laid: the first steps of the log, which lay out what the life started with.
    """
    disk, promised, begun = Disk(forgets=forgets), 0, 0
    steps = Counter(rng.randint(laid, len(life.log)) for _ in range(CUTS))
    for step, one in enumerate(life.log, 1):
        match one:
            case Begun():
                begun = one.state
            case Promised():
                promised = one.state
            case _:
                disk.do(one)
        for _ in range(steps[step]):
            yield step, promised, begun, disk.cut(rng)


def _judge(story: Story, life: Life, base: Path, promised: int, begun: int) -> tuple[Verdict, str, int]:
    """The verdict, a detail, and the state held: the latest it can be, 0 where it is none."""
    try:
        found = story.content(base)
        with closing(sqlite3.connect(base)) as db:
            [(said,), *_] = db.execute("PRAGMA integrity_check").fetchall()
    except (sqlite3.DatabaseError, ValueError) as wrong:  # ValueError: the emulator's own refusals of a file
        return Verdict.DAMAGED, str(wrong), 0
    if said != "ok":
        return Verdict.DAMAGED, said, 0
    held = next((rank for rank in range(begun, -1, -1) if life.states[rank] == found), None)
    if held is None:
        return Verdict.HALF, "", 0
    return (Verdict.KEPT, "", held) if held >= promised else (Verdict.LOST, f"state {held} of {promised}", held)


def _lay(image: Mapping[str, bytes], folder: Path) -> None:
    """Put these files, and no others, into the folder."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, octets in image.items():
        (folder / name).write_bytes(octets)


@dataclass
class Tally:
    """Counts by story: cuts, cuts by verdict, answered transactions that had to be there, those that were not."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)
    broken: list[Cut] = field(default_factory=list)

    def add(self, cut: Cut) -> None:
        row = self.rows.setdefault(cut.story, Counter())
        row.update({"cuts": 1, str(cut.verdict): 1, "answered": cut.promised, "missing": cut.missing})
        if cut.verdict is not Verdict.KEPT and cut.story in STORIES:
            self.broken.append(cut)

    def wants(self, name: str, n: int) -> bool:
        """Whether a story needs more cuts, where each is to be cut `n` times."""
        row, control = self.rows.get(name, Counter()), CONTROLS.get(name)
        if control is None:
            return row["cuts"] < n
        return row["cuts"] < n // SHARE or not row[str(control.loses)]

    def blind(self) -> list[str]:
        """The controls lived that were not found out."""
        return [name for name, row in self.rows.items() if name in CONTROLS and not row[str(CONTROLS[name].loses)]]

    def table(self, seconds: float) -> str:
        names = ("cuts", *Verdict, "answered", "missing")
        lines = [f"{'story':<20}" + "".join(f"{name:>10}" for name in names)]
        lines += [f"{story:<20}" + "".join(f"{row[name]:>10,}" for name in names) for story, row in self.rows.items()]
        cuts = sum(row["cuts"] for row in self.rows.values())
        return "\n".join([*lines, f"{cuts:,} cuts in {seconds:,.1f} s; SQLite {sqlite3.sqlite_version}"])


def run(names: Sequence[str], seed: int, n: int, told: Callable[[Cut], None]) -> Tally:
    """Cut each of the stories `n` times, or some more, and each control some times, until it is found out."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="power-") as folder:
        for name in names:
            one = seed
            while tally.wants(name, n) and one < seed + max(n, PATIENCE):
                for cut in chain(name, one, Path(folder)):
                    tally.add(cut)
                    told(cut)
                one += 1
    return tally


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000, help="cuts of each story")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each chain has the next one")
    parser.add_argument("--story", choices=(*EVERY, "all"), default="all")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """0: every promise was kept and every control found out; 1 otherwise."""
    asked = arguments(words)
    began = time.monotonic()
    names = tuple(EVERY) if asked.story == "all" else (asked.story,)
    tally = run(names, asked.seed, asked.n, _tell)
    print(tally.table(time.monotonic() - began))
    for name in tally.blind():
        print(f"{name}: nothing was found out")
    return 1 if tally.broken or tally.blind() else 0


def _tell(cut: Cut) -> None:
    if cut.verdict is not Verdict.KEPT and cut.story in STORIES:
        print(cut.told())


if __name__ == "__main__":
    sys.exit(main())
