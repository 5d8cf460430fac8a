"""Effects: which strikes what, how often, and what the platform has done by then."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.emulator_edges.bench import PEC, Bench, sample
from tierspayant.emulator.effect_kinds import Point
from tierspayant.schemas import platforms
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NotNow, NotYou, Unreadable
from tierspayant.schemas.wire import HttpRequest

DONE = [Point.APRES_COMMIT, Point.APRES_ENTETES, Point.MILIEU_CORPS, Point.APRES_DERNIER_OCTET]
DROITS = sample("viamedis", "ConsulterDroits")


@pytest.mark.parametrize("point", list(Point))
def test_a_cut_happens_at_its_point_and_only_later_ones_have_committed(point: Point) -> None:
    bench = Bench()
    bench.effects({"effet": "coupure", "service": "pec", "parametres": {"point": point}})
    plan = bench.post()
    assert plan.cut is point
    assert bench.granted() == (point in DONE)
    assert (plan.response is not None) == (point in DONE[1:])


@pytest.mark.parametrize(
    ("effect", "processed"),
    [
        ({"effet": "silence", "parametres": {"traitee": True}}, True),
        ({"effet": "silence", "parametres": {"traitee": False}}, False),
        ({"effet": "http", "parametres": {"statut": 503}}, False),
        ({"effet": "http", "parametres": {"statut": 502, "traitee": True}}, True),
        ({"effet": "faute_soap", "parametres": {"code": "TEC02"}}, False),
        ({"effet": "indisponible"}, False),
        ({"effet": "compte", "parametres": {"etat": "expire"}}, False),
        ({"effet": "reponse", "parametres": {"defaut": "malformee"}}, True),
        ({"effet": "lenteur", "parametres": {"duree": "PT1M"}}, True),
        ({"effet": "goutte", "parametres": {"octets_s": 10}}, True),
    ],
)
def test_each_effect_says_whether_the_request_was_processed(effect: dict[str, Any], processed: bool) -> None:
    bench = Bench()
    bench.effects(effect)
    bench.post()
    assert bench.granted() == processed


@pytest.mark.parametrize(
    ("effect", "outcome"),
    [
        ({"effet": "http", "parametres": {"statut": 503, "retry_after": 30}}, NotNow),
        ({"effet": "http", "parametres": {"statut": 429}}, NotNow),
        ({"effet": "faute_soap", "parametres": {"code": "TEC02"}}, NotNow),
        ({"effet": "indisponible", "parametres": {"reessayer_apres_s": 60}}, NotNow),
        ({"effet": "compte", "parametres": {"etat": "verrouille"}}, NotYou),
        ({"effet": "compte", "parametres": {"etat": "code"}}, NotYou),
        ({"effet": "reponse", "parametres": {"defaut": "malformee"}}, Unreadable),
        ({"effet": "reponse", "parametres": {"defaut": "tronquee"}}, Unreadable),
        ({"effet": "reponse", "parametres": {"defaut": "encodage"}}, Unreadable),
        ({"effet": "reponse", "parametres": {"defaut": "espace_de_noms"}}, Unreadable),
        ({"effet": "reponse", "parametres": {"defaut": "hors_schema"}}, Unreadable),
        ({"effet": "reponse", "parametres": {"defaut": "autre_message"}}, Unreadable),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("plateforme", "nom", "path"),
    [("viamedis", "DemanderPriseEnCharge", "/prises-en-charge"), ("almerys", "Valoriser", "/tiers-payant")],
    ids=["viamedis", "almerys"],
)
def test_the_other_road_reads_each_effect_as_what_it_is(
    plateforme: str, nom: str, path: str, effect: dict[str, Any], outcome: type
) -> None:
    bench = Bench()
    body = sample(plateforme, nom)
    asked = re.search(rb"<(?:\w+:)?idMessage>([^<]+)<", body)
    assert asked is not None
    bench.control("PUT", "effects", [{"plateforme": plateforme, **effect}])
    read = platforms.client(plateforme).decode(
        Operation.PEC, asked.group(1).decode(), bench.answer(body, path, plateforme)
    )
    assert isinstance(read, outcome), read
    bench.control("PUT", "effects", [])
    again = platforms.client(plateforme).decode(
        Operation.PEC, asked.group(1).decode(), bench.answer(body, path, plateforme)
    )
    assert isinstance(again, Answer), again


@pytest.mark.parametrize(
    ("where", "struck"),
    [
        ({}, True),
        ({"service": "*"}, True),
        ({"service": "pec"}, True),
        ({"service": "devis"}, False),
        ({"operation": "pec"}, True),
        ({"operation": "DemanderPriseEnCharge"}, True),
        ({"operation": "ConsulterPriseEnCharge"}, False),
        ({"magasin": "759999014"}, True),
        ({"magasin": "759999022"}, False),
    ],
)
def test_an_effect_strikes_where_it_says_and_nowhere_else(where: dict[str, str], struck: bool) -> None:
    bench = Bench()
    bench.effects({"effet": "http", "parametres": {"statut": 503}, **where})
    assert (bench.answer().status == 503) is struck


def test_an_unreadable_message_is_struck_only_by_what_strikes_its_whole_path() -> None:
    bench = Bench()
    bench.effects({"effet": "http", "service": "pec", "parametres": {"statut": 503}})
    assert bench.answer(b"hello").status == 500
    bench.effects({"effet": "http", "parametres": {"statut": 503}})
    assert bench.answer(b"hello").status == 503


def test_an_effect_given_times_strikes_so_often() -> None:
    bench = Bench()
    bench.effects({"effet": "http", "parametres": {"statut": 503}, "fois": 2})
    assert [bench.answer(DROITS, "/droits").status for _ in range(4)] == [503, 503, 200, 200]
    assert bench.control("GET", "effects") == (200, [])


def test_a_probability_is_drawn_from_the_session_s_seed() -> None:
    def run(seed: int) -> list[int]:
        bench = Bench(seed=seed)
        bench.effects({"effet": "http", "parametres": {"statut": 503}, "probabilite": 0.5})
        return [bench.answer(DROITS, "/droits").status for _ in range(40)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert {200, 503} == set(run(1))


def test_slowness_adds_to_what_else_happens() -> None:
    bench = Bench()
    bench.effects(
        {"effet": "lenteur", "parametres": {"duree": "PT5S"}},
        {"effet": "http", "parametres": {"statut": 503}},
        {"effet": "lenteur", "parametres": {"duree": "PT2S"}},
        {"effet": "silence"},
    )
    plan = bench.post()
    assert plan.response is not None
    assert (plan.response.status, plan.delay.total_seconds()) == (503, 7)


def test_a_service_said_unavailable_says_so_when_asked_for_its_state() -> None:
    bench = Bench()
    bench.effects({"effet": "indisponible"})
    assert b"false" in bench.answer(sample("viamedis", "EtatService"), "/prises-en-charge").body
    bench.effects()
    assert b"true" in bench.answer(sample("viamedis", "EtatService"), "/prises-en-charge").body


@pytest.mark.parametrize(
    ("effect", "champ"),
    [
        ({"effet": "panne"}, "$[1].effet"),
        ({"effet": "coupure"}, "$[1].parametres.point"),
        ({"effet": "coupure", "parametres": {"point": "ailleurs"}}, "$[1].parametres.point"),
        ({"effet": "lenteur", "parametres": {"duree": "-PT1S"}}, "$[1].parametres.duree"),
        ({"effet": "lenteur", "parametres": {"duree": "hier"}}, "$[1].parametres.duree"),
        ({"effet": "lenteur", "parametres": {"duree": "P400D"}}, "$[1].parametres.duree"),
        ({"effet": "http", "parametres": {"statut": 42}}, "$[1].parametres.statut"),
        ({"effet": "http", "parametres": {"statut": 302, "emplacement": "x\r\ny"}}, "$[1].parametres.emplacement"),
        ({"effet": "silence", "fois": 0}, "$[1].fois"),
        ({"effet": "silence", "probabilite": 1.5}, "$[1].probabilite"),
        ({"effet": "silence", "service": "optique"}, "$[1].service"),
        ({"effet": "silence", "operation": "Rien"}, "$[1].operation"),
        ({"effet": "silence", "magasin": "1"}, "$[1].magasin"),
        ({"effet": "silence", "plateforme": "autre"}, "$[1].plateforme"),
        ({"effet": "refus_connexion", "service": "pec"}, "$[1].service"),
        ({"effet": "refus_connexion", "fois": 1}, "$[1].fois"),
        ({"effet": "faute_soap", "parametres": {"code": "PEC01"}}, "$[1].parametres.code"),
        ({"effet": "faute_soap", "parametres": {"code": "TEC99"}}, "$[1].parametres.code"),
    ],
    ids=str,
)
def test_a_wrong_effect_is_located_and_none_of_the_list_is_taken(effect: dict[str, Any], champ: str) -> None:
    bench = Bench()
    bench.effects({"effet": "silence"})
    before = bench.control("GET", "effects")
    good = {"plateforme": "viamedis", "effet": "indisponible"}
    status, problem = bench.control("PUT", "effects", [good, {"plateforme": "viamedis", **effect}])
    assert (status, problem["champ"]) == (422, champ), problem
    assert bench.control("GET", "effects") == before


def test_a_refused_connection_is_not_for_a_session_that_shares_the_port() -> None:
    bench = Bench(shared_port=True)
    bench.control("POST", "/sessions", {"id": "autre"})
    effect = [{"plateforme": "viamedis", "effet": "refus_connexion"}]
    assert bench.control("PUT", "effects", effect, session="autre")[0] == 422
    assert bench.control("PUT", "effects", effect)[0] == 200


def test_a_connection_is_cut_before_the_body_when_the_headers_tell_enough() -> None:
    bench = Bench()
    bench.effects({"effet": "coupure", "service": "droits", "parametres": {"point": "connexion"}})
    headers = (("Host", "h"), ("Content-Type", "text/xml"))
    early = bench.ports["viamedis"].early(HttpRequest("POST", "/droits", headers))
    assert early is not None
    assert early.cut is Point.CONNEXION
    assert bench.ports["viamedis"].early(HttpRequest("POST", "/facturation", headers)) is None
    named = (*headers, ("SOAPAction", '"urn:x:DemanderPriseEnCharge"'))
    bench.effects({"effet": "coupure", "service": "pec", "parametres": {"point": "connexion"}})
    assert bench.ports["viamedis"].early(HttpRequest("POST", "/prises-en-charge", headers)) is None
    assert bench.ports["viamedis"].early(HttpRequest("POST", "/prises-en-charge", named)) is not None
    assert bench.post(PEC).cut is Point.CONNEXION
