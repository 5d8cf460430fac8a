"""The money of one platform, in double entry, and the check that nothing is created, lost or paid twice.

Accounts of an invoice (key K): `facture:K` is what was billed, as a source (negative); from it the amount goes to
`attente:K`, and on to `paye:K`, `rejete:K`, `annule:K` or `ecart:K` (what a payment was short or over). So always
billed = paid + rejected + cancelled + waiting + difference. A claim-back posts to `recupere:K`; money that moves posts
to `banque:B` and `boutique:B` of its remittance too, so that the net of a remittance is the sum of its lines.
A PEC N holds `accorde:N` (a source) against `engage:N`, which an invoice draws down to `consomme:N`.
Every write is checked for the rows it touched (`settle_check`); `check` goes through the whole book.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tierspayant.emulator.book import Book
from tierspayant.emulator.conservation import DEAD, HAS_GRANT, ConservationRompue, Ecart, check, settle_check
from tierspayant.emulator.dates import PARIS
from tierspayant.emulator.rows import FactureRecue, Mouvement, Pec
from tierspayant.schemas.messages import RetourLigne
from tierspayant.schemas.money import Centimes

__all__ = ["DEAD", "HAS_GRANT", "ConservationRompue", "Ecart", "check", "settle_check", "view"]


def post(book: Book, now: dt.datetime, quoi: str, *postes: tuple[str, Centimes]) -> None:
    """Write one entry. Raises ConservationRompue when it does not balance."""
    if sum(montant for _, montant in postes) != 0:
        raise ConservationRompue(f"{quoi}: the postings do not sum to zero: {postes}")
    book.record(Mouvement(le=now, quoi=quoi, postes=postes))


# --------------------------------------------------------------------------------------------------- postings


def granted(book: Book, now: dt.datetime, pec: Pec) -> None:
    """The insurer commits itself to the AMC share."""
    amount = pec.montants.amc_centimes if pec.montants else 0
    post(book, now, "accord", (f"accorde:{pec.numero}", -amount), (f"engage:{pec.numero}", amount))


def released(book: Book, now: dt.datetime, pec: Pec) -> None:
    """A commitment ends unbilled: cancelled or lapsed."""
    left = book.soldes[f"engage:{pec.numero}"]
    post(book, now, "liberation", (f"engage:{pec.numero}", -left), (f"libere:{pec.numero}", left))


def billed(book: Book, now: dt.datetime, row: FactureRecue) -> None:
    """An invoice is taken: it draws on its PEC's commitment."""
    amount, numero = row.facture.montants.amc_centimes, row.facture.numero_pec
    post(book, now, "facture", (f"facture:{row.cle}", -amount), (f"attente:{row.cle}", amount))
    post(book, now, "consommation", (f"engage:{numero}", -amount), (f"consomme:{numero}", amount))


def closed(book: Book, now: dt.datetime, row: FactureRecue, account: str) -> None:
    """An invoice is rejected or cancelled (`account` is rejete or annule): its PEC's commitment comes back."""
    amount, numero = book.soldes[f"attente:{row.cle}"], row.facture.numero_pec
    post(book, now, account, (f"attente:{row.cle}", -amount), (f"{account}:{row.cle}", amount))
    drawn = row.facture.montants.amc_centimes
    post(book, now, "restitution", (f"consomme:{numero}", -drawn), (f"engage:{numero}", drawn))


def paid(book: Book, now: dt.datetime, row: FactureRecue, bordereau: str, amount: Centimes, due: Centimes) -> None:
    """`amount` is transferred for `due`; what is between them is a difference."""
    post(
        book,
        now,
        "paiement",
        (f"attente:{row.cle}", -due),
        (f"paye:{row.cle}", amount),
        (f"ecart:{row.cle}", due - amount),
    )
    moved(book, now, bordereau, amount)


def claimed_back(book: Book, now: dt.datetime, row: FactureRecue, bordereau: str, amount: Centimes) -> None:
    """`amount` of what was paid is taken back through a remittance."""
    post(book, now, "indu", (f"recupere:{row.cle}", amount), (f"a_recuperer:{row.cle}", -amount))
    moved(book, now, bordereau, -amount)


def moved(book: Book, now: dt.datetime, bordereau: str, amount: Centimes) -> None:
    """Money goes from the platform's bank account to the shop's."""
    post(book, now, "virement", (f"banque:{bordereau}", -amount), (f"boutique:{bordereau}", amount))


def net_paid(book: Book, cle: str) -> Centimes:
    """What an invoice brought: paid minus claimed back."""
    return book.soldes[f"paye:{cle}"] - book.soldes[f"recupere:{cle}"]


# --------------------------------------------------------------------------------------------------- the view


def view(book: Book) -> dict[str, Any]:
    """PEC, invoices and payments as plain JSON (control API)."""
    return {
        "pec": [_view_pec(one) for one in book.pec.values() if not one.devis],
        "factures": [_view_facture(one) for one in book.factures.values()],
        "paiements": [_view_payment(book, rang) for rang in range(len(book.envois))],
    }


def _view_pec(pec: Pec) -> dict[str, Any]:
    return {
        "numero": pec.numero,
        "reference_magasin": pec.demande.reference,
        "magasin": pec.magasin,
        "dossier": pec.demande.dossier,
        "equipement": pec.demande.equipement.numero,
        "montant_amc_centimes": pec.montants.amc_centimes if pec.montants else None,
        "etat": pec.etat.value,
        "recue_le": pec.recue_le.astimezone(PARIS).isoformat(),
    }


def _view_facture(row: FactureRecue) -> dict[str, Any]:
    return {
        "numero": row.facture.numero_facture,
        "reference_magasin": row.facture.reference,
        "magasin": row.magasin,
        "dossier": row.facture.dossier,
        "pec": row.facture.numero_pec,
        "montant_amc_centimes": row.facture.montants.amc_centimes,
        "etat": row.etat.value,
        "recue_le": row.recue_le.astimezone(PARIS).isoformat(),
    }


def _view_payment(book: Book, rang: int) -> dict[str, Any]:
    envoi = book.envois[rang]
    one = envoi.bordereau
    return {
        "bordereau": one.numero,
        "magasin": envoi.magasin,
        "organisme": one.organisme,
        "emis_le": one.emis_le.isoformat(),
        "total_centimes": one.total_centimes,
        "reference_virement": one.reference_virement,
        "lignes": [
            {"type": line.type.value, "facture": line.numero_facture, "paye_centimes": line.paye_centimes}
            for line in one.lignes
        ],
    }


def line_of(row: FactureRecue, kind: Any, amount: Centimes, motifs: tuple[Any, ...] = ()) -> RetourLigne:
    """The line of a remittance about an invoice."""
    return RetourLigne(
        type=kind,
        numero_facture=row.facture.numero_facture,
        demande_centimes=row.facture.montants.amc_centimes,
        paye_centimes=amount,
        reference=row.facture.reference,
        numero_pec=row.facture.numero_pec,
        motifs=motifs,
    )
