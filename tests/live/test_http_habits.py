"""What HTTP clients of all ages do to a SOAP POST, over a plain socket: schemas/README.md says how each is taken."""

from __future__ import annotations

import codecs
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tierspayant.emulator.live import Live

SAMPLE = (Path(__file__).parents[2] / "schemas/viamedis/samples/ConsulterDroits.ok.xml").read_text(encoding="utf-8")
XML = SAMPLE.partition("?>")[2].strip()
"""Without its declaration, which would name another encoding."""
PLAIN = XML.encode()


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    live = Live.start("--now", "2024-01-31T10:00:00+01:00")
    parts = urlsplit(live.plateformes["viamedis"])
    assert parts.hostname is not None
    assert parts.port is not None
    yield parts.hostname, parts.port
    live.stop()


def post(address: tuple[str, int], headers: str, body: bytes) -> bytes:
    """The whole answer to one POST; headers as they go on the wire, ending each with CRLF."""
    with socket.create_connection(address, timeout=10) as link:
        link.sendall(f"POST /droits HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n".encode() + body)
        received = b""
        while block := link.recv(65536):
            received += block
        return received


def sized(body: bytes, *headers: str) -> str:
    return "".join(f"{one}\r\n" for one in (*headers, f"Content-Length: {len(body)}"))


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))


TEXT = "Content-Type: text/xml; charset=utf-8"
DECLARED_LATIN = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + XML.encode("iso-8859-1")
DECLARED_UTF16 = codecs.BOM_UTF16_LE + f'<?xml version="1.0" encoding="UTF-16"?>{XML}'.encode("utf-16-le")
HABITS = {
    "a right SOAPAction": (sized(PLAIN, TEXT, 'SOAPAction: "urn:any"'), PLAIN),
    "a wrong SOAPAction, unquoted": (sized(PLAIN, TEXT, "SOAPAction: FermerSession"), PLAIN),
    "an empty SOAPAction": (sized(PLAIN, TEXT, 'SOAPAction: ""'), PLAIN),
    "no SOAPAction": (sized(PLAIN, TEXT), PLAIN),
    "no charset": (sized(PLAIN, "Content-Type: text/xml"), PLAIN),
    "a byte order mark": (sized(codecs.BOM_UTF8 + PLAIN, TEXT), codecs.BOM_UTF8 + PLAIN),
    "UTF-16": (sized(DECLARED_UTF16, "Content-Type: text/xml; charset=utf-16"), DECLARED_UTF16),
    "ISO-8859-1": (sized(DECLARED_LATIN, "Content-Type: text/xml"), DECLARED_LATIN),
    "chunks": (f"{TEXT}\r\nTransfer-Encoding: chunked\r\n", chunked(PLAIN)),
}


@pytest.mark.parametrize("habit", HABITS)
def test_it_is_answered(habit: str, address: tuple[str, int]) -> None:
    answer = post(address, *HABITS[habit])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"OUVERTS" in answer


def test_a_client_that_asks_before_sending_is_told_to_go_on(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as link:
        head = sized(PLAIN, TEXT, "Expect: 100-continue")
        link.sendall(f"POST /droits HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n".encode())
        assert link.recv(65536).startswith(b"HTTP/1.1 100 ")
        link.sendall(PLAIN)
        received = b""
        while block := link.recv(65536):
            received += block
    assert b" 200 " in received.partition(b"\r\n")[0]
    assert b"OUVERTS" in received


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (sized(PLAIN, "Content-Type: application/json"), b"415 500"),
        (sized(PLAIN, TEXT, "Content-Encoding: gzip"), b"415"),
    ],
    ids=["another media type", "a compressed body"],
)
def test_it_is_refused(headers: str, status: bytes, address: tuple[str, int]) -> None:
    answer = post(address, headers, PLAIN)
    assert answer.split(b" ")[1] in status.split()
    assert b"OUVERTS" not in answer
