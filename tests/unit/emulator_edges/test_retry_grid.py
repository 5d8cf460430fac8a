"""The retry grid: each cell is lived and is what the table says, and the page shows the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import retry_grid

DOCS = Path(__file__).parents[3] / "docs"
FOUR = {"devis", "pec", "annulation", "facture"}


def test_the_grid_has_its_72_cells_on_each_dialect() -> None:
    for plateforme in retry_grid.PLATEFORMES:
        cells = [one for one in retry_grid.expected() if one.plateforme == plateforme and one.operation in FOUR]
        assert len(cells) == 72


@pytest.mark.parametrize("operation", retry_grid.OPERATIONS)
@pytest.mark.parametrize("plateforme", retry_grid.PLATEFORMES)
def test_a_retry_after_a_cut_finds_what_the_table_says(plateforme: str, operation: str) -> None:
    cells = [one for one in retry_grid.cells() if (one.plateforme, one.operation) == (plateforme, operation)]
    assert {one: retry_grid.live(one) for one in cells} == {one: retry_grid.expected()[one] for one in cells}


def test_the_page_shows_the_table() -> None:
    written = (DOCS / retry_grid.PAGE).read_text(encoding="utf-8")
    assert written == retry_grid.page(lambda cell: retry_grid.expected()[cell]), "python -m tests.retry_grid docs"


def test_no_retry_of_the_same_bytes_makes_a_second_invoice_or_a_second_granted_pec() -> None:
    truths = retry_grid.expected()
    same = {cell: truth for cell, truth in truths.items() if cell.reprise == "meme_id"}
    doubles = {(cell.plateforme, cell.operation) for cell, truth in same.items() if truth.tient.startswith("2 ")}
    assert doubles == {("viamedis", "pec_en_instance")}
