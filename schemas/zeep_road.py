"""zeep as a codec: write a call and read its reply without any network (the adapter's road; wire.md).

zeep reads the WSDL and its XSD, and knows of every block which elements it has, in which order, how often, and how
each value is said in XML. Walking through a block is done here (`_Block`): zeep's own way copies headers, makes an
object of every block before it renders it, and parses the whole reply once more. What is more than a plain sequence of
elements (a choice, attributes, nil) is left to zeep. `_binding` is used for that; setup.cfg pins the range, and a test
holds the bytes equal to those that zeep's own way makes.

zeep enforces no facet, so each side of the road is also validated against the XSD by the dialect that uses this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import zeep
from lxml import etree
from zeep.transports import Transport
from zeep.xsd import ComplexType, Element, Sequence
from zeep.xsd.context import XmlParserContext

from tierspayant.schemas import contract
from tierspayant.schemas.soap import SoapVersion

_SCHEME = "contract://files/"


class _PackageTransport(Transport):
    """Reads contract files of one package and nothing else: no session is ever opened towards anything."""

    def __init__(self, package: str, version: SoapVersion) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.package = package
        self.version = version

    def load(self, url: str) -> bytes:
        nom = url.rsplit("/", 1)[-1]
        if nom.endswith(".wsdl"):
            return contract.description(self.package, nom, self.version, contract.ADDRESS)
        return contract.read(self.package, nom)


class Road:
    """One WSDL, loaded once. `message` takes plain dictionaries, `answer` gives objects with a field per element."""

    def __init__(self, package: str, wsdl: str, version: SoapVersion) -> None:
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        client = zeep.Client(f"{_SCHEME}{wsdl}", transport=_PackageTransport(package, version), settings=settings)
        self.version = version
        self._operations = client.service._binding._operations
        blocks = _Blocks(client.wsdl.types, XmlParserContext(settings))
        self._headers, self._questions, self._answers = {}, {}, {}
        for nom, operation in self._operations.items():
            self._headers[nom] = [_Field(part, one, blocks) for part, one in operation.input.header.type.elements]
            self._questions[nom] = _Field(nom, operation.input.body, blocks)
            self._answers[nom] = _Field(nom, operation.output.body, blocks)

    def message(self, nom: str, body: Mapping[str, Any], soap_headers: Mapping[str, Any]) -> etree._Element:
        """The envelope of a call. Raises zeep.exceptions.ValidationError when a mandatory value is missing, TypeError
        when a field is named that does not exist there (a fault of the dialect)."""
        espace = self.version.namespace
        envelope = etree.Element(f"{{{espace}}}Envelope", nsmap={"soap-env": espace})
        header = etree.Element(f"{{{espace}}}Header", nsmap=envelope.nsmap)  # apart: lxml numbers prefixes by document
        for part in self._headers[nom]:
            part.write(header, soap_headers[part.nom], ["header"])
        envelope.append(header)
        self._questions[nom].write(etree.SubElement(envelope, f"{{{espace}}}Body"), body, [])
        return envelope

    def answer(self, nom: str, body: etree._Element) -> Any:
        """The element of a good reply's Body, read. It is valid by the XSD: nothing else is known here."""
        return self._answers[nom].read(body)

    def action(self, nom: str) -> str:
        """The operation's soapAction."""
        return str(self._operations[nom].soapaction)


class _Value:
    """A block as read: an attribute for each of its elements, `None` or `[]` where the answer has none."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.__dict__ = found

    def __contains__(self, nom: str) -> bool:
        return nom in self.__dict__


class _Blocks:
    """The blocks of one WSDL, each walked to once. `schema`, `context`: what zeep wants when it reads by itself."""

    def __init__(self, schema: Any, context: Any) -> None:
        self.schema = schema
        self.context = context
        self._known: dict[int, _Block] = {}

    def of(self, kind: Any) -> _Block | None:
        """None: a simple type, or more than a plain sequence of elements."""
        if not isinstance(kind, ComplexType) or not _is_plain(kind):
            return None
        if id(kind) not in self._known:
            block = self._known[id(kind)] = _Block()
            block.fill(kind, self)
        return self._known[id(kind)]


def _is_plain(kind: Any) -> bool:
    whole = kind._element
    return (
        not kind.attributes
        and isinstance(whole, Sequence)
        and not whole.accepts_multiple
        and all(isinstance(one, Element) and not one.nillable for one in whole)
    )


class _Field:
    """One element of a block, by the name zeep gives it."""

    def __init__(self, nom: str, element: Any, blocks: _Blocks) -> None:
        self.nom = nom
        self.tag = element.qname.text
        self.many = element.accepts_multiple
        self._optional = element.is_optional
        self._element = element
        self._block = blocks.of(element.type)
        self._by_zeep = self._block is None and isinstance(element.type, ComplexType)
        self._blocks = blocks

    def write(self, parent: etree._Element, value: Any, path: list[str]) -> None:
        if value is None and self._optional:
            return
        if self._by_zeep:
            self._element.render(parent, value, [*path, self.nom])
        else:
            if value is None or isinstance(value, list):
                self._element.validate(value, [*path, self.nom])
            for one in value if isinstance(value, list) else (value,):
                self._write_one(etree.SubElement(parent, self.tag), one, path)

    def _write_one(self, node: etree._Element, value: Any, path: list[str]) -> None:
        if self._block is None:
            node.text = self._element.type.xmlvalue(value)
        else:
            self._block.write(node, value, [*path, self.nom])

    def read(self, node: etree._Element) -> Any:
        if self._block is not None:
            return self._block.read(node)
        if self._by_zeep:
            return self._element.parse(node, self._blocks.schema, allow_none=True, context=self._blocks.context)
        return None if node.text is None else self._element.type.pythonvalue(node.text)


class _Block:
    """A plain sequence of elements."""

    def fill(self, kind: Any, blocks: _Blocks) -> None:
        """Apart from its making, since a block may hold one of its own kind."""
        self._fields = [_Field(nom, element, blocks) for nom, element in kind.elements]
        self._names = frozenset(field.nom for field in self._fields)
        self._by_tag = {field.tag: field for field in self._fields}

    def write(self, node: etree._Element, values: Mapping[str, Any], path: list[str]) -> None:
        unknown = values.keys() - self._names
        if unknown:
            raise TypeError(f"{'/'.join(path)} has no field {', '.join(sorted(unknown))}")
        for field in self._fields:
            field.write(node, values.get(field.nom), path)

    def read(self, node: etree._Element) -> _Value | None:
        if not len(node):
            return None
        found: dict[str, Any] = {field.nom: [] if field.many else None for field in self._fields}
        for child in node:
            field = self._by_tag[str(child.tag)]
            if field.many:
                found[field.nom].append(field.read(child))
            else:
                found[field.nom] = field.read(child)
        return _Value(found)
