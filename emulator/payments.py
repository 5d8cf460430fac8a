"""Payments: one transfer per shop and insurer when its day comes, with rejects and claim-backs on the same remittance.

Public: group transfers without detail, partial payments, later claim-backs (optical-messages.md §8.8; platforms note
§b). Ours: delays in working days per platform or insurer, transfers at 06:00 Paris, a claim-back is offset against the
next transfer that is large enough and stands alone after thirty days.
"""

from __future__ import annotations

import datetime as dt

from tierspayant.emulator import ledger
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day, transfer_instant, working_days_later
from tierspayant.emulator.rows import Envoi, FactureRecue
from tierspayant.emulator.rules.regle import Manque, motif
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import (
    Bordereau,
    Entete,
    Motif,
    ResultatFacture,
    ResultatPec,
    RetourLigne,
    RetoursDemande,
    RetoursReponse,
    TypeRetour,
)
from tierspayant.schemas.money import Centimes

MONEY_MOVED = frozenset({ResultatFacture.PAYEE, ResultatFacture.PAYEE_PARTIELLE, ResultatFacture.REGULARISEE})
UNPAID = frozenset({ResultatFacture.ACCEPTEE, ResultatFacture.PAYEE_PARTIELLE})
PART_DAYS = 7
"""Days between the parts of a split payment (ours)."""
OFFSET_DAYS = 30
"""Days a claim-back waits for a transfer to be offset against (ours)."""
REPEAT_DAYS = 1
BACKDATED_DAYS = 6
"""A remittance out of order carries a date this many days before its transfer (ours)."""


def group_of(row: FactureRecue) -> str:
    """Who is paid by whom: the unit of a transfer."""
    return f"{row.magasin}|{row.amc}"


def schedule(book: Book, row: FactureRecue, now: dt.datetime) -> None:
    """An accepted invoice is due after the insurer's delay, or the platform's."""
    if row.scenario.paiement == "jamais":
        return
    delay = book.insurer(row.amc).delai_paiement_jours
    days = book.plateforme.delai_paiement_jours if delay is None else delay
    day = working_days_later(business_day(now), days) + dt.timedelta(days=row.scenario.paiement_retard_jours)
    row.a_payer_le = transfer_instant(day)
    book.index.unpaid[group_of(row)][row.cle] = None
    book.plan(row.a_payer_le, "virer", group_of(row))


def report_reject(book: Book, row: FactureRecue, now: dt.datetime) -> None:
    """A reject of the insurer's control goes on the next remittance."""
    book.reports[group_of(row)].append((row.cle, 0, row.motifs[0]))
    book.plan(transfer_instant(working_days_later(business_day(now), 1)), "virer", group_of(row))


def transfer(book: Book, group: str, now: dt.datetime, force: bool = False) -> None:
    """Issue the remittance of one shop and insurer: what is due, rejects, and claim-backs that can be offset."""
    magasin, amc = group.split("|")
    due = _due(book, group, now)
    amounts = [_part_of(book, row) for row in due]
    reports = _reports_that_fit(book, group, sum(amount for _, amount in amounts), force)
    if not due and not reports:
        return
    numero, bank = _numbers(book, now)
    lines = [_pay(book, row, numero, now, *amount) for row, amount in zip(due, amounts, strict=True)]
    lines += [_report(book, numero, now, *one) for one in reports]
    _issue(book, magasin, amc, numero, bank, lines, now, due)


def _due(book: Book, group: str, now: dt.datetime) -> list[FactureRecue]:
    """The invoices of a group whose day has come; those that are paid or cancelled leave the list."""
    waiting = [book.factures[cle] for cle in book.index.unpaid.get(group, ())]
    open_rows = [row for row in waiting if row.etat in UNPAID and row.a_payer_le is not None]
    book.index.unpaid[group] = {row.cle: None for row in open_rows}
    return [row for row in open_rows if row.a_payer_le is not None and row.a_payer_le <= now]


def _numbers(book: Book, now: dt.datetime) -> tuple[str, str]:
    book.counters.bordereau += 1
    tail = f"{business_day(now):%y%m%d}{book.counters.bordereau:04d}"
    return f"B{tail}", f"VIR{tail}"


def _part_of(book: Book, row: FactureRecue) -> tuple[Centimes, Centimes]:
    """(due, transferred) of the next part of an invoice: a difference shows on the last part."""
    waiting = book.soldes[f"attente:{row.cle}"]
    billed = row.facture.montants.amc_centimes
    part = -(-billed // row.scenario.paiement_parts)
    if waiting > part:
        return part, part
    least = min(1, waiting)  # a payment is never nothing: that would be a reject
    return waiting, max(least, waiting + row.scenario.paiement_ecart_centimes)


def _pay(book: Book, row: FactureRecue, numero: str, now: dt.datetime, due: Centimes, amount: Centimes) -> RetourLigne:
    ledger.paid(book, now, row, numero, amount, due)
    whole = book.soldes[f"paye:{row.cle}"] >= row.facture.montants.amc_centimes
    row.etat = ResultatFacture(book.vie_facture.advance(row.etat, "payer" if whole else "payer_en_partie"))
    if book.soldes[f"attente:{row.cle}"] > 0:
        row.a_payer_le = transfer_instant(business_day(now) + dt.timedelta(days=PART_DAYS))
        book.plan(row.a_payer_le, "virer", group_of(row))
    else:
        row.a_payer_le = None
        _settled(book, row, now)
    return ledger.line_of(row, TypeRetour.PAIEMENT, amount)


def _settled(book: Book, row: FactureRecue, now: dt.datetime) -> None:
    """Nothing more is to come for this invoice: its PEC is settled; a scenario may claim back later."""
    pec = book.pec[row.facture.numero_pec]
    if book.vie_pec.allows(pec.etat, "solder"):
        pec.etat = ResultatPec(book.vie_pec.advance(pec.etat, "solder"))
    if row.scenario.indu_apres_jours is not None:
        book.plan(now + dt.timedelta(days=row.scenario.indu_apres_jours), "indu", row.cle)
    ledger.settle_check(book, pec, row)


def _reports_that_fit(book: Book, group: str, paid: Centimes, force: bool) -> list[tuple[str, Centimes, Motif]]:
    """Rejects always, claim-backs while the transfer stays positive (or all of them when they waited long enough)."""
    kept, taken = [], []
    for one in book.reports.pop(group, []):
        amount = one[1]
        if amount == 0 or force or amount <= paid:
            paid -= amount
            taken.append(one)
        else:
            kept.append(one)
    if kept:
        book.reports[group] = kept
    return taken


def _report(book: Book, numero: str, now: dt.datetime, cle: str, amount: Centimes, reason: Motif) -> RetourLigne:
    row = book.factures[cle]
    if amount == 0:
        return ledger.line_of(row, TypeRetour.REJET, 0, (reason,))
    ledger.claimed_back(book, now, row, numero, amount)
    row.etat = ResultatFacture(book.vie_facture.advance(row.etat, "recuperer"))
    row.motifs = (reason,)
    ledger.settle_check(book, None, row)
    return ledger.line_of(row, TypeRetour.INDU, -amount, (reason,))


def _issue(
    book: Book,
    magasin: str,
    amc: str,
    numero: str,
    bank: str,
    lines: list[RetourLigne],
    now: dt.datetime,
    paid: list[FactureRecue],
) -> None:
    day = business_day(now)
    disorder = any(row.scenario.paiement_desordre for row in paid)
    one = Bordereau(
        numero=numero,
        emis_le=day - dt.timedelta(days=BACKDATED_DAYS) if disorder else day,
        total_centimes=sum(line.paye_centimes for line in lines),
        lignes=tuple(reversed(lines)) if disorder else tuple(lines),
        reference_virement=bank,
        organisme=book.insurer(amc).organisme,
    )
    book.envois.append(Envoi(magasin=magasin, bordereau=one))
    if any(row.scenario.paiement_repete for row in paid):
        book.plan(now + dt.timedelta(days=REPEAT_DAYS), "repeter", numero)


def repeat(book: Book, numero: str) -> None:
    """List a remittance a second time, without any money: a shop must recognise it."""
    envoi = next(one for one in book.envois if one.bordereau.numero == numero)
    book.envois.append(Envoi(magasin=envoi.magasin, bordereau=envoi.bordereau, copie=True))


def claim_back(book: Book, cle: str, now: dt.datetime) -> None:
    """The insurer takes back an invoice it paid, whole or in part."""
    row = book.factures[cle]
    net = ledger.net_paid(book, cle)
    amount = min(net, net if row.scenario.indu_centimes is None else row.scenario.indu_centimes)
    if row.etat not in MONEY_MOVED or amount <= 0:
        return
    reason = motif("FAC11", Manque(precision=row.scenario.indu_cause or "indu après contrôle"))
    book.reports[group_of(row)].append((cle, amount, reason))
    day = business_day(now)
    book.plan(transfer_instant(working_days_later(day, 1)), "virer", group_of(row))
    book.plan(transfer_instant(day + dt.timedelta(days=OFFSET_DAYS)), "compenser", group_of(row))


def returns(book: Book, entete: Entete, demande: RetoursDemande, now: dt.datetime) -> RetoursReponse:
    """The shop's remittances after a cursor, oldest first. `suivant` is None when there is nothing more."""
    first = _cursor(book, demande.depuis)
    mine = [
        (rank, envoi.bordereau)
        for rank, envoi in enumerate(book.envois[first:], first + 1)
        if envoi.magasin == entete.magasin.clair
    ]
    page = mine[: demande.limite]
    more = len(mine) > len(page)
    return RetoursReponse(bordereaux=tuple(one for _, one in page), suivant=str(page[-1][0]) if more else None)


def _cursor(book: Book, written: str | None) -> int:
    """Where a list goes on: a cursor of ours, or the number of the last remittance that was read."""
    if written is None:
        return 0
    if written.isascii() and written.isdigit():
        return int(written[:12])
    read = [rank for rank, envoi in enumerate(book.envois, 1) if envoi.bordereau.numero == written]
    if read:
        return read[-1]
    raise Faute(
        Cote.CLIENT,
        "TEC05",
        "CURSEUR_INCONNU",
        "le curseur « depuis » n'a pas été donné par cette plateforme",
        "the cursor 'depuis' was not given by this platform",
    )
