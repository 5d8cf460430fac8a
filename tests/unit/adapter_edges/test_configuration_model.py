"""The commented configuration that `init` writes: every setting is there, explained, with its true default."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from string import Template
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from tests.write_adapter_reference import _table_of
from tierspayant.adapter import config

TEXT = Template(files(config.__package__).joinpath("modele_configuration.toml").read_text(encoding="utf-8"))
LINES = TEXT.substitute(fichier="adapter.toml").splitlines()
KEY = re.compile(r"(?:# )?([a-z_]+) = (.+)")
TABLE = re.compile(r"(?:# )?\[([a-z0-9.-]+)\]")
NAMED = {"ma-plateforme", "centre", "0011aabb"}
"""What the model calls a platform, a shop and a key."""


def settings(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every key, its tables' names as <name>, with its default (None: it has none, or it is required)."""
    for name, field in model.model_fields.items():
        below = _table_of(field.annotation)
        if below is None:
            yield f"{before}{name}", None if field.is_required() else field.get_default()
        else:
            table, named = below
            yield from settings(table, f"{before}{name}.<name>." if named else f"{before}{name}.")


def shown() -> Iterator[tuple[str, str, int]]:
    """Every key of the model, commented out or not, with its value as text and its line."""
    table = ""
    for rank, line in enumerate(LINES):
        if found := TABLE.fullmatch(line):
            table = ".".join("<name>" if step in NAMED else step for step in found.group(1).split(".")) + "."
        elif found := KEY.fullmatch(line):
            yield f"{table}{found.group(1)}", found.group(2), rank


def test_every_setting_is_in_the_model_and_nothing_else() -> None:
    assert sorted(name for name, _, _ in shown()) == sorted(name for name, _ in settings(config.Settings))


@pytest.mark.parametrize(("name", "rank"), [(name, rank) for name, _, rank in shown()])
def test_a_comment_stands_right_above_each_setting(name: str, rank: int) -> None:
    above = LINES[rank - 1]
    assert above.startswith("# "), name
    assert not KEY.fullmatch(above), name


def test_what_is_shown_is_the_default_where_there_is_one() -> None:
    defaults = dict(settings(config.Settings))
    for name, text, _ in shown():
        default = defaults[name]
        if default is None or default == {} or name == "annuaire":
            continue
        value = tomllib.loads(f"x = {text}")["x"]
        assert TypeAdapter(type(default)).validate_python(value) == default, name


def test_a_model_with_every_setting_in_force_reads_as_toml() -> None:
    bare = [line.removeprefix("# ") if KEY.fullmatch(line) or TABLE.fullmatch(line) else line for line in LINES]
    assert set(tomllib.loads("\n".join(bare))) == set(config.Settings.model_fields)
