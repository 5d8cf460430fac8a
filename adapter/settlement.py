"""What an exchange changes: the entry, its service, its account. Pure; records.py writes it in one transaction.

The type of the outcome says what may happen next (delivery.md's table). A platform state or code we do not know is kept
and shown, and the entry goes on being watched: never dropped, never guessed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tierspayant.adapter import policy
from tierspayant.adapter.availability import Signal
from tierspayant.adapter.entry import Entry, Etat, Raison, advance, revise
from tierspayant.adapter.reading import Lu, read_answer, read_status, refused
from tierspayant.schemas.messages import Indisponible, Motif, Reponse, ResultatPec
from tierspayant.schemas.operations import WRITES
from tierspayant.schemas.outcomes import (
    Answer,
    AnswerUnknown,
    NatureRefus,
    NotNow,
    NotSent,
    NotYou,
    Outcome,
    RaisonCompte,
    Refus,
    Unreadable,
)

TROP_TOT = "FAC04"
"""The one *later* that comes with a date: so long after the PEC (trait `delai_min_facturation`)."""


_FACTURABLE = frozenset({ResultatPec.ACCORDEE, ResultatPec.REJET_PAIEMENT})
"""An agreement that may be billed, or billed again, until it lapses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What an outcome says of the service and of the shop's account, whatever was asked."""

    signal: Signal | None = None
    message: str | None = None
    retry_after: dt.timedelta | None = None
    compte: RaisonCompte | None = None


def observed(outcome: Outcome) -> Observed:
    """An answer, yes or no, shows that the service works; a refused account says nothing of the service."""
    match outcome:
        case NotSent(cause=cause):
            return Observed(signal=Signal.REFUS_DE_SERVICE, message=cause)
        case NotNow(cause=cause, retry_after=retry_after):
            return Observed(signal=Signal.REFUS_DE_SERVICE, message=cause, retry_after=retry_after)
        case AnswerUnknown(cause=cause) | Unreadable(cause=cause):
            return Observed(signal=Signal.SANS_REPONSE, message=cause)
        case NotYou(raison=raison):
            return Observed(compte=raison)
        case _:
            return Observed(signal=Signal.REPONSE)


class LotExit(StrEnum):
    """How an invoice leaves its lot (lots.py). LOOSE: any other lot may take it; ALONE: it travels by itself."""

    LOOSE = "loose"
    ALONE = "alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """entry: as it becomes. vu: what it says of the service and the account. reponse: the answer to keep.

    cible: what it says about the entry it acts on. lot_exit: it is not sent again with the lot it was in.
    """

    entry: Entry
    vu: Observed
    reponse: Reponse | None = None
    cible: Lu | None = None
    lot_exit: LotExit | None = None


def normal(outcome: Outcome) -> Outcome:
    """A business *unavailable* is a *not now*, whichever way the dialect says it."""
    match outcome:
        case Answer(reponse=Indisponible() as dit):
            after = None if dit.reessayer_apres_s is None else dt.timedelta(seconds=dit.reessayer_apres_s)
            return NotNow(dit.motif.code, after)
        case _:
            return outcome


def after_send(entry: Entry, outcome: Outcome, cadre: policy.Cadre, jitter: float) -> Settlement:
    """What becomes of an entry that was `envoi`."""
    outcome = normal(outcome)
    vu = observed(outcome)
    match outcome:
        case Answer(reponse=reponse):
            lu = read_answer(entry, reponse)
            return Settlement(entry=_read(entry, lu, cadre, jitter), vu=vu, reponse=reponse, cible=lu.cible)
        case Refus(nature=nature, motifs=motifs, reponse=reponse):
            moved = _after_refusal(entry, outcome, cadre, jitter)
            if nature is not NatureRefus.DEFINITIF:
                return Settlement(entry=moved, vu=vu)
            lu = refused(entry, motifs, reponse)
            return Settlement(entry=moved, vu=vu, reponse=reponse, cible=lu.cible)
        case _:
            return Settlement(entry=_after_silence(entry, outcome, cadre, jitter), vu=vu)


def _after_silence(entry: Entry, outcome: Outcome, cadre: policy.Cadre, jitter: float) -> Entry:
    now = cadre.now
    later = now + policy.backoff(entry.tentatives, jitter)
    match outcome:
        case AnswerUnknown() if entry.operation in WRITES:
            return advance(entry, Etat.INCERTAINE, now, envoye_le=now, du_le=now + cadre.delai_traitement, sondages=0)
        case Unreadable(cause=cause) if entry.operation in WRITES:
            action = policy.held(Raison.REPONSE_ILLISIBLE, detail=cause)
            return advance(entry, Etat.RETENUE, now, action=action, envoye_le=now)
        case NotYou():
            return advance(entry, Etat.EN_FILE, now, du_le=now)
        case NotNow(retry_after=retry_after) if retry_after is not None:
            return _back(entry, max(later, now + retry_after), now)
        case _:
            return _back(entry, later, now)


def _back(entry: Entry, du_le: dt.datetime, now: dt.datetime) -> Entry:
    """To the queue again, behind whoever stands at the counter by then."""
    return advance(entry, Etat.EN_FILE, now, du_le=du_le, priorite=policy.priorite(entry))


def _after_refusal(entry: Entry, refus: Refus, cadre: policy.Cadre, jitter: float) -> Entry:
    now = cadre.now
    match refus.nature:
        case NatureRefus.DEFINITIF:
            return _read(entry, refused(entry, refus.motifs, refus.reponse), cadre, jitter)
        case NatureRefus.PLUS_TARD:
            early = any(motif.code == TROP_TOT for motif in refus.motifs)
            least = cadre.traits.delai_min_facturation if early else dt.timedelta(0)
            wait = max(least, policy.backoff(entry.tentatives, jitter))
            return advance(entry, Etat.EN_FILE, now, du_le=now + wait, motifs=refus.motifs)
        case NatureRefus.RATTACHER:
            return _attach(entry, refus, cadre)
        case NatureRefus.COMPLETER:
            action = policy.held(Raison.PIECES_MANQUANTES)
            return advance(entry, Etat.RETENUE, now, action=action, motifs=refus.motifs)


def _attach(entry: Entry, refus: Refus, cadre: policy.Cadre) -> Entry:
    """The platform knows it already: take over the number it names and ask for its state; else a person looks."""
    lu = refused(entry, refus.motifs, refus.reponse)
    if lu.numero is None and not policy.can_ask(entry, cadre.traits):
        action = policy.held(Raison.DOUBLON_PROBABLE)
        return advance(entry, Etat.RETENUE, cadre.now, action=action, motifs=refus.motifs)
    numero = entry.numero or lu.numero
    return advance(
        entry, Etat.EN_INSTANCE, cadre.now, numero=numero, du_le=cadre.now, sondages=0, motifs=refus.motifs, priorite=3
    )


def after_status(entry: Entry, outcome: Outcome, cadre: policy.Cadre, jitter: float) -> Settlement:
    """What becomes of an entry whose state was asked: in doubt, being decided, or watched after its end."""
    outcome = normal(outcome)
    now = cadre.now
    vu = observed(outcome)
    later = now + policy.backoff(entry.sondages + 1, jitter)
    match outcome:
        case Answer(reponse=reponse):
            lu = read_status(entry, reponse)
            if lu is None:
                return Settlement(entry=unknown_there(entry, cadre), vu=vu)
            return Settlement(entry=_read(entry, lu, cadre, jitter), vu=vu, reponse=lu.reponse, cible=lu.cible)
        case Refus(motifs=motifs):
            return Settlement(entry=_question_refused(entry, motifs, later, now), vu=vu)
        case _:
            return Settlement(entry=revise(entry, now, du_le=later, sondages=entry.sondages + 1), vu=vu)


def unknown_there(entry: Entry, cadre: policy.Cadre) -> Entry:
    """The platform does not know it: in doubt, it may be sent again; once acknowledged, it was lost over there."""
    now = cadre.now
    match entry.etat:
        case Etat.INCERTAINE:
            return advance(entry, Etat.EN_FILE, now, du_le=now, sondages=0)
        case Etat.EN_INSTANCE:
            return advance(entry, Etat.RETENUE, now, action=policy.held(Raison.INCONNUE_PLATEFORME))
        case _:
            return revise(entry, now, du_le=None)


def _question_refused(entry: Entry, motifs: tuple[Motif, ...], later: dt.datetime, now: dt.datetime) -> Entry:
    """A *no* to a question about a state tells nothing of the state: a doubt stays a doubt, and a person sees it."""
    if entry.etat is Etat.TERMINEE:
        return revise(entry, now, du_le=later, sondages=entry.sondages + 1)
    detail = " ".join(motif.code for motif in motifs)
    return advance(entry, Etat.RETENUE, now, action=policy.held(Raison.INCONNUE_PLATEFORME, detail=detail))


def _read(entry: Entry, lu: Lu, cadre: policy.Cadre, jitter: float) -> Entry:
    """Move to what the platform says: finished, or being decided and to be asked again."""
    now = cadre.now
    changes = _changes(entry, lu)
    changes["sondages"] = 0 if lu.resultat != entry.resultat else entry.sondages + 1
    poll = policy.follow_up(entry.operation, changes["sondages"], jitter)
    if lu.fini:
        changes["du_le"] = _watched(lu, now, poll)
        changes["priorite"] = 3
    else:
        changes.update(du_le=now + poll, priorite=3)
    vers = Etat.TERMINEE if lu.fini else Etat.EN_INSTANCE
    if entry.etat in {vers, Etat.TERMINEE}:
        return revise(entry, now, **changes)
    return advance(entry, vers, now, **changes)


def _watched(lu: Lu, now: dt.datetime, poll: dt.timedelta) -> dt.datetime | None:
    """An end that may still change: under reserve, asked about as before; to be billed yet, once it may have lapsed."""
    if lu.resultat == ResultatPec.ACCORDEE_SOUS_RESERVE:
        return now + poll
    if lu.resultat not in _FACTURABLE or lu.facturable_jusqu_au is None:
        return None
    lapsed = policy.morning_after(lu.facturable_jusqu_au) + poll
    return lapsed if lapsed > now else None


def _changes(entry: Entry, lu: Lu) -> dict[str, Any]:
    changes: dict[str, Any] = {"resultat": str(lu.resultat), "motifs": lu.motifs, "numero": lu.numero or entry.numero}
    for nom in ("amc_centimes", "paye_centimes", "valide_au", "facturable_jusqu_au", "organisme"):
        valeur = getattr(lu, nom)
        if valeur is not None:
            changes[nom] = valeur
    if lu.doublons:
        changes["action"] = policy.held(Raison.DOUBLONS_PLATEFORME, numeros=lu.doublons)
    return changes
