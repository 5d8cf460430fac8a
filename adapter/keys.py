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

_FORME = re.compile(r"tpa_([0-9a-f]{8})_([0-9A-Za-z_-]{43})")


class Role(StrEnum):
    """magasin: everything for its own shop. lecture: reads its own shop. operateur: reads every shop, and operates."""

    MAGASIN = "magasin"
    LECTURE = "lecture"
    OPERATEUR = "operateur"


@dataclass(frozen=True, slots=True)
class CleApi:
    """A key as configured: never the secret, only its hash. `magasin` is None for an operator."""

    identifiant: str
    role: Role
    magasin: str | None
    empreinte: str


@dataclass(frozen=True, slots=True, repr=False)
class CleNeuve:
    """A key at birth: `texte` is shown once, `empreinte` is kept."""

    identifiant: str
    texte: str
    empreinte: str


def neuve() -> CleNeuve:
    """A fresh key from the system's randomness (a secret is the one thing that must not be reproducible)."""
    identifiant, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    return CleNeuve(identifiant, f"tpa_{identifiant}_{secret}", hacher(secret, secrets.token_bytes(16)))


def hacher(secret: str, sel: bytes) -> str:
    empreinte = hashlib.scrypt(secret.encode(), salt=sel, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32)
    return f"scrypt${SCRYPT_N}${SCRYPT_R}${SCRYPT_P}${sel.hex()}${empreinte.hex()}"


def forme_empreinte(empreinte: str) -> bool:
    return re.fullmatch(r"scrypt\$\d+\$\d+\$\d+\$[0-9a-f]{16,64}\$[0-9a-f]{64}", empreinte) is not None


def verifier(texte: str, cles: Mapping[str, CleApi]) -> CleApi | None:
    """The configured key this text is, or None. Slow by design: call it outside the reactor thread."""
    lu = _FORME.fullmatch(texte)
    cle = cles.get(lu.group(1)) if lu else None
    if lu is None or cle is None:
        return None
    _, n, r, p, sel, attendue = cle.empreinte.split("$")
    calculee = hashlib.scrypt(
        lu.group(2).encode(), salt=bytes.fromhex(sel), n=int(n), r=int(r), p=int(p), dklen=32
    ).hex()
    return cle if hmac.compare_digest(calculee, attendue) else None


def plausible(texte: str, cles: Mapping[str, CleApi]) -> bool:
    """Whether the text has the form of a key we know of: anything else is refused without paying for a hash."""
    lu = _FORME.fullmatch(texte)
    return lu is not None and lu.group(1) in cles


class Memoire:
    """Keys that passed since the process started, kept as keyed digests, forgotten when the keys are reloaded."""

    LIMITE = 1_024
    """Far above the shops of one daemon; a limit so that nothing here grows for ever."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._connues: dict[bytes, CleApi] = {}

    def _empreinte(self, texte: str) -> bytes:
        return hmac.digest(self._secret, texte.encode(), "sha256")

    def lookup(self, texte: str) -> CleApi | None:
        return self._connues.get(self._empreinte(texte))

    def add(self, texte: str, cle: CleApi) -> None:
        if len(self._connues) >= self.LIMITE:
            self._connues.clear()
        self._connues[self._empreinte(texte)] = cle

    def clear(self) -> None:
        self._connues.clear()
