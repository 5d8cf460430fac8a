"""A shop's request becomes durable: exchange id derived, body sealed, entry recorded, in one transaction.

The caller answers the shop only after that transaction is durable. The same body under the same reference gives the
entry as it stands now; another body is a conflict, for ever. Run it as `storage.write(lambda t: accept(t, ...))`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TypeAlias

from tierspayant.adapter import policy
from tierspayant.adapter.availability import EtatService
from tierspayant.adapter.demandes import Corps, DevisCorps, DroitsCorps, FactureCorps, PecCorps
from tierspayant.adapter.entry import EN_ATTENTE, Entry, Etat
from tierspayant.adapter.ids import Ids, derived
from tierspayant.adapter.likeness import likeness
from tierspayant.adapter.ordering import FACTURE_MORTE, Verdict, obstacle
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas import plain
from tierspayant.schemas.messages import ResultatPec
from tierspayant.schemas.operations import SERVICE_OF, Operation

FILE_MAX = 100_000
"""Requests of all shops that wait at once: three weeks of some 300 shops; beyond it new work is refused, loudly."""


SANS_LIMITE = 2**62
"""What a daemon adds by itself (a cancellation) is never refused for want of room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nouvelle:
    """A checked request. magasin: FINESS. plateforme and organisme: from the payer directory; None for what acts on
    another request (`cible`: that request's id), which goes where that one went."""

    magasin: str
    operation: Operation
    corps: Corps
    plateforme: str | None = None
    organisme: str | None = None
    cible: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Same:
    """The same request again: here is how it stands."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Conflict:
    """The reference is taken by another body."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class CibleInconnue:
    """A request it names is not known for this shop. `champ`: JSON name of the field ('pec', 'remplace', 'id')."""

    champ: str


@dataclass(frozen=True, slots=True)
class AutreDossier:
    """A request it names is in another file of this shop. `champ`: JSON name of the field that does not fit."""

    champ: str


@dataclass(frozen=True, slots=True)
class NumeroPris:
    """Another invoice of this shop bears the number: the platform would take the new one for that one come again."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class FilePleine:
    """The queue's limit is reached; nothing was recorded."""

    limite: int


@dataclass(frozen=True, slots=True)
class AvanceFaite:
    """The customer paid this file up front: no tiers payant of it may leave."""

    dossier: str


Reception: TypeAlias = Accepted | Same | Conflict | CibleInconnue | AutreDossier | NumeroPris | FilePleine | AvanceFaite


def accept(
    tables: Tables, vault: Vault, ids: Ids, nouvelle: Nouvelle, now: dt.datetime, *, file_max: int = FILE_MAX
) -> Reception:
    """Record a request, or say why not. Everything it changes is in the caller's transaction."""
    octets = plain.to_json(nouvelle.corps)
    reference = nouvelle.corps.reference
    empreinte = vault.fingerprint(tables, f"corps {nouvelle.operation} {nouvelle.cible or ''}", octets)
    known = tables.entry_by_reference(nouvelle.magasin, reference)
    if known is not None:
        return Same(known) if tables.empreinte(known.id) == empreinte else Conflict(known)
    if tables.count(None, tuple(EN_ATTENTE)) >= file_max:
        return FilePleine(file_max)
    linked = _linked(tables, nouvelle)
    if isinstance(linked, CibleInconnue | AutreDossier):
        return linked
    holder = _number_holder(tables, nouvelle, linked)
    if holder is not None:
        return NumeroPris(holder)
    dossier = _dossier(nouvelle.corps, linked.cible)
    if nouvelle.operation in policy.TIERS_PAYANT and dossier is not None and _paid(tables, nouvelle.magasin, dossier):
        return AvanceFaite(dossier)
    entry = _entry(tables, ids, nouvelle, linked, now)
    tables.insert_entry(entry, empreinte)
    vault.put(tables, entry, "corps", octets)
    if isinstance(nouvelle.corps, DroitsCorps):
        tables.put_personne(entry.id, entry.magasin, _person(tables, vault, nouvelle.corps))
    if isinstance(nouvelle.corps, PecCorps):
        mark = vault.fingerprint(tables, "semblable", likeness(nouvelle.corps))
        tables.put_personne(entry.id, entry.magasin, mark)
    donnees: dict[str, str | int | None] = {"operation": entry.operation, "etat": entry.etat}
    tables.add_evenement("demande", now, entry.magasin, entry.id, donnees)
    return Accepted(entry)


def _paid(tables: Tables, magasin: str, dossier: str) -> bool:
    """Whether the file is marked; the answer holds until this transaction ends, on every node."""
    tables.lock_file(magasin, dossier)
    avance = tables.avance(magasin, dossier)
    return avance is not None and avance.active


def _person(tables: Tables, vault: Vault, corps: DroitsCorps) -> str:
    """Card and person as one keyed hash, so that their last known rights are found; a card's dates change each year."""
    carte, qui = corps.carte, corps.beneficiaire
    card = [carte.numero_amc, carte.type_convention, carte.csr, carte.numero_adherent]
    person = [corps.assure.nir, qui.date_naissance, qui.rang_naissance, qui.nom, qui.prenom]
    return vault.fingerprint(tables, "personne", plain.to_json([*card, *person]))


@dataclass(frozen=True, slots=True)
class _Links:
    cible: Entry | None
    remplace: Entry | None


def _linked(tables: Tables, nouvelle: Nouvelle) -> _Links | CibleInconnue | AutreDossier:
    """The entries a body names, which must be this shop's; PEC and quote also of this file."""
    corps = nouvelle.corps
    cible = remplace = None
    if nouvelle.cible is not None:
        cible = _named(tables, nouvelle.magasin, nouvelle.cible, None)
        if cible is None:
            return CibleInconnue("id")
    if isinstance(corps, FactureCorps):
        cible = _named(tables, nouvelle.magasin, corps.pec, Operation.PEC)
        if cible is None:
            return CibleInconnue("pec")
        if cible.dossier != corps.dossier:
            return AutreDossier("dossier")
    if isinstance(corps, FactureCorps | DevisCorps) and corps.remplace is not None:
        remplace = _named(tables, nouvelle.magasin, corps.remplace, nouvelle.operation)
        if remplace is None:
            return CibleInconnue("remplace")
    return _quote_fault(tables, nouvelle) or _Links(cible, remplace)


def _number_holder(tables: Tables, nouvelle: Nouvelle, links: _Links) -> Entry | None:
    """The invoice that bears this one's number, unless it ended badly, was taken back, or is the one replaced."""
    if not isinstance(nouvelle.corps, FactureCorps):
        return None
    holder = tables.entry_by_numero(nouvelle.magasin, Operation.FACTURE, nouvelle.corps.numero_facture)
    if holder is None or holder.etat is Etat.RETIREE or holder.resultat in FACTURE_MORTE:
        return None
    return None if holder == links.remplace else holder


def _quote_fault(tables: Tables, nouvelle: Nouvelle) -> CibleInconnue | AutreDossier | None:
    corps = nouvelle.corps
    if not isinstance(corps, DevisCorps) or corps.devis is None:
        return None
    quote = _named(tables, nouvelle.magasin, corps.devis, Operation.DEVIS)
    if quote is None:
        return CibleInconnue("devis")
    return None if quote.dossier == corps.dossier else AutreDossier("devis")


def _named(tables: Tables, magasin: str, nom: str, operation: Operation | None) -> Entry | None:
    """The shop's request called by its reference, its id or the platform's number."""
    found = tables.entry_by_reference(magasin, nom) or tables.entry(nom)
    if found is None and operation is not None:
        found = tables.entry_by_numero(magasin, operation, nom)
    if found is None or found.magasin != magasin or operation not in {None, found.operation}:
        return None
    return found


def _entry(tables: Tables, ids: Ids, nouvelle: Nouvelle, links: _Links, now: dt.datetime) -> Entry:
    corps, cible = nouvelle.corps, links.cible
    plateforme = cible.plateforme if cible is not None else nouvelle.plateforme
    assert plateforme is not None, "a request that acts on no other one is routed by the payer directory"
    fresh = Entry(
        id=ids.row(now),
        id_message=derived(nouvelle.magasin, nouvelle.operation, corps.reference),
        magasin=nouvelle.magasin,
        operation=nouvelle.operation,
        reference=corps.reference,
        dossier=_dossier(corps, cible),
        equipement=_equipement(corps, cible),
        plateforme=plateforme,
        organisme=cible.organisme if cible is not None else nouvelle.organisme,
        cree_le=now,
        maj_le=now,
        cible=None if cible is None else cible.id,
        remplace=None if links.remplace is None else links.remplace.id,
        numero=corps.numero_facture if isinstance(corps, FactureCorps) else None,
        expire_le=policy.expiry(nouvelle.operation, now),
        amc_centimes=_amc(corps, cible),
        du_le=now,
    )
    return _placed(tables, fresh)


def _dossier(corps: Corps, cible: Entry | None) -> str | None:
    if cible is not None:
        return cible.dossier
    return corps.dossier if isinstance(corps, DroitsCorps | DevisCorps | FactureCorps) else None


def _equipement(corps: Corps, cible: Entry | None) -> int | None:
    if isinstance(corps, DevisCorps):
        return corps.equipement.numero
    return None if cible is None else cible.equipement


def _amc(corps: Corps, pec: Entry | None) -> int | None:
    """The insurer's share of an invoice: as given, else as granted, else not known yet."""
    if not isinstance(corps, FactureCorps):
        return None
    if corps.montants is not None:
        return corps.montants.amc_centimes
    return pec.amc_centimes if pec is not None and pec.resultat == ResultatPec.ACCORDEE else None


def _placed(tables: Tables, entry: Entry) -> Entry:
    """Its place in the lane: behind what stands before it, urgent when the service is open (someone is waiting)."""
    service = tables.disponibilite(entry.plateforme, SERVICE_OF[entry.operation])
    comptoir = service is None or service.etat is EtatService.OUVERT
    before = None
    if entry.dossier is not None:
        before = obstacle(entry, [*tables.dossier(entry.magasin, entry.dossier), entry])
    waiting = before is not None and before.verdict is Verdict.ATTENDRE
    return replace(entry, priorite=policy.priorite(entry, comptoir=comptoir), du_le=None if waiting else entry.du_le)
