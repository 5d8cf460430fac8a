"""What a shop may send: strict JSON, then field rules; every fault names field and rule, and repeats no value."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.unit.adapter_edges.bodies import DROITS, FACTURE, MISSING, PEC, bent
from tierspayant.adapter.body_json import read_body
from tierspayant.adapter.demandes import Corps, DevisCorps, DroitsCorps, FactureCorps, PecCorps, PiecesCorps
from tierspayant.adapter.field_rules import faults
from tierspayant.adapter.problem import Problem, Refusal

JOUR = dt.date(2024, 1, 31)


def read(corps: object, cible: type[Corps]) -> Corps:
    return read_body(corps if isinstance(corps, bytes) else json.dumps(corps).encode(), cible)


def refusal(corps: object, cible: type[Corps] = PecCorps) -> Problem:
    with pytest.raises(Refusal) as refus:
        read(corps, cible)
    return refus.value.problem


def rules(corps: object, cible: type[Corps] = PecCorps) -> set[tuple[str | None, str]]:
    return {(une.champ, une.regle) for une in faults(read(corps, cible), JOUR)}


@pytest.mark.parametrize(
    ("corps", "cible"), [(PEC, PecCorps), (PEC, DevisCorps), (DROITS, DroitsCorps), (FACTURE, FactureCorps)]
)
def test_the_bodies_of_the_interface_have_no_fault(corps: dict[str, Any], cible: type[Corps]) -> None:
    assert rules(corps, cible) == set()


@pytest.mark.parametrize(
    "octets",
    [
        b"hello",
        b"[1]",
        b"null",
        b"",
        b'{"a": NaN}',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"reference":"\\ud800"}',
    ],
)
def test_what_is_not_a_json_object_is_refused_whole(octets: bytes) -> None:
    assert refusal(octets).code == "json_invalide"


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "vide"),
        (b'{"a": 1,\n "b" 2}', "à la ligne 2, caractère 6"),
        (b'{"a": "\xe9"}', "pas en UTF-8 (octet 8)"),
        (b'\xef\xbb\xbf{"a": 1}', "BOM"),
        (b"[" * 100_000, "imbrique"),
        (b'{"demandes": ["a\\u0000b"]}', "caractère nul"),
    ],
)
def test_what_is_not_json_is_told_where(octets: bytes, said: str) -> None:
    assert said in str(refusal(octets).detail)


def test_a_key_written_twice_is_refused_and_named_wherever_it_is() -> None:
    refused = refusal(b'{"carte": {"csr": "1", "csr": "2"}}')
    assert refused.code == "cle_en_double"
    assert "« csr »" in str(refused.detail)


@pytest.mark.parametrize(
    ("champ", "valeur", "regle"),
    [
        ("/x", 1, "CHAMP_INCONNU"),
        ("/carte/y", 1, "CHAMP_INCONNU"),
        ("/carte", MISSING, "OBLIGATOIRE"),
        ("/beneficiaire/nom", MISSING, "OBLIGATOIRE"),
        ("/beneficiaire/nom", "  ", "NOM_FORME"),
        ("/assure/nir", "285057599900198", "NIR_CLE"),
        ("/assure/nir", 285057599900197, "TYPE_TEXTE"),
        ("/carte/numero_amc", "123", "AMC_FORME"),
        ("/date_soins", "2024-02-30", "DATE_FORME"),
        ("/date_soins", 20240131, "DATE_FORME"),
        ("/date_soins", "1706659200", "DATE_FORME"),
        ("/carte/valide_au", "1735603200", "DATE_FORME"),
        ("/prescription/date", "2023-11-02T00:00:00", "DATE_FORME"),
        ("/date_soins", "2024-01-31T00:00:00", "DATE_FORME"),
        ("/equipement/lignes/0/prix_centimes", 120.5, "TYPE_ENTIER"),
        ("/equipement/lignes/0/prix_centimes", "12000", "TYPE_ENTIER"),
        ("/equipement/lignes/0/prix_centimes", True, "TYPE_ENTIER"),
        ("/equipement/lignes/0/lpp", "2299027", "LPP_CLE"),
        ("/equipement/lignes/1/oeil", "X", "VALEUR_ADMISE"),
        ("/equipement/lignes", {}, "TYPE_LISTE"),
        ("/consentement/donne", "true", "TYPE_BOOLEEN"),
        ("/dernier_equipement", 3, "TYPE_OBJET"),
    ],
)
def test_a_fault_of_shape_names_field_and_rule(champ: str, valeur: Any, regle: str) -> None:
    probleme = refusal(bent(PEC, champ, valeur))
    assert (probleme.code, probleme.status) == ("demande_invalide", 422)
    assert (champ, regle) in {(une.champ, une.regle) for une in probleme.faults}


def test_all_faults_are_told_at_once_and_no_value_with_them() -> None:
    corps = bent(bent(bent(PEC, "/assure/nir", "285057599900198"), "/beneficiaire/nom", "X9CANARI"), "/zz", 1)
    probleme = refusal(corps)
    assert len(probleme.faults) == 3
    texte = probleme.body().decode()
    assert "285057599900198" not in texte
    assert "CANARI" not in texte


@pytest.mark.parametrize(
    ("champ", "valeur", "ou", "regle"),
    [
        ("/reference", "a b", "/reference", "REFERENCE_FORME"),
        ("/remplace", "D-2024-0131/PEC-1", "/remplace", "REMPLACE_SOI"),
        ("/date_soins", "2019-01-31", "/date_soins", "DATE_PLAUSIBLE"),
        ("/carte/type_convention", "tp", "/carte/type_convention", "CONVENTION_FORME"),
        ("/carte/valide_au", "2023-12-31", "/carte/valide_au", "DATES_ORDRE"),
        ("/beneficiaire/date_naissance", "2024-02-01", "/beneficiaire/date_naissance", "NAISSANCE_PLAUSIBLE"),
        ("/beneficiaire/rang_naissance", 0, "/beneficiaire/rang_naissance", "RANG_FORME"),
        ("/prescription/date", "2024-02-01", "/prescription/date", "DATES_ORDRE"),
        ("/dernier_equipement/date", "2024-02-01", "/dernier_equipement/date", "DATES_ORDRE"),
        ("/livraison_prevue", "2024-01-30", "/livraison_prevue", "DATES_ORDRE"),
        ("/consentement", None, "/consentement", "CONSENTEMENT"),
        ("/consentement/donne", False, "/consentement/donne", "CONSENTEMENT"),
        ("/equipement/lignes", [], "/equipement/lignes", "LIGNES_VIDES"),
        ("/equipement/numero", 0, "/equipement/numero", "EQUIPEMENT_NUMERO"),
        ("/equipement/type", "lentilles", "/equipement/lignes", "TYPE_EQUIPEMENT"),
        ("/equipement/lignes/1/numero", 1, "/equipement/lignes/1/numero", "LIGNE_EN_DOUBLE"),
        ("/equipement/lignes/1/oeil", None, "/equipement/lignes/1/oeil", "VERRE_OEIL"),
        ("/equipement/lignes/1/zone", None, "/equipement/lignes/1/zone", "VERRE_ZONE"),
        ("/equipement/lignes/1/oeil", "G", "/equipement/lignes", "UN_VERRE_PAR_OEIL"),
        ("/equipement/lignes/1/type", "monture", "/equipement/lignes", "UN_EQUIPEMENT"),
        ("/equipement/lignes/1/type", "lentille", "/equipement/lignes", "UN_EQUIPEMENT"),
        ("/equipement/lignes/0/zone", "simple", "/equipement/lignes/0/zone", "MONTURE_SANS_OEIL"),
        ("/equipement/lignes/0/remise_centimes", 12001, "/equipement/lignes/0/remise_centimes", "REMISE"),
        ("/equipement/lignes/0/prix_centimes", -1, "/equipement/lignes/0/prix_centimes", "MONTANT_BORNES"),
        ("/equipement/lignes/0/quantite", 0, "/equipement/lignes/0/quantite", "QUANTITE"),
        (
            "/equipement/lignes/1/correction",
            {"sphere_centiemes": -210},
            "/equipement/lignes/1/correction/sphere_centiemes",
            "SPHERE",
        ),
        (
            "/equipement/lignes/1/correction",
            {"sphere_centiemes": 0, "cylindre_centiemes": -50},
            "/equipement/lignes/1/correction/axe",
            "AXE_CYLINDRE",
        ),
    ],
)
def test_a_body_that_could_only_be_refused_is_refused_before_queueing(
    champ: str, valeur: Any, ou: str, regle: str
) -> None:
    assert (ou, regle) in rules(bent(PEC, champ, valeur))


def test_the_correction_of_a_multifocal_says_its_addition() -> None:
    multifocal = bent(PEC, "/equipement/type", "multifocal")
    bare = bent(multifocal, "/equipement/lignes/1/correction", {"sphere_centiemes": -200})
    whole = bent(multifocal, "/equipement/lignes/1/correction", {"sphere_centiemes": -200, "addition_centiemes": 200})
    ou = "/equipement/lignes/1/correction/addition_centiemes"
    assert (ou, "ADDITION_MULTIFOCAL") in rules(bare)
    assert (ou, "ADDITION_MULTIFOCAL") not in rules(whole)


def test_a_quote_needs_no_consent() -> None:
    assert rules(bent(PEC, "/consentement", MISSING), DevisCorps) == set()


@pytest.mark.parametrize(
    ("champ", "valeur", "ou", "regle"),
    [
        ("/numero_facture", "24 02", "/numero_facture", "FACTURE_FORME"),
        ("/date_facture", "2024-02-01", "/date_facture", "DATE_PLAUSIBLE"),
        ("/date_delivrance", "2024-02-01", "/date_delivrance", "DATES_ORDRE"),
        (
            "/montants",
            {"total_centimes": 30001, "amo_centimes": 9, "amc_centimes": 17991, "reste_a_charge_centimes": 12000},
            "/montants/total_centimes",
            "TOTAL",
        ),
    ],
)
def test_an_invoice_that_could_only_be_refused_is_refused_before_queueing(
    champ: str, valeur: Any, ou: str, regle: str
) -> None:
    assert (ou, regle) in rules(bent(FACTURE, champ, valeur), FactureCorps)


def test_documents_are_checked_one_by_one() -> None:
    bonne = {"type": "ordonnance", "nom": "scan.pdf", "mime": "application/pdf", "base64": "aGVsbG8="}
    assert rules({"reference": "P-1", "pieces": [bonne]}, PiecesCorps) == set()
    mauvaise = bonne | {"nom": "../scan.pdf", "mime": "text/html", "base64": "%"}
    assert {regle for _, regle in rules({"reference": "P-1", "pieces": [mauvaise]}, PiecesCorps)} == {
        "PIECE_NOM",
        "PIECE_TYPE",
        "BASE64",
    }
