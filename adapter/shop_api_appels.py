"""The call list, and one gesture over many requests: GET /v1/appels, POST /v1/demandes/action."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from tierspayant.adapter import bulk
from tierspayant.adapter.body_json import lire, refuser
from tierspayant.adapter.entry import Geste
from tierspayant.adapter.problem import Erreur
from tierspayant.adapter.records import Lane
from tierspayant.adapter.render import instant
from tierspayant.adapter.shop_api_gestes import QUI
from tierspayant.adapter.shop_calls import LISTE_MAX, Route, Visite, page, page_size, refuse_parameter, route
from tierspayant.adapter.shop_http import Reponse, en_json
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.adapter.vault import Vault

NOMMEES_MAX: Final = 10_000
"""Requests one call may name: the body's size limit is reached soon after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsCorps:
    """POST /v1/demandes/action: `confirmer_client` or `abandonner` for requests held until the customer confirms.

    Either `demandes` names them, or `tous`, `plateforme`, `avant` (recorded before this day) choose them. `magasin`
    (FINESS) narrows an operator's choice; a shop only ever reaches its own.
    """

    type: Geste
    demandes: tuple[str, ...] | None = None
    tous: bool = False
    plateforme: str | None = None
    avant: dt.date | None = None
    magasin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appels:
    """The handlers' tools."""

    storage: Storage
    vault: Vault
    now: Callable[[], dt.datetime]
    wake_lanes: Callable[[Iterable[Lane]], None]

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/v1/appels", self.call_list, "plateforme avant apres limite"),
            route("POST", "/v1/demandes/action", self.act, roles=QUI),
        )

    async def call_list(self, visite: Visite) -> Reponse:
        """Whom to call. Names and prices are opened for the shop's own key only."""
        choix = bulk.Choix(
            magasin=visite.magasin, plateforme=visite.requete.get("plateforme"), avant=_day(visite, "avant")
        )
        limite, now = page_size(visite), self.now()

        def work(tables: Tables) -> tuple[list[dict[str, Any]], str | None]:
            held, suivant = bulk.waiting(tables, choix, visite.requete.get("apres"), limite)
            found = bulk.appels(tables, self.vault, held, ouvert=visite.magasin is not None)
            return [appel_json(un, now) for un in found], suivant

        return en_json(page(*await self.storage.read(work)))

    async def act(self, visite: Visite) -> Reponse:
        corps = lire(visite.appel.corps, ActionsCorps)
        _check(corps)
        magasin = visite.magasin or corps.magasin
        chosen = corps.demandes
        if chosen is None:
            chosen = await self._chosen(bulk.Choix(magasin=magasin, plateforme=corps.plateforme, avant=corps.avant))
        faites: list[dict[str, Any]] = []
        refusees: list[dict[str, Any]] = []
        for debut in range(0, len(chosen), bulk.LOT):
            lot, now = chosen[debut : debut + bulk.LOT], self.now()

            def work(tables: Tables, lot: tuple[str, ...] = lot, now: dt.datetime = now) -> bulk.Bilan:
                return bulk.act(tables, lot, corps.type, now, magasin)

            bilan = await self.storage.write(work)
            self.wake_lanes(bilan.lanes)
            faites += [{"id": une.id, "reference": une.reference, "etat": une.etat.value} for une in bilan.faites]
            refusees += [{"id": qui, "code": non.code, "detail": non.detail} for qui, non in bilan.refusees]
        return en_json({"faites": faites, "refusees": refusees})

    async def _chosen(self, choix: bulk.Choix) -> tuple[str, ...]:
        """Every request of the choice, page by page."""
        found: list[str] = []
        apres: str | None = None
        while True:
            held, apres = await self._page(choix, apres)
            found += held
            if apres is None:
                return tuple(found)

    async def _page(self, choix: bulk.Choix, apres: str | None) -> tuple[list[str], str | None]:
        def work(tables: Tables) -> tuple[list[str], str | None]:
            held, suivant = bulk.waiting(tables, choix, apres, LISTE_MAX)
            return [une.id for une in held], suivant

        return await self.storage.read(work)


def _check(corps: ActionsCorps) -> None:
    fautes = []
    if corps.type not in bulk.GESTES:
        admis = ", ".join(sorted(bulk.GESTES))
        fautes.append(Erreur("/type", "VALEUR_ADMISE", f"valeurs admises pour plusieurs demandes : {admis}"))
    chosen = corps.tous or corps.plateforme is not None or corps.avant is not None
    if (corps.demandes is not None) == chosen:
        detail = "nommez les demandes, ou choisissez-les par tous, plateforme ou avant : l'un des deux"
        fautes.append(Erreur("/demandes", "CHOIX_UNIQUE", detail))
    if corps.demandes is not None and len(corps.demandes) > NOMMEES_MAX:
        fautes.append(Erreur("/demandes", "NOMBRE_MAX", f"au plus {NOMMEES_MAX} demandes à la fois"))
    if fautes:
        refuser(fautes)


def _day(visite: Visite, nom: str) -> dt.date | None:
    texte = visite.requete.get(nom)
    try:
        return None if texte is None else dt.date.fromisoformat(texte)
    except ValueError:
        refuse_parameter(nom, f"Le paramètre {nom} est une date AAAA-MM-JJ.")


def appel_json(appel: bulk.Appel, now: dt.datetime) -> dict[str, Any]:
    """One line of the call list. An amount nobody knows is null."""
    entry = appel.entry
    return {
        "demande": entry.id,
        "reference": entry.reference,
        "dossier": entry.dossier,
        "operation": entry.operation.value,
        "plateforme": entry.plateforme,
        "organisme": entry.organisme,
        "attend_depuis": instant(entry.cree_le),
        "age_jours": max(0, (now - entry.cree_le).days),
        "total_centimes": appel.total_centimes,
        "amc_centimes": entry.amc_centimes,
        "client": None if appel.nom is None else {"nom": appel.nom, "prenom": appel.prenom},
    }
