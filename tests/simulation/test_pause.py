"""An operator pauses one shop on one platform: it waits, the others go on, and nothing of it counts as a failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation import people
from tests.simulation.world import DEMO_SHOP, Monde, Reglages
from tierspayant.adapter import gestures
from tierspayant.adapter.availability import EtatService
from tierspayant.adapter.entry import Etat
from tierspayant.schemas.operations import Service

OTHER_SHOP = "759999022"
DAY = 86400.0


@pytest.mark.parametrize("paused", [True, False])
def test_a_paused_shop_waits_alone_for_days_and_goes_on_when_resumed(paused: bool) -> None:
    monde = Monde(Reglages(plateformes=("viamedis",)))
    if paused:
        assert monde.read(lambda t: gestures.pause_account(t, "viamedis", DEMO_SHOP, monde.now()))
    monde.post(people.pec("viamedis", "D-1"))
    monde.post(replace(people.pec("viamedis", "E-1"), magasin=OTHER_SHOP))
    monde.run(2 * DAY)
    other = monde.read(lambda t: t.entry_by_reference(OTHER_SHOP, "E-1/PEC-1"))
    assert other is not None
    assert other.resultat == "accordee"
    if paused:
        assert (monde.entry("D-1/PEC-1").etat, monde.entry("D-1/PEC-1").tentatives) == (Etat.EN_FILE, 0)
        services = monde.read(lambda t: list(t.disponibilites()))
        assert [un for un in services if un.etat is not EtatService.OUVERT or un.essais] == []
        assert monde.read(lambda t: gestures.resume_account(t, "viamedis", DEMO_SHOP, monde.now()))
        monde.delivery.wake([("viamedis", Service.PEC)])
        monde.run(60)
    assert monde.entry("D-1/PEC-1").resultat == "accordee"
    assert monde.entry("D-1/PEC-1").tentatives == 1
