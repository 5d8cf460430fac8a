"""Each element of each XSD is in at least one sample: counted, printed (`pytest -s`), told in schemas/README.md."""

from __future__ import annotations

import sys
from pathlib import Path

from lxml import etree

from tests.contracts.xsd_coverage import Declarations, Declared
from tierspayant.schemas import platforms

SCHEMAS = Path(__file__).parents[2] / "schemas"
HEAD = "| XSD | elements declared | in a question | in an answer or a fault | in no sample |\n|---|---|---|---|---|\n"


def _samples(dialecte: str) -> tuple[list[etree._Element], list[etree._Element]]:
    """(questions, answers and faults) of a dialect."""
    mots = set(platforms.dialects()[dialecte].names.values())
    questions: list[etree._Element] = []
    autres: list[etree._Element] = []
    for path in sorted((SCHEMAS / dialecte / "samples").glob("*.xml")):
        kept = questions if path.name.split(".")[0] in mots else autres
        kept.append(etree.fromstring(path.read_bytes()))
    return questions, autres


def _namespace(declared: Declared) -> str:
    return (declared[0] or declared[1])[1:].partition("}")[0]


def figures(files: dict[str, dict[str, bytes]]) -> list[tuple[str, int, int, int, int]]:
    """(file, declared, asked, answered, in none) of each XSD. `files`: by dialect, by path."""
    rows = []
    for dialecte, schemas in files.items():
        declarations = Declarations(schemas.values())
        asked, answered = (declarations.used_by(roots) for roots in _samples(dialecte))
        for path, octets in schemas.items():
            espace = str(etree.fromstring(octets).get("targetNamespace"))
            here = {one for one in declarations.elements() if _namespace(one) == espace}
            rows.append((path, len(here), len(here & asked), len(here & answered), len(here - asked - answered)))
    return rows


def of_the_tree() -> dict[str, dict[str, bytes]]:
    return {
        nom: {f"{nom}/{path.name}": path.read_bytes() for path in sorted((SCHEMAS / nom).glob("*.xsd"))}
        for nom in sorted(platforms.dialects())
        if (SCHEMAS / nom).is_dir()
    }


def table() -> str:
    rows = figures(of_the_tree())
    total = ("all", *(sum(figure) for figure in list(zip(*rows, strict=True))[1:]))
    return HEAD + "".join(
        f"| {' | '.join(f'`{c}`' if '/' in str(c) else str(c) for c in row)} |\n" for row in (*rows, total)
    )


def test_each_element_of_each_xsd_is_in_a_sample() -> None:
    sys.stdout.write(f"\n{table()}")
    assert [row for row in figures(of_the_tree()) if row[-1]] == []


def test_the_readme_says_these_figures() -> None:
    assert table() in (SCHEMAS / "README.md").read_text(encoding="utf-8"), f"write this table there:\n{table()}"


def test_an_element_in_no_sample_is_counted() -> None:
    files = of_the_tree()
    dialecte, schemas = next(iter(files.items()))
    path, octets = next(iter(schemas.items()))
    planted = octets.replace(b"</xs:schema>", b'<xs:element name="jamais" type="xs:string"/></xs:schema>')
    assert [row[-1] for row in figures({dialecte: {**schemas, path: planted}}) if row[0] == path] == [1]
