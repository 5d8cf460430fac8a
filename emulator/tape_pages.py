"""docs/reference/bandes.md, from the tapes and what they can say (written by reference_pages)."""

from __future__ import annotations

import json

import msgspec

from tierspayant.emulator.cli_effects import catalogue
from tierspayant.emulator.clock import shown
from tierspayant.emulator.tape import Tape, load, names
from tierspayant.emulator.tape_incidents import INCIDENTS

_HEAD = """# Tapes: dated outages on the virtual clock

<!-- Written by tierspayant.emulator.reference_pages from emulator/tapes: change those, not this. -->

`tp-emulator serve --tape NAME` starts the session `default` where the tape starts; `PUT /sessions/<id>/tape` lives one
in any session, from its own dates or from now (`depuis_maintenant`). A tape moves with the session's clock and nothing
else. `tp-emulator tape check FILE` gives file, line and reason; a date that no source gives is marked as a guess.

A tape of your own, from flags (printed, or written with `--output`):

    tp-emulator tape new --title "Deux coupures" --start 2026-03-02T09:00:00+01:00 --end 2026-03-03T19:00:00+01:00 \\
        --outage "viamedis refus_connexion 2026-03-02T10:00:00+01:00 2026-03-02T11:30:00+01:00" \\
        --outage "almerys http 2026-03-03T09:00:00+01:00 2026-03-03T10:00:00+01:00 statut=503 services=pec,facture" \\
        --event "viamedis pec_portail 2026-03-02T11:00+01:00 magasin=759999014 carte=PEC_OK_ADULTE_MIXTE dossier=D-1" \\
        --event "viamedis prorogation_pec 2026-03-03T08:00:00+01:00 jours=10"
"""


def page() -> str:
    """What an event may be, then every tape that comes with the emulator."""
    parts = [_HEAD, "## What an event may be", _effects()]
    for nom in names():
        parts += [f"## `{nom}`", _tape(load(nom))]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _effects() -> str:
    rows = [(nom, row["quoi"], "lasts, until `retour`") for nom, row in catalogue().items()]
    rows += [(nom, f"{_first(kind)} {_fields(kind)}", "once") for nom, kind in INCIDENTS.items()]
    rows.append(("retour", "What the tape shut there opens again, for all shops or for those of `magasins`.", ""))
    return "\n".join(["| effet | what | |", "|---|---|---|", *(f"| `{a}` | {b} | {c} |" for a, b, c in rows)])


def _first(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _fields(kind: type[msgspec.Struct]) -> str:
    return "Parameters: " + ", ".join(f"`{one.name}`" for one in msgspec.structs.fields(kind)) + "."


def _tape(tape: Tape) -> str:
    lines = [f"{tape.titre}. From {shown(tape.debut)} to {shown(tape.fin)}.", ""]
    lines += ["| when | where | what | source |", "|---|---|---|---|"]
    for event in tape.events:
        where = f"{event.plateforme}: {', '.join(event.services) if event.services else 'everything'}"
        if event.magasins:
            where += f" (shops {', '.join(one.clair for one in event.magasins)})"
        said = f"`{event.effet}`" + (f" `{json.dumps(event.parametres)}`" if event.parametres else "")
        source = "; ".join(one for one in ("guess" if event.suppose else event.source, event.note) if one)
        lines.append(f"| {shown(event.a)} | {where} | {said} | {source} |")
    return "\n".join(lines)
