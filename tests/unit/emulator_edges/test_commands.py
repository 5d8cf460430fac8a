"""The commands that print: what they say is what the program does, and the adapter can read it."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from tierspayant.emulator import people
from tierspayant.emulator.cli import main
from tierspayant.emulator.cli_effects import catalogue
from tierspayant.emulator.effect_kinds import CATALOGUE

DAY = "2024-01-31"


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_every_effect_is_explained_and_nothing_else_is() -> None:
    assert set(catalogue()) == set(CATALOGUE)
    assert all(set(row) == {"quoi", "bon_client"} for row in catalogue().values())
    assert all(nom in said("effects") for nom in CATALOGUE)
    assert json.loads(said("effects", "--json"))["coupure"]["parametres"] == ["point"]


def test_the_payer_directory_is_one_the_adapter_reads(tmp_path: Path) -> None:
    from tierspayant.adapter.annuaire import lire

    text = said("annuaire", "--toml")
    file = tmp_path / "annuaire.toml"
    file.write_text(text, encoding="utf-8")
    directory = lire(file, frozenset({"viamedis", "almerys", "oxantis"}))
    day = dt.date(2024, 1, 31)
    found = directory.chercher("00990011", "TP", "003", day)
    assert (found.plateforme, found.organisme) == ("viamedis", "M011")
    assert directory.chercher("990020020", "TP", None, day).organisme == "A020"
    assert len(tomllib.loads(text)["entree"]) >= 10


@pytest.mark.parametrize("form", ["--json", "--soap", "--curl"])
def test_every_person_can_be_shown_in_every_form(form: str) -> None:
    for one in people.load():
        assert said("people", "show", one.carte, form, "--day", DAY)


def test_the_nominal_person_shows_the_body_of_the_example() -> None:
    shown = json.loads(said("people", "show", "PEC_OK_ADULTE_NOMINAL", "--json", "--day", DAY))
    [step] = shown["etapes"]
    assert (step["chemin"], shown["attendu"]) == ("/v1/pec", "accordee")
    assert step["corps"]["carte"]["numero_adherent"] == "A1234567"
    assert "organisme" not in step["corps"] or step["corps"]["organisme"] == "M011"


def test_what_is_not_there_is_said_in_one_sentence() -> None:
    for arguments in (["people", "show", "PERSONNE"], ["ledger", "http://127.0.0.1:9"], ["ledger", "check", "x"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1, arguments
        assert result.output.startswith("tp-emulator: ")
        assert result.output.count("\n") == 1
