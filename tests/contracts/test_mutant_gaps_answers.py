"""The adapter reads no answer that breaks the contract, even where zeep would: found by planting a bug."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pytest
from lxml import etree

from tierspayant.schemas import platforms, xml
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, Outcome, Unreadable
from tierspayant.schemas.wire import HttpResponse

TOO_LONG = "X" * 5000
"""Longer than any text of either contract; nothing else about it is wrong."""


def read(dialecte: str, octets: bytes) -> Outcome:
    """A grant as the adapter reads it."""
    message = next(xml.parse(octets).iter("{*}idMessage")).text or ""
    version = platforms.dialects()[dialecte].traits.version_soap
    reply = HttpResponse(200, (("Content-Type", version.content_type),), octets)
    return platforms.client(dialecte).decode(Operation.PEC, message, reply)


def spoilt(octets: bytes) -> Iterator[tuple[str, bytes]]:
    """The answer with one text made too long, each in turn (but the message's id, which is looked at first)."""
    for rank, _ in enumerate(_texts(xml.parse(octets))):
        root = xml.parse(octets)
        leaf = _texts(root)[rank]
        leaf.text = TOO_LONG
        yield xml.xpath_of(leaf), etree.tostring(root)


def _texts(root: etree._Element) -> list[etree._Element]:
    return [leaf for leaf in root[-1].iter("{*}*") if len(leaf) == 0 and xml.local_name(leaf) != "idMessage"]


@pytest.mark.parametrize(
    ("dialecte", "sample"), [("viamedis", "DemanderPriseEnChargeResponse.xml"), ("almerys", "ValoriserResponse.xml")]
)
def test_a_grant_with_a_text_out_of_contract_is_unreadable(dialecte: str, sample: str) -> None:
    octets = files(f"tierspayant.schemas.{dialecte}").joinpath("samples", sample).read_bytes()
    assert isinstance(read(dialecte, octets), Answer)
    believed = [place for place, answer in spoilt(octets) if not isinstance(read(dialecte, answer), Unreadable)]
    assert believed == []
