"""What must hold when the story is over, told by the emulator's ledger, by what was seen, and by what the shop can see.

Each invariant is a function that tells every breach in a sentence. EVERY_WORLD holds for any world; STORY needs the
witness of a lived story (story_world.py). Each has a control in test_invariants.py: a world in which it is broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.simulation import accounts_seen
from tests.simulation.drain import locked, waits_for_others
from tests.simulation.histoire import Sort
from tests.simulation.story_world import StoryWorld
from tests.simulation.world import Monde
from tierspayant.adapter.entry import Entry, Etat
from tierspayant.schemas.operations import Operation

DEAD_PEC = {"annulee"}
ENDED_PEC = {"annulee", "refusee", "expiree"}
"""A PEC in such a state blocks nobody."""
DEAD_FACTURE = {"rejetee", "rejetee_format", "annulee"}
ENDED = {Etat.TERMINEE, Etat.PERIMEE, Etat.RETIREE, Etat.RETENUE}
DOUBTS = {Etat.RETENUE, Etat.INCERTAINE}


def _rows(monde: Monde, kind: str) -> Iterator[dict[str, Any]]:
    """The ledgers' rows of what shops asked: not the ready-made files of the demo shop."""
    for plateforme in monde.plateformes:
        for row in monde.ledger(plateforme.nom)[kind]:
            if not row["reference_magasin"].startswith("D-DEMO"):
                yield row


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["magasin"], row["reference_magasin"]


# ------------------------------------------------------------------------------------------------------ any world


def billed_once(monde: Monde) -> list[str]:
    """Each invoice that ended well is in the ledger exactly once; none is there twice."""
    found = Counter(_key(row) for row in _rows(monde, "factures"))
    ended = [e for e in monde.entries() if e.operation is Operation.FACTURE and e.etat is Etat.TERMINEE]
    wanted = [e for e in ended if e.resultat not in DEAD_FACTURE]
    lost = [f"{e.reference}: accepted, never billed" for e in wanted if not found[e.magasin, e.reference]]
    return lost + [f"{reference}: billed {n} times" for (_, reference), n in found.items() if n > 1]


def granted_once(monde: Monde) -> list[str]:
    """No PEC is asked twice."""
    living = Counter(_key(row) for row in _rows(monde, "pec") if row["etat"] not in DEAD_PEC)
    return [f"{reference}: granted twice" for (_, reference), n in living.items() if n > 1]


def granted_and_known(monde: Monde) -> list[str]:
    """No PEC is granted and forgotten: it blocks its customer elsewhere, so its shop sees it, or is asked about it."""
    every = [e for e in monde.entries() if e.operation is Operation.PEC]
    named = {(e.magasin, e.reference): e for e in every}
    numbered = {(e.magasin, e.numero): e for e in every}  # also what was keyed by hand on the portal
    wrong = []
    for row in _rows(monde, "pec"):
        entry = numbered.get((row["magasin"], row["numero"])) or named.get(_key(row))
        if row["etat"] not in ENDED_PEC and (entry is None or not _answers_for(entry, row)):
            wrong.append(f"{row['reference_magasin']}: granted and forgotten")
    return wrong


def _answers_for(entry: Entry, row: Mapping[str, Any]) -> bool:
    """Held after it left, a person is asked; withdrawn, it is forgotten; else it has the number."""
    if entry.etat in DOUBTS and entry.tentatives:
        return True
    return entry.etat is not Etat.RETIREE and entry.numero == row["numero"]


def balanced(monde: Monde) -> list[str]:
    """The emulator's ledger finds nothing amiss: the money is right to the centime."""
    return [str(ecart) for ecart in monde.ecarts()]


def pec_first(monde: Monde) -> list[str]:
    """An invoice never reaches a platform before its PEC."""
    granted = {row["numero"]: row["recue_le"] for row in _rows(monde, "pec")}
    return [
        f"{row['reference_magasin']}: billed before its PEC"
        for row in _rows(monde, "factures")
        if row["pec"] not in granted or row["recue_le"] < granted[row["pec"]]
    ]


def ended_or_seen(monde: Monde) -> list[str]:
    """Every accepted request has ended, or is where a person sees what must be done."""
    waiting = [entry for entry in monde.entries() if entry.etat not in ENDED]
    wrong = [entry for entry in waiting if not locked(monde, entry) and not waits_for_others(monde, entry)]
    silent = [entry for entry in monde.entries(Etat.RETENUE) if entry.action is None or not entry.action.gestes]
    return [f"{e.reference}: still {e.etat}" for e in wrong] + [f"{e.reference}: held, no word why" for e in silent]


# ---------------------------------------------------------------------------------------------------- a lived story


def wanted_billed(monde: StoryWorld) -> list[str]:
    """The ledger has each wanted invoice, alive, exactly once and for its own amount, and no unwanted one."""
    entries = {(e.magasin, e.reference): e for e in monde.entries() if e.operation is Operation.FACTURE}
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in _rows(monde, "factures"):
        if row["etat"] not in DEAD_FACTURE:
            rows.setdefault(_key(row), []).append(row)
    wanted = monde.histoire.wanted()
    wrong = [f"{key[1]}: billed, nobody asked for it" for key in rows if key not in wanted]
    for key, sort in wanted.items():
        wrong += [f"{key[1]}: {why}" for why in _unwanted(sort, rows.get(key, []), entries.get(key))]
    return wrong


def _unwanted(sort: Sort, alive: list[dict[str, Any]], entry: Entry | None) -> Iterator[str]:
    there = {Etat.TERMINEE, Etat.EN_INSTANCE}
    billed = entry is not None and entry.etat in there and entry.resultat not in DEAD_FACTURE
    if sort is Sort.OUI and not alive:
        yield "wanted, never billed"
    if sort is Sort.NON and alive:
        yield "billed, not wanted"
    if sort is Sort.SELON and bool(alive) is not billed and (entry is None or entry.etat not in DOUBTS):
        yield f"the ledger has {len(alive)}, the shop sees {None if entry is None else entry.resultat}"
    if alive and entry is not None and alive[0]["montant_amc_centimes"] != entry.amc_centimes:
        yield f"billed for {alive[0]['montant_amc_centimes']}, the shop sees {entry.amc_centimes}"


def promised_kept(monde: StoryWorld) -> list[str]:
    """What a shop was told is taken is still there, whatever died since."""
    there = {(e.magasin, e.reference) for e in monde.entries()}
    return [f"{reference}: promised, lost" for _, reference in sorted(monde.witness.accepted - {*there})]


def nothing_past_a_step(monde: StoryWorld) -> list[str]:
    """Nothing is sent after a refused or in-doubt step, nor once the customer paid (order.py, at each send)."""
    return monde.witness.wrong


def queue_empty_in_time(monde: StoryWorld) -> list[str]:
    """The queue is empty within twice the ideal drain after the last mishap (drain.py)."""
    return monde.late


def paid_up_front_blocks_nobody(monde: StoryWorld) -> list[str]:
    """A customer who paid has no living PEC left, unless its cancellation was refused or a person is asked."""
    by_file: dict[tuple[str, str], list[Entry]] = {}
    for entry in monde.entries():
        by_file.setdefault((entry.magasin, entry.dossier or ""), []).append(entry)
    wrong = []
    for row in _rows(monde, "pec"):
        magasin, dossier = row["magasin"], row["dossier"]
        [avance] = monde.read(lambda t, key=(magasin, dossier): [t.avance(*key)])  # type: ignore[misc]
        if avance is None or not avance.active or row["etat"] in ENDED_PEC:
            continue
        asked = by_file.get((magasin, dossier), [])
        if not any(e.etat in DOUBTS or e.resultat == "refusee" or locked(monde, e) for e in asked):
            wrong.append(f"{row['reference_magasin']}: {row['etat']}, and the customer paid up front")
    return wrong


EVERY_WORLD: tuple[Callable[[Monde], list[str]], ...] = (
    billed_once,
    granted_once,
    granted_and_known,
    balanced,
    pec_first,
    ended_or_seen,
)
STORY: tuple[Callable[[StoryWorld], list[str]], ...] = (
    wanted_billed,
    promised_kept,
    nothing_past_a_step,
    queue_empty_in_time,
    paid_up_front_blocks_nobody,
    accounts_seen.one_alarm,
    accounts_seen.no_further_call,
)


def faults(monde: Monde) -> list[str]:
    """Every broken invariant of a world in a sentence; none is what a proof wants."""
    return [sentence for holds in EVERY_WORLD for sentence in holds(monde)]


def broken(monde: StoryWorld) -> list[str]:
    """The same of a lived story."""
    return faults(monde) + [sentence for holds in STORY for sentence in holds(monde)]


DOUBLED = ("times", "twice")


def doubles(sentences: list[str]) -> list[str]:
    """Those that tell of something done twice."""
    return [sentence for sentence in sentences if any(word in sentence for word in DOUBLED)]
