"""The catalogue of failures, and which of them strikes an exchange.

An effect is a row of plain JSON (interfaces.md): where it strikes (platform, logical service, operation, shop), what it
does, and how often (`fois`, or with a `probabilite` drawn from the session's own chance). Of the effects that match an
exchange the first that answers or cuts wins; `lenteur` and `goutte` add to it. An effect that is narrower than what is
known of a message (a service path carries several services until its body is read) waits until it is sure.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from tierspayant.emulator.effect_kinds import (
    ADDING,
    CATALOGUE,
    WHOLE_PORT,
    Coupure,
    FauteSoap,
    Goutte,
    Lenteur,
    Parametres,
    Point,
)
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.toml_data import Plain
from tierspayant.schemas import codes, platforms
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.operations import Operation, Service
from tierspayant.schemas.plain import from_plain, located, to_plain

MAX_EFFECTS = 1000
"""Effects in force in one session: each exchange looks at all of them."""
TOUS = "*"
"""A service of '*' (or none) means every service of the platform."""

MAX_DELAY = dt.timedelta(days=366)
"""Of one slow answer: beyond a year it is a typing error."""

T = TypeVar("T")
S = TypeVar("S", bound=StrEnum)
P = TypeVar("P", bound=Parametres)


class EffetInvalide(ValueError):
    """An effect from outside is wrong. `champ` is the JSON path of the fault."""

    def __init__(self, champ: str, reason: str) -> None:
        super().__init__(f"{champ}: {reason}")
        self.champ = champ
        self.reason = reason


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    plateforme: str
    effet: str
    service: str | None = None
    operation: str | None = None
    magasin: Finess | None = None
    parametres: dict[str, Any] = {}
    fois: Annotated[int, Meta(ge=1)] | None = None
    probabilite: Annotated[float, Meta(gt=0, le=1)] | None = None


@dataclass(slots=True, kw_only=True)
class Effet:
    """One effect in force. `fois` counts down; None is for ever. `sauf`: shops that a tape lets through already."""

    plateforme: str
    effet: str
    parametres: Parametres
    service: Service | None = None
    operation: str | None = None
    operations: frozenset[Operation] | None = None
    magasin: str | None = None
    fois: int | None = None
    probabilite: float | None = None
    sauf: frozenset[str] = frozenset()

    def strikes(self, possible: Iterable[tuple[Service, Operation]], magasin: str | None) -> bool:
        """Whether it strikes for sure, whichever of the `possible` operations the message turns out to be."""
        if self.sauf and (magasin is None or magasin in self.sauf):
            return False
        return (self.magasin is None or self.magasin == magasin) and all(
            (self.service is None or self.service is service) and (self.operations is None or one in self.operations)
            for service, one in possible
        )

    def shown(self) -> Plain:
        """The effect as plain JSON, as it was put, `fois` being what is left."""
        row: Plain = {"plateforme": self.plateforme, "service": self.service or TOUS, "effet": self.effet}
        for nom in ("operation", "magasin", "fois", "probabilite"):
            if (value := getattr(self, nom)) is not None:
                row[nom] = value
        if self.sauf:
            row["sauf"] = sorted(self.sauf)
        return row | {"parametres": to_plain(self.parametres)}


@dataclass(frozen=True, slots=True)
class Strike:
    """What strikes one exchange: at most one effect that answers or cuts, and what slows the answer."""

    principal: Parametres | None = None
    delay: dt.timedelta = dt.timedelta(0)
    drip: int | None = None
    names: tuple[str, ...] = ()


NOTHING = Strike()


def parse(value: object, plateformes: Mapping[str, PlatformData], shared_port: bool) -> list[Effet]:
    """A whole list of effects from plain JSON, or none of them. Raises EffetInvalide with the JSON path."""
    if not isinstance(value, list):
        raise EffetInvalide("$", "a list of effects is expected")
    if len(value) > MAX_EFFECTS:
        raise EffetInvalide("$", f"more than {MAX_EFFECTS} effects")
    return [_parse_one(one, f"$[{rank}]", plateformes, shared_port) for rank, one in enumerate(value)]


def _parse_one(value: object, place: str, plateformes: Mapping[str, PlatformData], shared_port: bool) -> Effet:
    row = convert(_Row, value, place)
    if row.plateforme not in plateformes:
        raise EffetInvalide(f"{place}.plateforme", f"no such platform; there are {', '.join(plateformes)}")
    parametres = parametres_of(row.effet, row.parametres, place)
    _check(row, parametres, place, shared_port)
    return Effet(
        plateforme=row.plateforme,
        effet=row.effet,
        parametres=parametres,
        service=_one_of(Service, row.service, f"{place}.service"),
        operation=row.operation,
        operations=_operations(plateformes[row.plateforme], row.operation, f"{place}.operation"),
        magasin=row.magasin.clair if row.magasin else None,
        fois=row.fois,
        probabilite=row.probabilite,
    )


def parametres_of(effet: str, parametres: object, place: str) -> Parametres:
    """The parameters of an effect by its identifier. Raises EffetInvalide."""
    kind = CATALOGUE.get(effet)
    if kind is None:
        raise EffetInvalide(f"{place}.effet", f"no such effect; there are {', '.join(CATALOGUE)}")
    return convert(kind, parametres, f"{place}.parametres")


def _operations(plateforme: PlatformData, written: str | None, place: str) -> frozenset[Operation] | None:
    """The operations a name means: a logical one (`facture`) or the dialect's own (`Valoriser` is a quote or a PEC)."""
    if written is None:
        return None
    names = platforms.dialects()[plateforme.dialecte].names
    found = frozenset(one for one, nom in names.items() if written in (one.value, nom))
    if not found:
        known = dict.fromkeys((*(one.value for one in names), *names.values()))
        raise EffetInvalide(place, f"unknown to this platform; there are {', '.join(known)}")
    return found


def _check(row: _Row, parametres: Parametres, place: str, shared_port: bool) -> None:
    if isinstance(parametres, Lenteur) and not dt.timedelta(0) <= parametres.duree <= MAX_DELAY:
        raise EffetInvalide(f"{place}.parametres.duree", f"from nothing to {MAX_DELAY.days} days")
    if isinstance(parametres, FauteSoap) and parametres.code not in (known := _technical()):
        raise EffetInvalide(f"{place}.parametres.code", f"no such technical code; there are {', '.join(known)}")
    if not isinstance(parametres, WHOLE_PORT):
        return
    narrowed = [nom for nom in ("operation", "magasin", "fois", "probabilite") if getattr(row, nom) is not None]
    if row.service not in (None, TOUS):
        narrowed.append("service")
    if narrowed:
        raise EffetInvalide(f"{place}.{narrowed[0]}", f"{row.effet} strikes a whole port: it cannot be narrowed")
    if shared_port:
        raise EffetInvalide(
            f"{place}.effet",
            f"{row.effet} strikes a port that all sessions share: only the session default may have it; "
            'use coupure {"point": "connexion"} here',
        )


def _technical() -> list[str]:
    return [code for code in codes.table() if code.startswith("TEC")]


def convert(kind: type[T], value: object, place: str) -> T:
    """A plain value as `kind`. Raises EffetInvalide with the JSON path."""
    try:
        return from_plain(kind, value)
    except msgspec.ValidationError as wrong:
        path, reason = located(wrong)
        raise EffetInvalide(place + path, reason) from None


def _one_of(kind: type[S], written: str | None, place: str) -> S | None:
    if written is None or written == TOUS:
        return None
    try:
        return kind(written)
    except ValueError:
        raise EffetInvalide(place, f"unknown; there are {', '.join(kind)}") from None


@dataclass(slots=True)
class Effects:
    """The effects in force in one session: those put by hand, then those of its tape."""

    chance: random.Random
    manual: list[Effet] = field(default_factory=list)
    tape: list[Effet] = field(default_factory=list)

    def on_port(self, plateforme: str, kind: type[P]) -> P | None:
        """The first effect of this kind on a platform's listener."""
        found = (one.parametres for one in self._all() if one.plateforme == plateforme)
        return next((one for one in found if isinstance(one, kind)), None)

    def at_connection(self, plateforme: str, possible: Sequence[tuple[Service, Operation]]) -> bool:
        """Whether the connection is cut before the body is read (counts as one strike)."""
        for one in self._all():
            cut = isinstance(one.parametres, Coupure) and one.parametres.point is Point.CONNEXION
            if cut and one.plateforme == plateforme and one.strikes(possible, None) and self._happens(one):
                return True
        return False

    def pick(self, plateforme: str, possible: Sequence[tuple[Service, Operation]], magasin: str | None) -> Strike:
        """What strikes an exchange; counts it, and draws from the session's chance in the order of the list."""
        if not self.manual and not self.tape:
            return NOTHING
        principal: Parametres | None = None
        delay, drip, names = dt.timedelta(0), None, []
        for one in self._all():
            adding = isinstance(one.parametres, ADDING)
            if one.plateforme != plateforme or isinstance(one.parametres, WHOLE_PORT):
                continue
            if (principal is not None and not adding) or not one.strikes(possible, magasin) or not self._happens(one):
                continue
            names.append(one.effet)
            if isinstance(one.parametres, Lenteur):
                delay += one.parametres.duree
            elif isinstance(one.parametres, Goutte):
                drip = one.parametres.octets_s
            else:
                principal = one.parametres
        return Strike(principal, delay, drip, tuple(names))

    def _all(self) -> list[Effet]:
        return [*self.manual, *self.tape]

    def _happens(self, one: Effet) -> bool:
        if one.probabilite is not None and self.chance.random() >= one.probabilite:
            return False
        if one.fois is not None:
            one.fois -= 1
            if one.fois == 0:
                for owner in (self.manual, self.tape):
                    owner[:] = [other for other in owner if other is not one]
        return True
