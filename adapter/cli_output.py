"""How commands print: a plain table or, with --json, the document; errors are one sentence on stderr, no traceback.

Exit codes: 0 done, 1 refused or failed, 2 usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click


def fail(*lignes: str) -> NoReturn:
    """Print each line on stderr and leave with 1."""
    for ligne in lignes:
        click.echo(ligne, err=True)
    sys.exit(1)


def print_json(document: object) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(colonnes: Sequence[str], lignes: Sequence[Mapping[str, Any]], vide: str) -> None:
    """Columns by key, as wide as their content; a missing value shows as '-'."""
    if not lignes:
        click.echo(vide)
        return
    textes = [[_cell(ligne.get(colonne)) for colonne in colonnes] for ligne in lignes]
    largeurs = [max(len(rang[n]) for rang in [list(colonnes), *textes]) for n in range(len(colonnes))]
    for rang in [list(colonnes), *textes]:
        click.echo("  ".join(texte.ljust(largeur) for texte, largeur in zip(rang, largeurs, strict=True)).rstrip())


def _cell(valeur: object) -> str:
    return "-" if valeur is None or valeur == "" else str(valeur)
