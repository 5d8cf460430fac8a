"""What of zeep's private side we lean on: it must still be there, and it must open nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import zeep
import zeep.exceptions
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from zeep.xsd.context import XmlParserContext

from tests.strategies import demandes
from tierspayant.schemas import contract, platforms, viamedis, xml
from tierspayant.schemas.client_road import ClientRoad
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import Demande, Entete
from tierspayant.schemas.soap import SOAP11, SOAP12, SoapVersion
from tierspayant.schemas.zeep_road import _SCHEME, Road, _Blocks, _Field, _PackageTransport

ENTETE = {"entete": {"idMessage": "m", "magasin": "759999014", "horodatage": "2024-01-31T10:00:00Z"}}
SENDER = Entete(id_message="m", magasin=Finess("759999014"), emis_le=dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC))


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


def test_a_field_that_does_not_exist_is_a_fault_of_the_dialect() -> None:
    road = Road(viamedis.PACKAGE, "droits.wsdl", SoapVersion.V11)
    with pytest.raises(TypeError, match="filtres"):
        road.message("ListerOrganismes", {"filtres": "X"}, ENTETE)
    with pytest.raises(TypeError, match="horloge"):
        road.message("ListerOrganismes", {}, {"entete": {**ENTETE["entete"], "horloge": "x"}})


def test_what_an_answer_leaves_out_is_none_or_an_empty_list() -> None:
    espace, commun = "urn:example:tp-optique:services:droits", "urn:example:tp-optique:services:commun"
    body = etree.fromstring(
        f'<a:ListerOrganismesResponse xmlns:a="{espace}" xmlns:c="{commun}"><a:idMessage>m</a:idMessage>'
        "</a:ListerOrganismesResponse>"
    )
    lu = Road(viamedis.PACKAGE, "droits.wsdl", SoapVersion.V11).answer("ListerOrganismes", body)
    assert (lu.idMessage, lu.organisme) == ("m", [])
    assert "organisme" in lu
    assert "numero" not in lu


def test_more_than_a_plain_sequence_is_left_to_zeep() -> None:
    """No contract of ours has an attribute; a platform's own may."""
    text, rang = zeep.xsd.Element("{urn:x}texte", zeep.xsd.String()), zeep.xsd.Attribute("rang", zeep.xsd.String())
    kind = zeep.xsd.ComplexType(zeep.xsd.Sequence([text]), attributes=[rang])
    schema = zeep.xsd.Schema()
    bloc = _Field("bloc", zeep.xsd.Element("{urn:x}bloc", kind), _Blocks(schema, XmlParserContext(schema.settings)))
    parent = etree.Element("parent")
    bloc.write(parent, {"texte": "T", "rang": "2"}, [])
    assert etree.tostring(parent[0]) == b'<ns0:bloc xmlns:ns0="urn:x" rang="2"><ns0:texte>T</ns0:texte></ns0:bloc>'
    lu = bloc.read(parent[0])
    assert (lu.texte, lu.rang) == ("T", "2")
    with pytest.raises(zeep.exceptions.ValidationError):
        bloc.write(parent, None, [])


@pytest.mark.parametrize("dialecte", ["viamedis", "almerys"])
def test_the_bytes_are_those_that_zeep_makes_its_own_way(dialecte: str) -> None:
    client, traits = platforms.client(dialecte), platforms.dialects()[dialecte].traits
    assert isinstance(client, ClientRoad)
    stock = {nom: _stock(client, nom) for nom in client._roads}

    @settings(max_examples=100, suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate))
    @given(st.sampled_from(list(client._grammaire.tours)).flatmap(lambda one: demandes(one, traits)))
    def same(demande: Demande) -> None:
        tour = client._tour(demande)
        bloc = {client._grammaire.entete: client._grammaire.build_entete(SENDER)}
        try:
            body = tour.build(demande)
        except Faute:
            return
        ours = client._roads[tour.wsdl].message(tour.nom, body, bloc)
        theirs = stock[tour.wsdl].service._binding._create(
            tour.nom, (), {**body, "_soapheaders": bloc}, client=stock[tour.wsdl]
        )[0]
        assert xml.serialise(ours) == xml.serialise(theirs)

    same()


def _stock(client: ClientRoad, wsdl: str) -> zeep.Client:
    """zeep's own client of the same file."""
    grammaire = client._grammaire
    transport = _PackageTransport(grammaire.package, grammaire.version)
    return zeep.Client(f"{_SCHEME}{wsdl}", transport=transport)


def test_a_schema_whose_import_leads_nowhere_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        contract.xsd(viamedis.PACKAGE, "absent.xsd")
    assert list(tmp_path.iterdir()) == []
