"""Adding to an envelope's bytes without writing them anew: what was stored stays byte for byte what it was.

Only for envelopes that our own client road made: one Header, no comment, no CDATA, no prefix declared below the
Envelope for SOAP itself. Anything else raises ValueError: a stored envelope that cannot be spliced must not leave.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_ENVELOPE = re.compile(rb"^(?:<\?xml[^>]*\?>\s*)?<(?:([A-Za-z_][\w.-]*):)?Envelope[\s>]")


def with_header_block(envelope: bytes, block: bytes) -> bytes:
    """`block` as the last child of the Header."""
    end = _only(envelope, b"</" + _prefix(envelope) + b"Header>")
    return envelope[:end] + block + envelope[end:]


def with_header_field(envelope: bytes, name: str, value: str) -> bytes:
    """`<name>value</name>` as the last child of the Header's first block, in that block's own namespace prefix."""
    start = _only(envelope, b"<" + _prefix(envelope) + b"Header>") + len(b"<" + _prefix(envelope) + b"Header>")
    opened = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)[\s>]").match(envelope, start)
    if opened is None:
        raise ValueError("the Header has no block")
    prefix = opened[1] + b":" if opened[1] else b""
    end = _only(envelope, b"</" + prefix + opened[2] + b">")
    tag = prefix.decode() + name
    return envelope[:end] + f"<{tag}>{escape(value)}</{tag}>".encode() + envelope[end:]


def with_body_attributes(envelope: bytes, attributes: bytes) -> bytes:
    """`attributes` (with a leading space) on the Body's start tag; what the Body holds is untouched."""
    tag = b"<" + _prefix(envelope) + b"Body"
    place = _only(envelope, tag + b">") + len(tag)
    return envelope[:place] + attributes + envelope[place:]


def _prefix(envelope: bytes) -> bytes:
    found = _ENVELOPE.match(envelope)
    if found is None:
        raise ValueError("not an envelope of ours")
    return found[1] + b":" if found[1] else b""


def _only(envelope: bytes, mark: bytes) -> int:
    if envelope.count(mark) != 1:
        raise ValueError(f"{mark.decode()} is not there exactly once")
    return envelope.index(mark)
