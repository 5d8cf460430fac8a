"""The daemon's log: one line per event on stderr, ours only; of the libraries, warnings and failures.

twisted notes each connection's factory: a shut platform probed for three weeks would fill a disk with that.
"""

from __future__ import annotations

import sys
from typing import Any, Final, TextIO

from twisted.logger import (
    FilteringLogObserver,
    ILogFilterPredicate,
    LogEvent,
    LogLevel,
    PredicateResult,
    globalLogBeginner,
    textFileLogObserver,
)
from zope.interface import provider

OURS: Final = "tierspayant."


@provider(ILogFilterPredicate)
def ours(event: LogEvent) -> Any:
    """Our own events and whatever is a warning or worse; nothing else."""
    name, level = str(event.get("log_namespace", "")), event.get("log_level", LogLevel.info)
    keep = name.startswith(OURS) and not name.startswith(f"{OURS}adapter.shop_http.Server")
    return PredicateResult.yes if keep or level >= LogLevel.warn else PredicateResult.no


def begin(stream: TextIO = sys.stderr) -> None:
    globalLogBeginner.beginLoggingTo(
        [FilteringLogObserver(textFileLogObserver(stream), [ours])], redirectStandardIO=False
    )
