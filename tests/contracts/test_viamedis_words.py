"""What is the viamedis-style dialect's own: its words, what it cannot say, what stock tools make of its contract."""

from __future__ import annotations

import dataclasses
import datetime as dt
from importlib.resources import files
from pathlib import Path

import pytest
import zeep

from tests.contracts.dialecte import lire
from tierspayant.schemas import codes, contract, lexique, platforms
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import (
    Demande,
    Entete,
    EtatFactureDemande,
    EtatPecDemande,
    EtatPecReponse,
    EtatServiceDemande,
    FactureDemande,
    OrganismesDemande,
    PecDemande,
    PecReponse,
    PiecesDemande,
    Reponse,
    ResultatFacture,
    ResultatPec,
)
from tierspayant.schemas.operations import SERVICE_OF, Operation, Service
from tierspayant.schemas.outcomes import Answer, NatureRefus, NotNow, Refus
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.viamedis import CHEMINS, DIALECTE, NOMS, PACKAGE
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

ENTETE = Entete(
    id_message="m-1", magasin=Finess("759999014"), emis_le=dt.datetime(2024, 1, 31, 9, 0, 0, 123_456, tzinfo=dt.UTC)
)
XML = (("Content-Type", "text/xml"),)


def demande(chemin: str, fichier: str) -> Demande:
    return platforms.server("viamedis").read(HttpRequest("POST", chemin, XML, lire(PACKAGE, fichier))).demande


def reponse(operation: Operation, fichier: str, id_message: str, body: bytes | None = None) -> object:
    recu = HttpResponse(200, XML, body or lire(PACKAGE, fichier))
    return platforms.client("viamedis").decode(operation, id_message, recu)


def encode(question: Demande) -> HttpRequest:
    return platforms.client("viamedis").encode(ENTETE, question)


def test_the_sample_pec_is_the_standard_equipment() -> None:
    lu = demande("/prises-en-charge", "DemanderPriseEnCharge.ok.xml")
    assert isinstance(lu, PecDemande)
    assert lu.organisme == "M011"
    assert lu.equipement.total_centimes == 30_000
    assert [ligne.lpp.clair for ligne in lu.equipement.lignes] == ["2299026", "2299121", "2299121"]
    assert lu.assure.nir.clair == "285057599900197"


def test_the_sample_documents_are_read_inline() -> None:
    lu = demande("/prises-en-charge", "DeposerPieces.ok.xml")
    assert isinstance(lu, PiecesDemande)
    assert lu.pieces[0].contenu.startswith(b"%PDF-1.4")


def test_the_sample_answer_has_the_known_amounts() -> None:
    lu = reponse(Operation.PEC, "DemanderPriseEnChargeResponse.xml", "exemple-0005")
    assert isinstance(lu, Answer)
    assert isinstance(lu.reponse, PecReponse)
    montants = lu.reponse.montants
    assert montants is not None
    assert (montants.amo_centimes, montants.amc_centimes, montants.reste_a_charge_centimes) == (9, 17_991, 12_000)
    assert (lu.reponse.valide_au, lu.reponse.facturable_jusqu_au) == (dt.date(2024, 3, 31), dt.date(2024, 4, 30))


def test_a_refused_pec_is_a_refusal_with_its_reason() -> None:
    lu = reponse(Operation.PEC, "DemanderPriseEnChargeResponse.refus.xml", "exemple-0005")
    assert isinstance(lu, Refus)
    assert lu.nature is NatureRefus.DEFINITIF
    assert [(motif.code, motif.code_plateforme) for motif in lu.motifs] == [("PEC01", "RENOUVELLEMENT")]
    assert lu.reponse is not None


def test_unavailable_is_not_now_with_its_delay() -> None:
    lu = reponse(Operation.PEC, "DemanderPriseEnChargeResponse.indisponible.xml", "exemple-0005")
    assert isinstance(lu, NotNow)
    assert lu.retry_after == dt.timedelta(minutes=10)


def test_the_state_of_a_double_gives_both() -> None:
    lu = reponse(Operation.ETAT_PEC, "ConsulterPriseEnChargeResponse.doublon.xml", "exemple-0006")
    assert isinstance(lu, Answer)
    assert isinstance(lu.reponse, EtatPecReponse)
    assert [une.resultat for une in lu.reponse.dossiers] == [ResultatPec.EN_INSTANCE] * 2


def test_an_unknown_state_and_an_unknown_code_are_kept() -> None:
    body = lire(PACKAGE, "DemanderPriseEnChargeResponse.refus.xml")
    body = body.replace(b">Refusee<", b">En arbitrage<").replace(b">RENOUVELLEMENT<", b">ZZ-17<")
    lu = reponse(Operation.PEC, "", "exemple-0005", body)
    assert isinstance(lu, Answer)
    assert isinstance(lu.reponse, PecReponse)
    assert (lu.reponse.resultat, lu.reponse.etat_plateforme) == (ResultatPec.INCONNU, "En arbitrage")
    assert (lu.reponse.motifs[0].code, lu.reponse.motifs[0].code_plateforme) == ("INC00", "ZZ-17")


def test_every_synonym_of_a_state_is_read() -> None:
    body = lire(PACKAGE, "ConsulterPriseEnChargeResponse.xml")
    for libelle, canonique in lexique.mots(PACKAGE, "etats_pec").canonique.items():
        lu = reponse(Operation.ETAT_PEC, "", "exemple-0006", body.replace(b">Accordee<", f">{libelle}<".encode()))
        assert isinstance(lu, Answer)
        assert isinstance(lu.reponse, EtatPecReponse)
        assert [une.resultat.value for une in lu.reponse.dossiers] == [canonique]


def test_every_code_and_every_state_has_a_word() -> None:
    assert set(lexique.mots(PACKAGE, "motifs").plateforme) == set(codes.table()) - {codes.CODE_INCONNU}
    assert set(lexique.mots(PACKAGE, "etats_pec").plateforme) == set(ResultatPec) - {ResultatPec.INCONNU}
    assert set(lexique.mots(PACKAGE, "etats_facture").plateforme) == set(ResultatFacture) - {ResultatFacture.INCONNU}


def _sans_organisme() -> Demande:
    lu = demande("/prises-en-charge", "DemanderPriseEnCharge.ok.xml")
    assert isinstance(lu, PecDemande)
    return dataclasses.replace(lu, organisme=None)


def _factures(nombre: int, lot: str | None) -> Demande:
    lu = demande("/facturation", "DeposerFacture.ok.xml")
    assert isinstance(lu, FactureDemande)
    return FactureDemande(factures=lu.factures * nombre, numero_lot=lot)


@pytest.mark.parametrize(
    ("regle", "champ", "make"),
    [
        ("CHAMP_MANQUANT", "organisme", _sans_organisme),
        ("CHAMP_INCONNU", "numero_lot", lambda: _factures(1, "L1")),
        pytest.param("CHAMP_REPETE", "factures", lambda: _factures(2, None), id="two invoices"),
        pytest.param("CHAMP_REPETE", "factures", lambda: _factures(0, None), id="no invoice"),
        ("UN_SEUL_CRITERE", "reference", EtatPecDemande),
        ("UN_SEUL_CRITERE", "reference", lambda: EtatFactureDemande(numero_facture="1", reference="2")),
        ("VALEUR_LONGUEUR", "reference", lambda: EtatPecDemande(reference="R" * 65)),
        ("VALEUR_CARACTERES", "ListerOrganismes", lambda: OrganismesDemande(filtre="\x00")),
    ],
)
def test_what_cannot_be_said_names_the_field(regle: str, champ: str, make: object) -> None:
    assert callable(make)
    with pytest.raises(Faute) as refus:
        encode(make())
    assert (refus.value.regle, refus.value.cote, refus.value.code) == (regle, Cote.CLIENT, "TEC05")
    assert f"« {champ} »" in refus.value.francais


def test_an_operation_of_another_dialect_cannot_be_said() -> None:
    from tierspayant.schemas.messages import EtatLotDemande

    with pytest.raises(Faute) as refus:
        encode(EtatLotDemande(numero_lot="L1"))
    assert refus.value.regle == "OPERATION_INCONNUE"


def test_a_time_is_sent_in_utc_with_milliseconds() -> None:
    body = encode(OrganismesDemande()).body.decode()
    assert "2024-01-31T09:00:00.123" in body


def test_each_logical_service_is_asked_where_it_lives() -> None:
    for service in Service:
        requete = encode(EtatServiceDemande(service=service))
        assert platforms.server("viamedis").read(requete).service is service
        autres = {op for op in platforms.server("viamedis").chemins[requete.path] if op is not Operation.ETAT_SERVICE}
        assert service in {SERVICE_OF[op] for op in autres}


def test_the_soap_action_is_quoted_and_unique() -> None:
    actions = set()
    for chemin in CHEMINS:
        for operation in CHEMINS[chemin]:
            requete = encode(demande(f"/{chemin}", f"{NOMS[operation]}.ok.xml"))
            actions.add(header(requete.headers, "soapaction"))
    assert len(actions) == 14
    assert all(action and action.startswith('"urn:') and action.endswith('"') for action in actions)


def test_a_default_limit_is_taken_when_none_is_given() -> None:
    body = lire(PACKAGE, "ListerRetours.ok.xml").replace(b"<t:limite>100</t:limite>", b"")
    lu = platforms.server("viamedis").read(HttpRequest("POST", "/retours", XML, body)).demande
    assert lu == demande("/retours", "ListerRetours.ok.xml")


@pytest.mark.parametrize("version", list(SoapVersion))
def test_a_stock_zeep_client_loads_every_wsdl(tmp_path: Path, version: SoapVersion) -> None:
    for fichier in files(PACKAGE).iterdir():
        if fichier.name.endswith(".xsd"):
            (tmp_path / fichier.name).write_bytes(fichier.read_bytes())
    for chemin, operations in CHEMINS.items():
        (tmp_path / f"{chemin}.wsdl").write_bytes(contract.description(PACKAGE, f"{chemin}.wsdl", version, "http://h/"))
        client = zeep.Client(str(tmp_path / f"{chemin}.wsdl"))
        [service] = client.wsdl.services.values()
        [port] = service.ports.values()
        assert set(port.binding._operations) == {*(NOMS[une] for une in operations), "EtatService"}
        assert ("soap12" in str(type(port.binding)).lower()) == (version is SoapVersion.V12)
        for operation in port.binding._operations.values():
            assert "idMessage" in operation.output.signature()


def test_the_traits_say_what_the_dialect_does() -> None:
    traits = DIALECTE.traits
    assert (traits.lots, traits.organisme_choisi, traits.doublon_pec, traits.recherche_par_reference) == (
        False,
        True,
        True,
        True,
    )
    assert traits.version_soap is SoapVersion.V11


def test_our_own_answer_out_of_contract_is_an_assertion() -> None:
    server = platforms.server("viamedis")
    appel = server.read(HttpRequest("POST", "/prises-en-charge", XML, lire(PACKAGE, "DeposerDevis.ok.xml")))
    fautive: Reponse = PecReponse(resultat=ResultatPec.CHIFFRE, etat_plateforme="", numero="N" * 65)
    with pytest.raises(AssertionError, match="VALEUR_LONGUEUR at /DeposerDevisResponse/devis/numero"):
        server.write(appel, fautive)
