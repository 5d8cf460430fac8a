"""The sheet of recu.py as a PDF of one page, by fpdf2 (imported only when one is asked for)."""

from __future__ import annotations

from typing import Final

from fpdf import FPDF

from tierspayant.adapter.conseil import NON_CONNU
from tierspayant.adapter.recu import LEVEE, MENTION, SIGNATURE, TITRE, Recu

HAUT: Final = 7
"""Millimetres of a line."""

_SIGNES: Final = str.maketrans({"€": "EUR", "\u202f": " ", "\u00a0": " ", "œ": "oe", "Œ": "OE", "\u2019": "'"})
"""The standard fonts hold Latin-1, without the euro sign and typographic spaces."""


def draw(contenu: Recu) -> bytes:
    """The PDF. The same sheet gives the same bytes."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(contenu.edite_le)
    pdf.set_title(_text(TITRE))
    pdf.set_lang("fr")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.cell(0, 12, _text(TITRE), new_x="LMARGIN", new_y="NEXT")
    if contenu.levee:
        pdf.set_font("Helvetica", "B", 11)
        pdf.multi_cell(0, HAUT, _text(LEVEE), new_x="LMARGIN", new_y="NEXT")
    _table(pdf, contenu.entete, (70, 120))
    titres = ("Désignation", "Code LPP", "Prix TTC payé")
    _table(pdf, (titres, *(contenu.lignes or ((NON_CONNU, "", ""),))), (100, 45, 45))
    _table(pdf, contenu.montants, (100, 90))
    pdf.set_font("Helvetica", "", 10)
    pdf.multi_cell(0, 6, _text(MENTION), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(HAUT)
    pdf.cell(0, HAUT, _text(SIGNATURE), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _table(pdf: FPDF, lignes: tuple[tuple[str, ...], ...], largeurs: tuple[int, ...]) -> None:
    pdf.set_font("Helvetica", "", 11)
    for ligne in lignes:
        for rang, (texte, largeur) in enumerate(zip(ligne, largeurs, strict=True)):
            last = rang == len(largeurs) - 1
            pdf.cell(largeur, HAUT, _text(texte), border="B", align="R" if last and rang else "L")
        pdf.ln(HAUT)
    pdf.ln(HAUT)


def _text(texte: str) -> str:
    return texte.translate(_SIGNES).encode("latin-1", "replace").decode("latin-1")
