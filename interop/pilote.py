"""Build and run one driver, and read what it says."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from interop.emulateur import Emulateur, contract
from interop.stacks import FOLDER, Passage, Stack, Verdict
from interop.temoin import NATURE, relayed

BUILD_LIMIT_S = 300
RUN_LIMIT_S = 90
BUILD = FOLDER / ".build"


class Rate(Exception):
    """A command failed or took too long; the text is the end of what it said."""


def passage(stack: Stack, dialecte: str, version: str, emulateur: Emulateur) -> Passage:
    """Drive one dialect with one stack in one SOAP version, on a session of its own."""
    base = emulateur.session(f"{stack.nom}-{dialecte}-{version.replace('.', '')}")[dialecte]
    return _passage(stack, dialecte, version, base)


def temoin(stack: Stack, dialecte: str, emulateur: Emulateur) -> Passage:
    """The same, behind the relay that spoils answers, in the dialect's own SOAP version."""
    base = emulateur.session(f"{stack.nom}-{dialecte}-temoin")[dialecte]
    with relayed(base) as spoilt:
        return _passage(stack, dialecte, NATURE[dialecte], spoilt)


def _passage(stack: Stack, dialecte: str, version: str, base: str) -> Passage:
    attendu, digest = contract(base, dialecte, version)
    out = BUILD / f"{stack.nom}-{dialecte}-{version}-{digest}-{_sources(stack)}"
    words = {"python": sys.executable, "dialecte": dialecte, "version": version, "base": base, "out": str(out)}
    try:
        if stack.build:
            _build(stack, words, out)
        done = _run(_filled(stack.run, words), stack.path, RUN_LIMIT_S)
    except Rate as erreur:
        return Passage(stack.nom, dialecte, version, echec=str(erreur), attendu=attendu)
    verdicts, echec = read(done.stdout.splitlines(), dialecte)
    if done.returncode != 0:
        echec = _end(done)
    return Passage(stack.nom, dialecte, version, verdicts, echec, attendu)


def version_of(stack: Stack) -> str:
    """What the stack calls itself."""
    done = _run(_filled(stack.show_version, {"python": sys.executable}), stack.path, 30)
    return done.stdout.strip() or _end(done)


def read(lines: Iterable[str], dialecte: str) -> tuple[tuple[Verdict, ...], str | None]:
    """The driver's lines as verdicts. Anything but a well-formed line of that dialect makes the whole run red."""
    verdicts: list[Verdict] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            if said["dialecte"] != dialecte or not isinstance(said["ok"], bool):
                raise ValueError
            verdicts.append(Verdict(said["chemin"], said["operation"], said["cas"], said["ok"], str(said["detail"])))
        except (ValueError, KeyError, TypeError):
            return tuple(verdicts), f"the driver printed a line that is no verdict: {line[:200]}"
    return tuple(verdicts), None


def _build(stack: Stack, words: dict[str, str], out: Path) -> None:
    """Run the build once per contract and driver; an interrupted one leaves no marker and starts again."""
    marker = out / ".built"
    if marker.exists():
        return
    for older in BUILD.glob(f"{stack.nom}-{words['dialecte']}-{words['version']}-*"):
        shutil.rmtree(older)
    out.mkdir(parents=True)
    done = _run(_filled(stack.build, words), stack.path, BUILD_LIMIT_S)
    if done.returncode != 0:
        raise Rate(_end(done))
    marker.touch()


def _filled(command: Sequence[str], words: dict[str, str]) -> list[str]:
    return [part.format(**words) for part in command]


def _sources(stack: Stack) -> str:
    """A digest of the driver's own files: what is built from them is stale when they change."""
    digest = hashlib.sha256(repr(stack).encode())
    for path in sorted(path for path in stack.path.iterdir() if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]


def _run(command: list[str], folder: Path, limit: float) -> subprocess.CompletedProcess[str]:
    """Far from Paris, on purpose: a stack that shifts a date by its zone shows it here."""
    environment = {**os.environ, "TZ": "America/Montreal", "PYTHONPATH": str(FOLDER.parent)}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Rate(f"`{command[0]}` took more than {limit:.0f} s") from None


def _end(done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stdout + done.stderr).strip()[-1500:]
    return f"`{' '.join(map(str, done.args[:2]))}` ended with {done.returncode}: {said}"
