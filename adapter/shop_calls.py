"""What every shop API call shares: who calls, which route, typed queries, and the wait for a change.

Routes are a table; a handler is an `async def` from a Visit to an answer. Anything refused is raised as Refusal and
rendered in one place (shop_api.py).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from tierspayant.adapter.conseil import Langue
from tierspayant.adapter.keys import ApiKey, Role
from tierspayant.adapter.problem import Fault, Problem, Refusal
from tierspayant.adapter.shop_http import Call, Reply

WAIT_MAX: Final = 60
"""Seconds a call may be kept waiting for an answer: proxies commonly cut idle calls at a minute."""

LANGUAGES: Final = ("fr", "en")

PAGE_MAX: Final = 500
"""Elements of one page of a list."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One call by a known caller: `magasin` is the FINESS its key speaks for, None for an operator."""

    call: Call
    key: ApiKey
    magasin: str | None
    path: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def langue(self) -> Langue:
        return "en" if self.query.get("langue") == "en" else "fr"


Respond: TypeAlias = Callable[[Visit], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. `parameters`: query parameters it knows; `roles`: who may call it."""

    method: str
    pattern: re.Pattern[str]
    name: str
    respond: Respond
    parameters: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset(Role)


READERS: Final = frozenset(Role)
AUTHORS: Final = frozenset({Role.MAGASIN})

IDENTIFIER: Final = r"(?P<id>[0-9A-Za-z-]{1,64})"


def route(method: str, pattern: str, respond: Respond, parameters: str = "", roles: frozenset[Role] = READERS) -> Route:
    """`pattern` is a path in which {id} stands for a request's id and {dossier} for a file, perhaps percent-encoded."""
    expression = re.escape(pattern).replace(r"\{id\}", IDENTIFIER).replace(r"\{dossier\}", r"(?P<dossier>[!-~]{1,192})")
    return Route(method, re.compile(expression), pattern, respond, frozenset(parameters.split()) | {"langue"}, roles)


def query(text: str, known: frozenset[str]) -> Mapping[str, str]:
    """The query string as a mapping. Raises Refusal on an unknown, repeated or malformed parameter."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=20, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise Refusal(Problem("parametre_invalide")) from None
    names = [name for name, _value in pairs]
    unknown = sorted(set(names) - known)
    if unknown or len(set(names)) < len(names):
        detail = f"Paramètres admis, une fois chacun : {', '.join(sorted(known))}."
        raise Refusal(Problem("parametre_invalide", detail))
    asked = dict(pairs)
    for name, value in asked.items():
        if not value.isprintable():
            refuse_parameter(name, f"Le paramètre {name} contient un caractère de commande.")
    if asked.get("langue", "fr") not in LANGUAGES:
        refuse_parameter("langue", f"Le paramètre langue vaut {' ou '.join(LANGUAGES)}.")
    return asked


def integer(visit: Visit, name: str, default: int, maximum: int, minimum: int = 0) -> int:
    """A query parameter that is a whole number from `minimum` to `maximum`."""
    text = visit.query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,18}", text) or not minimum <= int(text) <= maximum:
        refuse_parameter(name, f"Le paramètre {name} est un entier de {minimum} à {maximum}.")
    return int(text)


def page_size(visit: Visit, default: int = 100) -> int:
    """`limite`: elements of one page."""
    return integer(visit, "limite", default, PAGE_MAX, 1)


def cursor_number(visit: Visit, name: str) -> int:
    """A cursor of ours that is a number; 0 without one."""
    text = visit.query.get(name, "0")
    if not re.fullmatch(r"\d{1,18}", text):
        refuse_parameter(name, f"Le paramètre {name} est le champ suivant de la réponse précédente, ou 0.")
    return int(text)


def refuse_parameter(name: str, detail: str) -> NoReturn:
    raise Refusal(Problem("parametre_invalide", faults=(Fault(None, f"PARAMETRE_{name.upper()}", detail),)))


def preferred_wait(call: Call, default: int) -> int:
    """Seconds of `Prefer: wait=N`, at most WAIT_MAX; a header we cannot read is ignored, as RFC 7240 asks."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", call.header("prefer") or "")
    return min(int(found.group(1)), WAIT_MAX) if found else default


class Watch:
    """Who waits for what: an entry's id, or any news of a shop. Deferreds fire once, on the next change."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._waits: dict[str, set[Deferred[None]]] = {}

    def seconds(self) -> float:
        """Real seconds, for a wait that is counted in a person's time."""
        return self._reactor.seconds()

    def announce(self, *keys: str) -> None:
        """Something changed about these keys: entry ids, 'magasin:<finess>', 'magasins' (every shop), 'tous'."""
        concerned = set(keys)
        if "magasins" in concerned:
            concerned |= {key for key in self._waits if key.startswith("magasin:")}
        for key in concerned:
            for waiting in self._waits.pop(key, set()):
                if not waiting.called:
                    waiting.callback(None)

    def close(self) -> None:
        self.announce(*list(self._waits))

    async def change(
        self,
        key: str,
        seconds: float,
        gone: Deferred[None] | None = None,
        already: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Return at the next change of that key, after so many seconds, or when the caller hangs up.

        `already` looks, once the wait is registered, whether the change came in between: then there is no wait.
        """
        waiting: Deferred[None] = Deferred()
        self._waits.setdefault(key, set()).add(waiting)
        if already is not None and await already():
            _fire(waiting)
        alarm = self._reactor.callLater(max(0.0, seconds), _fire, waiting)
        if gone is not None:
            _ = gone.addCallback(lambda _nothing: _fire(waiting))
        try:
            await waiting
        finally:
            if alarm.active():
                alarm.cancel()
            left = self._waits.get(key, set())
            left.discard(waiting)
            if not left:
                self._waits.pop(key, None)


def _fire(waiting: Deferred[None]) -> None:
    if not waiting.called:
        waiting.callback(None)


def page(elements: list[dict[str, Any]], suivant: str | None) -> dict[str, Any]:
    """The shape of every list."""
    return {"elements": elements, "suivant": suivant}
