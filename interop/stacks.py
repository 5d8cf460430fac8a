"""The stacks as data (stacks.toml), and what one run of a stack is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
VERSIONS = ("1.1", "1.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One foreign SOAP stack. Fields as in stacks.toml."""

    nom: str
    titre: str
    folder: str
    tools: tuple[str, ...]
    debian: tuple[str, ...]
    show_version: tuple[str, ...]
    run: tuple[str, ...]
    build: tuple[str, ...] = ()
    probe: tuple[str, ...] = ()
    note: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / self.folder

    def missing(self) -> list[str]:
        """What is not on this machine: tools of the PATH, or else a package whose probe fails. Nothing when all is."""
        tools = [tool for tool in self.tools if shutil.which(tool) is None]
        if tools or not self.probe:
            return tools
        probed = subprocess.run(self.probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        return [] if probed.returncode == 0 else [f"a part of {', '.join(self.debian)}"]


def load() -> dict[str, Stack]:
    """Every stack by name, in the order of the table."""
    rows = tomllib.loads((FOLDER / "stacks.toml").read_text(encoding="utf-8"))
    return {nom: _stack(nom, row) for nom, row in rows.items()}


def _stack(nom: str, row: Mapping[str, str | list[str]]) -> Stack:
    words = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Stack(nom=nom, **words)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a driver said of one case of one operation of one service path."""

    chemin: str
    operation: str
    cas: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One stack, one dialect, one SOAP version, on a fresh session. `echec` is why the run as a whole is red."""

    stack: str
    dialecte: str
    version: str
    verdicts: tuple[Verdict, ...] = ()
    echec: str | None = None
    attendu: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def in_ci() -> bool:
    """In CI nothing is skipped: a missing stack is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
