"""The sheet a customer who paid up front takes home to claim back: what was sold, for how much, who pays what.

French, from the file's newest quote or agreement request and its invoice if there was one. An amount or number nobody
knows reads "non connu". It carries no NIR: the customer's own insurer knows it.
"""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass

from tierspayant.adapter.avances import Avance
from tierspayant.adapter.compose import read_corps, read_reponse
from tierspayant.adapter.conseil import NON_CONNU, PARIS
from tierspayant.adapter.demandes import Corps, DevisCorps, DroitsCorps, FactureCorps
from tierspayant.adapter.entry import Entry
from tierspayant.adapter.storage.protocol import Tables
from tierspayant.adapter.vault import CleManquante, Vault
from tierspayant.schemas.messages import Ligne, Montants, PecReponse
from tierspayant.schemas.money import en_euros

TITRE = "Facture acquittée pour remboursement"
MENTION = (
    "Le client a réglé lui-même cet équipement. Le tiers payant n'a pas été appliqué : aucune part n'est demandée "
    "par le magasin à l'assurance maladie ni à l'organisme complémentaire. À remettre à ces organismes pour être "
    "remboursé."
)
LEVEE = "ATTENTION : l'avance de ce client a été levée ; cette feuille n'est plus valable."
SIGNATURE = "Date, cachet et signature du magasin :"

_OEIL = {"D": "droit", "G": "gauche"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recu:
    """Everything the sheet says, as text ready to print. `lignes`: designation, LPP code, price paid."""

    entete: tuple[tuple[str, str], ...]
    lignes: tuple[tuple[str, str, str], ...]
    montants: tuple[tuple[str, str], ...]
    levee: bool
    edite_le: dt.datetime


def read(tables: Tables, vault: Vault, avance: Avance, now: dt.datetime) -> Recu:
    """The sheet of a file, inside one read transaction."""
    entries = [(one, _corps(tables, vault, one)) for one in tables.dossier(avance.magasin, avance.dossier)]
    asked = next(((one, corps) for one, corps in reversed(entries) if isinstance(corps, DevisCorps)), None)
    facture = next((corps for _, corps in reversed(entries) if isinstance(corps, FactureCorps)), None)
    named = next((corps for _, corps in reversed(entries) if isinstance(corps, DevisCorps | DroitsCorps)), None)
    lignes = _lines(asked[1] if asked else None, facture)
    granted = None if asked is None else _granted(tables, vault, asked[0])
    return Recu(
        entete=_header(avance, named, facture, now),
        lignes=tuple(_line(one) for one in lignes),
        montants=_sums(avance, lignes, granted),
        levee=not avance.active,
        edite_le=now,
    )


def _corps(tables: Tables, vault: Vault, entry: Entry) -> Corps | None:
    try:
        data = vault.get(tables, entry, "corps")
    except CleManquante:
        return None
    return None if data is None else read_corps(entry.operation, data)


def _granted(tables: Tables, vault: Vault, entry: Entry) -> Montants | None:
    reponse = read_reponse(entry.operation, vault.get(tables, entry, "reponse"))
    return reponse.montants if isinstance(reponse, PecReponse) else None


def _lines(asked: DevisCorps | None, facture: FactureCorps | None) -> tuple[Ligne, ...]:
    if facture is not None and facture.lignes is not None:
        return facture.lignes
    return () if asked is None else asked.equipement.lignes


def _line(ligne: Ligne) -> tuple[str, str, str]:
    what = f"{ligne.type.value}{f' ({_OEIL[ligne.oeil.value]})' if ligne.oeil else ''}, classe {ligne.classe.value}"
    quantite = f" x {ligne.quantite}" if ligne.quantite > 1 else ""
    return what + quantite, ligne.lpp.clair, _euros(ligne.net_centimes)


def _header(
    avance: Avance, named: DevisCorps | DroitsCorps | None, facture: FactureCorps | None, now: dt.datetime
) -> tuple[tuple[str, str], ...]:
    client = carte = NON_CONNU
    if named is not None:
        client = f"{named.beneficiaire.nom.clair} {named.beneficiaire.prenom.clair}"
        carte = f"AMC {named.carte.numero_amc.clair}, adhérent {named.carte.numero_adherent.clair}"
    return (
        ("Magasin (FINESS)", avance.magasin),
        ("Dossier", avance.dossier),
        ("Client", client),
        ("Organisme complémentaire", carte),
        ("Numéro de facture", NON_CONNU if facture is None else facture.numero_facture),
        ("Délivré le", NON_CONNU if facture is None else f"{facture.date_delivrance:%d/%m/%Y}"),
        ("Édité le", f"{now.astimezone(PARIS):%d/%m/%Y}"),
    )


def _sums(avance: Avance, lignes: tuple[Ligne, ...], granted: Montants | None) -> tuple[tuple[str, str], ...]:
    total = avance.total_centimes
    if total is None and lignes:
        total = sum(one.net_centimes for one in lignes)
    reste = None if total is None or avance.acompte_centimes is None else total - avance.acompte_centimes
    return (
        ("Total de l'équipement", _euros(total)),
        ("Acompte versé", _euros(avance.acompte_centimes)),
        ("Reste à régler après acompte", _euros(reste)),
        ("Part assurance maladie (estimée)", _euros(None if granted is None else granted.amo_centimes)),
        ("Part complémentaire (estimée)", _euros(None if granted is None else granted.amc_centimes)),
    )


def _euros(centimes: int | None) -> str:
    return NON_CONNU if centimes is None else en_euros(centimes)


_MODELE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>{titre}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%;margin:1rem 0}}td,th{{border-bottom:1px solid #ccc;padding:.3rem .5rem;
text-align:left}}td:last-child,th:last-child{{text-align:right}}@media print{{body{{margin:0}}}}</style>
<h1>{titre}</h1>{levee}
<table>{entete}</table>
<table><tr><th>Désignation</th><th>Code LPP</th><th>Prix TTC payé</th></tr>{lignes}</table>
<table>{montants}</table>
<p>{mention}</p><p>{signature}</p></html>
"""


def page_html(sheet: Recu) -> str:
    """The sheet as a page to print: no script, nothing fetched."""
    levee = f"<p><strong>{html.escape(LEVEE)}</strong></p>" if sheet.levee else ""
    return _MODELE.format(
        titre=html.escape(TITRE),
        levee=levee,
        entete=_rows(sheet.entete),
        lignes=_rows(sheet.lignes) or f'<tr><td colspan="3">{NON_CONNU}</td></tr>',
        montants=_rows(sheet.montants),
        mention=html.escape(MENTION),
        signature=html.escape(SIGNATURE),
    )


def _rows(lignes: tuple[tuple[str, ...], ...]) -> str:
    return "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in ligne) + "</tr>" for ligne in lignes)
