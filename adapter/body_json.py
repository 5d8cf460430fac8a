"""From the bytes a shop sent to a checked body, or every fault at once with field, rule and French sentence.

JSON is read strictly: UTF-8, no key twice, no NaN, no unknown field, no text where a number is due. pydantic does the
shapes; what the values mean together is field_rules.py. No value is ever repeated in an error.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, NoReturn, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from tierspayant.adapter.problem import Erreur, Probleme, Refuse, pointer
from tierspayant.schemas.identity import IdentifiantInvalide

T = TypeVar("T")

ERREURS_MAX: Final = 50
"""Faults reported at once: more would only repeat a misunderstanding of the whole body."""

BOM: Final = b"\xef\xbb\xbf"

CHAMP_MAX: Final = 100
"""Characters of a pointer that are repeated: the name of an unknown field is the sender's text."""

PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("OBLIGATOIRE", "ce champ est obligatoire"),
    "missing_keyword_only_argument": ("OBLIGATOIRE", "ce champ est obligatoire"),
    "unexpected_keyword_argument": ("CHAMP_INCONNU", "ce champ n'existe pas ici"),
    "extra_forbidden": ("CHAMP_INCONNU", "ce champ n'existe pas ici"),
    "dataclass_type": ("TYPE_OBJET", "un objet JSON est attendu"),
    "model_type": ("TYPE_OBJET", "un objet JSON est attendu"),
    "tuple_type": ("TYPE_LISTE", "une liste est attendue"),
    "string_type": ("TYPE_TEXTE", "un texte entre guillemets est attendu"),
    "int_type": ("TYPE_ENTIER", "un nombre entier est attendu (les montants sont en centimes)"),
    "int_from_float": ("TYPE_ENTIER", "un nombre entier est attendu (les montants sont en centimes)"),
    "int_parsing_size": ("TYPE_ENTIER", "ce nombre est trop grand"),
    "bool_type": ("TYPE_BOOLEEN", "true ou false est attendu"),
    "date_type": ("DATE_FORME", "une date s'écrit AAAA-MM-JJ"),
    "date_parsing": ("DATE_FORME", "une date s'écrit AAAA-MM-JJ et existe au calendrier"),
    "date_from_datetime_parsing": ("DATE_FORME", "une date s'écrit AAAA-MM-JJ et existe au calendrier"),
    "date_from_datetime_inexact": ("DATE_FORME", "une date s'écrit AAAA-MM-JJ, sans heure"),
}


class _CleEnDouble(ValueError):
    """A JSON object has the same key twice."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _CleEnDouble(key)
        found[key] = value
    return found


def _no_constant(_nom: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def document(octets: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Refuse: json_invalide or cle_en_double."""
    try:
        read = json.loads(octets.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except _CleEnDouble as double:
        detail = f"Le champ « {str(double)[:CHAMP_MAX]} » apparaît deux fois dans le même objet JSON."
        raise Refuse(Probleme("cle_en_double", detail)) from None
    except (ValueError, RecursionError) as error:
        raise Refuse(Probleme("json_invalide", _why_not_json(octets, error))) from None
    if not isinstance(read, dict):
        raise Refuse(Probleme("json_invalide", "Le corps doit être un objet JSON, entre accolades."))
    return read


def _why_not_json(octets: bytes, error: Exception) -> str | None:
    """Where it stops being JSON, in one sentence; None when nothing more can be said."""
    if not octets.strip():
        return "Le corps de la requête est vide : un objet JSON est attendu."
    if octets.startswith(BOM):
        return "Le corps commence par une marque d'ordre des octets (BOM) : envoyez l'UTF-8 sans elle."
    match error:
        case UnicodeDecodeError(start=start):
            return f"Le corps n'est pas en UTF-8 (octet {start + 1})."
        case json.JSONDecodeError(lineno=line, colno=column):
            return f"Le corps n'est pas du JSON : il devient illisible à la ligne {line}, caractère {column}."
        case RecursionError():
            return "Le corps imbrique trop d'objets ou de listes."
        case _:
            return None


@cache
def _adapter(cible: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cible)


def lire(octets: bytes, cible: type[T]) -> T:
    """The body as a value of type `cible`. Raises Refuse with every fault of shape."""
    written = document(octets)
    try:
        read = cast(T, _adapter(cast(Any, cible)).validate_json(octets, strict=True, extra="forbid"))
    except ValidationError as erreur:
        fautes = erreur.errors(include_url=False, include_input=False)
        if any(faute["type"] == "json_invalid" for faute in fautes):
            raise Refuse(Probleme("json_invalide")) from None
        refuser([_fault(cast("Mapping[str, Any]", faute)) for faute in fautes])
    if odd := list(_odd_dates(read, written, ())):
        refuser(odd)
    return read


def _odd_dates(read: object, written: Any, path: tuple[str | int, ...]) -> Iterator[Erreur]:
    """Dates that pydantic understood although they are not written as dates: seconds since 1970, midnight."""
    if isinstance(read, dt.date):
        if written != read.isoformat():
            yield Erreur(pointer(path), *PHRASES["date_parsing"])
    elif is_dataclass(read):
        for one in fields(read):
            if one.name in written:
                yield from _odd_dates(getattr(read, one.name), written[one.name], (*path, one.name))
    elif isinstance(read, tuple):
        for rank, (one_read, one_written) in enumerate(zip(read, written, strict=True)):
            yield from _odd_dates(one_read, one_written, (*path, rank))


def refuser(erreurs: list[Erreur]) -> NoReturn:
    raise Refuse(Probleme("demande_invalide", erreurs=tuple(erreurs[:ERREURS_MAX])))


def _fault(faute: Mapping[str, Any]) -> Erreur:
    champ = pointer(faute["loc"])[:CHAMP_MAX]
    cause = faute.get("ctx", {}).get("error")
    if isinstance(cause, IdentifiantInvalide):
        return Erreur(champ, cause.regle, cause.detail)
    if faute["type"] == "enum":
        return Erreur(champ, "VALEUR_ADMISE", f"valeurs admises : {faute['ctx']['expected'].replace(' or ', ', ')}")
    regle, phrase = PHRASES.get(faute["type"], ("FORME", "cette valeur n'a pas la forme attendue"))
    return Erreur(champ, regle, phrase)
