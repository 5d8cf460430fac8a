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


class CleMaitreIllisible(Exception):
    """The master key cannot be used; the text names the file and the reason, never a key."""


@dataclass(frozen=True, slots=True, repr=False)
class Trousseau:
    """The master keys by id, and which one wraps new data keys."""

    cles: Mapping[str, bytes]
    actuelle: str

    def vault(self) -> Vault:
        return Vault(self.cles, self.actuelle)

    def rotated(self) -> Trousseau:
        """A fresh current key in front of the former ones."""
        neuf = fresh()
        return Trousseau({**neuf.cles, **self.cles}, neuf.actuelle)

    def current_only(self) -> Trousseau:
        """Once nothing is wrapped by the former keys any more."""
        return Trousseau({self.actuelle: self.cles[self.actuelle]}, self.actuelle)

    def text(self) -> str:
        lignes = [f"{nom} {base64.b64encode(cle).decode()}" for nom, cle in self.cles.items() if nom != self.actuelle]
        premiere = f"{self.actuelle} {base64.b64encode(self.cles[self.actuelle]).decode()}"
        return "\n".join([premiere, *lignes]) + "\n"


def fresh() -> Trousseau:
    nom = f"m{secrets.token_hex(4)}"
    return Trousseau({nom: secrets.token_bytes(KEY_BYTES)}, nom)


def locate(chemin: Path) -> Path:
    """The configured file, or the systemd credential of that name when the file is not there."""
    dossier = os.environ.get("CREDENTIALS_DIRECTORY")
    if not chemin.exists() and dossier and (Path(dossier) / chemin.name).exists():
        return Path(dossier) / chemin.name
    return chemin


def read(chemin: Path) -> Trousseau:
    """Raises CleMaitreIllisible."""
    chemin = locate(chemin)
    try:
        texte = chemin.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise CleMaitreIllisible(f"{chemin}: the master key cannot be read (tp-adapter init makes one)") from None
    cles: dict[str, bytes] = {}
    for rang, ligne in enumerate(texte.splitlines(), 1):
        nom, _, valeur = ligne.strip().partition(" ")
        try:
            cle = base64.b64decode(valeur, validate=True)
        except binascii.Error:
            cle = b""
        if len(cle) != KEY_BYTES or not nom or nom in cles:
            raise CleMaitreIllisible(f"{chemin}: line {rang} is not '<id> <base64 of {KEY_BYTES} bytes>'")
        cles[nom] = cle
    if not cles:
        raise CleMaitreIllisible(f"{chemin}: the master key file is empty")
    return Trousseau(cles, next(iter(cles)))
