"""SQL kept in files: named statements (queries/<engine>.sql), numbered migrations (migrations/<engine>/NNNN_*.sql)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_NUMBERED = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    numero: int
    nom: str
    sql: str


@cache
def statements(engine: str) -> Mapping[str, str]:
    """Each named statement of an engine ('sqlite', 'postgres')."""
    texte = files(__package__).joinpath("queries", f"{engine}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(texte)
    return {nom: sql.strip() for nom, sql in zip(parts[::2], parts[1::2], strict=True)}


@cache
def migrations(engine: str) -> tuple[Migration, ...]:
    """Every migration of an engine in order; the numbers are the same for all engines and have no hole."""
    found = []
    for fichier in files(__package__).joinpath("migrations", engine).iterdir():
        trouve = _NUMBERED.fullmatch(fichier.name)
        if trouve is not None:
            found.append(Migration(int(trouve[1]), trouve[2], fichier.read_text(encoding="utf-8")))
    found.sort(key=lambda une: une.numero)
    assert [une.numero for une in found] == list(range(1, len(found) + 1)), f"{engine}: a migration number is missing"
    return tuple(found)
