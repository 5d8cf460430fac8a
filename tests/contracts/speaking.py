"""A shop that speaks to an emulated platform which asks who it is: messages made by the client road, then signed.

The world is one frozen clock; a platform judges freshness on it, so that a test moves time and never waits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Literal

from lxml import etree
from twisted.internet.task import Clock

from tierspayant.emulator import exchange, platforms_data
from tierspayant.emulator.access import Access
from tierspayant.emulator.accounts import Account
from tierspayant.emulator.certificates import Issued
from tierspayant.emulator.identity import Exigence
from tierspayant.emulator.journal import NoJournal
from tierspayant.emulator.sessions import Session
from tierspayant.schemas import platforms
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import Demande, Entete, RetoursDemande
from tierspayant.schemas.outcomes import NotYou, Outcome
from tierspayant.schemas.security import signature, usernametoken
from tierspayant.schemas.security.splice import with_header_block
from tierspayant.schemas.wire import HttpRequest, HttpResponse

START = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
SHOP, OTHER = "759999014", "759999022"
PLATEFORMES = ("viamedis", "almerys")


@dataclass
class Speaker:
    """`ask` sends a question signed as the platform's setting says; each message has ids and chance of its own."""

    plateforme: str
    authentification: Literal["aucune", "usernametoken", "x509", "certificat"]
    session_asked: bool = False
    second_facteur: Literal["totp", "courriel", "sms"] = "totp"
    shop: str = SHOP
    rank: int = 0
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        data = {self.plateforme: platforms_data.load()[self.plateforme]}
        self.session = Session(
            "s", self.clock, data, now=START, seed=1, journal=NoJournal("s"), access=Access("dialecte")
        )
        self.session.identity.exigences[self.plateforme] = Exigence(
            authentification=self.authentification,
            session=self.session_asked,
            fraicheur="virtuelle",
            second_facteur=self.second_facteur,
        )
        self.client = platforms.client(data[self.plateforme].dialecte)
        self.issued: Issued | None = None

    @property
    def account(self) -> Account:
        found = self.session.identity.accounts.get(self.plateforme, self.shop)
        assert found is not None
        return found

    def now(self) -> dt.datetime:
        return self.session.clock.now()

    def key(self, *shops: str) -> signature.SigningKey:
        if self.issued is None:
            self.issued = self.session.identity.authority.issue_shop(shops or (self.shop,))
        return signature.signing_key(self.issued.certificat, self.issued.cle)

    def question(self, demande: Demande | None = None, shop: str = SHOP, jeton: str | None = None) -> HttpRequest:
        self.rank += 1
        entete = Entete(id_message=f"m-{self.rank}", magasin=Finess(shop), emis_le=self.now(), jeton_session=jeton)
        return self.client.encode(entete, demande or RetoursDemande())

    def signed(
        self, requete: HttpRequest, *, secret: str | None = None, made: dt.datetime | None = None
    ) -> HttpRequest:
        """The request with its Security header, `made` at another instant or with another secret."""
        made = made or self.now()
        if self.authentification == "usernametoken":
            nonce = self.rank.to_bytes(16)
            secret = secret or self.account.secret
            return replace(
                requete, body=with_header_block(requete.body, usernametoken.block(self.shop, secret, nonce, made))
            )
        if self.authentification == "x509":
            return replace(requete, body=signature.sign(requete.body, self.key(), made, f"u{self.rank}"))
        return requete

    def send(self, requete: HttpRequest, demande: Demande | None = None) -> tuple[HttpResponse, Outcome]:
        plan = exchange.decide(self.session, self.plateforme, requete)
        assert plan.response is not None
        operation = (demande or RetoursDemande()).operation
        return plan.response, self.client.decode(operation, f"m-{self.rank}", plan.response)

    def ask(self, demande: Demande | None = None, jeton: str | None = None) -> Outcome:
        return self.send(self.signed(self.question(demande, jeton=jeton)), demande)[1]

    def refusal(self, requete: HttpRequest, demande: Demande | None = None) -> tuple[str, NotYou]:
        """(rule, what the client's road makes of it) of a request that is refused."""
        response, outcome = self.send(requete, demande)
        assert isinstance(outcome, NotYou), outcome
        assert response.status == 500
        return outcome.cause.split()[1], outcome


def text_of(requete: HttpRequest) -> etree._Element:
    return etree.fromstring(requete.body)
