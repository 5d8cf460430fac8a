"""What memory storage looks entries up by, kept beside them as an engine keeps its indexes: no look walks all rows."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tierspayant.adapter.entry import Entry, Etat
from tierspayant.schemas.operations import Operation, Service

Agenda = list[tuple[dt.datetime, str]]
"""(due time, id), the earliest first."""


class EntryIndex:
    """`move` is told each change of an entry, and told the other way round when it is undone.

    lanes: what has a due time, by lane; turns: the same by urgency and shop. etats: ids by state; numeros: by platform
    number; factures: how many invoices by platform, shop, state and result.
    """

    def __init__(self) -> None:
        self.lanes: dict[tuple[str, Service], Agenda] = defaultdict(list)
        self._turns: dict[tuple[str, Service], dict[int, dict[str, Agenda]]] = defaultdict(dict)
        self.etats: dict[Etat, dict[str, None]] = defaultdict(dict)
        self._numeros: dict[tuple[str, Operation, str], dict[str, None]] = defaultdict(dict)
        self.factures: Counter[tuple[str, str, Etat, str | None]] = Counter()

    def move(self, before: Entry | None, after: Entry | None) -> None:
        """An entry became another value of itself; None: it was not there, or it is no more."""
        if before is not None:
            self._drop(before)
        if after is not None:
            self._put(after)

    def _put(self, une: Entry) -> None:
        self.etats[une.etat][une.id] = None
        if une.numero is not None:
            self._numeros[une.magasin, une.operation, une.numero][une.id] = None
        if une.operation is Operation.FACTURE:
            self.factures[une.plateforme, une.magasin, une.etat, une.resultat] += 1
        if une.du_le is not None:
            insort(self.lanes[une.plateforme, une.service], (une.du_le, une.id))
            shops = self._turns[une.plateforme, une.service].setdefault(une.priorite, {})
            insort(shops.setdefault(une.magasin, []), (une.du_le, une.id))

    def _drop(self, une: Entry) -> None:
        del self.etats[une.etat][une.id]
        if une.numero is not None:
            del self._numeros[une.magasin, une.operation, une.numero][une.id]
        if une.operation is Operation.FACTURE:
            self.factures[une.plateforme, une.magasin, une.etat, une.resultat] -= 1
        if une.du_le is not None:
            shops = self._turns[une.plateforme, une.service][une.priorite]
            for agenda in (self.lanes[une.plateforme, une.service], shops[une.magasin]):
                del agenda[bisect_left(agenda, (une.du_le, une.id))]
            if not shops[une.magasin]:
                del shops[une.magasin]

    def by_numero(self, magasin: str, operation: Operation, numero: str) -> str | None:
        """The newest one with that number."""
        return max(self._numeros.get((magasin, operation, numero), ()), default=None)

    def turns(self, plateforme: str, service: Service) -> Sequence[Mapping[str, Agenda]]:
        """The agendas of shops, the most urgent level first."""
        return [shops for _, shops in sorted(self._turns[plateforme, service].items())]
