"""The generated pages are what the data says now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierspayant.emulator.reference_pages import PAGES

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_is_up_to_date(path: str) -> None:
    written = (DOCS / path).read_text(encoding="utf-8")
    assert written == PAGES[path](), "run: .venv/bin/python -m tierspayant.emulator.reference_pages docs"
