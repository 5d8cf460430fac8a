"""The customer pays in full and claims back: no tiers payant of that file may leave any more, until it is undone.

One transaction: nothing of the file may be billed or under way at the platform (else it is refused), what is queued is
withdrawn, an agreement that was or may be granted is cancelled (it would block the customer elsewhere), and the file is
marked. intake refuses what comes later; what only now turns out never to have arrived is held (policy).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tierspayant.adapter import gestures, intake
from tierspayant.adapter.avances import Avance
from tierspayant.adapter.demandes import AnnulationCorps
from tierspayant.adapter.entry import Entry, Etat, Raison, advance
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.ordering import FACTURE_MORTE, PEC_MORTE
from tierspayant.adapter.records import Lane, change
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.messages import MotifAnnulation, ResultatAnnulation, ResultatPec
from tierspayant.schemas.operations import Operation

_WITHDRAWN = (Operation.FACTURE, Operation.PIECES, Operation.PEC, Operation.DEVIS)
"""Followers first, so that none is held for the withdrawal of what it follows. Rights and cancellations go on."""

_AWAY = frozenset({Etat.ENVOI, Etat.INCERTAINE, Etat.EN_INSTANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Montants:
    """What the shop says: centimes, None when it does not."""

    acompte_centimes: int | None = None
    total_centimes: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """The file as marked, and the lanes to wake. a_verifier: requests that may be at the platform; a person looks."""

    avance: Avance
    lanes: frozenset[Lane]
    a_verifier: tuple[Entry, ...] = ()


def begin(
    tables: Tables, vault: Vault, ids: Ids, magasin: str, dossier: str, montants: Montants, now: dt.datetime
) -> Marked | gestures.Refused:
    """Mark a file. Asked again, only the amounts change."""
    tables.lock_file(magasin, dossier)
    entries = list(tables.dossier(magasin, dossier))
    known = tables.avance(magasin, dossier)
    if known is not None and known.active:
        changed = replace(known, acompte_centimes=montants.acompte_centimes, total_centimes=montants.total_centimes)
        tables.put_avance(changed)
        return Marked(changed, frozenset())
    refused = next(filter(None, map(_billed, entries)), None)
    if refused is not None:
        return refused
    lanes: set[Lane] = set()
    withdrawn = _withdraw(tables, entries, now, lanes)
    entries = list(tables.dossier(magasin, dossier))
    annulations = [
        _cancel(tables, vault, ids, pec, now) for pec in entries if _granted(pec) and not _cancelling(pec, entries)
    ]
    lanes |= {(one.plateforme, one.service) for one in annulations}
    donnees = {"retirees": [one.id for one in withdrawn], "annulations": [one.id for one in annulations]}
    avance = Avance(
        magasin=magasin,
        dossier=dossier,
        cree_le=now,
        acompte_centimes=montants.acompte_centimes,
        total_centimes=montants.total_centimes,
        donnees=donnees,
    )
    tables.put_avance(avance)
    tables.add_evenement("avance_client", now, magasin, None, {"dossier": dossier, "active": 1})
    doubtful = tuple(one for one in entries if one.etat is Etat.RETENUE and one.operation in _WITHDRAWN)
    return Marked(avance, frozenset(lanes), doubtful)


def undo(tables: Tables, magasin: str, dossier: str, now: dt.datetime) -> Marked | None:
    """Lift the mark; None when there is none. What was withdrawn or cancelled stays so: the shop asks it anew.

    A cancellation that has not left yet is withdrawn, and what was held for the mark goes on.
    """
    tables.lock_file(magasin, dossier)
    avance = tables.avance(magasin, dossier)
    if avance is None or not avance.active:
        return None
    lanes: set[Lane] = set()
    for identifiant in avance.donnees.get("annulations", []):
        annulation = tables.entry(identifiant)
        if annulation is not None and annulation.etat is Etat.EN_FILE and not annulation.tentatives:
            lanes |= change(tables, annulation, advance(annulation, Etat.RETIREE, now), now)
    for one in tables.dossier(magasin, dossier):
        if one.action is not None and one.action.raison is Raison.AVANCE_CLIENT and one.etat is Etat.RETENUE:
            lanes |= change(tables, one, advance(one, Etat.EN_FILE, now, du_le=now), now)
    lifted = replace(avance, annule_le=now)
    tables.put_avance(lifted)
    tables.add_evenement("avance_client", now, magasin, None, {"dossier": dossier, "active": 0})
    return Marked(lifted, frozenset(lanes))


def _billed(entry: Entry) -> gestures.Refused | None:
    """An invoice at the platform, or perhaps there, is settled first: it might be paid as well."""
    if entry.operation is not Operation.FACTURE:
        return None
    if entry.etat in _AWAY or (entry.etat is Etat.RETENUE and gestures.may_be_there(entry)):
        detail = "une facture de ce dossier est en cours ou incertaine : attendez sa réponse"
        return gestures.Refused("facture_en_cours", detail)
    if entry.etat is Etat.TERMINEE and entry.resultat not in FACTURE_MORTE:
        return gestures.Refused("facture_faite", "ce dossier est déjà facturé : annulez d'abord sa facture")
    return None


def _withdraw(tables: Tables, entries: Sequence[Entry], now: dt.datetime, lanes: set[Lane]) -> list[Entry]:
    done: list[Entry] = []
    for operation in _WITHDRAWN:
        for former in reversed(entries):
            one = tables.entry(former.id)
            if one is None or one.operation is not operation or one.etat not in {Etat.EN_FILE, Etat.RETENUE}:
                continue
            result = gestures.withdraw(tables, one, now)
            if isinstance(result, gestures.Done):
                done.append(result.entry)
                lanes |= result.lanes
    return done


def _granted(entry: Entry) -> bool:
    """A PEC the platform holds, or may: everything but one that ended without a grant."""
    if entry.operation is not Operation.PEC or entry.resultat in PEC_MORTE:
        return False
    asked = entry.resultat == ResultatPec.ANNULATION_DEMANDEE
    return not asked and entry.etat in {*_AWAY, Etat.TERMINEE}


def _cancelling(pec: Entry, entries: Sequence[Entry]) -> bool:
    return any(
        one.operation is Operation.ANNULATION_PEC
        and one.cible == pec.id
        and one.etat is not Etat.RETIREE
        and one.resultat != ResultatAnnulation.REFUSEE
        for one in entries
    )


def _cancel(tables: Tables, vault: Vault, ids: Ids, pec: Entry, now: dt.datetime) -> Entry:
    """Queue the PEC's cancellation; it waits until the platform is known to hold the PEC."""
    names = (f"{pec.reference[:52]}/AVANCE-{rang}" for rang in range(1, 1000))
    reference = next(nom for nom in names if tables.entry_by_reference(pec.magasin, nom) is None)
    corps = AnnulationCorps(reference=reference, motif=MotifAnnulation.CLIENT_RENONCE)
    nouvelle = intake.Nouvelle(magasin=pec.magasin, operation=Operation.ANNULATION_PEC, corps=corps, cible=pec.id)
    reception = intake.accept(tables, vault, ids, nouvelle, now, file_max=intake.SANS_LIMITE)
    assert isinstance(reception, intake.Accepted), "a fresh reference about a known PEC is accepted"
    return reception.entry
