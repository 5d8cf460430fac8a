"""The call list, and one gesture over many requests: GET /v1/appels, POST /v1/demandes/action."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from tierspayant.adapter import bulk
from tierspayant.adapter.body_json import read_body, refuse
from tierspayant.adapter.entry import Geste
from tierspayant.adapter.problem import Fault
from tierspayant.adapter.records import Lane
from tierspayant.adapter.render import instant
from tierspayant.adapter.shop_api_gestes import WHO
from tierspayant.adapter.shop_calls import PAGE_MAX, Route, Visit, page, page_size, refuse_parameter, route
from tierspayant.adapter.shop_http import Reply, json_reply
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.adapter.vault import Vault

NAMED_MAX: Final = 10_000
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
            route("POST", "/v1/demandes/action", self.act, roles=WHO),
        )

    async def call_list(self, visit: Visit) -> Reply:
        """Whom to call. Names and prices are opened for the shop's own key only."""
        choice = bulk.Choix(magasin=visit.magasin, plateforme=visit.query.get("plateforme"), avant=_day(visit, "avant"))
        limit, now = page_size(visit), self.now()

        def work(tables: Tables) -> tuple[list[dict[str, Any]], str | None]:
            held, suivant = bulk.waiting(tables, choice, visit.query.get("apres"), limit)
            found = bulk.appels(tables, self.vault, held, ouvert=visit.magasin is not None)
            return [appel_json(one, now) for one in found], suivant

        return json_reply(page(*await self.storage.read(work)))

    async def act(self, visit: Visit) -> Reply:
        corps = read_body(visit.call.body, ActionsCorps)
        _check(corps)
        magasin = visit.magasin or corps.magasin
        chosen = corps.demandes
        if chosen is None:
            chosen = await self._chosen(bulk.Choix(magasin=magasin, plateforme=corps.plateforme, avant=corps.avant))
        done: list[dict[str, Any]] = []
        refused: list[dict[str, Any]] = []
        for start in range(0, len(chosen), bulk.LOT):
            batch, now = chosen[start : start + bulk.LOT], self.now()

            def work(tables: Tables, batch: tuple[str, ...] = batch, now: dt.datetime = now) -> bulk.Bilan:
                return bulk.act(tables, batch, corps.type, now, magasin)

            bilan = await self.storage.write(work)
            self.wake_lanes(bilan.lanes)
            done += [{"id": one.id, "reference": one.reference, "etat": one.etat.value} for one in bilan.faites]
            refused += [{"id": qui, "code": non.code, "detail": non.detail} for qui, non in bilan.refusees]
        return json_reply({"faites": done, "refusees": refused})

    async def _chosen(self, choice: bulk.Choix) -> tuple[str, ...]:
        """Every request of the choice, page by page."""
        found: list[str] = []
        after: str | None = None
        while True:
            held, after = await self._page(choice, after)
            found += held
            if after is None:
                return tuple(found)

    async def _page(self, choice: bulk.Choix, after: str | None) -> tuple[list[str], str | None]:
        def work(tables: Tables) -> tuple[list[str], str | None]:
            held, suivant = bulk.waiting(tables, choice, after, PAGE_MAX)
            return [one.id for one in held], suivant

        return await self.storage.read(work)


def _check(corps: ActionsCorps) -> None:
    faults = []
    if corps.type not in bulk.GESTES:
        admis = ", ".join(sorted(bulk.GESTES))
        faults.append(Fault("/type", "VALEUR_ADMISE", f"valeurs admises pour plusieurs demandes : {admis}"))
    chosen = corps.tous or corps.plateforme is not None or corps.avant is not None
    if (corps.demandes is not None) == chosen:
        detail = "nommez les demandes, ou choisissez-les par tous, plateforme ou avant : l'un des deux"
        faults.append(Fault("/demandes", "CHOIX_UNIQUE", detail))
    if corps.demandes is not None and len(corps.demandes) > NAMED_MAX:
        faults.append(Fault("/demandes", "NOMBRE_MAX", f"au plus {NAMED_MAX} demandes à la fois"))
    if faults:
        refuse(faults)


def _day(visit: Visit, name: str) -> dt.date | None:
    text = visit.query.get(name)
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        refuse_parameter(name, f"Le paramètre {name} est une date AAAA-MM-JJ.")


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
