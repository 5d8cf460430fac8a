"""The control API: /_control/v1/..., JSON in and out (interfaces.md). Reads everything, then changes all or nothing.

This module is the port: who may speak, which session, which resource, which method. What a resource does is in
control_session.py.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from urllib.parse import parse_qsl, unquote

import msgspec
from twisted.internet.defer import Deferred

from tierspayant.emulator import control_session
from tierspayant.emulator.clock import HorsBornes
from tierspayant.emulator.control_evidence import Asked
from tierspayant.emulator.effects import EffetInvalide, convert
from tierspayant.emulator.people import PersonneInvalide
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.problem import Problem, json_response, read_json
from tierspayant.emulator.sessions import SessionInconnue, SessionRefusee, Sessions
from tierspayant.emulator.state_file import EtatNonEcrit
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

ROOT = "/_control/v1/"
MAX_BODY = 8 * 1024 * 1024
"""A snapshot or a long list of effects; anything larger is a mistake."""
LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|control\.[a-z.]+)(?::\d{1,5})?")


_CHANGING = frozenset({"POST", "PUT", "DELETE"})
_PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_ONLY_OURS = "default-src 'self'; img-src data:; frame-ancestors 'none'"


def _page(path: str) -> HttpResponse:
    """A file of the people's page."""
    nom, kind = _PAGE[path]
    octets = files(__package__).joinpath("web", nom).read_bytes()
    return HttpResponse(200, (("Content-Type", kind), ("Content-Security-Policy", _ONLY_OURS)), octets)


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str | None = None
    seed: control_session.Seed | None = None
    now: dt.datetime | None = None


class ControlPort:
    """plan.Answerer of the control port.

    `bases`: each platform's base URL, for the answer of a new session. `token`: asked of everyone when given (a
    non-loopback port must have one); without it only a loopback Host is answered, so that no web page elsewhere can
    reach this port through a name of its own. The people's page, at `/`, needs no token: it asks for it.
    `changed`: called, with the session's name, before a call that may have changed something is answered.
    """

    def __init__(
        self,
        sessions: Sessions,
        bases: Callable[[], Mapping[str, str]],
        *,
        token: str | None = None,
        changed: Callable[[str | None], None] = lambda nom: None,
    ) -> None:
        self._changed = changed
        self._sessions = sessions
        self._bases = bases
        self._token = token

    def limit(self, requete: HttpRequest) -> int:
        return MAX_BODY

    def early(self, requete: HttpRequest) -> Plan | None:
        try:
            self._allowed(requete)
        except Problem as problem:
            return Plan(problem.response())
        return None

    def answer(self, requete: HttpRequest) -> Plan | Deferred[Plan]:
        try:
            self._allowed(requete)
            plan = self._route(requete)
            if requete.method in _CHANGING and not _asks(requete.path):
                self._changed(_session_of(requete.path))
            return plan
        except Problem as problem:
            return Plan(problem.response())
        except SessionInconnue:
            return Plan(Problem(404, "session_inconnue", "there is no such session").response())
        except SessionRefusee as refused:
            return Plan(Problem(409, "session_refusee", refused.reason, refused.champ).response())
        except (EffetInvalide, PersonneInvalide) as wrong:
            return Plan(Problem(422, "champ_invalide", wrong.reason, wrong.champ).response())
        except EtatNonEcrit as unwritten:
            return Plan(Problem(507, "etat_non_ecrit", f"the change is made, but not kept: {unwritten}").response())
        except HorsBornes as out:
            return Plan(Problem(422, "horloge_hors_bornes", str(out), "$.now").response())

    def _allowed(self, requete: HttpRequest) -> None:
        """Raises Problem 401 or 403."""
        if self._token is not None:
            if requete.path in _PAGE:
                return
            given = (header(requete.headers, "authorization") or "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                raise Problem(401, "jeton", "this control port asks for its token: Authorization: Bearer ...")
        elif LOOPBACK.fullmatch(header(requete.headers, "host") or "") is None:
            raise Problem(403, "hote", "without a token the control port answers a loopback Host only")

    def _route(self, requete: HttpRequest) -> Plan | Deferred[Plan]:
        path, _, query = requete.path.partition("?")
        if path in _PAGE:
            return Plan(_page(path))
        if not path.startswith(ROOT):
            raise Problem(404, "adresse", f"the control API is below {ROOT}")
        steps = [unquote(step) for step in path.removeprefix(ROOT).split("/")]
        asked = Asked(requete.method, dict(parse_qsl(query, keep_blank_values=True)), requete.body)
        match steps:
            case ["health"]:
                asked.only("GET")
                return Plan(json_response({"status": "ok", "sessions": sum(1 for _ in self._sessions)}))
            case ["openapi.yaml"]:
                asked.only("GET")
                octets = files(__package__).joinpath("control_openapi.yaml").read_bytes()
                return Plan(HttpResponse(200, (("Content-Type", "application/yaml"),), octets))
            case ["sessions"]:
                return Plan(self._all(asked))
            case ["sessions", nom]:
                return Plan(self._one(asked, nom))
            case ["sessions", nom, *rest]:
                return control_session.serve(self._sessions.get(nom), rest, asked)
            case _:
                raise Problem(404, "adresse", "no such resource")

    def _all(self, asked: Asked) -> HttpResponse:
        asked.only("GET", "POST")
        if asked.method == "GET":
            return json_response({"elements": [self._shown(one.nom) for one in self._sessions], "suivant": None})
        new = convert(NewSession, read_json(asked.body) if asked.body.strip() else {}, "$")
        return json_response(self._shown(self._sessions.create(new.id, seed=new.seed, now=new.now).nom), 201)

    def _one(self, asked: Asked, nom: str) -> HttpResponse:
        asked.only("GET", "DELETE")
        self._sessions.get(nom)
        if asked.method == "GET":
            return json_response(self._shown(nom))
        self._sessions.delete(nom)
        return HttpResponse(204)

    def _shown(self, nom: str) -> dict[str, object]:
        bases = {plateforme: f"{base}/s/{nom}" for plateforme, base in self._bases().items()}
        return {"id": nom, "plateformes": bases}


def _session_of(target: str) -> str | None:
    """The session that a control address names."""
    steps = target.partition("?")[0].removeprefix(ROOT).split("/")
    return unquote(steps[1]) if len(steps) > 1 else None


def _asks(target: str) -> bool:
    """Whether a POST only asks something."""
    return target.partition("?")[0].endswith("/verify")
