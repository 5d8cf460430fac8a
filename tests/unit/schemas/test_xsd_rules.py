"""Which rule a bad element breaks, told from what libxml2 says: the field, the place, the form, never the value."""

from __future__ import annotations

import pytest
from lxml import etree

from tierspayant.schemas.xsd_rules import MAX_SIBLINGS, Violation, first_violation

XSD = etree.XMLSchema(
    etree.fromstring(
        """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a" xmlns="urn:a"
             elementFormDefault="qualified">
  <xs:simpleType name="Prix"><xs:restriction base="xs:decimal"><xs:fractionDigits value="2"/>
    <xs:pattern value="[0-9]+\\.[0-9]{2}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Mot"><xs:restriction base="xs:string"><xs:minLength value="2"/><xs:maxLength value="4"/>
    </xs:restriction></xs:simpleType>
  <xs:simpleType name="Choix"><xs:restriction base="xs:string"><xs:enumeration value="OUI"/>
    <xs:enumeration value="NON"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="Rang"><xs:restriction base="xs:int"><xs:maxInclusive value="9"/></xs:restriction></xs:simpleType>
  <xs:element name="r"><xs:complexType><xs:sequence>
    <xs:element name="prix" type="Prix"/>
    <xs:element name="option" type="xs:string" minOccurs="0"/>
    <xs:element name="mot" type="Mot"/>
    <xs:element name="choix" type="Choix" minOccurs="0"/>
    <xs:element name="jour" type="xs:date" minOccurs="0"/>
    <xs:element name="rang" type="Rang" minOccurs="0" maxOccurs="2"/>
    <xs:element name="bloc" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="z" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""
    )
)
P, M = "<prix>1.00</prix>", "<mot>abc</mot>"


def violation(contenu: str, prefixe: str = "") -> Violation | None:
    return first_violation(XSD, etree.fromstring(f'<r xmlns="urn:a">{contenu}</r>'), prefixe)


def test_a_valid_element_breaks_nothing() -> None:
    assert violation(P + M) is None


@pytest.mark.parametrize(
    ("contenu", "regle", "xpath", "mot"),
    [
        (M, "CHAMP_MANQUANT", "/r/prix", "prix"),
        (P, "CHAMP_MANQUANT", "/r/mot", "mot"),
        ("", "CHAMP_MANQUANT", "/r/prix", "prix"),
        (P + "<choix>OUI</choix>", "CHAMP_MANQUANT", "/r/mot", "mot"),
        (P + M + "<bloc/>", "CHAMP_MANQUANT", "/r/bloc/z", "z"),
        (P + M + '<bloc><z/></bloc><b:bloc xmlns:b="urn:b"><z/></b:bloc>', "ESPACE_DE_NOMS", "/r/bloc", "urn:a"),
        (P + M + "<bloc><z/></bloc><bloc/>", "CHAMP_MANQUANT", "/r/bloc[2]/z", "z"),
        (P + "<autre/>" + M, "CHAMP_INCONNU", "/r/autre", "autre"),
        (P + M + "<autre/>", "CHAMP_INCONNU", "/r/autre", "autre"),
        (P + M + "<autre/><encore/>", "CHAMP_INCONNU", "/r/autre", "autre"),
        (P + "<faute>abc</faute>", "CHAMP_MANQUANT", "/r/mot", "mot"),
        ("<option>x</option>" + M + P, "ORDRE", "/r/option", "prix"),
        (P + M + '<autre xmlns="urn:b"/>', "CHAMP_INCONNU", "/r/autre", "autre"),
        (M + P, "ORDRE", "/r/mot", "prix"),
        (P + M + "<option>x</option>", "ORDRE", "/r/option", "attendu"),
        (P + P + M, "CHAMP_REPETE", "/r/prix[2]", "prix"),
        (P + M + "<rang>1</rang>" * 3, "CHAMP_REPETE", "/r/rang[3]", "rang"),
        ('<p:prix xmlns:p="urn:b">1.00</p:prix>' + M, "ESPACE_DE_NOMS", "/r/prix", "urn:a"),
        ('<prix xmlns="">1.00</prix>' + M, "ESPACE_DE_NOMS", "/r/prix", "urn:a"),
        ("<prix>1.234</prix>" + M, "VALEUR_DECIMALES", "/r/prix", "2"),
        ("<prix>1.2</prix>" + M, "VALEUR_FORME", "/r/prix", "[0-9]+\\.[0-9]{2}"),
        ("<prix>x</prix>" + M, "VALEUR_FORME", "/r/prix", "Prix"),
        ("<prix></prix>" + M, "VALEUR_FORME", "/r/prix", "Prix"),
        (P + "<mot>a</mot>", "VALEUR_LONGUEUR", "/r/mot", "2"),
        (P + "<mot>abcde</mot>", "VALEUR_LONGUEUR", "/r/mot", "4"),
        (P + M + "<choix>PEUT</choix>", "VALEUR_ENUM", "/r/choix", "OUI"),
        (P + M + "<jour>2024-02-30</jour>", "VALEUR_FORME", "/r/jour", "date"),
        (P + M + "<rang>10</rang>", "VALEUR_BORNES", "/r/rang", "9"),
        ('<prix a="1">1.00</prix>' + M, "ATTRIBUT_INCONNU", "/r/prix", "attribut"),
        ("texte" + P + M, "CONTENU", "/r", "contenu"),
        (P + "<mot><b/></mot>", "CONTENU", "/r/mot", "mot"),
    ],
)
def test_the_rule_the_place_and_the_words(contenu: str, regle: str, xpath: str, mot: str) -> None:
    trouve = violation(contenu)
    assert trouve is not None
    assert (trouve.regle, trouve.xpath) == (regle, xpath)
    assert mot in trouve.francais
    assert trouve.champ in trouve.anglais


LIBXML2 = [
    "is not accepted by the pattern 'SECRET'.",
    "is not an element of the set {'SECRET'}.",
    "is not a valid value of the atomic type 'SECRET'.",
    "more fractional digits than are allowed ('SECRET').",
    "the allowed maximum length of 'SECRET'.",
    "is greater than the maximum value allowed ('SECRET').",
    "SECRET",
]
"""Values that imitate the sentence that quotes them."""


@pytest.mark.parametrize("valeur", LIBXML2)
@pytest.mark.parametrize("champ", ["prix", "mot", "choix", "jour", "rang"])
def test_a_value_never_comes_back(champ: str, valeur: str) -> None:
    valides = {"prix": P, "mot": M}
    corps = {**valides, champ: f"<{champ}>{valeur}</{champ}>"}
    trouve = violation("".join(corps.values()))
    assert trouve is not None
    assert trouve.xpath == f"/r/{champ}"
    assert "SECRET" not in repr(trouve)
    assert "SECRET" not in str(trouve.faute())


def test_prefixes_are_found_too() -> None:
    root = etree.fromstring(
        '<p:r xmlns:p="urn:a"><p:prix>1.00</p:prix><p:mot>abc</p:mot><p:rang>1</p:rang><p:rang>x</p:rang></p:r>'
    )
    trouve = first_violation(XSD, root)
    assert trouve is not None
    assert trouve.xpath == "/r/rang[2]"


def test_the_place_of_a_fragment_starts_with_what_stands_above() -> None:
    enveloppe = etree.fromstring(f'<e><h/><b><r xmlns="urn:a">{P}<mot>a</mot></r></b></e>')
    dedans = first_violation(XSD, enveloppe[1][0], "/Envelope/Body")
    seul = violation(P + "<mot>a</mot>", "/Envelope/Body")
    assert dedans is not None
    assert seul is not None
    assert dedans.xpath == seul.xpath == "/Envelope/Body/r/mot"


def test_a_crowd_of_unknown_fields_costs_no_search() -> None:
    trouve = violation(P + M + "<autre/>" * (MAX_SIBLINGS * 50))
    assert trouve is not None
    assert trouve.regle == "CHAMP_INCONNU"
