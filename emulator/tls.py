"""TLS for the platforms' ports (`serve --tls`): a test authority, and the bad certificates an effect shows.

Any client certificate is let through the handshake: it is judged after routing, on the session's clock (identity.py).
Imported only when asked for: OpenSSL takes memory that a plain bench does not need.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import PrivateCertificate
from zope.interface import implementer

from tierspayant.emulator.certificates import Authority, Issued
from tierspayant.emulator.effect_kinds import DefautTls

LONG_AGO = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
ELSEWHERE = "ailleurs.example"


@implementer(IOpenSSLContextFactory)
class PlatformContexts:
    """Gives each new connection the certificate that is in force: `defaut` says which is asked for now."""

    def __init__(self, authority: Authority, host: str, defaut: Callable[[], DefautTls | None]) -> None:
        self._authority = authority
        self._host = host
        self._defaut = defaut
        self._made: dict[DefautTls | None, SSL.Context] = {}

    def getContext(self) -> SSL.Context:
        """As IOpenSSLContextFactory."""
        defaut = self._defaut()
        if defaut not in self._made:
            self._made[defaut] = _context(self._issue(defaut))
        return self._made[defaut]

    def _issue(self, defaut: DefautTls | None) -> Issued:
        match defaut:
            case None:
                return self._authority.issue_server(self._host)
            case DefautTls.EXPIRE:
                return self._authority.issue_server(self._host, fin=LONG_AGO)
            case DefautTls.MAUVAIS_HOTE:
                return self._authority.issue_server(ELSEWHERE, only=True)
            case DefautTls.CA_INCONNUE:
                return Authority("Autorité inconnue").issue_server(self._host)


def _context(issued: Issued) -> SSL.Context:
    context: SSL.Context = PrivateCertificate.loadPEM(issued.certificat + issued.cle).options().getContext()
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    return context
