"""Rules about the tree itself: names, links, what may be imported from where."""

import configparser
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SIDES = ("adapter", "emulator", "schemas")

SAYS_NOTHING = {"manager", "handler", "engine", "processor", "utils", "helpers"}
"""Names that tell only that something happens."""

PROBE = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def tracked() -> list[tuple[str, Path]]:
    """The mode and the path of every file git knows."""
    listing = subprocess.run(["git", "ls-files", "-sz"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rows = (row.split("\t") for row in listing.split("\0") if row)
    return [(facts.split()[0], Path(path)) for facts, path in rows]


def modules(*patterns: str) -> list[str]:
    """The import names of the modules whose files match, from the tree as it is now."""
    files = (path for pattern in patterns for path in ROOT.glob(pattern))
    dotted = ("tierspayant." + ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)
    return sorted(name.removesuffix(".__init__") for name in dotted)


def loaded_by(names: Iterable[str]) -> set[str]:
    """What is in sys.modules after a new process imported these modules."""
    done = subprocess.run([sys.executable, "-c", PROBE, *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def starred_pure_modules() -> list[str]:
    """The names that the contract on pure modules still writes with a star."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    written = contracts["importlinter:contract:pure"]["source_modules"].split()
    return [name.removeprefix("tierspayant.*.") for name in written if "*" in name]


def test_no_module_is_named_after_nothing() -> None:
    scripts = [path.with_suffix("") for _, path in tracked() if path.suffix == ".py"]
    bad = [str(path) for path in scripts if any(SAYS_NOTHING & set(part.split("_")) for part in path.parts)]
    assert not bad, f"say what it does instead: {bad}"


def test_no_link_is_tracked() -> None:
    assert [path for mode, path in tracked() if mode == "120000"] == [], "a link does not survive a checkout on Windows"


@pytest.mark.parametrize("name", SIDES)
def test_a_bare_import_is_refused(name: str) -> None:
    with pytest.raises(ImportError, match=f"write `import tierspayant.{name}`"):
        importlib.import_module(name)


@pytest.mark.parametrize("name", SIDES)
def test_the_full_name_is_the_folder(name: str) -> None:
    assert Path(str(importlib.import_module(f"tierspayant.{name}").__file__)) == ROOT / name / "__init__.py"


def test_the_road_of_the_emulator_never_meets_zeep() -> None:
    road = modules("emulator/**/*.py", "schemas/*/server.py")
    assert not {"zeep", "pydantic"} & loaded_by(road)


def test_the_probe_of_the_road_can_fail() -> None:
    assert {"zeep", "pydantic"} <= loaded_by(["zeep", "pydantic"])


def test_a_contract_names_the_modules_that_exist() -> None:
    stems = {path.stem: path for side in SIDES for path in (ROOT / side).iterdir()}
    written = {str(stems[name].relative_to(ROOT)) for name in starred_pure_modules() if name in stems}
    assert not written, f"these exist now: give them their real name in .importlinter instead of the star: {written}"


def test_every_path_a_newcomer_is_sent_to_exists() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Where is …?")[1].split("\n## ")[0]
    paths = [path for row in table.splitlines() if row.startswith("|") for path in re.findall(r"`([^`]+)`", row)]
    assert len(paths) > len(SIDES), "the table of CONTRIBUTING.md was not found"
    assert [path for path in paths if not (ROOT / path).exists()] == []
