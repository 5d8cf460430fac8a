"""What every storage backend offers: transactions over small tables.

`Storage.write(work)` runs `work(tables)` inside one transaction and answers only after it is durable (fsync); when
`work` raises, nothing of it remains and the caller gets that exception. `Storage.read(work)` sees one consistent
state and changes nothing. `work` is a plain synchronous function, may run in another thread, and must not wait, call
the network or keep `tables` afterwards: whatever must be atomic (accept, begin an attempt, settle) is one `work`.

Rows are frozen values. Charges (bodies, answers, bytes exchanged) are sealed by the vault before they come here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred

from tierspayant.adapter.availability import Compte, Disponibilite
from tierspayant.adapter.avances import Avance, Curseur, LigneAge, Orphelins
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.remittances import Releve, Retour
from tierspayant.schemas.operations import Operation, Service

T = TypeVar("T")


class StorageError(Exception):
    """Storage could not do it (disk full, read-only, damaged, server gone). Nothing of the transaction remains.

    One exception: a database server lost during the commit itself leaves open whether it was done. Every transaction
    of the adapter may therefore be offered again (accept gives Same, settle gives Depasse), and a beginning whose
    commit is unknown sends nothing: it is in doubt at the end of its lease.
    """


class DejaLa(Exception):
    """Unique (magasin, reference), id or exchange id: the row is already there."""


class Depasse(Exception):
    """The entry changed since it was read: read it again and decide again."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed charge: which data key, and nonce plus ciphertext plus tag."""

    cle: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class CleDonnees:
    """A data key, wrapped by the master key `maitre`. Erasing the row makes its file's charges unreadable for ever."""

    id: str
    magasin: str
    dossier: str
    maitre: str
    emballee: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tentative:
    """One exchange with the platform on behalf of an entry: a send, or a question about its state.

    `issue` is the outcome's name, None while the exchange is under way. Bytes are charges (genre requete-N, reponse-N).
    """

    entree: str
    rang: int
    operation: Operation
    id_message: str
    debut: dt.datetime
    fin: dt.datetime | None = None
    issue: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenement:
    """What changed, for one shop (`magasin` None: for all). `id` only grows; it is the cursor of /v1/evenements."""

    id: int
    magasin: str | None
    entree: str | None
    type: str
    a: dt.datetime
    donnees: dict[str, str | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membre:
    """An invoice's place in its lot (lots.py); an invoice has one at most, whatever crashes.

    lot: the exchange id of the lot. numero: what the platform calls it. porteur: the entry that keeps the lot's bytes.
    taille: how many invoices those bytes bill.
    """

    entree: str
    lot: str
    numero: str
    porteur: str
    rang: int
    taille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtre:
    """Which entries to list, in id order after `apres`. None or empty means any."""

    magasin: str | None = None
    etats: tuple[Etat, ...] = ()
    plateforme: str | None = None
    service: Service | None = None
    dossier: str | None = None
    operation: Operation | None = None
    apres: str | None = None
    limite: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LigneEncours:
    """Money waiting, one row per platform, insurer and state of the invoices. Amounts in centimes, None: not known."""

    plateforme: str
    organisme: str | None
    etat: Etat
    resultat: str | None
    nombre: int
    inconnus: int
    amc_centimes: int
    paye_centimes: int
    plus_ancienne: dt.datetime


class Tables(Protocol):
    """The rows, inside one transaction."""

    # ---- entries
    def entry(self, identifiant: str) -> Entry | None: ...
    def entry_by_reference(self, magasin: str, reference: str) -> Entry | None: ...
    def entry_by_numero(self, magasin: str, operation: Operation, numero: str) -> Entry | None:
        """The shop's entry of that operation that holds this platform number, the newest if several."""
        ...

    def insert_entry(self, entry: Entry, empreinte: str) -> None:
        """Raises DejaLa."""
        ...

    def empreinte(self, identifiant: str) -> str | None:
        """The keyed hash of the canonical body the entry was made from."""
        ...

    def update_entry(self, entry: Entry) -> None:
        """Write a changed entry over version - 1. Raises Depasse."""
        ...

    def dossier(self, magasin: str, dossier: str) -> Sequence[Entry]:
        """Every entry of a file, oldest first."""
        ...

    def entries(self, filtre: Filtre) -> Sequence[Entry]: ...
    def due(self, plateforme: str, service: Service, now: dt.datetime, limite: int, after: str = "") -> Sequence[Entry]:
        """Entries of a lane due at `now`, the most urgent first, in turn between shops from the one after `after`.

        Those of shops whose account is held are left out.
        """
        ...

    def demote(self, plateforme: str, service: Service) -> None:
        """The lane shut: whoever stood at the counter will not be there when it reopens (versions stay)."""
        ...

    def next_due(self, plateforme: str, service: Service, after: dt.datetime) -> dt.datetime | None:
        """When the lane must look again: the earliest due time later than `after`."""
        ...

    def lapsed(self, plateforme: str, service: Service, now: dt.datetime, limite: int) -> Sequence[Entry]:
        """Queued entries of a lane that time has overtaken, even while the service is shut."""
        ...

    def next_lapse(self, plateforme: str, service: Service, after: dt.datetime) -> dt.datetime | None:
        """When the next queued entry of a lane is overtaken."""
        ...

    def count(self, magasin: str | None = None, etats: Sequence[Etat] = ()) -> int:
        """How many entries: of all shops at no cost (counters kept by the table), of one shop by an index."""
        ...

    def encours(self, magasin: str | None) -> Sequence[LigneEncours]: ...

    # ---- charges and their keys
    def charge(self, entree: str, genre: str) -> Sealed | None: ...
    def put_charge(self, entree: str, genre: str, sealed: Sealed) -> None: ...
    def delete_charge(self, entree: str, genre: str) -> None: ...
    def delete_charges(self, entree: str) -> int: ...
    def data_key(self, identifiant: str) -> CleDonnees | None: ...
    def data_key_of(self, magasin: str, dossier: str) -> CleDonnees | None: ...
    def put_data_key(self, cle: CleDonnees) -> None: ...
    def data_keys(self) -> Sequence[CleDonnees]: ...
    def delete_data_key(self, identifiant: str) -> None: ...

    # ---- lots
    def membre(self, entree: str) -> Membre | None:
        """The lot an invoice is in."""
        ...

    def membres(self, lot: str) -> Sequence[Membre]:
        """A whole lot, in the order of its message."""
        ...

    def put_membre(self, membre: Membre) -> None:
        """Raises DejaLa when the invoice is in a lot already."""
        ...

    def delete_membre(self, entree: str) -> None: ...
    def loose_invoices(self, plateforme: str, magasin: str, now: dt.datetime, limite: int) -> Sequence[Entry]:
        """A shop's queued invoices due at `now` that are in no lot, the most urgent first."""
        ...

    # ---- attempts
    def put_tentative(self, tentative: Tentative) -> None:
        """Insert, or close an attempt already there (same entry and rank)."""
        ...

    def tentatives(self, entree: str) -> Sequence[Tentative]: ...

    # ---- availability
    def disponibilite(self, plateforme: str, service: Service) -> Disponibilite | None: ...
    def put_disponibilite(self, disponibilite: Disponibilite) -> None: ...
    def disponibilites(self) -> Sequence[Disponibilite]: ...
    def place(self, plateforme: str) -> dt.datetime | None:
        """Until when the calls begun so far have used up the platform's even pace (cadence.py); None: never called."""
        ...

    def take_place(self, plateforme: str, now: dt.datetime, limite: dt.datetime, pas: dt.timedelta) -> bool:
        """One call more: that instant moves on by `pas`, unless it is already after `limite` (False)."""
        ...

    def compte(self, plateforme: str, magasin: str) -> Compte | None: ...
    def put_compte(self, compte: Compte) -> None: ...
    def comptes(self, magasin: str | None = None) -> Sequence[Compte]: ...

    # ---- events
    def add_evenement(
        self,
        type_: str,
        a: dt.datetime,
        magasin: str | None = None,
        entree: str | None = None,
        donnees: dict[str, str | int | None] | None = None,
    ) -> int: ...
    def evenements(self, magasin: str | None, depuis: int, limite: int) -> Sequence[Evenement]:
        """Events after the cursor `depuis`, for this shop and for all; every shop's when `magasin` is None."""
        ...

    # ---- payment returns
    def releve(self, plateforme: str, magasin: str) -> Releve | None: ...
    def put_releve(self, releve: Releve) -> None: ...
    def releves(self, plateforme: str) -> Sequence[Releve]: ...
    def add_retour(self, retour: Retour) -> bool:
        """Keep a line of a remittance; False when that line is already there (a remittance listed twice)."""
        ...

    def retours_of(self, entree: str) -> Sequence[Retour]:
        """Every line about one invoice, in the order they came."""
        ...

    def retours(self, magasin: str | None, depuis: dt.date, limite: int) -> Sequence[Retour]:
        """Lines of remittances issued since a day, those that match no invoice included."""
        ...

    def expected(self, plateforme: str, magasin: str, resultats: Sequence[str]) -> bool:
        """Whether an invoice of the shop that is out, or has ended, has one of these results."""
        ...

    # ---- paid up front, former rights checks, money by age
    def lock_file(self, magasin: str, dossier: str) -> None:
        """Until the end of this transaction no other one that locks the same file goes on (several nodes)."""
        ...

    def avance(self, magasin: str, dossier: str) -> Avance | None: ...
    def put_avance(self, avance: Avance) -> None: ...
    def likes(self, entree: str) -> Sequence[Entry]:
        """The other requests kept under the same keyed hash by put_personne."""
        ...

    def put_personne(self, entree: str, magasin: str, personne: str) -> None:
        """Note whose rights were asked, as a keyed hash."""
        ...

    def former_rights(self, entree: str) -> Entry | None:
        """The last rights check of the same shop, card and person as this one that was answered open or closed."""
        ...

    def rights_since(
        self, magasin: str, depuis: dt.datetime, limite: int, dossier: str | None = None
    ) -> Sequence[dt.datetime]:
        """When the shop (or one file of it) asked for rights since then, the newest first."""
        ...

    def ages(self, magasin: str | None, now: dt.datetime) -> Sequence[LigneAge]: ...
    def orphans(self, magasin: str | None) -> Orphelins: ...
    def payments(self, magasin: str | None, depuis: dt.date, limite: int, apres: Curseur = ...) -> Sequence[Retour]:
        """Lines of remittances issued since a day, in a fixed order, after a cursor."""
        ...


class Storage(Protocol):
    def read(self, work: Callable[[Tables], T]) -> Deferred[T]: ...
    def write(self, work: Callable[[Tables], T]) -> Deferred[T]: ...
    def close(self) -> Deferred[None]:
        """Finish what was accepted, then release files, threads and the lock."""
        ...
