"""Frozen values to database rows and back, the same for every SQL engine. Times are UTC text of one width."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from tierspayant.adapter.entry import Action, Entry
from tierspayant.schemas import plain
from tierspayant.schemas.messages import Motif

T = TypeVar("T")
Row = Mapping[str, Any]

_BOOLEANS = ("ailleurs", "client_confirme", "en_pause")
_JSON = ("motifs", "action", "donnees")


def instant(moment: dt.datetime | None) -> str | None:
    """UTC, microseconds, one width: text order is time order."""
    if moment is None:
        return None
    assert moment.tzinfo is not None, "a time without zone is never stored"
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


MICRO = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def micros(moment: dt.datetime) -> int:
    """Microseconds since 1970: where SQL must reckon with an instant."""
    return (moment - _EPOCH) // MICRO


def from_micros(valeur: int) -> dt.datetime:
    return _EPOCH + valeur * MICRO


def entry_row(entry: Entry) -> dict[str, Any]:
    """The columns of an entry, but for its fingerprint."""
    row = {nom: getattr(entry, nom) for nom in Entry.__dataclass_fields__}
    row["service"] = entry.service
    row["motifs"] = plain.to_json(entry.motifs).decode()
    row["action"] = None if entry.action is None else plain.to_json(entry.action).decode()
    return text_row(row)


def text_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Plain column values: times and dates as text, enumerations as their word, booleans as 0 or 1."""
    return {nom: _column(valeur) for nom, valeur in row.items()}


def _column(valeur: Any) -> Any:
    if isinstance(valeur, dt.datetime):
        return instant(valeur)
    if isinstance(valeur, dt.date):
        return valeur.isoformat()
    if isinstance(valeur, bool):
        return int(valeur)
    return str(valeur) if isinstance(valeur, str) else valeur


def entry(row: Row) -> Entry:
    champs = {nom: row[nom] for nom in Entry.__dataclass_fields__}
    champs["motifs"] = plain.from_json(tuple[Motif, ...], row["motifs"].encode())
    if row["action"] is not None:
        champs["action"] = plain.from_json(Action, row["action"].encode())
    return _value(Entry, champs)


@cache
def _columns_of(cible: Any) -> tuple[str, ...]:
    """A frozen value's fields are its table's columns."""
    return tuple(champ.name for champ in fields(cible))


def value(cible: type[T], row: Row) -> T:
    """The frozen value of type `cible` whose fields are columns of the row."""
    champs = {nom: row[nom] for nom in _columns_of(cast(Any, cible))}
    if "donnees" in champs:
        champs["donnees"] = msgspec.json.decode(champs["donnees"])
    if "motifs" in champs:
        champs["motifs"] = plain.from_json(tuple[Motif, ...], champs["motifs"].encode())
    return _value(cible, champs)


def _value(cible: type[T], champs: dict[str, Any]) -> T:
    for nom in _BOOLEANS:
        if nom in champs:
            champs[nom] = bool(champs[nom])
    return msgspec.convert(champs, cible, from_attributes=True)
