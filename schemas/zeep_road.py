"""zeep as a codec: write a call and read its reply without any network (the adapter's road; wire.md).

The WSDL and its XSD are loaded by zeep, and every element of a message is rendered and parsed by zeep's own elements.
What zeep does around them is left out: it copies headers, makes an object of every block before it renders it, and
parses the whole reply once more with a parser of its own. So `_binding` is used, and its operations' parts; setup.cfg
pins the range, and a test holds the bytes equal to those that zeep's own way makes.

zeep enforces no facet, so each side of the road is also validated against the XSD by the dialect that uses this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import zeep
from lxml import etree
from zeep.transports import Transport
from zeep.xsd import ComplexType
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
        self._types = client.wsdl.types
        self._context = XmlParserContext(settings)
        self._operations = client.service._binding._operations
        for operation in self._operations.values():
            _read_as_values(operation.output.body.type)
        self._known: dict[ComplexType, dict[str, Any]] = {}

    def message(self, nom: str, body: Mapping[str, Any], soap_headers: Mapping[str, Any]) -> etree._Element:
        """The envelope of a call. Raises zeep.exceptions.ValidationError when a mandatory value is missing, TypeError
        when a field is named that does not exist there (a fault of the dialect)."""
        message, espace = self._operations[nom].input, self.version.namespace
        envelope = etree.Element(f"{{{espace}}}Envelope", nsmap={"soap-env": espace})
        header = etree.Element(f"{{{espace}}}Header", nsmap=envelope.nsmap)  # apart: lxml numbers prefixes by document
        for part, element in message.header.type.elements:
            self._check_names(element.type, soap_headers[part])
            element.render(header, soap_headers[part], ["header", part])
        envelope.append(header)
        self._check_names(message.body.type, body)
        message.body.render(etree.SubElement(envelope, f"{{{espace}}}Body"), body)
        return envelope

    def answer(self, nom: str, body: etree._Element) -> Any:
        """The element of a good reply's Body, read. Raises zeep's errors for one that is not this operation's."""
        return self._operations[nom].output.body.parse(body, self._types, context=self._context)

    def action(self, nom: str) -> str:
        """The operation's soapAction."""
        return str(self._operations[nom].soapaction)

    def _check_names(self, kind: Any, fields: Mapping[str, Any]) -> None:
        """zeep renders what it knows of a dictionary and passes over the rest: here the rest is an error."""
        known = self._known.get(kind)
        if known is None:
            known = self._known.setdefault(kind, {nom: element.type for nom, element in kind.elements})
        for nom, value in fields.items():
            below = known.get(nom)
            if below is None:
                raise TypeError(f"{kind.name} has no field {nom}")
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, dict):
                    self._check_names(below, one)


class _Value:
    """A block as read: an attribute for each of its elements, `None` or `[]` where the answer has none."""

    absent: Mapping[str, Any] = {}

    def __init__(self, **found: Any) -> None:
        self.__dict__ = {**self.absent, **found}

    def __contains__(self, nom: str) -> bool:
        return nom in self.__dict__


def _read_as_values(kind: Any) -> None:
    """Have zeep make plain values of a type and of all below it, where it would make objects of its own."""
    for one in _complex_types(kind, set()):
        absent = {nom: element.default_value for nom, element in one.elements}
        one.__dict__["_value_class"] = type("Value", (_Value,), {"absent": absent})


def _complex_types(kind: Any, seen: set[int]) -> Iterator[Any]:
    if isinstance(kind, ComplexType) and id(kind) not in seen:
        seen.add(id(kind))
        yield kind
        for _, element in kind.elements:
            yield from _complex_types(element.type, seen)
