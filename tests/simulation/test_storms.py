"""Days of bad weather, drawn from seeds, can break a worse adapter. Ours lives them in test_simulate.py."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.simulation import storm
from tests.simulation.invariants import doubles, faults
from tests.simulation.worse import resend_without_asking

CONTROLS = 25
"""Stories among which a worse policy must break something (each breaks about one story in three or in five)."""


@pytest.mark.parametrize("worse", ["no question before a resend", "no grace before the question"])
def test_control_a_worse_policy_is_caught(worse: str) -> None:
    for one in range(CONTROLS):
        if worse.startswith("no question"):
            monde = storm.live(one, next_step=resend_without_asking)
        else:
            monde = storm.live(one, delai_traitement=dt.timedelta(0))
        if doubles(faults(monde)):
            return
    pytest.fail(f"{worse}: {CONTROLS} stories and no double; the proofs above prove nothing")
