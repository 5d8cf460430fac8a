"""docs/fautes.md is what the emulator answers now, and explains every rule id that the code can give."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests import write_fautes
from tierspayant.schemas.security.causes import CAUSES

ROOT = Path(__file__).parents[2]
WHO_REFUSES = (
    *("soap", "xml", "server_road", "http_body", "xsd_rules", "identity", "champs", "*/server*", "security/*"),
    *("../emulator/desk", "../emulator/payments", "../emulator/identity", "../emulator/exchange"),
)
"""Modules below schemas/ whose texts in capitals are rule ids."""
NO_RULE = re.compile(
    r"CVC_.*|SCHEMAV_.*|ELEMENT_CONTENT|U?S?-?ASCII|DEVIS|PEC|POSITIF|NEGATIF|TRAITE|INDISPONIBLE|[A-Z]{1,3}"
)
"""libxml2's own words, charsets, and words of the contracts."""


def ids(source: str) -> set[str]:
    """Texts in capitals of a Python source."""
    texts = {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {text for text in texts if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text) and not NO_RULE.fullmatch(text)}


def test_the_page_is_up_to_date() -> None:
    assert write_fautes.PAGE.read_text(encoding="utf-8") == write_fautes.page(), "run: python -m tests.write_fautes"


def test_every_rule_of_the_code_is_explained() -> None:
    files = [path for pattern in WHO_REFUSES for path in (ROOT / "schemas").glob(f"{pattern}.py")]
    files += [ROOT / "emulator" / f"{nom}.py" for nom in ("desk", "payments", "identity", "exchange")]
    given = set().union(*(ids(path.read_text(encoding="utf-8")) for path in files))
    assert given == set(write_fautes.rules()) | set(CAUSES)


def test_a_rule_that_nobody_explains_is_found() -> None:
    assert ids("raise faute('REGLE_NOUVELLE')") == {"REGLE_NOUVELLE"}


def test_every_rule_has_an_example_or_says_why_not() -> None:
    shown = write_fautes.exemples()
    assert set(shown) <= set(write_fautes.rules())
    assert set(write_fautes.rules()) - set(shown) <= set(write_fautes.DATA["exemples"])


@pytest.mark.parametrize("regle", sorted(write_fautes.rules()))
def test_a_rule_is_explained_in_one_sentence(regle: str) -> None:
    assert write_fautes.rules()[regle].endswith(".")
