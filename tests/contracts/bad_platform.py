"""One emulated platform that bad messages are put to, in memory: what each gets, and that nothing of it is kept."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field

from lxml import etree
from twisted.internet.task import Clock

from tests.contracts import bad_structure, bad_values
from tests.contracts.bad_input import Cas, Famille, Question
from tierspayant.emulator import exchange, platforms_data
from tierspayant.emulator.journal import NoJournal
from tierspayant.emulator.sessions import Session
from tierspayant.schemas import xml
from tierspayant.schemas.wire import HttpRequest, HttpResponse

NOW = dt.datetime.fromisoformat("2024-01-31T10:00:00+01:00")
FAMILLES: dict[str, Famille] = {**bad_values.FAMILLES, **bad_structure.FAMILLES}


@dataclass
class Platform:
    """A fresh session of one platform, asked directly."""

    nom: str
    session: Session = field(init=False)
    _connu: str = field(init=False)

    def __post_init__(self) -> None:
        data = {self.nom: platforms_data.load()[self.nom]}
        self.session = Session("s", Clock(), data, now=NOW, seed=1, journal=NoJournal("s"))
        self.session.book(self.nom)
        self._connu = self.photo()

    def photo(self) -> str:
        """Everything the session knows."""
        return json.dumps(self.session.snapshot(), sort_keys=True, default=str)

    def post(self, requete: HttpRequest) -> HttpResponse:
        """What a POST gets."""
        plan = exchange.decide(self.session, self.nom, requete)
        assert plan.response is not None
        return plan.response

    def post_to(self, question: Question, body: bytes) -> HttpResponse:
        """What a body gets where a question is posted."""
        headers = (("Content-Type", question.version.content_type),)
        return self.post(HttpRequest("POST", question.chemin, headers, body))

    def refuses(self, question: Question, cas: Cas) -> None:
        """The bad message gets its rule at its place, in the version it was asked in, and nothing of it is kept.

        AssertionError says which message was not refused so.
        """
        qui = f"{question}: {cas.nom}"
        try:
            reponse = self.post_to(question, cas.body)
            root = etree.fromstring(reponse.body)
        except Exception as erreur:
            raise AssertionError(f"{qui}: {type(erreur).__name__}") from erreur
        vus = {xml.local_name(e): e.text or "" for e in root.iter("{*}regle", "{*}chemin")}
        assert root.find("{*}Body/{*}Fault") is not None, f"{qui}: HTTP {reponse.status} and no fault"
        assert reponse.status == cas.statut, f"{qui}: HTTP {reponse.status} {vus}"
        assert vus.get("regle") == cas.regle, f"{qui}: {vus} instead of {cas.regle}"
        assert vus.get("chemin") in (cas.xpaths or (None,)), f"{qui}: {vus} instead of {cas.xpaths}"
        assert reponse.headers[0] == ("Content-Type", question.version.content_type), f"{qui}: {reponse.headers}"
        assert b"Traceback" not in reponse.body, qui
        assert self.photo() == self._connu, f"{qui}: something was kept"

    def goes_on(self, question: Question) -> None:
        """The valid question is still answered."""
        reponse = self.post_to(question, question.body)
        assert reponse.status == 200, f"{question}: HTTP {reponse.status} after the bad messages"
