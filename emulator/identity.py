"""Who speaks: what each platform asks of a message before its desk sees it, as its data row says.

    authentification   aucune | usernametoken | x509 | certificat         (plateformes.toml, control API `identite`)
    session            a token of OuvrirSession is asked for too, with the second factor of the platform
    fraicheur          reelle: a client's timestamp is judged on real time; virtuelle: on the session's clock

Every refusal is a fault of schemas/security/causes.py. `serve --auth none` makes every platform `aucune`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tierspayant.emulator.accounts import STATE_RULES, WINDOW, Account, Accounts, Once
from tierspayant.emulator.certificates import Authority, client_certificate
from tierspayant.emulator.platforms_data import PlatformData
from tierspayant.emulator.toml_data import Plain
from tierspayant.emulator.world import World
from tierspayant.schemas import plain
from tierspayant.schemas.messages import OuvrirSessionDemande
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.security import usernametoken
from tierspayant.schemas.security.causes import faute
from tierspayant.schemas.server_road import Contexte
from tierspayant.schemas.wire import HttpRequest

Authentification = Literal["aucune", "usernametoken", "x509", "certificat"]
Fraicheur = Literal["reelle", "virtuelle"]
SecondFacteur = Literal["totp", "courriel", "sms"]

WITHOUT_SESSION = frozenset({Operation.OUVRIR_SESSION, Operation.FERMER_SESSION, Operation.ETAT_SERVICE})
"""Asked without a session token: what opens and closes one, and the harmless probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exigence:
    """What one platform asks of who speaks."""

    authentification: Authentification = "aucune"
    session: bool = False
    fraicheur: Fraicheur = "reelle"
    second_facteur: SecondFacteur = "totp"


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what its identity is judged by. `fresh_now`: the time its timestamps are compared with."""

    plateforme: str
    appel: Appel
    requete: HttpRequest
    fresh_now: dt.datetime
    now: dt.datetime

    @property
    def magasin(self) -> str:
        return self.appel.entete.magasin.clair


class Identity:
    """The accounts of one session and the judgement of its messages.

    real_now: real time, for timestamps that clients make. seed: every code sent follows from it and from how many were
    sent before. jetons: the open sessions of a platform, `shop|token` -> end.
    """

    def __init__(
        self,
        plateformes: Mapping[str, PlatformData],
        world: World,
        *,
        auth: str,
        real_now: Callable[[], dt.datetime],
        seed: int,
        authority: Authority,
    ) -> None:
        self.accounts = Accounts(world)
        self.authority = authority
        self._real_now = real_now
        self._seed = seed
        self._sent = 0
        self._once = Once()
        self.exigences = {nom: _exigence(une, auth) for nom, une in plateformes.items()}

    def check(
        self, plateforme: str, appel: Appel, requete: HttpRequest, now: dt.datetime, jetons: Mapping[str, dt.datetime]
    ) -> None:
        """Let the message pass. Raises Faute; counts failures, remembers what serves once, sends codes."""
        exigence = self.exigences[plateforme]
        if exigence.authentification == "aucune" and not exigence.session:
            return
        fresh_now = now if exigence.fraicheur == "virtuelle" else self._real_now()
        message = Message(plateforme, appel, requete, fresh_now, now)
        _PROOFS[exigence.authentification](self, message)
        account = self.accounts.get(plateforme, message.magasin)
        if account is None:
            raise faute("AUTH_MAGASIN")
        self._usable(account, message, exigence)
        if exigence.session and appel.operation not in WITHOUT_SESSION:
            end = jetons.get(f"{message.magasin}|{appel.entete.jeton_session}")
            if end is None or end <= now:
                raise faute("AUTH_SESSION", "/Envelope/Header")

    @property
    def asks(self) -> bool:
        """Whether some platform asks more than the shop's number."""
        return any(one.session or one.authentification != "aucune" for one in self.exigences.values())

    def snapshot(self) -> Plain:
        """What was changed, counted and used, as plain JSON."""
        return {
            "exigences": plain.to_plain(self.exigences),
            "comptes": [plain.to_plain(one) for one in self.accounts.known()],
            "codes_envoyes": self._sent,
            "utilises": {key.hex(): until.isoformat() for key, until in self._once.seen.items()},
        }

    def restore(self, snapshot: Plain) -> None:
        """Become what `snapshot` was taken of: what had served by then serves no more."""
        self.exigences.update(plain.from_plain(dict[str, Exigence], snapshot["exigences"]))
        self._sent = snapshot["codes_envoyes"]
        for one in snapshot["comptes"]:
            self.accounts.put(plain.from_plain(Account, one))
        for key, until in snapshot["utilises"].items():
            self._once.seen.setdefault(bytes.fromhex(key), dt.datetime.fromisoformat(until))

    # ------------------------------------------------------------------------------------------------- proofs

    def _named(self, message: Message) -> None:
        """The shop's number in the business header is enough."""

    def _by_token(self, message: Message) -> None:
        token = usernametoken.read(_context(message).enveloppe.headers)
        account = self.accounts.get(message.plateforme, token.utilisateur)
        if account is None:
            raise faute("AUTH_SECRET")
        if account.etat is RaisonCompte.VERROUILLE:
            raise faute("AUTH_VERROUILLE")
        self.fresh(token.cree_le, message)
        key = hashlib.sha256(f"{message.plateforme}|{account.magasin}|".encode() + token.nonce).digest()
        if not usernametoken.matches(token, account.secret):
            raise account.failed("AUTH_SECRET")
        if not self._once.first(key, message.fresh_now):
            raise faute("AUTH_NONCE_REJOUE")
        account.succeeded()
        if account.magasin != message.magasin:
            raise faute("AUTH_MAGASIN")

    def _by_signature(self, message: Message) -> None:
        from tierspayant.schemas.security.signature import verify  # xmlsec is loaded by whoever asks for signatures

        signed = verify(_context(message).enveloppe.root, self.authority.trusts, message.fresh_now)
        self.fresh(signed.cree_le, message)
        if signed.expire_le is not None and signed.expire_le <= message.fresh_now:
            raise faute("AUTH_HORLOGE")
        if not self._once.first(signed.empreinte, message.fresh_now):
            raise faute("AUTH_NONCE_REJOUE")
        self._speaks_for(message, signed.certificat)

    def _by_client_certificate(self, message: Message) -> None:
        der = client_certificate(message.requete)
        if der is None:
            raise faute("AUTH_CERTIFICAT_ABSENT", None)
        self.authority.trusts(der, message.fresh_now)
        self._speaks_for(message, der)

    def _speaks_for(self, message: Message, der: bytes) -> None:
        """A certificate names the shops it speaks for."""
        if message.magasin not in self.authority.shops_of(der):
            raise faute("AUTH_MAGASIN")

    def fresh(self, made: dt.datetime, message: Message) -> None:
        """Raises Faute AUTH_HORLOGE."""
        if abs(made - message.fresh_now) > WINDOW:
            raise faute("AUTH_HORLOGE")

    # --------------------------------------------------------------------------------- state and second factor

    def _usable(self, account: Account, message: Message, exigence: Exigence) -> None:
        demande = message.appel.demande
        asked = account.etat is RaisonCompte.CODE
        if account.etat is not None and not (asked and isinstance(demande, OuvrirSessionDemande)):
            raise faute(STATE_RULES[account.etat])
        if isinstance(demande, OuvrirSessionDemande) and (asked or exigence.session):
            if demande.identifiant != account.magasin:
                raise faute("AUTH_MAGASIN", "/Envelope/Body")
            self._second_factor(account, demande.code, message, exigence)
            account.etat = None

    def _second_factor(self, account: Account, code: str | None, message: Message, exigence: Exigence) -> None:
        sent = exigence.second_facteur != "totp"
        if code is None:
            if sent:
                self._send_code(account, message.now)
            raise faute("AUTH_CODE", "/Envelope/Body")
        good = account.take_sent_code(code, message.now) if sent else account.take_totp(code, message.fresh_now)
        if not good:
            raise account.failed("AUTH_CODE_FAUX")
        account.succeeded()

    def _send_code(self, account: Account, now: dt.datetime) -> None:
        self._sent += 1
        account.send_code(random.Random(f"{self._seed}/codes/{self._sent}"), now)


_PROOFS: dict[Authentification, Callable[[Identity, Message], None]] = {
    "aucune": Identity._named,
    "usernametoken": Identity._by_token,
    "x509": Identity._by_signature,
    "certificat": Identity._by_client_certificate,
}


def _exigence(data: PlatformData, auth: str) -> Exigence:
    asked = Exigence(
        authentification=data.authentification,
        session=data.session,
        fraicheur=data.fraicheur,
        second_facteur=data.second_facteur,
    )
    return asked if auth == "dialecte" else replace(asked, authentification="aucune", session=False)


def _context(message: Message) -> Contexte:
    context = message.appel.contexte
    assert isinstance(context, Contexte), "the server road keeps the parsed envelope"
    return context
