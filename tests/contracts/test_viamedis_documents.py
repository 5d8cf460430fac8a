"""Large documents: inline up to what libxml2 takes in one text, beyond that in parts of their own."""

from __future__ import annotations

import base64

import pytest

from tests.contracts.dialecte import lire
from tests.contracts.mutations import multipart
from tierspayant.schemas import platforms
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.messages import PiecesDemande
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.viamedis import PACKAGE
from tierspayant.schemas.wire import HttpRequest

XML = (("Content-Type", "text/xml"),)


def inline(octets: bytes) -> HttpRequest:
    body = lire(PACKAGE, "DeposerPieces.ok.xml")
    avant, _, reste = body.partition(b"<t:contenu>")
    apres = reste.partition(b"</t:contenu>")[2]
    contenu = b"<t:contenu>" + base64.b64encode(octets) + b"</t:contenu>"
    return HttpRequest("POST", "/prises-en-charge", XML, avant + contenu + apres)


def contenu(requete: HttpRequest) -> bytes:
    demande = platforms.server("viamedis").read(requete).demande
    assert isinstance(demande, PiecesDemande)
    return demande.pieces[0].contenu


def test_a_scan_of_seven_megabytes_is_read_inline() -> None:
    octets = bytes(range(256)) * 27_000
    assert contenu(inline(octets)) == octets


def test_a_larger_one_inline_is_told_to_come_apart() -> None:
    with pytest.raises(Faute) as refus:
        contenu(inline(bytes(8_000_000)))
    assert (refus.value.regle, refus.value.statut) == ("XML_TAILLE", 413)


def test_a_larger_one_in_a_part_of_its_own_is_read() -> None:
    octets = bytes(range(256)) * 35_000
    apart = multipart(inline(b"x"), SoapVersion.V11)
    requete = HttpRequest(
        "POST", apart.path, apart.headers, apart.body.replace(b"\r\n\r\nx\r\n", b"\r\n\r\n" + octets + b"\r\n")
    )
    assert contenu(requete) == octets


def test_a_message_without_documents_has_the_smaller_limit_on_the_same_path() -> None:
    body = lire(PACKAGE, "ConsulterPriseEnCharge.ok.xml") + b" " * 3_000_000
    with pytest.raises(Faute) as refus:
        platforms.server("viamedis").read(HttpRequest("POST", "/prises-en-charge", XML, body))
    assert (refus.value.regle, refus.value.statut) == ("XML_TAILLE", 413)
