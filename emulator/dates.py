"""Business dates of Europe/Paris, and dates written relative to the start of a session.

Data files write a date as `2021-06-15` (fixed), `-P2Y6M` or `+P10D` (from the session's start day), `debut_annee` or
`fin_annee` (of the session's year; a session that starts in the last sixty days of a year gets the next year's end), so
that a test card is never stale by accident (world.md; ours).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
TRANSFER_HOUR = 6
"""Transfers leave at 06:00 Paris time (ours)."""

_RELATIVE = re.compile(r"([+-])P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


def business_day(now: dt.datetime) -> dt.date:
    """The day it is in Paris."""
    return now.astimezone(PARIS).date()


def midnight(day: dt.date) -> dt.datetime:
    """The first instant of a Paris day."""
    return dt.datetime.combine(day, dt.time(), PARIS)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month, or the month's last day when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def resolve(written: str, start: dt.date) -> dt.date:
    """A date as data files write it. Raises ValueError with a reason."""
    if written == "debut_annee":
        return dt.date(start.year, 1, 1)
    if written == "fin_annee":
        return dt.date((start + dt.timedelta(days=60)).year, 12, 31)
    relative = _RELATIVE.fullmatch(written)
    if relative is None:
        return dt.date.fromisoformat(written)
    sign = -1 if relative[1] == "-" else 1
    years, months, days = (int(part or 0) for part in relative.groups()[1:])
    return add_months(start, sign * (years * 12 + months)) + dt.timedelta(days=sign * days)


def age(birth: dt.date, day: dt.date) -> int:
    """Whole years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def working_days_later(day: dt.date, days: int) -> dt.date:
    """`days` working days after `day` (Monday to Friday; public holidays are not modelled)."""
    while days > 0:
        day += dt.timedelta(days=1)
        days -= day.weekday() < 5
    return day


def transfer_instant(day: dt.date) -> dt.datetime:
    """When the transfers of a day leave."""
    return dt.datetime.combine(day, dt.time(TRANSFER_HOUR), PARIS)
