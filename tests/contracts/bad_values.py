"""Families of bad messages that are wrong in a field: left out, or with a value that its type does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from tests.contracts.bad_input import Cas, Noeud, Question, changed, noeuds, written
from tests.contracts.xsd_shape import Champ, Texte
from tierspayant.schemas import xml

BUILT_IN = {
    "xs:date": ("2024-02-30", "31/01/2024"),
    "xs:dateTime": ("hier", "2024-01-31T10:00:00"),
    "xs:boolean": ("peut-etre",),
    "xs:decimal": ("douze",),
    "xs:int": ("douze", "1.234"),
    "xs:long": ("douze", "1.234"),
    "xs:base64Binary": ("@@@",),
}
"""Texts that are no value of a built-in type. An amount in centimes with three decimals is one of them."""


def missing(question: Question) -> Iterator[Cas]:
    """Each mandatory element left out in turn (all of them when it is repeated)."""
    for noeud in noeuds(question):
        for champ in question.shape.enfants.get(noeud.type, ()):
            if champ.obligatoire:
                yield _missing(noeud, champ.nom, "CHAMP_MANQUANT")


def _missing(noeud: Noeud, nom: str, regle: str) -> Cas:
    def without(ici: etree._Element) -> None:
        for enfant in [e for e in ici if xml.local_name(e) == nom]:
            ici.remove(enfant)

    place = f"{noeud.xpath}/{nom}"
    return Cas(f"without {place}", changed(noeud, without), regle, (place,))


def enumerations(question: Question) -> Iterator[Cas]:
    """A word that no enumeration has, an empty one, and a right one in the other case."""
    for noeud in noeuds(question):
        texte = question.shape.texte(noeud.type)
        if texte and "enumeration" in texte.facettes:
            permis = texte.facettes["enumeration"]
            autre_casse = [mot.swapcase() for mot in permis[:1] if mot.swapcase() not in permis]
            for mot in ("MOT_INCONNU", "", *autre_casse):
                yield Cas(f"{noeud.xpath} says {mot!r}", written(noeud, mot), "VALEUR_ENUM", (noeud.xpath,))


def facets(question: Question) -> Iterator[Cas]:
    """Pattern, length, bounds, decimals: each facet of each value broken."""
    for noeud in noeuds(question):
        texte = question.shape.texte(noeud.type)
        if texte is not None and "enumeration" not in texte.facettes:
            for valeur, regle in _bad_values(texte):
                montre = valeur if len(valeur) < 30 else f"{len(valeur)} characters"
                yield Cas(f"{noeud.xpath} says {montre!r}", written(noeud, valeur), regle, (noeud.xpath,))


def _bad_values(texte: Texte) -> Iterator[tuple[str, str]]:
    for valeur in BUILT_IN.get(texte.base, ()):
        yield valeur, "VALEUR_FORME"
    motif = texte.premiere("pattern")
    if texte.base == "xs:string" and motif is not None:
        yield next(v for v in ("§ §", "", "x" * 500) if re.fullmatch(motif, v) is None), "VALEUR_FORME"
    for facette, ecart in (("minInclusive", -1), ("maxInclusive", 1)):
        borne = texte.premiere(facette)
        if borne is not None:
            yield str(int(borne) + ecart), "VALEUR_BORNES"
    if texte.premiere("fractionDigits") is not None:
        yield "1.234", "VALEUR_DECIMALES"
        yield "1,23", "VALEUR_FORME"
    shortest, longest = texte.premiere("minLength"), texte.premiere("maxLength")
    if shortest is not None and int(shortest) > 0:
        yield "", "VALEUR_LONGUEUR"
    if longest is not None:
        yield "x" * (int(longest) + 1), "VALEUR_LONGUEUR"


KEYS = {"lpp": "LPP_CLE", "codeLPP": "LPP_CLE", "magasin": "FINESS_CLE", "cleNir": "NIR_CLE", "nir": "NIR_CLE"}
"""Fields whose last digits are a key, which no XSD can check."""
NAMES = ("nom", "prenom")


def keys(question: Question) -> Iterator[Cas]:
    """A wrong key in each number that has one, and a name that no person has."""
    for noeud in noeuds(question):
        nom, texte = xml.local_name(noeud.element), noeud.element.text or ""
        if nom in KEYS and not (nom == "nir" and len(texte) == 13):
            faux = texte[:-1] + str((int(texte[-1]) + 1) % 10)
            yield Cas(f"{noeud.xpath} with another key", written(noeud, faux), KEYS[nom], (noeud.xpath,))
        if nom == "dateNaissance" and texte.isdigit():
            yield Cas(f"{noeud.xpath} says 19850230", written(noeud, "19850230"), "NAISSANCE_FORME", (noeud.xpath,))
        if nom in NAMES and (noeud.element.getnext() is not None and "contenu" not in _brothers(noeud)):
            yield Cas(f"{noeud.xpath} without a letter", written(noeud, "§ §"), "NOM_FORME", (noeud.xpath,))


def _brothers(noeud: Noeud) -> set[str]:
    parent = noeud.element.getparent()
    return set() if parent is None else {xml.local_name(e) for e in parent}


# --------------------------------------------------------------------------------------- when another field says so


_OF_A_LENS = ("oeil", "cote", "zone", "zoneOptique")
_LENS = ("VERRE", "VER")
_UNIFOCAL = {"UNIFOCAL": "MULTIFOCAL", "UNI": "MULTI"}
_CORRECTION = {
    "sphere": ("-2.00", "-200"),
    "cylindre": ("-0.50", "-50"),
    "axe": ("90", "90"),
    "addition": ("1.00", "100"),
}
"""As decimals and in hundredths."""


def conditional(question: Question) -> Iterator[Cas]:
    """A field that another one makes mandatory: eye and zone of a lens, axis of a cylinder, addition of a progressive
    lens, exactly one of two criteria."""
    for noeud in noeuds(question):
        champs = {champ.nom: champ for champ in question.shape.enfants.get(noeud.type, ())}
        if "correction" in champs and any((e.text or "") in _LENS for e in noeud.element):
            yield from _of_a_lens(question, noeud, champs["correction"])
    champs_du_corps = question.shape.enfants[question.corps.type]
    if len(champs_du_corps) == 2 and not any(champ.obligatoire for champ in champs_du_corps) and _criteria(question):
        yield from _one_criterion(question, champs_du_corps)


def _criteria(question: Question) -> bool:
    """Whether the operation asks about one thing by its number or by the shop's reference."""
    return any(nom.startswith("reference") for nom in (c.nom for c in question.shape.enfants[question.corps.type]))


def _one_criterion(question: Question, champs: tuple[Champ, ...]) -> Iterator[Cas]:
    corps = question.corps

    def both(ici: etree._Element) -> None:
        ici.clear()
        for champ in champs:
            etree.SubElement(ici, f"{corps.espace}{champ.nom}").text = "123456"

    yield Cas("no criterion", changed(corps, lambda ici: ici.clear()), "UN_SEUL_CRITERE", (corps.xpath,))
    yield Cas("both criteria", changed(corps, both), "UN_SEUL_CRITERE", (corps.xpath,))


def _of_a_lens(question: Question, noeud: Noeud, correction: Champ) -> Iterator[Cas]:
    for enfant in noeud.element:
        if xml.local_name(enfant) in _OF_A_LENS:
            yield _missing(noeud, xml.local_name(enfant), "CHAMP_CONDITIONNEL")
    yield _bad_correction(question, noeud, correction, "axe", ("sphere", "cylindre", "addition"))
    pair = noeud.element.getparent()
    if pair is not None and any((e.text or "") in _UNIFOCAL for e in pair):
        yield _bad_correction(question, noeud, correction, "addition", ("sphere",))


def _bad_correction(question: Question, noeud: Noeud, correction: Champ, manque: str, donnes: tuple[str, ...]) -> Cas:
    """The lens with a correction that has only some fields; to miss an addition, the equipment is made multifocal."""
    champs = question.shape.enfants[correction.type]
    decimal = question.shape.texte(champs[0].type)
    rang = 0 if decimal is not None and "fractionDigits" in decimal.facettes else 1

    def write(ici: etree._Element) -> None:
        for ancien in ici.findall("{*}correction"):
            ici.remove(ancien)
        espace = str(ici[0].tag).rpartition("}")[0] + "}"
        bloc = etree.SubElement(ici, f"{espace}correction")
        for champ in champs:
            if champ.nom in donnes:
                etree.SubElement(bloc, f"{espace}{champ.nom}").text = _CORRECTION[champ.nom][rang]
        pair = ici.getparent()
        if manque == "addition" and pair is not None:
            vision = next(e for e in pair if (e.text or "") in _UNIFOCAL)
            vision.text = _UNIFOCAL[vision.text or ""]

    place = f"{noeud.xpath}/correction/{manque}"
    return Cas(f"a lens without {place}", changed(noeud, write), "CHAMP_CONDITIONNEL", (place,))


FAMILLES = {
    "missing": missing,
    "conditional": conditional,
    "enumeration": enumerations,
    "facet": facets,
    "key": keys,
}
