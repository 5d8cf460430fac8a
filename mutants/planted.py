"""A planted bug as data: which text of which file becomes what, what that would cost a shop, which tests must fail.

The rows are mutants/bugs/*.toml, one file per kind of promise. A bug replaces a text that stands exactly once in its
file: when the file has moved on, the bug is *stale* and says so instead of planting something else.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

BUGS = Path(__file__).parent / "bugs"


class BugInvalide(ValueError):
    """A row of mutants/bugs is not a bug. The text names the file, the bug and what is wrong."""


class Stale(Exception):
    """The old text does not stand exactly once in the file any more. The text says how often it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """groupe: the promise it breaks (its file's name). fichier: path in the tree. cout: what a shop would lose.

    tests: what pytest is given, as narrow as can be; at least one of them must fail.
    """

    groupe: str
    id: str
    file: str
    old: str
    new: str
    cost: str
    tests: tuple[str, ...]

    def planted(self, texte: str) -> str:
        """The file's text with the bug in it. Raises Stale."""
        found = texte.count(self.old)
        if found != 1:
            raise Stale(f"its old text stands {found} times in {self.file}")
        return texte.replace(self.old, self.new)


def load(folder: Path = BUGS) -> list[Bug]:
    """Every bug, in the order of the files and of their rows. Raises BugInvalide."""
    bugs: list[Bug] = []
    for file in sorted(folder.glob("*.toml")):
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("bug", [])
        bugs += [_bug(file.stem, row) for row in rows]
    seen: set[str] = set()
    for bug in bugs:
        if bug.id in seen:
            raise BugInvalide(f"{bug.groupe}.toml: {bug.id} is there twice")
        seen.add(bug.id)
    return bugs


def _bug(groupe: str, row: dict[str, Any]) -> Bug:
    wanted = {field.name for field in fields(Bug)} - {"groupe"}
    name = row.get("id", "a bug without id")
    if set(row) != wanted:
        raise BugInvalide(f"{groupe}.toml: {name}: the keys are {', '.join(sorted(wanted))}")
    bug = Bug(groupe=groupe, **{**row, "tests": tuple(row["tests"])})
    if not bug.tests or not bug.cost or bug.old == bug.new:
        raise BugInvalide(f"{groupe}.toml: {name}: it names no test, no cost, or changes nothing")
    return bug
