"""The followed clock: the session's time, its jumps and its silences."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.task import Clock

from tierspayant.adapter.followed_clock import INTERVAL, ClockUnreadable, FollowedClock, Reading, parse, url_of


class Session:
    """A scripted clock: says what it is told to say."""

    def __init__(self, lecture: Reading) -> None:
        self.lecture: Reading | None = lecture

    def __call__(self) -> Deferred[Reading]:
        return succeed(self.lecture) if self.lecture else fail(Refused())


@pytest.fixture
def reel() -> Clock:
    return Clock()


def test_a_jump_fires_everything_it_made_due_in_order(reel: Clock) -> None:
    session = Session(Reading(1000.0, 0.0))
    horloge = FollowedClock(reel, session, Reading(1000.0, 0.0))
    horloge.start()
    vus: list[str] = []
    horloge.callLater(7200, vus.append, "second")
    horloge.callLater(3600, vus.append, "first")
    reel.pump([INTERVAL] * 10)
    assert vus == []
    session.lecture = Reading(1000.0 + 3 * 86_400, 0.0)
    reel.pump([INTERVAL] * 2)
    assert vus == ["first", "second"]
    horloge.stop()
    assert reel.getDelayedCalls() == []


def test_between_two_readings_time_runs_at_the_session_speed(reel: Clock) -> None:
    horloge = FollowedClock(reel, Session(Reading(0.0, 60.0)), Reading(0.0, 60.0))
    reel.advance(0.5)
    assert horloge.seconds() == pytest.approx(30.0)


def test_a_timer_does_not_wait_for_the_next_question(reel: Clock) -> None:
    horloge = FollowedClock(reel, Session(Reading(0.0, 60.0)), Reading(0.0, 60.0))
    horloge.start()
    vus: list[int] = []
    horloge.callLater(0.6, vus.append, 1)
    reel.advance(0.011)
    assert vus == [1]
    horloge.stop()


def test_a_clock_that_falls_silent_lets_time_run_on(reel: Clock) -> None:
    session = Session(Reading(0.0, 1.0))
    horloge = FollowedClock(reel, session, Reading(0.0, 1.0))
    horloge.start()
    session.lecture = None
    reel.pump([INTERVAL] * 20)
    assert horloge.seconds() == pytest.approx(20 * INTERVAL)
    session.lecture = Reading(500.0, 1.0)
    reel.pump([INTERVAL] * 2)
    assert horloge.seconds() >= 500.0
    horloge.stop()


@pytest.mark.parametrize("octets", [b"hello", b"{}", b'{"now": 3}', b'{"now": "2024-01-31T10:00:00"}', b"[]"])
def test_what_is_not_a_clock_is_said_so(octets: bytes) -> None:
    with pytest.raises(ClockUnreadable):
        parse(octets)


def test_the_clock_url_is_found_from_what_a_person_has() -> None:
    attendu = "http://127.0.0.1:8470/_control/v1/sessions/default/clock"
    assert url_of("http://127.0.0.1:8470/") == attendu
    assert url_of(attendu) == attendu
    assert url_of("http://127.0.0.1:8470/s/abc").endswith("/sessions/abc/clock")
    with pytest.raises(ClockUnreadable):
        url_of("localhost")
