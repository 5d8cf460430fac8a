"""Fields read from an element: what is kept between messages never spares a check."""

from __future__ import annotations

import pytest
from lxml import etree

from tierspayant.schemas.champs import MAX_PUBLIC, Bloc, PublicIdentifiers
from tierspayant.schemas.faults import Faute
from tierspayant.schemas.identity import IdentifiantInvalide, Lpp, NumeroAmc


def bloc(texte: str) -> Bloc:
    return Bloc(etree.fromstring(texte))


def test_a_number_known_as_one_thing_is_still_checked_as_another() -> None:
    known = PublicIdentifiers()
    assert known[NumeroAmc, "99000110"] is known[NumeroAmc, "99000110"]
    with pytest.raises(IdentifiantInvalide):
        _ = known[Lpp, "99000110"]


def test_a_wrong_number_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(Faute) as refused:
            bloc("<a><lpp>2299027</lpp></a>").identifiant("lpp", Lpp)
        assert (refused.value.regle, refused.value.xpath) == ("LPP_CLE", "/a/lpp")


def test_what_is_kept_is_bounded() -> None:
    known = PublicIdentifiers()
    for numero in range(MAX_PUBLIC + 10):
        assert known[NumeroAmc, f"{numero:08d}"].clair == f"{numero:08d}"
    assert len(known) == 10


def test_a_repeated_field_is_read_in_order_and_a_missing_one_as_nothing() -> None:
    lu = bloc('<a xmlns="urn:a"><b><c>1</c></b><d> 2 </d><b><c>3</c></b></a>')
    assert [un.entier("c") for un in lu.liste("b")] == [1, 3]
    assert (lu.entier("d"), lu.texte("d"), lu.entier_ou_rien("e"), "e" in lu) == (2, " 2 ", None, False)
