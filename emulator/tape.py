"""Tapes: dated outages on the virtual clock, as TOML (tapes/*.toml), each event with its source or marked as a guess.

    titre = "..."
    debut = 2024-01-29T09:00:00+01:00        # where a session's clock starts
    fin   = 2024-03-15T09:00:00+01:00

    [[evenement]]
    a = 2024-01-29T15:00:00+01:00
    plateforme = "viamedis"
    services = ["droits"]                    # absent: all
    magasins = ["759999014"]                 # absent: all
    effet = "http"                           # an effect, or "retour": what the tape shut opens again
    parametres = { statut = 503 }
    source = "..."                           # or suppose = true

A new effect takes the place of the tape's earlier one on the same services. `retour` for some shops only leaves the
others shut. An incident (tape_incidents.py: `prorogation_pec`, `migration_amc`, ...) happens once. Pure: no clock.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from tierspayant.emulator import platforms_data
from tierspayant.emulator.effects import Effects, parametres_of, parse
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.tape_incidents import INCIDENTS
from tierspayant.emulator.tape_incidents import parametres_of as incident_of
from tierspayant.emulator.toml_data import line_of
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.operations import Service
from tierspayant.schemas.plain import from_plain, located

ON_PORT = ("refus_connexion", "tls")
BACK = "retour"
MAX_EVENTS = 2000
"""An eventful year has some hundred."""


class BandeInvalide(ValueError):
    """A tape is wrong; the text says file, line, key and why."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    a: dt.datetime
    plateforme: str
    effet: str
    services: tuple[Service, ...] | None = None
    magasins: tuple[Finess, ...] | None = None
    parametres: dict[str, Any] = {}
    source: str | None = None
    suppose: bool = False
    note: str | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    titre: str
    debut: dt.datetime
    fin: dt.datetime
    evenement: list[dict[str, Any]] = []


@dataclass(frozen=True, slots=True)
class Tape:
    """A tape whose every event was read and found possible. `source`: its TOML text."""

    nom: str
    titre: str
    debut: dt.datetime
    fin: dt.datetime
    events: tuple[_Event, ...]
    source: str

    def rebased(self, start: dt.datetime) -> Tape:
        """The same tape lived from another instant on."""
        shift = start - self.debut
        events = tuple(msgspec.structs.replace(one, a=one.a + shift) for one in self.events)
        return replace(self, debut=start, fin=self.fin + shift, events=events)

    def as_plain(self) -> dict[str, str]:
        """What brings it back (from_plain_tape), as plain JSON."""
        return {"nom": self.nom, "debut": self.debut.isoformat(), "source": self.source}


def names() -> list[str]:
    """The tapes shipped with the emulator."""
    folder = files(__package__).joinpath("tapes")
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def load(name_or_file: str) -> Tape:
    """A shipped tape by name, or one from a file. Raises BandeInvalide."""
    if name_or_file in names():
        text = files(__package__).joinpath("tapes", f"{name_or_file}.toml").read_text(encoding="utf-8")
        return read_tape(text, name_or_file)
    path = Path(name_or_file)
    if not path.is_file():
        raise BandeInvalide(f"there is no tape {name_or_file}; there are {', '.join(names())}, or give a file")
    try:
        return read_tape(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise BandeInvalide(f"{path}: this is no text in UTF-8") from None
    except OSError as wrong:
        raise BandeInvalide(f"{path}: {wrong.strerror}") from None


def read_tape(text: str, nom: str) -> Tape:
    """A tape from its text. Raises BandeInvalide naming line, key and reason."""
    try:
        whole = from_plain(_File, tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise BandeInvalide(f"{nom}:{_line_said(str(wrong), text)}: {wrong}") from None
    except msgspec.ValidationError as wrong:
        raise BandeInvalide(f"{nom}:1: {_said(wrong)}") from None
    if whole.debut.tzinfo is None or whole.fin.tzinfo is None or whole.fin <= whole.debut:
        raise BandeInvalide(f"{nom}:1: debut and fin carry an offset, and fin comes after debut")
    if len(whole.evenement) > MAX_EVENTS:
        raise BandeInvalide(f"{nom}: more than {MAX_EVENTS} events")
    events: list[_Event] = []
    for rank, raw in enumerate(whole.evenement):
        try:
            event = from_plain(_Event, raw)
            _check(event, whole, events)
        except (msgspec.ValidationError, ValueError) as wrong:
            place = f"{nom}:{line_of(text, 'evenement', rank)}: evenement {rank + 1}"
            raise BandeInvalide(f"{place}: {_said(wrong)}") from None
        events.append(event)
    return Tape(nom, whole.titre, whole.debut, whole.fin, tuple(events), text)


def _said(wrong: Exception) -> str:
    """The reason, with its key in front."""
    if not isinstance(wrong, msgspec.ValidationError):
        return str(wrong)
    path, reason = located(wrong)
    return f"{path.lstrip('.')}: {reason}" if path else reason


def _line_said(reason: str, text: str) -> int:
    """The line of a fault of TOML: it names one, or means the end."""
    line = re.search(r"at line (\d+)", reason)
    return int(line[1]) if line else len(text.splitlines())


def from_plain_tape(value: Mapping[str, str]) -> Tape:
    """The tape that `as_plain` was taken of."""
    return read_tape(value["source"], value["nom"]).rebased(dt.datetime.fromisoformat(value["debut"]))


def _check(event: _Event, whole: _File, before: list[_Event]) -> None:
    """Raises ValueError with the reason."""
    _check_instant(event, whole, before)
    if (event.source is None) != event.suppose:
        raise ValueError("give a source, or suppose = true for a guess")
    if event.plateforme not in platforms_data.load():
        raise ValueError(f"plateforme: there is no {event.plateforme}")
    if event.effet in INCIDENTS:
        incident_of(event.effet, event.parametres)
    elif event.effet != BACK:
        parametres_of(event.effet, event.parametres, "parametres")
    if event.services is not None or event.magasins is not None:
        if event.effet in ON_PORT:
            raise ValueError(f"effet: {event.effet} strikes a whole port: no services, no magasins")
        if event.effet in INCIDENTS:
            raise ValueError(f"effet: {event.effet} happens to a whole platform: no services, no magasins")
    if event.effet == BACK:
        _check_back(event, before)


def _check_instant(event: _Event, whole: _File, before: list[_Event]) -> None:
    if event.a.tzinfo is None:
        raise ValueError("a: write the offset, for example 2024-01-29T15:00:00+01:00")
    if not whole.debut <= event.a <= whole.fin:
        raise ValueError("a: outside debut and fin")
    if before and event.a < before[-1].a:
        raise ValueError("a: earlier than the event before it; events stand in order")


def _check_back(event: _Event, before: list[_Event]) -> None:
    """Raises ValueError when there is nothing to open, or it does not open so."""
    last = next((one for one in reversed(before) if _same_place(one, event)), None)
    if last is None:
        raise ValueError(f"effet: nothing of {event.plateforme} is shut there that could open again")
    if last.effet in ON_PORT and (event.services is not None or event.magasins is not None):
        raise ValueError(f"effet: a port shut by {last.effet} opens whole")


def _same_place(shut: _Event, back: _Event) -> bool:
    if shut.plateforme != back.plateforme or shut.effet == BACK or shut.effet in INCIDENTS:
        return False
    return shut.services is None or back.services is None or bool(set(shut.services) & set(back.services))


@dataclass(slots=True)
class Playing:
    """Where a session stands in its tape."""

    tape: Tape
    done: int = 0

    def next_due(self) -> dt.datetime | None:
        return self.tape.events[self.done].a if self.done < len(self.tape.events) else None

    def take(self, now: dt.datetime) -> list[_Event]:
        """The events due up to `now`, each once."""
        first = self.done
        while self.done < len(self.tape.events) and self.tape.events[self.done].a <= now:
            self.done += 1
        return list(self.tape.events[first : self.done])


def apply(event: _Event, effects: Effects, plateformes: Mapping[str, PlatformData], shared_port: bool = False) -> None:
    """Make an event's effects those in force. A platform that is not served here is passed over.

    On a port that sessions share, a refused connection becomes the nearest thing: a reset at the request line.
    """
    if event.plateforme not in plateformes or event.effet in INCIDENTS:
        return
    shops = None if event.magasins is None else frozenset(one.clair for one in event.magasins)
    services = list(Service) if event.services is None else list(event.services)
    if event.effet == BACK:
        _open(effects, event.plateforme, frozenset(services), shops)
        return
    if shops is None:
        _open(effects, event.plateforme, frozenset(services), None)
    one: dict[str, Any] = {"plateforme": event.plateforme, "effet": event.effet, "parametres": event.parametres}
    if event.effet == "refus_connexion" and shared_port:
        one |= {"effet": "coupure", "parametres": {"point": "connexion"}}
    whole = [one]
    if event.effet not in ON_PORT:
        whole = [
            {**one, "service": service.value, **({} if shop is None else {"magasin": shop})}
            for service in services
            for shop in (sorted(shops) if shops else [None])
        ]
    effects.tape.extend(parse(whole, plateformes, shared_port=False))


def _open(effects: Effects, plateforme: str, services: frozenset[Service], shops: frozenset[str] | None) -> None:
    """What the tape shut there opens again, for all shops or for some."""
    kept = []
    for one in effects.tape:
        elsewhere = one.plateforme != plateforme or (one.service is not None and one.service not in services)
        if elsewhere:
            kept.append(one)
        elif shops is not None and one.magasin not in shops:
            one.sauf |= shops
            kept.append(one)
    effects.tape[:] = kept
