"""The sheet of recu.py as a PDF of one page, by fpdf2 (imported only when one is asked for)."""

from __future__ import annotations

from typing import Final

from fpdf import FPDF

from tierspayant.adapter.conseil import NON_CONNU
from tierspayant.adapter.recu import LEVEE, MENTION, SIGNATURE, TITRE, Recu

HEIGHT: Final = 7
"""Millimetres of a line."""

_SIGNS: Final = str.maketrans({"€": "EUR", "\u202f": " ", "\u00a0": " ", "œ": "oe", "Œ": "OE", "\u2019": "'"})
"""The standard fonts hold Latin-1, without the euro sign and typographic spaces."""


def draw(sheet: Recu) -> bytes:
    """The PDF. The same sheet gives the same bytes."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(sheet.edite_le)
    pdf.set_title(_text(TITRE))
    pdf.set_lang("fr")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.cell(0, 12, _text(TITRE), new_x="LMARGIN", new_y="NEXT")
    if sheet.levee:
        pdf.set_font("Helvetica", "B", 11)
        pdf.multi_cell(0, HEIGHT, _text(LEVEE), new_x="LMARGIN", new_y="NEXT")
    _table(pdf, sheet.entete, (70, 120))
    heads = ("Désignation", "Code LPP", "Prix TTC payé")
    _table(pdf, (heads, *(sheet.lignes or ((NON_CONNU, "", ""),))), (100, 45, 45))
    _table(pdf, sheet.montants, (100, 90))
    pdf.set_font("Helvetica", "", 10)
    pdf.multi_cell(0, 6, _text(MENTION), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(HEIGHT)
    pdf.cell(0, HEIGHT, _text(SIGNATURE), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _table(pdf: FPDF, lines: tuple[tuple[str, ...], ...], widths: tuple[int, ...]) -> None:
    pdf.set_font("Helvetica", "", 11)
    for line in lines:
        for rank, (text, width) in enumerate(zip(line, widths, strict=True)):
            last = rank == len(widths) - 1
            pdf.cell(width, HEIGHT, _text(text), border="B", align="R" if last and rank else "L")
        pdf.ln(HEIGHT)
    pdf.ln(HEIGHT)


def _text(text: str) -> str:
    return text.translate(_SIGNS).encode("latin-1", "replace").decode("latin-1")
