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
from collections import defaultdict
from typing import Any, NamedTuple

from tierspayant.emulator.book import Book, FactureRecue, Mouvement, Pec
from tierspayant.schemas.messages import Montants, ResultatFacture, ResultatPec, RetourLigne
from tierspayant.schemas.money import Centimes


class Ecart(NamedTuple):
    """One thing that does not add up: which rule, where, and how."""

    regle: str
    ou: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """As the control API shows it."""
        return {"regle": self.regle, "ou": self.ou, "detail": self.detail}


class ConservationRompue(AssertionError):
    """A write broke the ledger: a bug of the emulator, never an answer to a shop."""


DEAD = frozenset({ResultatFacture.REJETEE, ResultatFacture.REJETEE_FORMAT, ResultatFacture.ANNULEE})
"""Invoices that do not count: their number and their PEC may be billed again."""


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
        "recue_le": pec.recue_le.isoformat(),
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
        "recue_le": row.recue_le.isoformat(),
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


# --------------------------------------------------------------------------------------------------- the check


def check(book: Book) -> list[Ecart]:
    """Everything that does not add up in the whole book; an empty list is a clean ledger."""
    found: list[Ecart] = []
    for pec in book.pec.values():
        found += check_pec(book, pec)
    for row in book.factures.values():
        found += check_facture(book, row)
    found += _twice(book)
    found += _remittances(book)
    found += [
        Ecart("mouvement_desequilibre", str(rang), one.quoi)
        for rang, one in enumerate(book.mouvements)
        if sum(montant for _, montant in one.postes)
    ]
    replayed = _replayed(book)
    if any(replayed[compte] != solde for compte, solde in book.soldes.items()):
        found.append(Ecart("soldes_faux", "soldes", "the balances are not the sum of the entries"))
    return found


def _replayed(book: Book) -> dict[str, Centimes]:
    sums: dict[str, Centimes] = defaultdict(int)
    for one in book.mouvements:
        for compte, montant in one.postes:
            sums[compte] += montant
    return sums


def settle_check(book: Book, pec: Pec | None, row: FactureRecue | None) -> None:
    """Check the rows one write touched. Raises ConservationRompue."""
    found = (check_pec(book, pec) if pec else []) + (check_facture(book, row) if row else [])
    if found:
        raise ConservationRompue(str(found[0]))


def check_shares(montants: Montants, prices: dict[int, Centimes], ou: str) -> list[Ecart]:
    """Shares of each line sum to its price, all sum to the total, and none is negative."""
    found = []
    for line in montants.lignes:
        shares = (line.amo_centimes, line.amc_centimes, line.reste_a_charge_centimes)
        if sum(shares) != prices.get(line.numero):
            found.append(Ecart("parts_ligne", ou, f"line {line.numero}: {shares} is not its price"))
        if min(shares) < 0:
            found.append(Ecart("part_negative", ou, f"line {line.numero}: {shares}"))
    found += [
        Ecart("parts_total", ou, f"{name} is not the sum of its lines")
        for name in ("amo_centimes", "amc_centimes", "reste_a_charge_centimes")
        if sum(getattr(line, name) for line in montants.lignes) != getattr(montants, name)
    ]
    if montants.amo_centimes + montants.amc_centimes + montants.reste_a_charge_centimes != montants.total_centimes:
        found.append(Ecart("parts_total", ou, "the three shares do not sum to the total"))
    return found


def check_pec(book: Book, pec: Pec) -> list[Ecart]:
    """Shares add up, and what was billed stays within what was granted."""
    found: list[Ecart] = []
    if pec.montants is not None:
        prices = {line.numero: line.net_centimes for line in pec.demande.equipement.lignes}
        found += check_shares(pec.montants, prices, pec.numero)
    alive = [book.factures[cle] for cle in book.index.factures_by_pec.get(pec.numero, ())]
    amounts = [row.facture.montants.amc_centimes for row in alive if row.etat not in DEAD]
    committed = -book.soldes.get(f"accorde:{pec.numero}", 0)
    if pec.etat in HAS_GRANT and committed != (pec.montants.amc_centimes if pec.montants else 0):
        found.append(Ecart("accord_faux", pec.numero, "the commitment is not the granted amount"))
    if len(amounts) <= 1 and sum(amounts) > committed:
        found.append(Ecart("facture_au_dela_de_l_accord", pec.numero, f"{sum(amounts)} billed, {committed} granted"))
    return found


HAS_GRANT = frozenset(
    {ResultatPec.ACCORDEE, ResultatPec.FACTUREE, ResultatPec.SOLDEE, ResultatPec.REJET_PAIEMENT, ResultatPec.EXPIREE}
)


def check_facture(book: Book, row: FactureRecue) -> list[Ecart]:
    """billed = paid + rejected + cancelled + waiting + difference, and the state tells the same story."""
    names = ("facture", "attente", "paye", "rejete", "annule", "ecart", "recupere")
    account = {name: book.soldes.get(f"{name}:{row.cle}", 0) for name in names}
    ou = f"{row.magasin}/{row.facture.numero_facture}"
    found = []
    if -account["facture"] != row.facture.montants.amc_centimes:
        found.append(Ecart("facture_fausse", ou, "the ledger does not hold the billed amount"))
    if sum(account[name] for name in names[:-1]) != 0:
        found.append(Ecart("conservation", ou, f"billed is not paid + rejected + waiting + difference: {account}"))
    if account["recupere"] > account["paye"] or min(account["paye"], account["recupere"], account["attente"]) < 0:
        found.append(Ecart("recupere_au_dela_du_paye", ou, f"{account}"))
    if _state_lies(row.etat, account):
        found.append(Ecart("etat_faux", ou, f"state {row.etat} with {account}"))
    return found


def _state_lies(etat: ResultatFacture, account: dict[str, Centimes]) -> bool:
    full = -account["facture"]
    waiting = etat in {ResultatFacture.ACQUITTEE, ResultatFacture.ACCEPTEE}
    if waiting:
        return account["attente"] != full
    if etat is ResultatFacture.REJETEE:
        return account["rejete"] != full
    if etat is ResultatFacture.ANNULEE:
        return account["annule"] != full
    if etat is ResultatFacture.REGULARISEE:
        return full > 0 and account["recupere"] <= 0
    return full > 0 and account["paye"] <= 0


def _twice(book: Book) -> list[Ecart]:
    """No invoice number and no PEC billed twice: those rejected or cancelled do not count."""
    found = []
    for index in (book.index.factures_by_number, book.index.factures_by_pec):
        for what, keys in index.items():
            alive = [cle for cle in keys if book.factures[cle].etat not in DEAD]
            if len(alive) > 1:
                found.append(Ecart("facture_en_double", what, f"{len(alive)} living invoices: {', '.join(alive)}"))
    return found


def _remittances(book: Book) -> list[Ecart]:
    """Each remittance's total is the sum of its lines and what the bank moved; all lines sum to what invoices got."""
    found = []
    lines: dict[str, Centimes] = defaultdict(int)
    for envoi in book.envois:
        one = envoi.bordereau
        if envoi.copie:
            continue
        if sum(line.paye_centimes for line in one.lignes) != one.total_centimes:
            found.append(Ecart("bordereau_faux", one.numero, "the total is not the sum of the lines"))
        if book.soldes.get(f"boutique:{one.numero}", 0) != one.total_centimes:
            found.append(Ecart("virement_faux", one.numero, "the transfer is not the total"))
        for line in one.lignes:
            lines[f"{envoi.magasin}|{line.numero_facture}"] += line.paye_centimes
    for what, keys in book.index.factures_by_number.items():
        got = sum(net_paid(book, cle) for cle in keys)
        if got != lines[what]:
            found.append(Ecart("paye_sans_bordereau", what, f"{got} paid, {lines[what]} on remittances"))
    return found


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
