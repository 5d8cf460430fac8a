"""Limits of what the shop API receives, before anything of it is understood. Those in `Limits` are settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BODY_MAX: Final = 2 * 2**20
"""Bytes of a body: a PEC with twenty lines has 6 kB; parsing costs memory in proportion (wire.md)."""

BODY_MAX_PIECES: Final = 20 * 2**20
"""Bytes of a body with documents: 15 MB of files, a third more in base64."""

HEADERS_MAX: Final = 16_384
"""Bytes of request line and headers."""

RECEPTION_MAX: Final = 10
"""Seconds to receive a whole request: a shop's software is on the same machine or network."""

CONNECTIONS_MAX: Final = 256
"""Open connections: every one costs a descriptor, and one daemon serves at most some hundred tills."""

LEFTOVERS_MAX: Final = 5.0
"""Seconds during which what follows a refused request is thrown away, for the client to read its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes, seconds and connections."""

    body: int = BODY_MAX
    body_pieces: int = BODY_MAX_PIECES
    reception: float = RECEPTION_MAX
    connections: int = CONNECTIONS_MAX

    def body_of(self, path: bytes) -> int:
        """The limit of a body sent to that path."""
        return self.body_pieces if path.partition(b"?")[0].endswith(b"/pieces") else self.body
