"""The almerys-style contract as foreign stacks meet it, and what its two roads promise beyond the shared suite."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import zeep
from lxml import etree

from tierspayant.schemas import contract
from tierspayant.schemas.almerys import DIALECTE
from tierspayant.schemas.almerys.words import CHEMIN, NS, PACKAGE, XSD
from tierspayant.schemas.codes import motif, table
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.lexique import mots
from tierspayant.schemas.messages import (
    Entete,
    EtatPecDemande,
    FactureDemande,
    Indisponible,
    Motif,
    OrganismesDemande,
    PecDemande,
    PecReponse,
    Reponse,
    ResultatFacture,
    ResultatPec,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NatureRefus, NotNow, NotYou, Outcome, RaisonCompte, Refus, Unreadable
from tierspayant.schemas.platforms import Appel
from tierspayant.schemas.soap import SOAP11, SOAP12, WSA, SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse, header

ENTETE = Entete(id_message="M-1", magasin=Finess("759999014"), emis_le=dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC))
INCONNU = Motif(code="INC00", code_plateforme="7777", libelle="?")
ACCORD = PecReponse(resultat=ResultatPec.ACCORDEE, etat_plateforme="VALIDEE", numero="20240131000001")


def _sample(nom: str) -> Appel:
    octets = contract.read(PACKAGE, f"samples/{nom}.xml")
    return DIALECTE.load_server().read(HttpRequest("POST", CHEMIN, (("Content-Type", "application/soap+xml"),), octets))


def _answered(nom: str, reponse: Reponse, avant: str = "", apres: str = "") -> Outcome:
    """What the client makes of the server's answer to a sample, with one piece of its text replaced."""
    appel = _sample(nom)
    ecrit = DIALECTE.load_server().write(appel, reponse)
    assert avant in ecrit.body.decode()
    octets = ecrit.body.decode().replace(avant, apres).encode() if avant else ecrit.body
    return DIALECTE.load_client().decode(
        appel.operation, appel.entete.id_message, HttpResponse(ecrit.status, ecrit.headers, octets)
    )


# ---------------------------------------------------------------------------------------------- as a foreign stack


@pytest.mark.parametrize("version", list(SoapVersion))
def test_stock_zeep_loads_the_description_from_files(version: SoapVersion, tmp_path: Path) -> None:
    base = "http://192.0.2.1:8472/s/essai"
    (tmp_path / "guichet.wsdl").write_bytes(DIALECTE.load_server().description(CHEMIN, version, base))
    (tmp_path / XSD).write_bytes(DIALECTE.load_server().schema(CHEMIN, XSD) or b"")
    client = zeep.Client(str(tmp_path / "guichet.wsdl"))
    service = client.service
    operations = service._binding._operations
    assert set(operations) == set(DIALECTE.names.values())
    assert service._binding_options["address"] == f"{base}{CHEMIN}"
    signature = operations["EtatService"].input.signature()
    assert "serviceLogique: ns0:ServiceType" in signature
    envelope = client.create_message(client.service, "ConsulterLot", numeroLot="L1", _soapheaders=_zeep_entete())
    assert envelope.tag == f"{{{version.namespace}}}Envelope"


def _zeep_entete() -> dict[str, object]:
    champs = {"idMessage": "M-1", "magasin": "759999014", "horodatage": dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC)}
    return {"entete": champs}


def test_the_two_descriptions_never_mix_their_soap_namespaces() -> None:
    server = DIALECTE.load_server()
    un, deux = (server.description(CHEMIN, version, "http://h") for version in SoapVersion)
    assert b"/wsdl/soap12/" not in un
    assert b"/wsdl/soap/" not in deux
    assert un.count(b"soapAction=") == un.count(b'soapAction="urn:example:') == 14


def test_every_element_is_documented_in_both_languages() -> None:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    racine = etree.fromstring(contract.read(PACKAGE, XSD))
    for element in [*racine.iter(f"{xs}element"), *racine.iter(f"{xs}enumeration")]:
        langues = [
            doc.get("{http://www.w3.org/XML/1998/namespace}lang")
            for doc in element.findall(f"{xs}annotation/{xs}documentation")
            if (doc.text or "").strip()
        ]
        assert langues == ["fr", "en"], element.get("name") or element.get("value")


# -------------------------------------------------------------------------------------------------- SOAP versions


def test_a_soap_11_envelope_is_answered_in_11_and_a_message_id_is_echoed() -> None:
    octets = contract.read(PACKAGE, "samples/ConsulterDossier.ok.xml").replace(SOAP12.encode(), SOAP11.encode())
    adresse = f'<wsa:MessageID xmlns:wsa="{WSA}">urn:example:7</wsa:MessageID></soap:Header>'
    octets = octets.replace(b"</soap:Header>", adresse.encode())
    server = DIALECTE.load_server()
    appel = server.read(HttpRequest("POST", CHEMIN, (("Content-Type", "text/xml"),), octets))
    assert (appel.version, appel.message_id) == (SoapVersion.V11, "urn:example:7")
    ecrit = server.write(appel, Indisponible(motif=motif("TEC07")))
    racine = etree.fromstring(ecrit.body)
    assert racine.tag == f"{{{SOAP11}}}Envelope"
    assert racine.findtext(f".//{{{WSA}}}RelatesTo") == "urn:example:7"
    assert (header(ecrit.headers, "content-type") or "").startswith("text/xml")


def test_the_client_speaks_12_with_its_action_and_the_same_bytes_each_time() -> None:
    client = DIALECTE.load_client()
    une, deux = (client.encode(ENTETE, EtatPecDemande(numero_pec="1")) for _ in range(2))
    assert une == deux
    assert f'action="{NS}/ConsulterDossier"' in (header(une.headers, "content-type") or "")
    assert DIALECTE.load_server().read(une).message_id == "M-1"


# ------------------------------------------------------------------------------------------------ what cannot be said


@pytest.mark.parametrize(
    ("demande", "regle"),
    [
        (OrganismesDemande(), "OPERATION_INCONNUE"),
        (EtatPecDemande(), "UN_SEUL_CRITERE"),
        (EtatPecDemande(numero_pec="1", reference="R"), "UN_SEUL_CRITERE"),
        (EtatPecDemande(reference="deux mots"), "VALEUR_FORME"),
        (FactureDemande(factures=(), numero_lot="L1"), "CHAMP_MANQUANT"),
        (FactureDemande(factures=()), "CHAMP_MANQUANT"),
    ],
    ids=["organismes", "aucun critere", "deux criteres", "reference avec espace", "lot vide", "sans numero de lot"],
)
def test_what_the_dialect_cannot_say_is_refused_before_it_leaves(demande: object, regle: str) -> None:
    with pytest.raises(Faute) as refus:
        DIALECTE.load_client().encode(ENTETE, demande)  # type: ignore[arg-type]
    assert (refus.value.cote, refus.value.regle) == (Cote.CLIENT, regle)


def test_the_insurer_of_a_question_is_dropped_since_the_platform_finds_it() -> None:
    demande = _sample("Valoriser.ok").demande
    assert isinstance(demande, PecDemande)
    client, server = DIALECTE.load_client(), DIALECTE.load_server()
    choisi = client.encode(ENTETE, replace(demande, organisme="A020"))
    assert choisi == client.encode(ENTETE, demande)
    assert server.read(choisi).demande == demande


def test_a_full_lot_of_500_invoices_of_six_lines_is_read() -> None:
    demande = _sample("DeposerLot.ok").demande
    assert isinstance(demande, FactureDemande)
    [facture] = demande.factures
    lignes = facture.lignes + tuple(replace(ligne, numero=ligne.numero + 3) for ligne in facture.lignes)
    parts = facture.montants.lignes
    parts += tuple(replace(part, numero=part.numero + 3) for part in parts)
    facture = replace(facture, lignes=lignes, montants=replace(facture.montants, lignes=parts))
    factures = tuple(replace(facture, reference=f"D-{n}/FAC-1", numero_facture=f"{n:09d}") for n in range(500))
    plein = replace(demande, factures=factures)
    assert DIALECTE.load_server().read(DIALECTE.load_client().encode(ENTETE, plein)).demande == plein
    with pytest.raises(Faute) as refus:
        DIALECTE.load_client().encode(ENTETE, replace(plein, factures=(*factures, facture)))
    assert (refus.value.cote, refus.value.regle) == (Cote.CLIENT, "CHAMP_REPETE")
    assert "« DeposerLot/facture »" in refus.value.francais


# ------------------------------------------------------------------------------------------- states and return codes


def test_every_canonical_code_but_the_unknown_one_has_exactly_one_wire_code() -> None:
    motifs = mots(PACKAGE, "motifs")
    assert set(motifs.plateforme) == set(table()) - {"INC00"}
    assert len(motifs.canonique) == len(motifs.plateforme)


def test_every_canonical_state_has_its_word() -> None:
    dossiers = set(mots(PACKAGE, "etats_pec").plateforme) | set(mots(PACKAGE, "etats_devis").plateforme)
    assert dossiers == {etat.value for etat in ResultatPec} - {ResultatPec.INCONNU.value}
    factures = set(mots(PACKAGE, "etats_facture").plateforme)
    assert factures == {etat.value for etat in ResultatFacture} - {ResultatFacture.INCONNU.value}


def test_the_files_have_eight_states() -> None:
    assert len({label.partition("/")[0] for label in mots(PACKAGE, "etats_pec").canonique}) == 8


def test_an_agreement_that_waits_for_documents_is_not_called_validated() -> None:
    appel = _sample("Valoriser.ok")
    ecrit = DIALECTE.load_server().write(appel, replace(ACCORD, resultat=ResultatPec.ACCORDEE_SOUS_RESERVE))
    racine = etree.fromstring(ecrit.body)
    assert racine.findtext(f".//{{{NS}}}etat") == "INSTANCE"
    assert racine.findtext(f".//{{{NS}}}precisionEtat") == "ATTENTE_PIECES"


def test_an_unknown_state_is_kept_and_shown() -> None:
    outcome = _answered("Valoriser.ok", ACCORD, ">VALIDEE<", ">EN_ORBITE<")
    assert isinstance(outcome, Answer)
    assert isinstance(outcome.reponse, PecReponse)
    assert (outcome.reponse.resultat, outcome.reponse.etat_plateforme) == (ResultatPec.INCONNU, "EN_ORBITE")


def test_an_unknown_return_code_is_kept_as_a_reason() -> None:
    outcome = _answered("Valoriser.ok", ACCORD, ">0000<", ">7777<")
    assert isinstance(outcome, Answer)
    assert isinstance(outcome.reponse, PecReponse)
    assert [(m.code, m.code_plateforme) for m in outcome.reponse.motifs] == [("INC00", "7777")]


def test_a_refusal_without_a_file_is_still_a_refusal() -> None:
    indisponible = Indisponible(motif=motif("PEC08"))
    outcome = _answered("Valoriser.ok", indisponible, ">9000<", ">2108<")
    assert isinstance(outcome, Refus)
    assert outcome.nature is NatureRefus.RATTACHER
    inconnu = _answered("Valoriser.ok", Indisponible(motif=INCONNU), ">9000<", ">7777<")
    assert isinstance(inconnu, Answer)
    assert isinstance(inconnu.reponse, PecReponse)
    assert inconnu.reponse.resultat is ResultatPec.INCONNU


def test_done_without_a_file_is_unreadable() -> None:
    appel = _sample("Valoriser.ok")
    racine = etree.fromstring(DIALECTE.load_server().write(appel, ACCORD).body)
    [dossier] = racine.iter(f"{{{NS}}}dossier")
    racine[-1][0].remove(dossier)
    reponse = HttpResponse(200, (("Content-Type", "application/soap+xml"),), etree.tostring(racine))
    outcome = DIALECTE.load_client().decode(Operation.PEC, appel.entete.id_message, reponse)
    assert isinstance(outcome, Unreadable)


def test_a_day_that_is_not_in_the_calendar_makes_the_answer_unreadable() -> None:
    outcome = _answered("Valoriser.ok", replace(ACCORD, valide_au=dt.date(2024, 3, 31)), "20240331", "20240230")
    assert isinstance(outcome, Unreadable)


@pytest.mark.parametrize("nom", sorted(f"{nom}.ok" for nom in set(DIALECTE.names.values())))
def test_unavailable_is_said_and_understood_for_every_operation(nom: str) -> None:
    outcome = _answered(nom, Indisponible(motif=motif("TEC07", "service"), reessayer_apres_s=90))
    assert isinstance(outcome, NotNow)
    assert outcome.retry_after == dt.timedelta(seconds=90)


@pytest.mark.parametrize("raison", list(RaisonCompte))
def test_a_fault_about_the_account_tells_its_reason(raison: RaisonCompte) -> None:
    faute = Faute(Cote.AUTH, "TEC04", f"COMPTE_{raison.value.upper()}", "compte refusé", "account refused")
    ecrit = DIALECTE.load_server().fault(SoapVersion.V12, faute, "M-1")
    assert DIALECTE.load_client().decode(Operation.PEC, "M-1", ecrit) == NotYou(raison, f"TEC04 {faute.regle}")


def test_a_fault_keeps_within_its_own_contract_however_long_its_texts() -> None:
    faute = Faute(Cote.SERVEUR, "TEC02", "MAINTENANCE", "é" * 2000, "x" * 2000, xpath="/a" * 2000)
    assert DIALECTE.load_server().fault(SoapVersion.V11, faute).status == 500
