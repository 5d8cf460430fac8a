"""A story as data: shops, files and what becomes of them, failures, locked accounts, a move, deaths of the daemon.

Everything counts in minutes since the start. A story is replayed from its JSON (story.py), so it holds no function.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.simulation.world import Fate

SHOPS = ("759999014", "759999022", "759999030")
PANNES: dict[str, Fate] = {
    "refusee": Fate(refused=True),
    "503": Fate(statut=503),
    "jamais recue": Fate(never=True),
    "recue, sans reponse": Fate(lost=True),
    "recue tard, sans reponse": Fate(lost=True, retard=100.0),
}
EFFETS: dict[str, dict[str, Any]] = {
    "coupure apres_lecture": {"effet": "coupure", "parametres": {"point": "apres_lecture"}},
    "coupure apres_commit": {"effet": "coupure", "parametres": {"point": "apres_commit"}},
    "coupure milieu_corps": {"effet": "coupure", "parametres": {"point": "milieu_corps"}},
    "silence traitee": {"effet": "silence", "parametres": {"traitee": True}},
    "silence non traitee": {"effet": "silence", "parametres": {"traitee": False}},
    "503": {"effet": "http", "parametres": {"statut": 503}},
    "indisponible": {"effet": "indisponible"},
    "reponse tronquee": {"effet": "reponse", "parametres": {"defaut": "tronquee"}},
    "TEC02": {"effet": "faute_soap", "parametres": {"code": "TEC02"}},
}
DOCUMENTS = 9705
"""Price of a frame that is granted once the prescription has been sent."""
REFUSED = frozenset({9701, 9704})
REJECTED = 9801
"""Price of a frame whose invoice is acknowledged, then rejected by the insurer."""
PAIR_TWO = 5
"""Rank, in references, of what concerns the second pair of a file."""
AGAIN = 9
"""Rank of a PEC that is keyed twice."""


class Suite(StrEnum):
    """What becomes of a file beside a PEC and its invoice."""

    RIEN = "rien"
    ANNULATION = "annulation"
    """The PEC is cancelled and never billed."""
    REMPLACEMENT = "remplacement"
    """The PEC is cancelled and another one takes its place; that one is billed."""
    FACTURE_ANNULEE = "facture annulee"
    FACTURE_CORRIGEE = "facture corrigee"
    """The invoice is cancelled and a corrected one takes its place."""
    AVANCE = "avance"
    """The customer pays up front."""
    AVANCE_LEVEE = "avance levee"
    """He does, and it is undone an hour later."""
    DOUBLE = "double"
    """The same PEC is keyed again under another reference."""


class Sort(StrEnum):
    """Whether an invoice must be in the ledger, alive, when the story is over."""

    OUI = "oui"
    NON = "non"
    SELON = "selon"
    """As the adapter says: both ends are right, depending on what came first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One file. apres: from its PEC to its invoice. quand: from its PEC to its `suite`."""

    plateforme: str
    magasin: int
    arrivee: int
    apres: int
    prix: int = 12000
    droits: bool = False
    devis: bool = False
    deux_paires: bool = False
    suite: Suite = Suite.RIEN
    quand: int = 0

    def factures(self, rang: int) -> dict[str, Sort]:
        """The invoices its shop sends, by reference, and what is wanted of each."""
        good = Sort.NON if self.prix in REFUSED or self.prix == REJECTED else Sort.OUI
        second = {f"D-{rang}/FAC-{PAIR_TWO}": good} if self.deux_paires else {}
        match self.suite:
            case Suite.ANNULATION:
                return second
            case Suite.FACTURE_ANNULEE:
                return {f"D-{rang}/FAC-1": Sort.SELON, **second}
            case Suite.FACTURE_CORRIGEE:
                return {f"D-{rang}/FAC-1": Sort.SELON, f"D-{rang}/FAC-2": good, **second}
            case Suite.AVANCE | Suite.AVANCE_LEVEE:
                return dict.fromkeys((f"D-{rang}/FAC-1", *second), Sort.SELON)
            case _:
                return {f"D-{rang}/FAC-1": good, **second}

    @property
    def last(self) -> int:
        """When its shop has asked all it will ask, unless it must wait for something."""
        return self.arrivee + max(self.apres, self.quand) + max(self.apres, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panne:
    """The network fails, from minute to minute."""

    debut: int
    duree: int
    sorte: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effet:
    """The emulator misbehaves some times, from a minute on."""

    minute: int
    plateforme: str
    sorte: str
    fois: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verrou:
    """One shop's account is locked on one platform, from a minute on, until `rendu` (None: for good)."""

    minute: int
    plateforme: str
    magasin: int
    rendu: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histoire:
    """morts: for each start of the daemon, the commit it dies at and on which side of it. bande: a tape by name.

    demenagement: when the viamedis-style insurer moves to the white label. recherche: whether the platforms can be
    asked by the shop's reference. fin: minutes lived.
    """

    graine: int
    dossiers: tuple[Dossier, ...]
    pannes: tuple[Panne, ...] = ()
    effets: tuple[Effet, ...] = ()
    morts: tuple[tuple[int, str], ...] = ()
    bande: str | None = None
    verrous: tuple[Verrou, ...] = ()
    demenagement: int | None = None
    recherche: bool = True
    fin: int = 6 * 24 * 60

    def wanted(self) -> dict[tuple[str, str], Sort]:
        """Every invoice of every shop, and what is wanted of it: the same whatever the weather."""
        return {
            (SHOPS[un.magasin], reference): Sort.SELON if sort is Sort.OUI and self._hampered(un) else sort
            for rang, un in enumerate(self.dossiers)
            for reference, sort in un.factures(rang).items()
        }

    def _hampered(self, un: Dossier) -> bool:
        """Nobody gives the account back; the insurer moves, and the former operator may say no; in weeks of closure an
        invoice is paid before its cancellation can leave, so that nothing is to be corrected any more."""
        moves = self.demenagement is not None and un.plateforme == "viamedis"
        locked = {(une.plateforme, une.magasin) for une in self.verrous if une.rendu is None}
        paid = self.bande is not None and un.suite is Suite.FACTURE_CORRIGEE
        return moves or paid or (un.plateforme, un.magasin) in locked
