"""Whole days of bad weather, drawn from seeds. A failing seed prints the one command that replays it."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import pytest

from tests import postgres
from tests.simulation import storm
from tests.simulation.worse import resend_without_asking
from tierspayant.adapter.storage.postgres import InlinePostgres
from tierspayant.adapter.storage.sqlite import InlineSqlite

STORIES = 10
"""In each run, from the run's own seed; `make simulate N=1000` for more."""
SQLITE_STORIES = 4
CONTROLS = 25
"""Stories among which a worse policy must break something (each breaks about one story in three or in five)."""


def test_nothing_is_lost_doubled_or_out_of_order_whatever_the_weather(seed: int) -> None:
    for one in range(seed, seed + STORIES):
        assert storm.broken(storm.live(one)) == [], f"python -m tests.simulation.storm --seed {one}"


def test_the_same_on_sqlite(seed: int, tmp_path: Path) -> None:
    for one in range(seed, seed + SQLITE_STORIES):
        monde = storm.live(one, storage=partial(InlineSqlite, tmp_path / f"{one}.db"))
        assert storm.broken(monde) == [], f"python -m tests.simulation.storm --seed {one}"
        assert monde.trace() == storm.live(one).trace(), "memory and SQLite live the same story"


def test_the_same_on_postgresql(seed: int) -> None:
    url = postgres.fresh_database()
    monde = storm.live(seed, storage=partial(InlinePostgres, url))
    assert storm.broken(monde) == [], f"python -m tests.simulation.storm --seed {seed}"
    assert monde.trace() == storm.live(seed).trace(), "memory and PostgreSQL live the same story"
    _ = monde.durable.close()
    postgres.drop_database(url)


def test_the_same_seed_lives_the_same_story() -> None:
    assert storm.live(3).trace() == storm.live(3).trace()
    assert storm.live(3).trace() != storm.live(4).trace()


@pytest.mark.parametrize("worse", ["no question before a resend", "no grace before the question"])
def test_control_a_worse_policy_is_caught(worse: str) -> None:
    for one in range(CONTROLS):
        if worse.startswith("no question"):
            monde = storm.live(one, next_step=resend_without_asking)
        else:
            monde = storm.live(one, delai_traitement=dt.timedelta(0))
        if any("twice" in fault or "times" in fault for fault in storm.broken(monde)):
            return
    pytest.fail(f"{worse}: {CONTROLS} stories and no double; the proofs above prove nothing")
