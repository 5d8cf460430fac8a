"""docs/states/adapter.md, drawn from the transition tables: `python -m tierspayant.adapter.states_page docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from tierspayant.adapter import availability, entry

_GENERATED = "<!-- Written by tierspayant.adapter.states_page from the transition tables: change those, not this. -->"


def page() -> str:
    """The life of a request and that of a platform's service, as diagrams."""
    silences = availability.SILENCES_AVANT_FERMETURE
    parts = [
        "# The lives kept by the adapter",
        _GENERATED,
        "## A shop's request",
        "The moves and what each state means: `adapter/entry.py`. Once `terminee`, only `resultat` changes.",
        _diagram([*_request_moves(), *((state, "[*]", None) for state in sorted(entry.FINAL))]),
        "## A platform's service",
        "One life for each platform and logical service, stored: `adapter/availability.py`.",
        f"An open service counts as shut after {silences} answers missing in a row.",
        _diagram(_service_moves()),
    ]
    return "\n\n".join(parts) + "\n"


Move = tuple[str, str, str | None]


def _request_moves() -> list[Move]:
    return [(start, end, None) for start, ends in entry.TRANSITIONS.items() for end in sorted(ends)]


def _service_moves() -> list[Move]:
    moves: list[Move] = [(a, b, signal) for (a, signal), b in availability.TRANSITIONS.items() if a != b]
    return [*moves, ("ouvert", "ferme", f"{availability.Signal.SANS_REPONSE} répété")]


def _diagram(moves: list[Move]) -> str:
    lines = [f"    {start} --> {end}" + (f": {label}" if label else "") for start, end, label in moves]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def write(docs: Path) -> None:
    """Write the page below `docs`."""
    target = docs / "states" / "adapter.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
