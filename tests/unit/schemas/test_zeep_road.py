"""What of zeep's private side we lean on: it must still be there, and it must open nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import zeep.exceptions
from lxml import etree

from tierspayant.schemas import contract, viamedis
from tierspayant.schemas.soap import SOAP11, SOAP12, SoapVersion
from tierspayant.schemas.wire import HttpResponse
from tierspayant.schemas.zeep_road import Road, SoapFault

ENTETE = {"entete": {"idMessage": "m", "magasin": "759999014", "horodatage": "2024-01-31T10:00:00Z"}}


@pytest.mark.parametrize(("version", "espace"), [(SoapVersion.V11, SOAP11), (SoapVersion.V12, SOAP12)])
def test_a_call_is_made_without_a_network(version: SoapVersion, espace: str) -> None:
    road = Road(viamedis.PACKAGE, "droits.wsdl", version)
    root = road.message("ListerOrganismes", {"filtre": "X"}, ENTETE)
    assert root.tag == f"{{{espace}}}Envelope"
    assert [etree.QName(e).localname for e in root] == ["Header", "Body"]
    assert road.action("ListerOrganismes").endswith("/ListerOrganismes")


def test_a_field_named_service_can_be_said() -> None:
    root = Road(viamedis.PACKAGE, "droits.wsdl", SoapVersion.V11).message("EtatService", {"service": "PEC"}, ENTETE)
    assert [e.text for e in root[-1][0]] == ["PEC"]


def test_a_missing_field_is_a_validation_error() -> None:
    with pytest.raises(zeep.exceptions.ValidationError):
        Road(viamedis.PACKAGE, "retours.wsdl", SoapVersion.V11).message("ListerRetours", {}, {"entete": {}})


def test_a_fault_is_raised_with_its_detail() -> None:
    body = (
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>non</faultstring>'
        "<detail><x>1</x></detail></s:Fault></s:Body></s:Envelope>"
    ).encode()
    with pytest.raises(SoapFault) as faute:
        Road(viamedis.PACKAGE, "retours.wsdl", SoapVersion.V11).reply(
            "ListerRetours", HttpResponse(500, (("Content-Type", "text/xml"),), body)
        )
    assert faute.value.detail is not None
    assert (faute.value.code, faute.value.message, faute.value.detail[0].text) == ("s:Client", "non", "1")


def test_a_schema_whose_import_leads_nowhere_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        contract.xsd(viamedis.PACKAGE, "absent.xsd")
    assert list(tmp_path.iterdir()) == []
