"""One bug at a time: planted in a copy, its tests run, taken out again; and what the result means.

A bug is *caught* only when a named test failed (pytest's status 1). Tests that are not found, cannot be collected or do
not end prove nothing and count as a fault of the row. Two controls come first: every named test passes without a bug,
and a side of the tree that refuses to be imported is noticed, so that it is the copy that is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mutants.copies import SIDES, Run, pytest
from mutants.planted import Bug, Stale

LIMIT = 60.0
"""Seconds for the tests of one bug: the slowest named story takes a tenth of it, on a busy machine more."""
LIMIT_CONTROL = 600.0
"""Seconds for half of all named tests without any bug."""
FAILED = 1
"""pytest's exit status when a test failed; 2 to 5 mean that they could not be run."""
CANARY = "planted: this is the copy"


class Verdict(StrEnum):
    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    STALE = "STALE"
    NO_PROOF = "NO PROOF"


@dataclass(frozen=True, slots=True)
class Trial:
    """detail: the test that failed, or why there is no proof."""

    bug: Bug
    verdict: Verdict
    seconds: float
    detail: str


def verdict(run: Run) -> tuple[Verdict, str]:
    """What a run of the named tests says about the bug."""
    if run.code == 0:
        return Verdict.SURVIVED, "every named test passed"
    if run.code is None:
        return Verdict.NO_PROOF, "the named tests did not end"
    failed = [line.split(" ")[1] for line in run.output.splitlines() if line.startswith("FAILED ")]
    if run.code == FAILED and failed:
        return Verdict.CAUGHT, failed[0]
    return Verdict.NO_PROOF, f"pytest exits {run.code}: the named tests are not there or cannot be imported"


@contextmanager
def _changed(file: Path, change: Callable[[str], str]) -> Iterator[None]:
    before = file.read_bytes()
    file.write_text(change(before.decode("utf-8")), encoding="utf-8", newline="")
    try:
        yield
    finally:
        file.write_bytes(before)


def attempt(bug: Bug, copy: Path) -> Trial:
    """Plant one bug, run its tests, take it out."""
    try:
        with _changed(copy / bug.file, bug.planted):
            run = pytest(copy, bug.tests, LIMIT)
    except (Stale, FileNotFoundError) as erreur:
        return Trial(bug, Verdict.STALE, 0.0, str(erreur))
    return Trial(bug, *_placed(verdict(run), run))


def _placed(said: tuple[Verdict, str], run: Run) -> tuple[Verdict, float, str]:
    return said[0], run.seconds, said[1]


def control_clean(copy: Path, tests: Sequence[str]) -> str | None:
    """Without any bug the tests pass: else what a bug's tests say would prove nothing. Gives the reason if not."""
    run = pytest(copy, tests, LIMIT_CONTROL)
    return None if run.code == 0 else f"without any bug the named tests do not pass:\n{run.output[-4000:]}"


def control_import(copy: Path, tests: Sequence[str]) -> str | None:
    """Each side in turn refuses to be imported, and that very refusal is seen. Gives the reason if not."""
    for side in SIDES:
        with _changed(copy / side / "__init__.py", lambda texte: f"{texte}\nraise ImportError({CANARY!r})\n"):
            run = pytest(copy, tests, LIMIT)
        if run.code == 0 or CANARY not in run.output:
            return f"{side} is not imported from the copy: no result below would mean anything\n{run.output[-2000:]}"
    return None
