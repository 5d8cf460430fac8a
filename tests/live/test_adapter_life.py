"""The daemon's life: killed at the worst moment, stopped in order, started twice, steered by commands."""

from __future__ import annotations

import json
import os
import resource
import signal
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.demo import call, wait_for
from tests.live.two_daemons import World, run, world
from tests.unit.adapter_edges.bodies import DROITS, FACTURE, PEC

REFERENCE = FACTURE["reference"]
DEPOT = {"plateforme": "viamedis", "service": "facture", "operation": "DeposerFacture"}


@pytest.fixture
def monde(tmp_path: Path) -> Generator[World]:
    with world(tmp_path) as un:
        un.control("PUT", "reglages", {"viamedis": {"dedoublonnage": False}})
        yield un


def granted(monde: World) -> None:
    statut, pec = monde.shop("POST", "/v1/pec", PEC, Prefer="wait=10")
    assert (statut, pec["resultat"]) == (200, "accordee")


def settled(monde: World, identifiant: str) -> Any:
    """The invoice once the platform acknowledged it; virtual time passes meanwhile."""

    def look() -> Any:
        monde.control("POST", "clock", {"advance": "PT3M"})
        facture = monde.shop("GET", f"/v1/factures/{identifiant}")[1]
        return facture if facture["resultat"] in {"acquittee", "acceptee"} else None

    return wait_for("the invoice is acknowledged", look)


def sending(monde: World) -> str:
    """Post the invoice and wait until its bytes have left; its id."""
    statut, facture = monde.shop("POST", "/v1/factures", FACTURE)
    assert statut == 202
    wait_for("it leaves", lambda: monde.shop("GET", f"/v1/factures/{facture['id']}")[1]["etat"] == "envoi")
    return str(facture["id"])


@pytest.mark.parametrize("traitee", [True, False])
def test_killed_while_the_platform_is_silent_the_invoice_is_billed_exactly_once(monde: World, traitee: bool) -> None:
    granted(monde)
    monde.effects({**DEPOT, "effet": "silence", "parametres": {"traitee": traitee}, "fois": 1})
    identifiant = sending(monde)
    wait_for("the platform has read it", lambda: not traitee or monde.billed(REFERENCE))
    monde.adapter.kill()
    monde.adapter.start()
    assert monde.shop("GET", f"/v1/factures/{identifiant}")[1]["etat"] == "incertaine"
    settled(monde, identifiant)
    assert len(monde.billed(REFERENCE)) == 1
    assert monde.control("GET", "ledger/check")["ok"]


def test_sigterm_waits_for_the_answer_under_way(monde: World) -> None:
    granted(monde)
    monde.effects({**DEPOT, "effet": "lenteur", "parametres": {"duree": "PT2S"}})
    identifiant = sending(monde)
    monde.adapter.stop()  # exit code 0 is checked there
    monde.adapter.start()
    facture = monde.shop("GET", f"/v1/factures/{identifiant}")[1]
    assert (facture["etat"], facture["resultat"]) == ("en_instance", "acquittee")


def test_a_call_kept_waiting_is_answered_by_the_platforms_answer_not_by_its_end(monde: World) -> None:
    statut, droits = monde.shop("POST", "/v1/droits", DROITS, Prefer="wait=60")
    assert (statut, droits["resultat"]) == (200, "ouverts")


def test_the_same_post_is_the_same_request_and_another_body_is_a_conflict(monde: World) -> None:
    granted(monde)
    premier = monde.shop("POST", "/v1/pec", PEC)
    assert premier[0] == 200
    statut, probleme = monde.shop("POST", "/v1/pec", {**PEC, "livraison_prevue": "2024-02-10"})
    assert (statut, probleme["code"], probleme["demande"]) == (409, "reference_reutilisee", premier[1]["id"])
    factures = [monde.shop("POST", "/v1/factures", FACTURE)[1]["id"] for _ in range(3)]
    assert len(set(factures)) == 1
    settled(monde, factures[0])
    assert len(monde.billed(REFERENCE)) == 1


def test_one_shop_never_sees_another_s_requests(monde: World) -> None:
    granted(monde)
    autre = monde.command("magasin", "add", "deux", "--finess", "759999022", "--json")["cle"]
    pec = monde.shop("GET", "/v1/demandes")[1]["elements"][0]["id"]
    assert monde.shop("GET", f"/v1/pec/{pec}")[0] == 200
    for methode, chemin, corps in (
        ("GET", f"/v1/pec/{pec}", None),
        ("GET", f"/v1/demandes/{pec}", None),
        ("GET", f"/v1/dossiers/{PEC['dossier']}", None),
        ("POST", f"/v1/pec/{pec}/annulation", {"reference": "A-1", "motif": "doublon"}),
        ("POST", f"/v1/demandes/{pec}/retrait", {}),
    ):
        assert monde.shop(methode, chemin, corps, cle=autre)[0] == 404, chemin
    assert monde.shop("POST", "/v1/factures", FACTURE, cle=autre)[1]["code"] == "pec_inconnue"
    assert monde.shop("GET", "/v1/demandes", cle=autre)[1]["elements"] == []
    assert monde.shop("GET", "/v1/evenements", cle=autre)[1]["elements"] == []


def test_a_reading_key_reads_and_writes_nothing(monde: World) -> None:
    cle = monde.command("cle", "add", "--magasin", "demo", "--role", "lecture", "--json")["cle"]
    assert monde.shop("GET", "/v1/encours", cle=cle)[0] == 200
    assert monde.shop("POST", "/v1/droits", DROITS, cle=cle)[0] == 403


def test_events_wait_for_news_and_go_on_from_a_cursor(monde: World) -> None:
    recus: list[Any] = []
    ecoute = threading.Thread(target=lambda: recus.append(monde.shop("GET", "/v1/evenements?attente=30")[1]))
    ecoute.start()
    granted(monde)
    ecoute.join(30)
    [page] = recus
    assert page["elements"]
    suite = monde.shop("GET", f"/v1/evenements?depuis={page['suivant']}")[1]["elements"]
    numeros = [int(un["id"]) for un in page["elements"] + suite]
    assert numeros == sorted(set(numeros))
    assert {un["etat"] for un in page["elements"] + suite} >= {"en_file", "terminee"}


def test_a_shut_platform_is_shown_with_advice_and_the_daemon_stays_ready(monde: World) -> None:
    granted(monde)
    monde.effects({"plateforme": "viamedis", "effet": "refus_connexion"})
    identifiant = monde.shop("POST", "/v1/factures", FACTURE)[1]["id"]

    def shut() -> Any:
        return next((un for un in monde.shop("GET", "/v1/plateformes")[1]["elements"] if un["etat"] == "ferme"), None)

    ligne = wait_for("it is noticed", shut)
    assert (ligne["plateforme"], ligne["service"]) == ("viamedis", "facture")
    assert "Ne ressaisissez rien" in ligne["conseil"]
    assert monde.shop("GET", "/health/ready")[0] == 200
    facture = monde.shop("GET", f"/v1/factures/{identifiant}")[1]
    assert facture["fermee_depuis"]
    assert "179,91" in facture["conseil"]
    encours = monde.shop("GET", "/v1/encours")[1]
    assert (encours["nombre"], encours["amc_centimes"]) == (1, 17991)
    assert monde.shop("POST", f"/v1/demandes/{identifiant}/retrait", {})[1]["etat"] == "retiree"
    assert monde.shop("POST", f"/v1/demandes/{identifiant}/action", {"type": "relancer"})[0] == 409
    monde.effects()
    monde.control("POST", "clock", {"advance": "PT1H"})
    assert monde.billed(REFERENCE) == []


def test_commands_answer_with_the_daemon_and_without_it(monde: World) -> None:
    granted(monde)
    avec = monde.command("queue", "list", "--json")["elements"]
    assert monde.command("status", "--json")["demon"] == "running"
    monde.command("pause", "viamedis", "--service", "facture")
    assert monde.command("queue", "show", avec[0]["id"], "--json")["resultat"] == "accordee"
    monde.adapter.stop()
    sans = monde.command("status", "--json")
    assert sans["demon"] == "stopped"
    assert [un["en_pause"] for un in sans["plateformes"] if un["service"] == "facture"] == [True, False]
    assert monde.command("queue", "list", "--json")["elements"] == avec
    monde.command("resume", "viamedis")
    monde.command("encours")
    monde.command("migrate")
    monde.adapter.start()


def test_a_command_refused_is_one_sentence_and_exit_1(monde: World) -> None:
    for mots in (
        ("queue", "show", "nothing"),
        ("pause", "nowhere"),
        ("magasin", "add", "demo", "--finess", "759999022"),
        ("magasin", "add", "trois", "--finess", "123"),
        ("serve",),
        ("migrate",),
        ("init", str(monde.configuration.parent)),
    ):
        options = () if mots[0] == "init" else ("--config", str(monde.configuration))
        fini = run(*mots, *options)
        assert fini.returncode == 1, mots
        assert fini.stderr.strip().count("\n") == 0, fini.stderr
        assert "Traceback" not in fini.stderr
    assert monde.shop("GET", "/health/live")[0] == 200


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "a")).returncode == 0
    config = ("--config", str(tmp_path / "a" / "adapter.toml"))
    for words in (("serve", "--port", "0"), ("status",), ("migrate",)):
        done = run(*words, *config, TP_ADAPTER_STOCKAGE__BASE="nowhere/adapter.db")
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), words
        assert done.stderr.strip().splitlines()[-1].endswith("No such file or directory")


def test_a_followed_clock_is_refused_when_a_platform_is_not_on_this_machine(monde: World) -> None:
    fini = run(
        "serve",
        "--config",
        str(monde.configuration),
        "--clock",
        monde.emulator.ici["control"],
        TP_ADAPTER_PLATEFORMES__VIAMEDIS__URL="http://192.0.2.1",
    )
    assert fini.returncode == 1
    assert "loopback" in fini.stderr


def test_usage_errors_exit_2() -> None:
    assert run("serve", "--nothing").returncode == 2
    assert run("nothing").returncode == 2


def test_sigint_stops_it_too_and_the_ready_file_goes(monde: World) -> None:
    monde.adapter.stop()
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts with it ignored
    try:
        monde.adapter.start()
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert monde.adapter.processus is not None
    os.kill(monde.adapter.processus.pid, signal.SIGINT)
    assert monde.adapter.processus.wait(20) == 0
    assert not monde.pret.exists()


def test_the_demonstration_ends_well() -> None:
    fini = subprocess.run(
        [sys.executable, "-m", "tests.demo"], capture_output=True, text=True, timeout=120, check=False
    )
    assert fini.returncode == 0, fini.stdout + fini.stderr
    assert "Recorded once" in fini.stdout


def test_a_dead_daemon_s_socket_does_not_stop_commands(monde: World) -> None:
    monde.adapter.kill()
    assert monde.command("status", "--json")["demon"] == "stopped"
    monde.adapter.start()
    assert json.loads(monde.pret.read_text(encoding="utf-8"))["api"] == monde.adapter.ici["api"]
    assert call("GET", monde.adapter.ici["api"] + "/health/live")[0] == 200


def test_a_full_disk_refuses_new_work_keeps_the_old_and_recovers(monde: World) -> None:
    granted(monde)
    assert monde.adapter.processus is not None
    pid, free = monde.adapter.processus.pid, resource.RLIM_INFINITY
    room = monde.adapter.journal.stat().st_size + 4096
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, free))
    try:
        status, problem = monde.shop("POST", "/v1/pec", PEC | {"dossier": "D-2", "reference": "D-2/PEC-1"})
        assert (status, problem["code"]) == (503, "stockage_indisponible")
        assert monde.shop("GET", "/health/ready")[0] == 503
        assert [une["resultat"] for une in monde.shop("GET", "/v1/demandes")[1]["elements"]] == ["accordee"]
        done = run("pause", "viamedis", "--config", str(monde.configuration))
        assert (done.returncode, done.stderr.strip().count("\n")) == (1, 0), done.stderr
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (free, free))
    assert monde.shop("POST", "/v1/factures", FACTURE)[0] == 202
    assert monde.shop("GET", "/health/ready")[0] == 200
    said = monde.adapter.journal.read_text(encoding="utf-8")
    assert (said.count("storage refuses to write"), said.count("storage works again")) == (1, 1)
    assert "Traceback" not in said


def test_a_stream_of_events_starts_at_the_cursor_and_goes_on(monde: World) -> None:
    requete = urllib.request.Request(
        monde.adapter.ici["api"] + "/v1/evenements",
        headers={"Authorization": f"Bearer {monde.cle}", "Accept": "text/event-stream"},
    )
    with urllib.request.urlopen(requete, timeout=20) as flux:
        assert flux.headers["content-type"] == "text/event-stream"
        ecrivain = threading.Thread(target=granted, args=(monde,))
        ecrivain.start()
        lignes: list[str] = []
        while not any('"accordee"' in ligne for ligne in lignes):
            lignes.append(flux.readline().decode())
        ecrivain.join(20)
    numeros = [int(ligne.removeprefix("id: ")) for ligne in lignes if ligne.startswith("id: ")]
    assert numeros == sorted(set(numeros))
    assert monde.shop("GET", "/health/ready")[0] == 200


def test_the_shop_api_speaks_tls_when_it_has_a_certificate(monde: World, tmp_path: Path) -> None:
    autorite = trustme.CA()
    certificat = autorite.issue_cert("127.0.0.1")
    certificat.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "tls.pem"))
    monde.adapter.stop()
    texte = monde.configuration.read_text(encoding="utf-8")
    tls = f'tls_certificat = "{tmp_path}/tls.pem"\ntls_cle = "{tmp_path}/tls.pem"\n'
    monde.configuration.write_text(texte.replace("[api]\n", "[api]\n" + tls), encoding="utf-8")
    monde.adapter.start()
    contexte = ssl.create_default_context()
    autorite.configure_trust(contexte)
    adresse = monde.adapter.ici["api"]
    assert adresse.startswith("https://")
    with urllib.request.urlopen(f"{adresse}/health/live", timeout=20, context=contexte) as reponse:
        assert reponse.status == 200
