"""Real sockets, bad input: each gets the right problem naming field and rule, and the daemon goes on."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.live.two_daemons import World, world
from tests.unit.adapter_edges.bodies import DROITS, FACTURE, PEC, bent
from tierspayant.adapter.http_limits import BODY_MAX


@pytest.fixture(scope="module")
def monde(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    with world(tmp_path_factory.mktemp("monde")) as un:
        yield un


def head(monde: World, chemin: str, *lignes: str) -> bytes:
    return "\r\n".join(
        [f"POST {chemin} HTTP/1.1", "Host: x", f"Authorization: Bearer {monde.cle}", *lignes, "", ""]
    ).encode()


def answered(octets: bytes) -> tuple[int, dict[str, Any]]:
    tete, _, corps = octets.partition(b"\r\n\r\n")
    return int(tete.split()[1]), json.loads(corps)


def test_bodies_that_are_not_json_objects_are_400(monde: World) -> None:
    for corps in (b"hello", b"[]", b'{"a": NaN}', b"\xff\xfe"):
        octets = head(monde, "/v1/pec", "Connection: close", f"Content-Length: {len(corps)}") + corps
        statut, probleme = answered(monde.raw(octets))
        assert (statut, probleme["code"]) == (400, "json_invalide"), corps


def test_a_key_twice_is_400(monde: World) -> None:
    corps = b'{"reference": "A", "reference": "B"}'
    octets = head(monde, "/v1/pec", "Connection: close", f"Content-Length: {len(corps)}") + corps
    assert answered(monde.raw(octets))[1]["code"] == "cle_en_double"


def test_twenty_megabytes_announced_or_in_chunks_are_413_and_read_by_the_client(monde: World) -> None:
    corps = b"x" * (20 * 2**20)
    statut, probleme = answered(monde.raw(head(monde, "/v1/pec", f"Content-Length: {len(corps)}") + corps))
    assert (statut, probleme["code"]) == (413, "corps_trop_grand")
    morceau = b"x" * (BODY_MAX // 2)
    morceaux = b"".join(b"%x\r\n%b\r\n" % (len(morceau), morceau) for _ in range(3)) + b"0\r\n\r\n"
    statut, probleme = answered(monde.raw(head(monde, "/v1/pec", "Transfer-Encoding: chunked") + morceaux))
    assert (statut, probleme["code"]) == (413, "corps_trop_grand")


@pytest.mark.parametrize(
    ("octets", "statut", "code"),
    [
        (b"hello\r\n\r\n", 400, "requete_http"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(200)) + b"\r\n", 431, None),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20_000 + b"\r\n\r\n", 431, "entetes_trop_grands"),
        (b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "hote_manquant"),
        (b"POST /v1/pec HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 401, "non_authentifie"),
    ],
)
def test_requests_that_are_not_http_as_we_take_it_are_told_so(
    monde: World, octets: bytes, statut: int, code: str | None
) -> None:
    lu, probleme = answered(monde.raw(octets))
    assert lu == statut
    assert code in {None, probleme["code"]}


def test_wrong_keys_paths_methods_types_and_parameters_are_told_apart(monde: World) -> None:
    cle = monde.cle
    autre = cle[:-4] + ("AAAA" if not cle.endswith("AAAA") else "BBBB")
    cas: list[tuple[int, str, tuple[int, Any]]] = [
        (401, "non_authentifie", monde.shop("GET", "/v1/encours", cle="no")),
        (401, "non_authentifie", monde.shop("GET", "/v1/encours", cle=autre)),
        (404, "inconnu", monde.shop("GET", "/v1/nothing")),
        (404, "inconnu", monde.shop("GET", "/v1/pec/018d5ebf-ef78-725b-8273-332dd70eff78")),
        (405, "methode", monde.shop("DELETE", "/v1/pec")),
        (415, "type_de_contenu", monde.shop("POST", "/v1/pec", PEC, Content_Type="text/xml")),
        (415, "type_de_contenu", monde.shop("POST", "/v1/pec", PEC, Content_Encoding="gzip")),
        (400, "parametre_invalide", monde.shop("GET", "/v1/demandes?zz=1")),
        (400, "parametre_invalide", monde.shop("GET", "/v1/demandes?etat=open")),
        (400, "cle_idempotence", monde.shop("POST", "/v1/pec", PEC, Idempotency_Key="other")),
    ]
    for statut, code, (lu, probleme) in cas:
        assert (lu, probleme["code"]) == (statut, code)


def test_every_fault_of_a_body_is_named_and_nothing_is_stored(monde: World) -> None:
    corps = bent(bent(bent(PEC, "/zz", 1), "/assure/nir", "285057599900198"), "/equipement/lignes/0/lpp", "2299027")
    statut, probleme = monde.shop("POST", "/v1/pec", corps)
    assert statut == 422
    assert {(une["champ"], une["regle"]) for une in probleme["erreurs"]} == {
        ("/zz", "CHAMP_INCONNU"),
        ("/assure/nir", "NIR_CLE"),
        ("/equipement/lignes/0/lpp", "LPP_CLE"),
    }
    statut, probleme = monde.shop("POST", "/v1/droits", bent(DROITS, "/carte/numero_amc", "11111111"))
    assert (statut, probleme["code"]) == (422, "annuaire_inconnu")
    statut, probleme = monde.shop("POST", "/v1/factures", FACTURE)
    assert (statut, probleme["code"]) == (422, "pec_inconnue")
    assert monde.shop("GET", "/v1/demandes")[1]["elements"] == []


def test_after_all_that_the_daemon_still_answers_and_logged_no_traceback_and_no_person(monde: World) -> None:
    assert monde.shop("GET", "/health/ready")[0] == 200
    journal = monde.adapter.journal.read_text(encoding="utf-8")
    assert "Traceback" not in journal
    assert "2850575999" not in journal
    assert "DUPRE" not in journal


def test_the_served_contract_is_valid_openapi(monde: World) -> None:
    yaml = pytest.importorskip("yaml")
    octets = monde.raw(b"GET /v1/openapi.yaml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").partition(b"\r\n\r\n")[
        2
    ]
    validate(yaml.safe_load(octets))
    page = monde.raw(b"GET /v1/docs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"POST /v1/pec" in page


def test_the_ready_file_is_private_and_names_the_api(monde: World) -> None:
    pret = Path(monde.pret)
    assert pret.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(pret.read_text(encoding="utf-8"))) == {"pid", "api"}
    assert (monde.configuration.parent / "admin.sock").stat().st_mode & 0o777 == 0o600
