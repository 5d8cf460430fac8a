"""The shops' accounts on one platform: state, failures, what was used once, codes sent. Ours throughout.

An account's user name is the shop's FINESS; its secret is a row of magasins.toml unless the control API changed it.
Nothing here knows a message or a clock: instants are arguments.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import random
from dataclasses import dataclass, field

from tierspayant.emulator.world import World
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.security.causes import faute

MAX_FAILURES = 5
"""Wrong secrets or codes in a row before an account is locked."""
WINDOW = dt.timedelta(minutes=5)
"""How far a client's timestamp may be from the platform's time, either way."""
CODE_LENGTH = dt.timedelta(minutes=10)
"""How long a code sent by e-mail or text serves, on the virtual clock."""
TOTP_STEP = 30
"""Seconds of a TOTP step (RFC 6238's own default)."""

STATE_RULES = {
    RaisonCompte.REFUSE: "AUTH_SECRET",
    RaisonCompte.EXPIRE: "AUTH_EXPIRE",
    RaisonCompte.REINITIALISER: "AUTH_REINITIALISER",
    RaisonCompte.CODE: "AUTH_CODE",
    RaisonCompte.VERROUILLE: "AUTH_VERROUILLE",
    RaisonCompte.NON_REACTIVE: "AUTH_NON_REACTIVE",
    RaisonCompte.CERTIFICAT: "AUTH_CERTIFICAT",
}
"""The rule each state of an account is refused by."""


@dataclass(slots=True)
class SentCode:
    """A code that went out by e-mail or text."""

    code: str = field(repr=False)
    envoye_le: dt.datetime


@dataclass(slots=True)
class Account:
    """etat: None is usable. totp_step: the last step whose code was used."""

    plateforme: str
    magasin: str
    secret: str = field(repr=False)
    etat: RaisonCompte | None = None
    echecs: int = 0
    code: SentCode | None = None
    totp_step: int = -1

    @property
    def totp(self) -> str:
        """The TOTP secret in Base32: follows from the account, so that every session has the same."""
        made = hashlib.sha256(f"totp|{self.plateforme}|{self.magasin}".encode()).digest()
        return base64.b32encode(made[:20]).decode()

    def failed(self, regle: str) -> Exception:
        """Count a failure; gives the fault to raise, which is the lock at the last one."""
        self.echecs += 1
        if self.echecs >= MAX_FAILURES:
            self.etat = RaisonCompte.VERROUILLE
            return faute(STATE_RULES[self.etat])
        return faute(regle)

    def succeeded(self) -> None:
        self.echecs = 0

    def send_code(self, chance: random.Random, now: dt.datetime) -> None:
        """A new code replaces the one before."""
        self.code = SentCode(f"{chance.randrange(1_000_000):06d}", now)

    def take_sent_code(self, written: str, now: dt.datetime) -> bool:
        """Whether this is the code that was sent and still serves; it then serves no more."""
        sent = self.code
        if sent is None or now - sent.envoye_le > CODE_LENGTH or not hmac.compare_digest(sent.code, written):
            return False
        self.code = None
        return True

    def take_totp(self, written: str, now: dt.datetime) -> bool:
        """Whether this is the code of this step or a neighbour, later than the last one used."""
        import pyotp  # on first use: most emulators never ask a code

        totp, current = pyotp.TOTP(self.totp), int(now.timestamp()) // TOTP_STEP
        for step in range(current - 1, current + 2):
            if step > self.totp_step and hmac.compare_digest(totp.at(step * TOTP_STEP), written):
                self.totp_step = step
                return True
        return False


@dataclass(slots=True)
class Once:
    """What may serve only once while it is fresh: nonces, signatures."""

    seen: dict[bytes, dt.datetime] = field(default_factory=dict)

    def first(self, key: bytes, now: dt.datetime) -> bool:
        """Whether it is new; it is then remembered for as long as it could be shown again as fresh."""
        while self.seen and (oldest := next(iter(self.seen))) and self.seen[oldest] < now:
            del self.seen[oldest]
        if key in self.seen:
            return False
        self.seen[key] = now + 2 * WINDOW
        return True


@dataclass(slots=True)
class Accounts:
    """Every account of one session."""

    world: World
    _known: dict[tuple[str, str], Account] = field(default_factory=dict)

    def get(self, plateforme: str, magasin: str) -> Account | None:
        """The account of a shop on a platform; None when it has none."""
        known = self._known.get((plateforme, magasin))
        if known is not None:
            return known
        shop = self.world.magasins.get(magasin)
        secret = None if shop is None else shop.comptes.get(plateforme)
        if secret is None:
            return None
        account = self._known[plateforme, magasin] = Account(plateforme, magasin, secret)
        return account

    def known(self) -> list[Account]:
        """The accounts somebody met or changed; the others are as the data file has them."""
        return list(self._known.values())

    def put(self, account: Account) -> None:
        """Make `account` the one of its shop on its platform."""
        self._known[account.plateforme, account.magasin] = account

    def of_platform(self, plateforme: str) -> list[Account]:
        return [one for shop in self.world.magasins if (one := self.get(plateforme, shop)) is not None]
