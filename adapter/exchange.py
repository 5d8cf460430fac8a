"""One HTTP exchange with a platform: the answer, or what its absence allows.

"Was it sent?" is "did the body producer start?": before that nothing of the request left and the same bytes may be sent
again freely; after that the platform may have acted, whatever the error was. Connections are not persistent, so a reset
always concerns this request. The limit in time covers the whole answer, body included.
"""

from __future__ import annotations

import datetime as dt

from treq.content import collect
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IConsumer, IReactorTime
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
        cause = type(erreur).__name__
        return AnswerUnknown(cause) if body.started else NotSent(cause)


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
