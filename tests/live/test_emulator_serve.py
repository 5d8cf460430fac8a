"""The emulator as a process, seen by a client that knows nothing of us: plain sockets and the standard library."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

SAMPLES = Path(__file__).parents[2] / "schemas"
PEC = (SAMPLES / "viamedis/samples/DemanderPriseEnCharge.ok.xml").read_bytes()
COMMAND = (sys.executable, "-m", "tierspayant.emulator.cli", "serve")
FREE = ("--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0")
NOW = "2024-01-31T10:00:00+01:00"


@dataclass
class Live:
    """A running emulator and a session of its own in it."""

    ready: dict[str, Any]
    session: str = "default"
    links: list[http.client.HTTPConnection | http.client.HTTPResponse] = field(default_factory=list)

    def open(self, plateforme: str = "viamedis") -> http.client.HTTPConnection:
        """A connection to a platform, closed with this."""
        link = connect(self.ready["plateformes"][plateforme])
        self.links.append(link)
        return link

    def close(self) -> None:
        for link in self.links:
            link.close()

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """A call to the session's control API: (status, value)."""
        data = None if body is None else json.dumps(body).encode()
        return self.control(method, f"sessions/{self.session}/{path}", data, headers)

    def control(self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        link = connect(self.ready["control"])
        link.request(method, f"/_control/v1/{path}", data, headers or {})
        answer = link.getresponse()
        octets = answer.read()
        link.close()
        return answer.status, json.loads(octets) if octets else None

    def post(self, path: str, body: bytes, plateforme: str = "viamedis", **headers: str) -> http.client.HTTPResponse:
        """A SOAP message; raises what the standard library raises when the line is cut."""
        link = self.open(plateforme)
        link.request("POST", f"/s/{self.session}{path}", body, {"Content-Type": "text/xml; charset=utf-8"} | headers)
        answer = link.getresponse()
        self.links.append(answer)
        return answer

    def granted(self) -> list[str]:
        """References of the PEC of our sample that the platform has."""
        _, ledger = self.call("GET", "ledger")
        return [row["numero"] for row in ledger["pec"] if "D-2024-0131/PEC-1" in row.values()]


def connect(base: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)


def start(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """A process that is ready."""
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*COMMAND, *FREE, "--now", NOW, "--ready-file", str(ready), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not ready.exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    return process, json.loads(ready.read_text())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    process, ready = start(tmp_path_factory.mktemp("emulator"))
    yield ready
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.fixture
def live(server: dict[str, Any]) -> Iterator[Live]:
    one = Live(server)
    status, made = one.control("POST", "sessions", json.dumps({"now": NOW}).encode())
    assert status == 201
    one.session = made["id"]
    yield one
    one.close()
    assert one.control("DELETE", f"sessions/{one.session}")[0] == 204


def test_the_ready_file_says_where_everything_is_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    process, ready = start(tmp_path)
    assert set(ready) == {"pid", "control", "plateformes", "ca", "jeton"}
    assert ready["pid"] == process.pid
    assert (tmp_path / "ready.json").stat().st_mode & 0o777 == 0o600
    process.terminate()
    assert process.wait(10) == 0
    assert not (tmp_path / "ready.json").exists()
    assert process.stderr is not None
    process.stderr.close()


@pytest.mark.parametrize(
    "sample",
    sorted(SAMPLES.glob("*/samples/*.ok.xml")),
    ids=lambda path: f"{path.parent.parent.name}-{path.name.split('.')[0]}",
)
def test_every_sample_posted_to_a_fresh_session_is_answered(live: Live, sample: Path) -> None:
    nom = sample.parent.parent.name
    link = live.open(nom)
    link.request("GET", f"/s/{live.session}/")
    page = link.getresponse().read().decode()
    link.close()
    paths = sorted(set(re.findall(r"<code>(/[a-z-]+)\?wsdl", page)))
    body = sample.read_bytes()
    media = "application/soap+xml" if b"2003/05/soap-envelope" in body else "text/xml"
    answers = [live.post(path, body, nom, **{"Content-Type": media}) for path in paths]
    good = [answer for answer in answers if answer.status == 200]
    assert good, [answer.read() for answer in answers]
    assert sample.name.split(".")[0].encode() + b"Response" in good[0].read()


@pytest.mark.parametrize(
    ("point", "committed"),
    [
        ("connexion", False),
        ("avant_lecture", False),
        ("apres_lecture", False),
        ("apres_commit", True),
    ],
)
def test_a_cut_before_the_first_byte_resets_the_connection(live: Live, point: str, committed: bool) -> None:
    live.call(
        "PUT",
        "effects",
        [{"plateforme": "viamedis", "service": "pec", "effet": "coupure", "parametres": {"point": point}}],
    )
    with pytest.raises(ConnectionResetError):
        live.post("/prises-en-charge", PEC)
    assert bool(live.granted()) is committed


def test_a_cut_after_the_headers_gives_the_headers_and_then_a_reset(live: Live) -> None:
    live.call(
        "PUT", "effects", [{"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": "apres_entetes"}}]
    )
    answer = live.post("/prises-en-charge", PEC)
    assert answer.status == 200
    with pytest.raises(ConnectionResetError):
        answer.read()
    assert live.granted()


def test_a_cut_in_the_body_gives_half_of_it_and_then_a_reset(live: Live) -> None:
    live.call(
        "PUT", "effects", [{"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": "milieu_corps"}}]
    )
    answer = live.post("/prises-en-charge", PEC)
    half = int(answer.headers["Content-Length"]) // 2
    assert answer.read(half).startswith(b"<?xml")
    with pytest.raises(ConnectionResetError):
        answer.read(1)
    assert live.granted()


def test_a_cut_after_the_last_byte_gives_the_whole_answer_and_then_a_reset(live: Live) -> None:
    live.call(
        "PUT",
        "effects",
        [{"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": "apres_dernier_octet"}}],
    )
    link = live.open()
    link.request("POST", f"/s/{live.session}/prises-en-charge", PEC, {"Content-Type": "text/xml"})
    assert link.sock is not None
    raw = link.sock
    answer = link.getresponse()
    assert answer.read().endswith(b"Envelope>")
    with pytest.raises(ConnectionResetError):
        raw.recv(1)
    assert live.granted()


@pytest.mark.parametrize("traitee", [True, False])
def test_silence_answers_nothing_and_is_ended_by_a_reset_of_the_session(live: Live, traitee: bool) -> None:
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "silence", "parametres": {"traitee": traitee}}])
    link = live.open()
    link.request("POST", f"/s/{live.session}/prises-en-charge", PEC, {"Content-Type": "text/xml"})
    assert link.sock is not None
    link.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        link.sock.recv(1)
    assert bool(live.granted()) is traitee
    live.call("POST", "reset")
    with pytest.raises(ConnectionResetError):
        link.sock.recv(1)


def test_a_refused_platform_refuses_connections_until_the_effect_ends(server: dict[str, Any]) -> None:
    live = Live(server)
    live.call("PUT", "effects", [{"plateforme": "almerys", "effet": "refus_connexion"}])
    with pytest.raises(ConnectionRefusedError):
        live.post("/tiers-payant", PEC, "almerys")
    assert live.post("/prises-en-charge", PEC).status == 200
    live.call("DELETE", "effects")
    assert live.post("/tiers-payant", PEC, "almerys").status == 500
    live.call("POST", "reset")
    live.close()


def test_a_503_says_when_to_come_back_and_does_nothing(live: Live) -> None:
    parametres = {"statut": 503, "retry_after": 30}
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "http", "parametres": parametres, "fois": 1}])
    answer = live.post("/prises-en-charge", PEC)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert not live.granted()
    assert live.post("/prises-en-charge", PEC).status == 200
    assert live.granted()


def test_a_late_answer_comes_when_the_virtual_clock_reaches_it(live: Live) -> None:
    live.call("POST", "clock", {"freeze": True})
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "lenteur", "parametres": {"duree": "PT30S"}}])
    link = live.open()
    link.request("POST", f"/s/{live.session}/prises-en-charge", PEC, {"Content-Type": "text/xml"})
    assert live.granted() or live.granted()
    assert link.sock is not None
    link.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        link.sock.recv(1, socket.MSG_PEEK)
    link.sock.settimeout(5)
    live.call("POST", "clock", {"advance": "PT30S"})
    assert link.getresponse().status == 200


def test_a_dripping_answer_comes_whole_as_the_clock_runs(live: Live) -> None:
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "goutte", "parametres": {"octets_s": 100}}])
    live.call("POST", "clock", {"speed": 1000})
    assert live.post("/prises-en-charge", PEC).read().endswith(b"Envelope>")


def test_two_sessions_on_one_port_never_meet(live: Live) -> None:
    other = Live(live.ready, live.control("POST", "sessions", json.dumps({"now": NOW}).encode())[1]["id"])
    assert live.post("/prises-en-charge", PEC).status == 200
    assert live.granted()
    assert not other.granted()
    other.control("DELETE", f"sessions/{other.session}")
    other.close()


def test_a_session_in_the_header_and_another_in_the_address_are_refused(live: Live) -> None:
    assert live.post("/prises-en-charge", PEC, **{"X-Tp-Session": "default"}).status == 400
    assert live.post("/prises-en-charge", PEC, **{"X-Tp-Session": live.session}).status == 200


def test_the_contract_is_served_under_the_caller_s_own_address(live: Live) -> None:
    link = live.open()
    link.request("GET", f"/s/{live.session}/droits?wsdl", headers={"Host": "platform.example:1234"})
    text = link.getresponse().read().decode()
    assert f'location="http://platform.example:1234/s/{live.session}/droits"' in text
    link.request("GET", f"/s/{live.session}/commun.xsd")
    assert b"schema" in link.getresponse().read()


def raw(live: Live, octets: bytes) -> bytes:
    """The head of what a hand-made request gets."""
    parts = urlsplit(live.ready["plateformes"]["viamedis"])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as link:
        link.sendall(octets)
        return link.recv(65536)


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"POST /droits HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
        (b"POST /droits HTTP/1.1\r\nHost: a b\r\nContent-Length: 0\r\n\r\n", 400),
        (b"POST /droits\r\n\r\n", 400),
        (b"GET /nulle-part HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /s/inconnue/ HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"DELETE /droits HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"POST /droits HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415),
        (b"POST /droits HTTP/1.1\r\nHost: a\r\nContent-Length: 2097153\r\n\r\n", 413),
        (b"POST /droits HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 415),
        (b"POST /droits HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 500),
        (b"POST /droits HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_not_a_message_gets_a_clear_answer(live: Live, octets: bytes, status: int) -> None:
    answer = raw(live, octets)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:100]
    assert b"Traceback" not in answer


def test_a_body_that_outgrows_its_limit_while_it_comes_is_refused_in_words(live: Live) -> None:
    parts = urlsplit(live.ready["plateformes"]["viamedis"])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as link:
        link.sendall(b"POST /droits HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(40):
            link.sendall(piece)
        assert link.recv(100).startswith(b"HTTP/1.1 413 ")


def test_sigterm_ends_it_cleanly_while_answers_are_held(tmp_path: Path) -> None:
    process, ready = start(tmp_path)
    live = Live(ready)
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "silence"}])
    link = live.open()
    link.request("POST", "/prises-en-charge", PEC, {"Content-Type": "text/xml"})
    assert live.granted()
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(10) == 0
    link.close()
    assert process.stderr is not None
    process.stderr.close()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--now", "hier"), 2, "ISO 8601"),
        (("--port", "inconnue=0"), 1, "there is no platform inconnue"),
        (("--host", "0.0.0.0"), 1, "without a token"),
        (("--port", "oxantis=70000"), 2, "NAME=N"),
    ],
)
def test_a_wrong_start_is_refused_in_one_sentence(options: tuple[str, ...], code: int, said: str) -> None:
    done = subprocess.run([*COMMAND, *FREE, *options], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(live: Live) -> None:
    port = urlsplit(live.ready["control"]).port
    done = subprocess.run(
        [*COMMAND, *FREE[2:], "--control-port", str(port)], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr


def test_what_a_state_directory_keeps_is_there_after_a_restart(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "etat"))
    process, ready = start(tmp_path, *options)
    live = Live(ready)
    live.call("POST", "clock", {"advance": "P2D"})
    assert live.post("/prises-en-charge", PEC).status == 200
    granted = live.granted()
    live.control("POST", "sessions", json.dumps({"id": "garde", "now": NOW}).encode())
    live.close()
    process.terminate()
    assert process.wait(10) == 0
    again, ready = start(tmp_path, *options)
    live = Live(ready)
    assert live.granted() == granted
    assert live.call("GET", "clock")[1]["now"].startswith("2024-02-02T10:00")
    assert live.call("GET", "journal/1")[1]["verdict"] == "repondu"
    assert live.control("GET", "sessions/garde")[0] == 200
    live.call("DELETE", "effects")
    again.terminate()
    assert again.wait(10) == 0
    (tmp_path / "etat/sessions.sqlite").write_text("no database\n" * 100)
    done = subprocess.run([*COMMAND, *FREE, *options], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "not a state this program wrote" in done.stderr
    for one in (process, again):
        assert one.stderr is not None
        one.stderr.close()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[dict[str, Any]]:
    process, ready = start(tmp_path, "--tls")
    yield ready
    process.terminate()
    assert process.wait(10) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


def over_tls(ready: dict[str, Any], body: bytes = PEC) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=ready["ca"])
    base = urlsplit(ready["plateformes"]["viamedis"])
    assert base.scheme == "https"
    link = http.client.HTTPSConnection(base.netloc, timeout=5, context=context)
    try:
        link.request("POST", "/prises-en-charge", body, {"Content-Type": "text/xml"})
        with link.getresponse() as answer:
            return answer.status, answer.read()
    finally:
        link.close()


def test_under_tls_a_client_that_trusts_the_test_authority_is_answered_and_cut_at_every_point(
    secure: dict[str, Any],
) -> None:
    live = Live(secure)
    assert over_tls(secure)[0] == 200
    for point in ("connexion", "apres_commit", "apres_entetes", "milieu_corps"):
        live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "coupure", "parametres": {"point": point}}])
        with pytest.raises((ConnectionResetError, ssl.SSLEOFError, http.client.IncompleteRead)):
            over_tls(secure)
    parametres = {"point": "apres_dernier_octet"}
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "coupure", "parametres": parametres}])
    assert over_tls(secure)[1].endswith(b"Envelope>")
    live.call("PUT", "effects", [])
    assert over_tls(secure, b"x" * 3_000_000)[0] in (413, 500)


@pytest.mark.parametrize(
    ("defaut", "said"),
    [("expire", "expired"), ("mauvais_hote", "mismatch"), ("ca_inconnue", "unable to get local issuer certificate")],
)
def test_a_bad_certificate_is_shown_while_the_effect_lasts(secure: dict[str, Any], defaut: str, said: str) -> None:
    live = Live(secure)
    live.call("PUT", "effects", [{"plateforme": "viamedis", "effet": "tls", "parametres": {"defaut": defaut}}])
    with pytest.raises(ssl.SSLCertVerificationError, match=said):
        over_tls(secure)
    live.call("DELETE", "effects")
    assert over_tls(secure)[0] == 200


def test_a_bad_certificate_is_refused_where_there_is_no_tls(live: Live) -> None:
    effect = {"plateforme": "viamedis", "effet": "tls", "parametres": {"defaut": "expire"}}
    assert Live(live.ready).call("PUT", "effects", [effect])[0] == 422
