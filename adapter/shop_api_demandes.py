"""Requests of a shop: accept one durably, show it, list them, withdraw it, answer what a person must answer.

A POST is read, checked whole, routed by the payer directory and recorded in one transaction; only then is it answered.
With `Prefer: wait=N` the call is kept until the platform answered or N seconds passed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from twisted.internet.defer import Deferred

from tierspayant.adapter import intake
from tierspayant.adapter.annuaire import Annuaire, AnnuaireAmbigu, AnnuaireInconnu
from tierspayant.adapter.body_json import read_body, refuse
from tierspayant.adapter.conseil import PARIS
from tierspayant.adapter.demandes import CORPS, Corps, DevisCorps, DroitsCorps
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.adapter.field_rules import faults
from tierspayant.adapter.harvest_guard import HarvestGuard
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.plateformes import Plateforme
from tierspayant.adapter.problem import Fault, Problem, Refusal
from tierspayant.adapter.render import demande, instant, settled, status_of
from tierspayant.adapter.shop_calls import (
    AUTHORS,
    Route,
    Visit,
    Watch,
    page,
    page_size,
    preferred_wait,
    refuse_parameter,
    route,
)
from tierspayant.adapter.shop_http import Reply, json_reply
from tierspayant.adapter.shop_refusals import picked, received
from tierspayant.adapter.shop_view import view
from tierspayant.adapter.storage.protocol import Filtre, Storage, Tables
from tierspayant.adapter.vault import Vault
from tierspayant.schemas.operations import Operation

PATHS: Final[Mapping[str, Operation]] = {
    "/v1/droits": Operation.DROITS,
    "/v1/devis": Operation.DEVIS,
    "/v1/pec": Operation.PEC,
    "/v1/factures": Operation.FACTURE,
}
FOLLOWERS: Final[Mapping[str, tuple[Operation, Operation]]] = {
    "/v1/pec/{id}/annulation": (Operation.PEC, Operation.ANNULATION_PEC),
    "/v1/pec/{id}/pieces": (Operation.PEC, Operation.PIECES),
    "/v1/factures/{id}/annulation": (Operation.FACTURE, Operation.ANNULATION_FACTURE),
}
"""Paths that act on another request: what that one must be, and the operation asked."""

USUAL_WAIT: Final[Mapping[Operation, int]] = {Operation.DROITS: 10, Operation.DEVIS: 10}
"""Seconds without `Prefer: wait`: someone stands at the counter. Everything else answers at once (interfaces.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demandes:
    """The handlers' tools. `wake` tells the lane of a platform's service that it has work."""

    storage: Storage
    vault: Vault
    ids: Ids
    annuaire: Callable[[], Annuaire]
    plateformes: Mapping[str, Plateforme]
    watch: Watch
    now: Callable[[], dt.datetime]
    wake: Callable[[Entry], None]
    file_max: int
    guard: HarvestGuard

    def routes(self) -> tuple[Route, ...]:
        posts = [route("POST", path, self._poster(op), roles=AUTHORS) for path, op in PATHS.items()]
        followers = [route("POST", path, self._follower(*ops), roles=AUTHORS) for path, ops in FOLLOWERS.items()]
        return (
            *posts,
            *followers,
            route("GET", "/v1/demandes", self.list, "etat plateforme dossier operation apres limite"),
            route("GET", "/v1/demandes/{id}", self._shower(None)),
            route("GET", "/v1/pec/{id}", self._shower(Operation.PEC)),
            route("GET", "/v1/factures/{id}", self._shower(Operation.FACTURE)),
            route("GET", "/v1/dossiers/{dossier}", self.dossier),
        )

    # ------------------------------------------------------------------------------------------------ accepting

    def _poster(self, operation: Operation) -> Callable[[Visit], Awaitable[Reply]]:
        async def post(visit: Visit) -> Reply:
            return await self._accept(visit, operation, None)

        return post

    def _follower(self, expected: Operation, operation: Operation) -> Callable[[Visit], Awaitable[Reply]]:
        async def post(visit: Visit) -> Reply:
            cible = await self._entry(visit, expected)
            return await self._accept(visit, operation, cible.id)

        return post

    async def _accept(self, visit: Visit, operation: Operation, cible: str | None) -> Reply:
        corps = read_body(visit.call.body, CORPS[operation])
        key = visit.call.header("idempotency-key")
        if key is not None and key != corps.reference:
            raise Refusal(Problem("cle_idempotence"))
        magasin = _shop(visit)
        known = await self.storage.read(lambda tables: tables.entry_by_reference(magasin, corps.reference))
        if known is None:
            self._check(corps)
            plateforme, organisme = self._route(corps)
        else:
            plateforme, organisme = known.plateforme, known.organisme
        nouvelle = intake.Nouvelle(
            magasin=magasin,
            operation=operation,
            corps=corps,
            plateforme=plateforme,
            organisme=organisme,
            cible=cible,
        )
        now = self.now()

        def record(tables: Tables) -> intake.Reception:
            if isinstance(corps, DroitsCorps) and tables.entry_by_reference(magasin, corps.reference) is None:
                self._spare_people(tables, corps, magasin, now)
            return intake.accept(tables, self.vault, self.ids, nouvelle, now, file_max=self.file_max)

        entry = received(await self.storage.write(record))
        self.wake(entry)
        entry = await self._wait(visit, entry)
        return await self._shown(visit, entry, status_of(entry))

    def _spare_people(self, tables: Tables, corps: DroitsCorps, magasin: str, now: dt.datetime) -> None:
        """Refuse a rights check beyond the hourly cap of the shop or of the file."""
        wait = self.guard.refuse_for(tables, magasin, corps.dossier, now)
        if wait is not None:
            after = str(math.ceil(wait.total_seconds()))
            raise Refusal(Problem("trop_de_demandes", headers={"Retry-After": after}))

    def _check(self, corps: Corps) -> None:
        found_faults = faults(corps, self.now().astimezone(PARIS).date())
        if found_faults:
            refuse(found_faults)

    def _route(self, corps: Corps) -> tuple[str | None, str | None]:
        """Platform and organisme of a card; (None, None) for what follows another request."""
        if not isinstance(corps, DroitsCorps | DevisCorps):
            return None, None
        if corps.plateforme is not None and corps.plateforme not in self.plateformes:
            detail = f"plateformes connues : {', '.join(sorted(self.plateformes))}"
            refuse([Fault("/plateforme", "PLATEFORME_INCONNUE", detail)])
        if corps.plateforme is not None and corps.organisme is not None:
            return corps.plateforme, corps.organisme
        carte = corps.carte
        try:
            entree = self.annuaire().chercher(
                carte.numero_amc.clair, carte.type_convention, carte.csr, corps.date_soins
            )
        except AnnuaireInconnu:
            if corps.plateforme is not None:
                return corps.plateforme, corps.organisme
            error = Fault("/carte/numero_amc", "ANNUAIRE_INCONNU", "cette carte n'est pas dans l'annuaire")
            raise Refusal(Problem("annuaire_inconnu", faults=(error,))) from None
        except AnnuaireAmbigu as doubt:
            return picked(doubt.candidats, corps.plateforme, corps.organisme)
        return corps.plateforme or entree.plateforme, corps.organisme or entree.organisme

    async def _wait(self, visit: Visit, entry: Entry) -> Entry:
        """The entry once the platform answered, or as it stands when the wait is over. Real seconds: a person waits."""
        seconds = preferred_wait(visit.call, USUAL_WAIT.get(entry.operation, 0))
        end, gone = self.watch.seconds() + seconds, visit.call.gone
        latest = entry

        async def moved() -> bool:
            nonlocal latest
            again = await self.storage.read(lambda tables: tables.entry(entry.id))
            changed = again is not None and again.version != latest.version
            latest = again or latest
            return changed

        while not settled(latest) and (left := end - self.watch.seconds()) > 0 and not _gone(gone):
            await self.watch.change(entry.id, left, gone, moved)
            await moved()
        return latest

    # -------------------------------------------------------------------------------------------------- showing

    def _shower(self, operation: Operation | None) -> Callable[[Visit], Awaitable[Reply]]:
        async def show(visit: Visit) -> Reply:
            return await self._shown(visit, await self._entry(visit, operation), 200)

        return show

    async def _entry(self, visit: Visit, operation: Operation | None) -> Entry:
        """The shop's own request of the path; anyone else's does not exist."""
        identifier = visit.path["id"]
        entry = await self.storage.read(lambda tables: tables.entry(identifier))
        if entry is None or visit.magasin not in {None, entry.magasin} or operation not in {None, entry.operation}:
            raise Refusal(Problem("inconnu"))
        return entry

    async def _shown(self, visit: Visit, entry: Entry, code: int) -> Reply:
        entry, contexte = await self.storage.read(lambda tables: view(tables, self.vault, entry.id))
        headers = {"Location": f"/v1/demandes/{entry.id}"} if code == 202 else {}
        return json_reply(demande(entry, contexte, visit.langue), code, headers)

    async def list(self, visit: Visit) -> Reply:
        chosen = _filter(visit)

        def work(tables: Tables) -> tuple[list[dict[str, Any]], str | None]:
            read = tables.entries(chosen)
            suivant = read[-1].id if len(read) == chosen.limite else None
            return [demande(*view(tables, self.vault, one.id), visit.langue) for one in read], suivant

        return json_reply(page(*await self.storage.read(work)))

    async def dossier(self, visit: Visit) -> Reply:
        """A whole file: its requests, oldest first, and what happened when."""
        magasin, name = _shop(visit), visit.path["dossier"]

        def work(tables: Tables) -> tuple[list[dict[str, Any]], bool]:
            avance = tables.avance(magasin, name)
            rows = [demande(*view(tables, self.vault, one.id), visit.langue) for one in tables.dossier(magasin, name)]
            return rows, avance is not None and avance.active

        demandes, avance = await self.storage.read(work)
        if not demandes and not avance:
            raise Refusal(Problem("inconnu"))
        document = {"dossier": name, "avance_client": avance, "demandes": demandes, "releve_le": instant(self.now())}
        return json_reply(document)


def _gone(gone: Deferred[None] | None) -> bool:
    return gone is not None and bool(gone.called)


def _shop(visit: Visit) -> str:
    if visit.magasin is None:
        raise Refusal(Problem("interdit", "Cette action demande la clé d'un magasin."))
    return visit.magasin


def _filter(visit: Visit) -> Filtre:
    asked = visit.query
    try:
        etats = tuple(Etat(word) for word in asked["etat"].split(",")) if "etat" in asked else ()
    except ValueError:
        refuse_parameter("etat", f"Valeurs admises, séparées par des virgules : {', '.join(Etat)}.")
    operation = asked.get("operation")
    if operation is not None and operation not in CORPS:
        refuse_parameter("operation", f"Valeurs admises : {', '.join(CORPS)}.")
    return Filtre(
        magasin=visit.magasin,
        etats=etats,
        plateforme=asked.get("plateforme"),
        dossier=asked.get("dossier"),
        operation=None if operation is None else Operation(operation),
        apres=asked.get("apres"),
        limite=page_size(visit),
    )
