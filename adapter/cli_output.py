"""How commands print: a plain table or, with --json, the document; errors are one sentence on stderr, no traceback.

Exit codes: 0 done, 1 refused or failed, 2 usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click


def fail(*lines: str) -> NoReturn:
    """Print each line on stderr and leave with 1."""
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)


def print_json(document: object) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], lines: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Columns by key, as wide as their content; a missing value shows as '-'."""
    if not lines:
        click.echo(empty)
        return
    texts = [[_cell(line.get(column)) for column in columns] for line in lines]
    widths = [max(len(cells[n]) for cells in [list(columns), *texts]) for n in range(len(columns))]
    for cells in [list(columns), *texts]:
        click.echo("  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else str(value)
