"""zeep as a codec: encode a call and decode its reply without any network (the adapter's road; wire.md).

zeep enforces no facet, so each side of the road is also validated against the XSD by the dialect that uses this.
`_binding` is used without zeep's own transport, and without `create_message`, which cannot say a field named `service`;
setup.cfg pins the range and a test covers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import zeep
from lxml import etree
from zeep.exceptions import Fault as ZeepFault
from zeep.transports import Transport

from tierspayant.schemas import contract
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpResponse, header

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


@dataclass(slots=True)
class _Reply:
    """What zeep's process_reply reads of a `requests` response."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    encoding: str | None = field(default="utf-8")


class Road:
    """One WSDL, loaded once. `message` and `reply` take and give plain dictionaries and zeep objects."""

    def __init__(self, package: str, wsdl: str, version: SoapVersion) -> None:
        settings = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        self._client = zeep.Client(f"{_SCHEME}{wsdl}", transport=_PackageTransport(package, version), settings=settings)
        self._service = self._client.service
        self.version = version

    def message(self, nom: str, body: Mapping[str, Any], soap_headers: Mapping[str, Any]) -> etree._Element:
        """The envelope of a call. Raises zeep.exceptions.ValidationError when a mandatory value is missing."""
        arguments = {**body, "_soapheaders": dict(soap_headers)}
        message: etree._Element
        message, _ = self._service._binding._create(nom, (), arguments, client=self._client)
        return message

    def reply(self, nom: str, reponse: HttpResponse) -> Any:
        """The parsed body of a good reply. Raises SoapFault for a fault, and zeep's or lxml's errors for the rest."""
        answer = _Reply(reponse.status, reponse.body, {"Content-Type": header(reponse.headers, "content-type") or ""})
        operation = self._service._binding._operations[nom]
        try:
            return self._service._binding.process_reply(self._client, operation, answer)
        except ZeepFault as fault:
            raise SoapFault(str(fault.code), str(fault.message), fault.detail) from None

    def action(self, nom: str) -> str:
        """The operation's soapAction."""
        return str(self._service._binding._operations[nom].soapaction)


class SoapFault(Exception):
    """A SOAP fault as received; `detail` is the fault's detail element, parsed by hand by the dialect."""

    def __init__(self, code: str, message: str, detail: etree._Element | None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.detail = detail
