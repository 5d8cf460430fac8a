"""Money over the shop API: GET /v1/encours, GET /v1/paiements; for an operator, the register of all requests."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tierspayant.adapter import money
from tierspayant.adapter.avances import DEBUT, Curseur
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.policy import business_day
from tierspayant.adapter.remittances import Retour, cursor
from tierspayant.adapter.render import instant
from tierspayant.adapter.shop_api_etat import encours_document
from tierspayant.adapter.shop_calls import PAGE_MAX, Route, Visit, page, page_size, refuse_parameter, route
from tierspayant.adapter.shop_http import Reply, json_reply
from tierspayant.adapter.storage.protocol import Filtre, Storage, Tables

LOOK_BACK: Final = dt.timedelta(days=90)
"""Without `depuis`: the last three months, in which most returns come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argent:
    """The handlers' tools."""

    storage: Storage
    now: Callable[[], dt.datetime]

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/v1/encours", self.encours),
            route("GET", "/v1/paiements", self.payments, "depuis apres limite"),
        )

    def admin_routes(self) -> tuple[Route, ...]:
        return (route("GET", "/admin/registre", self.register, "apres limite"),)

    async def encours(self, visit: Visit) -> Reply:
        now = self.now()

        def work(tables: Tables) -> dict[str, Any]:
            owner = money.summary(tables.ages(visit.magasin, now), tables.orphans(visit.magasin))
            return {**encours_document(tables.encours(visit.magasin), now), **owner}

        return json_reply(await self.storage.read(work))

    async def payments(self, visit: Visit) -> Reply:
        """Lines of remittances, those that match no invoice included."""
        since = _day(visit, business_day(self.now()) - LOOK_BACK)
        after = _cursor(visit.query.get("apres"))
        limit = page_size(visit)

        def work(tables: Tables) -> list[Retour]:
            return list(tables.payments(visit.magasin, since, limit, after))

        found = await self.storage.read(work)
        suivant = _text(cursor(found[-1])) if len(found) == limit else None
        return json_reply(page([money.payment_json(one) for one in found], suivant))

    async def register(self, visit: Visit) -> Reply:
        """Every request as a row of codes, numbers and amounts: what `ledger` and `export` are made of."""
        limit = page_size(visit, PAGE_MAX)
        chosen = Filtre(apres=visit.query.get("apres"), limite=limit)

        def work(tables: Tables) -> list[dict[str, Any]]:
            return [_row(tables, one) for one in tables.entries(chosen)]

        rows = await self.storage.read(work)
        return json_reply(page(rows, rows[-1]["id"] if len(rows) == limit else None))


def _row(tables: Tables, entry: Entry) -> dict[str, Any]:
    cible = None if entry.cible is None else tables.entry(entry.cible)
    return {
        "id": entry.id,
        "magasin": entry.magasin,
        "dossier": entry.dossier,
        "reference": entry.reference,
        "operation": entry.operation.value,
        "plateforme": entry.plateforme,
        "organisme": entry.organisme,
        "equipement": entry.equipement,
        "etat": entry.etat.value,
        "resultat": entry.resultat,
        "numero": entry.numero,
        "numero_cible": None if cible is None else cible.numero,
        "amc_centimes": entry.amc_centimes,
        "paye_centimes": entry.paye_centimes,
        "tentatives": entry.tentatives,
        "cree_le": instant(entry.cree_le),
        "envoye_le": instant(entry.envoye_le),
        "maj_le": instant(entry.maj_le),
    }


def _day(visit: Visit, defaut: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(visit.query.get("depuis", defaut.isoformat()))
    except ValueError:
        refuse_parameter("depuis", "Le paramètre depuis est une date AAAA-MM-JJ.")


def _text(cursor_: Curseur) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor_).encode()).decode()


def _cursor(text: str | None) -> Curseur:
    if text is None:
        return DEBUT
    try:
        jour, plateforme, magasin, bordereau, rang = json.loads(base64.urlsafe_b64decode(text))
        return str(jour), str(plateforme), str(magasin), str(bordereau), int(rang)
    except (ValueError, TypeError, binascii.Error):
        refuse_parameter("apres", "Le paramètre apres est le champ suivant de la page précédente.")
