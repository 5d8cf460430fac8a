"""A platform's port: which session, which service, what is asked, before a message reaches exchange.py.

    /                 the services, for a person            /<service>?wsdl, ?wsdl=soap12   the contract
    /<name>.xsd       what the contract imports             POST /<service>                 a message

A session prefix `/s/<session>` or the header X-Tp-Session chooses the session; both must agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from tierspayant.emulator import exchange, pages
from tierspayant.emulator.plan import Plan
from tierspayant.emulator.sessions import DEFAULT, Session, SessionInconnue, Sessions
from tierspayant.schemas import platforms, xml
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

SESSION_HEADER = "X-Tp-Session"
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")
_VERSIONS = {"": SoapVersion.V11, "soap11": SoapVersion.V11, "soap12": SoapVersion.V12}

_DISCLAIMER = (
    "An emulated platform for tests: every person, insurer and shop here is invented, and the contract is "
    "this project's own, not a real operator's."
)


class Refused(Exception):
    """The request stops here, with this page."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: its session, the path below the session prefix, the query, the base URL as the client
    writes it."""

    session: Session
    path: str
    query: str
    base: str


class PlatformPort:
    """plan.Answerer for one platform."""

    def __init__(self, sessions: Sessions, plateforme: str, scheme: str = "http") -> None:
        self._sessions = sessions
        self._plateforme = plateforme
        self._scheme = scheme
        self._server = platforms.server(sessions.plateformes[plateforme].dialecte)

    def limit(self, requete: HttpRequest) -> int:
        """Documents make a message large; no other does."""
        path = "/" + requete.path.partition("?")[0].rpartition("/")[2]
        documents = Operation.PIECES in self._server.chemins.get(path, ())
        return xml.MAX_BYTES_PIECES if documents else xml.MAX_BYTES

    def early(self, requete: HttpRequest) -> Plan | None:
        """A reset before the body, or a refusal that needs no body."""
        try:
            place = self._locate(requete)
        except Refused as refused:
            return Plan(refused.response)
        if requete.method != "POST":
            return None
        return exchange.cut_at_connection(place.session, self._plateforme, _below(requete, place))

    def answer(self, requete: HttpRequest) -> Plan:
        try:
            place = self._locate(requete)
            if requete.method == "POST":
                return self._post(requete, place)
            if requete.method in ("GET", "HEAD"):
                return Plan(self._get(place))
            raise Refused(pages.method_not_allowed("GET and POST"))
        except Refused as refused:
            return Plan(refused.response)

    def _locate(self, requete: HttpRequest) -> Place:
        """Raises Refused."""
        host = header(requete.headers, "host")
        if host is None or _HOST.fullmatch(host) is None:
            raise Refused(pages.bad_request("The Host header is missing or is not a host."))
        path, _, query = requete.path.partition("?")
        prefix, nom = "", header(requete.headers, SESSION_HEADER)
        if path.startswith("/s/"):
            written, _, rest = path[3:].partition("/")
            if nom is not None and nom != unquote(written):
                raise Refused(
                    pages.bad_request(f"The session in the address and the one in {SESSION_HEADER} are not the same.")
                )
            prefix, path, nom = f"/s/{written}", f"/{rest}", unquote(written)
        try:
            session = self._sessions.get(nom or DEFAULT)
        except SessionInconnue:
            raise Refused(pages.not_found("There is no such session: create it through the control API.", ())) from None
        return Place(session, path, query, f"{self._scheme}://{host}{prefix}")

    def _post(self, requete: HttpRequest, place: Place) -> Plan:
        if place.path not in self._server.chemins:
            raise Refused(self._unknown(place))
        return exchange.decide(place.session, self._plateforme, _below(requete, place))

    def _get(self, place: Place) -> HttpResponse:
        if place.path == "/":
            return self._index(place)
        nom = place.path[1:]
        if place.path in self._server.chemins:
            return self._description(place)
        schema = next((one for path in self._server.chemins if (one := self._server.schema(path, nom))), None)
        if schema is None:
            raise Refused(self._unknown(place))
        return HttpResponse(200, (("Content-Type", "text/xml; charset=utf-8"),), schema)

    def _description(self, place: Place) -> HttpResponse:
        key, _, value = place.query.partition("=")
        version = _VERSIONS.get(value.lower()) if key.lower() == "wsdl" else None
        if version is None:
            raise Refused(
                pages.page(
                    405 if not key else 404,
                    "A SOAP service",
                    [
                        "POST a SOAP 1.1 or 1.2 message here, or read the contract:",
                        pages.links((f"{place.base}{place.path}{end}", end) for end in ("?wsdl", "?wsdl=soap12")),
                    ],
                    (("Allow", "POST"),),
                )
            )
        text = self._server.description(place.path, version, place.base)
        return HttpResponse(200, (("Content-Type", "text/xml; charset=utf-8"),), text)

    def _index(self, place: Place) -> HttpResponse:
        data = self._sessions.plateformes[self._plateforme]
        return pages.page(
            200,
            data.libelle,
            [
                _DISCLAIMER,
                "Services and their contracts (SOAP 1.1, SOAP 1.2):",
                pages.links(
                    (f"{place.base}{path}{end}", path + end)
                    for path in sorted(self._server.chemins)
                    for end in ("?wsdl", "?wsdl=soap12")
                ),
                f"Session: {pages.code(place.session.nom)}.",
            ],
        )

    def _unknown(self, place: Place) -> HttpResponse:
        return pages.not_found(f"There is no {place.path} here.", sorted(self._server.chemins))


def _below(requete: HttpRequest, place: Place) -> HttpRequest:
    return replace(requete, path=place.path)
