"""The same seed and the same requests give the same journal, to the byte; another seed another one."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.emulator_edges.bench import Bench, sample
from tierspayant.emulator import evidence
from tierspayant.emulator.effect_kinds import RefusConnexion
from tierspayant.emulator.journal import MemoryJournal
from tierspayant.emulator.tape import load

STEPS = 44
CASES = (
    ("viamedis", "/droits", sample("viamedis", "ConsulterDroits")),
    ("viamedis", "/prises-en-charge", sample("viamedis", "DemanderPriseEnCharge")),
    ("viamedis", "/facturation", sample("viamedis", "DeposerFacture")),
    ("viamedis", "/authentification", sample("viamedis", "OuvrirSession")),
    ("almerys", "/tiers-payant", sample("almerys", "Valoriser")),
    ("almerys", "/tiers-payant", sample("almerys", "OuvrirSession")),
)


def lived(seed: int, tape: str) -> bytes:
    """The export of a client that asks everything every quarter of an hour, on a line that sometimes fails."""
    bench = Bench(seed=seed)
    bench.control("POST", "clock", {"freeze": True})
    bench.session.clock.set(load(tape).debut)
    assert bench.control("PUT", "tape", {"nom": tape})[0] == 200
    bench.effects({"effet": "http", "service": "droits", "parametres": {"statut": 503}, "probabilite": 0.3})
    for _ in range(STEPS):
        for plateforme, path, body in CASES:
            if bench.session.effects.on_port(plateforme, RefusConnexion) is None:
                bench.post(body, path, plateforme)
        bench.control("POST", "clock", {"advance": "PT15M"})
    return b"".join(evidence.export(bench.session.journal))


@pytest.mark.parametrize("tape", ["journee-hachee", "fevrier-2024"])
def test_two_runs_of_a_tape_with_the_same_seed_export_the_same_bytes(tape: str) -> None:
    first = lived(7, tape)
    assert len(first.splitlines()) > 3 * STEPS
    assert first == lived(7, tape)
    assert first != lived(8, tape)


def test_what_differs_between_two_runs_by_nature_is_not_exported() -> None:
    """Security headers, of whatever length, ports and real time."""

    def one(secret: bytes, port: str) -> bytes:
        bench = Bench()
        bench.control("POST", "clock", {"freeze": True})
        body = sample("viamedis", "ConsulterDroits")
        end = body.index(b"Header>") + len(b"Header>")
        block = b'<o:Security xmlns:o="urn:s"><o:Nonce>' + secret + b"</o:Nonce></o:Security>"
        bench.post(body[:end] + block + body[end:], "/droits")
        [kept] = bench.session.journal.kept if isinstance(bench.session.journal, MemoryJournal) else []
        moved = dataclasses.replace(kept, demande_entetes=(("Host", f"127.0.0.1:{port}"),))
        journal = MemoryJournal("m")
        journal.append(moved)
        return b"".join(evidence.export(journal))

    assert one(b"abc", "1234") == one(b"abcdefghijkl", "41234")
