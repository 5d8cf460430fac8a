"""The customer pays up front: POST, GET, DELETE /v1/dossiers/<dossier>/avance-client, and its printable sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tierspayant.adapter import gestures, paid_upfront, recu
from tierspayant.adapter.avances import Avance
from tierspayant.adapter.body_json import read_body, refuse
from tierspayant.adapter.field_rules import REFERENCE
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.keys import Role
from tierspayant.adapter.problem import Fault, Problem, Refusal, sentence
from tierspayant.adapter.records import Lane
from tierspayant.adapter.render import instant
from tierspayant.adapter.shop_calls import AUTHORS, Route, Visit, route
from tierspayant.adapter.shop_http import Reply, json_reply
from tierspayant.adapter.storage.protocol import Depasse, Storage, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.money import Centimes, en_euros

MONTANT_MAX: Final = 10_000_000
"""Centimes: no pair of glasses costs 100,000 euros; more is a typing error."""

TRIES: Final = 5
"""Times a change by someone else meanwhile is looked at again before the shop is told to."""

PATH: Final = "/v1/dossiers/{dossier}/avance-client"
OF_A_SHOP: Final = frozenset({Role.MAGASIN, Role.LECTURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class AvanceCorps:
    """POST /v1/dossiers/<dossier>/avance-client: what the customer paid so far, and the price. Null: not said."""

    acompte_centimes: int | None = None
    total_centimes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Avances:
    """The handlers' tools. `in_thread`: the PDF is drawn outside the reactor."""

    storage: Storage
    vault: Vault
    ids: Ids
    now: Callable[[], dt.datetime]
    wake_lanes: Callable[[Iterable[Lane]], None]
    in_thread: Callable[[Callable[[], bytes]], Awaitable[bytes]]

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", PATH + "/recu.pdf", self.sheet_pdf, roles=OF_A_SHOP),
            route("GET", PATH + "/recu", self.sheet, roles=OF_A_SHOP),
            route("GET", PATH, self.show, roles=OF_A_SHOP),
            route("POST", PATH, self.begin, roles=AUTHORS),
            route("DELETE", PATH, self.undo, roles=AUTHORS),
        )

    async def begin(self, visit: Visit) -> Reply:
        corps = read_body(visit.call.body or b"{}", AvanceCorps)
        _check(corps, visit.path["dossier"])
        montants = paid_upfront.Montants(acompte_centimes=corps.acompte_centimes, total_centimes=corps.total_centimes)
        magasin, dossier, now = _mine(visit), visit.path["dossier"], self.now()

        def work(tables: Tables) -> tuple[paid_upfront.Marked, dict[str, Any]]:
            marked = paid_upfront.begin(tables, self.vault, self.ids, magasin, dossier, montants, now)
            if isinstance(marked, gestures.Refused):
                error = Fault(None, marked.code.upper(), marked.detail)
                raise Refusal(Problem("etat_incompatible", sentence(marked.detail), (error,)))
            return marked, _document(tables, marked.avance, [one.reference for one in marked.a_verifier])

        return await self._written(work)

    async def undo(self, visit: Visit) -> Reply:
        magasin, dossier, now = _mine(visit), visit.path["dossier"], self.now()

        def work(tables: Tables) -> tuple[paid_upfront.Marked, dict[str, Any]]:
            marked = paid_upfront.undo(tables, magasin, dossier, now)
            if marked is None:
                raise Refusal(Problem("inconnu"))
            return marked, _document(tables, marked.avance, [])

        return await self._written(work)

    async def _written(self, work: Callable[[Tables], tuple[paid_upfront.Marked, dict[str, Any]]]) -> Reply:
        for _ in range(TRIES):
            try:
                marked, document = await self.storage.write(work)
            except Depasse:
                continue
            self.wake_lanes(marked.lanes)
            return json_reply(document)
        raise Refusal(Problem("etat_incompatible", "Ce dossier change en ce moment même : recommencez."))

    async def show(self, visit: Visit) -> Reply:
        magasin, dossier = _mine(visit), visit.path["dossier"]
        return json_reply(
            await self.storage.read(lambda tables: _document(tables, _known(tables, magasin, dossier), []))
        )

    async def sheet(self, visit: Visit) -> Reply:
        page = recu.page_html(await self._recu(visit))
        return Reply(200, page.encode(), "text/html; charset=utf-8")

    async def sheet_pdf(self, visit: Visit) -> Reply:
        from tierspayant.adapter import recu_pdf

        contents = await self._recu(visit)
        return Reply(200, await self.in_thread(lambda: recu_pdf.draw(contents)), "application/pdf")

    async def _recu(self, visit: Visit) -> recu.Recu:
        magasin, dossier, now = _mine(visit), visit.path["dossier"], self.now()
        return await self.storage.read(
            lambda tables: recu.read(tables, self.vault, _known(tables, magasin, dossier), now)
        )


def _mine(visit: Visit) -> str:
    """The shop whose customer it is: an operator sees no sheet with a name on it."""
    if visit.magasin is None:
        raise Refusal(Problem("interdit", "Cette action demande la clé d'un magasin."))
    return visit.magasin


def _known(tables: Tables, magasin: str, dossier: str) -> Avance:
    avance = tables.avance(magasin, dossier)
    if avance is None:
        raise Refusal(Problem("inconnu"))
    return avance


def _check(corps: AvanceCorps, dossier: str) -> None:
    faults = []
    for champ in ("acompte_centimes", "total_centimes"):
        value = getattr(corps, champ)
        if value is not None and not 0 <= value <= MONTANT_MAX:
            faults.append(
                Fault(f"/{champ}", "MONTANT_PLAUSIBLE", f"un montant va de 0 à {en_euros(Centimes(MONTANT_MAX))}")
            )
    if corps.total_centimes is not None and (corps.acompte_centimes or 0) > corps.total_centimes:
        faults.append(Fault("/acompte_centimes", "ACOMPTE_MAX", "l'acompte dépasse le total"))
    if not REFERENCE.fullmatch(dossier):
        faults.append(Fault(None, "REFERENCE_FORME", "dossier : 1 à 64 caractères sans espace ni accent"))
    if faults:
        refuse(faults)


CONSEIL: Final = {
    True: "Le client paie la totalité. Remettez-lui la facture acquittée pour son remboursement : le tiers payant de "
    "ce dossier est bloqué. Une prise en charge déjà accordée est annulée auprès de la plateforme.",
    False: "Le tiers payant de ce dossier est de nouveau possible. Ce qui avait été retiré ou annulé est à redemander "
    "sous une nouvelle référence.",
}


def _document(tables: Tables, avance: Avance, a_verifier: list[str]) -> dict[str, Any]:
    total, acompte = avance.total_centimes, avance.acompte_centimes
    asked = [one for name in avance.donnees.get("annulations", []) if (one := tables.entry(name)) is not None]
    gone = [one for name in avance.donnees.get("retirees", []) if (one := tables.entry(name)) is not None]
    return {
        "dossier": avance.dossier,
        "active": avance.active,
        "cree_le": instant(avance.cree_le),
        "annule_le": instant(avance.annule_le),
        "acompte_centimes": acompte,
        "total_centimes": total,
        "reste_a_payer_centimes": None if total is None else total - (acompte or 0),
        "retirees": [one.reference for one in gone],
        "annulations": [
            {"id": one.id, "reference": one.reference, "etat": one.etat.value, "resultat": one.resultat}
            for one in asked
        ],
        "a_verifier": a_verifier,
        "conseil": CONSEIL[avance.active],
        "recu": f"/v1/dossiers/{quote(avance.dossier, safe='/')}/avance-client/recu",
    }
