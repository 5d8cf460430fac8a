"""What an attempt can come to. The type of an outcome says what its holder may do next (delivery.md's table).

A dialect's client makes Answer, Refus, Unreadable, NotNow and NotYou from a platform's reply; the exchange makes
NotSent and AnswerUnknown from what the connection did. Nothing else exists: the policy handles these seven.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from tierspayant.schemas.messages import Motif, Reponse


class NatureRefus(StrEnum):
    """What a business *no* allows: the code table (codes.toml) gives each code its nature."""

    DEFINITIF = "definitif"
    PLUS_TARD = "plus_tard"
    RATTACHER = "rattacher"
    COMPLETER = "completer"


class RaisonCompte(StrEnum):
    """Why the platform does not accept this shop's account."""

    REFUSE = "refuse"
    EXPIRE = "expire"
    REINITIALISER = "reinitialiser"
    CODE = "code"
    VERROUILLE = "verrouille"
    NON_REACTIVE = "non_reactive"
    CERTIFICAT = "certificat"


@dataclass(frozen=True, slots=True)
class Answer:
    """A valid answer: settle with it."""

    reponse: Reponse


@dataclass(frozen=True, slots=True)
class Refus:
    """A business *no*. `reponse` is what the platform answered, None when it was a fault about our message."""

    nature: NatureRefus
    motifs: tuple[Motif, ...]
    reponse: Reponse | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The body never left: the same bytes may be sent again freely."""

    cause: str


@dataclass(frozen=True, slots=True)
class AnswerUnknown:
    """The platform may have acted: ask the state before any resend."""

    cause: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that cannot be read, or that answers another message: keep the bytes, hold, alarm, never resend."""

    cause: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """The platform says it cannot take it now (503, 429, maintenance, business *unavailable*): nothing was done."""

    cause: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotYou:
    """The platform refuses this shop's account: hold that account, raise one alarm, do not hammer."""

    raison: RaisonCompte
    cause: str


Outcome: TypeAlias = Answer | Refus | NotSent | AnswerUnknown | Unreadable | NotNow | NotYou
