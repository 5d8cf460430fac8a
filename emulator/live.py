"""A running emulator from a test's side, with the standard library only: start one, and steer one session of it.

For other languages the same calls are plain HTTP: everything here is a thin name for one request to the control API.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierspayant.emulator.config import PLATFORM_PORTS

START_SECONDS = 20.0
"""How long a start may take on a very busy machine; it takes less than half a second on an idle one."""
CALL_SECONDS = 90.0
"""How long a call may take: `verify` may wait a minute."""


class Refused(AssertionError):
    """The control API refused a call, or a verification failed; the text says why."""


class Live:
    """An emulator process. `ready` is its ready file."""

    def __init__(self, process: subprocess.Popen[bytes], ready: Mapping[str, Any]) -> None:
        self._process = process
        self.ready = ready
        self.control = str(ready["control"])
        self.plateformes: Mapping[str, str] = ready["plateformes"]

    @classmethod
    def start(cls, *options: str) -> Live:
        """Start one on free ports. Raises Refused when it does not come up."""
        with tempfile.TemporaryDirectory() as folder:
            ready = Path(folder) / "ready.json"
            free = ["--control-port", "0", *(word for nom in PLATFORM_PORTS for word in (f"--{nom}-port", "0"))]
            command = [sys.executable, "-m", "tierspayant.emulator.cli", "serve", *free, "--ready-file", str(ready)]
            process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            limit = time.monotonic() + START_SECONDS
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > limit:
                    process.kill()
                    raise Refused(f"the emulator did not start: {process.communicate()[1].decode(errors='replace')}")
                time.sleep(0.005)
            return cls(process, json.loads(ready.read_text(encoding="utf-8")))

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self._process.terminate()
        self._process.wait(START_SECONDS)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call to the control API (path below /_control/v1/). Raises Refused."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.control}/_control/v1/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
                octets = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                problem = json.loads(error.read() or b"{}")
            raise Refused(f"{method} {path}: {error.code} {problem.get('champ', '')} {problem.get('detail')}") from None
        return json.loads(octets) if octets else None

    def session(self, *, seed: int = 1, now: str | None = None) -> Session:
        """A new session, isolated from all others."""
        body = {"seed": seed} if now is None else {"seed": seed, "now": now}
        made = self.call("POST", "sessions", body)
        return Session(self, made["id"], made["plateformes"])


@dataclass(frozen=True, slots=True)
class Clock:
    """A session's virtual clock."""

    session: Session

    def now(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.session.call("GET", "clock")["now"])

    def freeze(self) -> None:
        self.session.call("POST", "clock", {"freeze": True})

    def resume(self) -> None:
        self.session.call("POST", "clock", {"resume": True})

    def advance(self, duration: str) -> None:
        """By an ISO 8601 duration; everything due on the way happens, in order."""
        self.session.call("POST", "clock", {"advance": duration})

    def set(self, instant: str) -> None:
        self.session.call("POST", "clock", {"set": instant})

    def speed(self, times: float) -> None:
        self.session.call("POST", "clock", {"speed": times})


@dataclass(frozen=True, slots=True)
class Effects:
    """What fails in a session."""

    session: Session

    def add(self, plateforme: str, effet: str, **where: Any) -> None:
        """One more effect: `service`, `operation`, `magasin`, `fois`, `probabilite`, and any parameter by its name."""
        places = ("service", "operation", "magasin", "fois", "probabilite")
        row = {"plateforme": plateforme, "effet": effet, **{key: where.pop(key) for key in places if key in where}}
        self.session.call("PUT", "effects", [*self.list(), {**row, "parametres": where}])

    def list(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.session.call("GET", "effects")
        return found

    def clear(self) -> None:
        self.session.call("DELETE", "effects")


@dataclass(frozen=True, slots=True)
class Session:
    """One isolated emulator: `plateformes` are the base URLs to point a client at."""

    live: Live
    id: str
    plateformes: Mapping[str, str]

    @property
    def clock(self) -> Clock:
        return Clock(self)

    @property
    def effects(self) -> Effects:
        return Effects(self)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call below this session. Raises Refused."""
        return self.live.call(method, f"sessions/{self.id}/{path}", body)

    def verify(
        self, *, au_moins: int | None = None, au_plus: int | None = None, attendre_s: float = 0, **matcher: Any
    ) -> int:
        """How many exchanges match. Raises Refused, with what came nearest and why, when the bounds do not hold."""
        bounds = {key: value for key, value in (("au_moins", au_moins), ("au_plus", au_plus)) if value is not None}
        found = self.call("POST", "verify", {"matcher": matcher, "attendre_s": attendre_s, **bounds})
        if not found["ok"]:
            near = found.get("proche")
            nearest = f"; nearest is exchange {near['numero']} ({near['operation']})" if near else ""
            raise Refused(f"{found['nombre']} exchanges match{nearest}: {'; '.join(found.get('pourquoi', []))}")
        return int(found["nombre"])

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = self.call("GET", "ledger")
        return found

    def ledger_adds_up(self) -> None:
        """Raises Refused with what does not."""
        check = self.call("GET", "ledger/check")
        if not check["ok"]:
            raise Refused("; ".join(f"{row['regle']} {row['ou']}: {row['detail']}" for row in check["ecarts"]))

    def delete(self) -> None:
        self.live.call("DELETE", f"sessions/{self.id}")
