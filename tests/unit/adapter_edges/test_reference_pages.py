"""The reference pages say what the program says."""

from __future__ import annotations

import inspect

import pytest

from tests.write_adapter_reference import DOSSIER, PAGES, _commands, settings
from tierspayant.adapter.cli import main


@pytest.mark.parametrize("nom", PAGES)
def test_a_reference_page_is_the_one_the_program_writes(nom: str) -> None:
    assert (DOSSIER / nom).read_text(encoding="utf-8") == PAGES[nom](), "run: python -m tests.write_adapter_reference"


def test_every_command_says_what_it_does() -> None:
    for chemin, commande in _commands(main, "tp-adapter"):
        assert commande.help, chemin


def test_a_command_s_options_are_the_parameters_of_its_function() -> None:
    for chemin, commande in _commands(main, "tp-adapter"):
        assert commande.callback is not None
        assert {un.name for un in commande.params} == set(inspect.signature(commande.callback).parameters), chemin


def test_every_setting_says_what_it_means() -> None:
    for ligne in settings().splitlines():
        if ligne.startswith("| `"):
            assert not ligne.endswith("|  |"), ligne
