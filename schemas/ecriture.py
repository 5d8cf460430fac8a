"""An answer written as XML text: every field is one call, a block is the blocks and fields in it.

The server's road writes some forty fields and declares its prefixes once, so that text is all it takes; what comes out
is parsed and held to its XSD before it leaves (server_road.py), so a slip here is found and never sent. `nom` is a
qualified name as the document says it ('t:numero'); None writes nothing. Neither this nor champs.py knows a dialect.
"""

from __future__ import annotations

import datetime as dt

from tierspayant.schemas.money import Centimes, en_decimal


def bloc(nom: str, *contenu: str) -> str:
    """An element around what is written already."""
    return f"<{nom}>{''.join(contenu)}</{nom}>"


def racine(nom: str, prefixes: dict[str, str], *contenu: str) -> str:
    """As `bloc`, and `prefixes` (prefix -> namespace, '' the default one) are declared on it."""
    declare = "".join(f' xmlns{prefixe and ":"}{prefixe}="{espace}"' for prefixe, espace in prefixes.items())
    return f"<{nom}{declare}>{''.join(contenu)}</{nom}>"


def champ(nom: str, texte: str | None) -> str:
    """A field that is any text."""
    return "" if texte is None else f"<{nom}>{echappe(texte)}</{nom}>"


_ECHAPPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
"""A carriage return would be read as a line feed."""


def echappe(texte: str) -> str:
    """Text as it stands between tags."""
    return texte.translate(_ECHAPPES)


def nombre(nom: str, valeur: int | None) -> str:
    return "" if valeur is None else f"<{nom}>{valeur}</{nom}>"


def euros(nom: str, centimes: Centimes | None) -> str:
    return "" if centimes is None else f"<{nom}>{en_decimal(centimes)}</{nom}>"


def jour(nom: str, valeur: dt.date | None) -> str:
    return "" if valeur is None else f"<{nom}>{valeur.isoformat()}</{nom}>"


def jour_compact(nom: str, valeur: dt.date | None) -> str:
    """A day without hyphens, AAAAMMJJ."""
    return "" if valeur is None else f"<{nom}>{valeur.isoformat().replace('-', '')}</{nom}>"


def oui_non(nom: str, valeur: bool) -> str:
    return f"<{nom}>{'true' if valeur else 'false'}</{nom}>"


def instant(nom: str, valeur: dt.datetime | None) -> str:
    """UTC with 'Z', at most milliseconds: the form every SOAP stack reads (wire.md, rule 7)."""
    if valeur is None:
        return ""
    utc = valeur.astimezone(dt.UTC)
    milliseconds = f".{utc.microsecond // 1000:03d}" if utc.microsecond >= 1000 else ""
    return f"<{nom}>{utc:%Y-%m-%dT%H:%M:%S}{milliseconds}Z</{nom}>"
