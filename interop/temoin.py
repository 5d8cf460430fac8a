"""The negative control: the same drivers behind a relay that spoils the answers. A driver that stays green is blind.

The relay passes everything on, and in each answer changes one centime of the insurer's share and the name of the
broken rule, so that every answer stays valid against the contract but is wrong.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from interop.stacks import Passage
from interop.tableau import CAS_DU_CORPS, Rouge

SPOILT = ((b"17991", b"17990"), (b"179.91", b"179.90"), (b"VALEUR_FORME", b"VALEUR_ENUM_"), (b"NIR_CLE", b"NIR_LPP"))
"""Same length, so that no Content-Length changes."""

AMOUNTS = frozenset(
    {
        *("Valoriser", "ConsulterDossier", "ConsulterLot", "ConsulterFacture", "ReleverBordereaux"),
        *("DeposerDevis", "DemanderPriseEnCharge", "ConsulterPriseEnCharge", "ListerRetours"),
    }
)
"""Operations whose answer shows the insurer's share."""

NATURE = {"viamedis": "1.1", "almerys": "1.2"}
"""The SOAP version a dialect speaks by nature: the control needs only one."""


def aveugles(passage: Passage) -> list[Rouge]:
    """Where the driver took a spoilt answer for a good one; nothing when it noticed them all."""
    if passage.echec:
        return [Rouge(passage, "*", "*", f"control: {passage.echec}")]
    noticed = {(v.chemin, v.operation, v.cas) for v in passage.verdicts if not v.ok}
    found = []
    for chemin, operation in sorted(passage.attendu):
        asked = ["faute", *filter(None, [CAS_DU_CORPS.get(operation)])]
        asked += ["nominal"] if operation in AMOUNTS else []
        found += [
            Rouge(passage, chemin, operation, f"control: {cas} stayed green on a spoilt answer")
            for cas in asked
            if (chemin, operation, cas) not in noticed
        ]
    return found


@contextlib.contextmanager
def relayed(base: str) -> Iterator[str]:
    """The same address behind the spoiling relay."""
    upstream = urlsplit(base)
    assert upstream.hostname is not None
    assert upstream.port is not None
    server = ThreadingHTTPServer(("127.0.0.1", 0), _relay(upstream.hostname, upstream.port))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{upstream.path}"
    finally:
        server.shutdown()
        server.server_close()


def _relay(host: str, port: int) -> type[BaseHTTPRequestHandler]:
    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on(None)

        def do_POST(self) -> None:
            chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
            self._pass_on(self._chunks() if chunked else self.rfile.read(int(self.headers["Content-Length"])))

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _pass_on(self, body: bytes | None) -> None:
            """The Host header too, so that the WSDL's addresses are the relay's."""
            kept = {k: v for k, v in self.headers.items() if k.lower() in {"host", "content-type", "soapaction"}}
            link = http.client.HTTPConnection(host, port, timeout=30)
            link.request(self.command, self.path, body, kept)
            answer = link.getresponse()
            content = answer.read()
            link.close()
            if body is not None:
                for right, wrong in SPOILT:
                    content = content.replace(right, wrong)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Say nothing."""

    return Relay
