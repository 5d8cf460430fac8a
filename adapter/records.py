"""The transactions of delivery, each one `work` of a storage: what becomes durable together. Synchronous, no waiting.

load          everything a decision needs about one entry
begin         `envoi` and the exact business bytes, before they leave
settle        the outcome, the answer, the event, what it tells of service and account, followers released
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from tierspayant.adapter import claims, compose, lots, observations, policy
from tierspayant.adapter.demandes import Corps
from tierspayant.adapter.entry import Entry, Etat, advance, revise
from tierspayant.adapter.leases import Bail
from tierspayant.adapter.likeness import double
from tierspayant.adapter.ordering import Verdict, followers, obstacle
from tierspayant.adapter.reading import Lu, told
from tierspayant.adapter.remittances import ATTENDUES, PREMIER_RELEVE, Releve
from tierspayant.adapter.settlement import LotExit, Settlement
from tierspayant.adapter.storage.protocol import Depasse, Membre, Tables, Tentative
from tierspayant.adapter.vault import Vault
from tierspayant.schemas import plain
from tierspayant.schemas.messages import ResultatPec
from tierspayant.schemas.operations import SERVICE_OF, Operation, Service
from tierspayant.schemas.outcomes import NotNow, NotSent, NotYou
from tierspayant.schemas.wire import HttpRequest

Lane: TypeAlias = claims.Lane
"""Platform and service."""


@dataclass(frozen=True, slots=True)
class Matter:
    """An entry and all that a decision about it needs. avance: the customer paid its file up front. refoulees: how many
    of its sends the platform turned away at the door."""

    entry: Entry
    corps: Corps
    dossier: Sequence[Entry]
    cible: compose.Cible | None
    requete: HttpRequest | None
    avance: bool = False
    semblable: Entry | None = None
    refoulees: int = 0


TURNED_AWAY = frozenset({NotNow.__name__, NotSent.__name__, NotYou.__name__})
"""Outcomes of a send that say nothing about the request itself."""


def load(tables: Tables, vault: Vault, identifiant: str) -> Matter:
    """Raises KeyError when there is no such entry (nobody deletes one), CleManquante when it was purged."""
    entry = tables.entry(identifiant)
    if entry is None:
        raise KeyError(identifiant)
    dossier = [entry] if entry.dossier is None else tables.dossier(entry.magasin, entry.dossier)
    target = None if entry.cible is None else tables.entry(entry.cible)
    cible = None
    if target is not None:
        reponse = compose.read_reponse(target.operation, vault.get(tables, target, "reponse"))
        cible = compose.Cible(target, _corps(tables, vault, target), reponse)
    octets = vault.get(tables, entry, "requete")
    requete = None if octets is None else plain.from_json(HttpRequest, octets)
    avance = None if entry.dossier is None else tables.avance(entry.magasin, entry.dossier)
    paid = avance is not None and avance.active
    like, turned_away = double(tables, entry, dossier), _turned_away(tables, entry)
    return Matter(entry, _corps(tables, vault, entry), dossier, cible, requete, paid, like, turned_away)


def _turned_away(tables: Tables, entry: Entry) -> int:
    if entry.etat is not Etat.EN_FILE or not entry.tentatives:
        return 0
    tried = tables.tentatives(entry.id)
    return sum(une.operation is entry.operation and une.issue in TURNED_AWAY for une in tried)


def _corps(tables: Tables, vault: Vault, entry: Entry) -> Corps:
    octets = vault.get(tables, entry, "corps")
    assert octets is not None, "an entry is recorded with its body"
    return compose.read_corps(entry.operation, octets)


@dataclass(frozen=True, slots=True)
class Leaving:
    """An entry about to leave. amc_centimes: the insurer's share an invoice asks for, known once it is composed.
    membre: its place in its lot, where there are lots."""

    entry: Entry
    amc_centimes: int | None = None
    membre: Membre | None = None


def begin(
    tables: Tables, vault: Vault, leaving: Sequence[Leaving], requete: HttpRequest, now: dt.datetime, bail: Bail
) -> list[Entry]:
    """Commit to sending these in one call, under a lease. Raises Depasse when one changed since it was loaded, or when
    the nodes together already use the lane's window.

    The business bytes are those of the first attempt for ever; `requete` is kept, with the first entry, only if there
    were none.
    """
    first = leaving[0].entry
    changed = next((une.entry.id for une in leaving if tables.entry(une.entry.id) != une.entry), None)
    if changed is not None:
        raise Depasse(changed)
    if bail.noeud.partage and claims.no_room(tables, (first.plateforme, first.service), now):
        raise Depasse(first.id)
    for une in leaving:
        if une.membre is not None:
            lots.join(tables, une.membre)
    if vault.get(tables, first, "requete") is None:
        vault.put(tables, first, "requete", plain.to_json(requete))
    return [_begun(tables, une, now, bail) for une in leaving]


def _begun(tables: Tables, une: Leaving, now: dt.datetime, bail: Bail) -> Entry:
    entry = une.entry
    if entry.etat is Etat.INCERTAINE:  # the platform itself recognises the message: the same bytes go again
        entry = replace(advance(entry, Etat.EN_FILE, now), version=entry.version)
    amc = entry.amc_centimes if une.amc_centimes is None else une.amc_centimes
    tentatives = entry.tentatives + 1
    leased = {"noeud": bail.noeud.nom, "du_le": now + bail.duree}
    sending = advance(entry, Etat.ENVOI, now, envoye_le=now, tentatives=tentatives, amc_centimes=amc, **leased)
    tables.update_entry(sending)
    return sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange as evidence: what was asked and the exact bytes both ways (None: no answer came, or they are kept
    with the first entry of the same lot)."""

    operation: Operation
    id_message: str
    debut: dt.datetime
    issue: str
    detail: str | None
    requete: bytes | None
    reponse: bytes | None


def settle(
    tables: Tables,
    vault: Vault,
    settled: Sequence[tuple[Entry, Settlement]],
    exchange: Exchange,
    now: dt.datetime,
    probe_wait: Callable[[int], dt.timedelta],
) -> set[Lane]:
    """Write everything an exchange changed, for each entry as it was sent or asked about; gives the lanes that have
    something new to look at. Raises Depasse when all of them changed meanwhile; one of several is left as it is.

    `probe_wait`: how long to leave a shut service alone after so many failures.
    """
    still = [(before, settlement) for before, settlement in settled if tables.entry(before.id) == before]
    if not still:
        raise Depasse(settled[0][0].id)
    lanes: set[Lane] = set()
    for before, settlement in still:
        lanes |= _settle(tables, vault, before, settlement, exchange, now)
        exchange = replace(exchange, requete=None, reponse=None)
    before, settlement = still[0]
    asked = (before.plateforme, SERVICE_OF[exchange.operation])
    observations.note(tables, asked, before.magasin, settlement.vu, now, probe_wait)
    return {*lanes, asked}


def _settle(
    tables: Tables, vault: Vault, before: Entry, settlement: Settlement, exchange: Exchange, now: dt.datetime
) -> set[Lane]:
    entry = settlement.entry
    tables.update_entry(entry)
    if settlement.lot_exit is LotExit.LOOSE:
        lots.leave(tables, entry.id)
    elif settlement.lot_exit is LotExit.ALONE:
        lots.go_alone(tables, entry)
    if settlement.reponse is not None:
        vault.put(tables, entry, "reponse", plain.to_json(settlement.reponse))
    _keep(tables, vault, entry, exchange, now)
    _tell(tables, before, entry, now)
    lanes = {(entry.plateforme, entry.service)} | release(tables, entry, now)
    if settlement.cible is not None and entry.cible is not None:
        lanes |= _target(tables, vault, entry.cible, settlement.cible, now)
    if entry.resultat != before.resultat and entry.operation in {Operation.PIECES, Operation.FACTURE}:
        lanes |= follow(tables, entry, now)
    if entry.operation is Operation.FACTURE and entry.resultat in ATTENDUES and entry.resultat != before.resultat:
        _expect_money(tables, entry, now)
        lanes.add((entry.plateforme, Service.RETOURS))
    return lanes


def _keep(tables: Tables, vault: Vault, entry: Entry, exchange: Exchange, now: dt.datetime) -> None:
    rang = len(tables.tentatives(entry.id)) + 1
    tentative = Tentative(
        entree=entry.id,
        rang=rang,
        operation=exchange.operation,
        id_message=exchange.id_message,
        debut=exchange.debut,
        fin=now,
        issue=exchange.issue,
        detail=exchange.detail,
    )
    tables.put_tentative(tentative)
    if exchange.requete is not None:
        vault.put(tables, entry, f"requete-{rang}", exchange.requete)
    if exchange.reponse is not None:
        vault.put(tables, entry, f"reponse-{rang}", exchange.reponse)


def _tell(tables: Tables, before: Entry, entry: Entry, now: dt.datetime) -> None:
    """An event for what the shop can see: state, result or action; not for each poll that brought nothing."""
    if (before.etat, before.resultat, before.action) == (entry.etat, entry.resultat, entry.action):
        return
    donnees: dict[str, str | int | None] = {
        "operation": entry.operation,
        "etat": entry.etat,
        "resultat": entry.resultat,
        "action": None if entry.action is None else entry.action.raison,
    }
    tables.add_evenement("demande", now, entry.magasin, entry.id, donnees)


def change(tables: Tables, before: Entry, entry: Entry, now: dt.datetime) -> set[Lane]:
    """Write a move that no exchange made (a hold, an expiry, a person's gesture), its event, and followers released."""
    tables.update_entry(entry)
    _tell(tables, before, entry, now)
    return {(entry.plateforme, entry.service)} | release(tables, entry, now)


def release(tables: Tables, entry: Entry, now: dt.datetime) -> set[Lane]:
    """Let go, hold or leave waiting what the entry stands before, now that it has changed."""
    if entry.dossier is None:
        return set()
    lanes: set[Lane] = set()
    dossier = tables.dossier(entry.magasin, entry.dossier)
    for une in followers(entry, dossier):
        moved = _released(une, entry, dossier, now)
        if moved is not None:
            tables.update_entry(moved)
            _tell(tables, une, moved, now)
            lanes.add((moved.plateforme, moved.service))
    return lanes


def _released(une: Entry, entry: Entry, dossier: Sequence[Entry], now: dt.datetime) -> Entry | None:
    before = obstacle(une, dossier)
    if before is None:
        amc = une.amc_centimes
        if amc is None and une.operation is Operation.FACTURE and entry.resultat == ResultatPec.ACCORDEE:
            amc = entry.amc_centimes
        if une.du_le is None or amc != une.amc_centimes:
            return revise(une, now, du_le=une.du_le or now, amc_centimes=amc)
        return None
    if before.verdict is Verdict.BLOQUER:
        action = policy.held(before.raison, detail=before.devant.reference)
        return advance(une, Etat.RETENUE, now, action=action)
    return None


def _target(tables: Tables, vault: Vault, identifiant: str, lu: Lu, now: dt.datetime) -> set[Lane]:
    """A cancellation or documents changed the entry they act on: its result follows, its state does not."""
    before = tables.entry(identifiant)
    if before is None or before.resultat == lu.resultat:
        return set()
    amc = before.amc_centimes if lu.amc_centimes is None else lu.amc_centimes
    target = revise(before, now, resultat=str(lu.resultat), motifs=lu.motifs, amc_centimes=amc)
    tables.update_entry(target)
    if lu.reponse is not None:
        vault.put(tables, target, "reponse", plain.to_json(lu.reponse))
    _tell(tables, before, target, now)
    return release(tables, target, now)


def follow(tables: Tables, mover: Entry, now: dt.datetime) -> set[Lane]:
    """Documents, an invoice or its payment moved: their PEC moves as they tell, else it is asked now."""
    pec = None if mover.cible is None else tables.entry(mover.cible)
    if pec is None or pec.numero is None or pec.etat not in {Etat.EN_INSTANCE, Etat.TERMINEE}:
        return set()
    resultat = told(pec, mover)
    if resultat is None:
        tables.update_entry(revise(pec, now, du_le=now, sondages=0))
        return {(pec.plateforme, pec.service)}
    if resultat == pec.resultat:
        return set()
    moved = revise(pec, now, resultat=str(resultat), du_le=None)
    tables.update_entry(moved)
    _tell(tables, pec, moved, now)
    return release(tables, moved, now)


def _expect_money(tables: Tables, facture: Entry, now: dt.datetime) -> None:
    """An invoice is out: its shop's payment returns are asked for soon."""
    due = now + PREMIER_RELEVE
    known = tables.releve(facture.plateforme, facture.magasin)
    if known is None:
        tables.put_releve(Releve(plateforme=facture.plateforme, magasin=facture.magasin, du_le=due))
    elif known.du_le > due:
        tables.put_releve(replace(known, du_le=due))
