"""The emulator as a process: time to its first valid SOAP answer, idle memory. The floor is the bare libraries."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.resources import files
from pathlib import Path
from statistics import median

from bench.row import Row

ROUNDS = 5
PATIENCE_S = 20.0
FLOOR = "import twisted.web.server, twisted.internet.reactor, lxml.etree, click, sqlite3"
LISTEN = f"""{FLOOR}
import pathlib, sys
from twisted.internet import reactor
from twisted.web import resource, server
class Answer(resource.Resource):
    isLeaf = True
    def render_POST(self, request):
        root = lxml.etree.fromstring(request.content.read())
        return lxml.etree.tostring(root)
port = reactor.listenTCP(0, server.Site(Answer()), interface="127.0.0.1")
pathlib.Path(sys.argv[1] + ".part").write_text(
    '{{"plateformes": {{"viamedis": "http://127.0.0.1:%d"}}}}' % port.getHost().port)
pathlib.Path(sys.argv[1] + ".part").rename(sys.argv[1])
reactor.run()
"""
"""A bare Twisted and lxml server that parses and serialises what it gets: nothing can answer SOAP for less."""


def rows() -> list[Row]:
    ours, floor = zip(*[(_one(_emulator), _one(_bare)) for _ in range(ROUNDS)], strict=True)
    start = (median(s for s, _ in ours), median(s for s, _ in floor))
    memory = (median(m for _, m in ours), median(m for _, m in floor))
    return [
        Row(
            "emulator: start to first valid answer", "s", *start, "bare Twisted + lxml server", "lower", "ours <= 0.4 s"
        ),
        Row(
            "emulator: memory after one answer", "MiB", *memory, "bare Twisted + lxml server", "lower", "floor + 10 MiB"
        ),
    ]


def _emulator(ready: Path) -> list[str]:
    program = str(Path(sys.executable).with_name("tp-emulator"))
    ports = ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0"]
    return [program, "serve", *ports, "--now", "2024-01-31T10:00:00+01:00", "--ready-file", str(ready)]


def _bare(ready: Path) -> list[str]:
    return [sys.executable, "-c", LISTEN, str(ready)]


def _one(command: object) -> tuple[float, float]:
    """(seconds from exec to the first answer, MiB resident after it)."""
    assert callable(command)
    sample = files("tierspayant.schemas.viamedis").joinpath("samples/ConsulterDroits.ok.xml").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        begin = time.perf_counter()
        process = subprocess.Popen(command(ready), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not ready.exists() and time.perf_counter() - begin < PATIENCE_S:
                time.sleep(0.002)
            base = json.loads(ready.read_text())["plateformes"]["viamedis"]
            request = urllib.request.Request(f"{base}/droits", data=sample, headers={"Content-Type": "text/xml"})
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                assert answer.status == 200
            seconds = time.perf_counter() - begin
            status = Path(f"/proc/{process.pid}/status").read_text()
            resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            return seconds, int(resident.split()[1]) / 1024
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
