"""An insurer moved to another operator: what is queued and never left goes where the payer directory now says.

Only what certainly never left is moved: a request that was sent, even in doubt, or tried, is listed apart for a person.
What follows a PEC moves with it, in its order; a quote of the file that the former operator holds is asked anew on the
new one, since operators delete what they hold of an insurer that leaves (platforms-and-outage.md (c), public: quotes in
progress deleted the day before). A shop that named platform or insurer itself is not overruled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tierspayant.adapter import intake, lots, policy
from tierspayant.adapter.annuaire import Annuaire, AnnuaireAmbigu, AnnuaireInconnu, Entree
from tierspayant.adapter.compose import read_corps
from tierspayant.adapter.demandes import Corps, DevisCorps, DroitsCorps
from tierspayant.adapter.entry import EN_ATTENTE, Entry, Etat, Raison, advance, revise
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.ordering import PEC_MORTE
from tierspayant.adapter.records import change
from tierspayant.adapter.storage.protocol import Filtre, Storage, Tables
from tierspayant.adapter.vault import CleManquante, Vault
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import NotSent

PAGE: Final = 200
"""Requests looked at in one read: their bodies are opened, and others read meanwhile."""

ROUTED: Final = frozenset({Operation.DROITS, Operation.DEVIS, Operation.PEC})
"""What the directory routes; everything else goes where its PEC went."""


@dataclass(frozen=True, slots=True)
class Lieu:
    """Where a request goes: platform, and the platform's code of the insurer. Nothing personal."""

    plateforme: str
    organisme: str | None

    def __str__(self) -> str:
        return self.plateforme if self.organisme is None else f"{self.plateforme}/{self.organisme}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outils:
    vault: Vault
    ids: Ids
    annuaire: Annuaire


@dataclass(frozen=True, slots=True)
class Ecart:
    """A waiting request that is not where the directory sends it. `motif`: why it is not moved; None: it may be."""

    entry: Entry
    vers: Lieu
    motif: str | None


@dataclass(slots=True)
class Fait:
    """What one file's move changed: each entry moved with its former place, and the quotes asked anew."""

    deplacees: list[tuple[Entry, Entry]] = field(default_factory=list)
    devis: list[Entry] = field(default_factory=list)


def elsewhere(annuaire: Annuaire, entry: Entry, corps: Corps, jour: dt.date) -> Lieu | None:
    """Where the directory sends this request on that day, when it is not where it is queued; None: nothing to say.

    A card the directory does not know, or knows in several places of which this is one, stays where it is.
    """
    if not isinstance(corps, DroitsCorps | DevisCorps) or corps.plateforme is not None or corps.organisme is not None:
        return None
    carte, ici = corps.carte, Lieu(entry.plateforme, entry.organisme)
    try:
        lieux = [_lieu(annuaire.chercher(carte.numero_amc.clair, carte.type_convention, carte.csr, jour))]
    except AnnuaireInconnu:
        return None
    except AnnuaireAmbigu as doute:
        lieux = [_lieu(une) for une in doute.candidats]
    return None if ici in lieux or len(lieux) > 1 else lieux[0]


def _lieu(entree: Entree) -> Lieu:
    return Lieu(entree.plateforme, entree.organisme)


async def bulk(storage: Storage, outils: Outils, now: dt.datetime, *, apply: bool) -> dict[str, Any]:
    """The whole move as a document: what would move (`apply` false) or has moved, and what a person must look at."""
    ecarts: list[Ecart] = []
    apres: str | None = None
    while True:
        found, apres = await _read(storage, outils, apres, now)
        ecarts += found
        if apres is None:
            break
    movable = [un for un in ecarts if un.motif is None]
    fait = Fait()
    if apply:
        fait = await storage.write(lambda tables: move_all(tables, outils, [un.entry.id for un in movable], now))
    return {
        "applique": apply,
        "a_deplacer": [_json(un.entry, un.vers) for un in movable],
        "deplacees": [_json(avant, Lieu(ici.plateforme, ici.organisme)) for avant, ici in fait.deplacees],
        "devis_refaits": [une.reference for une in fait.devis],
        "a_part": [{**_json(un.entry, un.vers), "motif": un.motif} for un in ecarts if un.motif is not None],
    }


async def _read(
    storage: Storage, outils: Outils, apres: str | None, now: dt.datetime
) -> tuple[list[Ecart], str | None]:
    def work(tables: Tables) -> tuple[list[Ecart], str | None]:
        etats = tuple(sorted(EN_ATTENTE))
        looked = tables.entries(Filtre(etats=etats, apres=apres, limite=PAGE))
        suivant = looked[-1].id if len(looked) == PAGE else None
        return list(_gaps(tables, outils, looked, now)), suivant

    return await storage.read(work)


def _gaps(tables: Tables, outils: Outils, entries: Sequence[Entry], now: dt.datetime) -> Iterator[Ecart]:
    for entry in entries:
        lead = _lead(tables, entry)
        if lead is None:
            continue
        vers = _where(tables, outils, lead, now)
        if vers is not None:
            yield Ecart(
                entry, vers, why_not(tables, entry) if lead is entry else _why_not_follower(tables, entry, lead)
            )


def _lead(tables: Tables, entry: Entry) -> Entry | None:
    """The request whose card decides: itself, or the PEC it is for."""
    if entry.operation in ROUTED:
        return entry
    target = None if entry.cible is None else tables.entry(entry.cible)
    return target if target is not None and target.operation is Operation.PEC else None


def _where(tables: Tables, outils: Outils, entry: Entry, now: dt.datetime) -> Lieu | None:
    try:
        octets = outils.vault.get(tables, entry, "corps")
    except CleManquante:
        return None
    if octets is None:
        return None
    return elsewhere(outils.annuaire, entry, read_corps(entry.operation, octets), policy.business_day(now))


def why_not(tables: Tables, entry: Entry) -> str | None:
    """Why a request is not moved: it left, or may have; None when it certainly never did (no connection was had)."""
    if entry.etat in {Etat.ENVOI, Etat.INCERTAINE}:
        return "en_doute"
    if entry.etat not in {Etat.EN_FILE, Etat.RETENUE}:
        return "deja_envoyee"
    tried = tables.tentatives(entry.id)
    unsent = len(tried) == entry.tentatives and all(une.issue == NotSent.__name__ for une in tried)
    return None if unsent else "deja_tentee"


def _why_not_follower(tables: Tables, entry: Entry, pec: Entry) -> str | None:
    """What follows a PEC moves with it; behind a PEC that stays, it stays."""
    return why_not(tables, entry) if why_not(tables, pec) is None else "suit_sa_pec"


def move_all(tables: Tables, outils: Outils, identifiants: Sequence[str], now: dt.datetime) -> Fait:
    """Move these, all in this transaction, each looked at again first. Followers move with their PEC."""
    fait = Fait()
    for identifiant in identifiants:
        entry = tables.entry(identifiant)
        if entry is None or entry.operation not in ROUTED or why_not(tables, entry) is not None:
            continue
        vers = _where(tables, outils, entry, now)
        if vers is not None:
            _move_one(tables, outils, entry, vers, now, fait)
    return fait


def _move_one(tables: Tables, outils: Outils, entry: Entry, vers: Lieu, now: dt.datetime, fait: Fait) -> None:
    dossier = [] if entry.dossier is None else tables.dossier(entry.magasin, entry.dossier)
    behind = [une for une in dossier if une.cible == entry.id and why_not(tables, une) is None]
    if entry.operation is Operation.PEC:
        fait.devis += _quotes_anew(tables, outils, entry, vers, dossier, now)
    for une in (entry, *behind):
        moved = _moved(une, vers, now)
        _forget_message(tables, une)
        change(tables, une, moved, now)
        donnees: dict[str, str | int | None] = {"de": str(Lieu(une.plateforme, une.organisme)), "vers": str(vers)}
        tables.add_evenement("reacheminee", now, une.magasin, une.id, donnees)
        fait.deplacees.append((une, moved))


def _moved(entry: Entry, vers: Lieu, now: dt.datetime) -> Entry:
    """In its new lane, and looked at there: what it waited for may have stayed behind. Held for this very reason, it
    goes on; held for another, it stays held."""
    place = {"plateforme": vers.plateforme, "organisme": vers.organisme}
    if entry.action is not None and entry.action.raison is Raison.OPERATEUR:
        return advance(entry, Etat.EN_FILE, now, du_le=now, **place)
    return revise(entry, now, du_le=now if entry.etat is Etat.EN_FILE else None, **place)


def _forget_message(tables: Tables, entry: Entry) -> None:
    """Bytes made for the former platform, of which none ever left, must not go to the new one; nor a lot with them."""
    lots.dissolve_of(tables, entry)
    tables.delete_charge(entry.id, "requete")


def _quotes_anew(
    tables: Tables, outils: Outils, pec: Entry, vers: Lieu, dossier: Sequence[Entry], now: dt.datetime
) -> list[Entry]:
    """The quotes this PEC stood behind and that the former operator holds, asked anew on the new one."""
    held = [
        une
        for une in dossier
        if une.operation is Operation.DEVIS
        and (une.equipement, une.plateforme) == (pec.equipement, pec.plateforme)
        and une.etat in {Etat.TERMINEE, Etat.EN_INSTANCE}
        and une.resultat not in {*PEC_MORTE, "refuse"}
        and not any(autre.remplace == une.id for autre in dossier)
    ]
    return [fresh for une in held if (fresh := _quote_anew(tables, outils, une, vers, now)) is not None]


def _quote_anew(tables: Tables, outils: Outils, devis: Entry, vers: Lieu, now: dt.datetime) -> Entry | None:
    octets = outils.vault.get(tables, devis, "corps")
    corps = None if octets is None else read_corps(devis.operation, octets)
    if not isinstance(corps, DevisCorps):
        return None
    reference = next(
        nom
        for rang in range(1, PAGE)
        if tables.entry_by_reference(devis.magasin, nom := f"{devis.reference[:56]}/R{rang}") is None
    )
    nouvelle = intake.Nouvelle(
        magasin=devis.magasin,
        operation=Operation.DEVIS,
        corps=replace(corps, reference=reference, remplace=devis.id),
        plateforme=vers.plateforme,
        organisme=vers.organisme,
    )
    reception = intake.accept(tables, outils.vault, outils.ids, nouvelle, now)
    return reception.entry if isinstance(reception, intake.Accepted) else None


def _json(entry: Entry, vers: Lieu) -> dict[str, Any]:
    return {
        "demande": entry.id,
        "magasin": entry.magasin,
        "reference": entry.reference,
        "dossier": entry.dossier,
        "operation": entry.operation.value,
        "etat": entry.etat.value,
        "de": str(Lieu(entry.plateforme, entry.organisme)),
        "vers": str(vers),
    }
