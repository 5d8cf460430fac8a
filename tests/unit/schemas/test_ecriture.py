"""What is written as text is read back as it was said."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tierspayant.schemas import ecriture, xml

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))


@given(texts | st.just("\ta\r\nb\r ]]> &amp; <b/>"))
def test_any_text_comes_back_as_it_was_said(texte: str) -> None:
    lu = xml.parse_own(ecriture.champ("un", texte).encode())
    assert (lu.tag, lu.text or "", len(lu)) == ("un", texte, 0)


def test_a_text_is_written_as_lxml_writes_it() -> None:
    element = etree.Element("un")
    element.text = "é 'a' \"b\" & <c> \r\n\t]]>"
    assert ecriture.champ("un", element.text).encode() == etree.tostring(element, encoding="utf-8")


def test_what_is_not_given_is_not_written() -> None:
    assert [ecriture.champ("a", None), ecriture.nombre("a", None), ecriture.euros("a", None)] == ["", "", ""]
    assert [ecriture.jour("a", None), ecriture.jour_compact("a", None), ecriture.instant("a", None)] == ["", "", ""]


def test_a_character_that_xml_has_not_is_a_defect_of_ours() -> None:
    with pytest.raises(AssertionError, match="not well-formed"):
        xml.parse_own(ecriture.champ("un", "a\x00b").encode())


def test_prefixes_are_declared_once_and_in_order() -> None:
    assert ecriture.racine("t:a", {"t": "urn:t", "": "urn:d"}, ecriture.nombre("b", 0)) == (
        '<t:a xmlns:t="urn:t" xmlns="urn:d"><b>0</b></t:a>'
    )


@pytest.mark.parametrize(
    ("valeur", "ecrit"),
    [
        (dt.datetime(2024, 1, 31, 10, tzinfo=dt.timezone(dt.timedelta(hours=1))), "2024-01-31T09:00:00Z"),
        (dt.datetime(2024, 1, 31, 10, 0, 0, 999, dt.UTC), "2024-01-31T10:00:00Z"),
        (dt.datetime(2024, 1, 31, 10, 0, 0, 7999, dt.UTC), "2024-01-31T10:00:00.007Z"),
    ],
)
def test_an_instant_is_utc_and_at_most_in_milliseconds(valeur: dt.datetime, ecrit: str) -> None:
    assert ecriture.instant("a", valeur) == f"<a>{ecrit}</a>"
