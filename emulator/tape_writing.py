"""A tape from a few words: `tp-emulator tape new`. What is written is read again before anyone sees it.

    an outage   "PLATFORM EFFECT FROM TO [key=value ...]"     shut at FROM, open again at TO
    an event    "PLATFORM EFFECT AT [key=value ...]"          an effect without an end, or an incident

Keys: services=a,b and magasins=a,b narrow it, source=... says where the date comes from (without: a guess), note=...;
any other key is a parameter of the effect, its value JSON when it can be read so (statut=503), else text.
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tierspayant.emulator.tape import BACK, BandeInvalide, Tape, read_tape
from tierspayant.emulator.tape_incidents import INCIDENTS

_LISTS = ("services", "magasins")
_TEXTS = ("source", "note")


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
        parametres = {key: value for key, value in self.words.items() if key not in (*_LISTS, *_TEXTS)}
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
    return plain, {key: _value(key, value) for key, _, value in (one.partition("=") for one in named)}


def _value(key: str, written: str) -> Any:
    if key in _LISTS:
        return written.split(",")
    if key in _TEXTS:
        return written
    try:
        value = json.loads(written)
    except ValueError:
        return written
    return value if isinstance(value, bool | int | float | str) else written


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
