"""Fire and forget, but never in silence: the one way to start a coroutine nobody awaits."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

log = Logger()


def spawn(coroutine: Coroutine[Any, Any, None], what: str) -> None:
    """Run it on its own; what it raises is logged with `what`, a fixed text that names no one."""
    running = Deferred.fromCoroutine(coroutine)
    _ = running.addErrback(lambda failure: log.failure("{what} failed", failure, what=what))
