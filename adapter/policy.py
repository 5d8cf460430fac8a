"""What to do next with an entry. Pure: the entry, its file, time and chance are arguments; it is decided only here.

The in-doubt protocol is the invariant of the product. An entry is committed as `envoi` before its bytes leave. When its
answer is unknown (or the daemon died), the platform may have acted, may still be acting, or may never have heard of it;
the three look the same from outside. So: wait out the platform's slowest answer, ask for the state by our own
reference, and send the same bytes again only when the platform does not know it. Asking at once would still double:
the first request might be in the middle of being processed. Where no state can be asked by our reference: the
platform's own deduplication if it has one, else a person. tests/simulation removes each of these and sees the platform
bill twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from tierspayant.adapter.entry import Action, Entry, Etat, Geste, Raison
from tierspayant.adapter.ordering import Verdict, obstacle
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.platforms import Traits

PARIS = ZoneInfo("Europe/Paris")

MATIN = dt.time(6)
"""Hour in Paris at which dates that passed are asked about."""
RECUL_BASE = dt.timedelta(seconds=30)
RECUL_MAX = dt.timedelta(minutes=15)
"""Back-off after a failure: half a minute, doubling to a quarter of an hour; a reopening is seen within that time."""
SUIVI_BASE = dt.timedelta(minutes=1)
SUIVI_MAX = dt.timedelta(hours=1)
"""Questions about a delayed decision: platforms take minutes to 48 hours (platforms note §c)."""
SUIVI_FACTURE_BASE = dt.timedelta(hours=1)
SUIVI_FACTURE_MAX = dt.timedelta(hours=6)
"""The same about an invoice: nobody stands waiting for its acceptance, and money takes days. Platforms' own controls
take a good half hour; the first question comes when most of them are over, so that one is mostly enough, and what was
accepted by then is seen within the hour."""
DUREE_DROITS = dt.timedelta(minutes=30)
"""A rights check answers a customer at the counter: later it is asked anew (delivery.md §7)."""
DUREE_DEVIS = dt.timedelta(hours=24)
"""A quote is for a customer of today; nobody is bound by it."""
DELAI_CONFIRMATION = dt.timedelta(days=5)
"""A PEC that waited longer may be for a customer who left: granting it would block him elsewhere (delivery.md §6)."""
AGE_PRESCRIPTION_MAX_JOURS = 5 * 366
"""No prescription of glasses is valid longer than five years (public; the platform knows the finer rules)."""
TIERS_PAYANT = frozenset({Operation.PEC, Operation.PIECES, Operation.FACTURE})
"""What no longer leaves once the customer paid, even what turns out never to have arrived (paid_upfront.py). Rights,
quotes and cancellations harm nobody."""
TENTATIVES_MAX = 40
"""Sends of one entry before a person looks at it; shut services do not count, they cost no attempt."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send it, or send the very same bytes again."""


@dataclass(frozen=True, slots=True)
class AskStatus:
    """Ask the platform what became of it."""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing before `instant`; None: until another entry of its file moves on."""

    instant: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Hold:
    action: Action


@dataclass(frozen=True, slots=True)
class Expire:
    """Overtaken by time, worth nothing any more (droits and devis only)."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Its exchange outlived its lease: the node that sent it is gone (leases.py). What became of it is in doubt."""


Step: TypeAlias = Send | AskStatus | WaitUntil | Hold | Expire | TakeOver


@dataclass(frozen=True, slots=True, kw_only=True)
class Faits:
    """What the shop's body says that time may overtake; None: it does not say."""

    carte_valide_au: dt.date | None = None
    prescription_du: dt.date | None = None
    semblable: str | None = None
    """Reference of the request it would double."""
    operateur_change: str | None = None
    """Where the payer directory sends it today ("platform/insurer"), when that is not where it is queued."""
    avance_client: bool = False
    """The customer paid its file up front (paid_upfront.py)."""
    refoulees: int = 0
    """Sends turned away at the door (no connection, not now, not you): they are the platform's affair, not its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limites:
    """What an operator may set otherwise."""

    tentatives_max: int = TENTATIVES_MAX
    delai_confirmation: dt.timedelta = DELAI_CONFIRMATION


USUAL = Limites()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadre:
    """What is known around an entry when it is looked at."""

    now: dt.datetime
    traits: Traits
    delai_traitement: dt.timedelta
    dossier: Sequence[Entry] = ()
    faits: Faits = Faits()
    limites: Limites = USUAL


class NextStep(Protocol):
    """The decision itself, so that a proof can put a worse one in its place."""

    def __call__(self, entry: Entry, cadre: Cadre) -> Step: ...


def next_step(entry: Entry, cadre: Cadre) -> Step:
    """What to do with an entry that is due."""
    match entry.etat:
        case Etat.EN_FILE:
            return _queued(entry, cadre)
        case Etat.INCERTAINE:
            return _in_doubt(entry, cadre)
        case Etat.ENVOI:
            return TakeOver()
        case _:
            return AskStatus()


def _queued(entry: Entry, cadre: Cadre) -> Step:
    if entry.expire_le is not None and cadre.now >= entry.expire_le:
        return Expire()
    before = obstacle(entry, cadre.dossier)
    if before is not None and before.verdict is Verdict.ATTENDRE:
        return WaitUntil(None)
    if before is not None:
        return Hold(held(before.raison, detail=before.devant.reference))
    if entry.tentatives - cadre.faits.refoulees >= cadre.limites.tentatives_max and not entry.client_confirme:
        return Hold(held(Raison.TENTATIVES_EPUISEES))
    if cadre.faits.avance_client and entry.operation in TIERS_PAYANT:
        return Hold(held(Raison.AVANCE_CLIENT))
    if cadre.faits.semblable is not None and not entry.client_confirme:
        return Hold(held(Raison.DOUBLON_PROBABLE, detail=cadre.faits.semblable))
    if _moved(entry, cadre):
        return Hold(held(Raison.OPERATEUR, detail=cadre.faits.operateur_change))
    raison = _overtaken(entry, cadre)
    return Send() if raison is None else Hold(held(raison))


def _in_doubt(entry: Entry, cadre: Cadre) -> Step:
    assert entry.envoye_le is not None, "an entry in doubt has left"
    sure = entry.envoye_le + cadre.delai_traitement
    if cadre.now < sure:
        return WaitUntil(sure)
    if can_ask(entry, cadre.traits):
        return AskStatus()
    return Send() if deduplicated(entry, cadre.traits) else Hold(held(Raison.DOUTE_SANS_RECHERCHE))


def can_ask(entry: Entry, traits: Traits) -> bool:
    """Whether the platform can be asked what became of an entry whose answer never came.

    Documents and cancellations are seen in the state of what they act on, an invoice also by its own number.
    """
    return traits.recherche_par_reference or entry.operation not in {Operation.DEVIS, Operation.PEC}


def deduplicated(entry: Entry, traits: Traits) -> bool:
    """Whether the platform itself recognises the same message sent again."""
    return traits.dedoublonnage and not (traits.doublon_pec and entry.operation in {Operation.DEVIS, Operation.PEC})


def _moved(entry: Entry, cadre: Cadre) -> bool:
    """Queued since another day, and the payer directory now names another place (`annuaire reroute` moves it)."""
    late = business_day(cadre.now) > business_day(entry.cree_le)
    return late and cadre.faits.operateur_change is not None


def _overtaken(entry: Entry, cadre: Cadre) -> Raison | None:
    """What time has changed for a PEC that the platform never looked at. An invoice for delivered glasses is never held
    here."""
    faits = cadre.faits
    if entry.operation is not Operation.PEC or entry.tentatives > faits.refoulees or entry.client_confirme:
        return None
    jour = business_day(cadre.now)
    if faits.carte_valide_au is not None and faits.carte_valide_au < jour:
        return Raison.CARTE_PERIMEE
    if faits.prescription_du is not None and (jour - faits.prescription_du).days > AGE_PRESCRIPTION_MAX_JOURS:
        return Raison.PRESCRIPTION_PERIMEE
    return Raison.CONFIRMER_CLIENT if cadre.now - entry.cree_le > cadre.limites.delai_confirmation else None


def business_day(moment: dt.datetime) -> dt.date:
    """The calendar day in Paris, where the shops are."""
    return moment.astimezone(PARIS).date()


def morning_after(jour: dt.date) -> dt.datetime:
    """Early on the next day in Paris, when platforms have done their night's work."""
    return dt.datetime.combine(jour + dt.timedelta(days=1), MATIN, PARIS)


_GESTES: dict[Raison, tuple[Geste, ...]] = {
    Raison.CONFIRMER_CLIENT: (Geste.CONFIRMER_CLIENT, Geste.FAIT_AILLEURS, Geste.ABANDONNER),
    Raison.CARTE_PERIMEE: (Geste.CONFIRMER_CLIENT, Geste.FAIT_AILLEURS, Geste.ABANDONNER),
    Raison.PRESCRIPTION_PERIMEE: (Geste.CONFIRMER_CLIENT, Geste.FAIT_AILLEURS, Geste.ABANDONNER),
}


def held(raison: Raison, detail: str | None = None, numeros: tuple[str, ...] = ()) -> Action:
    """What a person is asked for a reason: by default try again, done elsewhere, or give up."""
    gestes = _GESTES.get(raison, (Geste.RELANCER, Geste.FAIT_AILLEURS, Geste.ABANDONNER))
    return Action(raison=raison, gestes=gestes, detail=detail, numeros=numeros)


def backoff(
    essais: int, jitter: float, base: dt.timedelta = RECUL_BASE, maximum: dt.timedelta = RECUL_MAX
) -> dt.timedelta:
    """How long to wait after so many failures in a row. `jitter` in [0, 1) spreads callers over the second half."""
    assert 0 <= jitter < 1, "jitter is a draw in [0, 1)"
    whole: dt.timedelta = min(maximum, base * 2 ** min(max(essais - 1, 0), 20))
    return whole * (0.5 + jitter / 2)


def follow_up(operation: Operation, sondages: int, jitter: float) -> dt.timedelta:
    """How long until the platform is asked again what became of what it is examining; `sondages`: questions since the
    last news."""
    if operation is Operation.FACTURE:
        return backoff(sondages + 1, jitter, SUIVI_FACTURE_BASE, SUIVI_FACTURE_MAX)
    return backoff(sondages + 1, jitter, SUIVI_BASE, SUIVI_MAX)


def expiry(operation: Operation, now: dt.datetime) -> dt.datetime | None:
    """When a request is no longer worth sending; None for what carries money."""
    durees = {Operation.DROITS: DUREE_DROITS, Operation.DEVIS: DUREE_DEVIS}
    return now + durees[operation] if operation in durees else None


def priorite(entry: Entry, *, comptoir: bool = False) -> int:
    """0: someone stands at the counter; 1: delivered and to be billed; 2: the backlog; 3: questions about a state."""
    if entry.etat in {Etat.EN_INSTANCE, Etat.TERMINEE}:
        return 3
    if comptoir or entry.operation is Operation.DROITS:
        return 0
    return 1 if entry.operation is Operation.FACTURE else 2
