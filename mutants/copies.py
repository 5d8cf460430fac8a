"""Copies of the tree in a temporary folder, and pytest in them: the work tree itself is never changed.

What is copied is what git knows or would take up (`git ls-files --cached --others --exclude-standard`), read once. In a
copy `.links/tierspayant/<side>` leads to the copy's own folders, and PYTHONPATH puts `.links` before the editable
install, in child processes too; the controls of trials.py prove on each run that it does. Compiled files are checked by
the hash of their source, and none is written while bugs come and go: a stale one would run the former bug.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SIDES = ("adapter", "emulator", "schemas")
LINKS = Path(".links") / "tierspayant"


@dataclass(frozen=True, slots=True)
class Run:
    """code: pytest's exit status, None when it was ended at its limit."""

    code: int | None
    output: str
    seconds: float


def snapshot(tree: Path, copy: Path) -> None:
    """Copy the tree to `copy`, which must not exist, and compile it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listing.split("\0")):
        source, target = tree / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    (copy / LINKS).mkdir(parents=True)
    for side in SIDES:
        (copy / LINKS / side).symlink_to(Path("..") / ".." / side)
    _compile(copy)


def _compile(copy: Path) -> None:
    compileall = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *SIDES]
    subprocess.run(compileall, cwd=copy, check=True)


def pytest(copy: Path, tests: Sequence[str], limit: float) -> Run:
    """Run tests in a copy until the first failure. At the limit the whole group of processes is killed."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(copy / LINKS.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CI": "1",  # derandomised properties: the same bug is met the same way each time
        "TP_SEED": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=short", "-p", "no:cacheprovider", *tests]
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=copy,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    code: int | None = None
    try:
        output, _ = process.communicate(timeout=limit)
        code = process.returncode
    except subprocess.TimeoutExpired:
        _kill_group(process)
        output, _ = process.communicate()
    except BaseException:  # Ctrl-C and SIGTERM do not reach another session
        _kill_group(process)
        raise
    return Run(code, output, time.monotonic() - started)


def _kill_group(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
