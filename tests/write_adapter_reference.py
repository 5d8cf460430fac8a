"""Write the adapter's reference pages from the program itself: `python -m tests.write_adapter_reference`.

A test compares, so that no command, option, setting or problem is without its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import BaseModel

from tests import adapter_limits
from tierspayant.adapter import annuaire, config
from tierspayant.adapter.cli import main
from tierspayant.adapter.problem import kinds

DOSSIER = Path(__file__).resolve().parents[1] / "docs" / "reference"
ENTETE = "<!-- Written by `python -m tests.write_adapter_reference`: change the program, then run it. -->\n\n"


def commands() -> str:
    lignes = [
        "# Commands of tp-adapter",
        "",
        "Exit codes: 0 done, 1 refused or failed (one sentence on stderr), 2 usage. Commands ask the running daemon",
        "through `admin.sock` beside the configuration, or the port of `[admin]`, and open the database themselves",
        "when no daemon runs.",
        "",
    ]
    for chemin, commande in _commands(main, "tp-adapter"):
        arguments = [un for un in commande.params if isinstance(un, click.Argument)]
        lignes += [f"## `{' '.join([chemin, *(un.make_metavar(_context(commande)) for un in arguments)])}`", ""]
        lignes += [(commande.help or "").strip(), ""]
        for option in commande.params:
            if isinstance(option, click.Option):
                lignes.append(f"- `{', '.join(option.opts)}` {option.help or ''}".rstrip())
        lignes.append("")
    return ENTETE + "\n".join(lignes).rstrip() + "\n"


def _context(commande: click.Command) -> click.Context:
    return click.Context(commande)


def _commands(commande: click.Command, chemin: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(commande, click.Group):
        for nom, une in sorted(commande.commands.items()):
            yield from _commands(une, f"{chemin} {nom}")
    else:
        yield chemin, commande


def settings() -> str:
    lignes = [
        "# Settings of tp-adapter",
        "",
        "One TOML file; the environment wins over it (`TP_ADAPTER_API__PORT=8490`, two underscores between keys), and",
        "a flag of `serve` over both. Durations are whole seconds or ISO 8601 (`PT2M`); paths relative to the file.",
        "`tp-adapter check-config` names every fault at once.",
        "",
        "| key | default | meaning |",
        "|---|---|---|",
        *(f"| `{cle}` | {defaut} | {sens} |" for cle, defaut, sens in _settings(config.Settings, "")),
    ]
    return ENTETE + "\n".join(lignes) + "\n"


def _settings(modele: type[BaseModel], avant: str) -> Iterator[tuple[str, str, str]]:
    for nom, champ in modele.model_fields.items():
        cle, dessous = f"{avant}{nom}", _table_of(champ.annotation)
        if dessous is not None:
            table, nomme = dessous
            yield from _settings(table, f"{cle}.<name>." if nomme else f"{cle}.")
        if dessous is None or (dessous[1] and champ.description):
            defaut = "required" if champ.is_required() else f"`{_shown(champ.get_default())}`"
            if dessous is None:
                yield cle, defaut, champ.description or ""


def _shown(valeur: Any) -> str:
    return "none" if valeur is None else str(valeur) or '""'


def _table_of(annotation: Any) -> tuple[type[BaseModel], bool] | None:
    """The table a setting is, and whether it is one of many by name."""
    if isinstance(annotation, type) and issubclass(annotation, config.Table):
        return annotation, False
    derniers = get_args(annotation)[-1:]
    if derniers and isinstance(derniers[0], type) and issubclass(derniers[0], config.Table):
        return derniers[0], True
    return None


def problems() -> str:
    lignes = [
        "# Problems of the shop API",
        "",
        "`application/problem+json` (RFC 9457). `code` is stable; `detail` is French; `erreurs[]` lists every fault of",
        "a body with `champ` (JSON pointer), `regle` and `detail`. No value is ever repeated.",
        "",
        "| code | status | French title | meaning |",
        "|---|---|---|---|",
        *(f"| `{code}` | {un.statut} | {un.titre} | {un.anglais} |" for code, un in sorted(kinds().items())),
    ]
    return ENTETE + "\n".join(lignes) + "\n"


def directory() -> str:
    texte = (annuaire.__doc__ or "").strip()
    titre, _, reste = texte.partition("\n\n")
    return ENTETE + f"# The payer directory\n\n{titre}\n\n{reste}\n"


def limits() -> str:
    return ENTETE + adapter_limits.page()


PAGES = {
    "tp-adapter.md": commands,
    "configuration.md": settings,
    "problems.md": problems,
    "annuaire.md": directory,
    "limits.md": limits,
}

if __name__ == "__main__":
    for nom, ecrire in PAGES.items():
        (DOSSIER / nom).write_text(ecrire(), encoding="utf-8")
