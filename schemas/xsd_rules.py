"""What an XSD refuses, in words: a small stable set of rule ids, the field, the form expected, never the value.

libxml2 writes one English sentence per violation and may quote the value in it. That sentence is taken apart here and
nowhere else: only what comes from our own XSD (a pattern, an enumeration, a bound) is kept for the answer.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.xml import local_name, xpath_of


@dataclass(frozen=True, slots=True)
class Violation:
    """The first rule an element breaks. `champ` is its local name, `xpath` where it is, in local names."""

    regle: str
    xpath: str
    champ: str
    francais: str
    anglais: str

    def faute(self) -> Faute:
        return Faute(Cote.CLIENT, "TEC05", self.regle, self.francais, self.anglais, xpath=self.xpath)


class _Texte(NamedTuple):
    regle: str
    francais: str
    anglais: str


_FORME = _Texte("VALEUR_FORME", "n'a pas la forme attendue{}", "does not have the expected form{}")
_LONGUEUR = _Texte("VALEUR_LONGUEUR", "n'a pas la longueur permise{}", "does not have the allowed length{}")
_BORNES = _Texte("VALEUR_BORNES", "sort des bornes permises{}", "is out of its allowed bounds{}")
_ATTRIBUT = _Texte(
    "ATTRIBUT_INCONNU", "porte un attribut que le contrat ne connaît pas", "has an attribute unknown to the contract"
)
_CONTENU = _Texte("CONTENU", "n'a pas le contenu que le contrat prévoit", "does not have the content of the contract")
_TEXTES = {
    "CVC_ENUMERATION_VALID": _Texte(
        "VALEUR_ENUM", "n'est pas l'une des valeurs permises{}", "is not one of the allowed values{}"
    ),
    "CVC_FRACTIONDIGITS_VALID": _Texte("VALEUR_DECIMALES", "a trop de décimales{}", "has too many decimals{}"),
    "CVC_PATTERN_VALID": _FORME,
    "CVC_DATATYPE_VALID_1_2_1": _FORME,
    "CVC_TOTALDIGITS_VALID": _FORME,
    "CVC_LENGTH_VALID": _LONGUEUR,
    "CVC_MINLENGTH_VALID": _LONGUEUR,
    "CVC_MAXLENGTH_VALID": _LONGUEUR,
    "CVC_MININCLUSIVE_VALID": _BORNES,
    "CVC_MAXINCLUSIVE_VALID": _BORNES,
    "CVC_TYPE_3_1_1": _ATTRIBUT,
    "CVC_COMPLEX_TYPE_3_2_1": _ATTRIBUT,
    "CVC_COMPLEX_TYPE_3_2_2": _ATTRIBUT,
    "CVC_ELT_3_1": _Texte("CHAMP_NUL", "ne peut pas être nul : omettez-le", "cannot be nil: leave it out"),
}
_ATTENDU = re.compile(r"Expected is (?:one of )?\( (.*) \)\.$")
_ETAPE = re.compile(r"(?:([^:\[]+):)?([^\[]+)(?:\[(\d+)\])?")


def first_violation(schema: etree.XMLSchema, element: etree._Element, prefixe: str = "") -> Violation | None:
    """What `element` breaks first, or None. `prefixe` is the XPath of what stands above a detached element."""
    if schema.validate(element):
        return None
    erreur = schema.error_log[0]
    fautif = _locate(element, erreur.path or "")
    regle = erreur.type_name.removeprefix("SCHEMAV_")
    xpath = _xpath(fautif, element, prefixe)
    if regle == "ELEMENT_CONTENT":
        return _structure(schema, element, fautif, xpath, erreur.message, erreur.path or "")
    champ = local_name(fautif)
    texte = _TEXTES.get(regle, _CONTENU)
    forme = _form(regle, erreur.message)
    return Violation(
        texte.regle,
        xpath,
        champ,
        f"le champ « {champ} » {texte.francais.format(f' : {forme}' if forme else '')}",
        f"field '{champ}' {texte.anglais.format(f': {forme}' if forme else '')}",
    )


_AVANT_FORME = {
    "CVC_PATTERN_VALID": "is not accepted by the pattern ",
    "CVC_ENUMERATION_VALID": "is not an element of the set ",
    "CVC_DATATYPE_VALID_1_2_1": "is not a valid value of the atomic type ",
    "CVC_FRACTIONDIGITS_VALID": "fractional digits than are allowed ",
    "CVC_MAXLENGTH_VALID": "the allowed maximum length of ",
    "CVC_MINLENGTH_VALID": "the allowed minimum length of ",
    "CVC_MAXINCLUSIVE_VALID": "the maximum value allowed ",
    "CVC_MININCLUSIVE_VALID": "the minimum value allowed ",
}
"""What stands before the pattern, set or bound. The value stands before that: the last occurrence is not in it."""


_SENS = {
    "CVC_MINLENGTH_VALID": "≥ ",
    "CVC_MININCLUSIVE_VALID": "≥ ",
    "CVC_MAXLENGTH_VALID": "≤ ",
    "CVC_MAXINCLUSIVE_VALID": "≤ ",
    "CVC_FRACTIONDIGITS_VALID": "≤ ",
}
"""Which side of a bound is allowed, in both languages."""


def _form(regle: str, message: str) -> str:
    """The pattern, set or bound that the message ends with: text of our XSD. A type is named without its namespace."""
    avant = _AVANT_FORME.get(regle)
    if avant is None or avant not in message:
        return ""
    forme = message.rpartition(avant)[2].strip().removesuffix(".")
    if forme.startswith("{"):
        return forme.strip("{}")
    forme = _SENS.get(regle, "") + forme.removeprefix("(").removesuffix(")").strip("'")
    return forme.rpartition("}")[2] if regle == "CVC_DATATYPE_VALID_1_2_1" else forme


def _locate(root: etree._Element, path: str) -> etree._Element:
    """The element a libxml2 node path leads to ('/*/*[2]', '/p:r/p:m[3]'): a step counts among its like."""
    courant = root
    for etape in path.strip("/").split("/")[1:]:
        trouve = _ETAPE.fullmatch(etape)
        if trouve is None:
            return courant
        prefixe, nom, rang = trouve.groups()
        pareils = [e for e in courant if nom == "*" or (e.prefix == prefixe and local_name(e) == nom)]
        place = int(rang or 1) - 1
        if place >= len(pareils):
            return courant
        courant = pareils[place]
    return courant


def _xpath(fautif: etree._Element, root: etree._Element, prefixe: str) -> str:
    entier = xpath_of(fautif)
    dessus = xpath_of(root.getparent()) if root.getparent() is not None else ""  # type: ignore[arg-type]
    return prefixe + entier[len(dessus) :] if prefixe else entier


def _structure(
    schema: etree.XMLSchema, element: etree._Element, fautif: etree._Element, xpath: str, message: str, path: str
) -> Violation:
    """A child is missing, unknown, repeated, out of order or in another namespace: which one, told apart."""
    attendus = _expected(message)
    if "Missing child" in message:
        return _missing(attendus, xpath)
    champ = local_name(fautif)
    locaux = [nom.rpartition("}")[2] for nom in attendus]
    if champ in locaux:
        espace = attendus[locaux.index(champ)].strip("{").rpartition("}")[0]
        return _espace(champ, espace, xpath)
    jumeau = next(
        (e for e in fautif.itersiblings(preceding=True) if local_name(e) == champ and e.tag != fautif.tag), None
    )
    if jumeau is not None:  # a repeated field: once the first is there, libxml2 no longer awaits it
        return _espace(champ, etree.QName(jumeau).namespace or "", xpath)
    suivants = {str(e.tag) for e in fautif.itersiblings()}
    manquant = _missing_before(schema, element, path)
    if manquant and manquant[-1] not in suivants:
        return _missing(manquant, xpath.rpartition("/")[0])
    if any(e.tag == fautif.tag for e in fautif.itersiblings(preceding=True)):
        return _violation("CHAMP_REPETE", xpath, champ, "est répété ou mal placé", "is repeated or misplaced")
    reste = _without(schema, element, path)
    attendu_plus_loin = any(str(fautif.tag) in liste for liste in reste)
    if (manquant and attendus in reste) or attendu_plus_loin or _fits_elsewhere(schema, element, path):
        return _order(champ, locaux, xpath)
    inconnu = "n'existe pas dans le contrat à cet endroit"
    return _violation("CHAMP_INCONNU", xpath, champ, inconnu, "does not exist in the contract at this place")


def _order(champ: str, locaux: list[str], xpath: str) -> Violation:
    place = ", ".join(locaux)
    francais, anglais = f"n'est pas à sa place ; attendu ici : {place}", f"is out of order; expected here: {place}"
    return _violation("ORDRE", xpath, champ, francais, anglais)


def _expected(message: str) -> list[str]:
    trouve = _ATTENDU.search(message)
    return [nom.strip() for nom in trouve.group(1).split(",")] if trouve else []


def _missing_before(schema: etree.XMLSchema, element: etree._Element, path: str) -> list[str]:
    """What the brothers before the unexpected child still lack: [] when nothing mandatory does."""
    copie, fautif = _copy(element, path)
    parent = fautif.getparent()
    if parent is None:
        return []
    for suivant in [fautif, *fautif.itersiblings()]:
        parent.remove(suivant)
    if schema.validate(copie):
        return []
    return next((_expected(e.message) for e in schema.error_log if "Missing child" in e.message), [])


def _without(schema: etree.XMLSchema, element: etree._Element, path: str) -> list[list[str]]:
    """What is still awaited, error by error, once the unexpected child is taken away (from a copy)."""
    copie, fautif = _copy(element, path)
    parent = fautif.getparent()
    if parent is None:
        return []
    parent.remove(fautif)
    return [] if schema.validate(copie) else [_expected(e.message) for e in schema.error_log]


MAX_SIBLINGS = 60
"""Where an unexpected child would fit is tried among so many brothers at most: outside text must not buy time."""


def _fits_elsewhere(schema: etree.XMLSchema, element: etree._Element, path: str) -> bool:
    """Whether the unexpected child fits elsewhere among its brothers, where a child of no known name does not."""
    copie, fautif = _copy(element, path)
    parent = fautif.getparent()
    if parent is None or len(parent) > MAX_SIBLINGS:
        return False
    parent.remove(fautif)
    temoin = etree.Element("temoin")
    for place in range(len(parent) + 1):
        erreurs = []
        for essai in (fautif, temoin):
            parent.insert(place, essai)
            erreurs.append(_content_errors(schema, copie))
            parent.remove(essai)
        if erreurs[0] < erreurs[1]:
            return True
    return False


def _content_errors(schema: etree.XMLSchema, element: etree._Element) -> int:
    schema.validate(element)
    return sum(erreur.type_name == "SCHEMAV_ELEMENT_CONTENT" for erreur in schema.error_log)


def _copy(element: etree._Element, path: str) -> tuple[etree._Element, etree._Element]:
    copie = deepcopy(element)
    copie.tail = None
    return copie, _locate(copie, path)


def _espace(champ: str, espace: str, xpath: str) -> Violation:
    francais, anglais = f"doit être dans l'espace de noms {espace}", f"must be in namespace {espace}"
    return _violation("ESPACE_DE_NOMS", xpath, champ, francais, anglais)


def _missing(attendus: list[str], xpath: str) -> Violation:
    """A list of several ends with the mandatory one: those before it are optional."""
    champ = attendus[-1].rpartition("}")[2] if attendus else ""
    return _violation(
        "CHAMP_MANQUANT", f"{xpath}/{champ}", champ, "est obligatoire et manque", "is mandatory and missing"
    )


def _violation(regle: str, xpath: str, champ: str, francais: str, anglais: str) -> Violation:
    return Violation(regle, xpath, champ, f"le champ « {champ} » {francais}", f"field '{champ}' {anglais}")
