"""What a person does about a request over the shop API: withdraw it, or answer what the daemon asks of a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from tierspayant.adapter import gestures
from tierspayant.adapter.body_json import read_body
from tierspayant.adapter.entry import Entry, Geste
from tierspayant.adapter.keys import Role
from tierspayant.adapter.problem import Fault, Problem, Refusal, sentence
from tierspayant.adapter.records import Lane
from tierspayant.adapter.render import demande
from tierspayant.adapter.shop_calls import Route, Visit, route
from tierspayant.adapter.shop_http import Reply, json_reply
from tierspayant.adapter.shop_view import view
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.adapter.vault import Vault

WHO: Final = frozenset({Role.MAGASIN, Role.OPERATEUR})
"""A shop for its own requests, an operator for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetraitCorps:
    """POST /v1/demandes/<id>/retrait: nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCorps:
    """POST /v1/demandes/<id>/action. `numero_plateforme` goes with `fait_ailleurs` alone."""

    type: Geste
    numero_plateforme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gestes:
    """The handlers' tools."""

    storage: Storage
    vault: Vault
    now: Callable[[], dt.datetime]
    wake_lanes: Callable[[Iterable[Lane]], None]

    def routes(self) -> tuple[Route, ...]:
        return (
            route("POST", "/v1/demandes/{id}/retrait", self.retrait, roles=WHO),
            route("POST", "/v1/demandes/{id}/action", self.action, roles=WHO),
        )

    async def retrait(self, visit: Visit) -> Reply:
        """Take back what certainly never left."""
        if visit.call.body.strip():
            read_body(visit.call.body, RetraitCorps)
        return await self._do(visit, gestures.withdraw)

    async def action(self, visit: Visit) -> Reply:
        corps = read_body(visit.call.body, ActionCorps)
        if (corps.type is Geste.FAIT_AILLEURS) != (corps.numero_plateforme is not None):
            detail = "numero_plateforme accompagne fait_ailleurs, et lui seul"
            raise Refusal(
                Problem("demande_invalide", faults=(Fault("/numero_plateforme", "NUMERO_PLATEFORME", detail),))
            )

        def act(tables: Tables, entry: Entry, now: dt.datetime) -> gestures.Result:
            return gestures.act(tables, entry, corps.type, now, corps.numero_plateforme)

        return await self._do(visit, act)

    async def _do(self, visit: Visit, geste: Callable[[Tables, Entry, dt.datetime], gestures.Result]) -> Reply:
        now, identifier = self.now(), visit.path["id"]

        def work(tables: Tables) -> tuple[gestures.Done, dict[str, Any]]:
            entry = tables.entry(identifier)
            if entry is None or visit.magasin not in {None, entry.magasin}:
                raise Refusal(Problem("inconnu"))
            result = geste(tables, entry, now)
            if isinstance(result, gestures.Refused):
                error = Fault(None, result.code.upper(), result.detail)
                raise Refusal(Problem("etat_incompatible", sentence(result.detail), (error,)))
            return result, demande(*view(tables, self.vault, entry.id), visit.langue)

        done, document = await self.storage.write(work)
        self.wake_lanes(done.lanes)
        return json_reply(document)
