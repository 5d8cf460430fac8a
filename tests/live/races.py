"""Races on real sockets: eight clients whose last bytes reach a platform together; exactly one of them may win.

    python -m tests.live.races --rounds 1000

Every round is a fresh session. A client sends all of its request but the last byte; then the eight last bytes go out
one after the other, before any answer is read. Who won is read from the platform's ledger and from its journal.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from tierspayant.emulator.live import Live, Session

CLIENTS = 8
NOW = "2024-01-31T10:00:00+01:00"
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One client's request: `path` below its base."""

    path: str
    body: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Race:
    """`shots`: what the eight send in that round; `winners`: how many won it, as the platform itself tells."""

    nom: str
    plateforme: str
    shots: Callable[[Session], Sequence[Shot]]
    winners: Callable[[Session, Sequence[bytes]], int]


@cache
def sample(plateforme: str, nom: str) -> bytes:
    return files(f"tierspayant.schemas.{plateforme}").joinpath(f"samples/{nom}.ok.xml").read_bytes()


def _shot(plateforme: str, path: str, nom: str, rank: int | None, *changes: tuple[str, str]) -> Shot:
    """A sample as client `rank` sends it: an idMessage of its own unless None, and `changes` made in it."""
    body = sample(plateforme, nom)
    start, end = body.index(b"idMessage>") + len(b"idMessage>"), body.index(b"</", body.index(b"idMessage>"))
    body = body[:start] + (b"course" if rank is None else b"course-%d" % rank) + body[end:]
    for old, new in changes:
        assert old.encode() in body
        body = body.replace(old.encode(), new.encode())
    return Shot(path, body, "application/soap+xml" if b"2003/05/soap-envelope" in body else "text/xml")


def _pec(plateforme: str, path: str, nom: str, same: bool = False) -> Callable[[Session], list[Shot]]:
    return lambda session: [_shot(plateforme, path, nom, None if same else rank) for rank in range(CLIENTS)]


def _invoice(plateforme: str, path: str, nom: str, rank: int) -> Shot:
    """An invoice of the same agreement under another number (and in another lot)."""
    return _shot(plateforme, path, nom, rank, ("240131001", f"24013190{rank}"))


def _invoices(plateforme: str, path: str, nom: str) -> Callable[[Session], list[Shot]]:
    return lambda session: [_invoice(plateforme, path, nom, rank) for rank in range(CLIENTS)]


def _cancel_or_bill(plateforme: str, cancel: tuple[str, str], bill: tuple[str, str]) -> Callable[[Session], list[Shot]]:
    """Every second client cancels the agreement that the others bill."""

    def shots(session: Session) -> list[Shot]:
        return [
            _invoice(plateforme, *bill, rank) if rank % 2 else _shot(plateforme, *cancel, rank, ("000002", "000001"))
            for rank in range(CLIENTS)
        ]

    return shots


def _decisions(session: Session) -> list[Shot]:
    """Eight people decide the same agreement, one way and the other."""
    path = f"/_control/v1/sessions/{session.id}/pec/V240124000003/decider"
    bodies = [{"etat": "accordee"} if rank % 2 else {"etat": "refusee", "motifs": ["PEC12"]} for rank in range(CLIENTS)]
    return [Shot(path, json.dumps(body).encode(), "application/json") for body in bodies]


def _granted(session: Session, answers: Sequence[bytes]) -> int:
    return sum(row["reference_magasin"] == "D-2024-0131/PEC-1" for row in session.ledger()["pec"])


def _granted_and_all_told_so(session: Session, answers: Sequence[bytes]) -> int:
    """The same bytes eight times: one record, and eight answers that are the same."""
    return _granted(session, answers) if len(set(answers)) == 1 else 0


def _billed(session: Session, answers: Sequence[bytes]) -> int:
    return sum(row["reference_magasin"] == "D-DEMO-1/FAC-1" for row in session.ledger()["factures"])


def _cancelled_or_billed(session: Session, answers: Sequence[bytes]) -> int:
    ends = [row["etat"] for row in session.ledger()["pec"] if row["reference_magasin"] == "D-DEMO-1/PEC-1"]
    return _billed(session, answers) + sum(etat in ("annulation_demandee", "annulee") for etat in ends)


def _decided(session: Session, answers: Sequence[bytes]) -> int:
    return sum(b'"numero":"V240124000003"' in answer for answer in answers)


RACES = (
    Race("same equipment asked", "viamedis", _pec("viamedis", "/prises-en-charge", "DemanderPriseEnCharge"), _granted),
    Race("same equipment asked", "almerys", _pec("almerys", "/tiers-payant", "Valoriser"), _granted),
    Race(
        "same bytes",
        "viamedis",
        _pec("viamedis", "/prises-en-charge", "DemanderPriseEnCharge", same=True),
        _granted_and_all_told_so,
    ),
    Race("billed", "viamedis", _invoices("viamedis", "/facturation", "DeposerFacture"), _billed),
    Race("billed", "almerys", _invoices("almerys", "/tiers-payant", "DeposerLot"), _billed),
    Race(
        "cancelled or billed",
        "viamedis",
        _cancel_or_bill("viamedis", ("/prises-en-charge", "AnnulerPriseEnCharge"), ("/facturation", "DeposerFacture")),
        _cancelled_or_billed,
    ),
    Race(
        "cancelled or billed",
        "almerys",
        _cancel_or_bill("almerys", ("/tiers-payant", "AnnulerDossier"), ("/tiers-payant", "DeposerLot")),
        _cancelled_or_billed,
    ),
    Race("decided", "control", _decisions, _decided),
)


class Clients:
    """Eight connections to each port, kept from round to round."""

    def __init__(self, live: Live) -> None:
        bases = {**live.plateformes, "control": live.control}
        self._links = {
            nom: [http.client.HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE) for _ in range(CLIENTS)]
            for nom, base in bases.items()
        }

    def fire(self, plateforme: str, prefix: str, shots: Sequence[Shot]) -> list[bytes]:
        """Everybody's answer. All last bytes are on their way before the first answer is read."""
        links = self._links[plateforme]
        for link, shot in zip(links, shots, strict=True):
            link.putrequest("POST", prefix + shot.path)
            link.putheader("Content-Type", shot.media)
            link.putheader("Content-Length", str(len(shot.body)))
            link.endheaders(shot.body[:-1])
        for link, shot in zip(links, shots, strict=True):
            link.send(shot.body[-1:])
        return [link.getresponse().read() for link in links]

    def close(self) -> None:
        for link in (one for links in self._links.values() for one in links):
            link.close()


def run(live: Live, rounds: int) -> tuple[Counter[str], list[str]]:
    """(rounds of each race, what went wrong)."""
    clients, done, wrong = Clients(live), Counter[str](), list[str]()
    try:
        for rank in range(rounds):
            race = RACES[rank % len(RACES)]
            nom = f"{race.nom} ({race.plateforme})"
            done[nom] += 1
            wrong += [f"round {rank}, {nom}: {fault}" for fault in _round(live, clients, race)]
    finally:
        clients.close()
    return done, wrong


def _round(live: Live, clients: Clients, race: Race) -> list[str]:
    session = live.session(now=NOW)
    prefix = "" if race.plateforme == "control" else f"/s/{session.id}"
    answers = clients.fire(race.plateforme, prefix, race.shots(session))
    faults = []
    if (winners := race.winners(session, answers)) != 1:
        faults.append(f"{winners} winners")
    check: Any = session.call("GET", "ledger/check")
    if not check["ok"]:
        faults.append(f"the ledger does not add up: {check['ecarts']}")
    session.delete()
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args().rounds
    live, begin = Live.start(), time.monotonic()
    try:
        done, wrong = run(live, rounds)
    finally:
        live.stop()
    for nom, count in done.items():
        sys.stdout.write(f"{count:5} rounds x {CLIENTS} clients: {nom}\n")
    for fault in wrong:
        sys.stdout.write(f"{fault}\n")
    seconds = time.monotonic() - begin
    sys.stdout.write(f"{done.total()} rounds, {len(wrong)} without exactly one winner, {seconds:.0f} s\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
