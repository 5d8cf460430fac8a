"""The emulator at length: 45 days of a tape, a thousand sessions, a journal of 150,000 exchanges.

Each measure is a process of its own (`python -m bench.emulator_scale NAME`), so that its memory is its own. The counts
are those of the aims; TP_BENCH_SCALE=0.1 makes them a tenth for a quick look (the row says how many were made).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from bench.row import Row

START = dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)
SCALE = float(os.environ.get("TP_BENCH_SCALE", "1"))
SESSIONS, EACH = max(1, round(1000 * SCALE)), 100
LONG = max(100, round(150_000 * SCALE))
WRITE_EVERY = 50
"""One exchange in so many is a new agreement: a book grows by what it must hold, the journal must not grow at all."""
PORTS = {"droits": "/droits", "pec": "/prises-en-charge", "facture": "/facturation"}
SAMPLES = {"droits": "ConsulterDroits", "pec": "DemanderPriseEnCharge", "facture": "DeposerFacture"}


def rows() -> list[Row]:
    bare, days, many, long = (_run(nom) for nom in ("bare", "days", "sessions", "journal"))
    floor, of = bare["mib"], "Twisted, lxml, sqlite3 imported, asleep"
    assert days["restored"], "the tape did not end where it ends"
    assert many["crosstalk"] == 0, f"{many['crosstalk']} sessions saw another's exchanges"
    assert long["verified"] == 1, "the first exchange is not found any more"
    return [
        Row(
            "emulator: 45 days of fevrier-2024, nobody asks",
            "s",
            days["s"],
            days["floor_s"],
            "task.Clock fires as many calls",
            "lower",
            "ours <= 5 s",
        ),
        Row(
            f"emulator: {SESSIONS:,} sessions x {EACH} exchanges",
            "MiB",
            many["mib"],
            floor,
            of,
            "lower",
            "ours <= 150 MiB",
        ),
        Row(f"emulator: a journal of {LONG:,} exchanges", "MiB", long["mib"], floor, of, "lower", "ours <= 120 MiB"),
        Row(
            f"emulator: verify over {LONG:,} exchanges",
            "s",
            long["verify_s"],
            long["scan_s"],
            "sqlite3 fetches the same rows",
            "lower",
        ),
    ]


def _run(nom: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "bench.emulator_scale", nom], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _mib() -> float:
    """The most memory this process ever had resident."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _bare() -> dict[str, Any]:
    import sqlite3  # noqa: F401

    import click  # noqa: F401
    import lxml.etree  # noqa: F401
    import twisted.web.server  # noqa: F401

    return {"mib": _mib()}


# ------------------------------------------------------------------------------------------------------ the measures


def _days() -> dict[str, Any]:
    """A whole tape on a session whose platforms hold their ready-made files."""
    from twisted.internet.task import Clock

    from tierspayant.emulator.tape import load

    tape = load("fevrier-2024")
    session = _sessions().create("d", now=tape.debut)
    session.clock.freeze()
    assert list(session.books())
    session.play(tape)
    begin = time.process_time()
    session.clock.advance(dt.timedelta(days=45))
    ours = time.process_time() - begin
    reactor, fired = Clock(), [0]
    for rank in range(len(tape.events)):
        reactor.callLater(rank * 3600.0, fired.append, rank)
    begin = time.process_time()
    reactor.advance(45 * 86400)
    floor = time.process_time() - begin
    assert session.tape is not None
    return {"s": ours, "floor_s": floor, "restored": session.tape.next_due() is None and not session.effects.tape}


def _many() -> dict[str, Any]:
    """Sessions that speak in turn; each must find its own exchanges, its own agreement, and nothing else."""
    sessions, asks = _sessions(), _asks()
    for rank in range(SESSIONS):
        sessions.create(f"s{rank}")
    for turn in range(EACH):
        for rank in range(SESSIONS):
            asks("droits" if turn else "pec", f"s{rank}", f"{rank}-{turn}", f"D-{rank}")
    wrong = 0
    for rank in range(SESSIONS):
        session = sessions.get(f"s{rank}")
        held = {one.demande.dossier for one in session.book("viamedis").pec.values()}
        mine = all(f">m-{rank}-".encode() in one.demande for _, one in session.journal.after(0))
        own = mine and session.journal.count() == EACH and f"D-{rank}" in held
        wrong += not own or any(one.startswith("D-") and one[2:].isdigit() and one != f"D-{rank}" for one in held)
    return {"mib": _mib(), "crosstalk": wrong}


def _journal() -> dict[str, Any]:
    """One long session; its very first exchange, the only invoice, is looked for at the end."""
    from tierspayant.emulator import evidence

    session, asks = _sessions().create("s"), _asks()
    asks("facture", "s", "first", "D-DEMO-1")
    for rank in range(1, LONG):
        asks("droits" if rank % WRITE_EVERY else "pec", "s", str(rank), f"D-{rank}")
    begin = time.process_time()
    asked = evidence.Verification(matcher=evidence.Matcher(operation="facture"), au_moins=1, au_plus=1)
    found = evidence.verify(session.journal, asked)
    verify_s, begin = time.process_time() - begin, time.process_time()
    assert session.journal.count() == LONG
    fetched = sum(1 for _ in _FILES[0]._connection.execute("SELECT * FROM echange"))
    scan_s = time.process_time() - begin
    assert fetched == LONG
    verified = found["nombre"] if found["ok"] else 0
    return {"mib": _mib(), "verified": verified, "verify_s": verify_s, "scan_s": scan_s}


# ------------------------------------------------------------------------------------------------------ the emulator

_FILES: list[Any] = []
_PORTS: list[Any] = []


def _sessions() -> Any:
    """The sessions of one server, journaled in a temporary file as `serve` does it."""
    from twisted.internet.task import Clock

    from tierspayant.emulator import platforms_data
    from tierspayant.emulator.journal import JournalFile
    from tierspayant.emulator.platform_port import PlatformPort
    from tierspayant.emulator.sessions import Sessions

    _FILES.append(JournalFile("", lambda: START))
    known = {nom: data for nom, data in platforms_data.load().items() if nom in ("viamedis", "almerys")}
    sessions = Sessions(Clock(), known, start=lambda: START, journal=_FILES[0].of)
    _PORTS.append(PlatformPort(sessions, "viamedis"))
    return sessions


def _asks() -> Callable[[str, str, str, str], None]:
    """Posts a sample to a session under an idMessage and a file number of its own; the answer must be a 200."""
    from tierspayant.schemas.wire import HttpRequest

    port, headers = _PORTS[0], (("Content-Type", "text/xml"), ("Host", "127.0.0.1"))
    bodies = {nom: _parts(sample) for nom, sample in SAMPLES.items()}

    def ask(what: str, session: str, message: str, dossier: str) -> None:
        head, tail = bodies[what]
        body = head + b"m-" + message.encode() + tail.replace(b"D-2024-0131", dossier.encode())
        plan = port.answer(HttpRequest("POST", f"/s/{session}{PORTS[what]}", headers, body))
        assert plan.response is not None
        assert plan.response.status == 200

    return ask


def _parts(sample: str) -> tuple[bytes, bytes]:
    """A sample before and after the value of its idMessage."""
    body = files("tierspayant.schemas.viamedis").joinpath(f"samples/{sample}.ok.xml").read_bytes()
    start = body.index(b"idMessage>") + len(b"idMessage>")
    return body[:start], body[body.index(b"</", start) :]


_MEASURES: dict[str, Callable[[], dict[str, Any]]] = {
    "bare": _bare,
    "days": _days,
    "sessions": _many,
    "journal": _journal,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(_MEASURES[sys.argv[1]]()))
