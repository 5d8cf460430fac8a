"""What an insurer pays for an equipment, line by line, to the centime.

For each line: AMO share from its base and rate; a covered amount (AMO included) from the contract's guarantee, the
price for class A, at most the price; then the ceiling of responsible contracts, lowered by the cost of the class A part
(optical-messages.md §8.3, public), limits the class B lines together. AMC = covered - AMO, and the customer keeps the
rest. Where the ceiling bites, the frame keeps its amount and the other lines share what is left in proportion (ours).
Contact lenses draw on a yearly allowance instead.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from tierspayant.emulator.insurers import Contrat
from tierspayant.emulator.tariff_tables import LigneLpp, Tarif
from tierspayant.schemas.messages import Classe, Equipement, Ligne, Montants, MontantsLigne, TypeEquipement, TypeLigne
from tierspayant.schemas.money import Centimes, pour_cent


class Part(msgspec.Struct, frozen=True):
    """One line under way: base, AMO share and covered amount (AMO included), in centimes."""

    ligne: Ligne
    base: Centimes
    amo: Centimes
    couvert: Centimes


def amounts(
    equipement: Equipement, contrat: Contrat, tarif: Tarif, allowance_left: Centimes, nir_inconnu: bool = False
) -> Montants:
    """The shares of an equipment. Its lines must have passed the rules: each LPP code is in `tarif`.

    allowance_left: what the yearly contact lens allowance still holds. nir_inconnu: granted with every share at zero
    (public trap, optical-messages.md §5.1).
    """
    parts = [_part(ligne, contrat, tarif) for ligne in equipement.lignes]
    if equipement.type is TypeEquipement.LENTILLES:
        parts = draw_allowance(parts, allowance_left)
    else:
        parts = apply_ceiling(parts, equipement, tarif)
    if nir_inconnu:
        parts = [replace(one, base=0, amo=0, couvert=0) for one in parts]
    return total([_shares(one, tarif.taux_amo) for one in parts], equipement)


def _part(ligne: Ligne, contrat: Contrat, tarif: Tarif) -> Part:
    row = tarif.ligne(ligne.lpp)
    assert row is not None, "the rules let an unknown LPP code through"
    net = ligne.net_centimes
    base = amo_base(ligne, row)
    amo = min(pour_cent(base, tarif.taux_amo), net)
    return Part(ligne, base, amo, max(amo, covered(ligne, row, contrat, tarif)))


def amo_base(ligne: Ligne, row: LigneLpp) -> Centimes:
    """The AMO base of a line: fixed per item, or a percentage of its price."""
    if row.base is not None:
        return row.base * ligne.quantite
    return pour_cent(ligne.net_centimes, row.base_pour_cent or 0)


def covered(ligne: Ligne, row: LigneLpp, contrat: Contrat, tarif: Tarif) -> Centimes:
    """What AMO and AMC cover of a line before ceilings: all of class A, the guarantee of class B, at most the price."""
    net = ligne.net_centimes
    if ligne.classe is Classe.A:
        return net
    return min(net, guarantee(ligne, row, contrat, tarif))


def guarantee(ligne: Ligne, row: LigneLpp, contrat: Contrat, tarif: Tarif) -> Centimes:
    """The contract's guarantee for a line of class B, AMO included."""
    if ligne.type is TypeLigne.MONTURE:
        own = ligne.net_centimes if contrat.frais_reels else contrat.monture * ligne.quantite
        return min(own, tarif.monture_maximum)
    if contrat.frais_reels or ligne.type is TypeLigne.LENTILLE:
        return ligne.net_centimes
    if ligne.type is TypeLigne.VERRE and row.zone is not None:
        return contrat.verre(row.zone) * ligne.quantite
    return contrat.supplement * ligne.quantite


def ceiling(equipement: Equipement, tarif: Tarif) -> Centimes:
    """What is left of the responsible ceiling for class B once the class A part is paid (never below zero)."""
    zones, class_a = [], 0
    for ligne in equipement.lignes:
        row = tarif.ligne(ligne.lpp)
        if row is not None and row.zone is not None:
            zones.append(row.zone)
        if ligne.classe is Classe.A:
            class_a += ligne.net_centimes
    return max(0, tarif.plafond(zones) - class_a)


def apply_ceiling(parts: list[Part], equipement: Equipement, tarif: Tarif) -> list[Part]:
    """Limit the class B lines together: the frame first, the others in proportion."""
    left = ceiling(equipement, tarif)
    class_b = [rank for rank, one in enumerate(parts) if one.ligne.classe is not Classe.A]
    if sum([parts[rank].couvert for rank in class_b]) <= left:
        return parts
    limited = list(parts)
    frames = [rank for rank in class_b if parts[rank].ligne.type is TypeLigne.MONTURE]
    for rank in frames:
        limited[rank] = replace(parts[rank], couvert=max(parts[rank].amo, min(parts[rank].couvert, left)))
        left = max(0, left - limited[rank].couvert)
    others = [rank for rank in class_b if rank not in frames]
    shared = share_out(left, [parts[rank].couvert for rank in others])
    for rank, amount in zip(others, shared, strict=True):
        limited[rank] = replace(parts[rank], couvert=max(parts[rank].amo, amount))
    return limited


def share_out(available: Centimes, wanted: list[Centimes]) -> list[Centimes]:
    """Split `available` in proportion to `wanted`, never more than wanted; odd centimes go to the first lines."""
    asked = sum(wanted)
    if asked <= available:
        return wanted
    given = [available * one // asked for one in wanted]
    short = [rank for rank, one in enumerate(wanted) if given[rank] < one]
    for rank in short[: available - sum(given)]:
        given[rank] += 1
    return given


def draw_allowance(parts: list[Part], left: Centimes) -> list[Part]:
    """Contact lenses: each line takes what it needs from the yearly allowance, in order."""
    drawn = []
    for one in parts:
        amount = min(one.couvert, max(0, left))
        left -= amount
        drawn.append(replace(one, couvert=max(one.amo, amount)))
    return drawn


def _shares(part: Part, rate: int) -> MontantsLigne:
    net = part.ligne.net_centimes
    amc = part.couvert - part.amo
    return MontantsLigne(
        numero=part.ligne.numero,
        amo_centimes=part.amo,
        amc_centimes=amc,
        reste_a_charge_centimes=net - part.amo - amc,
        base_centimes=part.base,
        taux_pour_cent=rate,
        plafond_centimes=part.couvert,
    )


def total(lignes: list[MontantsLigne], equipement: Equipement) -> Montants:
    """The sums of the lines."""
    return Montants(
        total_centimes=equipement.total_centimes,
        amo_centimes=sum(one.amo_centimes for one in lignes),
        amc_centimes=sum(one.amc_centimes for one in lignes),
        reste_a_charge_centimes=sum(one.reste_a_charge_centimes for one in lignes),
        lignes=tuple(lignes),
    )
