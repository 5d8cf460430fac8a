"""API keys: made once, shown once, kept as a scrypt hash, compared in constant time.

A key reads `tpa_<identifiant>_<secret>`: the identifier finds the row, the secret has 256 random bits. The hash costs
tens of milliseconds, so that the service computes it off the reactor and remembers, for the life of the process only
and under a random process key, which keys it has already seen pass (`Memoire`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1
"""OWASP's floor for r = 8 is 2^17 for human passwords; these secrets have 256 random bits, 2^14 is ample (ours)."""

_FORM = re.compile(r"tpa_([0-9a-f]{8})_([0-9A-Za-z_-]{43})")


class Role(StrEnum):
    """magasin: everything for its own shop. lecture: reads its own shop. operateur: reads every shop, and operates."""

    MAGASIN = "magasin"
    LECTURE = "lecture"
    OPERATEUR = "operateur"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as configured: never the secret, only its hash. `magasin` is None for an operator."""

    identifier: str
    role: Role
    magasin: str | None
    empreinte: str


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A key at birth: `texte` is shown once, `empreinte` is kept."""

    identifier: str
    text: str
    empreinte: str


def fresh() -> NewKey:
    """A fresh key from the system's randomness (a secret is the one thing that must not be reproducible)."""
    identifier, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    return NewKey(identifier, f"tpa_{identifier}_{secret}", hashed(secret, secrets.token_bytes(16)))


def hashed(secret: str, salt: bytes) -> str:
    empreinte = hashlib.scrypt(secret.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32)
    return f"scrypt${SCRYPT_N}${SCRYPT_R}${SCRYPT_P}${salt.hex()}${empreinte.hex()}"


def well_formed(empreinte: str) -> bool:
    return re.fullmatch(r"scrypt\$\d+\$\d+\$\d+\$[0-9a-f]{16,64}\$[0-9a-f]{64}", empreinte) is not None


def verified(text: str, known: Mapping[str, ApiKey]) -> ApiKey | None:
    """The configured key this text is, or None. Slow by design: call it outside the reactor thread."""
    matched = _FORM.fullmatch(text)
    key = known.get(matched.group(1)) if matched else None
    if matched is None or key is None:
        return None
    _, n, r, p, salt, expected = key.empreinte.split("$")
    computed = hashlib.scrypt(
        matched.group(2).encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=32
    ).hex()
    return key if hmac.compare_digest(computed, expected) else None


def plausible(text: str, known: Mapping[str, ApiKey]) -> bool:
    """Whether the text has the form of a key we know of: anything else is refused without paying for a hash."""
    matched = _FORM.fullmatch(text)
    return matched is not None and matched.group(1) in known


class KeyMemory:
    """Keys that passed since the process started, kept as keyed digests, forgotten when the keys are reloaded."""

    LIMIT = 1_024
    """Far above the shops of one daemon; a limit so that nothing here grows for ever."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: dict[bytes, ApiKey] = {}

    def _empreinte(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), "sha256")

    def lookup(self, text: str) -> ApiKey | None:
        return self._known.get(self._empreinte(text))

    def add(self, text: str, key: ApiKey) -> None:
        if len(self._known) >= self.LIMIT:
            self._known.clear()
        self._known[self._empreinte(text)] = key

    def clear(self) -> None:
        self._known.clear()
