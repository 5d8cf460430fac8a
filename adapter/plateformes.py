"""A platform as the adapter uses it: a row of data made from the configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from tierspayant.adapter import lots
from tierspayant.adapter.cadence import Cadence
from tierspayant.schemas.operations import Service
from tierspayant.schemas.platforms import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateforme:
    """base: URL without trailing slash. delai_appel: how long one call may last before its answer counts as unknown.

    delais_traitement: per service, how long after a call left the platform may still be working on it, when it differs
    from the trait. cadence: how many calls a minute it gets from all of us. taille_lot: invoices in one lot at most,
    where it takes lots.
    """

    nom: str
    dialecte: str
    base: str
    traits: Traits
    delai_appel: dt.timedelta = dt.timedelta(seconds=60)
    delais_traitement: Mapping[Service, dt.timedelta] = field(default_factory=dict)
    cadence: Cadence = field(default_factory=Cadence)
    taille_lot: int = lots.TAILLE
    identite: str = "aucune"
    session: str = "aucune"

    def delai_traitement(self, service: Service) -> dt.timedelta:
        return self.delais_traitement.get(service, self.traits.delai_max_traitement)
