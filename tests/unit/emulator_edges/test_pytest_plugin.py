"""The pytest plugin, used as a vendor's own test suite would use it."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

SUITE = """
import urllib.request, urllib.error, pathlib, pytest
from tierspayant.emulator.live import Refused

PEC = pathlib.Path({sample!r}).read_bytes()

def ask(session):
    url = session.plateformes["viamedis"] + "/prises-en-charge"
    request = urllib.request.Request(url, PEC, {{"Content-Type": "text/xml; charset=utf-8"}})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code

def test_a_platform_that_fails_once(tp_session):
    tp_session.effects.add("viamedis", "http", service="pec", statut=503, retry_after=30, fois=1)
    assert [ask(tp_session), ask(tp_session)] == [503, 200]
    assert tp_session.verify(service="pec", au_moins=2) == 2
    with pytest.raises(Refused, match="nearest is exchange 1"):
        tp_session.verify(service="pec", statut=503, magasin="759999022")
    tp_session.ledger_adds_up()

def test_each_test_has_its_own_session(tp_session, tp_clock, tp_effects):
    assert tp_session.verify(au_plus=0) == 0
    assert tp_effects.list() == []
    tp_clock.freeze()
    before = tp_clock.now()
    tp_clock.advance("P3D")
    assert (tp_clock.now() - before).days == 3

def test_a_wrong_effect_is_refused_in_words(tp_effects):
    with pytest.raises(Refused, match="no such effect"):
        tp_effects.add("viamedis", "panne")

def test_the_emulator_without_a_network(tp_memory):
    got = []
    url = tp_memory.plateformes["viamedis"] + "/droits?wsdl"
    tp_memory.agent.request(b"GET", url.encode()).addCallback(got.append)
    assert got == []
    tp_memory.advance()
    assert got[0].code == 200
"""


def test_a_vendor_s_suite_uses_the_fixtures(pytester: pytest.Pytester) -> None:
    from tests.unit.emulator_edges.bench import SCHEMAS

    sample = SCHEMAS / "viamedis/samples/DemanderPriseEnCharge.ok.xml"
    pytester.makeini("[pytest]\ntp_now = 2024-01-31T10:00:00+01:00\n")
    pytester.makepyfile(SUITE.format(sample=str(sample)))
    installed = any(point.name == "tierspayant" for point in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", "tierspayant.emulator.pytest_plugin")
    result = pytester.runpytest_subprocess(*plugin, "-p", "no:twisted", "-p", "no:schemathesis", "-W", "error")
    result.assert_outcomes(passed=4)
