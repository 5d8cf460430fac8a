"""The master key file: one line per key, `<id> <base64 of 32 bytes>`; the first is current, the others still open.

Found at the configured path, else as the systemd credential of the same name. What it protects is in vault.py.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tierspayant.adapter.vault import KEY_BYTES, Vault


class MasterKeyUnreadable(Exception):
    """The master key cannot be used; the text names the file and the reason, never a key."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The master keys by id, and which one wraps new data keys."""

    keys: Mapping[str, bytes]
    current: str

    def vault(self) -> Vault:
        return Vault(self.keys, self.current)

    def rotated(self) -> KeyRing:
        """A fresh current key in front of the former ones."""
        new = fresh()
        return KeyRing({**new.keys, **self.keys}, new.current)

    def current_only(self) -> KeyRing:
        """Once nothing is wrapped by the former keys any more."""
        return KeyRing({self.current: self.keys[self.current]}, self.current)

    def text(self) -> str:
        lines = [f"{name} {base64.b64encode(key).decode()}" for name, key in self.keys.items() if name != self.current]
        first = f"{self.current} {base64.b64encode(self.keys[self.current]).decode()}"
        return "\n".join([first, *lines]) + "\n"


def fresh() -> KeyRing:
    name = f"m{secrets.token_hex(4)}"
    return KeyRing({name: secrets.token_bytes(KEY_BYTES)}, name)


def locate(path: Path) -> Path:
    """The configured file, or the systemd credential of that name when the file is not there."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not path.exists() and folder and (Path(folder) / path.name).exists():
        return Path(folder) / path.name
    return path


def read(path: Path) -> KeyRing:
    """Raises MasterKeyUnreadable."""
    path = locate(path)
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise MasterKeyUnreadable(f"{path}: the master key cannot be read (tp-adapter init makes one)") from None
    keys: dict[str, bytes] = {}
    for rank, line in enumerate(text.splitlines(), 1):
        name, _, value = line.strip().partition(" ")
        try:
            key = base64.b64decode(value, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES or not name or name in keys:
            raise MasterKeyUnreadable(f"{path}: line {rank} is not '<id> <base64 of {KEY_BYTES} bytes>'")
        keys[name] = key
    if not keys:
        raise MasterKeyUnreadable(f"{path}: the master key file is empty")
    return KeyRing(keys, next(iter(keys)))
