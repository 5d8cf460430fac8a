"""Identifiers are checked when made and masked when printed."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given

from tests import strategies
from tierspayant.schemas.identity import (
    MASQUE,
    DateNaissance,
    Finess,
    Identifiant,
    IdentifiantInvalide,
    Lpp,
    Nir,
    Nom,
    NumeroAdherent,
    NumeroAmc,
    Prescripteur,
)


@pytest.mark.parametrize(
    ("cls", "bon"),
    [
        (Nir, "285057599900197"),
        (Nir, "1900175999001" + f"{Nir.cle('1900175999001'):02d}"),
        (Nir, "190012A999001" + f"{Nir.cle('190012A999001'):02d}"),
        (Finess, "759999014"),
        (Lpp, "2299026"),
        (Lpp, "2299121"),
        (NumeroAmc, "00990011"),
        (NumeroAmc, "990020020"),
        (Nom, "D'ÉPINAY-LÉVÊQUE"),
        (NumeroAdherent, "A1234567"),
        (DateNaissance, "1985-05-12"),
        (Prescripteur, "10101010105"),
    ],
)
def test_a_good_one_is_kept_as_it_is(cls: type[Identifiant], bon: str) -> None:
    assert cls(bon).clair == bon


@pytest.mark.parametrize(
    ("cls", "mauvais", "regle"),
    [
        (Nir, "285057599900198", "NIR_CLE"),
        (Nir, "2850575999001", "NIR_FORME"),
        (Nir, "985057599900197", "NIR_FORME"),
        (Nir, "285057599900197\n", "NIR_FORME"),
        (Nir, "28505759990019\u0667", "NIR_FORME"),
        (Finess, "759999015", "FINESS_CLE"),
        (Finess, "75999901", "FINESS_FORME"),
        (Lpp, "2299027", "LPP_CLE"),
        (Lpp, "229902", "LPP_FORME"),
        (NumeroAmc, "1234567", "AMC_FORME"),
        (NumeroAmc, "\u0661\u0662345678", "AMC_FORME"),
        (Nom, "", "NOM_FORME"),
        (Nom, "R2D2", "NOM_FORME"),
        (Nom, "A" * 81, "NOM_FORME"),
        (NumeroAdherent, "A 1", "ADHERENT_FORME"),
        (DateNaissance, "1985-02-30", "NAISSANCE_FORME"),
        (DateNaissance, "12/05/1985", "NAISSANCE_FORME"),
        (Prescripteur, "1010101010", "PRESCRIPTEUR_FORME"),
    ],
)
def test_a_bad_one_names_its_rule_and_not_its_value(cls: type[Identifiant], mauvais: str, regle: str) -> None:
    with pytest.raises(IdentifiantInvalide) as refus:
        cls(mauvais)
    assert refus.value.regle == regle
    assert not mauvais.strip() or mauvais.strip() not in str(refus.value)


def test_2a_and_2b_count_as_19_and_18() -> None:
    assert Nir.cle("190012A999001") == 97 - 1900119999001 % 97
    assert Nir.cle("190012B999001") == 97 - 1900118999001 % 97


@pytest.mark.parametrize("code", ["2299010", "2299026", "2299115", "2299121", "2299411"])
def test_the_synthetic_product_codes_have_their_key(code: str) -> None:
    assert Lpp(code).clair == code


@given(strategies.nirs, strategies.noms, strategies.naissances)
def test_a_personal_one_prints_as_a_mask(nir: Nir, nom: Nom, naissance: DateNaissance) -> None:
    for un in (nir, nom, naissance):
        for printed in (str(un), repr(un), f"{un}", f"{un:>20}", "%s" % un, str([un])):  # noqa: UP031
            assert MASQUE in printed
            assert un.clair not in printed or len(un.clair) < 6


def test_a_shop_and_an_insurer_print_in_clear() -> None:
    assert str(Finess("759999014")) == "759999014"
    assert repr(NumeroAmc("00990011")) == "NumeroAmc(00990011)"


def test_two_of_one_text_are_equal_only_within_a_type() -> None:
    assert Nom("DUPRE") == Nom("DUPRE")
    assert len({Nom("DUPRE"), Nom("DUPRE")}) == 1
    autre: object = NumeroAdherent("DUPRE")
    assert Nom("DUPRE") != autre
    assert Nom("A") < Nom("B")
    assert pickle.loads(pickle.dumps(Nom("DUPRE"))) == Nom("DUPRE")
