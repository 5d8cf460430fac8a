"""The interop suite's own judgement: what a driver leaves out, garbles or fails is red, whatever its language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from interop import __main__ as runner
from interop.emulateur import CHEMINS, operations
from interop.pilote import read
from interop.stacks import FOLDER, Passage, Stack, Verdict, load
from interop.tableau import CAS, cell, page, rouges, rows, text
from interop.temoin import SPOILT, aveugles
from tierspayant.schemas import platforms

PAIR = ("droits", "ConsulterDroits")
GREEN = tuple(Verdict(*PAIR, cas, True) for cas in CAS)


def passage(*verdicts: Verdict, echec: str | None = None, attendu: frozenset[tuple[str, str]] | None = None) -> Passage:
    return Passage("php", "viamedis", "1.1", verdicts, echec, frozenset({PAIR}) if attendu is None else attendu)


def reasons(one: Passage) -> list[str]:
    return [rouge.raison for rouge in rouges(one)]


def line(**changes: object) -> str:
    said = {"dialecte": "viamedis", "chemin": "droits", "operation": "ConsulterDroits", "cas": "nominal"}
    return json.dumps(said | {"ok": True, "detail": ""} | changes)


def test_a_run_that_says_every_case_is_green() -> None:
    assert reasons(passage(*GREEN)) == []


def test_an_operation_that_the_driver_forgot_is_red() -> None:
    assert reasons(passage()) == [f"{cas}: not driven" for cas in CAS]


def test_a_good_call_without_its_fault_is_red() -> None:
    assert reasons(passage(GREEN[0])) == ["faute: not driven"]


def test_a_failed_case_is_red_with_its_reason() -> None:
    assert reasons(passage(GREEN[0], Verdict(*PAIR, "faute", False, "aucune faute"))) == ["faute: aucune faute"]


def test_a_fault_deep_in_the_body_is_asked_of_the_requests_for_agreement() -> None:
    pair = ("tiers-payant", "Valoriser")
    said = tuple(Verdict(*pair, cas, True) for cas in CAS)
    assert reasons(passage(*said, attendu=frozenset({pair}))) == ["faute_nir: not driven"]


def test_a_run_that_broke_is_red_whatever_it_said_before() -> None:
    assert reasons(passage(*GREEN, echec="ended with 139")) == ["ended with 139"]


def test_a_driver_that_stays_green_on_spoilt_answers_is_blind() -> None:
    pair = ("retours", "ListerRetours")
    blind = aveugles(passage(*(Verdict(*pair, cas, True) for cas in CAS), attendu=frozenset({pair})))
    assert [rouge.raison for rouge in blind] == [
        "control: faute stayed green on a spoilt answer",
        "control: nominal stayed green on a spoilt answer",
    ]


def test_a_driver_that_notices_spoilt_answers_is_not_blind() -> None:
    assert aveugles(passage(GREEN[0], Verdict(*PAIR, "faute", False, "autre règle"))) == []


def test_a_control_that_broke_proves_nothing() -> None:
    assert [rouge.raison for rouge in aveugles(passage(echec="no line"))] == ["control: no line"]


def test_a_spoilt_answer_keeps_its_length() -> None:
    assert [right for right, wrong in SPOILT if len(right) != len(wrong)] == []


def test_an_operation_that_the_wsdl_does_not_declare_is_red() -> None:
    assert reasons(passage(*GREEN, Verdict("droits", "Autre", "nominal", True))) == [
        "this operation is not in the WSDL"
    ]


def test_a_contract_without_operations_is_red() -> None:
    assert reasons(passage(attendu=frozenset())) == ["the WSDL declares no operation"]


def test_a_driver_s_lines_are_read_as_verdicts() -> None:
    verdicts, echec = read([line(), "", line(cas="faute", ok=False, detail="non")], "viamedis")
    assert (verdicts, echec) == ((GREEN[0], Verdict(*PAIR, "faute", False, "non")), None)


@pytest.mark.parametrize(
    "garbled",
    ["Warning: something", "{}", "[]", line(ok="true"), line(dialecte="almerys")],
    ids=["text", "empty", "list", "ok-is-text", "other-dialect"],
)
def test_a_line_that_is_no_verdict_makes_the_run_red(garbled: str) -> None:
    verdicts, echec = read([line(), garbled], "viamedis")
    assert verdicts == GREEN[:1]
    assert echec is not None


def test_a_cell_names_the_versions_and_marks_the_red_one() -> None:
    other = Passage("php", "viamedis", "1.2", GREEN[:1], None, frozenset({PAIR}))
    assert cell([other, passage(*GREEN)], *PAIR) == "1.1 1.2!"
    assert cell([], *PAIR) == "-"


def test_the_table_has_a_row_per_operation_and_a_column_per_stack() -> None:
    stack = load()["php"]
    lines = rows([passage(*GREEN)], [stack])
    assert lines == [["dialecte", "chemin", "operation", "php"], ["viamedis", *PAIR, "1.1"]]
    assert "ConsulterDroits" in text(lines)
    assert "| viamedis | droits | ConsulterDroits | 1.1 |" in page(lines, [stack], {"php": "PHP 8"})


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_missing_stack_fails_in_ci_and_is_said_and_skipped_elsewhere(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = Stack(
        nom="rare", titre="Rare", folder="python", tools=("no-such-tool",), debian=(), show_version=(), run=()
    )
    monkeypatch.setenv("CI", ci)
    assert runner.absents([absent]) == ([absent], code)
    assert "no-such-tool" in capsys.readouterr().out


def test_a_stack_is_missing_when_its_probe_fails() -> None:
    stack = Stack(
        nom="rare",
        titre="Rare",
        folder="python",
        tools=(),
        probe=("false",),
        debian=("rare-dev",),
        show_version=(),
        run=(),
    )
    assert stack.missing() == ["a part of rare-dev"]


def test_the_operations_come_from_the_port_type_alone() -> None:
    wsdl = (
        b'<d xmlns="http://schemas.xmlsoap.org/wsdl/"><portType><operation name="A"/></portType>'
        b'<binding><operation name="A"/></binding></d>'
    )
    assert operations(wsdl) == ["A"]


@pytest.mark.parametrize("dialecte", list(CHEMINS))
def test_the_suite_reads_every_service_of_a_dialect(dialecte: str) -> None:
    assert {f"/{chemin}" for chemin in CHEMINS[dialecte]} == set(platforms.server(dialecte).chemins)


def test_every_stack_has_its_example_for_both_dialects_and_its_packages_in_ci() -> None:
    ci = (FOLDER.parent / ".ci" / "run").read_text(encoding="utf-8")
    for stack in load().values():
        names = {path.stem.lower() for path in stack.path.iterdir()}
        assert set(CHEMINS) <= names, stack.nom
        assert [package for package in stack.debian if not re.search(rf"[( ]{re.escape(package)}[ )]", ci)] == []


def test_the_page_was_written_for_this_contract_and_these_stacks() -> None:
    written = (FOLDER.parent / "docs" / "interop.md").read_text(encoding="utf-8")
    named = {(row.split(" | ")[0].strip("| "), row.split(" | ")[2]) for row in written.splitlines() if " | 1.1" in row}
    names = {(nom, wire) for nom, one in platforms.dialects().items() for wire in one.names.values()}
    assert named == {pair for pair in names if pair[0] in CHEMINS}, "run make interop"
    assert [stack.nom for stack in load().values() if stack.note not in written] == [], "run make interop"


def test_no_file_of_the_node_example_names_a_registry() -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        assert '"resolved"' not in Path(FOLDER / "node" / name).read_text(encoding="utf-8"), name
