"""Nothing is created, lost or paid twice: the checks over a book's rows, balances and remittances.

`settle_check` looks at the rows one write touched and stops loudly; `check` goes through the whole book and lists what
it finds, each with its rule and place.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from tierspayant.emulator.book import Book
from tierspayant.emulator.rows import FactureRecue, Pec
from tierspayant.schemas.messages import Montants, ResultatFacture, ResultatPec, TypeEquipement
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


def check(book: Book) -> list[Ecart]:
    """Everything that does not add up in the whole book; an empty list is a clean ledger."""
    found: list[Ecart] = []
    for pec in book.pec.values():
        found += check_pec(book, pec)
    for row in book.factures.values():
        found += check_facture(book, row)
    found += _twice(book)
    found += _remittances(book)
    found += _allowances(book)
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
    granted = pec.montants.amc_centimes if pec.montants else 0
    lapsed_unpromised = pec.etat is ResultatPec.EXPIREE and committed == 0  # it still waited for documents
    if pec.etat in HAS_GRANT and committed != granted and not lapsed_unpromised:
        found.append(Ecart("accord_faux", pec.numero, "the commitment is not the granted amount"))
    held = [book.soldes.get(f"{name}:{pec.numero}", 0) for name in ("engage", "consomme", "libere")]
    expected = 0 if pec.etat in ENDED else committed if pec.etat in UNBILLED else held[0]
    if sum(held) != committed or held[0] != expected:
        found.append(Ecart("engagement_faux", pec.numero, f"state {pec.etat} with {held} of {committed}"))
    if len(amounts) <= 1 and sum(amounts) > committed:
        found.append(Ecart("facture_au_dela_de_l_accord", pec.numero, f"{sum(amounts)} billed, {committed} granted"))
    return found


ENDED = frozenset({ResultatPec.ANNULEE, ResultatPec.EXPIREE, ResultatPec.REFUSEE})
"""Nothing stays committed for these."""
UNBILLED = frozenset({ResultatPec.ACCORDEE, ResultatPec.REJET_PAIEMENT})
"""All that was granted is still committed for these."""
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


def _allowances(book: Book) -> list[Ecart]:
    """What the lens allowances gave is what living lens PEC were promised."""
    drawn: dict[str, Centimes] = defaultdict(int)
    for pec in book.pec.values():
        promised = book.soldes.get(f"accorde:{pec.numero}", 0) and not book.soldes.get(f"libere:{pec.numero}", 0)
        if pec.demande.equipement.type is TypeEquipement.LENTILLES and promised and pec.montants is not None:
            drawn[f"{pec.personne}|{pec.demande.date_soins.year}"] += pec.montants.amc_centimes
    wrong = [key for key in {*drawn, *book.lentilles} if drawn[key] != book.lentilles.get(key, 0)]
    return [Ecart("allocation", key, f"{drawn[key]} promised, {book.lentilles.get(key, 0)} drawn") for key in wrong]


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
        got = sum(book.soldes.get(f"paye:{cle}", 0) - book.soldes.get(f"recupere:{cle}", 0) for cle in keys)
        if got != lines[what]:
            found.append(Ecart("paye_sans_bordereau", what, f"{got} paid, {lines[what]} on remittances"))
    return found
