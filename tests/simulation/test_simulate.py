"""Some hundreds of lives in each run, on the three storages; `make simulate N=10000` lives as many as are asked for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from tests.simulation import deaths, drawing, marks, simulate, story
from tests.simulation.invariants import doubles
from tests.simulation.simulate import Places
from tests.simulation.storages import STORAGES, base
from tests.simulation.tally import Life, Task
from tests.simulation.worse import resend_without_asking

LIVES = {"memory": 120, "sqlite": 16, "postgres": 4}
"""Stories and storms of each run, half and half, from the run's own seed: a database costs ten times a memory."""
SCANS = {"memory": 3, "sqlite": 1, "postgres": 1}
"""Scans of deaths of each run."""
STRIDE = {"memory": 2, "sqlite": 5, "postgres": 9}
"""Of a scan, each run lives every n-th death, beginning where its seed says: some runs together live them all."""


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    with Places() as places:
        yield places


def unbroken(lives: Iterator[Life]) -> list[Life]:
    done = []
    for life in lives:
        assert not life.faults, f"{life.faults}\n{life.task.command()}"
        done.append(life)
    return done


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("kind", ["stories", "storms"])
def test_nothing_is_lost_doubled_late_or_out_of_order(kind: str, storage: str, seed: int, places: Places) -> None:
    for one in range(seed, seed + LIVES[storage] // 2):
        unbroken(places.lives(Task(kind, storage, one)))


@pytest.mark.parametrize("storage", STORAGES)
def test_whichever_durable_step_it_dies_at_nothing_is_lost_or_doubled(storage: str, seed: int, places: Places) -> None:
    for one in range(seed, seed + SCANS[storage]):
        scan = list(deaths.scan(deaths.histoire(one)))
        assert len(scan) >= 2 * deaths.FEWEST, "the story has enough steps to die at"
        stride = STRIDE[storage]
        for histoire in scan[seed % stride :: stride]:
            [mort] = histoire.morts
            unbroken(places.lives(Task("deaths", storage, one, mort)))


def test_the_same_seed_is_the_same_life_again_and_on_each_storage(seed: int, places: Places) -> None:
    for kind in ("stories", "storms"):
        where = (*STORAGES, "memory")
        seen = [life.trace for storage in where for life in places.lives(Task(kind, storage, seed))]
        assert len(seen) == len(where)
        assert len(set(seen)) == 1, f"{kind} {seed}: {dict(zip(where, seen, strict=True))}"
    others = [life.trace for life in places.lives(Task("stories", "memory", seed + 1))]
    assert others != [life.trace for life in places.lives(Task("stories", "memory", seed))]


def test_what_is_printed_lives_the_same_life_again(capsys: pytest.CaptureFixture[str]) -> None:
    task = Task("deaths", "sqlite", 3, (5, "after"))
    python, _, module, *words = shlex.split(task.command())
    assert (python, module) == ("python", "tests.simulation.simulate")
    assert simulate.tasks([task.kind], [task.storage], task.seed, 1) == [Task("deaths", "sqlite", 3)]
    assert simulate.main(words) == 0
    assert "1 lives" in capsys.readouterr().out


def test_a_broken_invariant_is_told_with_its_command_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "_judged", lambda *_: ["D-0/FAC-1: billed 2 times"])
    assert simulate.main(["--kind", "storms", "--seed", "5", "--n", "1"]) == 1
    said = capsys.readouterr().out
    assert "D-0/FAC-1: billed 2 times" in said
    assert Task("storms", "memory", 5).command() in said
    [row] = [line.split() for line in said.splitlines() if line.startswith("storms")]
    assert row[-2:] == ["1", "1"], "one double, one broken life"


def test_a_failure_the_daemon_logs_breaks_the_life_in_which_it_was_logged() -> None:
    with base("memory") as where:
        [life] = simulate.lives(Task("storms", "memory", 0), where, ["logged: a fault of ours"])
    assert life.faults == ("logged: a fault of ours",)


def test_a_scan_in_which_nobody_dies_is_found_out() -> None:
    with base("memory") as where:
        [life] = simulate.lives(Task("deaths", "memory", 0, (5000, "after")), where, [])
    assert "nobody died" in life.faults[0]


def test_what_is_raised_in_a_life_is_told_like_a_broken_invariant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "_judged", lambda *_: 1 // 0)
    with base("memory") as where:
        [life] = simulate.lives(Task("storms", "memory", 0), where, [])
    assert "ZeroDivisionError" in life.faults[0]


def test_control_a_story_drawn_from_a_seed_can_double() -> None:
    for one in range(60):
        monde = story.live(drawing.histoire(one), next_step=resend_without_asking)
        if doubles(story.broken(monde)):
            return
    pytest.fail("sixty stories without a question before a resend, and no double: the proofs above prove nothing")


def test_what_is_drawn_has_a_row_of_its_own_in_the_table() -> None:
    drawn = [drawing.histoire(one) for one in range(3000)]
    named = {f"tape {une.bande}" for une in drawn if une.bande is not None}
    named |= {f"network: {panne.sorte}" for une in drawn for panne in une.pannes}
    named |= {f"platform: {effet.sorte}" for une in drawn for effet in une.effets}
    assert named <= set(marks.ROWS)
    assert {f"tape {nom}" for nom in drawing.TAPES} <= named
