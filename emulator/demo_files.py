"""The files a fresh session already holds for the demo shop, so that every sample can be sent as it is (ours).

Six PEC of one person per platform, numbered as if imported seven days before the session starts: 1 and 2 granted,
3 granted subject to the prescription, 4 billed and accepted, 5 billed and acknowledged, 6 billed, paid and settled.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from tierspayant.emulator import ledger
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day, midnight, resolve, transfer_instant, working_days_later
from tierspayant.emulator.people import Personne
from tierspayant.emulator.rows import Envoi, FactureRecue, Lot, Pec
from tierspayant.emulator.rules import tarif
from tierspayant.emulator.tariff_tables import in_force
from tierspayant.schemas.identity import Lpp, Prescripteur
from tierspayant.schemas.messages import (
    Assure,
    Beneficiaire,
    Bordereau,
    Carte,
    Classe,
    Consentement,
    Equipement,
    Facture,
    FactureReponse,
    Ligne,
    LotReponse,
    Oeil,
    PecDemande,
    Prescription,
    ResultatFacture,
    ResultatLot,
    ResultatPec,
    TypeEquipement,
    TypeLigne,
    TypePiece,
    TypePrescription,
    TypeRetour,
    Zone,
)

SHOP = "759999014"
IMPORTED_DAYS_AGO = 7


class File(NamedTuple):
    """One ready-made file: states, and how many days before the start it was granted and billed."""

    rank: int
    pec: ResultatPec
    granted: int
    facture: ResultatFacture | None = None
    billed: int = 0


FILES = (
    File(1, ResultatPec.ACCORDEE, 7),
    File(2, ResultatPec.ACCORDEE, 7),
    File(3, ResultatPec.ACCORDEE_SOUS_RESERVE, 7),
    File(4, ResultatPec.FACTUREE, 21, ResultatFacture.ACCEPTEE, 11),
    File(5, ResultatPec.FACTUREE, 21, ResultatFacture.ACQUITTEE, 11),
    File(6, ResultatPec.SOLDEE, 28, ResultatFacture.PAYEE, 21),
)

STANDARD = Equipement(
    numero=1,
    type=TypeEquipement.UNIFOCAL,
    lignes=(
        Ligne(numero=1, type=TypeLigne.MONTURE, lpp=Lpp("2299026"), prix_centimes=12000, classe=Classe.B),
        *(
            Ligne(
                numero=numero,
                type=TypeLigne.VERRE,
                lpp=Lpp("2299121"),
                prix_centimes=9000,
                classe=Classe.B,
                oeil=oeil,
                zone=Zone.SIMPLE,
            )
            for numero, oeil in ((2, Oeil.DROIT), (3, Oeil.GAUCHE))
        ),
    ),
)
"""The standard equipment of every example: class B, frame 120.00, two simple lenses 90.00."""


def card(person: Personne, book: Book) -> Carte:
    """The card that person carries this year."""
    amc = book.insurer(person.amc)
    return Carte(
        numero_amc=amc.numero_amc,
        type_convention=amc.type_convention,
        csr=amc.csr,
        numero_adherent=person.numero_adherent,
        valide_du=resolve("debut_annee", book.world.start),
        valide_au=resolve("fin_annee", book.world.start),
    )


def wearer(person: Personne) -> Beneficiaire:
    """That person as the wearer in a message."""
    return Beneficiaire(
        date_naissance=person.date_naissance,
        rang_naissance=person.rang_naissance,
        nom=person.nom,
        prenom=person.prenom,
        qualite=person.qualite,
    )


def install(book: Book) -> None:
    """Record the ready-made files, if this platform has a person for them."""
    if book.plateforme.demo is None:
        return
    person = book.world.people[book.plateforme.demo]
    start = business_day(book.debut)
    for one in FILES:
        pec = _pec(book, person, one, start)
        if one.facture is not None:
            _facture(book, person, pec, one, start)
    book.counters.pec = len(FILES)
    _lot(book, start)
    for pec in book.pec.values():
        ledger.settle_check(book, pec, None)


def _pec(book: Book, person: Personne, one: File, start: dt.date) -> Pec:
    day = start - dt.timedelta(days=one.granted)
    numero = book.plateforme.numerotation.format(jour=start - dt.timedelta(days=IMPORTED_DAYS_AGO), rang=one.rank)
    amc = book.insurer(person.amc)
    etat = one.pec if book.vie_pec.has(one.pec) else ResultatPec.EN_INSTANCE
    pieces = (TypePiece.ORDONNANCE,) if one.pec is ResultatPec.ACCORDEE_SOUS_RESERVE else ()
    valid = day + dt.timedelta(days=amc.validite_jours)
    pec = Pec(
        numero=numero,
        magasin=SHOP,
        devis=False,
        demande=_request(book, person, one.rank, day),
        recue_le=midnight(day) + dt.timedelta(hours=10),
        etat=etat,
        personne=person.carte,
        amc=person.amc,
        montants=tarif.amounts(STANDARD, amc.contrat(person.contrat), in_force(day), 0),
        pieces_demandees=pieces,
        accordee_le=day,
        valide_au=valid,
        facturable_jusqu_au=valid + dt.timedelta(days=amc.facturation_jours),
    )
    book.add_pec(pec)
    if not pieces:
        ledger.granted(book, pec.recue_le, pec)
    assert pec.facturable_jusqu_au is not None
    book.plan(midnight(pec.facturable_jusqu_au + dt.timedelta(days=1)), "expirer", numero)
    return pec


def _request(book: Book, person: Personne, rank: int, day: dt.date) -> PecDemande:
    amc = book.insurer(person.amc)
    return PecDemande(
        dossier=f"D-DEMO-{rank}",
        reference=f"D-DEMO-{rank}/PEC-1",
        date_soins=day,
        carte=card(person, book),
        assure=Assure(nir=person.nir),
        beneficiaire=wearer(person),
        prescription=Prescription(
            date=day - dt.timedelta(days=60),
            type=TypePrescription.RENOUVELLEMENT,
            prescripteur=Prescripteur("10101010105"),
        ),
        equipement=STANDARD,
        consentement=Consentement(donne=True, date=day),
        organisme=amc.organisme if book.reglages.organisme_choisi else None,
    )


def _facture(book: Book, person: Personne, pec: Pec, one: File, start: dt.date) -> None:
    assert pec.montants is not None
    assert one.facture is not None
    day = start - dt.timedelta(days=one.billed)
    row = FactureRecue(
        cle=book.next_facture_key(),
        magasin=SHOP,
        facture=Facture(
            dossier=pec.demande.dossier,
            reference=f"{pec.demande.dossier}/FAC-1",
            numero_pec=pec.numero,
            numero_facture=f"{day:%y%m%d}{one.rank - 3:03d}",
            date_facture=day,
            date_delivrance=day,
            carte=pec.demande.carte,
            assure=pec.demande.assure,
            beneficiaire=pec.demande.beneficiaire,
            montants=pec.montants,
            lignes=pec.demande.equipement.lignes,
            organisme=pec.demande.organisme,
        ),
        recue_le=midnight(day) + dt.timedelta(hours=18),
        etat=one.facture,
        amc=person.amc,
    )
    book.add_facture(row)
    ledger.billed(book, row.recue_le, row)
    _what_follows(book, row, day, start)
    ledger.settle_check(book, pec, row)


def _what_follows(book: Book, row: FactureRecue, day: dt.date, start: dt.date) -> None:
    """Plan what a state still has before it; issue the remittance of the one that is paid."""
    if row.etat is ResultatFacture.ACQUITTEE:
        book.plan(book.debut + book.plateforme.delai_controle, "controler", row.cle)
    elif row.etat is ResultatFacture.ACCEPTEE:
        row.a_payer_le = transfer_instant(working_days_later(start, 2))
        book.index.unpaid[f"{SHOP}|{row.amc}"][row.cle] = None
        book.plan(row.a_payer_le, "virer", f"{SHOP}|{row.amc}")
    else:
        paid_on = working_days_later(day, book.plateforme.delai_paiement_jours)
        book.counters.bordereau += 1
        numero = f"B{paid_on:%y%m%d}{book.counters.bordereau:04d}"
        amount = row.facture.montants.amc_centimes
        ledger.paid(book, transfer_instant(paid_on), row, numero, amount, amount)
        book.envois.append(
            Envoi(
                magasin=SHOP,
                bordereau=Bordereau(
                    numero=numero,
                    emis_le=paid_on,
                    total_centimes=amount,
                    lignes=(ledger.line_of(row, TypeRetour.PAIEMENT, amount),),
                    reference_virement=f"VIR{paid_on:%y%m%d}{book.counters.bordereau:04d}",
                    organisme=book.insurer(row.amc).organisme,
                ),
            )
        )


def _lot(book: Book, start: dt.date) -> None:
    """Where invoices travel in lots, the three came in one."""
    if not book.reglages.lots:
        return
    numero = f"L{start - dt.timedelta(days=11):%y%m%d}001"
    rows = list(book.factures.values())
    for row in rows:
        row.lot = numero
    answers = tuple(
        FactureReponse(
            resultat=ResultatFacture.ACQUITTEE,
            etat_plateforme=book.vie_facture.libelles[ResultatFacture.ACQUITTEE],
            numero_facture=row.facture.numero_facture,
            reference=row.facture.reference,
            numero_pec=row.facture.numero_pec,
            montant_amc_centimes=row.facture.montants.amc_centimes,
        )
        for row in rows
    )
    lot = LotReponse(resultat=ResultatLot.ACQUITTE, numero_lot=numero, factures=answers)
    book.lots[f"{SHOP}|{numero}"] = Lot(magasin=SHOP, numero=numero, reponse=lot, factures=tuple(r.cle for r in rows))
