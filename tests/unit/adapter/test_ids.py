"""Row ids grow and never repeat; exchange ids are the same for ever for the same request."""

from __future__ import annotations

import datetime as dt
import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapter.entries import NOW
from tierspayant.adapter.ids import Ids, derived
from tierspayant.schemas.operations import Operation


@given(st.lists(st.integers(-5_000, 5_000), min_size=2, max_size=50), st.integers())
def test_row_ids_grow_even_when_the_clock_steps_back(steps: list[int], seed: int) -> None:
    ids, now, made = Ids(random.Random(seed)), NOW, []
    for step in steps:
        now += dt.timedelta(milliseconds=step)
        made.append(ids.row(now))
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_row_id_is_a_version_7_uuid_that_starts_with_its_time() -> None:
    one = uuid.UUID(Ids(random.Random(1)).row(NOW))
    assert (one.version, one.variant) == (7, uuid.RFC_4122)
    assert one.int >> 80 == int(NOW.timestamp() * 1000)


def test_an_exchange_id_never_changes() -> None:
    """This very value: a release that changed it would make platforms take old requests for new ones."""
    made = derived("759999014", Operation.FACTURE, "D-1/FAC-1")
    assert made == derived("759999014", Operation.FACTURE, "D-1/FAC-1")
    assert made == "70c22f73-64d0-5f41-8cad-bebcaba94ccf"


def test_another_shop_operation_or_reference_is_another_exchange() -> None:
    made = {
        derived("759999014", Operation.FACTURE, "A"),
        derived("759999022", Operation.FACTURE, "A"),
        derived("759999014", Operation.PEC, "A"),
        derived("759999014", Operation.FACTURE, "B"),
    }
    assert len(made) == 4
