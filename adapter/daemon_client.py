"""How a command-line verb reaches the daemon: HTTP over DIR/admin.sock, whose mode (0600) is the permission, or over a
loopback port with an operator's key where [admin] port is set (systems without Unix sockets).

When no daemon runs, `local_call` answers the same calls from the database itself, under the database's lock.
"""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tierspayant.adapter.config import ConfigInvalid, Configuration

TIMEOUT = 30.0
"""Seconds: the daemon answers its operator at once; longer means that it is stuck."""


class DaemonAbsent(Exception):
    """No daemon listens there."""


class Refused(Exception):
    """The daemon said no; the text is its French sentence."""


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    document: Any


@dataclass(frozen=True, slots=True)
class Door:
    """Where the daemon listens to its operator: a socket's path, or a host and port with a key."""

    name: str
    address: Path | tuple[str, int]
    key: str | None = field(default=None, repr=False)

    def connect(self, timeout: float) -> socket.socket:
        """Raises OSError."""
        if not isinstance(self.address, Path):
            return socket.create_connection(self.address, timeout)
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(timeout)
        try:
            connected.connect(str(self.address))
        except OSError:
            connected.close()
            raise
        return connected


def door(configuration: Configuration) -> Door:
    """The way in that the configuration names. Raises DaemonAbsent, or ConfigInvalid for a key that cannot be read."""
    admin = configuration.settings.admin
    if admin.port is None:
        return Door(str(configuration.admin_socket), configuration.admin_socket)
    try:
        port = int(configuration.admin_port_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise DaemonAbsent(str(configuration.admin_port_file)) from None
    return Door(f"{admin.hote}:{port}", (admin.hote, port), operator_key(configuration))


def operator_key(configuration: Configuration) -> str:
    """What commands show at the operator's port. Raises ConfigInvalid."""
    file = configuration.path(configuration.settings.admin.cle_fichier)
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        make = f"tp-adapter cle add --role operateur --out {file} --config {configuration.file}"
        raise ConfigInvalid([f"{file}: no operator's key there: {make}"]) from None


class _Connection(http.client.HTTPConnection):
    def __init__(self, door_: Door, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._door = door_
        self._seconds = timeout

    def connect(self) -> None:
        self.sock = self._door.connect(self._seconds)


def ask(door_: Door, method: str, path: str, body: object = None, timeout: float = TIMEOUT) -> Answered:
    """One call; `path` with its query (`url`). Raises DaemonAbsent, or Refused when the answer is a problem."""
    connection = _Connection(door_, timeout)
    headers = {"Content-Type": "application/json"}
    if door_.key is not None:
        headers["Authorization"] = f"Bearer {door_.key}"
    try:
        connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        answer = connection.getresponse()
        if answer.status == http.HTTPStatus.UNAUTHORIZED:
            raise Refused(f"the daemon at {door_.name} refuses the operator's key")
        return check(answer.status, answer.read())
    except (FileNotFoundError, ConnectionRefusedError):
        raise DaemonAbsent(door_.name) from None
    except (OSError, http.client.HTTPException) as error:
        raise Refused(f"the daemon at {door_.name} does not answer: {type(error).__name__}") from None
    finally:
        connection.close()


def url(path: str, query: dict[str, str | int | None]) -> str:
    text = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{path}?{text}" if text else path


def check(status: int, body: bytes) -> Answered:
    """The document of a good answer. Raises Refused with the sentence of a problem."""
    try:
        document = json.loads(body)
    except ValueError:
        raise Refused(f"unreadable answer ({status})") from None
    if status >= http.HTTPStatus.BAD_REQUEST:
        faults = [f"{fault['champ'] or ''} {fault['detail']}".strip() for fault in document.get("erreurs", [])]
        raise Refused("; ".join(faults) or document.get("detail") or document.get("raison") or f"refused ({status})")
    return Answered(status, document)
