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

from tierspayant.adapter.problem import Fault, Problem, Refusal, pointer
from tierspayant.schemas.identity import IdentifiantInvalide

T = TypeVar("T")

FAULTS_MAX: Final = 50
"""Faults reported at once: more would only repeat a misunderstanding of the whole body."""

NUL: Final = b"\\u0000"
"""No field admits it, and PostgreSQL keeps it in no text."""
BOM: Final = b"\xef\xbb\xbf"

POINTER_MAX: Final = 100
"""Characters of a pointer that are repeated: the name of an unknown field is the sender's text."""

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
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


class _DoubleKey(ValueError):
    """A JSON object has the same key twice."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DoubleKey(key)
        found[key] = value
    return found


def _no_constant(_nom: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def document(data: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Refusal: json_invalide or cle_en_double."""
    try:
        read = json.loads(data.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except _DoubleKey as double:
        detail = f"Le champ « {str(double)[:POINTER_MAX]} » apparaît deux fois dans le même objet JSON."
        raise Refusal(Problem("cle_en_double", detail)) from None
    except (ValueError, RecursionError) as error:
        raise Refusal(Problem("json_invalide", _why_not_json(data, error))) from None
    if not isinstance(read, dict):
        raise Refusal(Problem("json_invalide", "Le corps doit être un objet JSON, entre accolades."))
    if NUL in data:
        raise Refusal(Problem("json_invalide", "Le corps contient un caractère nul (\\u0000), que rien n'admet ici."))
    return read


def _why_not_json(data: bytes, error: Exception) -> str | None:
    """Where it stops being JSON, in one sentence; None when nothing more can be said."""
    if not data.strip():
        return "Le corps de la requête est vide : un objet JSON est attendu."
    if data.startswith(BOM):
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
def _adapter(target: Any) -> TypeAdapter[Any]:
    return TypeAdapter(target)


def read_body(data: bytes, target: type[T]) -> T:
    """The body as a value of type `cible`. Raises Refusal with every fault of shape."""
    written = document(data)
    try:
        read = cast(T, _adapter(cast(Any, target)).validate_json(data, strict=True, extra="forbid"))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        if any(fault["type"] == "json_invalid" for fault in faults):
            raise Refusal(Problem("json_invalide")) from None
        refuse([_fault(cast("Mapping[str, Any]", fault)) for fault in faults])
    if odd := list(_odd_dates(read, written, ())):
        refuse(odd)
    return read


def _odd_dates(read: object, written: Any, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Dates that pydantic understood although they are not written as dates: seconds since 1970, midnight."""
    if isinstance(read, dt.date):
        if written != read.isoformat():
            yield Fault(pointer(path), *SENTENCES["date_parsing"])
    elif is_dataclass(read):
        for one in fields(read):
            if one.name in written:
                yield from _odd_dates(getattr(read, one.name), written[one.name], (*path, one.name))
    elif isinstance(read, tuple):
        for rank, (one_read, one_written) in enumerate(zip(read, written, strict=True)):
            yield from _odd_dates(one_read, one_written, (*path, rank))


def refuse(errors: list[Fault]) -> NoReturn:
    raise Refusal(Problem("demande_invalide", faults=tuple(errors[:FAULTS_MAX])))


def _fault(fault: Mapping[str, Any]) -> Fault:
    champ = pointer(fault["loc"])[:POINTER_MAX]
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, IdentifiantInvalide):
        return Fault(champ, cause.regle, cause.detail)
    if fault["type"] == "enum":
        return Fault(champ, "VALEUR_ADMISE", f"valeurs admises : {fault['ctx']['expected'].replace(' or ', ', ')}")
    regle, sentence = SENTENCES.get(fault["type"], ("FORME", "cette valeur n'a pas la forme attendue"))
    return Fault(champ, regle, sentence)
