"""The emulator as the suite sees it: a process, its control API, and the WSDL it serves."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from lxml import etree

NOW = "2024-01-31T10:00:00+01:00"
"""The start of every session: what the samples are written for."""
START_LIMIT_S = 30.0

CHEMINS = {
    "viamedis": ("droits", "prises-en-charge", "facturation", "retours", "authentification"),
    "almerys": ("tiers-payant",),
}
"""Where each dialect's services are; what they offer is read from their WSDL."""

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_XSD = "{http://www.w3.org/2001/XMLSchema}"


class EmulateurAbsent(Exception):
    """The emulator did not start; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Emulateur:
    """A running emulator by its control address."""

    control: str

    def session(self, identifiant: str) -> dict[str, str]:
        """A fresh session: the prefixed base address of each platform."""
        body = json.dumps({"id": identifiant, "seed": 1, "now": NOW}).encode()
        request = urllib.request.Request(
            f"{self.control}/_control/v1/sessions", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            plateformes: dict[str, str] = json.load(reply)["plateformes"]
        return plateformes


@contextlib.contextmanager
def started(log: Path) -> Iterator[Emulateur]:
    """Start `tp-emulator serve` on free ports, without authentication; stop it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-c", "from tierspayant.emulator.cli import main; main()", "serve"]
        command += ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0"]
        command += ["--auth", "none", "--now", NOW, "--seed", "1", "--ready-file", str(ready)]
        with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
            try:
                yield Emulateur(_control(process, ready, log))
            finally:
                process.terminate()


def _control(process: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    limit = time.monotonic() + START_LIMIT_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > limit:
            raise EmulateurAbsent(f"the emulator did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
    control: str = json.loads(ready.read_text(encoding="utf-8"))["control"]
    return control


def fetch(url: str) -> bytes:
    """A contract file of the emulator."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        body: bytes = reply.read()
    return body


def wsdl_url(base: str, chemin: str, version: str) -> str:
    return f"{base}/{chemin}?wsdl" + ("=soap12" if version == "1.2" else "")


def operations(wsdl: bytes) -> list[str]:
    """The operations a WSDL declares, in its order."""
    return [str(node.get("name")) for node in etree.fromstring(wsdl).iter(f"{_WSDL}operation") if _in_port_type(node)]


def _in_port_type(node: Any) -> bool:
    parent = node.getparent()
    return parent is not None and parent.tag == f"{_WSDL}portType"


def contract(base: str, dialecte: str, version: str) -> tuple[frozenset[tuple[str, str]], str]:
    """What a dialect serves: its (path, operation) pairs, and a digest of WSDL and XSD without their addresses."""
    digest, pairs = hashlib.sha256(), set[tuple[str, str]]()
    for chemin in CHEMINS[dialecte]:
        url = wsdl_url(base, chemin, version)
        wsdl = fetch(url)
        pairs |= {(chemin, operation) for operation in operations(wsdl)}
        digest.update(re.sub(rb'location="http[^"]*"', b"", wsdl))
        for imported in etree.fromstring(wsdl).iter(f"{_XSD}import"):
            digest.update(fetch(urljoin(url, str(imported.get("schemaLocation")))))
    return frozenset(pairs), digest.hexdigest()[:16]
