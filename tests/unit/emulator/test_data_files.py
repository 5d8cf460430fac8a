"""Data files are refused with file, line, key and reason; what ships is sound."""

from __future__ import annotations

import datetime as dt
from collections import Counter as Tally
from typing import Any

import pytest

from tests.unit.emulator.counter import book_of
from tierspayant.emulator import generate, insurers, levers, lifecycle, people, platforms_data, tariff_tables
from tierspayant.emulator.dates import add_months, age, resolve, working_days_later
from tierspayant.emulator.people import PersonneInvalide
from tierspayant.emulator.rules import annulation, droits, facture, pec, pieces
from tierspayant.emulator.rules.regle import Regle, fiches
from tierspayant.emulator.toml_data import DonneeInvalide, read_text
from tierspayant.emulator.world import World
from tierspayant.schemas.soap import SoapVersion

START = dt.date(2024, 1, 31)
CODES = frozenset(one.code for one in insurers.load())


def parse_platforms(text: str) -> object:
    return platforms_data.parse(text, platforms_data.dialect_traits, insurers.load())


@pytest.mark.parametrize(
    ("read", "file", "old", "new", "said"),
    [
        (insurers.parse, "amc.toml", 'organisme = "M012"', 'organism = "M012"', "amc[1]"),
        (insurers.parse, "amc.toml", "tolerance_centimes = 1", "tolerance_centimes = 1.5", "tolerance_centimes"),
        (insurers.parse, "amc.toml", 'numero_amc = "00990012"', 'numero_amc = "12"', "8 à 10 chiffres"),
        (insurers.parse, "amc.toml", 'code = "M012"', 'code = "M011"', "already taken"),
        (tariff_tables.parse, "tarifs.toml", '"tres_complexe", "tres_complexe"', '"simple", "simple"', "six pairs"),
        (tariff_tables.parse, "tarifs.toml", 'code = "2299026"', 'code = "2299010"', "twice"),
        (tariff_tables.parse, "tarifs.toml", 'code = "2299026"', 'code = "2299027"', "clé du code LPP"),
        (levers.parse, "leviers.toml", "prix_centimes = 9702", "prix_centimes = 9701", "already taken"),
        (lifecycle.parse, "vies.toml", '"en_instance: accorder -> accordee"', '"en_instance accordee"', "state: event"),
        (lifecycle.parse, "vies.toml", "en_instance: refuser -> refusee", "en_instance: refuser -> ailleurs", "label"),
        (lifecycle.parse, "vies.toml", "en_instance: refuser ->", "refusee: refuser ->", "final state"),
        (lifecycle.parse, "vies.toml", 'chiffre = "Chiffré"', 'chiffre = "Chiffré", autre = "x"', "canonical"),
        (parse_platforms, "plateformes.toml", 'nom = "almerys"', 'nom = "viamedis"', "already taken"),
        (parse_platforms, "plateformes.toml", 'dialecte = "almerys"', 'dialecte = "inconnu"', "dialecte"),
        (lambda text: people.parse(text, CODES), "population.toml", 'amc = "M011"', 'amc = "Z"', "not in amc.toml"),
        (lambda text: people.parse(text, CODES), "population.toml", '"1985-05-12"', '"hier"', "naissance"),
        (lambda text: people.parse(text, CODES), "population.toml", "900197", "900198", "clé du NIR"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_reason(read, file: str, old: str, new: str, said: str) -> None:  # type: ignore[no-untyped-def]
    text = read_text(file)
    assert old in text
    with pytest.raises(DonneeInvalide, match=rf"^{file}:\d+: ") as refused:
        read(text.replace(old, new, 1))
    assert said in str(refused.value)
    line = int(str(refused.value).split(":")[1])
    assert text.replace(old, new, 1).splitlines()[line - 1].startswith("[[")


def test_a_row_whose_parts_are_missing_is_refused() -> None:
    no_contract = 'code = "Z"\nlibelle = "Z"\nnumero_amc = "00000000"\ntype_convention = "TP"\norganisme = "Z"\n'
    with pytest.raises(DonneeInvalide, match="no contract"):
        insurers.parse(f'[[amc]]\n{no_contract}plateforme = "viamedis"\ncontrats = []\n')
    twice = read_text("population.toml")
    with pytest.raises(DonneeInvalide, match="already taken"):
        people.parse(twice.replace("PEC_OK_ADULTE_NOMINAL_A", "PEC_OK_ADULTE_NOMINAL"), CODES)


def test_text_that_is_not_toml_is_refused_with_its_file() -> None:
    with pytest.raises(DonneeInvalide, match=r"^amc\.toml: "):
        insurers.parse("[[amc]\n")


def test_a_person_from_outside_is_refused_at_its_field_and_added_when_right() -> None:
    world = World(START)
    right = {
        "carte": "PEC_OK_ADULTE_AJOUTE",
        "amc": "M011",
        "nir": "285057599900197",
        "naissance": "-P30Y",
        "nom": "AJOUT",
        "prenom": "EVE",
        "numero_adherent": "Z9",
    }
    for key, value, champ in [
        ("nir", "285057599900198", "$.nir"),
        ("amc", "M999", "$.amc"),
        ("contrat", "luxe", "$.contrat"),
        ("naissance", "2024-02-30", "$.naissance"),
        ("scenario", {"delai": "demain"}, "$.scenario.delai"),
        ("inconnu", 1, "$.inconnu"),
    ]:
        with pytest.raises(PersonneInvalide) as refused:
            world.add_person({**right, key: value})
        assert refused.value.champ == champ
        assert "285057599900198" not in str(refused.value)
    assert "PEC_OK_ADULTE_AJOUTE" not in world.people
    assert world.add_person(right)["naissance"] == "1994-01-31"
    assert {"PEC_OK_ADULTE_AJOUTE", "PEC_OK_ADULTE_NOMINAL"} <= {one.carte for one in world.with_nir(right["nir"])}
    assert "PEC_OK_ADULTE_AJOUTE" not in World(START).people


def test_a_person_posted_again_takes_the_place_of_the_former() -> None:
    world, nominal = World(START), "PEC_OK_ADULTE_NOMINAL"
    former = people.to_json(world.people[nominal])
    posted = {key: former[key] for key in ("carte", "amc", "naissance", "nom", "prenom", "numero_adherent")}
    world.add_person({**posted, "nir": "190097599900361"})
    assert nominal not in {one.carte for one in world.with_nir(former["nir"])}
    assert [one.carte for one in world.with_nir("190097599900361")].count(nominal) == 1
    again = World(dt.date(2020, 5, 5))
    again.restore(world.snapshot())
    assert again.snapshot() == world.snapshot()
    assert again.people == world.people


def test_rules_are_checked_in_the_order_they_are_documented() -> None:
    checked: list[Regle[Any]] = [*droits.REGLES, *pec.REGLES, *facture.REGLES, *annulation.REGLES, *pieces.REGLES]
    written = [one for one in fiches().values() if one in {rule.fiche for rule in checked}]
    assert [rule.fiche.id for rule in checked] == [one.id for one in written]


def test_a_rule_without_a_check_belongs_to_scenarios_or_calculation() -> None:
    checked = {rule.fiche.id for group in (droits, pec, facture, annulation, pieces) for rule in group.REGLES}
    rest = {one.id for one in fiches().values() if one.famille not in ("calcul", "paiement")} - checked
    assert rest == {"PEC_REFUS_OPAQUE", "PEC_NIR_INCONNU", "FAC_CONTROLE"}


def test_every_state_of_every_life_can_be_reached_and_left_unless_it_is_final() -> None:
    first = {"creee", "en_instance", "chiffre", "refuse", "acquittee", "refusee"}
    for vie in lifecycle.load().values():
        reached = {end for moves in vie.moves.values() for end in moves.values()} | first
        assert set(vie.libelles) <= reached
        assert set(vie.libelles) - set(vie.moves) - vie.fin <= {"soldee"}


def test_an_illegal_move_is_loud() -> None:
    with pytest.raises(lifecycle.CoupIllegal, match="no accorder from refusee"):
        lifecycle.load()["pec_avec_pieces"].advance("refusee", "accorder")


def test_platforms_are_rows_and_the_white_label_is_data_only() -> None:
    rows = platforms_data.load()
    assert [one.nom for one in rows.values()] == ["viamedis", "almerys", "oxantis"]
    assert rows["oxantis"].dialecte == rows["viamedis"].dialecte
    assert {one.code for one in rows["oxantis"].insurers}.isdisjoint(one.code for one in rows["viamedis"].insurers)
    assert rows["almerys"].traits.version_soap is SoapVersion.V12


def test_a_trait_is_changed_by_its_name_and_refused_by_its_name() -> None:
    traits = platforms_data.load()["viamedis"].traits
    assert platforms_data.override(traits, {"delai_min_facturation": "P2D"}).delai_min_facturation.days == 2
    with pytest.raises(ValueError, match="vitesse: unknown trait"):
        platforms_data.override(traits, {"vitesse": 1})
    with pytest.raises(ValueError, match="lots: Expected `bool`"):
        platforms_data.override(traits, {"lots": "oui"})
    for delay in ("-P2D", "P400D", "hier"):
        with pytest.raises(ValueError, match="delai_min_facturation: "):
            platforms_data.override(traits, {"delai_min_facturation": delay})


def test_a_generated_crowd_is_the_same_for_a_seed_and_everybody_is_distinct(seed: int) -> None:
    crowd = generate.people(500, seed)
    assert crowd == generate.people(500, seed)
    assert crowd != generate.people(500, seed + 1)
    assert max(Tally(one.nir for one in crowd).values()) == 1
    assert {one.nir.clair[5:10] for one in crowd} <= set(generate.COMMUNES)
    with pytest.raises(ValueError, match="no insurer"):
        generate.people(1, seed, "ailleurs")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2021-06-15", "2021-06-15"),
        ("-P1Y", "2023-01-31"),
        ("+P1M", "2024-02-29"),
        ("-P2Y1M3D", "2021-12-28"),
        ("debut_annee", "2024-01-01"),
        ("fin_annee", "2024-12-31"),
    ],
)
def test_a_relative_date_counts_from_the_start_of_the_session(written: str, day: str) -> None:
    assert resolve(written, START).isoformat() == day


def test_a_session_that_starts_in_december_has_cards_for_the_next_year() -> None:
    assert resolve("fin_annee", dt.date(2025, 12, 20)) == dt.date(2026, 12, 31)


def test_calendar_corners() -> None:
    assert add_months(dt.date(2024, 2, 29), 12) == dt.date(2025, 2, 28)
    assert [age(dt.date(2008, 2, 1), day) for day in (dt.date(2024, 1, 31), dt.date(2024, 2, 1))] == [15, 16]
    assert working_days_later(dt.date(2024, 2, 2), 1) == dt.date(2024, 2, 5)


def test_cards_are_never_stale_whatever_the_day_a_session_starts() -> None:
    for start in (START, dt.date(2026, 7, 1), dt.date(2028, 2, 29)):
        one = World(start).people["PEC_OK_ADULTE_NOMINAL"]
        assert one.droits_du <= start <= one.droits_au
    assert book_of("viamedis").world.people["PEC_OK_ENFANT_NOMINAL"].naissance == dt.date(2014, 1, 31)
