"""Eight clients at once, on real sockets: one wins. `make races` runs the thousand rounds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import races
from tierspayant.emulator.live import Live, Session

ROUNDS = 5 * len(races.RACES)


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    one = Live.start()
    yield one
    one.stop()


def test_of_eight_clients_at_once_exactly_one_wins(live: Live) -> None:
    done, wrong = races.run(live, ROUNDS)
    assert wrong == []
    assert set(done.values()) == {5}


def test_two_winners_would_be_seen(live: Live) -> None:
    """Where doubles are recorded, eight clients win, and the rounds say so."""
    session: Session = live.session(now=races.NOW)
    session.call("PUT", "reglages", {"viamedis": {"dedoublonnage": False}})
    race, clients = races.RACES[0], races.Clients(live)
    answers = clients.fire(race.plateforme, f"/s/{session.id}", race.shots(session))
    clients.close()
    assert race.winners(session, answers) == races.CLIENTS
    session.delete()
