"""The emulator's two files under `--state`, lived. What they promise is written in docs/etat.md."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.power.life import Life, hashed
from tierspayant.emulator.journal import Exchange, JournalFile
from tierspayant.emulator.state_file import StateFile

NOW = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
SESSIONS = ("default", "a", "b")
SIZES = ((30, 3_000, 20_000), (300, 300_000))
"""Bytes of a message or a state, in one life and in another, where the WAL comes to its checkpoint and begins anew."""


def state_content(base: Path) -> str:
    with closing(StateFile(base)) as file:
        return _of_state(file)


def _of_state(file: StateFile) -> str:
    return hashed([*file.sessions(), *(row for nom in SESSIONS for row in [(nom,), *file.snapshots(nom)])])


def state(life: Life, *, forces: bool = True) -> None:
    """Sessions and snapshots put and dropped; what is written `forced` is promised. forces: False for a control."""
    sizes = life.rng.choice(SIZES)
    with closing(StateFile(life.base)) as file:
        life.promise_this()
        for rank in range(life.rng.randint(5, 30)):
            forced = life.rng.random() < 0.4
            life.begin()
            with file.writing(forced=forced and forces):
                for nom in life.rng.sample(SESSIONS, life.rng.randint(1, len(SESSIONS))):
                    _change(life.rng, file, nom, rank, life.rng.randbytes(life.rng.choice(sizes)))
            if forced:
                life.promise()
            life.reached(_of_state(file), 1)


def _change(rng: random.Random, file: StateFile, nom: str, rank: int, octets: bytes) -> None:
    match rng.randrange(8):
        case 0:
            file.drop(nom)
        case 1 | 2:
            file.put_snapshot(nom, f"s{rng.randrange(3)}", octets)
        case 3:
            file.drop_snapshot(nom, f"s{rng.randrange(3)}")
        case _:
            file.put(nom, rank, octets)


def journal_content(base: Path) -> str:
    with closing(_journal(str(base))) as file:
        return _of_journal(file)


def _journal(path: str) -> JournalFile:
    return JournalFile(path, lambda: NOW, kept=True)


def _of_journal(file: JournalFile) -> str:
    return hashed(file.rows("SELECT * FROM echange ORDER BY rowid"))


def journal(life: Life, *, told: Callable[[Life], None] = lambda _: None) -> None:
    """Exchanges of several sessions. Nothing is promised but a sound file that ends at one of them; `told`: more."""
    sizes = life.rng.choice(SIZES)
    with closing(_journal(str(life.base))) as file:
        for _ in range(life.rng.randint(10, 40)):
            session = file.of(life.rng.choice(SESSIONS))
            life.begin()
            session.append(_exchange(life.rng.randbytes(life.rng.choice(sizes))))
            told(life)
            life.reached(_of_journal(file), 1)


def _exchange(octets: bytes) -> Exchange:
    return Exchange(
        plateforme="p",
        chemin="/c",
        operation=None,
        service=None,
        magasin=None,
        verdict="accepte",
        regle=None,
        effets=(),
        virtuel=NOW,
        demande_entetes=(),
        demande=octets,
        statut=200,
        reponse_entetes=(),
        reponse=octets[:20],
    )
