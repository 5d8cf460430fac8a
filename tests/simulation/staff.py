"""What people do in a story: answer what is held, give an account back, move an insurer's requests."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from twisted.internet.defer import Deferred

from tests.simulation import people
from tests.simulation.histoire import EFFETS, SHOPS, Effet, Verrou
from tests.simulation.story_world import FORMER, INSURER, MINUTE, MOVED, StoryWorld
from tierspayant.adapter import gestures
from tierspayant.adapter.entry import Entry, Etat, Geste, Raison
from tierspayant.adapter.reroute import Outils, bulk
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.emulator import effects, tape_incidents
from tierspayant.schemas.operations import Operation, Service

PERSON: dict[Raison, Geste] = {
    Raison.CONFIRMER_CLIENT: Geste.CONFIRMER_CLIENT,
    Raison.REPONSE_ILLISIBLE: Geste.RELANCER,
    Raison.INCONNUE_PLATEFORME: Geste.RELANCER,
    Raison.TENTATIVES_EPUISEES: Geste.RELANCER,
    Raison.DOUBLON_PROBABLE: Geste.ABANDONNER,
}
"""What the shop's staff does about a request that is held: every customer still wants his glasses, once."""
ORDER = frozenset({Raison.ANNULATION_REQUISE, Raison.PREDECESSEUR_REFUSE})
"""Held since what it replaces still stood; tried again once that is cancelled."""
ROUND = 2 * 3600.0
"""Seconds between two looks of the staff at what is held."""
GONE = {"annulee", "expiree"}


def schedule(monde: StoryWorld) -> None:
    """Rounds, and everything that happens at a minute of its own."""
    histoire, later = monde.histoire, monde.clock.callLater
    later(ROUND, _attend, monde)
    for un in histoire.effets:
        later(un.minute * MINUTE, _strike, monde, un)
    for une in histoire.verrous:
        later(une.minute * MINUTE, _lock, monde, une)
    if histoire.demenagement is not None and histoire.bande is None:
        later(histoire.demenagement * MINUTE, _move, monde)


def _strike(monde: StoryWorld, un: Effet) -> None:
    row = {**EFFETS[un.sorte], "plateforme": un.plateforme, "fois": un.fois}
    monde.session.effects.manual.extend(effects.parse([row], monde.session.plateformes, shared_port=True))
    monde.happened()


def _move(monde: StoryWorld) -> None:
    where = {"amc": INSURER, "vers": MOVED}
    tape_incidents.happen("migration_amc", where, lambda: monde.session.book(FORMER), monde.now())
    monde.happened()


# ------------------------------------------------------------------------------------------------- locked accounts


def _lock(monde: StoryWorld, une: Verrou) -> None:
    row = {
        "plateforme": une.plateforme,
        "effet": "compte",
        "magasin": SHOPS[une.magasin],
        "parametres": {"etat": "verrouille"},
    }
    [locked] = effects.parse([row], monde.session.plateformes, shared_port=True)
    monde.session.effects.manual.append(locked)
    monde.happened()
    if une.rendu is not None:
        monde.clock.callLater((une.rendu - une.minute) * MINUTE, _unlock, monde, une, locked)


def _unlock(monde: StoryWorld, une: Verrou, locked: effects.Effet) -> None:
    """The platform lets the account in again, and a person says so here; again in a minute when the daemon is dead."""
    kept = [un for un in monde.session.effects.manual if un is not locked]
    monde.session.effects.manual[:] = kept
    done = monde.act(lambda t: [gestures.reopen_account(t, une.plateforme, SHOPS[une.magasin], monde.now())])
    if done is None:
        monde.clock.callLater(MINUTE, _unlock, monde, une, locked)
        return
    monde.happened()
    monde.delivery.wake([(une.plateforme, service) for service in Service])


# ------------------------------------------------------------------------------------------------- what is held


def _attend(monde: StoryWorld) -> None:
    """The staff looks at what is held, and does about it what the advice says."""
    for entry in monde.entries(Etat.RETENUE):
        assert entry.action is not None
        raison = entry.action.raison
        if raison is Raison.DOUTE_SANS_RECHERCHE:
            _look_at_the_portal(monde, entry)
        elif raison in PERSON:
            _do(monde, entry, PERSON[raison])
        elif raison in ORDER and _replaced_is_gone(monde, entry):
            _do(monde, entry, Geste.RELANCER)
    for entry in [monde.read(lambda t, une=une: t.entry(une)) for une in sorted(monde.to_check)]:  # type: ignore[misc]
        _cancel_what_turned_up(monde, entry)
    if monde.moved:
        _follow_the_insurer(monde)
    monde.clock.callLater(ROUND, _attend, monde)


def _replaced_is_gone(monde: StoryWorld, entry: Entry) -> bool:
    [replaced] = monde.read(lambda t: [None if entry.remplace is None else t.entry(entry.remplace)])
    return replaced is not None and replaced.resultat in {"annulee", "rejetee", "rejetee_format"}


def _do(monde: StoryWorld, entry: Entry, geste: Geste, numero: str | None = None) -> None:
    def work(tables: Tables) -> gestures.Result:
        return gestures.act(tables, tables.entry(entry.id) or entry, geste, monde.now(), numero)

    done = monde.act(work)
    if isinstance(done, gestures.Done):
        monde.happened()
        monde.delivery.wake(done.lanes)


def _cancel_what_turned_up(monde: StoryWorld, pec: Entry) -> None:
    """The customer paid while a PEC was held in doubt (`a_verifier`); a person found it granted, and cancels it."""
    there = pec.etat in {Etat.EN_INSTANCE, Etat.TERMINEE} and pec.resultat not in {"annulee", "refusee", "expiree"}
    [avance] = monde.read(lambda t: [t.avance(pec.magasin, pec.dossier or "")])
    if pec.operation is Operation.PEC and there and avance is not None and avance.active:
        asked = people.annulation(pec.id, f"{pec.reference}/ANN", Operation.ANNULATION_PEC)
        monde.deliver(replace(asked, magasin=pec.magasin))


def _look_at_the_portal(monde: StoryWorld, entry: Entry) -> None:
    """A person sees there what the adapter cannot ask: take over what is found, else try again."""
    rows = [] if entry.operation is Operation.DEVIS else monde.ledger(entry.plateforme)["pec"]
    mine = [
        row["numero"]
        for row in rows
        if (row["magasin"], row["reference_magasin"]) == (entry.magasin, entry.reference) and row["etat"] not in GONE
    ]
    if mine:
        _do(monde, entry, Geste.FAIT_AILLEURS, mine[0])
    else:
        _do(monde, entry, Geste.RELANCER)


def _follow_the_insurer(monde: StoryWorld) -> None:
    """`queue reroute`: what never left goes where the directory now says."""
    outils = Outils(vault=monde.vault, ids=monde.ids, annuaire=monde.directory())
    moved = monde.promise(Deferred.fromCoroutine(bulk(monde.storage, outils, monde.now(), apply=True)))
    if moved and moved["deplacees"]:
        monde.happened()
        lanes = partial(map, lambda une: (une.plateforme, une.service))
        monde.delivery.wake(lanes(monde.entries()))
