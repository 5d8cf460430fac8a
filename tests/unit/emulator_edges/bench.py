"""An emulator on a `task.Clock`, asked directly: no socket, no reactor."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from tierspayant.emulator import platforms_data
from tierspayant.emulator.control import ControlPort
from tierspayant.emulator.journal import Journal, MemoryJournal
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.platform_port import PlatformPort
from tierspayant.emulator.sessions import Session, Sessions
from tierspayant.schemas.wire import HttpRequest, HttpResponse

NOW = dt.datetime.fromisoformat("2024-01-31T10:00:00+01:00")
SCHEMAS = Path(__file__).parents[3] / "schemas"
PEC = (SCHEMAS / "viamedis/samples/DemanderPriseEnCharge.ok.xml").read_bytes()
PEC_PATH = "/prises-en-charge"


def sample(dialecte: str, nom: str) -> bytes:
    return (SCHEMAS / dialecte / "samples" / f"{nom}.ok.xml").read_bytes()


class Bench:
    """One emulator. `reactor` is real time; each session's own clock stands on it."""

    def __init__(
        self, journal: Callable[[str], Journal] = MemoryJournal, shared_port: bool = False, seed: int = 1
    ) -> None:
        self.reactor = Clock()
        self.sessions = Sessions(
            self.reactor,
            platforms_data.load(),
            start=lambda: NOW,
            seed=seed,
            journal=journal,
            shared_port=shared_port,
        )
        self.ports = {nom: PlatformPort(self.sessions, nom) for nom in self.sessions.plateformes}
        self.control_port = ControlPort(self.sessions, lambda: {"viamedis": "http://v", "almerys": "http://a"})

    @property
    def session(self) -> Session:
        return self.sessions.default

    def ask(self, method: str, path: str, body: object = None, session: str = "default") -> Plan | Deferred[Plan]:
        """A request to a session's control API, or to the whole API when `path` starts with '/'."""
        where = path[1:] if path.startswith("/") else f"sessions/{session}/{path}"
        octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.control_port.answer(
            HttpRequest(method, f"/_control/v1/{where}", (("Host", "127.0.0.1:8470"),), octets)
        )

    def control(self, method: str, path: str, body: object = None, session: str = "default") -> tuple[int, Any]:
        """As `ask`, for what is answered at once: status and JSON value."""
        plan = self.ask(method, path, body, session)
        assert isinstance(plan, Plan)
        return read(plan)

    def effects(self, *effects: dict[str, Any]) -> None:
        status, value = self.control("PUT", "effects", [{"plateforme": "viamedis", **one} for one in effects])
        assert status == 200, value

    def post(
        self, body: bytes = PEC, path: str = PEC_PATH, plateforme: str = "viamedis", session: str = "default"
    ) -> Plan:
        """What a message gets, headers first as on a connection."""
        prefix = "" if session == "default" else f"/s/{session}"
        headers = (("Host", "h"), ("Content-Type", "text/xml; charset=utf-8"))
        port, requete = self.ports[plateforme], HttpRequest("POST", prefix + path, headers, body)
        return port.early(HttpRequest("POST", requete.path, headers)) or port.answer(requete)

    def answer(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = self.post(*args, **kwargs).response
        assert response is not None
        return response

    def granted(self, session: str = "default") -> int:
        """How many PEC our sample has left at the platform."""
        book = self.sessions.get(session).book("viamedis")
        return sum(one.demande.reference == "D-2024-0131/PEC-1" for one in book.pec.values())


def read(plan: Plan) -> tuple[int, Any]:
    assert plan.response is not None
    return plan.response.status, json.loads(plan.response.body) if plan.response.body else None
