"""A tape from a few words: `tp-emulator tape new`. What is written is read again before anyone sees it.

    an outage   "PLATFORM EFFECT FROM TO [key=value ...]"     shut at FROM, open again at TO
    an event    "PLATFORM EFFECT AT [key=value ...]"          an effect without an end, or an incident

Keys: services=a,b and magasins=a,b narrow it, source=... says where the date comes from (without: a guess), note=...;
any other key is a parameter of the effect, read as what that parameter is (statut=503 a number, tarif=2027 a text).
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tierspayant.emulator.effect_kinds import CATALOGUE
from tierspayant.emulator.tape import BACK, BandeInvalide, Tape, read_tape
from tierspayant.emulator.tape_incidents import INCIDENTS
from tierspayant.schemas.plain import to_plain

_LISTS = ("services", "magasins")
_TEXTS = ("source", "note")
_OURS = (*_LISTS, *_TEXTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    a: dt.datetime
    plateforme: str
    effet: str
    words: dict[str, Any] = field(default_factory=dict)

    def toml(self) -> str:
        lines = ["[[evenement]]", f"a = {self.a.isoformat()}", f"plateforme = {_text(self.plateforme)}"]
        lines += [f"{nom} = {json.dumps(self.words[nom])}" for nom in _LISTS if nom in self.words]
        lines.append(f"effet = {_text(self.effet)}")
        parametres = _parametres(self.effet, {key: self.words[key] for key in self.words if key not in _OURS})
        if parametres and self.effet != BACK:
            said = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in parametres.items())
            lines.append(f"parametres = {{ {said} }}")
        lines += [f"{nom} = {_text(self.words[nom])}" for nom in _TEXTS if nom in self.words]
        if "source" not in self.words:
            lines.append("suppose = true")
        return "\n".join(lines)


def write(title: str, start: dt.datetime, end: dt.datetime, outages: Iterable[str], events: Iterable[str]) -> str:
    """The TOML text of a tape that can be lived. Raises BandeInvalide with the reason."""
    rows = [row for said in outages for row in _outage(said)] + [_event(said) for said in events]
    rows.sort(key=lambda row: row.a)
    head = f"titre = {_text(title)}\ndebut = {start.isoformat()}\nfin = {end.isoformat()}"
    text = "\n\n".join([head, *(row.toml() for row in rows)]) + "\n"
    made: Tape = read_tape(text, "new")
    return made.source


def _outage(said: str) -> list[_Row]:
    words, named = _words(said, ("PLATFORM", "EFFECT", "FROM", "TO"))
    plateforme, effet, since, until = words
    if effet in INCIDENTS:
        raise BandeInvalide(f"{said!r}: {effet} happens once, it does not end: write it as an event")
    lists = {nom: named[nom] for nom in (*_LISTS, "source") if nom in named}
    return [
        _Row(a=instant(since, said), plateforme=plateforme, effet=effet, words=named),
        _Row(a=instant(until, said), plateforme=plateforme, effet=BACK, words=lists),
    ]


def _event(said: str) -> _Row:
    (plateforme, effet, at), named = _words(said, ("PLATFORM", "EFFECT", "AT"))
    return _Row(a=instant(at, said), plateforme=plateforme, effet=effet, words=named)


def _words(said: str, expected: tuple[str, ...]) -> tuple[list[str], dict[str, Any]]:
    try:
        words = shlex.split(said)
    except ValueError as wrong:
        raise BandeInvalide(f"{said!r}: {wrong}") from None
    plain, named = words[: len(expected)], words[len(expected) :]
    if len(plain) < len(expected) or any("=" not in one for one in named):
        raise BandeInvalide(f"{said!r}: write {' '.join(expected)} and then key=value")
    pairs = (one.partition("=") for one in named)
    return plain, {key: value.split(",") if key in _LISTS else value for key, _, value in pairs}


def _parametres(effet: str, written: dict[str, str]) -> dict[str, Any]:
    """The parameters as their effect types them; as they were written when that fails: read_tape says what is wrong."""
    kind: type[msgspec.Struct] | None = INCIDENTS.get(effet) or CATALOGUE.get(effet)
    if kind is None:
        return dict(written)
    try:
        typed = msgspec.convert(written, kind, strict=False, dec_hook=lambda cls, text: cls(text))
    except msgspec.ValidationError:
        return {key: _number(text) for key, text in written.items()}
    return {key: to_plain(getattr(typed, key)) for key in written}


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def instant(written: str, said: str) -> dt.datetime:
    """An ISO 8601 instant with its offset. Raises BandeInvalide."""
    try:
        found = dt.datetime.fromisoformat(written)
    except ValueError:
        raise BandeInvalide(f"{said!r}: {written} is not an ISO 8601 instant") from None
    if found.tzinfo is None:
        raise BandeInvalide(f"{said!r}: write the offset too, for example 2024-01-31T10:00:00+01:00")
    return found


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)
