"""How a platform answers about rights, quotes and PEC: the rules judge, the life moves, the ledger is told."""

from __future__ import annotations

import dataclasses
import datetime as dt

import msgspec

from tierspayant.emulator import ledger, levers, rights_desk
from tierspayant.emulator.book import Book
from tierspayant.emulator.dates import business_day, midnight
from tierspayant.emulator.insurers import Amc
from tierspayant.emulator.lifecycle import CoupIllegal
from tierspayant.emulator.rows import Pec, equipment_key
from tierspayant.emulator.rules import droits, pec, tarif
from tierspayant.emulator.rules.regle import Manque, motif
from tierspayant.emulator.tariff_tables import in_force
from tierspayant.schemas.messages import (
    Entete,
    EtatPecDemande,
    EtatPecReponse,
    Ligne,
    Motif,
    PecDemande,
    PecReponse,
    ResultatPec,
    TypeEquipement,
    TypePiece,
)
from tierspayant.schemas.money import Centimes, en_euros
from tierspayant.schemas.operations import Operation

PENDING = frozenset({ResultatPec.CREEE, ResultatPec.EN_INSTANCE})
LIVING = PENDING | {
    ResultatPec.ACCORDEE,
    ResultatPec.ACCORDEE_SOUS_RESERVE,
    ResultatPec.ANNULATION_DEMANDEE,
    ResultatPec.FACTUREE,
    ResultatPec.REJET_PAIEMENT,
    ResultatPec.SOLDEE,
}
LONG_ANALYSIS = dt.timedelta(hours=24)
"""A decision that takes this long starts as *created*, where the platform has that state (ours)."""


# ---------------------------------------------------------------------------------------------- quote and PEC


def ask(book: Book, entete: Entete, demande: PecDemande, now: dt.datetime) -> PecReponse:
    """A quote or a PEC request. Refusals about the person are not recorded; every other answer has a number."""
    facts = rights_desk.identity(book, demande)
    motifs = droits.check(facts)
    if motifs or facts.amc is None or facts.personne is None:
        return _unrecorded(book, demande, motifs)
    examen = examine(book, entete.magasin.clair, demande, facts.personne.carte, now)
    if examen.doublon is not None:
        return _unrecorded(book, demande, pec.check(examen), examen.doublon)
    row = Pec(
        numero=book.next_pec_number(now),
        magasin=entete.magasin.clair,
        devis=demande.operation is Operation.DEVIS,
        demande=_kept(demande, facts.amc),
        recue_le=now,
        etat=ResultatPec.EN_INSTANCE,
        personne=facts.personne.carte,
        amc=facts.amc.code,
        scenario=levers.scenario(facts.personne.scenario, demande),
    )
    motifs = pec.check(examen)
    if motifs and facts.amc.refus_opaques:
        motifs = (motif("PEC12", Manque()),)
    if row.devis:
        _quote(book, row, examen, motifs)
    else:
        _first_decision(book, row, examen, motifs, now)
    book.add_pec(row)
    ledger.settle_check(book, row, None)
    return describe(book, row)


def minimised(lignes: tuple[Ligne, ...], amc: Amc) -> tuple[Ligne, ...]:
    """The lines as this insurer keeps them: without dioptres."""
    if amc.garde_correction or all(ligne.correction is None for ligne in lignes):
        return lignes
    return tuple(dataclasses.replace(ligne, correction=None) for ligne in lignes)


def _kept(demande: PecDemande, amc: Amc) -> PecDemande:
    lignes = minimised(demande.equipement.lignes, amc)
    if lignes is demande.equipement.lignes:
        return demande
    return dataclasses.replace(demande, equipement=dataclasses.replace(demande.equipement, lignes=lignes))


def _unrecorded(book: Book, demande: PecDemande, motifs: tuple[Motif, ...], numero: str | None = None) -> PecReponse:
    devis = demande.operation is Operation.DEVIS
    resultat = ResultatPec.REFUSE if devis else ResultatPec.REFUSEE
    return PecReponse(
        resultat=resultat,
        etat_plateforme=book.vie_pec.libelles[resultat],
        numero=numero,
        reference=demande.reference,
        motifs=motifs,
    )


def examine(book: Book, magasin: str, demande: PecDemande, carte: str, now: dt.datetime) -> pec.Examen:
    """The facts the rules of a grant judge."""
    one = book.world.people[carte]
    amc = book.insurer(one.amc)
    return pec.Examen(
        demande=demande,
        personne=one,
        amc=amc,
        contrat=amc.contrat(one.contrat),
        tarif=in_force(demande.date_soins, book.tarif_force),
        jour=business_day(now),
        magasin=magasin,
        doublon=_duplicate(book, magasin, carte, demande),
        engage_ailleurs=amc.bloque_autre_magasin and _engaged_elsewhere(book, magasin, carte),
        dernier_equipement=rights_desk.history(book, carte, amc.historique == "vivant"),
        allocation=allowance_left(book, carte, demande.date_soins.year),
    )


def _duplicate(book: Book, magasin: str, carte: str, demande: PecDemande) -> str | None:
    """The number of a living PEC of the same equipment that makes this one a duplicate here."""
    if demande.operation is Operation.DEVIS or not book.reglages.dedoublonnage:
        return None
    for numero in book.index.pec_by_equipment.get(equipment_key(magasin, carte, demande), ()):
        etat = book.pec[numero].etat
        if etat in LIVING and not (book.reglages.doublon_pec and etat in PENDING):
            return numero
    return None


def _engaged_elsewhere(book: Book, magasin: str, carte: str) -> bool:
    held = (book.pec[numero] for numero in book.index.pec_by_person.get(carte, ()))
    return any(one.magasin != magasin and one.etat in LIVING - {ResultatPec.SOLDEE} for one in held)


def allowance_left(book: Book, carte: str, year: int) -> Centimes:
    """What the yearly contact lens allowance still holds."""
    one = book.world.people[carte]
    whole = book.insurer(one.amc).contrat(one.contrat).lentilles
    return whole - one.lentilles_consommees_centimes - book.lentilles.get(f"{carte}|{year}", 0)


def _amounts(row: Pec, examen: pec.Examen) -> None:
    row.montants = tarif.amounts(
        row.demande.equipement, examen.contrat, examen.tarif, examen.allocation, row.scenario.nir_inconnu
    )


def _quote(book: Book, row: Pec, examen: pec.Examen, motifs: tuple[Motif, ...]) -> None:
    """A quote binds nobody: costed or refused, whatever the person's scenario says about decisions."""
    row.etat, row.motifs = (ResultatPec.REFUSE if motifs else ResultatPec.CHIFFRE), motifs
    if not motifs:
        _amounts(row, examen)


def _first_decision(book: Book, row: Pec, examen: pec.Examen, motifs: tuple[Motif, ...], now: dt.datetime) -> None:
    if not motifs and row.scenario.refus is not None:
        motifs = (motif(row.scenario.refus, Manque()),)
    if motifs:
        row.etat, row.motifs = ResultatPec.REFUSEE, motifs
        return
    delay = row.scenario.delai
    if delay is not None:
        long = delay >= LONG_ANALYSIS and book.vie_pec.has(ResultatPec.CREEE)
        row.etat = ResultatPec.CREEE if long else ResultatPec.EN_INSTANCE
        if long:
            book.plan(now + delay / 2, "instruire", row.numero)
        book.plan(now + delay, "decider", row.numero)
        return
    _grant(book, row, examen, now, with_pieces=False)


def move(book: Book, row: Pec, event: str) -> None:
    """One step of a PEC's life. Raises lifecycle.CoupIllegal."""
    row.etat = ResultatPec(book.vie_pec.advance(row.etat, event))


def grant(book: Book, row: Pec, now: dt.datetime, with_pieces: bool = False) -> None:
    """Grant a pending PEC, or grant it subject to the documents its scenario asks for."""
    _grant(book, row, examine(book, row.magasin, row.demande, row.personne, now), now, with_pieces)


def _grant(book: Book, row: Pec, examen: pec.Examen, now: dt.datetime, with_pieces: bool) -> None:
    subject = bool(row.scenario.pieces) and not with_pieces
    move(book, row, "demander_pieces" if subject else "accorder")  # first: an illegal move must change nothing
    row.pieces_demandees = row.scenario.pieces if subject else ()
    _amounts(row, examen)
    row.motifs = (motif("PEC14", Manque("assure.nir")),) if row.scenario.nir_inconnu else ()
    _open_window(book, row, examen, now)
    if row.etat is ResultatPec.ACCORDEE:
        _commit(book, row, now)


def _open_window(book: Book, row: Pec, examen: pec.Examen, now: dt.datetime) -> None:
    row.accordee_le = examen.jour
    row.valide_au = examen.jour + dt.timedelta(days=examen.amc.validite_jours)
    row.facturable_jusqu_au = row.valide_au + dt.timedelta(days=examen.amc.facturation_jours)
    book.plan(midnight(row.facturable_jusqu_au + dt.timedelta(days=1)), "expirer", row.numero)


def _commit(book: Book, row: Pec, now: dt.datetime) -> None:
    assert row.montants is not None
    ledger.granted(book, now, row)
    if row.demande.equipement.type is TypeEquipement.LENTILLES:
        book.lentilles[f"{row.personne}|{row.demande.date_soins.year}"] += row.montants.amc_centimes


def release(book: Book, row: Pec, now: dt.datetime) -> None:
    """A PEC ends unbilled: what was committed, if anything was, and the allowance come back."""
    if f"accorde:{row.numero}" not in book.soldes:
        return
    ledger.released(book, now, row)
    if row.demande.equipement.type is TypeEquipement.LENTILLES and row.montants is not None:
        book.lentilles[f"{row.personne}|{row.demande.date_soins.year}"] -= row.montants.amc_centimes


# ------------------------------------------------------------------------------------------------------ state


def state(book: Book, entete: Entete, demande: EtatPecDemande, now: dt.datetime) -> EtatPecReponse:
    """Every quote or PEC of this shop with that number or reference; another shop's is unknown."""
    magasin = entete.magasin.clair
    if demande.numero_pec is not None:
        rows = [book.pec[demande.numero_pec]] if demande.numero_pec in book.pec else []
    elif book.reglages.recherche_par_reference:
        rows = [book.pec[numero] for numero in book.index.pec_by_reference.get(f"{magasin}|{demande.reference}", ())]
    else:
        rows = []
    return EtatPecReponse(dossiers=tuple(describe(book, one) for one in rows if one.magasin == magasin))


def describe(book: Book, row: Pec) -> PecReponse:
    """A quote or PEC as the platform tells it now."""
    return PecReponse(
        resultat=row.etat,
        etat_plateforme=book.vie_pec.libelles[row.etat],
        numero=row.numero,
        reference=row.demande.reference,
        montants=row.montants,
        motifs=row.motifs,
        pieces_demandees=row.pieces_demandees,
        valide_au=row.valide_au,
        facturable_jusqu_au=row.facturable_jusqu_au,
        lettre=letter(row),
        organisme=book.insurer(row.amc).organisme,
    )


def letter(row: Pec) -> str | None:
    """The letter of agreement or refusal, in French and without any personal value."""
    if row.etat is ResultatPec.ACCORDEE and row.montants is not None and row.valide_au is not None:
        share, end = en_euros(row.montants.amc_centimes), row.valide_au
        day = f"{end.day:02d}/{end.month:02d}/{end.year}"
        return f"Accord n° {row.numero} : part complémentaire {share}, valable jusqu'au {day}."
    if row.etat is ResultatPec.REFUSEE and row.motifs:
        return f"Refus de la demande n° {row.numero} : {row.motifs[0].libelle}."
    return None


def grant_subject_to_documents(book: Book, row: Pec, now: dt.datetime) -> None:
    """Grant a pending PEC subject to its scenario's documents, or to the prescription when it names none."""
    former = row.scenario
    if not former.pieces:
        row.scenario = msgspec.structs.replace(former, pieces=(TypePiece.ORDONNANCE,))
    try:
        grant(book, row, now)
    except CoupIllegal:
        row.scenario = former
        raise
