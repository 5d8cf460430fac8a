"""What an operator sets otherwise than we would reaches the decisions."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.simulation import people
from tests.simulation.world import Fate, Monde, Reglages
from tierspayant.adapter.entry import Etat, Raison
from tierspayant.adapter.policy import USUAL, Limites

DAY = 86400.0


@pytest.mark.parametrize(
    ("limites", "raison"), [(USUAL, None), (Limites(delai_confirmation=dt.timedelta(days=1)), Raison.CONFIRMER_CLIENT)]
)
def test_an_operator_may_have_customers_called_after_a_day(limites: Limites, raison: Raison | None) -> None:
    shut = Reglages(plateformes=("viamedis",), fate=lambda _request, now: Fate(refused=now < 2 * DAY), limites=limites)
    monde = Monde(shut)
    monde.post(people.pec("viamedis", "D-1"))
    monde.run(60)
    monde.post(people.pec("viamedis", "D-2"))
    monde.run(3 * DAY)
    pec = monde.entry("D-2/PEC-1")
    assert (pec.etat is Etat.RETENUE, pec.action and pec.action.raison) == (raison is not None, raison)
