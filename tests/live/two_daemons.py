"""The emulator and the adapter as real processes on loopback, for the live tests: started, spoken to, killed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.demo import DEBUT, Program, call

BINAIRES = Path(sys.executable).parent


def run(*words: str, programme: str = "tp-adapter", **env: str) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    return subprocess.run(
        [str(BINAIRES / programme), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **env},
    )


class World:
    """Both programs, the shop's key, and words for what a test does with them."""

    def __init__(self, dossier: Path) -> None:
        self.dossier = dossier
        ports = ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0"]
        command = [str(BINAIRES / "tp-emulator"), "serve", *ports, "--now", DEBUT]
        ready = dossier / "emulator.json"
        self.emulator = Program("the emulator", [*command, "--ready-file", str(ready)], ready, dossier / "emulator.log")
        self.configuration = dossier / "a" / "adapter.toml"
        self.pret = dossier / "adapter.json"
        self.adapter = Program("the adapter", [], self.pret, dossier / "adapter.log")
        self.init: tuple[str, ...] = ()

    def start(self, *options: str) -> None:
        self.emulator.start()
        done = run("init", str(self.configuration.parent), "--emulateur", str(self.emulator.pret), *self.init)
        assert done.returncode == 0, done.stderr
        self.adapter.commande[:] = [str(BINAIRES / "tp-adapter"), "serve", "--config", str(self.configuration)]
        self.adapter.commande += ["--port", "0", "--ready-file", str(self.pret), *options]
        self.adapter.commande += ["--clock", self.emulator.ici["control"]]
        self.adapter.start()

    def stop(self) -> None:
        self.adapter.stop()
        self.emulator.stop()

    @property
    def cle(self) -> str:
        return (self.configuration.parent / "secrets" / "demo.key").read_text(encoding="ascii").strip()

    def shop(self, method: str, path: str, body: object = None, cle: str | None = None, **more: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.cle if cle is None else cle}", **more}
        return call(method, self.adapter.ici["api"] + path, body, **headers)

    def control(self, method: str, path: str, body: object = None) -> Any:
        base = f"{self.emulator.ici['control']}/_control/v1/sessions/default"
        status, answered = call(method, f"{base}/{path}", body)
        assert status < 300, answered
        return answered

    def effects(self, *effects: dict[str, Any]) -> None:
        self.control("PUT", "effects", list(effects))

    def billed(self, reference: str) -> list[dict[str, Any]]:
        """The platform's own record of that invoice."""
        return [one for one in self.control("GET", "ledger")["factures"] if one["reference_magasin"] == reference]

    def raw(self, data: bytes) -> bytes:
        """Bytes to the shop API's port, and all that comes back until it hangs up."""
        address = urlsplit(self.adapter.ici["api"])
        assert address.hostname is not None
        with socket.create_connection((address.hostname, address.port or 80), timeout=20) as link:
            link.sendall(data)
            answered = b""
            while piece := link.recv(65_536):
                answered += piece
        return answered

    def command(self, *words: str) -> Any:
        """A command of the operator; its JSON when it prints some."""
        done = run(*words, "--config", str(self.configuration))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout


@contextmanager
def world(dossier: Path, *options: str) -> Generator[World]:
    """Both programs for a while; both must stop orderly at the end."""
    monde = World(dossier)
    try:
        monde.start(*options)
        yield monde
    finally:
        monde.stop()
