"""The virtual clock of one session in the control API: freeze, resume, advance, set, speed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from tierspayant.emulator.clock import MAX_SPEED, HorsBornes, VirtualClock
from tierspayant.emulator.control_evidence import Asked
from tierspayant.emulator.effects import convert
from tierspayant.emulator.problem import Problem, json_response
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.wire import HttpResponse

DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,5})W|(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?)"
)


class ClockOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    freeze: bool | None = None
    resume: bool | None = None
    advance: str | None = None
    set: dt.datetime | None = None
    speed: Annotated[float, Meta(gt=0, le=MAX_SPEED)] | None = None


def duration(written: str, place: str) -> dt.timedelta:
    """An ISO 8601 duration in weeks or days and time (years and months have no fixed length). Raises Problem."""
    found = DURATION.fullmatch(written)
    parts = {nom: value for nom, value in found.groupdict().items() if value} if found else {}
    if not parts:
        raise Problem(422, "champ_invalide", "a positive ISO 8601 duration such as P3DT2H or PT90S", place)
    seconds, _, fraction = parts.pop("seconds", "0").partition(".")
    whole = dt.timedelta(**{nom: int(value) for nom, value in parts.items()})
    return whole + dt.timedelta(seconds=int(seconds), microseconds=int(fraction.ljust(6, "0")))


def get_clock(session: Session, asked: Asked) -> HttpResponse:
    return json_response(session.clock.describe())


def post_clock(session: Session, asked: Asked) -> HttpResponse:
    order = convert(ClockOrder, asked.json(), "$")
    given = [nom for nom in order.__struct_fields__ if getattr(order, nom) is not None]
    if len(given) != 1:
        raise Problem(422, "champ_invalide", "give exactly one of freeze, resume, advance, set, speed", "$")
    if False in (order.freeze, order.resume):
        raise Problem(422, "champ_invalide", f"{given[0]} is true or absent", f"$.{given[0]}")
    try:
        _move(session.clock, order)
    except HorsBornes as out:
        raise Problem(422, "horloge_hors_bornes", str(out), f"$.{given[0]}") from None
    return json_response(session.clock.describe())


def _move(clock: VirtualClock, order: ClockOrder) -> None:
    """Raises HorsBornes, and Problem for a duration that is none."""
    if order.freeze:
        clock.freeze()
    elif order.resume:
        clock.resume()
    elif order.advance is not None:
        clock.advance(duration(order.advance, "$.advance"))
    elif order.set is not None:
        clock.set(order.set)
    elif order.speed is not None:
        clock.set_speed(order.speed)
