"""What a lane works on: entries of shops, or the returns of payments. A key names one piece of work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from tierspayant.adapter import claims, observations, retours, settlement
from tierspayant.adapter.availability import Disponibilite
from tierspayant.adapter.calls import Calls
from tierspayant.adapter.claims import Lane
from tierspayant.adapter.courier import Courier
from tierspayant.adapter.leases import lease
from tierspayant.adapter.policy import backoff
from tierspayant.adapter.remittances import Releve
from tierspayant.adapter.storage.protocol import Depasse, Tables
from tierspayant.schemas.messages import RetoursReponse
from tierspayant.schemas.outcomes import Answer, NotNow


@dataclass(frozen=True, slots=True)
class Due:
    """A piece of work; `comptoir`: someone stands waiting for it."""

    key: str
    comptoir: bool = False


class Source(Protocol):
    """One lane's work. All but `step` run inside a read transaction.

    wanted: whether shops wait for what this lane brings (a shut service that nobody waits for is probed less often).
    """

    wanted: bool

    def due(self, tables: Tables, now: dt.datetime, limite: int) -> Sequence[Due]:
        """What is due, the most urgent first."""
        ...

    def lapsed(self, tables: Tables, now: dt.datetime, limite: int) -> Sequence[str]:
        """Keys of what time has overtaken, whether the service is open or not."""
        ...

    def next_look(self, tables: Tables, after: dt.datetime) -> dt.datetime | None:
        """When something becomes due."""
        ...

    def next_lapse(self, tables: Tables, after: dt.datetime) -> dt.datetime | None:
        """When something is overtaken."""
        ...

    def room(self, tables: Tables, service: Disponibilite, now: dt.datetime, busy: Collection[str]) -> int:
        """How much of the lane's window is this node's."""
        ...

    async def step(self, key: str) -> set[Lane]:
        """Bring it forward; gives the lanes to wake."""
        ...


class Entries:
    """Requests of shops, in turn between shops: the next turn begins after the shop served last."""

    wanted = True

    def __init__(self, lane: Lane, courier: Courier, partage: bool) -> None:
        self._lane = lane
        self._partage = partage
        self._courier = courier
        self._shops: dict[str, str] = {}
        self._last_shop = ""

    def due(self, tables: Tables, now: dt.datetime, limite: int) -> Sequence[Due]:
        found = tables.due(*self._lane, now, limite, self._last_shop)
        self._shops = {une.id: une.magasin for une in found}
        return [Due(une.id, une.priorite == 0) for une in found]

    def lapsed(self, tables: Tables, now: dt.datetime, limite: int) -> Sequence[str]:
        return [une.id for une in tables.lapsed(*self._lane, now, limite)]

    def next_look(self, tables: Tables, after: dt.datetime) -> dt.datetime | None:
        return tables.next_due(*self._lane, after)

    def next_lapse(self, tables: Tables, after: dt.datetime) -> dt.datetime | None:
        return tables.next_lapse(*self._lane, after)

    def room(self, tables: Tables, service: Disponibilite, now: dt.datetime, busy: Collection[str]) -> int:
        others = claims.leaving(tables, self._lane, now, but=busy) if self._partage else 0
        return service.fenetre - others

    async def step(self, key: str) -> set[Lane]:
        self._last_shop = self._shops.get(key, self._last_shop)
        return await self._courier.step(key)


class Releves:
    """Payment returns, one shop at a time; a key is the shop's FINESS."""

    wanted = False

    def __init__(self, lane: Lane, calls: Calls) -> None:
        self._lane = lane
        self._calls = calls

    def due(self, tables: Tables, now: dt.datetime, limite: int) -> Sequence[Due]:
        return [Due(magasin) for magasin in retours.due(tables, self._lane, now, limite)]

    def lapsed(self, tables: Tables, now: dt.datetime, limite: int) -> Sequence[str]:
        return []

    def next_look(self, tables: Tables, after: dt.datetime) -> dt.datetime | None:
        return retours.next_due(tables, self._lane, after)

    def next_lapse(self, tables: Tables, after: dt.datetime) -> dt.datetime | None:
        return None

    def room(self, tables: Tables, service: Disponibilite, now: dt.datetime, busy: Collection[str]) -> int:
        return service.fenetre

    async def step(self, key: str) -> set[Lane]:
        calls, plateforme, now = self._calls, self._lane[0], self._calls.outside.now()
        bail = lease(calls.outside.noeud, calls.plateformes[plateforme].delai_appel)

        def claim(tables: Tables) -> Releve:
            claimed = retours.claim(tables, plateforme, key, now, bail.duree)
            calls.take_place(tables, key, plateforme, comptoir=False)
            return claimed

        try:
            releve = await calls.storage.write(claim)
        except Depasse:
            return {self._lane}
        outcome = settlement.normal(await calls.ask(plateforme, key, retours.question(releve)))
        then, wait, jitter = calls.outside.now(), calls.probe_wait(), calls.outside.chance.random()
        seen = settlement.observed(outcome)

        def write(tables: Tables) -> set[Lane]:
            observations.note(tables, self._lane, key, seen, then, wait)
            match outcome:
                case Answer(reponse=RetoursReponse() as reponse):
                    return retours.receive(tables, releve, reponse, then)
                case NotNow(retry_after=dt.timedelta() as after):
                    retours.again(tables, releve, then + after)
                case _:
                    retours.again(tables, releve, then + backoff(1, jitter))
            return set()

        return await calls.durably(write) | {self._lane}
