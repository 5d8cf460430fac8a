"""The operator over real sockets: a loopback port with a key instead of admin.sock; the master key rotated."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.demo import call
from tests.live.two_daemons import World, run, world
from tests.unit.adapter_edges.bodies import PEC
from tierspayant.adapter import master_key


@pytest.fixture(scope="module")
def monde(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    """A daemon whose operator comes by a port."""
    un = World(tmp_path_factory.mktemp("port"))
    un.init = ("--admin-port", "0")
    try:
        un.start()
        yield un
    finally:
        un.stop()


def folder(monde: World) -> Path:
    return monde.configuration.parent


def operator_port(monde: World, path: str, key: str | None, **headers: str) -> tuple[int, Any]:
    shown = {} if key is None else {"Authorization": f"Bearer {key}"}
    port = (folder(monde) / "admin.port").read_text(encoding="ascii").strip()
    return call("GET", f"http://127.0.0.1:{port}{path}", None, **shown, **headers)


def test_commands_come_by_the_port_and_there_is_no_socket(monde: World) -> None:
    assert not (folder(monde) / "admin.sock").exists()
    assert (folder(monde) / "admin.port").stat().st_mode & 0o777 == 0o600
    assert monde.command("status", "--json")["demon"] == "running"
    monde.command("pause", "viamedis", "--magasin", "demo")
    [held] = monde.command("status", "--json")["comptes_retenus"]
    assert (held["magasin"], held["raison"]) == ("demo", "pause")
    assert "shop demo on viamedis held: pause" in monde.command("status")
    monde.command("resume", "viamedis", "--magasin", "demo")
    assert monde.command("status", "--json")["comptes_retenus"] == []
    assert "good" in monde.command("check-config")


def test_only_an_operator_s_key_opens_the_port(monde: World) -> None:
    key = (folder(monde) / "secrets" / "operateur.key").read_text(encoding="ascii").strip()
    assert operator_port(monde, "/admin/etat", key)[0] == 200
    assert operator_port(monde, "/admin/etat", None)[0] == 401
    assert operator_port(monde, "/admin/etat", key[:-1] + ("A" if key[-1] != "A" else "B"))[0] == 401
    status, problem = operator_port(monde, "/admin/etat", monde.cle)
    assert (status, problem["code"]) == (403, "interdit")
    assert operator_port(monde, "/v1/demandes", monde.cle)[0] == 403
    assert monde.shop("GET", "/admin/etat", cle=key)[0] == 404, "the shop API knows none of it"


def test_a_wrong_key_file_is_one_sentence_and_the_configuration_check_says_so(monde: World) -> None:
    other = folder(monde) / "other.key"
    other.write_text(monde.cle, encoding="ascii")
    env = {"TP_ADAPTER_ADMIN__CLE_FICHIER": "other.key"}
    for words in (("status",), ("check-config",)):
        done = run(*words, "--config", str(monde.configuration), **env)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    other.write_text("tpa_0011aabb_wrong", encoding="ascii")
    done = run("status", "--config", str(monde.configuration), **env)
    assert "refuses the operator's key" in done.stderr
    done = run("status", "--config", str(monde.configuration), TP_ADAPTER_ADMIN__CLE_FICHIER="nowhere")
    assert "cle add --role operateur --out" in done.stderr


def test_a_port_that_is_not_loopback_is_refused(monde: World) -> None:
    done = run("check-config", "--config", str(monde.configuration), TP_ADAPTER_ADMIN__HOTE="0.0.0.0")
    assert done.returncode == 1
    assert "loopback only" in done.stderr


def test_a_killed_daemon_s_port_does_not_stop_commands_and_an_orderly_stop_leaves_none(monde: World) -> None:
    monde.adapter.kill()
    assert monde.command("status", "--json")["demon"] == "stopped"
    monde.adapter.start()
    assert monde.command("status", "--json")["demon"] == "running"
    monde.adapter.stop()
    assert not (folder(monde) / "admin.port").exists()
    monde.adapter.start()


def test_a_port_without_any_operator_s_key_does_not_start(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "a")).returncode == 0
    config = ("--config", str(tmp_path / "a" / "adapter.toml"))
    done = run("serve", *config, "--port", "0", TP_ADAPTER_ADMIN__PORT="0")
    assert (done.returncode, done.stderr.strip().splitlines()[-1].startswith("[admin] port needs")) == (1, True)
    made = run(
        *("cle", "add", "--role", "operateur", "--out", str(tmp_path / "a" / "secrets" / "operateur.key")),
        *config,
    )
    assert (made.returncode, "tpa_" in made.stdout) == (0, False)
    for words in (("--magasin", "nobody"), ("--role", "operateur")):
        refused = run("cle", "add", *words, "--out", str(tmp_path / "x" / "k"), *config)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    refused = run("cle", "add", "--magasin", "nobody", "--out", str(tmp_path / "k"), *config)
    assert (refused.returncode, (tmp_path / "k").exists()) == (1, False)
    checked = run("check-config", *config, TP_ADAPTER_ADMIN__PORT="0")
    assert checked.returncode == 0, checked.stderr


def test_the_master_key_is_rotated_beside_the_running_daemon(tmp_path: Path) -> None:
    with world(tmp_path) as monde:
        first = monde.shop("POST", "/v1/pec", PEC, Prefer="wait=10")[1]
        file = folder(monde) / "secrets" / "master.key"
        former = master_key.read(file)
        assert re.search(r"in use, [1-9]\d* data keys", monde.command("key", "rotate"))
        assert list(master_key.read(file).keys) != list(former.keys)
        assert len(master_key.read(file).keys) == 1
        other = PEC | {"dossier": "D-2", "reference": "D-2/PEC-1"}
        second = monde.shop("POST", "/v1/pec", other, Prefer="wait=0")[1]
        monde.adapter.stop()
        monde.adapter.start()
        for pec in (first, second):
            assert monde.shop("GET", f"/v1/pec/{pec['id']}")[0] == 200
        assert monde.shop("GET", f"/v1/pec/{first['id']}")[1]["montants"]["amc_centimes"] == 17991
        monde.adapter.stop()
        assert "new master key in use" in monde.command("key", "rotate")
        monde.adapter.start()
        assert monde.shop("GET", f"/v1/pec/{first['id']}")[1]["montants"]["amc_centimes"] == 17991
        assert monde.shop("POST", "/v1/pec", PEC)[1]["id"] == first["id"], "the same POST is the same request"
