"""What a lived story met: the coverage table of `make simulate`. A row of zeros is a path no story reached."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.accounts_seen import struck
from tests.simulation.drawing import TAPES
from tests.simulation.histoire import EFFETS, PAIR_TWO, PANNES
from tests.simulation.story_world import StoryWorld
from tierspayant.adapter.entry import Entry, Etat, Raison
from tierspayant.schemas.operations import Operation

ROWS = (
    "several shops",
    "a rights check answered",
    "a rights check overtaken",
    "a quote before its PEC",
    "a PEC refused",
    "a PEC decided later",
    "documents received",
    "a PEC cancelled",
    "a PEC replaced",
    "an invoice cancelled",
    "an invoice corrected",
    "an invoice rejected later",
    "two pairs of a file billed",
    "paid up front",
    "paid up front, undone",
    "paid up front refused: billed",
    "a PEC keyed twice, one held",
    "a doubt settled by a question",
    "no search: a doubt held for a person",
    "no search: taken over from the portal",
    "an account locked, and given back",
    "an account locked for good",
    "an insurer moved, requests with it",
    "held: the insurer moved",
    "a death",
    "a death with a request under way",
    *(f"tape {nom}" for nom in TAPES),
    *(f"network: {nom}" for nom in sorted(PANNES)),
    *(f"platform: {nom}" for nom in sorted(EFFETS)),
)


def marks(monde: StoryWorld) -> frozenset[str]:
    """The rows that a story adds one to."""
    return frozenset({*_of_entries(monde), *_of_files(monde), *_of_weather(monde), *_of_events(monde)})


_ENDS = {
    (Operation.DROITS, "ouverts"): "a rights check answered",
    (Operation.PEC, "refusee"): "a PEC refused",
    (Operation.PIECES, "recues"): "documents received",
    (Operation.ANNULATION_PEC, "confirmee"): "a PEC cancelled",
    (Operation.ANNULATION_FACTURE, "confirmee"): "an invoice cancelled",
    (Operation.FACTURE, "rejetee"): "an invoice rejected later",
}
GOOD = {"accordee", "facturee", "soldee", "acceptee", "acquittee", "payee"}


def _of_entries(monde: StoryWorld) -> Iterator[str]:
    entries = monde.entries()
    if len({entry.magasin for entry in entries}) > 1:
        yield "several shops"
    for entry in entries:
        if (mark := _ENDS.get((entry.operation, entry.resultat or ""))) is not None:
            yield mark
        if entry.etat is Etat.PERIMEE and entry.operation is Operation.DROITS:
            yield "a rights check overtaken"
        if entry.remplace is not None and entry.resultat in GOOD:
            yield "a PEC replaced" if entry.operation is Operation.PEC else "an invoice corrected"
        if entry.ailleurs:
            yield "no search: taken over from the portal"


def _of_files(monde: StoryWorld) -> Iterator[str]:
    by_file: dict[tuple[str, str], list[Entry]] = {}
    for entry in monde.entries():
        by_file.setdefault((entry.magasin, entry.dossier or ""), []).append(entry)
    for (magasin, dossier), entries in by_file.items():
        good = {entry.reference for entry in entries if entry.resultat in GOOD}
        if {f"{dossier}/FAC-1", f"{dossier}/FAC-{PAIR_TWO}"} <= good:
            yield "two pairs of a file billed"
        done = {entry.operation for entry in entries if entry.etat is Etat.TERMINEE}
        if {Operation.DEVIS, Operation.PEC} <= done:
            yield "a quote before its PEC"
        [avance] = monde.read(lambda t, key=(magasin, dossier): [t.avance(*key)])  # type: ignore[misc]
        if avance is not None:
            yield "paid up front" if avance.active else "paid up front, undone"


def _of_weather(monde: StoryWorld) -> Iterator[str]:
    histoire = monde.histoire
    if histoire.bande is not None:
        yield f"tape {histoire.bande}"
    yield from (f"network: {nom}" for nom in monde.witness.met)
    for un in histoire.effets:
        if monde.witness.struck(un.plateforme, EFFETS[un.sorte]["effet"]):
            yield f"platform: {un.sorte}"
    for une in histoire.verrous:
        if any(struck(monde, une)):
            yield "an account locked for good" if une.rendu is None else "an account locked, and given back"
    if monde.deaths:
        yield "a death"
    if monde.witness.paid_refused:
        yield "paid up front refused: billed"


_HELD = {
    Raison.DOUBLON_PROBABLE: "a PEC keyed twice, one held",
    Raison.DOUTE_SANS_RECHERCHE: "no search: a doubt held for a person",
    Raison.OPERATEUR: "held: the insurer moved",
}


def _of_events(monde: StoryWorld) -> Iterator[str]:
    was: dict[str | None, object] = {}
    for event in monde.read(lambda t: t.evenements(None, 0, 100_000)):
        if event.type == "reacheminee":
            yield "an insurer moved, requests with it"
        if event.type != "demande":
            continue
        etat, action = event.donnees.get("etat"), event.donnees.get("action")
        for raison, mark in _HELD.items():
            if action == raison:
                yield mark
        before = was.get(event.entree)
        if before == Etat.INCERTAINE and etat in {Etat.TERMINEE, Etat.EN_INSTANCE}:
            yield "a doubt settled by a question"
        if before == Etat.EN_INSTANCE and etat == Etat.TERMINEE and event.donnees["operation"] == Operation.PEC:
            yield "a PEC decided later"
        was[event.entree] = etat
    if monde.witness.interrupted:
        yield "a death with a request under way"
