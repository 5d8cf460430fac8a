"""The control API: what it takes, what it refuses and where, and that nothing is half applied."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from twisted.internet.defer import Deferred

from tests.unit.emulator_edges.bench import NOW, PEC, Bench, read, sample
from tierspayant.emulator.control import ControlPort
from tierspayant.emulator.plan import Plan
from tierspayant.schemas.wire import HttpRequest

DROITS = sample("viamedis", "ConsulterDroits")


def test_a_session_has_its_own_start_book_and_clock() -> None:
    bench = Bench()
    made = {"id": "ci-1", "seed": 7, "now": "2024-06-01T08:00:00+02:00"}
    status, value = bench.control("POST", "/sessions", made)
    assert status == 201
    assert value == {"id": "ci-1", "plateformes": {"viamedis": "http://v/s/ci-1", "almerys": "http://a/s/ci-1"}}
    bench.post()
    assert (bench.granted(), bench.granted("ci-1")) == (1, 0)
    assert bench.control("GET", "clock", session="ci-1")[1]["now"].startswith("2024-06-01T08:00:00")
    assert bench.control("GET", "clock")[1]["now"].startswith("2024-01-31T10:00:00")
    assert bench.control("DELETE", "/sessions/ci-1")[0] == 204
    assert bench.control("GET", "clock", session="ci-1")[0] == 404


@pytest.mark.parametrize(
    ("body", "status", "champ"),
    [
        ({"id": "a/b"}, 409, "$.id"),
        ({"id": "default"}, 409, "$.id"),
        ({"seed": "1"}, 422, "$.seed"),
        ({"now": "hier"}, 422, "$.now"),
        ({"seed": 2**60}, 422, "$.seed"),
        ({"now": "1066-10-14T09:00:00+00:00"}, 422, "$.now"),
        ({"now": "2024-01-31T09:00:00"}, 422, "$.now"),
        ({"nom": "x"}, 422, "$.nom"),
        ([], 422, "$"),
        (b"{", 400, None),
        (b"\xff", 400, None),
        (b"[" * 100_000, 400, None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_wrong_session_is_refused_with_its_field_and_not_made(body: object, status: int, champ: str | None) -> None:
    bench = Bench()
    found, problem = bench.control("POST", "/sessions", body)
    assert (found, problem.get("champ")) == (status, champ)
    assert problem["status"] == status
    assert len(list(bench.sessions)) == 1


@pytest.mark.parametrize(
    ("body", "champ"),
    [
        ({"freeze": True, "advance": "PT1S"}, "$"),
        ({}, "$"),
        ({"freeze": False}, "$.freeze"),
        ({"advance": "-PT1S"}, "$.advance"),
        ({"advance": "PT"}, "$.advance"),
        ({"advance": "P"}, "$.advance"),
        ({"advance": "P1M"}, "$.advance"),
        ({"advance": "P99999999D"}, "$.advance"),
        ({"advance": "P999999D"}, "$.advance"),
        ({"set": "2024-01-31T10:00:00"}, "$.set"),
        ({"set": "2024-02-30T10:00:00+01:00"}, "$.set"),
        ({"speed": 0}, "$.speed"),
        ({"speed": 1e300}, "$.speed"),
        ({"turbo": True}, "$.turbo"),
    ],
    ids=str,
)
def test_a_wrong_order_to_the_clock_names_its_field_and_changes_nothing(body: object, champ: str) -> None:
    bench = Bench()
    before = bench.control("GET", "clock")
    status, problem = bench.control("POST", "clock", body)
    assert (status, problem["champ"]) == (422, champ)
    assert bench.control("GET", "clock") == before


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("P3DT2H", 266_400), ("PT90S", 90), ("P1W", 604_800), ("PT0.25S", 0.25), ("PT1H1M1S", 3661), ("P1D", 86_400)],
)
def test_the_clock_advances_by_an_iso_duration(written: str, seconds: float) -> None:
    bench = Bench()
    assert bench.control("POST", "clock", {"advance": written})[0] == 200
    assert (bench.session.clock.now() - NOW).total_seconds() == seconds


def test_settings_of_several_platforms_are_all_taken_or_none() -> None:
    bench = Bench()
    before = bench.control("GET", "reglages")
    wrong = {"viamedis": {"dedoublonnage": False}, "almerys": {"lots": "oui"}}
    status, problem = bench.control("PUT", "reglages", wrong)
    assert (status, problem["champ"]) == (422, "$.almerys.lots")
    assert bench.control("GET", "reglages") == before
    assert bench.control("PUT", "reglages", {"viamedis": {"dedoublonnage": False}})[0] == 200
    assert bench.control("GET", "reglages")[1]["viamedis"]["dedoublonnage"] is False


def test_without_deduplication_a_double_is_recorded_and_listed() -> None:
    bench = Bench()
    bench.control("PUT", "reglages", {"viamedis": {"dedoublonnage": False}})
    invoice = sample("viamedis", "DeposerFacture")
    assert bench.answer(invoice, "/facturation").status == 200
    assert bench.control("GET", "ledger/check") == (200, {"ok": True, "ecarts": []})
    assert bench.answer(invoice, "/facturation").status == 200
    status, check = bench.control("GET", "ledger/check")
    assert (status, check["ok"]) == (200, False)
    assert "facture_en_double" in {row["regle"] for row in check["ecarts"]}


def test_the_ledger_speaks_the_words_of_the_interface() -> None:
    bench = Bench()
    bench.answer(sample("viamedis", "DeposerFacture"), "/facturation")
    _, ledger = bench.control("GET", "ledger")
    [row] = [one for one in ledger["factures"] if one["numero"] == "240131001"]
    words = {"numero", "reference_magasin", "magasin", "dossier", "pec", "montant_amc_centimes", "etat", "recue_le"}
    assert words <= set(row)
    assert (row["reference_magasin"], row["montant_amc_centimes"], row["magasin"]) == (
        "D-DEMO-1/FAC-1",
        17991,
        "759999014",
    )


def test_payments_can_be_made_now_and_a_pec_decided_by_hand() -> None:
    bench = Bench()
    bench.answer(sample("viamedis", "DeposerFacture"), "/facturation")
    status, sent = bench.control("POST", "paiements/lancer")
    assert status == 200
    assert sent["bordereaux"]["viamedis"] >= 1
    assert bench.control("GET", "ledger/check")[1]["ok"]
    assert bench.control("POST", "pec/V000000000000/decider", {"etat": "accordee"})[0] == 404
    before = bench.control("GET", "ledger")
    for order, champ in (
        ({"etat": "envolee"}, "$.etat"),
        ({"etat": "accordee", "motifs": ["PEC02", "X"]}, "$.motifs[1]"),
    ):
        status, problem = bench.control("POST", "pec/V240124000001/decider", order)
        assert (status, problem["champ"]) == (422, champ)
    assert bench.control("GET", "ledger") == before


def test_a_shop_whose_account_is_on_no_platform_is_refused() -> None:
    bench = Bench()
    shop = {"finess": "759999014", "nom": "Autre", "comptes": {"viamedi": "x"}}
    status, problem = bench.control("POST", "magasins", shop)
    assert (status, problem["champ"]) == (422, "$.comptes.viamedi")
    assert bench.session.world.magasins["759999014"].nom != "Autre"


def test_people_and_shops_can_be_added_and_a_wrong_one_is_located() -> None:
    bench = Bench()
    _, listed = bench.control("GET", "people")
    someone = next(one for one in listed["elements"] if one["carte"] == "PEC_OK_ADULTE_NOMINAL")
    status, problem = bench.control("POST", "people", {"carte": "X", "nir": "1"})
    assert status == 422
    assert problem["champ"].startswith("$")
    assert "1" not in problem["detail"].replace("13", "").replace("15", "")
    assert len(bench.control("GET", "people")[1]["elements"]) == len(listed["elements"])
    keep = ("amc", "nir", "naissance", "nom", "prenom", "numero_adherent")
    added = {"carte": "PEC_OK_CI", **{key: someone[key] for key in keep}}
    assert bench.control("POST", "people", added)[0] == 201
    assert bench.control("GET", "magasins")[1]["elements"][0]["finess"] == "759999014"


def test_a_reset_brings_everything_back_to_the_start() -> None:
    bench = Bench()
    bench.post()
    bench.effects({"effet": "silence"})
    bench.control("POST", "clock", {"advance": "P10D"})
    assert bench.control("POST", "reset", {"seed": 3})[0] == 200
    assert (bench.granted(), bench.control("GET", "effects")[1]) == (0, [])
    assert bench.session.clock.now() == NOW


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("POST", "/health", 405),
        ("GET", "/rien", 404),
        ("GET", "rien", 404),
        ("DELETE", "clock", 405),
        ("GET", "/sessions/absente/clock", 404),
        ("DELETE", "/sessions/default", 409),
        ("GET", "journal/9", 404),
        ("GET", "journal/x", 422),
    ],
)
def test_an_address_that_is_not_one_is_told_so(method: str, path: str, status: int) -> None:
    assert Bench().control(method, path)[0] == status


@pytest.mark.parametrize(
    ("host", "token", "given", "status"),
    [
        ("127.0.0.1:8470", None, None, 200),
        ("localhost", None, None, 200),
        ("[::1]:8470", None, None, 200),
        ("evil.example", None, None, 403),
        ("evil.example", "secret", "Bearer secret", 200),
        ("127.0.0.1", "secret", None, 401),
        ("127.0.0.1", "secret", "Bearer autre", 401),
    ],
)
def test_only_this_machine_or_who_has_the_token_is_answered(
    host: str, token: str | None, given: str | None, status: int
) -> None:
    port = ControlPort(Bench().sessions, dict, token=token)
    headers = (("Host", host), *((("Authorization", given),) if given else ()))
    plan = port.answer(HttpRequest("GET", "/_control/v1/health", headers))
    assert isinstance(plan, Plan)
    assert read(plan)[0] == status


# -------------------------------------------------------------------------------------------------------- evidence


def verify(bench: Bench, **question: Any) -> Any:
    return bench.control("POST", "verify", question)[1]


def test_the_journal_keeps_exact_bytes_and_shows_them_one_by_one_only() -> None:
    bench = Bench()
    answer = bench.answer()
    _, page = bench.control("GET", "journal")
    [row] = page["elements"]
    assert (row["operation"], row["verdict"], row["statut"]) == ("pec", "repondu", 200)
    assert "DUPRE" not in json.dumps(page)
    _, whole = bench.control("GET", "journal/1")
    assert whole["demande"]["texte"].encode() == PEC
    assert whole["reponse"]["texte"].encode() == answer.body
    assert whole["sens"]["demande"]["beneficiaire"]["nom"] == "DUPRE"


def test_the_journal_is_read_in_pages_and_by_what_happened() -> None:
    bench = Bench()
    for _ in range(5):
        bench.answer(DROITS, "/droits")
    bench.post()
    _, first = bench.control("GET", "journal?service=droits&limite=3")
    assert ([row["numero"] for row in first["elements"]], first["suivant"]) == ([1, 2, 3], 3)
    _, rest = bench.control("GET", f"journal?service=droits&limite=3&depuis={first['suivant']}")
    assert ([row["numero"] for row in rest["elements"]], rest["suivant"]) == ([4, 5], None)
    assert bench.control("GET", "journal?couleur=bleu")[0] == 422


@pytest.mark.parametrize(
    "matcher",
    [
        {"plateforme": "viamedi"},
        {"service": "prises-en-charge"},
        {"operation": "DemanderPriseEnCharge"},
        {"verdict": "lost"},
        {"effet": "panne"},
        {"xpath": "//["},
        {"xpath": "//v:dossier"},
        {"xpath": "inconnue()"},
    ],
    ids=str,
)
def test_a_matcher_that_no_exchange_can_ever_match_is_refused(matcher: dict[str, str]) -> None:
    bench = Bench()
    bench.post()
    [nom] = matcher
    status, problem = bench.control("POST", "verify", {"matcher": matcher, "au_plus": 0})
    assert (status, problem["champ"]) == (422, f"$.matcher.{nom}")
    status, problem = bench.control("GET", f"journal?{nom}={quote(matcher[nom])}")
    assert (status, problem["champ"]) == (422, f"?.{nom}")


def test_verify_counts_exactly_and_says_what_came_nearest() -> None:
    bench = Bench()
    bench.post()
    bench.answer(DROITS, "/droits")
    assert verify(bench, matcher={"service": "pec"}, au_moins=1, au_plus=1)["ok"]
    assert verify(bench, matcher={"xpath": "//numeroAdherent = 'A1234567'"}, au_moins=2)["ok"]
    assert not verify(bench, matcher={"service": "droits"}, au_plus=0)["ok"]
    missing = verify(bench, matcher={"service": "pec", "magasin": "759999022"})
    assert not missing["ok"]
    assert missing["proche"]["numero"] == 1
    assert missing["pourquoi"] == ["magasin is 759999014, not 759999022"]
    assert bench.control("POST", "verify", {"matcher": {"xpath": "//["}})[0] == 422


def test_verify_waits_for_what_is_to_come_and_no_longer_than_told() -> None:
    bench = Bench()
    question = {"matcher": {"service": "pec"}, "attendre_s": 5}
    waiting = bench.ask("POST", "verify", question)
    assert isinstance(waiting, Deferred)
    got: list[Plan] = []
    _ = waiting.addCallback(got.append)
    assert not got
    bench.post()
    assert read(got[0])[1]["ok"]
    late = bench.ask("POST", "verify", {"matcher": {"service": "retours"}, "attendre_s": 5})
    assert isinstance(late, Deferred)
    _ = late.addCallback(got.append)
    bench.reactor.advance(5)
    found = read(got[1])[1]
    assert (found["ok"], found["nombre"], found["pourquoi"]) == (False, 0, ["service is pec, not retours"])
    assert bench.session.listeners == []


def test_events_are_told_as_they_happen_and_no_more_after_the_reader_left() -> None:
    bench = Bench()
    plan = bench.ask("GET", "events")
    assert isinstance(plan, Plan)
    assert plan.stream is not None
    written: list[bytes] = []
    stop = plan.stream(written.append)
    bench.post()
    stop()
    stop()
    bench.post()
    assert [piece.split(b"\n")[0] for piece in written] == [b"event: bonjour", b"event: echange"]


def test_a_snapshot_brings_back_book_clock_effects_and_chance() -> None:
    bench = Bench()
    bench.effects({"effet": "http", "parametres": {"statut": 503}, "probabilite": 0.5})
    status, made = bench.control("POST", "snapshots")
    assert status == 201
    first = [bench.answer(DROITS, "/droits").status for _ in range(12)]
    bench.effects()
    bench.post()
    bench.control("POST", "clock", {"advance": "P30D"})
    assert bench.control("POST", f"snapshots/{made['id']}/restore")[0] == 200
    assert bench.granted() == 0
    assert bench.session.clock.now() == NOW
    assert [bench.answer(DROITS, "/droits").status for _ in range(12)] == first
    assert bench.control("GET", "journal/25")[0] == 200
    assert bench.control("POST", "snapshots/99/restore")[0] == 404


def test_a_snapshot_after_business_restores_to_the_same_ledger() -> None:
    bench = Bench()
    bench.post()
    bench.answer(sample("viamedis", "DeposerFacture"), "/facturation")
    before = bench.control("GET", "ledger")
    made = bench.control("POST", "snapshots")[1]
    bench.control("POST", "clock", {"advance": "P20D"})
    assert bench.control("GET", "ledger") != before
    bench.control("POST", f"snapshots/{made['id']}/restore")
    assert bench.control("GET", "ledger") == before
    assert bench.control("GET", "ledger/check")[1]["ok"]


def test_two_runs_of_one_story_leave_the_same_journal_to_the_byte() -> None:
    def run() -> bytes:
        bench = Bench()
        bench.control("POST", "clock", {"freeze": True})
        bench.effects({"effet": "http", "parametres": {"statut": 503}, "probabilite": 0.3})
        for _ in range(10):
            bench.answer(DROITS, "/droits")
            bench.post()
            bench.control("POST", "clock", {"advance": "PT1H"})
        plan = bench.ask("GET", "journal/export")
        assert isinstance(plan, Plan)
        assert plan.response is not None
        return plan.response.body

    one = run()
    assert one.count(b"\n") == 20
    assert one == run()
