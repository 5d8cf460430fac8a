"""A limit of the XML parser that another one hides: found by planting bugs (mutants/bugs/wire.toml)."""

from __future__ import annotations

import pytest
from lxml import etree

from tierspayant.schemas import xml

EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///nowhere/at-all">]><a>&x;</a>'


class Asked(etree.Resolver):
    """Notes what a document asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str | None] = []

    def resolve(self, system_url: str | None, public_id: str | None, context: object) -> object:  # type: ignore[override]
        self.urls.append(system_url)
        return self.resolve_string("<read/>", context)


def test_an_external_entity_is_not_even_asked_for() -> None:
    asked, parser = Asked(), xml._parser(None)
    parser.resolvers.add(asked)
    try:
        with pytest.raises(xml.XmlInvalide) as refused:
            xml.parse(EXTERNAL)
    finally:
        parser.resolvers.remove(asked)
    assert refused.value.regle == "XML_DTD"
    assert asked.urls == []


def test_the_control_of_what_is_asked_for_can_fail() -> None:
    asked, parser = Asked(), etree.XMLParser(resolve_entities=True)
    parser.resolvers.add(asked)
    etree.fromstring(EXTERNAL, parser)
    assert asked.urls == ["file:///nowhere/at-all"]
