"""One line of the table: our figure, the floor's figure from the same run, and the ratio that is quoted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """`better`: 'lower' or 'higher'. `ratio` is ours / floor; `target` is a bound on the ratio or on ours, in words."""

    name: str
    unit: str
    ours: float
    floor: float
    floor_is: str
    better: str
    target: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 3)}


def table(rows: list[Row]) -> str:
    """The rows as a table for a terminal."""
    head = ["what", "ours", "floor", "ratio", "the floor is", "aim"]
    cells = [
        head,
        *(
            [
                row.name,
                _figure(row.ours, row.unit),
                _figure(row.floor, row.unit),
                f"{row.ratio:.2f}",
                row.floor_is,
                row.target,
            ]
            for row in rows
        ),
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
