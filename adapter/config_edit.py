"""Adding to adapter.toml without losing what a person wrote there: tables are appended or replaced as text.

Comments and order stay. The file is written to a temporary name and renamed, keeps its mode, and is read back through
the checks of config.py before it takes the place of the old one.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from tierspayant.adapter.config import ConfigInvalid, load

Value: TypeAlias = str | int | bool


def table(name: str, values: Mapping[str, Value]) -> str:
    """One TOML table as text. JSON's strings, integers and booleans are TOML's too."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def with_table(text: str, name: str, values: Mapping[str, Value]) -> str:
    """The text with that table in place of the one of the same name, or at its end."""
    written = table(name, values)
    former = re.compile(rf"^\[{re.escape(name)}\][^\n]*\n(?:(?!\[)[^\n]*\n)*", re.MULTILINE)
    if former.search(text):
        return former.sub(lambda _found: written + "\n", text, count=1)
    return text.rstrip("\n") + "\n\n" + written


def write_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Whole or not at all: temporary file in the same folder, flushed to disk, renamed."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """A rename survives a power cut once its folder is on disk; Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def edit(file: Path, tables: Mapping[str, Mapping[str, Value]]) -> None:
    """Put the tables into the configuration. Raises ConfigInvalid, and changes nothing, if it would not be valid."""
    text = file.read_text(encoding="utf-8")
    for name, values in tables.items():
        text = with_table(text, name, values)
    trial = file.with_name(f".{file.name}.essai")
    write_file(trial, text)
    try:
        load(trial)
    except ConfigInvalid as error:
        raise ConfigInvalid([line.replace(str(trial), str(file)) for line in error.lines]) from None
    finally:
        trial.unlink(missing_ok=True)
    write_file(file, text, file.stat().st_mode & 0o777)
