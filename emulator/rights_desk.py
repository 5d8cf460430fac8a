"""How a platform answers about rights: who is asked about, and what the insurer's files say on that day."""

from __future__ import annotations

import datetime as dt

from tierspayant.emulator import conservation
from tierspayant.emulator.book import Book
from tierspayant.emulator.rules import droits
from tierspayant.schemas.messages import (
    Droits,
    DroitsDemande,
    DroitsReponse,
    Entete,
    PecDemande,
    ResultatDroits,
    TypeEquipement,
)


def identity(book: Book, demande: DroitsDemande | PecDemande) -> droits.Identite:
    """Who a request is about, as this platform finds it."""
    return droits.identify(
        book.world,
        book.plateforme.nom,
        demande.carte,
        demande.assure,
        demande.beneficiaire,
        demande.date_soins,
        demande.organisme,
        book.reglages.organisme_choisi,
    )


def rights(book: Book, entete: Entete, demande: DroitsDemande, now: dt.datetime) -> DroitsReponse:
    """Whether rights are open on the care date."""
    facts = identity(book, demande)
    motifs = droits.check(facts)
    amc, one = facts.amc, facts.personne
    if motifs or amc is None or one is None:
        closed = any(reason.code in droits.FERMES for reason in motifs)
        return DroitsReponse(
            resultat=ResultatDroits.FERMES if closed else ResultatDroits.INCONNU,
            organisme=amc.organisme if amc else None,
            libelle_organisme=amc.libelle if amc else None,
            motifs=motifs,
        )
    return DroitsReponse(
        resultat=ResultatDroits.OUVERTS,
        droits=Droits(
            du=one.droits_du,
            au=one.droits_au,
            pec_requise=True,
            conventionne=amc.reseau is None or entete.magasin.clair in amc.reseau,
            dernier_equipement=history(book, one.carte, amc.historique == "vivant"),
        ),
        organisme=amc.organisme,
        libelle_organisme=amc.libelle,
    )


def history(book: Book, carte: str, alive: bool) -> dt.date | None:
    """The last covered equipment: the card's, and with a living history what was billed since."""
    known = book.world.people[carte].dernier_equipement
    if not alive:
        return known
    delivered = [
        row.facture.date_delivrance
        for numero in book.index.pec_by_person.get(carte, ())
        for row in (book.factures[cle] for cle in book.index.factures_by_pec.get(numero, ()))
        if row.etat not in conservation.DEAD
        and book.pec[numero].demande.equipement.type is not TypeEquipement.LENTILLES
    ]
    return max((day for day in (known, *delivered) if day is not None), default=None)
