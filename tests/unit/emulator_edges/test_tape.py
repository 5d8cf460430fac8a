"""Tapes: February 2024 is what the note says, and a wrong tape is refused with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.emulator_edges.bench import Bench, sample
from tierspayant.emulator import card_requests, platforms_data
from tierspayant.emulator.cli import main
from tierspayant.emulator.dates import business_day
from tierspayant.emulator.effect_kinds import Point, RefusConnexion
from tierspayant.emulator.tape import BandeInvalide, load, names, read_tape
from tierspayant.schemas import platforms
from tierspayant.schemas.identity import Finess
from tierspayant.schemas.messages import Entete

DROITS, PEC = sample("viamedis", "ConsulterDroits"), sample("viamedis", "DemanderPriseEnCharge")
INVOICE, VALUE = sample("viamedis", "DeposerFacture"), sample("almerys", "Valoriser")


def living(nom: str = "fevrier-2024", *, begun: bool = False) -> Bench:
    """A frozen session where the tape starts. `begun`: it was begun there, with rights of that day (`serve --tape`);
    else on the day of the ready samples.
    """
    bench = Bench()
    if begun:
        bench.session.start = load(nom).debut
        bench.session.reset()
    assert bench.control("POST", "clock", {"freeze": True})[0] == 200
    bench.session.clock.set(load(nom).debut)
    assert bench.control("PUT", "tape", {"nom": nom})[0] == 200
    return bench


def at(bench: Bench, instant: str) -> None:
    bench.session.clock.set(dt.datetime.fromisoformat(instant))


def seen(bench: Bench) -> tuple[str, str, str, str]:
    """What rights, PEC and invoice get on one platform, and a PEC on the other."""

    def one(body: bytes, path: str, plateforme: str = "viamedis") -> str:
        if bench.session.effects.on_port(plateforme, RefusConnexion):
            return "refused"
        plan = bench.post(body, path, plateforme)
        if plan.cut is Point.CONNEXION:
            return "reset"
        if plan.response is None:
            return "lost"
        unavailable = b"TEC07" in plan.response.body or b"INDISPONIBLE" in plan.response.body.upper()
        return "unavailable" if plan.response.status == 200 and unavailable else str(plan.response.status)

    return (
        one(DROITS, "/droits"),
        one(PEC, "/prises-en-charge"),
        one(INVOICE, "/facturation"),
        one(VALUE, "/tiers-payant", "almerys"),
    )


def test_february_2024_is_lived_as_the_note_tells_it() -> None:
    bench = living()
    story = [
        ("2024-01-29T14:59:59+01:00", ("200", "200", "200", "200")),
        ("2024-01-29T15:00:00+01:00", ("reset", "200", "200", "200")),
        ("2024-01-31T09:00:00+01:00", ("refused", "refused", "refused", "200")),
        ("2024-02-05T09:00:00+01:00", ("refused", "refused", "refused", "503")),
        ("2024-02-12T13:00:00+01:00", ("200", "unavailable", "unavailable", "503")),
        ("2024-02-19T09:00:00+01:00", ("200", "unavailable", "unavailable", "200")),
        ("2024-02-23T09:00:00+01:00", ("200", "200", "unavailable", "200")),
        ("2024-02-28T09:00:00+01:00", ("200", "200", "200", "200")),
    ]
    lived = []
    for instant, _ in story:
        at(bench, instant)
        lived.append((instant, seen(bench)))
    assert lived == story


def test_november_2025_shuts_one_platform_for_six_days_and_one_shop_for_one_more() -> None:
    bench, other = living("novembre-2025"), VALUE.replace(b"759999014", b"759999022").replace(b"exemple-", b"autre-")
    story = [
        ("2025-11-12T08:59:59+01:00", ("200", "200", "200", "200"), 200),
        ("2025-11-12T09:00:00+01:00", ("200", "200", "200", "503"), 503),
        ("2025-11-13T08:00:00+01:00", ("503", "503", "503", "503"), 503),
        ("2025-11-13T09:30:00+01:00", ("200", "200", "200", "503"), 503),
        ("2025-11-18T14:00:00+01:00", ("200", "200", "200", "200"), 500),
        ("2025-11-19T10:00:00+01:00", ("200", "200", "200", "200"), 200),
    ]
    for instant, expected, at_the_other_shop in story:
        at(bench, instant)
        assert seen(bench) == expected, instant
        assert bench.answer(other, "/tiers-payant", "almerys").status == at_the_other_shop, instant


LOGIN = sample("almerys", "OuvrirSession")


def test_while_the_portal_is_shut_software_goes_on_and_the_contrary() -> None:
    bench = living("portail-ferme")
    story = [
        ("2024-02-05T09:00:00+01:00", 503, ("200", "200", "200", "200")),
        ("2024-02-12T09:00:00+01:00", 200, ("200", "200", "200", "200")),
        ("2024-02-12T13:00:00+01:00", 200, ("200", "unavailable", "200", "200")),
        ("2024-02-16T09:00:00+01:00", 200, ("200", "200", "200", "200")),
    ]
    for instant, login, expected in story:
        at(bench, instant)
        assert bench.answer(LOGIN, "/tiers-payant", "almerys").status == login, instant
        assert seen(bench) == expected, instant


def asked(bench: Bench, carte: str, dossier: str, magasin: str) -> bytes:
    """What a shop's own software sends about someone: the same equipment that its staff may have keyed."""
    person = bench.session.world.people[carte]
    amc, now = bench.session.world.insurers[person.amc], bench.session.clock.now()
    equipment = person.cas.equipement if person.cas else "standard"
    data = platforms_data.load()[amc.plateforme]
    demande = card_requests.pec_request(
        person, amc, business_day(now), data.traits.organisme_choisi, dossier, equipment
    )
    entete = Entete(id_message=f"{dossier}-{bench.session.journal.count()}", magasin=Finess(magasin), emis_le=now)
    return platforms.client(data.dialecte).encode(entete, demande).body


def test_what_staff_keyed_on_the_portal_makes_the_shops_own_request_a_duplicate_that_names_it() -> None:
    bench = living("portail-ferme")
    at(bench, "2024-02-14T16:59:00+01:00")
    assert not [one for one in bench.session.book("viamedis").pec.values() if "PORTAIL" in one.demande.dossier]
    at(bench, "2024-02-16T09:00:00+01:00")
    keyed = {one.demande.dossier: one for one in bench.session.book("viamedis").pec.values()}
    for dossier, carte, magasin in (
        ("D-PORTAIL-1", "PEC_OK_ADULTE_NOMINAL", "759999014"),
        ("D-PORTAIL-2", "PEC_OK_ADULTE_CLASSE_A", "759999022"),
    ):
        assert (keyed[dossier].magasin, keyed[dossier].etat.value) == (magasin, "accordee")
        answer = bench.answer(asked(bench, carte, dossier, magasin), "/prises-en-charge")
        assert last_codes(bench) == ("PEC08",)
        assert keyed[dossier].numero.encode() in answer.body
    assert bench.control("GET", "ledger/check")[1]["ok"]


def test_two_tariffs_live_side_by_side_and_a_platform_gets_it_wrong_for_some_days() -> None:
    """Class A lenses at the former limit: fine under 2020, too dear under 2027."""
    bench = living("bascule-tarif", begun=True)

    def judged(carte: str, path: str, plateforme: str) -> tuple[str, ...]:
        body = asked(bench, carte, f"D-{bench.session.journal.count()}", "759999014")
        answer = bench.answer(body, path, plateforme)
        return ("indisponible",) if b"INDISPONIBLE" in answer.body.upper() else last_codes(bench)

    story = [
        ("2027-06-28T09:00:00+02:00", (), ()),
        ("2027-06-29T18:00:00+02:00", ("indisponible",), ()),
        ("2027-07-01T10:00:00+02:00", ("PEC04",), ()),
        ("2027-07-02T14:00:00+02:00", ("PEC04",), ("PEC04",)),
        ("2027-07-05T09:00:00+02:00", ("PEC04",), ("PEC04",)),
    ]
    for instant, viamedis, almerys in story:
        at(bench, instant)
        assert judged("PEC_OK_ADULTE_CLASSE_A", "/prises-en-charge", "viamedis") == viamedis, instant
        assert judged("PEC_OK_ADULTE_CLASSE_A_A", "/tiers-payant", "almerys") == almerys, instant
    june = asked(bench, "PEC_OK_ADULTE_CLASSE_A", "D-JUIN", "759999014").replace(b"2027-07-05", b"2027-06-29")
    bench.answer(june, "/prises-en-charge")
    assert last_codes(bench) == (), "the care date decides again"


@pytest.mark.parametrize("nom", names())
def test_every_tape_plays_whole_asked_at_each_of_its_instants_and_leaves_nothing_shut(nom: str) -> None:
    bench, tape = living(nom), load(nom)
    for event in tape.events:
        bench.session.clock.set(max(event.a, bench.session.clock.now()))
        seen(bench)
    bench.session.clock.set(tape.fin)
    shown = bench.control("GET", "tape")[1]
    assert shown["en_vigueur"] == []
    assert [event["fait"] for event in shown["evenements"]] == [True] * len(tape.events)
    assert seen(bench) == ("200",) * 4
    assert bench.control("GET", "ledger/check") == (200, {"ok": True, "ecarts": []})


def test_a_jump_over_the_whole_tape_leaves_what_its_end_leaves() -> None:
    bench = living()
    at(bench, "2024-03-15T09:00:00+01:00")
    assert bench.control("GET", "tape")[1]["en_vigueur"] == []
    assert all(event["fait"] for event in bench.control("GET", "tape")[1]["evenements"])


def test_one_shop_may_be_let_in_before_the_others() -> None:
    bench = living()
    at(bench, "2024-02-20T09:00:00+01:00")
    assert bench.answer(VALUE, "/tiers-payant", "almerys").status == 200
    other = VALUE.replace(b"759999014", b"759999022")
    assert bench.answer(other, "/tiers-payant", "almerys").status == 503


def test_a_tape_can_start_now_and_survives_a_reset_and_a_snapshot() -> None:
    bench = Bench()
    bench.control("POST", "clock", {"freeze": True})
    status, shown = bench.control("PUT", "tape", {"nom": "journee-hachee", "depuis_maintenant": True})
    assert (status, shown["debut"]) == (200, "2024-01-31T10:00:00+01:00")
    bench.control("POST", "clock", {"advance": "PT1H15M"})
    assert bench.answer(PEC, "/prises-en-charge").status == 503
    made = bench.control("POST", "snapshots")[1]
    bench.control("POST", "reset")
    assert bench.answer(PEC, "/prises-en-charge").status == 200
    assert bench.control("GET", "tape")[1]["nom"] == "journee-hachee"
    bench.control("POST", f"snapshots/{made['id']}/restore")
    assert bench.answer(PEC, "/prises-en-charge").status == 503
    assert bench.control("PUT", "tape", {"nom": None})[1]["nom"] is None
    assert bench.answer(PEC, "/prises-en-charge").status == 200


def test_effects_put_by_hand_and_those_of_a_tape_do_not_touch_each_other() -> None:
    bench = living()
    at(bench, "2024-02-06T09:00:00+01:00")
    bench.effects({"effet": "silence"})
    assert len(bench.control("GET", "effects")[1]) == 1
    bench.control("DELETE", "effects")
    assert seen(bench)[3] == "503"


HEAD = 'titre = "t"\ndebut = 2024-01-29T09:00:00+01:00\nfin = 2024-02-29T09:00:00+01:00\n'
EVENT = '\n[[evenement]]\na = 2024-01-30T09:00:00+01:00\nplateforme = "viamedis"\neffet = "silence"\nsuppose = true\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("titre = ", 1, "Invalid value"),
        (HEAD.replace("2024-02-29T09:00:00+01:00", "demain"), 3, "Invalid value"),
        (HEAD + EVENT.replace("2024-01-30T09:00:00+01:00", "2024-01-30"), 5, "a: Expected `datetime`"),
        (HEAD.replace('titre = "t"', ""), 1, "titre: Object missing"),
        ('titre = "t"\n', 1, "debut"),
        (HEAD.replace("2024-02-29", "2024-01-01"), 1, "fin comes after debut"),
        (HEAD + EVENT.replace("silence", "panne"), 5, "no such effect"),
        (HEAD + EVENT.replace("viamedis", "autre"), 5, "there is no autre"),
        (HEAD + EVENT.replace("suppose = true", ""), 5, "source"),
        (HEAD + EVENT.replace("2024-01-30", "2025-01-30"), 5, "outside debut and fin"),
        (HEAD + EVENT + EVENT.replace("2024-01-30", "2024-01-29"), 11, "events stand in order"),
        (HEAD + EVENT + EVENT.replace("viamedis", "almerys").replace("silence", "retour"), 11, "nothing of almerys"),
        (HEAD + EVENT.replace("silence", "retour"), 5, "nothing of viamedis is shut"),
        (HEAD + EVENT + 'services = ["optique"]\n', 5, "services"),
        (HEAD + EVENT + "couleur = 1\n", 5, "couleur"),
        (HEAD + EVENT.replace("silence", "refus_connexion") + 'services = ["pec"]\n', 5, "whole port"),
    ],
)
def test_a_tape_that_cannot_be_lived_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(BandeInvalide) as refused:
        read_tape(text, "ma-bande.toml")
    assert str(refused.value).startswith(f"ma-bande.toml:{line}: "), str(refused.value)
    assert said in str(refused.value)


def test_the_command_checks_and_shows_tapes(tmp_path: Path) -> None:
    runner = CliRunner()
    assert all(nom in runner.invoke(main, ["tape", "list"]).output for nom in names())
    shown = runner.invoke(main, ["tape", "show", "fevrier-2024"])
    assert "2024-02-12T13:00:00+01:00  viamedis devis, pec, pieces, annulation: indisponible" in shown.output
    bad = tmp_path / "bad.toml"
    bad.write_text(HEAD + EVENT.replace("silence", "panne"))
    refused = runner.invoke(main, ["tape", "check", str(bad)])
    assert refused.exit_code == 1
    assert f"{bad}:5:" in refused.output
    assert runner.invoke(main, ["tape", "show", "absente"]).exit_code == 1


def last_codes(bench: Bench) -> tuple[str, ...]:
    """The reasons of the last answer."""
    last = bench.session.journal.get(bench.session.journal.count())
    assert last is not None
    return last.codes


def test_an_insurer_that_moves_loses_its_quotes_and_is_unknown_here_from_the_next_day() -> None:
    bench, devis = living("migration-amc"), sample("viamedis", "DeposerDevis")
    bench.answer(devis, "/prises-en-charge")
    before = [one for one in bench.session.book("viamedis").pec.values() if one.devis]
    assert len(before) == 1
    at(bench, "2025-06-30T20:00:00+02:00")
    assert not [one for one in bench.session.book("viamedis").pec.values() if one.devis]
    again = devis.replace(b"exemple-", b"encore-")
    bench.answer(again, "/prises-en-charge")
    assert "DRO04" not in last_codes(bench)
    at(bench, "2025-07-01T00:00:00+02:00")
    refused = bench.answer(devis.replace(b"exemple-", b"apres-"), "/prises-en-charge").body
    assert "DRO04" in last_codes(bench)
    assert b"oxantis" in refused
    assert bench.session.world.insurers["M011"].plateforme == "oxantis"


def test_what_a_tape_made_happen_is_neither_undone_nor_done_again_by_a_snapshot() -> None:
    bench = living("migration-amc")
    at(bench, "2025-07-01T09:00:00+02:00")
    bench.answer(sample("viamedis", "DeposerDevis").replace(b"M011", b"M012"), "/prises-en-charge")
    made = bench.control("POST", "snapshots")[1]
    held = len(bench.session.book("viamedis").pec)
    bench.control("POST", f"snapshots/{made['id']}/restore")
    assert len(bench.session.book("viamedis").pec) == held
    assert bench.session.world.insurers["M011"].plateforme == "oxantis"


@pytest.mark.parametrize(
    ("effet", "parametres", "said"),
    [
        ("migration_amc", '{ amc = "M999", vers = "oxantis" }', "there is no insurer M999"),
        ("migration_amc", '{ amc = "M011", vers = "ailleurs" }', "there is no platform ailleurs"),
        ("migration_amc", '{ amc = "M011" }', "vers"),
        ("devis_supprimes", '{ amc = "M999" }', "there is no insurer M999"),
        ("droits_fermes", '{ carte = "PERSONNE" }', "there is no PERSONNE"),
        ("bascule_tarif", '{ tarif = "1999" }', "there is no 1999"),
        ("pec_portail", '{ magasin = "759999014", carte = "PERSONNE", dossier = "D" }', "there is no PERSONNE"),
        ("pec_portail", '{ magasin = "759999014", carte = "PEC_OK_ADULTE_NOMINAL" }', "dossier"),
        ("pec_portail", '{ magasin = "759999048", carte = "PEC_OK_ADULTE_NOMINAL", dossier = "D" }', "magasin"),
        ("pec_portail", '{ magasin = "759999013", carte = "PEC_OK_ADULTE_NOMINAL", dossier = "D" }', "magasin"),
        ("prorogation_pec", "{ jours = 0 }", "parametres.jours"),
        ("prorogation_pec", '{ jours = "trente" }', "parametres.jours"),
    ],
)
def test_an_incident_that_means_nothing_is_refused(effet: str, parametres: str, said: str) -> None:
    with pytest.raises(BandeInvalide, match=said):
        read_tape(HEAD + EVENT.replace("silence", effet) + f"parametres = {parametres}\n", "b")


def test_rights_end_and_the_tariff_changes_on_the_day_a_tape_says() -> None:
    bench = Bench()
    bench.control("POST", "clock", {"freeze": True})
    events = EVENT.replace("silence", "droits_fermes") + 'parametres = { carte = "PEC_OK_ADULTE_NOMINAL" }\n'
    events += EVENT.replace("silence", "bascule_tarif") + 'parametres = { tarif = "2027" }\n'
    assert bench.control("PUT", "tape", {"toml": HEAD + events})[0] == 200
    bench.answer(DROITS, "/droits")
    assert last_codes(bench) == ("DRO01",)
    assert bench.session.book("viamedis").tarif_force == "2027"


NEW = ("tape", "new", "--title", 'Deux "coupures"', "--start", "2026-03-02T09:00:00+01:00")
OUTAGE = "almerys http 2026-03-02T10:00:00+01:00 2026-03-02T11:00:00+01:00 statut=503 services=pec,facture"


def test_a_tape_from_flags_can_be_lived(tmp_path: Path) -> None:
    runner, path = CliRunner(), tmp_path / "neuve.toml"
    event = "viamedis prorogation_pec 2026-03-02T09:30:00+01:00 jours=10 'note=Un geste' source=moi"
    end = ("--end", "2026-03-03T19:00:00+01:00")
    made = runner.invoke(main, [*NEW, *end, "--outage", OUTAGE, "--event", event, "--output", str(path)])
    assert made.exit_code == 0, made.output
    assert runner.invoke(main, ["tape", "check", str(path)]).exit_code == 0
    tape = load(str(path))
    assert [one.effet for one in tape.events] == ["prorogation_pec", "http", "retour"]
    assert (tape.titre, tape.events[0].note, tape.events[0].suppose) == ('Deux "coupures"', "Un geste", False)
    assert tape.events[1].parametres == {"statut": 503}
    assert tape.events[2].services == tape.events[1].services
    again = runner.invoke(main, [*NEW, *end, "--output", str(path)])
    assert (again.exit_code, "exists" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("said", "parametres"),
    [
        ("pec_portail AT magasin=759999014 carte=PEC_OK_ADULTE_NOMINAL dossier=12", {"magasin": "759999014"}),
        ("bascule_tarif AT tarif=2027", {"tarif": "2027"}),
        ("silence AT traitee=false", {"traitee": False}),
        ("goutte AT octets_s=40", {"octets_s": 40}),
        ("lenteur AT duree=PT8S", {"duree": "PT8S"}),
    ],
)
def test_a_parameter_from_a_flag_is_what_its_effect_says(said: str, parametres: dict[str, object]) -> None:
    end, event = ("--end", "2026-03-03T19:00:00+01:00"), f"viamedis {said.replace('AT', '2026-03-02T09:30:00+01:00')}"
    made = CliRunner().invoke(main, [*NEW, *end, "--event", event])
    assert made.exit_code == 0, made.output
    assert parametres.items() <= read_tape(made.output, "b").events[0].parametres.items()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--outage", "viamedis http"), "PLATFORM EFFECT FROM TO"),
        (("--outage", OUTAGE.replace("almerys", "autre")), "there is no autre"),
        (("--outage", OUTAGE.replace("T11:00:00+01:00", "T11:00:00")), "offset"),
        (("--outage", OUTAGE.replace("2026-03-02T11", "2027-03-02T11")), "outside debut and fin"),
        (("--outage", OUTAGE.replace("http", "devis_supprimes")), "happens once"),
        (("--outage", OUTAGE + " couleur=rouge"), "couleur"),
        (("--event", "viamedis http hier statut=503"), "not an ISO 8601 instant"),
        (("--event", "viamedis 'http"), "closing quotation"),
    ],
)
def test_a_tape_that_cannot_be_lived_is_not_written(tmp_path: Path, flags: tuple[str, str], said: str) -> None:
    path = tmp_path / "neuve.toml"
    end = ("--end", "2026-03-03T19:00:00+01:00")
    refused = CliRunner().invoke(main, [*NEW, *end, *flags, "--output", str(path)])
    assert refused.exit_code == 1
    assert said.lower() in refused.output.lower()
    assert not path.exists()


def test_the_tapes_the_design_names_are_there() -> None:
    page = (Path(__file__).parents[3] / "docs/design/world.md").read_text(encoding="utf-8")
    said = page.split("## Tapes")[1]
    wanted = {"fevrier-2024", "migration-amc", "portail-ferme", "journee-hachee", "novembre-2025", "bascule-tarif"}
    assert all(nom in said for nom in wanted)
    assert wanted <= set(names())
