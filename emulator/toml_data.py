"""Package data in TOML, read into typed rows: a wrong row is refused with its file, line, key and reason.

Every data file of the emulator is a table of lists (`[[amc]]`, `[[personne]]`, ...). Reading is strict: an unknown key,
a missing key or a wrong type stops the program before it serves a single wrong answer.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

from tierspayant.schemas.plain import from_plain

T = TypeVar("T")

_PATH = re.compile(r" - at `\$(?:\[(\d+)\])?(.*)`$")


class DonneeInvalide(ValueError):
    """A data file is wrong: the text says file, line, key and why."""


def read_text(name: str) -> str:
    """The text of a data file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


DATA_GROUP = "tierspayant.plateformes"
"""Entry points that name a package whose folder holds further rows of plateformes.toml, amc.toml, population.toml."""


def read_texts(name: str) -> dict[str, str]:
    """That data file by where it is: this package's first, then one of each installed package that adds platforms."""
    found = {name: read_text(name)}
    for point in sorted(entry_points(group=DATA_GROUP), key=lambda one: one.name):
        added = files(point.value).joinpath(name)
        if added.is_file():
            found[f"{point.value}/{name}"] = added.read_text(encoding="utf-8")
    return found


def read_rows(file_name: str, text: str, table: str, row: type[T]) -> tuple[T, ...]:
    """Every `[[table]]` of a TOML text as `row`. Raises DonneeInvalide."""
    try:
        raw = tomllib.loads(text).get(table, [])
    except tomllib.TOMLDecodeError as wrong:
        raise DonneeInvalide(f"{file_name}: {wrong}") from None
    rows = []
    for rank, one in enumerate(raw):
        try:
            rows.append(from_plain(row, one))
        except msgspec.ValidationError as wrong:
            raise DonneeInvalide(_located(file_name, text, table, rank, str(wrong))) from None
    return tuple(rows)


def line_of(text: str, table: str, rank: int) -> int:
    """The line of the header of the rank-th `[[table]]`, counted from 1."""
    headers = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{table}]]"]
    return headers[rank] if rank < len(headers) else 1


def _located(file_name: str, text: str, table: str, rank: int, reason: str) -> str:
    path = _PATH.search(reason)
    key = (path.group(2) if path else "").lstrip(".")
    said = _PATH.sub("", reason)
    return f"{file_name}:{line_of(text, table, rank)}: {table}[{rank}]{'.' + key if key else ''}: {said}"


def refuse(file_name: str, text: str, table: str, rank: int, reason: str) -> DonneeInvalide:
    """The error of a row that is well formed and still wrong (a code twice, a reference to nothing)."""
    return DonneeInvalide(f"{file_name}:{line_of(text, table, rank)}: {table}[{rank}]: {reason}")


Plain = dict[str, Any]
"""JSON-able values, as the control API and the snapshots carry them."""
