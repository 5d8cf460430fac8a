"""What the drivers said, judged and laid out: stack x operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from interop.stacks import VERSIONS, Passage, Stack, Verdict

CAS = ("nominal", "faute")
"""Every operation must show both: a good answer whose values are checked, and a typed fault read back."""
CAS_DU_CORPS = {"DemanderPriseEnCharge": "faute_nir", "Valoriser": "faute_nir"}
"""One more where the fault is deep in the body and is no matter of form: a NIR with a wrong key."""


@dataclass(frozen=True, slots=True)
class Rouge:
    """One red cell and why."""

    passage: Passage
    chemin: str
    operation: str
    raison: str


def rouges(passage: Passage) -> list[Rouge]:
    """Why a run is red; none is green. An operation that the driver forgot is as red as one that failed."""
    if passage.echec:
        return [Rouge(passage, "*", "*", passage.echec)]
    if not passage.attendu:
        return [Rouge(passage, "*", "*", "the WSDL declares no operation")]
    found = []
    for chemin, operation in sorted(passage.attendu):
        said = _said(passage, chemin, operation)
        found += [Rouge(passage, chemin, operation, f"{v.cas}: {v.detail}") for v in said if not v.ok]
        asked = (*CAS, *filter(None, [CAS_DU_CORPS.get(operation)]))
        absent = [cas for cas in asked if cas not in {v.cas for v in said}]
        found += [Rouge(passage, chemin, operation, f"{cas}: not driven") for cas in absent]
    unknown = {(v.chemin, v.operation) for v in passage.verdicts} - passage.attendu
    return found + [Rouge(passage, *pair, "this operation is not in the WSDL") for pair in sorted(unknown)]


def _said(passage: Passage, chemin: str, operation: str) -> list[Verdict]:
    return [v for v in passage.verdicts if (v.chemin, v.operation) == (chemin, operation)]


def cell(passages: Iterable[Passage], chemin: str, operation: str) -> str:
    """'1.1 1.2' for the versions that are green; a red version reads '1.1!'."""
    shown = []
    for passage in sorted(passages, key=lambda p: VERSIONS.index(p.version)):
        red = any((r.chemin, r.operation) in {(chemin, operation), ("*", "*")} for r in rouges(passage))
        shown.append(passage.version + ("!" if red else ""))
    return " ".join(shown) or "-"


def rows(passages: Sequence[Passage], stacks: Sequence[Stack]) -> list[list[str]]:
    """Header, then one row per dialect, path and operation; one column per stack."""
    lines = [["dialecte", "chemin", "operation", *(stack.nom for stack in stacks)]]
    keys = sorted({(p.dialecte, *pair) for p in passages for pair in p.attendu})
    for dialecte, chemin, operation in keys:
        mine = [p for p in passages if p.dialecte == dialecte]
        cells = [cell((p for p in mine if p.stack == stack.nom), chemin, operation) for stack in stacks]
        lines.append([dialecte, chemin, operation, *cells])
    return lines


def text(lines: Sequence[Sequence[str]]) -> str:
    """The table for a terminal."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines)


_PAGE = """\
# Interop: foreign SOAP stacks against the unedited WSDL

Written by `make interop`; do not edit. Each stack generates its client from the `?wsdl` address of a running emulator
(`?wsdl=soap12` for SOAP 1.2), unedited, and drives **every** operation of both dialects on a fresh session: a good
call whose values are checked (numbers, amounts, states), and a bad one whose typed fault is read back (code, rule,
place). `1.1 1.2` says in which SOAP versions it does. All stacks run with `--auth none`: WS-Security is not part of
this table. In the same run each driver meets a relay that spoils the answers by one centime and one rule name: a driver
that does not notice is a failure too.

## Operations

{table}

## Stacks

| stack | version | Debian packages | what to know | example |
|---|---|---|---|---|
{stacks}

Run it yourself: `make interop`, or one stack: `.venv/bin/python -m interop --stack php`. Outside CI a stack that is not
installed is skipped, and says so.
"""


def page(lines: Sequence[Sequence[str]], stacks: Sequence[Stack], versions: Mapping[str, str]) -> str:
    """docs/interop.md."""
    titles = {stack.nom: stack.titre for stack in stacks}
    head = [titles.get(word, word) for word in lines[0]]
    table = [head, ["---"] * len(head), *lines[1:]]
    about = [
        f"| {s.titre} | {versions[s.nom]} | {', '.join(s.debian) or '-'} | {s.note} | `interop/{s.folder}/` |"
        for s in stacks
    ]
    return _PAGE.format(table="\n".join(f"| {' | '.join(line)} |" for line in table), stacks="\n".join(about))
