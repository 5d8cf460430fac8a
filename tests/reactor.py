"""How a test uses the real reactor: `@reactor_test(seconds=…)` above an `async def`.

Prefer less: a pure call, then `task.Clock` with an in-memory transport, and only then a real reactor.
"""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, cast

import pytest_twisted
from twisted.internet import reactor as installed  # noqa: TID251 - this is where tests get it from
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

__all__ = ["reactor", "reactor_test"]

P = ParamSpec("P")

reactor = cast(PosixReactorBase, installed)


def reactor_test(seconds: float = 10) -> Callable[[Callable[P, Coroutine[Any, Any, None]]], Callable[P, Any]]:
    """Run an `async def` test on the real reactor, and fail it with TimeoutError after so many seconds.

    The limit cancels what the test waits for; it cannot interrupt a test that blocks the thread.
    """

    def decorate(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, Any]:
        @functools.wraps(test)
        async def limited(*args: P.args, **kwargs: P.kwargs) -> None:
            await Deferred.fromCoroutine(test(*args, **kwargs)).addTimeout(seconds, reactor)

        return cast(Callable[P, Any], pytest_twisted.ensureDeferred(limited))

    return decorate
