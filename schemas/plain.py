"""Messages to and from plain JSON-able values: storage, snapshots, the journal's meaning (msgspec does the work)."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from tierspayant.schemas.identity import Identifiant, IdentifiantInvalide

T = TypeVar("T")

_FIELD = re.compile(r"(?:missing required|contains unknown) field `(\w+)`")


def _from_identifier(valeur: object) -> object:
    if isinstance(valeur, Identifiant):
        return valeur.clair
    raise TypeError(f"pas de forme simple pour {type(valeur).__name__}")


def _to_identifier(cible: type, valeur: object) -> object:
    if issubclass(cible, Identifiant) and isinstance(valeur, str):
        try:
            return cible(valeur)
        except IdentifiantInvalide as erreur:
            raise ValueError(erreur.detail) from None
    raise TypeError(f"pas de lecture pour {cible.__name__}")


def to_plain(valeur: object) -> Any:
    """Dictionaries, lists, texts, numbers; personal values in clear: what comes out is sealed or masked by its user."""
    return msgspec.to_builtins(valeur, enc_hook=_from_identifier)


def from_plain(cible: type[T], valeur: object) -> T:
    """The value of type `cible`. Raises msgspec.ValidationError with the path of the first fault."""
    return msgspec.convert(valeur, cible, dec_hook=_to_identifier)


def located(wrong: msgspec.ValidationError) -> tuple[str, str]:
    """Where below its root the fault of a value is ('.lignes[1].lpp', '' for the root itself), and its reason."""
    reason, _, path = str(wrong).partition(" - at `$")
    field = _FIELD.search(reason)
    return path.rstrip("`") + (f".{field[1]}" if field else ""), reason


def to_json(valeur: object) -> bytes:
    return msgspec.json.encode(valeur, enc_hook=_from_identifier)


def from_json(cible: type[T], octets: bytes) -> T:
    """As from_plain, from JSON text."""
    return msgspec.json.decode(octets, type=cible, dec_hook=_to_identifier)


def masked(valeur: object) -> Any:
    """As to_plain, with every personal identifier as its mask: safe for a log or a shown page."""
    return msgspec.to_builtins(valeur, enc_hook=lambda v: str(v) if isinstance(v, Identifiant) else _from_identifier(v))
