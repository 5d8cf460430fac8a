"""Platforms' services, shops' accounts there, and events in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tierspayant.adapter.availability import Compte, Disponibilite
from tierspayant.adapter.storage.memory_table import Table, Undo
from tierspayant.adapter.storage.protocol import Evenement
from tierspayant.schemas.operations import Service


class MemoryServices:
    """The part of the tables that concerns what lies outside, and what is told of it."""

    def __init__(self, undo: Undo) -> None:
        self._disponibilites: Table[tuple[str, Service], Disponibilite] = Table(undo)
        self._places: Table[str, dt.datetime] = Table(undo)
        self._comptes: Table[tuple[str, str], Compte] = Table(undo)
        self._evenements: Table[int, Evenement] = Table(undo)

    # ---- availability

    def disponibilite(self, plateforme: str, service: Service) -> Disponibilite | None:
        return self._disponibilites.rows.get((plateforme, service))

    def put_disponibilite(self, disponibilite: Disponibilite) -> None:
        self._disponibilites.put((disponibilite.plateforme, disponibilite.service), disponibilite)

    def disponibilites(self) -> Sequence[Disponibilite]:
        return [self._disponibilites.rows[key] for key in sorted(self._disponibilites.rows)]

    def place(self, plateforme: str) -> dt.datetime | None:
        return self._places.rows.get(plateforme)

    def take_place(self, plateforme: str, now: dt.datetime, limite: dt.datetime, pas: dt.timedelta) -> bool:
        prise = self._places.rows.get(plateforme, now)
        if prise > limite:
            return False
        self._places.put(plateforme, max(prise, now) + pas)
        return True

    def compte(self, plateforme: str, magasin: str) -> Compte | None:
        return self._comptes.rows.get((plateforme, magasin))

    def put_compte(self, compte: Compte) -> None:
        self._comptes.put((compte.plateforme, compte.magasin), compte)

    def comptes(self, magasin: str | None = None) -> Sequence[Compte]:
        return [self._comptes.rows[key] for key in sorted(self._comptes.rows) if magasin in {None, key[1]}]

    # ---- events

    def add_evenement(
        self,
        type_: str,
        a: dt.datetime,
        magasin: str | None = None,
        entree: str | None = None,
        donnees: dict[str, str | int | None] | None = None,
    ) -> int:
        numero = len(self._evenements.rows) + 1
        self._evenements.put(
            numero, Evenement(id=numero, magasin=magasin, entree=entree, type=type_, a=a, donnees=donnees or {})
        )
        return numero

    def evenements(self, magasin: str | None, depuis: int, limite: int) -> Sequence[Evenement]:
        found = [
            un
            for un in self._evenements.rows.values()
            if un.id > depuis and (magasin is None or un.magasin in {None, magasin})
        ]
        return found[:limite]
