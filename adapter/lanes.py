"""One lane: a platform and a service. When to look, what to take, how many at once.

A lane sleeps until something is due (a new entry, an answer, a date); there is no polling. Awake, it looks at its
service's stored availability: shut, it waits for the next probe and sends nothing, however many weeks that lasts;
open, it takes due entries, the most urgent first, as many at once as its window allows. A dead lane delays no other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from tierspayant.adapter.availability import Disponibilite, EtatService, ouvert
from tierspayant.adapter.calls import PAUSE_STOCKAGE, Calls
from tierspayant.adapter.prober import Prober
from tierspayant.adapter.records import Lane
from tierspayant.adapter.sources import Due, Source
from tierspayant.adapter.spawn import spawn
from tierspayant.adapter.storage.protocol import StorageError, Tables

log = Logger()

LAPSES = 50
"""Overtaken entries put away in one look: it costs no call, only a row each."""
SANS_DEMANDE = dt.timedelta(hours=3)
"""How much later a shut service that nobody waits for is probed; the first request that comes has it probed at once."""
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PROBE = ""
"""The key under which a probe is under way: no entry is called that."""


@dataclass(frozen=True, slots=True)
class View:
    """What a lane sees when it looks. room: its window, less what other nodes are sending. prise: how much of the
    platform's pace is used up (cadence.py). wanted: it is shut, and something waits for it or will before long."""

    service: Disponibilite
    room: int
    due: Sequence[Due]
    wanted: bool
    prise: dt.datetime | None
    lapsed: Sequence[str]
    next_due: dt.datetime | None
    next_lapse: dt.datetime | None


class LaneLoop:
    """`wake` may be called at any time, as often as wanted. `woken` is told the lanes that have something new."""

    def __init__(
        self,
        lane: Lane,
        source: Source,
        prober: Prober,
        calls: Calls,
        woken: Callable[[Iterable[Lane]], None],
    ) -> None:
        self._lane = lane
        self._source = source
        self._prober = prober
        self._storage = calls.storage
        self._clock = calls.outside.clock
        self._now = calls.outside.now
        self._woken = woken
        self._cadence = calls.plateformes[lane[0]].cadence
        self._chance = calls.outside.chance
        self._busy: dict[str, Deferred[None]] = {}
        self._set_apart: set[str] = set()
        self._timer: IDelayedCall | None = None
        self._looking = False
        self._again = False
        self._stopped = False

    def wake(self) -> None:
        """Look, now or as soon as the look under way is over."""
        self._again = True
        if not self._looking and not self._stopped:
            self._looking = True
            spawn(self._look_until_quiet(), "looking at a lane")

    def stop(self) -> Deferred[Any]:
        """Take nothing new; fires when what is under way is settled."""
        self._stopped = True
        self._sleep(None)
        return DeferredList(list(self._busy.values()))

    async def _look_until_quiet(self) -> None:
        try:
            while self._again and not self._stopped:
                self._again = False
                await self._look()
        except StorageError:
            log.failure("storage refused lane {lane} a look; it looks again", lane=self._lane)
            self._sleep(PAUSE_STOCKAGE)
        finally:
            self._looking = False

    def _sleep(self, seconds: float | None) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        if seconds is not None and not self._stopped:
            self._timer = self._clock.callLater(max(0.0, seconds), self.wake)

    async def _look(self) -> None:
        now = self._now()
        view = await self._storage.read(lambda tables: self._view(tables, now))
        for key in view.lapsed:
            self._take(key, self._source.step(key))
        next_look = view.next_due
        if self._stopped or view.service.en_pause:
            next_look = None
        elif view.service.etat is EtatService.FERME:
            next_look = self._while_shut(view.service, view.wanted, now)
        else:
            next_look = self._send(view, now)
        looks = [instant for instant in (next_look, view.next_lapse) if instant is not None]
        self._sleep((min(looks) - now).total_seconds() if looks else None)

    def _send(self, view: View, now: dt.datetime) -> dt.datetime | None:
        """Take what is due as far as window and pace allow; gives the next time to look."""
        taken, looks = 0, [] if view.next_due is None else [view.next_due]
        for une in view.due:
            if une.key in self._busy or len(self._busy) >= view.room:
                continue
            if taken < self._cadence.places(view.prise, now, comptoir=une.comptoir):
                self._take(une.key, self._source.step(une.key))
                taken += 1
            elif view.prise is not None:
                jitter = self._cadence.pas * self._chance.random()  # several lanes and nodes wait for the same instant
                looks.append(max(now, self._cadence.next_place(view.prise, comptoir=une.comptoir)) + jitter)
        return min(looks, default=None)

    def _view(self, tables: Tables, now: dt.datetime) -> View:
        service = tables.disponibilite(*self._lane) or ouvert(*self._lane, now)
        taken = self._busy.keys() | self._set_apart
        shut = service.en_pause or service.etat is EtatService.FERME
        due = [] if shut else self._source.due(tables, now, service.fenetre + len(taken))
        first = self._source.next_look(tables, LONG_AGO) if shut and self._source.wanted else None
        return View(
            service=service,
            room=self._source.room(tables, service, now, self._busy),
            due=[une for une in due if une.key not in taken],
            wanted=first is not None and first <= now + SANS_DEMANDE,
            prise=tables.place(self._lane[0]),
            lapsed=[key for key in self._source.lapsed(tables, now, LAPSES) if key not in taken],
            next_due=self._source.next_look(tables, now),
            next_lapse=self._source.next_lapse(tables, now),
        )

    def _while_shut(self, service: Disponibilite, wanted: bool, now: dt.datetime) -> dt.datetime | None:
        """Probe when it is time and nothing is under way; gives the next time to look."""
        assert service.prochain_essai is not None, "a shut service has its next probe"
        probe = service.prochain_essai + (dt.timedelta(0) if wanted else SANS_DEMANDE)
        if now < probe:
            return probe
        if not self._busy and PROBE not in self._set_apart:
            self._take(PROBE, self._prober.probe(self._lane))
        return None

    def _take(self, key: str, work: Coroutine[Any, Any, set[Lane]]) -> None:
        """Work on an entry, or probe, beside the others; then look again."""
        ended: Deferred[None] = Deferred()
        self._busy[key] = ended
        spawn(self._tended(key, work, ended), "work of a lane")

    async def _tended(self, key: str, work: Coroutine[Any, Any, set[Lane]], ended: Deferred[None]) -> None:
        """Nothing is tried blindly again: storage that refuses is given time, a fault of ours sets the entry apart."""
        lanes: set[Lane] = set()
        try:
            lanes = await work
        except StorageError:
            log.failure("storage refused work of lane {lane}; it is tried again", lane=self._lane)
            self._set_apart.add(key)
            self._clock.callLater(PAUSE_STOCKAGE, self._back, key)
        except CancelledError:
            self._set_apart.add(key)
        except Exception:  # the other entries of the lane must not suffer from a fault met with this one
            log.failure("entry {key} is set apart until the next start", key=key)
            self._set_apart.add(key)
        del self._busy[key]
        ended.callback(None)
        self._woken({self._lane, *lanes})

    def _back(self, key: str) -> None:
        self._set_apart.discard(key)
        self.wake()
