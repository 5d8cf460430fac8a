"""The shop API: who may call what, and one place where a refusal becomes a problem document.

Every call but the probes carries `Authorization: Bearer <key>`. A key speaks for one shop; another shop's request is
not found, never forbidden. Handlers live in shop_api_demandes.py (requests) and shop_api_etat.py (what is going on).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NoReturn, Protocol
from urllib.parse import unquote

from tierspayant.adapter.keys import ApiKey, KeyMemory, Role, plausible, verified
from tierspayant.adapter.problem import Problem, Refusal
from tierspayant.adapter.shop_calls import Route, Visit, query
from tierspayant.adapter.shop_http import Call, Reply, problem_reply
from tierspayant.adapter.storage.protocol import StorageError

OPEN_PATHS: Final = frozenset({"/health/live", "/health/ready", "/metrics", "/v1/openapi.yaml", "/v1/docs"})
"""Paths without a key: probes, metrics (no shop, no person in them) and the documentation."""

NOBODY: Final = ApiKey("", Role.LECTURE, None, "")
"""Who calls an open path."""

InThread = Callable[[Callable[[], ApiKey | None]], Awaitable[ApiKey | None]]


class WhoCalls(Protocol):
    async def caller(self, call: Call, /) -> tuple[ApiKey, str | None]: ...


class Access:
    """Who a key is. The slow hash runs in a thread; a key seen once is then recognised at once."""

    def __init__(
        self, api_keys: Mapping[str, ApiKey], finess: Mapping[str, str], memory: KeyMemory, thread: InThread
    ) -> None:
        self._api_keys = api_keys
        self._finess = finess
        self._memory = memory
        self._thread = thread

    def reload(self, api_keys: Mapping[str, ApiKey], finess: Mapping[str, str]) -> None:
        self._api_keys, self._finess = api_keys, finess
        self._memory.clear()

    async def caller(self, call: Call) -> tuple[ApiKey, str | None]:
        """The key and the FINESS it speaks for. Raises Refusal."""
        scheme, _, text = (call.header("authorization") or "").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not plausible(text, self._api_keys):
            _refuse_key()
        key = self._memory.lookup(text)
        if key is None:
            api_keys = self._api_keys
            key = await self._thread(lambda: verified(text, api_keys))
            if key is None:
                _refuse_key()
            self._memory.add(text, key)
        return key, self._finess[key.magasin] if key.magasin else None


def _refuse_key() -> NoReturn:
    raise Refusal(Problem("non_authentifie", headers={"WWW-Authenticate": 'Bearer realm="tp-adapter"'}))


class ShopApi:
    """The application behind the port: routes a call, answers it or says why not."""

    def __init__(self, access: WhoCalls, routes: Sequence[Route]) -> None:
        self._access = access
        self._routes = routes

    async def __call__(self, call: Call) -> Reply:
        try:
            return await self._answer(call)
        except Refusal as refusal:
            return problem_reply(refusal.problem)
        except StorageError:  # said once by storage_watch.py
            return problem_reply(Problem("stockage_indisponible", headers={"Retry-After": "30"}))

    async def _answer(self, call: Call) -> Reply:
        if call.header("host") is None:
            raise Refusal(Problem("hote_manquant"))
        if (call.header("content-encoding") or "identity") != "identity":
            raise Refusal(Problem("type_de_contenu"))
        if call.path in OPEN_PATHS:
            caller, magasin = NOBODY, None
        else:
            caller, magasin = await self._access.caller(call)
        found, path = self._find(call)
        if caller.role not in found.roles:
            raise Refusal(Problem("interdit"))
        if call.method == "POST" and not _says_json(call):
            raise Refusal(Problem("type_de_contenu"))
        asked = query(call.query, found.parameters)
        return await found.respond(Visit(call, caller, magasin, path, asked))

    def _find(self, call: Call) -> tuple[Route, Mapping[str, str]]:
        others: list[str] = []
        method = "GET" if call.method == "HEAD" else call.method
        for one in self._routes:
            matched = one.pattern.fullmatch(call.path)
            if matched is not None and one.method == method:
                path = {name: unquote(value) for name, value in matched.groupdict().items()}
                if not all(value.isprintable() for value in path.values()):
                    raise Refusal(Problem("inconnu"))
                return one, path
            if matched is not None:
                others.append(one.method)
        if others:
            allowed = ", ".join(sorted(set(others)))
            detail = f"Méthodes que cette adresse accepte : {allowed}."
            raise Refusal(Problem("methode", detail, headers={"Allow": allowed}))
        raise Refusal(Problem("inconnu"))


def _says_json(call: Call) -> bool:
    """A body without a type is taken for JSON; any other type is refused rather than guessed."""
    type_, _, rest = (call.header("content-type") or "application/json").lower().partition(";")
    charset = rest.partition("charset=")[2].strip(' "') or "utf-8"
    return type_.strip() == "application/json" and charset in {"utf-8", "utf8", "us-ascii"}
