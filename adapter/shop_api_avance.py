"""The customer pays up front: POST, GET, DELETE /v1/dossiers/<dossier>/avance-client, and its printable sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tierspayant.adapter import gestures, paid_upfront, recu
from tierspayant.adapter.avances import Avance
from tierspayant.adapter.body_json import lire, refuser
from tierspayant.adapter.field_rules import REFERENCE
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.keys import Role
from tierspayant.adapter.problem import Erreur, Probleme, Refuse
from tierspayant.adapter.records import Lane
from tierspayant.adapter.render import instant
from tierspayant.adapter.shop_calls import AUTEURS, Route, Visite, route
from tierspayant.adapter.shop_http import Reponse, en_json
from tierspayant.adapter.storage.protocol import Depasse, Storage, Tables
from tierspayant.adapter.vault import Vault

MONTANT_MAX: Final = 10_000_000
"""Centimes: no pair of glasses costs 100,000 euros; more is a typing error."""

ESSAIS: Final = 5
"""Times a change by someone else meanwhile is looked at again before the shop is told to."""

CHEMIN: Final = "/v1/dossiers/{dossier}/avance-client"
VIENT_DU_MAGASIN: Final = frozenset({Role.MAGASIN, Role.LECTURE})


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
            route("GET", CHEMIN + "/recu.pdf", self.sheet_pdf, roles=VIENT_DU_MAGASIN),
            route("GET", CHEMIN + "/recu", self.sheet, roles=VIENT_DU_MAGASIN),
            route("GET", CHEMIN, self.show, roles=VIENT_DU_MAGASIN),
            route("POST", CHEMIN, self.begin, roles=AUTEURS),
            route("DELETE", CHEMIN, self.undo, roles=AUTEURS),
        )

    async def begin(self, visite: Visite) -> Reponse:
        corps = lire(visite.appel.corps or b"{}", AvanceCorps)
        _check(corps, visite.chemin["dossier"])
        montants = paid_upfront.Montants(acompte_centimes=corps.acompte_centimes, total_centimes=corps.total_centimes)
        magasin, dossier, now = _mine(visite), visite.chemin["dossier"], self.now()

        def work(tables: Tables) -> tuple[paid_upfront.Marked, dict[str, Any]]:
            fait = paid_upfront.begin(tables, self.vault, self.ids, magasin, dossier, montants, now)
            if isinstance(fait, gestures.Refused):
                erreur = Erreur(None, fait.code.upper(), fait.detail)
                raise Refuse(Probleme("etat_incompatible", fait.detail, (erreur,)))
            return fait, _document(tables, fait.avance, [une.reference for une in fait.a_verifier])

        return await self._written(work)

    async def undo(self, visite: Visite) -> Reponse:
        magasin, dossier, now = _mine(visite), visite.chemin["dossier"], self.now()

        def work(tables: Tables) -> tuple[paid_upfront.Marked, dict[str, Any]]:
            fait = paid_upfront.undo(tables, magasin, dossier, now)
            if fait is None:
                raise Refuse(Probleme("inconnu"))
            return fait, _document(tables, fait.avance, [])

        return await self._written(work)

    async def _written(self, work: Callable[[Tables], tuple[paid_upfront.Marked, dict[str, Any]]]) -> Reponse:
        for _ in range(ESSAIS):
            try:
                fait, document = await self.storage.write(work)
            except Depasse:
                continue
            self.wake_lanes(fait.lanes)
            return en_json(document)
        raise Refuse(Probleme("etat_incompatible", "Ce dossier change en ce moment même : recommencez."))

    async def show(self, visite: Visite) -> Reponse:
        magasin, dossier = _mine(visite), visite.chemin["dossier"]
        return en_json(await self.storage.read(lambda tables: _document(tables, _known(tables, magasin, dossier), [])))

    async def sheet(self, visite: Visite) -> Reponse:
        page = recu.page_html(await self._recu(visite))
        return Reponse(200, page.encode(), "text/html; charset=utf-8")

    async def sheet_pdf(self, visite: Visite) -> Reponse:
        from tierspayant.adapter import recu_pdf

        contenu = await self._recu(visite)
        return Reponse(200, await self.in_thread(lambda: recu_pdf.draw(contenu)), "application/pdf")

    async def _recu(self, visite: Visite) -> recu.Recu:
        magasin, dossier, now = _mine(visite), visite.chemin["dossier"], self.now()
        return await self.storage.read(
            lambda tables: recu.read(tables, self.vault, _known(tables, magasin, dossier), now)
        )


def _mine(visite: Visite) -> str:
    """The shop whose customer it is: an operator sees no sheet with a name on it."""
    if visite.magasin is None:
        raise Refuse(Probleme("interdit", "Cette action demande la clé d'un magasin."))
    return visite.magasin


def _known(tables: Tables, magasin: str, dossier: str) -> Avance:
    avance = tables.avance(magasin, dossier)
    if avance is None:
        raise Refuse(Probleme("inconnu"))
    return avance


def _check(corps: AvanceCorps, dossier: str) -> None:
    fautes = []
    for champ in ("acompte_centimes", "total_centimes"):
        valeur = getattr(corps, champ)
        if valeur is not None and not 0 <= valeur <= MONTANT_MAX:
            fautes.append(Erreur(f"/{champ}", "MONTANT_PLAUSIBLE", f"un montant va de 0 à {MONTANT_MAX} centimes"))
    if corps.total_centimes is not None and (corps.acompte_centimes or 0) > corps.total_centimes:
        fautes.append(Erreur("/acompte_centimes", "ACOMPTE_MAX", "l'acompte dépasse le total"))
    if not REFERENCE.fullmatch(dossier):
        fautes.append(Erreur(None, "REFERENCE_FORME", "dossier : 1 à 64 caractères sans espace ni accent"))
    if fautes:
        refuser(fautes)


CONSEIL: Final = {
    True: "Le client paie la totalité. Remettez-lui la facture acquittée pour son remboursement : le tiers payant de "
    "ce dossier est bloqué. Une prise en charge déjà accordée est annulée auprès de la plateforme.",
    False: "Le tiers payant de ce dossier est de nouveau possible. Ce qui avait été retiré ou annulé est à redemander "
    "sous une nouvelle référence.",
}


def _document(tables: Tables, avance: Avance, a_verifier: list[str]) -> dict[str, Any]:
    total, acompte = avance.total_centimes, avance.acompte_centimes
    asked = [une for nom in avance.donnees.get("annulations", []) if (une := tables.entry(nom)) is not None]
    gone = [une for nom in avance.donnees.get("retirees", []) if (une := tables.entry(nom)) is not None]
    return {
        "dossier": avance.dossier,
        "active": avance.active,
        "cree_le": instant(avance.cree_le),
        "annule_le": instant(avance.annule_le),
        "acompte_centimes": acompte,
        "total_centimes": total,
        "reste_a_payer_centimes": None if total is None else total - (acompte or 0),
        "retirees": [une.reference for une in gone],
        "annulations": [
            {"id": une.id, "reference": une.reference, "etat": une.etat.value, "resultat": une.resultat}
            for une in asked
        ],
        "a_verifier": a_verifier,
        "conseil": CONSEIL[avance.active],
        "recu": f"/v1/dossiers/{quote(avance.dossier, safe='/')}/avance-client/recu",
    }
