"""Exchanges lived again from the journal: what brings books that were written a little earlier up to the last answer.

A session is deterministic: its state, the bytes of a request and the instant give the answer. So the exchanges after a
state was written are read from the journal and lived in order, each at its own instant; what struck them is drawn and
counted as it was. Who speaks is not judged again: the journal says who was let in.
"""

from __future__ import annotations

from collections.abc import Iterable

from tierspayant.emulator import desk
from tierspayant.emulator.exchange import Verdict, operations_of, server_of
from tierspayant.emulator.journal import Exchange
from tierspayant.emulator.sessions import Session
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.wire import HttpRequest

_DONE = frozenset({Verdict.ANSWERED, Verdict.LOST})
_SPOILT = "reponse"
"""The effect that spoils an answer after the request was processed."""


def replay(session: Session, past: Iterable[tuple[int, Exchange]]) -> int:
    """Live `past` again, after `session.restore`; how many. The clock stands at the last one's instant at least."""
    clock, count = session.clock, 0
    frozen, speed = clock.frozen, clock.speed
    clock.put(clock.now(), True, speed)
    for _, one in past:
        clock.set(max(one.virtuel, clock.now()))
        _again(session, one)
        count += 1
    clock.put(clock.now(), frozen, speed)
    return count


def _again(session: Session, one: Exchange) -> None:
    if one.plateforme not in session.plateformes:
        return
    requete = HttpRequest("POST", one.chemin, one.demande_entetes, one.demande)
    server = server_of(session, one.plateforme)
    if session.effects.at_connection(one.plateforme, operations_of(session, one.plateforme, server, requete)):
        return
    appel: Appel | None = None
    try:
        appel = server.read(requete)
    except Faute:
        possible = operations_of(session, one.plateforme, server, requete)
    else:
        possible = [(appel.service, appel.operation)]
    session.effects.pick(one.plateforme, possible, appel.entete.magasin.clair if appel else None)
    if appel is not None and _was_done(one):
        desk.answer(session.book(one.plateforme), appel.entete, appel.demande, one.virtuel)


def _was_done(one: Exchange) -> bool:
    """Whether the desk took it: a rule that refused it changed nothing."""
    return one.regle is None and (one.verdict in _DONE or (one.verdict == Verdict.EFFECT and _SPOILT in one.effets))
