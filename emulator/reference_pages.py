"""The reference pages that are written from data: rules, people, magic amounts, tariff, and the lives of a file.

`python -m tierspayant.emulator.reference_pages docs` writes them; a test fails when one is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tierspayant.emulator import insurers, levers, lifecycle, people, platforms_data, tape_pages, tariff_tables
from tierspayant.emulator.lifecycle import Vie
from tierspayant.emulator.rules.regle import Fiche, fiches
from tierspayant.schemas.codes import table
from tierspayant.schemas.money import en_decimal

_GENERATED = "<!-- Written by tierspayant.emulator.reference_pages from the data files: change those, not this. -->"
_ABOUT_RULES = """Each rule is a small pure function under `emulator/rules/`; its row in `regles.toml` says where it
comes from. *fact*: public, see the source; *inferred*: deduced in the note; *ours*: our design. Sources are the notes
of `docs/domain/`. The person is the test card that shows the rule ([people](people.md)). Rules are checked in this
order, and an insurer answers with the first that is broken."""
_ABOUT_PEOPLE = """Everybody is invented: each NIR has a valid key and a commune INSEE never assigned. `tp-emulator
people` prints the identifiers. *Asked* and *expected* say which question shows the outcome; without them the standard
file runs to its payment."""
_ORIGINE = {"fait": "fact", "deduit": "inferred", "notre": "ours"}
_FAMILLES = {
    "droits": "Rights",
    "pec": "Quote and PEC",
    "pieces": "Documents",
    "annulation": "Cancellation",
    "facture": "Invoice",
    "calcul": "Calculation",
    "paiement": "Payment",
}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def rules_page() -> str:
    """Every rule: id, code, text, fact or ours, source, and the person who shows it."""
    parts = [
        "# The emulated insurers' rules",
        _GENERATED,
        _ABOUT_RULES,
    ]
    for famille, title in _FAMILLES.items():
        rows = [one for one in fiches().values() if one.famille == famille]
        parts += [f"## {title}", _rules_table(rows)]
    parts += ["## Codes", _codes_table()]
    return "\n\n".join(parts) + "\n"


def _rules_table(rows: list[Fiche]) -> str:
    return _table(
        ("id", "code", "rule", "origin", "source", "shown by"),
        (
            (_code(one.id), one.code, one.texte, _ORIGINE[one.origine], one.source, _code(one.personne) or one.exemple)
            for one in rows
        ),
    )


def _codes_table() -> str:
    return _table(
        ("code", "French", "English", "what a client may do next"),
        ((one.code, one.libelle, one.anglais, one.nature.value) for one in table().values()),
    )


def people_page() -> str:
    """Every test card, by insurer, with what it shows; then the insurers and the magic amounts."""
    rows = [
        (
            _code(one.carte),
            one.explication,
            one.amc,
            one.contrat,
            _code(one.cas.operation if one.cas else ""),
            _code(one.cas.attendu if one.cas else ""),
        )
        for one in people.load()
    ]
    return (
        "\n\n".join(
            [
                "# Test cards: the invented people, insurers and magic amounts",
                _GENERATED,
                _ABOUT_PEOPLE,
                _table(("card", "what it shows", "insurer", "contract", "asked", "expected"), rows),
                "## Insurers",
                _insurers_table(),
                "## Magic amounts",
                "A line with this unit price selects the outcome, whoever the person is (ours).",
                _table(
                    ("unit price", "name", "outcome"),
                    (
                        (en_decimal(one.prix_centimes), _code(one.nom), one.texte)
                        for one in sorted(levers.load().values(), key=lambda one: one.prix_centimes)
                    ),
                ),
            ]
        )
        + "\n"
    )


def _insurers_table() -> str:
    return _table(
        ("code", "label", "AMC number", "convention", "CSR", "platform", "PEC validity + billing", "contracts"),
        (
            (
                one.code,
                one.libelle,
                _code(one.numero_amc.clair),
                one.type_convention,
                one.csr or "",
                one.plateforme,
                f"{one.validite_jours} + {one.facturation_jours} days",
                ", ".join(contrat.nom for contrat in one.contrats),
            )
            for one in insurers.load()
        ),
    )


def tariff_page() -> str:
    """Product codes with their limits, and the ceilings, by version."""
    parts = ["# Tariff tables", _GENERATED, "Amounts in euros; synthetic LPP codes with valid keys."]
    for version in tariff_tables.load():
        parts += [
            f"## Version {version.nom}, from {version.du.isoformat()}",
            _table(
                ("LPP", "label", "line", "class", "zone", "AMO base", "price limit"),
                (
                    (
                        _code(row.code.clair),
                        row.libelle,
                        row.type.value,
                        "/".join(row.classes),
                        row.zone.value if row.zone else "",
                        en_decimal(row.base) if row.base is not None else f"{row.base_pour_cent} % of the price",
                        en_decimal(row.plv) if row.plv is not None else "",
                    )
                    for row in version.lpp.values()
                ),
            ),
            _table(
                ("lenses", "ceiling"),
                ((" + ".join(pair), en_decimal(maximum)) for pair, maximum in version.plafonds.items()),
            ),
        ]
    return "\n\n".join(parts) + "\n"


def states_page() -> str:
    """The lives of a PEC and of an invoice, as diagrams, and which platform has which."""
    used = {
        name: [one.nom for one in platforms_data.load().values() if name in (one.vie_pec, one.vie_facture)]
        for name in lifecycle.load()
    }
    parts = ["# The lives of a PEC and of an invoice at the emulated platforms", _GENERATED]
    for vie in lifecycle.load().values():
        parts += [f"## `{vie.nom}` ({', '.join(used[vie.nom])})", _diagram(vie), _labels(vie)]
    return "\n\n".join(parts) + "\n"


def _diagram(vie: Vie) -> str:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {start} --> {end}: {event}" for start, moves in vie.moves.items() for event, end in moves.items()]
    lines += [f"    {state} --> [*]" for state in sorted(vie.fin)]
    return "\n".join([*lines, "```"])


def _labels(vie: Vie) -> str:
    return _table(("canonical state", "what the platform calls it"), ((_code(k), v) for k, v in vie.libelles.items()))


PAGES = {
    "reference/regles.md": rules_page,
    "reference/people.md": people_page,
    "reference/tarifs.md": tariff_page,
    "reference/bandes.md": tape_pages.page,
    "states/emulator.md": states_page,
}
"""Path below docs/ and who writes it."""


def write(docs: Path) -> None:
    """Write every page below `docs`."""
    for path, page in PAGES.items():
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
