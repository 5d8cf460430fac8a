"""`python -m mutants [ID ...]`: plant every bug, or those named, and print one table. Exit 1 unless all are caught."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mutants import copies, trials
from mutants.planted import Bug, load
from mutants.trials import Trial, Verdict

TREE = Path(__file__).parent.parent
AT_ONCE = 2
"""Copies, and so bugs tried at the same time: the tests of one keep a processor busy."""
IMPORTING = ("tests/contracts/test_viamedis_words.py", "tests/unit/adapter/test_lives.py")
"""Tests that import all three sides, for the control of what is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the bugs; 0 when all are caught, 1 when one is not or a control fails, 2 for an unknown name."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help="only these bugs")
    named = parser.parse_args(arguments).ids
    every = load()
    unknown = set(named) - {bug.id for bug in every}
    if unknown:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    bugs = [bug for bug in every if not named or bug.id in named]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        return _judge(bugs, _copies(Path(folder)))


def _copies(folder: Path) -> list[Path]:
    """The tree is read once; the further copies are copies of the first."""
    first = folder / "copy-1"
    copies.snapshot(TREE, first)
    rest = [folder / f"copy-{rank}" for rank in range(2, AT_ONCE + 1)]
    for one in rest:
        shutil.copytree(first, one, symlinks=True)
    return [first, *rest]


def _judge(bugs: Sequence[Bug], where: Sequence[Path]) -> int:
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in where:
        free.put(copy)
    with ThreadPoolExecutor(len(where)) as pool:
        wrong = _controls(bugs, where, pool)
        if wrong is not None:
            print(wrong)
            return 1
        done = list(pool.map(lambda bug: _with_a_copy(bug, free), bugs))
    print(table(done))
    return 0 if all(one.verdict is Verdict.CAUGHT for one in done) else 1


def _controls(bugs: Sequence[Bug], where: Sequence[Path], pool: ThreadPoolExecutor) -> str | None:
    """The first control that fails, in words."""
    named = list(dict.fromkeys(test for bug in bugs for test in bug.tests))
    shares = [(copy, share) for rank, copy in enumerate(where) if (share := named[rank :: len(where)])]
    clean = next((wrong for wrong in pool.map(lambda one: trials.control_clean(*one), shares) if wrong), None)
    if clean is not None:
        return clean
    _progress(f"control: {len(named)} named tests pass without a bug")
    imported = trials.control_import(where[0], IMPORTING)
    if imported is None:
        _progress("control: each side is imported from the copy, a broken import is seen")
    return imported


def _with_a_copy(bug: Bug, free: SimpleQueue[Path]) -> Trial:
    copy = free.get()
    try:
        trial = trials.attempt(bug, copy)
    finally:
        free.put(copy)
    _progress(f"{trial.verdict}: {bug.id}")
    return trial


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def table(done: Sequence[Trial]) -> str:
    """One line per bug, then the count."""
    rows = [("promise", "bug", "verdict", "s", "by")]
    rows += [(one.bug.groupe, one.bug.id, str(one.verdict), f"{one.seconds:.0f}", one.detail) for one in done]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    ]
    caught = sum(one.verdict is Verdict.CAUGHT for one in done)
    return "\n".join([*lines, "", f"{caught} of {len(done)} planted bugs caught"])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the copies are removed
    sys.exit(main())
