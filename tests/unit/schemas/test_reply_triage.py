"""What a reply comes to, whatever the platform: statuses, delays, faults (read through the viamedis-style client)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tierspayant.schemas import platforms, soap
from tierspayant.schemas.codes import motif
from tierspayant.schemas.messages import (
    AnnulationReponse,
    DroitsReponse,
    EtatPecReponse,
    LotReponse,
    Motif,
    PecReponse,
    PiecesReponse,
    Reponse,
    ResultatAnnulation,
    ResultatDroits,
    ResultatLot,
    ResultatPec,
    ResultatPieces,
)
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import (
    Answer,
    AnswerUnknown,
    NatureRefus,
    NotNow,
    NotYou,
    Outcome,
    RaisonCompte,
    Refus,
    Unreadable,
)
from tierspayant.schemas.reply_triage import Detail, by_code, outcome_of, raison_compte, retry_after
from tierspayant.schemas.wire import HttpResponse

HTML = b"<html><body>Service en maintenance</body></html>"
SOAP_TYPE = (("Content-Type", "text/xml; charset=utf-8"),)


def decode(status: int, body: bytes = b"", headers: tuple[tuple[str, str], ...] = SOAP_TYPE) -> Outcome:
    return platforms.client("viamedis").decode(Operation.PEC, "m-1", HttpResponse(status, headers, body))


def fault(code: str, detail: str = "", head: str = "", text: str = "raison") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{soap.SOAP11}" xmlns:w="{soap.WSSE}">{head}<s:Body><s:Fault>'
        f"<faultcode>{code}</faultcode>"
        f"<faultstring>{text}</faultstring>{detail}</s:Fault></s:Body></s:Envelope>"
    ).encode()


@pytest.mark.parametrize(
    ("status", "body", "attendu"),
    [
        (503, HTML, NotNow),
        (429, b"", NotNow),
        (401, HTML, NotYou),
        (403, b"", NotYou),
        (500, HTML, AnswerUnknown),
        (502, HTML, AnswerUnknown),
        (504, b"", AnswerUnknown),
        (599, b"", AnswerUnknown),
        (500, b"", AnswerUnknown),
        (200, HTML, Unreadable),
        (200, b"", Unreadable),
        (200, b"hello", Unreadable),
        (302, b"", Unreadable),
        (404, HTML, Unreadable),
        (413, b"", Unreadable),
    ],
)
def test_a_status_without_a_soap_reply(status: int, body: bytes, attendu: type[Outcome]) -> None:
    assert isinstance(decode(status, body), attendu)
    assert isinstance(decode(status, body, (("Content-Type", "text/html"),)), attendu)


@pytest.mark.parametrize(
    ("headers", "attente"),
    [
        ((("Retry-After", "120"),), timedelta(minutes=2)),
        ((("retry-after", " 0 "),), timedelta(0)),
        (
            (("Retry-After", "Wed, 31 Jan 2024 10:30:00 GMT"), ("Date", "Wed, 31 Jan 2024 10:00:00 GMT")),
            timedelta(minutes=30),
        ),
        (
            (("Retry-After", "Wed, 31 Jan 2024 09:00:00 GMT"), ("Date", "Wed, 31 Jan 2024 10:00:00 GMT")),
            timedelta(0),
        ),
        ((("Retry-After", "Wed, 31 Jan 2024 10:30:00 GMT"),), None),
        ((("Retry-After", "bientôt"),), None),
        ((("Retry-After", "-5"),), None),
        ((("Retry-After", "²"),), None),
        ((("Retry-After", "9" * 5000),), timedelta(days=366)),
        ((), None),
    ],
)
def test_both_forms_of_retry_after(headers: tuple[tuple[str, str], ...], attente: timedelta | None) -> None:
    assert retry_after(HttpResponse(503, headers)) == attente
    lu = decode(503, HTML, (*SOAP_TYPE, *headers))
    assert isinstance(lu, NotNow)
    assert lu.retry_after == attente


@pytest.mark.parametrize(
    ("code", "attendu"),
    [
        ("s:Server", AnswerUnknown),
        ("s:Server.Database", AnswerUnknown),
        ("s:Client", Refus),
        ("s:MustUnderstand", Refus),
        ("w:FailedAuthentication", NotYou),
        ("w:InvalidSecurity", NotYou),
        ("", Refus),
    ],
)
def test_a_fault_that_is_not_the_dialects(code: str, attendu: type[Outcome]) -> None:
    for status in (500, 400, 200):
        assert isinstance(decode(status, fault(code)), attendu)
        assert isinstance(decode(status, fault(code, "<detail><autre/></detail>")), attendu)


def test_a_soap_12_fault_is_read_by_its_deepest_known_code() -> None:
    ns = soap.SOAP12
    body = (
        f'<s:Envelope xmlns:s="{ns}" xmlns:w="{soap.WSSE}"><s:Body><s:Fault>'
        "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:FailedAuthentication</s:Value></s:Subcode></s:Code><s:Reason><s:Text>x</s:Text></s:Reason>"
        "</s:Fault></s:Body></s:Envelope>"
    ).encode()
    assert isinstance(decode(500, body), NotYou)
    assert isinstance(decode(500, body.replace(b"w:Failed", b"w:Other").replace(b"Sender", b"Receiver")), AnswerUnknown)


def test_an_unknown_fault_keeps_its_words() -> None:
    lu = decode(500, fault("s:Client.Quota", text="quota atteint"))
    assert lu == Refus(NatureRefus.DEFINITIF, (Motif(code="INC00", code_plateforme="Client", libelle="quota atteint"),))


def test_an_unknown_code_in_our_typed_fault_is_kept() -> None:
    detail = (
        '<detail><c:fauteTechnique xmlns:c="urn:example:tp-optique:services:commun"><c:code>Z9</c:code>'
        "<c:regle>R</c:regle><c:texteFrancais>t</c:texteFrancais></c:fauteTechnique></detail>"
    )
    lu = decode(500, fault("s:Client", detail))
    assert isinstance(lu, Refus)
    assert (lu.motifs[0].code, lu.motifs[0].code_plateforme) == ("INC00", "Z9")
    assert isinstance(decode(500, fault("s:Server", detail)), AnswerUnknown)


def test_a_fault_for_another_message_is_unreadable() -> None:
    head = f'<s:Header><a:RelatesTo xmlns:a="{soap.WSA}">{{}}</a:RelatesTo></s:Header>'
    assert isinstance(decode(500, fault("s:Client", head=head.format("m-2"))), Unreadable)
    assert isinstance(decode(500, fault("s:Client", head=head.format("m-1"))), Refus)


@pytest.mark.parametrize(
    ("code", "regle", "attendu"),
    [
        ("TEC04", "COMPTE_EXPIRE", NotYou(RaisonCompte.EXPIRE, "TEC04 COMPTE_EXPIRE")),
        ("TEC06", "AUTRE", NotYou(RaisonCompte.REFUSE, "TEC06 AUTRE")),
        ("FAC04", "DELAI", Refus(NatureRefus.PLUS_TARD, (motif("FAC04"),))),
        ("PEC08", "DOUBLON", Refus(NatureRefus.RATTACHER, (motif("PEC08"),))),
        ("PEC09", "PIECES", Refus(NatureRefus.COMPLETER, (motif("PEC09"),))),
        ("TEC08", "ID", Refus(NatureRefus.DEFINITIF, (motif("TEC08"),))),
    ],
)
def test_a_typed_fault_by_its_code(code: str, regle: str, attendu: Outcome) -> None:
    assert by_code(Detail(code, regle, motif(code))) == attendu


def test_every_reason_about_an_account_has_its_rule() -> None:
    for raison in RaisonCompte:
        assert raison_compte(f"COMPTE_{raison.value.upper()}") is raison


REFUSEE = PecReponse(resultat=ResultatPec.REFUSEE, etat_plateforme="Refusee", motifs=(motif("PEC01"),))


@pytest.mark.parametrize(
    ("operation", "reponse", "attendu"),
    [
        (Operation.PEC, REFUSEE, Refus),
        (Operation.ETAT_PEC, EtatPecReponse(dossiers=(REFUSEE,)), Answer),
        (Operation.DROITS, DroitsReponse(resultat=ResultatDroits.FERMES, motifs=(motif("DRO01"),)), Answer),
        (Operation.FACTURE, LotReponse(resultat=ResultatLot.REJETE, motifs=(motif("FAC05"),)), Refus),
        (Operation.FACTURE, LotReponse(resultat=ResultatLot.ACQUITTE), Answer),
        (Operation.ETAT_LOT, LotReponse(resultat=ResultatLot.REJETE), Answer),
        (Operation.PIECES, PiecesReponse(resultat=ResultatPieces.REFUSEES), Refus),
        (Operation.ANNULATION_PEC, AnnulationReponse(resultat=ResultatAnnulation.REFUSEE, numero="1"), Refus),
        (Operation.ANNULATION_PEC, AnnulationReponse(resultat=ResultatAnnulation.DEMANDEE, numero="1"), Answer),
    ],
)
def test_a_business_answer(operation: Operation, reponse: Reponse, attendu: type[Outcome]) -> None:
    assert isinstance(outcome_of(operation, reponse), attendu)


def test_a_refusal_without_a_reason_is_final() -> None:
    assert outcome_of(Operation.PIECES, PiecesReponse(resultat=ResultatPieces.REFUSEES)) == Refus(
        NatureRefus.DEFINITIF, (), PiecesReponse(resultat=ResultatPieces.REFUSEES)
    )
