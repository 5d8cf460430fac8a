"""The payer directory: most specific wins, dates count, nobody guesses between equals."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tierspayant.adapter.annuaire import Annuaire, AnnuaireAmbigu, AnnuaireInconnu, AnnuaireInvalide, lire

JOUR = dt.date(2024, 1, 31)

TEXTE = """\
[[entree]]
numero_amc = "0099*"
plateforme = "viamedis"
organisme = "GENERAL"
[[entree]]
numero_amc = "0099001*"
type_convention = "TP"
csr = "003"
plateforme = "viamedis"
organisme = "M011"
[[entree]]
numero_amc = "0099001*"
type_convention = "TP"
plateforme = "viamedis"
organisme = "AUTRE"
[[entree]]
numero_amc = "99002????"
au = 2024-01-31
plateforme = "almerys"
organisme = "A020"
[[entree]]
numero_amc = "99002????"
du = 2024-02-01
plateforme = "viamedis"
organisme = "M099"
[[entree]]
numero_amc = "11111111"
plateforme = "viamedis"
organisme = "P1"
libelle = "Mutuelle Un"
[[entree]]
numero_amc = "11111111"
plateforme = "viamedis"
organisme = "P2"
libelle = "Mutuelle Une"
"""


@pytest.fixture
def annuaire(tmp_path: Path) -> Annuaire:
    return read(tmp_path, TEXTE)


def read(dossier: Path, texte: str) -> Annuaire:
    (dossier / "annuaire.toml").write_text(texte, encoding="utf-8")
    return lire(dossier / "annuaire.toml", frozenset({"viamedis", "almerys"}))


def test_the_most_specific_entry_wins(annuaire: Annuaire) -> None:
    assert annuaire.chercher("00990011", "TP", "003", JOUR).organisme == "M011"
    assert annuaire.chercher("00990011", "TP", None, JOUR).organisme == "AUTRE"
    assert annuaire.chercher("00990011", "SP", "003", JOUR).organisme == "GENERAL"


def test_an_insurer_that_moves_changes_platform_on_its_day(annuaire: Annuaire) -> None:
    assert annuaire.chercher("990020020", "TP", None, JOUR).plateforme == "almerys"
    assert annuaire.chercher("990020020", "TP", None, JOUR + dt.timedelta(1)).organisme == "M099"


def test_equals_that_lead_to_different_insurers_are_left_to_a_person(annuaire: Annuaire) -> None:
    with pytest.raises(AnnuaireAmbigu) as refus:
        annuaire.chercher("11111111", "TP", None, JOUR)
    assert [un.libelle for un in refus.value.candidats] == ["Mutuelle Un", "Mutuelle Une"]


def test_equals_that_lead_to_the_same_place_are_no_doubt(tmp_path: Path) -> None:
    double = '[[entree]]\nnumero_amc = "12345678"\nplateforme = "almerys"\norganisme = "A"\n'
    assert read(tmp_path, double * 2).chercher("12345678", "TP", None, JOUR).organisme == "A"


def test_a_card_nobody_knows_is_said_so(annuaire: Annuaire) -> None:
    with pytest.raises(AnnuaireInconnu):
        annuaire.chercher("77777777", "TP", None, JOUR)


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ('[[entree]]\nnumero_amc = "1+"\nplateforme = "almerys"', "entree.0.numero_amc: "),
        ('[[entree]]\nnumero_amc = "1*"\nplateforme = "ailleurs"', "entree.0.plateforme: no platform 'ailleurs'"),
        ('[[entree]]\nnumero_amc = "1*"\nplateforme = "almerys"\nzz = 1', "entree.0.zz: "),
        ('[[entree]]\nnumero_amc = "1*"\nplateforme = "almerys"\ndu=2024-02-02\nau=2024-02-01', "du is after au"),
        ("[", "not TOML"),
    ],
)
def test_a_bad_directory_names_file_entry_and_reason(tmp_path: Path, texte: str, attendu: str) -> None:
    with pytest.raises(AnnuaireInvalide) as refus:
        read(tmp_path, texte)
    assert attendu in str(refus.value)
    assert str(tmp_path / "annuaire.toml") in str(refus.value)
