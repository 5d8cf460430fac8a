"""A story as data: shops, files and when they arrive, failures of network and platforms, deaths of the daemon.

hypothesis draws stories (test_stories.py) and shrinks those that break something; each prints the one command that
replays it:

    python -m tests.simulation.story '{"graine": 3, ...}'
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from tests.simulation import people
from tests.simulation.invariants import faults, order_faults
from tests.simulation.world import Fate, Monde, Reglages
from tierspayant.adapter import gestures, policy
from tierspayant.adapter.demandes import FactureCorps, PecCorps
from tierspayant.adapter.entry import Etat, Geste, Raison
from tierspayant.adapter.intake import Nouvelle
from tierspayant.adapter.storage.memory import MemoryStorage
from tierspayant.adapter.storage.protocol import Storage
from tierspayant.emulator import effects, tape
from tierspayant.schemas import plain
from tierspayant.schemas.wire import HttpRequest

__all__ = ["EFFETS", "PANNES", "SHOPS", "Dossier", "Effet", "Histoire", "Panne", "broken", "command", "live"]

MINUTE = 60.0
SHOPS = ("759999014", "759999022", "759999030")
PANNES: dict[str, Fate] = {
    "refusee": Fate(refused=True),
    "503": Fate(statut=503),
    "jamais recue": Fate(never=True),
    "recue, sans reponse": Fate(lost=True),
    "recue tard, sans reponse": Fate(lost=True, retard=100.0),
}
EFFETS: dict[str, dict[str, Any]] = {
    "coupure apres_lecture": {"effet": "coupure", "parametres": {"point": "apres_lecture"}},
    "coupure apres_commit": {"effet": "coupure", "parametres": {"point": "apres_commit"}},
    "coupure milieu_corps": {"effet": "coupure", "parametres": {"point": "milieu_corps"}},
    "silence traitee": {"effet": "silence", "parametres": {"traitee": True}},
    "silence non traitee": {"effet": "silence", "parametres": {"traitee": False}},
    "503": {"effet": "http", "parametres": {"statut": 503}},
    "indisponible": {"effet": "indisponible"},
    "reponse tronquee": {"effet": "reponse", "parametres": {"defaut": "tronquee"}},
    "TEC02": {"effet": "faute_soap", "parametres": {"code": "TEC02"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One file; minutes since the start. apres: from its PEC to its invoice."""

    plateforme: str
    magasin: int
    arrivee: int
    apres: int
    prix: int = 12000


@dataclass(frozen=True, slots=True, kw_only=True)
class Panne:
    """The network fails, from minute to minute."""

    debut: int
    duree: int
    sorte: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effet:
    """The emulator misbehaves some times, from a minute on."""

    minute: int
    plateforme: str
    sorte: str
    fois: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Histoire:
    """morts: for each start of the daemon, the commit it dies at and on which side of it. fin: minutes lived."""

    graine: int
    dossiers: tuple[Dossier, ...]
    pannes: tuple[Panne, ...] = ()
    effets: tuple[Effet, ...] = ()
    morts: tuple[tuple[int, str], ...] = ()
    bande: str | None = None
    fin: int = 4 * 24 * 60

    @property
    def last_fault(self) -> int:
        """Minutes: when the last failure that was drawn is over."""
        return max([0, *(une.debut + une.duree for une in self.pannes), *(un.minute for un in self.effets)])


def command(histoire: Histoire) -> str:
    return f"python -m tests.simulation.story '{plain.to_json(histoire).decode()}'"


def begin(
    histoire: Histoire,
    storage: Callable[[], Storage] = MemoryStorage,
    next_step: policy.NextStep = policy.next_step,
    delai_traitement: dt.timedelta = dt.timedelta(minutes=2),
) -> Monde:
    """The world of a story, everything in it arranged, nothing lived yet."""

    def fate(_: HttpRequest, now: float) -> Fate:
        for une in histoire.pannes:
            if une.debut * MINUTE <= now < (une.debut + une.duree) * MINUTE:
                return replace(PANNES[une.sorte])
        return Fate()

    monde = Monde(
        Reglages(
            seed=histoire.graine,
            storage=storage,
            next_step=next_step,
            delai_traitement=delai_traitement,
            dedoublonnage=False,
            deaths=histoire.morts,
            fate=fate,
        )
    )
    if histoire.bande is not None:
        monde.session.play(tape.load(histoire.bande).rebased(monde.now()))
    monde.clock.callLater(ROUND, _attend, monde)
    for un in histoire.effets:
        monde.clock.callLater(un.minute * MINUTE, _strike, monde, un)
    agenda = [what for rang, dossier in enumerate(histoire.dossiers) for what in _arrivals(monde, dossier, rang)]
    _feed(monde, sorted(agenda, key=lambda what: what[0], reverse=True))
    return monde


def live(histoire: Histoire, **how: Any) -> Monde:
    """Live a story to its end."""
    monde = begin(histoire, **how)
    monde.run(histoire.fin * MINUTE)
    return monde


def _strike(monde: Monde, un: Effet) -> None:
    row = {**EFFETS[un.sorte], "plateforme": un.plateforme, "fois": un.fois}
    monde.session.effects.manual.extend(effects.parse([row], monde.session.plateformes, shared_port=True))


PERSON: dict[Raison, Geste] = {
    Raison.CONFIRMER_CLIENT: Geste.CONFIRMER_CLIENT,
    Raison.REPONSE_ILLISIBLE: Geste.RELANCER,
    Raison.INCONNUE_PLATEFORME: Geste.RELANCER,
}
"""What the shop's staff does about a request that is held: every customer still wants his glasses."""
ROUND = 2 * 3600.0
"""Seconds between two looks of the staff at what is held."""


def _attend(monde: Monde) -> None:
    """The staff looks at what is held, and does about it what the advice says."""
    for entry in monde.entries(Etat.RETENUE):
        geste = None if entry.action is None else PERSON.get(entry.action.raison)
        if geste is not None:
            done = monde.write(partial(gestures.act, entry=entry, geste=geste, now=monde.now()))
            assert isinstance(done, gestures.Done), done
            monde.delivery.wake(done.lanes)
    monde.clock.callLater(ROUND, _attend, monde)


Arrival: TypeAlias = tuple[float, Callable[[], None]]


def _feed(monde: Monde, agenda: list[Arrival]) -> None:
    """What shops do, each at its second; `agenda` is in reverse order. One timer for all keeps long stories quick."""
    while agenda and agenda[-1][0] <= monde.clock.seconds():
        agenda.pop()[1]()
    if agenda:
        monde.clock.callLater(agenda[-1][0] - monde.clock.seconds(), _feed, monde, agenda)


def _arrivals(monde: Monde, dossier: Dossier, rang: int) -> list[Arrival]:
    magasin = SHOPS[dossier.magasin]
    jour = policy.business_day(monde.now() + dt.timedelta(minutes=dossier.arrivee))
    billed = policy.business_day(monde.now() + dt.timedelta(minutes=dossier.arrivee + dossier.apres))
    pec = people.pec(dossier.plateforme, f"D-{rang}", prix_monture=dossier.prix)
    assert isinstance(pec.corps, PecCorps)
    pec = replace(pec, magasin=magasin, corps=replace(pec.corps, date_soins=jour))
    facture = people.facture(f"D-{rang}", f"24{rang:07d}", jour=billed)
    assert isinstance(facture.corps, FactureCorps)
    later = (dossier.arrivee + dossier.apres) * MINUTE
    billing = partial(_once_known, monde, pec, replace(facture, magasin=magasin))
    return [(dossier.arrivee * MINUTE, partial(monde.insist, pec)), (later, billing)]


def _once_known(monde: Monde, pec: Nouvelle, facture: Nouvelle) -> None:
    """The invoice, once the daemon has taken the PEC (it may have been dead all the while)."""
    reference = pec.corps.reference
    if monde.read(lambda t: [t.entry_by_reference(pec.magasin, reference)]) == [None]:
        monde.clock.callLater(MINUTE, _once_known, monde, pec, facture)
    else:
        monde.insist(facture)


def broken(monde: Monde) -> list[str]:
    """What must never be, told in sentences."""
    return [*faults(monde), *(f"{numero}: billed before its PEC" for numero in order_faults(monde))]


def main() -> None:
    histoire = plain.from_json(Histoire, sys.argv[1].encode())
    monde = live(histoire)
    wrong = broken(monde)
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} broken invariants, trace {monde.trace()}"]) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
