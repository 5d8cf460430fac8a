"""python -m interop [--stack NAME]: run the foreign stacks, print the table, exit non-zero on any red cell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from interop.emulateur import CHEMINS, Emulateur, EmulateurAbsent, started
from interop.pilote import BUILD, passage, temoin, version_of
from interop.stacks import FOLDER, VERSIONS, Passage, Stack, in_ci, load
from interop.tableau import Rouge, page, rouges, rows, text
from interop.temoin import aveugles

PAGE = FOLDER.parent / "docs" / "interop.md"


def main() -> int:
    stacks = load()
    parser = argparse.ArgumentParser(prog="python -m interop", description=__doc__)
    parser.add_argument("--stack", action="append", choices=list(stacks), help="only this one (may be repeated)")
    parser.add_argument("--dialecte", action="append", choices=list(CHEMINS), help="only this one (may be repeated)")
    options = parser.parse_args()
    chosen = [stacks[nom] for nom in options.stack or stacks]
    absent, code = absents(chosen)
    ready = [stack for stack in chosen if stack not in absent]
    BUILD.mkdir(exist_ok=True)
    dialectes = options.dialecte or list(CHEMINS)
    try:
        with started(BUILD / "emulator.log") as emulateur:
            passages = _drive(ready, dialectes, emulateur)
            blind = _control(ready, dialectes, emulateur)
    except EmulateurAbsent as erreur:
        print(erreur, file=sys.stderr)
        return 1
    red = _report(passages, ready, blind)
    complete = not absent and len(ready) == len(stacks) and len(dialectes) == len(CHEMINS)
    if complete and not red:
        versions = {stack.nom: version_of(stack) for stack in ready}
        PAGE.write_text(page(rows(passages, ready), ready, versions), encoding="utf-8")
    return 1 if red else code


def absents(stacks: Sequence[Stack]) -> tuple[list[Stack], int]:
    """The stacks that are not on this machine, each said with what is missing, and the exit code that this gives."""
    missing = {stack.nom: stack.missing() for stack in stacks}
    found = [stack for stack in stacks if missing[stack.nom]]
    for stack in found:
        word = "missing" if in_ci() else "skipped"
        print(f"{stack.titre}: {word}, not on this machine: {', '.join(missing[stack.nom])}")
    return found, 1 if found and in_ci() else 0


def _drive(stacks: Sequence[Stack], dialectes: Sequence[str], emulateur: Emulateur) -> list[Passage]:
    """One run after the other: each builds, and the machine may be small."""
    passages = []
    for stack in stacks:
        for dialecte in dialectes:
            for version in VERSIONS:
                print(f"{stack.titre}, {dialecte}, SOAP {version}", file=sys.stderr, flush=True)
                passages.append(passage(stack, dialecte, version, emulateur))
    return passages


def _control(stacks: Sequence[Stack], dialectes: Sequence[str], emulateur: Emulateur) -> list[Rouge]:
    """What the drivers do not notice when the answers are spoilt."""
    print("control: the same on spoilt answers", file=sys.stderr, flush=True)
    return [
        blind for stack in stacks for dialecte in dialectes for blind in aveugles(temoin(stack, dialecte, emulateur))
    ]


def _report(passages: Sequence[Passage], stacks: Sequence[Stack], blind: Sequence[Rouge]) -> bool:
    """Print the table and what is red; whether anything is."""
    print(text(rows(passages, stacks)))
    red = [*(rouge for passage in passages for rouge in rouges(passage)), *blind]
    for r in red:
        where = f"{r.passage.stack} {r.passage.version} {r.passage.dialecte} {r.chemin} {r.operation}"
        print(f"RED {where}: {r.raison}")
    driven = sum(len(p.verdicts) for p in passages)
    print(f"{driven} calls judged, {len(red)} red; control: {'blind' if blind else 'every spoilt answer was noticed'}")
    return bool(red) or not passages


if __name__ == "__main__":
    sys.exit(main())
