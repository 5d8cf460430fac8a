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


def run(*mots: str, programme: str = "tp-adapter", **env: str) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    return subprocess.run(
        [str(BINAIRES / programme), *mots],
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
        commande = [str(BINAIRES / "tp-emulator"), "serve", *ports, "--now", DEBUT]
        pret = dossier / "emulator.json"
        self.emulator = Program("the emulator", [*commande, "--ready-file", str(pret)], pret, dossier / "emulator.log")
        self.configuration = dossier / "a" / "adapter.toml"
        self.pret = dossier / "adapter.json"
        self.adapter = Program("the adapter", [], self.pret, dossier / "adapter.log")
        self.init: tuple[str, ...] = ()

    def start(self, *options: str) -> None:
        self.emulator.start()
        fait = run("init", str(self.configuration.parent), "--emulateur", str(self.emulator.pret), *self.init)
        assert fait.returncode == 0, fait.stderr
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

    def shop(
        self, methode: str, chemin: str, corps: object = None, cle: str | None = None, **tetes: str
    ) -> tuple[int, Any]:
        entetes = {"Authorization": f"Bearer {self.cle if cle is None else cle}", **tetes}
        return call(methode, self.adapter.ici["api"] + chemin, corps, **entetes)

    def control(self, methode: str, chemin: str, corps: object = None) -> Any:
        base = f"{self.emulator.ici['control']}/_control/v1/sessions/default"
        statut, lu = call(methode, f"{base}/{chemin}", corps)
        assert statut < 300, lu
        return lu

    def effects(self, *effets: dict[str, Any]) -> None:
        self.control("PUT", "effects", list(effets))

    def billed(self, reference: str) -> list[dict[str, Any]]:
        """The platform's own record of that invoice."""
        return [une for une in self.control("GET", "ledger")["factures"] if une["reference_magasin"] == reference]

    def raw(self, octets: bytes) -> bytes:
        """Bytes to the shop API's port, and all that comes back until it hangs up."""
        adresse = urlsplit(self.adapter.ici["api"])
        assert adresse.hostname is not None
        with socket.create_connection((adresse.hostname, adresse.port or 80), timeout=20) as prise:
            prise.sendall(octets)
            lu = b""
            while morceau := prise.recv(65_536):
                lu += morceau
        return lu

    def command(self, *mots: str) -> Any:
        """A command of the operator; its JSON when it prints some."""
        fini = run(*mots, "--config", str(self.configuration))
        assert fini.returncode == 0, fini.stderr
        return json.loads(fini.stdout) if "--json" in mots else fini.stdout


@contextmanager
def world(dossier: Path, *options: str) -> Generator[World]:
    """Both programs for a while; both must stop orderly at the end."""
    monde = World(dossier)
    try:
        monde.start(*options)
        yield monde
    finally:
        monde.stop()
