"""A client that sends a body larger than anything a platform takes, and hears the answer that comes before its end."""

from __future__ import annotations

import select
import socket
from urllib.parse import urlsplit

PIECE = 65536


def answer_to_a_stream(base: str, path: str, size: int, announced: bool) -> tuple[bytes, int]:
    """(answer, bytes sent when it came) to a body of `size` bytes, its length announced or in chunks."""
    parts = urlsplit(base)
    how = f"Content-Length: {size}" if announced else "Transfer-Encoding: chunked"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n{how}\r\n\r\n"
    piece = b"x" * PIECE if announced else b"%x\r\n%s\r\n" % (PIECE, b"x" * PIECE)
    sent = 0
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as link:
        link.sendall(head.encode())
        while sent < size:
            heard, free, _ = select.select([link], [link], [], 10)
            if heard:
                break
            assert free, "neither an answer nor room to send"
            link.sendall(piece)
            sent += PIECE
        answer = b""
        while b"Envelope>" not in answer and b"</html>" not in answer and (octets := link.recv(PIECE)):
            answer += octets
    return answer, sent
