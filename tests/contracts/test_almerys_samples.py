"""The almerys-style samples say what their names promise, and leave no element of the contract unused."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest
from lxml import etree

from tierspayant.schemas import contract, xsd_rules
from tierspayant.schemas.almerys import DIALECTE
from tierspayant.schemas.almerys.words import CHEMIN, ENTETE, NS, PACKAGE, XSD
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.messages import DevisDemande, FactureDemande, PecDemande
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NotNow, Refus
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

XS = "{http://www.w3.org/2001/XMLSchema}"
SAMPLES = files(PACKAGE).joinpath("samples")
TYPE_12 = (("Content-Type", SoapVersion.V12.content_type),)


def _fichiers(dossier: str = "") -> dict[str, Traversable]:
    lieu = SAMPLES.joinpath(dossier) if dossier else SAMPLES
    return {une.name.removesuffix(".xml"): une for une in lieu.iterdir() if une.name.endswith(".xml")}


OK = {nom.removesuffix(".ok"): f for nom, f in _fichiers().items() if nom.endswith(".ok")}
KO = _fichiers("ko")
VARIANTES = _fichiers("variantes")
REPONSES = {nom.removesuffix("Response"): f for nom, f in _fichiers().items() if nom.endswith("Response")}
DEMANDES = OK | {nom: f for nom, f in VARIANTES.items() if nom.split("-")[0] in OK}


def _lu(fichier: Traversable) -> Appel:
    return DIALECTE.load_server().read(HttpRequest("POST", CHEMIN, TYPE_12, fichier.read_bytes()))


def test_every_wire_operation_has_a_sample_and_an_answer() -> None:
    assert set(OK) == set(REPONSES) == set(DIALECTE.names.values())


@pytest.mark.parametrize("nom", sorted(DEMANDES))
def test_a_sample_is_read_as_the_operation_of_its_name(nom: str) -> None:
    appel = _lu(DEMANDES[nom])
    assert DIALECTE.names[appel.operation] == nom.split("-", maxsplit=1)[0]
    assert appel.entete.magasin.clair == "759999014"
    assert appel.version is SoapVersion.V12


def test_the_samples_carry_the_values_of_the_ready_made_world() -> None:
    pec = _lu(OK["Valoriser"]).demande
    assert isinstance(pec, PecDemande)
    assert not isinstance(pec, DevisDemande)
    assert pec.equipement.total_centimes == 30000
    assert (pec.carte.numero_amc.clair, pec.beneficiaire.prenom.clair) == ("990020020", "HUGO")
    lot = _lu(OK["DeposerLot"]).demande
    assert isinstance(lot, FactureDemande)
    [facture] = lot.factures
    montants = facture.montants
    assert (montants.amo_centimes, montants.amc_centimes, montants.reste_a_charge_centimes) == (9, 17991, 12000)
    assert (facture.numero_pec, facture.numero_facture) == ("20240124000001", "240131001")


@pytest.mark.parametrize("nom", sorted(KO))
def test_a_bad_sample_breaks_the_rule_of_its_name(nom: str) -> None:
    with pytest.raises(Faute) as refus:
        _lu(KO[nom])
    assert (refus.value.code, refus.value.regle) == ("TEC05", nom.split("-", maxsplit=1)[0])
    assert DIALECTE.load_server().fault(SoapVersion.V12, refus.value).status == refus.value.statut == 500


def _operation(nom: str, corps: etree._Element) -> Operation:
    if nom == "Valoriser":
        return Operation.DEVIS if corps.findtext(f".//{{{NS}}}typeDemande") == "DEVIS" else Operation.PEC
    return next(une for une, mot in DIALECTE.names.items() if mot == nom)


@pytest.mark.parametrize(
    "fichier", [*REPONSES.values(), *(f for n, f in VARIANTES.items() if "Response" in n)], ids=lambda f: str(f.name)
)
def test_a_sample_answer_is_read_by_the_client(fichier: Traversable) -> None:
    octets = fichier.read_bytes()
    corps = etree.fromstring(octets)[-1][0]
    nom = etree.QName(corps).localname.removesuffix("Response")
    id_message = corps.findtext(f"{{{NS}}}idMessage") or ""
    outcome = DIALECTE.load_client().decode(_operation(nom, corps), id_message, HttpResponse(200, TYPE_12, octets))
    suffixe = fichier.name.removesuffix(".xml").partition("-")[2]
    attendu = {"refus": Refus, "negatif": Refus, "indisponible": NotNow}.get(suffixe, Answer)
    assert isinstance(outcome, attendu)


# ------------------------------------------------------------------------------------------------------ coverage


def _declarations(schema: etree._Element) -> dict[str, etree._Element]:
    return {str(e.get("name")): e for e in schema if e.get("name")}


def _declared(schema: etree._Element) -> set[str]:
    """'Type/element' for every local element, and the name of every global one."""
    tops = _declarations(schema)
    locaux = {f"{nom}/{e.get('name')}" for nom, top in tops.items() for e in top.iter(f"{XS}element") if e is not top}
    return locaux | {nom for nom, top in tops.items() if top.tag == f"{XS}element"}


def _used(element: etree._Element, declaration: etree._Element, tops: dict[str, etree._Element]) -> Iterator[str]:
    """The declarations that an instance walks through."""
    enfants = {str(e.get("name")): e for e in declaration.iter(f"{XS}element") if e is not declaration}
    for enfant in element:
        nom = etree.QName(enfant).localname
        yield f"{declaration.get('name')}/{nom}"
        kind = tops.get(str(enfants[nom].get("type")).removeprefix("g:"))
        if kind is not None and kind.tag == f"{XS}complexType":
            yield from _used(enfant, kind, tops)


def _blocks(fichier: Traversable) -> Iterator[etree._Element]:
    """The elements of our namespace that stand highest in an envelope."""
    for element in etree.fromstring(fichier.read_bytes()).iter(f"{{{NS}}}*"):
        parent = element.getparent()
        if parent is not None and etree.QName(parent).namespace != NS:
            yield element


def _coverage(fichiers: list[Traversable]) -> set[str]:
    tops = _declarations(etree.fromstring(contract.read(PACKAGE, XSD)))
    vus: set[str] = set()
    for fichier in fichiers:
        for bloc in _blocks(fichier):
            assert xsd_rules.first_violation(contract.xsd(PACKAGE, XSD), bloc) is None, fichier.name
            nom = etree.QName(bloc).localname
            vus |= {nom, *_used(bloc, tops[nom], tops)}
    return vus


GOLDEN = [*DEMANDES.values(), *REPONSES.values(), *VARIANTES.values()]


def test_the_samples_use_every_element_of_the_contract() -> None:
    declared = _declared(etree.fromstring(contract.read(PACKAGE, XSD)))
    assert declared - _coverage(GOLDEN) == set()
    assert ENTETE in declared


def test_the_coverage_measure_sees_a_gap() -> None:
    declared = _declared(etree.fromstring(contract.read(PACKAGE, XSD)))
    gap = declared - _coverage([f for f in GOLDEN if "Lot" not in f.name])
    assert {"DeposerLot/numeroLot", "FactureLotType/factureRemplacee", "ArlType/statut"} <= gap
