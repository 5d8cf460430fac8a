"""One shop request's life: its states, the moves between them, and what a person may be asked.

    en_file ----> envoi ----> terminee                the platform answered for good
       ^  ^         |  \\---> en_instance --> terminee  the platform is deciding; polled
       |  |         |  \\---> incertaine               it may have acted: ask the state before anything else
       |  |         v               |
       |  +--- not sent, not now    +--> en_file (unknown there), en_instance or terminee (found there)
       |
    retenue: a person must act (`action` says what); retiree: withdrawn unsent; perimee: overtaken by time

An entry is a skeleton: it holds no personal value. The shop's body, the platform's answer and the bytes exchanged are
*charges*, sealed by the vault and kept beside it. States, moves and words are ours (delivery.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tierspayant.schemas.messages import Motif
from tierspayant.schemas.operations import SERVICE_OF, Operation, Service


class Etat(StrEnum):
    EN_FILE = "en_file"
    ENVOI = "envoi"
    INCERTAINE = "incertaine"
    EN_INSTANCE = "en_instance"
    TERMINEE = "terminee"
    RETENUE = "retenue"
    RETIREE = "retiree"
    PERIMEE = "perimee"


TRANSITIONS: Mapping[Etat, frozenset[Etat]] = {
    Etat.EN_FILE: frozenset({Etat.ENVOI, Etat.EN_INSTANCE, Etat.RETENUE, Etat.RETIREE, Etat.PERIMEE}),
    Etat.ENVOI: frozenset({Etat.EN_FILE, Etat.INCERTAINE, Etat.EN_INSTANCE, Etat.TERMINEE, Etat.RETENUE}),
    Etat.INCERTAINE: frozenset({Etat.EN_FILE, Etat.EN_INSTANCE, Etat.TERMINEE, Etat.RETENUE}),
    Etat.EN_INSTANCE: frozenset({Etat.TERMINEE, Etat.RETENUE}),
    Etat.RETENUE: frozenset({Etat.EN_FILE, Etat.INCERTAINE, Etat.EN_INSTANCE, Etat.TERMINEE, Etat.RETIREE}),
    Etat.TERMINEE: frozenset(),
    Etat.RETIREE: frozenset(),
    Etat.PERIMEE: frozenset(),
}
"""Every legal move. `advance` refuses any other, `docs/states/entry.md` is drawn from this table."""

FINAL: frozenset[Etat] = frozenset(etat for etat, suites in TRANSITIONS.items() if not suites)
"""States with no way out; a later change (paid, expired) updates `resultat`, never `etat`."""

EN_ATTENTE: frozenset[Etat] = frozenset({Etat.EN_FILE, Etat.ENVOI, Etat.INCERTAINE, Etat.EN_INSTANCE, Etat.RETENUE})
"""States in which the shop still waits for an outcome: what the queue's limit counts."""

PERISSABLES: frozenset[Operation] = frozenset({Operation.DROITS, Operation.DEVIS})
"""What may become `perimee`: nothing that carries money (interfaces.md)."""


class Raison(StrEnum):
    """Why an entry is held."""

    CONFIRMER_CLIENT = "confirmer_client"
    PREDECESSEUR_REFUSE = "predecesseur_refuse"
    ANNULATION_REQUISE = "annulation_requise"
    INCONNUE_PLATEFORME = "inconnue_plateforme"
    REPONSE_ILLISIBLE = "reponse_illisible"
    DOUTE_SANS_RECHERCHE = "doute_sans_recherche"
    DOUBLONS_PLATEFORME = "doublons_plateforme"
    DOUBLON_PROBABLE = "doublon_probable"
    PIECES_MANQUANTES = "pieces_manquantes"
    MESSAGE_IMPOSSIBLE = "message_impossible"
    TENTATIVES_EPUISEES = "tentatives_epuisees"
    CARTE_PERIMEE = "carte_perimee"
    PRESCRIPTION_PERIMEE = "prescription_perimee"
    OPERATEUR = "operateur"
    """The insurer moved to another operator since it was routed."""
    A_LA_MAIN = "a_la_main"
    """A person holds it back."""
    AVANCE_CLIENT = "avance_client"


class Geste(StrEnum):
    """What a person may do about an entry: the `type` of POST /v1/demandes/<id>/action.

    CONFIRMER_CLIENT: the customer still wants it, send. FAIT_AILLEURS: it was keyed by hand on the portal; gives
    `numero_plateforme`. RELANCER: try again (after a doubt: ask the state first). ABANDONNER: give it up.
    RETENIR: hold it back by hand.
    """

    CONFIRMER_CLIENT = "confirmer_client"
    FAIT_AILLEURS = "fait_ailleurs"
    RELANCER = "relancer"
    ABANDONNER = "abandonner"
    RETENIR = "retenir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person must do: why, which gestures are open, and the case in codes and numbers (nothing personal)."""

    raison: Raison
    gestes: tuple[Geste, ...]
    detail: str | None = None
    numeros: tuple[str, ...] = ()


class TransitionInterdite(AssertionError):
    """A move that is not in TRANSITIONS: a fault of the program, never of its user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request of a shop.

    id: what URLs name (UUIDv7). id_message: the exchange id, the same for every resend, derived from shop, operation
    and reference. magasin: FINESS. cible: id of the entry it acts on (a facture's, a cancellation's or documents'
    PEC, a cancelled facture). numero: the platform's number (PEC) or the invoice number. du_le: when a lane must look
    at it next, None while it waits for another entry, a person, or nothing. expire_le: when it is no longer worth
    sending. envoye_le: when its bytes last began, or may still have been about, to leave. sondages: questions about its
    state since the last news, for the back-off. ailleurs: keyed by hand on the portal, `numero` is that one's.
    client_confirme: a person said to send it all the same. priorite: 0 is the most urgent. amc_centimes: the insurer's
    share, None when not known.
    noeud: the adapter node that last exchanged on its behalf; while `envoi`, `du_le` is the end of that node's lease.
    version: counts changes; a write made from an older version is refused.
    """

    id: str
    id_message: str
    magasin: str
    operation: Operation
    reference: str
    dossier: str | None
    equipement: int | None
    plateforme: str
    organisme: str | None
    cree_le: dt.datetime
    maj_le: dt.datetime
    etat: Etat = Etat.EN_FILE
    cible: str | None = None
    remplace: str | None = None
    resultat: str | None = None
    numero: str | None = None
    motifs: tuple[Motif, ...] = ()
    action: Action | None = None
    du_le: dt.datetime | None = None
    expire_le: dt.datetime | None = None
    envoye_le: dt.datetime | None = None
    tentatives: int = 0
    sondages: int = 0
    client_confirme: bool = False
    ailleurs: bool = False
    amc_centimes: int | None = None
    paye_centimes: int | None = None
    valide_au: dt.date | None = None
    facturable_jusqu_au: dt.date | None = None
    priorite: int = 2
    noeud: str | None = None
    version: int = 1

    @property
    def service(self) -> Service:
        """The lane it travels in."""
        return SERVICE_OF[self.operation]


def advance(entry: Entry, vers: Etat, now: dt.datetime, **changes: Any) -> Entry:
    """The entry moved to another state. Raises TransitionInterdite when the table has no such move.

    A move away from RETENUE, or to a final state, clears `action` unless the change gives one.
    """
    if vers not in TRANSITIONS[entry.etat]:
        raise TransitionInterdite(f"{entry.operation}: {entry.etat} -> {vers}")
    if vers is Etat.PERIMEE and entry.operation not in PERISSABLES:
        raise TransitionInterdite(f"{entry.operation} carries money and never becomes {vers}")
    if vers is Etat.RETENUE and changes.get("action") is None:
        raise TransitionInterdite("a held entry says what a person must do")
    if vers in FINAL or vers in {Etat.RETENUE, Etat.ENVOI}:
        changes.setdefault("du_le", None)
    if vers in FINAL or entry.etat is Etat.RETENUE:
        changes.setdefault("action", None)
    return replace(entry, etat=vers, maj_le=now, version=entry.version + 1, **changes)


def revise(entry: Entry, now: dt.datetime, **changes: Any) -> Entry:
    """The entry changed without leaving its state (a poll, a payment, a new due time)."""
    assert "etat" not in changes, "a change of state goes through advance()"
    return replace(entry, maj_le=now, version=entry.version + 1, **changes)
