"""docs/banc-d-essai.md: its pytest examples and its curl recipe are run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tierspayant.emulator.live import Live

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/banc-d-essai.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_pytest_examples_pass(pytester: pytest.Pytester) -> None:
    pytester.makeini(block("ini"))
    pytester.makepyfile(block("python"))
    result = pytester.runpytest_subprocess("-p", "no:twisted", "-p", "no:schemathesis", "-W", "error")
    result.assert_outcomes(passed=7)


def test_the_curl_recipe_works_as_it_stands(tmp_path: Path) -> None:
    assert shutil.which("curl"), "the recipe is for curl"
    script = tmp_path / "recipe.sh"
    script.write_text(block("sh"), encoding="utf-8")
    live = Live.start()
    env = os.environ | {
        "CONTROL": live.control,
        "VIAMEDIS": live.plateformes["viamedis"],
        "SAMPLES": str(ROOT / "schemas/viamedis/samples"),
    }
    try:
        done = subprocess.run(["sh", str(script)], env=env, capture_output=True, text=True, timeout=60, check=False)
    finally:
        live.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no answer, as asked" in done.stdout


def test_every_page_that_is_named_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target
