"""An HTTP exchange as plain values: what the dialects produce and read, with no socket in sight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]


def header(headers: Headers, nom: str) -> str | None:
    """The first header of that name, whatever its case."""
    cherche = nom.lower()
    for cle, valeur in headers:
        if cle.lower() == cherche:
            return valeur
    return None


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`path` starts with '/' and is relative to the platform's base URL (a session prefix is not part of it)."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
