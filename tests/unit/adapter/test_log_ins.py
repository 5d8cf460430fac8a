"""One log-in at a time until an account is accepted: who goes, who waits, who never leaves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tierspayant.adapter.availability import Compte, Retenue
from tierspayant.adapter.log_ins import AT_ONCE, Exchanged, LogIns
from tierspayant.schemas.messages import FermetureReponse
from tierspayant.schemas.outcomes import Answer, NotSent, NotYou, Outcome, RaisonCompte
from tierspayant.schemas.wire import HttpRequest

START = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
GOOD = Answer(FermetureReponse(fermee=True))
LOST = NotSent("ConnectionRefusedError")
REFUSED = NotYou(RaisonCompte.EXPIRE, "TEC04 AUTH_EXPIRE")
REQUETE = HttpRequest("POST", "/droits")


@dataclass
class Door:
    """Exchanges that leave and wait for their answer."""

    now: dt.datetime = START
    compte: Compte | None = None
    left: list[Deferred[Exchanged]] = field(default_factory=list)
    shown: int = 0
    come: list[Outcome] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log_ins = LogIns({"p"}, lambda: self.now)

    def send(self, plateforme: str = "p", magasin: str = "m") -> None:
        async def known() -> Compte | None:
            return self.compte

        def leave() -> Deferred[Exchanged]:
            self.shown += 1
            self.left.append(Deferred())
            return self.left[-1]

        done = Deferred.fromCoroutine(self.log_ins.through((plateforme, magasin), REQUETE, known, leave))
        _ = done.addCallbacks(lambda exchanged: self.come.append(exchanged[2]), self.failed.append)

    def answer(self, outcome: Outcome) -> None:
        self.left.pop(0).callback((REQUETE, None, outcome))


def test_one_goes_first_and_the_others_follow_together_once_it_was_accepted() -> None:
    door = Door()
    for _ in range(5):
        door.send()
    assert len(door.left) == 1
    door.answer(GOOD)
    assert len(door.left) == 4


def test_an_accepted_account_is_shown_by_fewer_at_once_than_lock_it() -> None:
    door = Door()
    door.send()
    door.answer(GOOD)
    for _ in range(10):
        door.send()
    assert len(door.left) == AT_ONCE
    door.answer(LOST)
    assert len(door.left) == AT_ONCE
    for _ in range(9):
        door.answer(GOOD)
    assert len(door.come) == 11


def test_a_secret_that_expires_under_an_accepted_account_is_shown_no_further() -> None:
    door = Door()
    door.send()
    door.answer(GOOD)
    for _ in range(10):
        door.send()
    while door.left:
        door.answer(REFUSED)
    assert door.come == [GOOD, *[REFUSED] * 10]
    assert door.shown == 1 + AT_ONCE


def test_when_the_first_is_refused_the_others_never_leave() -> None:
    door = Door()
    for _ in range(5):
        door.send()
    door.answer(REFUSED)
    assert door.left == []
    assert door.come == [REFUSED] * 5


def test_when_the_first_tells_nothing_the_next_goes_alone() -> None:
    door = Door()
    for _ in range(3):
        door.send()
    door.answer(LOST)
    assert len(door.left) == 1
    door.answer(LOST)
    assert len(door.left) == 1
    door.answer(GOOD)
    assert door.come == [LOST, LOST, GOOD]


def test_a_first_that_fails_lets_the_next_go() -> None:
    door = Door()
    door.send()
    door.send()
    door.left.pop(0).errback(RuntimeError("a fault of ours"))
    assert len(door.left) == 1
    assert [one.type for one in door.failed] == [RuntimeError]


def test_a_refused_account_shows_itself_again_only_after_it_was_reopened() -> None:
    door = Door()
    door.send()
    door.answer(REFUSED)
    door.send()
    assert door.left == [], "storage does not even know yet that it is held"
    door.now += dt.timedelta(minutes=1)
    door.compte = Compte(plateforme="p", magasin="m", depuis=START, raison=Retenue.EXPIRE)
    door.send()
    assert door.left == []
    door.compte = Compte(plateforme="p", magasin="m", depuis=door.now)
    door.send()
    door.send()
    assert len(door.left) == 1, "one, to see whether it is good now"


def test_an_account_reopened_long_before_it_was_refused_is_not_good_for_that() -> None:
    door = Door(compte=Compte(plateforme="p", magasin="m", depuis=START - dt.timedelta(days=1)))
    door.send()
    door.answer(REFUSED)
    door.send()
    assert door.left == []


def test_an_accepted_account_that_is_refused_later_is_alone_again() -> None:
    door = Door()
    door.send()
    door.answer(GOOD)
    for _ in range(3):
        door.send()
    door.answer(REFUSED)
    door.send()
    assert len(door.left) == 2, "what had left already, and no more"
    for _ in range(2):
        door.answer(REFUSED)
    door.compte = Compte(plateforme="p", magasin="m", depuis=door.now)
    for _ in range(3):
        door.send()
    assert len(door.left) == 1


def test_shops_and_platforms_do_not_wait_for_each_other() -> None:
    door = Door()
    door.send(magasin="m")
    door.send(magasin="n")
    for _ in range(3):
        door.send(plateforme="sans-identite")
    assert len(door.left) == 5
