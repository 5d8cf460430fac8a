"""The planted bugs of `make mutants` still fit the tree, and what a run means is judged strictly."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mutants.__main__ import main, table
from mutants.copies import Run
from mutants.planted import Bug, BugInvalide, Stale, load
from mutants.trials import LIMIT, Trial, Verdict, attempt, verdict

ROOT = Path(__file__).parent.parent
BUGS = load()
FEWEST = 25
"""Planted bugs below which the important promises cannot all be covered."""
ROW = """[[bug]]
id = "one"
file = "a.py"
old = "x = 1"
new = "x = 2"
cost = "one centime"
tests = ["test_a.py"]
"""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_a_planted_bug_still_applies_and_is_still_a_program(bug: Bug) -> None:
    planted = bug.planted((ROOT / bug.file).read_text(encoding="utf-8"))
    if bug.file.endswith(".py"):
        ast.parse(planted)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_the_tests_a_bug_names_are_there(bug: Bug) -> None:
    for name in bug.tests:
        file, _, inside = name.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        if file.startswith("tests/contracts/"):  # a dialect's suite is inherited
            text += (ROOT / "tests" / "contracts" / "dialecte.py").read_text(encoding="utf-8")
        for step in filter(None, inside.partition("[")[0].split("::")):
            assert f"def {step}(" in text or f"class {step}" in text, name


def test_there_are_bugs_of_every_kind() -> None:
    assert len(BUGS) >= FEWEST
    assert {bug.groupe for bug in BUGS} == {
        "counter",
        "delivery",
        "emulator",
        "lots",
        "money",
        "privacy",
        "storage",
        "wire",
    }


@pytest.mark.parametrize("text", ["y = 1", "x = 1; x = 1"])
def test_a_bug_whose_text_is_gone_or_there_twice_is_stale_and_changes_nothing(text: str, tmp_path: Path) -> None:
    bug = Bug(groupe="g", id="one", file="a.py", old="x = 1", new="x = 2", cost="c", tests=("test_a.py",))
    with pytest.raises(Stale):
        bug.planted(text)
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    assert attempt(bug, tmp_path).verdict is Verdict.STALE
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        (1, "FAILED test_a.py::test_b - x\n", Verdict.CAUGHT),
        (0, "1 passed", Verdict.SURVIVED),
        (1, "ImportError while loading conftest", Verdict.NO_PROOF),
        (2, "ERROR test_a.py", Verdict.NO_PROOF),
        (4, "no such test", Verdict.NO_PROOF),
        (None, "", Verdict.NO_PROOF),
    ],
)
def test_only_a_test_that_failed_catches_a_bug(code: int | None, output: str, expected: Verdict) -> None:
    assert verdict(Run(code, output, LIMIT))[0] is expected


@pytest.mark.parametrize(
    "rows", [ROW + ROW, ROW.replace("cost", "price"), ROW.replace("x = 2", "x = 1"), ROW.replace('"test_a.py"', "")]
)
def test_a_row_that_is_no_bug_is_refused_with_its_name(rows: str, tmp_path: Path) -> None:
    (tmp_path / "kind.toml").write_text(rows, encoding="utf-8")
    with pytest.raises(BugInvalide, match=r"kind.toml: one"):
        load(tmp_path)


def test_the_table_names_what_survived_and_counts() -> None:
    done = [Trial(BUGS[0], Verdict.CAUGHT, 2.4, "t::a"), Trial(BUGS[1], Verdict.SURVIVED, 3.0, "passed")]
    said = table(done).splitlines()
    assert "SURVIVED" in next(line for line in said if BUGS[1].id in line)
    assert said[-1] == "1 of 2 planted bugs caught"


def test_an_unknown_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["no-such-bug"])
    assert ended.value.code == 2
    assert "no such bug: no-such-bug" in capsys.readouterr().err
