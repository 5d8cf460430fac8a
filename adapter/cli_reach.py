"""One way for a command to be answered: by the daemon, or from the database when none runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tierspayant.adapter.cli_output import fail


def reach(file: Path, method: str, path: str, body: object = None, /, **query: str | int | None) -> Any:
    """The document of the answer. Leaves the program with one sentence when there is none."""
    from tierspayant.adapter import daemon_client

    return _reach(file, method, daemon_client.url(path, query), body, daemon_client.TIMEOUT, alone=False)


def reach_alone(file: Path, path: str, timeout: float) -> Any:
    """The same for a long POST (seconds), which without a daemon here also wants none elsewhere on its database."""
    return _reach(file, "POST", path, {}, timeout, alone=True)


def _reach(file: Path, method: str, url: str, body: object, timeout: float, *, alone: bool) -> Any:
    from tierspayant.adapter import config, daemon_client

    try:
        configuration = config.load(file)
        try:
            return daemon_client.ask(daemon_client.door(configuration), method, url, body, timeout).document
        except daemon_client.DaemonAbsent:
            from tierspayant.adapter.assembly import StartRefused, local_call

            try:
                return local_call(configuration, method, url, body, alone=alone)
            except StartRefused as error:
                fail(*error.lines)
    except config.ConfigInvalid as error:
        fail(*error.lines)
    except daemon_client.Refused as error:
        fail(str(error))
