"""From bytes to one document: media types, charsets, multipart messages good and bad."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierspayant.schemas.faults import Faute
from tierspayant.schemas.http_body import MAX_PARTS, document
from tierspayant.schemas.xml import XmlInvalide

MULTI = 'multipart/related; boundary="b;1"; type="application/xop+xml"; start="<a@x>"'
INCLUDE = b'<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:p%40x"/>'


def multi(*parts: tuple[bytes, bytes]) -> bytes:
    lignes = [
        b"--b;1\r\nContent-Type: application/octet-stream\r\nContent-ID: <%s>\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n%s\r\n" % (cid, octets)
        for cid, octets in parts
    ]
    return b"".join([*lignes, b"--b;1--\r\n"])


def read(body: bytes, kind: str = MULTI, limite: int = 10_000, **autres: str) -> str:
    headers = (("Content-Type", kind), *((nom.replace("_", "-"), valeur) for nom, valeur in autres.items()))
    return "".join(str(texte) for texte in document(headers, body, limite).root.itertext())


@given(st.binary(max_size=300))
def test_a_binary_part_comes_inline_to_the_byte(octets: bytes) -> None:
    texte = read(multi((b"a@x", b"<r>" + INCLUDE + b"</r>"), (b"p@x", octets)))
    assert base64.b64decode(texte) == octets


def test_the_first_part_is_the_root_when_start_is_not_said() -> None:
    sans_start = MULTI.replace('start="<a@x>"', "")
    assert read(multi((b"z", b"<r>un</r>"), (b"a@x", b"<r>deux</r>")), sans_start) == "un"


def test_the_part_named_by_start_is_the_root_wherever_it_stands() -> None:
    assert read(multi((b"z", b"<r>un</r>"), (b"a@x", b"<r>deux</r>"))) == "deux"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(multi((b"a@x", b"<r>" + INCLUDE + b"</r>")), id="part missing"),
        pytest.param(multi((b"autre", b"<r/>")), id="root missing"),
        pytest.param(multi((b"a@x", INCLUDE), (b"p@x", b"1")), id="include as root"),
        pytest.param(multi((b"a@x", b"<r>" + INCLUDE + b"<s/></r>"), (b"p@x", b"1")), id="include among others"),
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="no part"),
        pytest.param(multi(*((b"%d" % n, b"<r/>") for n in range(MAX_PARTS + 1))), id="too many parts"),
        pytest.param(b"--b;1\r\nContent-Type: message/rfc822\r\nContent-ID: <a@x>\r\n\r\n\r\n--b;1--", id="mail"),
    ],
)
def test_a_malformed_multipart_is_refused(body: bytes) -> None:
    with pytest.raises(Faute) as refus:
        read(body)
    assert (refus.value.regle, refus.value.statut) == ("HTTP_MULTIPART", 415)


def test_a_multipart_without_boundary_is_refused() -> None:
    with pytest.raises(Faute) as refus:
        read(multi((b"a@x", b"<r/>")), "multipart/related")
    assert refus.value.regle == "HTTP_MULTIPART"


@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8", "multipart/form-data; boundary=b"])
def test_what_is_not_xml_is_refused(kind: str) -> None:
    with pytest.raises(Faute) as refus:
        read(b"{}", kind)
    assert (refus.value.regle, refus.value.statut) == ("HTTP_MEDIA_TYPE", 415)


def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(Faute) as refus:
        read(b"<r/>", "text/xml", Content_Encoding="gzip")
    assert refus.value.regle == "HTTP_CONTENT_ENCODING"
    assert read(b"<r>1</r>", "text/xml", Content_Encoding="identity") == "1"


@pytest.mark.parametrize("kind", [MULTI, "text/xml"])
def test_the_size_is_limited_whatever_the_wrapping(kind: str) -> None:
    body = multi((b"a@x", b"<r>" + b" " * 500 + b"</r>")) if kind == MULTI else b"<r>" + b" " * 500 + b"</r>"
    with pytest.raises(XmlInvalide) as refus:
        read(body, kind, limite=400)
    assert refus.value.regle == "XML_TAILLE"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/xml", "<r>é</r>".encode()),
        ('text/xml; charset="UTF-8"', "<r>é</r>".encode()),
        ("text/xml; charset=iso-8859-1", "<r>é</r>".encode("iso-8859-1")),
        ("text/xml", '<?xml version="1.0" encoding="ISO-8859-15"?><r>é</r>'.encode("iso-8859-15")),
        ("text/xml", "<r>é</r>".encode("utf-16")),
        ("application/soap+xml; charset=utf-16", "<r>é</r>".encode("utf-16")),
        ("text/xml; charset=windows-1252", "<r>é</r>".encode("cp1252")),
        ("TEXT/XML;charset=utf-8", b"\xef\xbb\xbf" + "<r>é</r>".encode()),
    ],
)
def test_every_accepted_charset_reads_the_same(kind: str, body: bytes) -> None:
    assert read(body, kind) == "é"


@pytest.mark.parametrize("charset", ["utf-7", "ebcdic-cp-fr", "x" * 500, "koi8-r"])
def test_another_charset_is_refused(charset: str) -> None:
    with pytest.raises(XmlInvalide) as refus:
        read(b"<r/>", f"text/xml; charset={charset}")
    assert refus.value.regle == "XML_ENCODAGE"


def test_no_content_type_is_taken_as_xml() -> None:
    assert document((), b"<r/>", 100).root.tag == "r"


def test_a_comment_inside_a_value_does_not_cut_it() -> None:
    assert document((), b"<r>12<!-- -->34<?a b?>56</r>", 100).root.text == "123456"
