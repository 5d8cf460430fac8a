"""One HTTP exchange with a platform: the answer, or what its absence allows.

"Was it sent?" is "did the body producer start?": before that nothing of the request left and the same bytes may be sent
again freely; after that the platform may have acted, whatever the error was, unless we refused its certificate.
Connections are not persistent, so a reset always concerns this request. The limit in time covers the whole answer, body
included.
"""

from __future__ import annotations

import datetime as dt

from OpenSSL import SSL
from service_identity import VerificationError
from treq.content import collect
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.web.client import ResponseNeverReceived
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer
from zope.interface import implementer

from tierspayant.schemas.outcomes import AnswerUnknown, NotSent
from tierspayant.schemas.wire import HttpRequest, HttpResponse

MAX_REPLY = 15 * 1024 * 1024
"""Bytes of an answer: the largest carry letters (the dialects' own limit is the same)."""


class _TooLong(Exception):
    """The answer is longer than any real one."""


@implementer(IBodyProducer)
class _Body:
    """A body that remembers whether it began to leave."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.length = len(octets)
        self.started = False

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        self.started = True
        consumer.write(self._octets)
        return succeed(None)

    def stopProducing(self) -> None:
        """The whole body is written at once: nothing to stop."""

    def pauseProducing(self) -> None:
        """The whole body is written at once: nothing to pause."""

    def resumeProducing(self) -> None:
        """The whole body is written at once: nothing to resume."""


async def post(
    agent: IAgent, clock: IReactorTime, base: str, requete: HttpRequest, delai: dt.timedelta
) -> HttpResponse | NotSent | AnswerUnknown:
    """Send one request to `base` + its path and read the whole answer within `delai`.

    Raises CancelledError when the caller gives up: the entry then stays `envoi` and is in doubt at the next start.
    """
    body = _Body(requete.body)
    exchange = Deferred.fromCoroutine(_exchange(agent, base, requete, body))
    try:
        return await exchange.addTimeout(delai.total_seconds(), clock)
    except CancelledError:
        raise
    except Exception as erreur:  # whatever went wrong, only whether the body left decides
        if _platform_not_trusted(erreur):
            return NotSent("certificate of the platform refused")
        cause = type(erreur).__name__
        return AnswerUnknown(cause) if body.started else NotSent(cause)


def _platform_not_trusted(erreur: Exception) -> bool:
    """We refused the platform's certificate: the handshake never ended, and TLS holds back all it was given until then.

    A refusal of *our* certificate is no such thing: under TLS 1.3 it shows after the request left.
    """
    reasons = [un.value for un in erreur.reasons] if isinstance(erreur, ResponseNeverReceived) else []
    return any(
        isinstance(un, VerificationError) or (isinstance(un, SSL.Error) and "certificate verify failed" in str(un))
        for un in reasons
    )


async def _exchange(agent: IAgent, base: str, requete: HttpRequest, body: _Body) -> HttpResponse:
    headers = Headers({b"User-Agent": [b"tp-adapter"]})
    for nom, valeur in requete.headers:
        headers.addRawHeader(nom.encode("ascii"), valeur.encode("ascii"))
    answer = await agent.request(requete.method.encode("ascii"), (base + requete.path).encode("ascii"), headers, body)
    octets = bytearray()

    def take(data: bytes) -> None:
        if len(octets) + len(data) > MAX_REPLY:
            raise _TooLong
        octets.extend(data)

    await collect(answer, take)
    received = tuple(
        (nom.decode("latin-1"), valeur.decode("latin-1"))
        for nom, valeurs in answer.headers.getAllRawHeaders()
        for valeur in valeurs
    )
    return HttpResponse(answer.code, received, bytes(octets))
