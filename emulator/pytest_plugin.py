"""pytest fixtures (plugin `tierspayant`): an emulator for the run, and a session of its own for each test.

    def test_my_client_waits_when_the_platform_says_503(tp_session):
        tp_session.effects.add("viamedis", "http", service="pec", statut=503, retry_after=30, fois=1)
        my_client(tp_session.plateformes["viamedis"]).ask_for_pec(...)
        tp_session.verify(service="pec", au_moins=2)
        tp_session.ledger_adds_up()

The server is a process on free ports, one per pytest process: safe under pytest-xdist. Options of the ini file:
`tp_emulator_options` (passed to `tp-emulator serve`) and `tp_now` (where each session's clock starts).
What is heavy is imported by the fixtures that use it: loading this plugin costs nothing to tests that do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tierspayant.emulator.in_memory import InMemory
    from tierspayant.emulator.live import Clock, Effects, Live, Session


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("tp_emulator_options", "options of tp-emulator serve", type="args", default=[])
    parser.addini("tp_now", "where the clock of each session starts (ISO 8601; default: real time)", default="")


@pytest.fixture(scope="session")
def tp_emulator(request: pytest.FixtureRequest) -> Iterator[Live]:
    """A running emulator, shared by the tests of this process."""
    from tierspayant.emulator.live import Live

    live = Live.start(*request.config.getini("tp_emulator_options"))
    yield live
    live.stop()


@pytest.fixture
def tp_session(tp_emulator: Live, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session of this test alone: base URLs, clock, effects, verify, ledger."""
    session = tp_emulator.session(now=request.config.getini("tp_now") or None)
    yield session
    session.delete()


@pytest.fixture
def tp_clock(tp_session: Session) -> Clock:
    """The virtual clock of this test's session."""
    return tp_session.clock


@pytest.fixture
def tp_effects(tp_session: Session) -> Effects:
    """What fails in this test's session."""
    return tp_session.effects


@pytest.fixture
def tp_memory(request: pytest.FixtureRequest) -> Iterator[InMemory]:
    """An emulator without a network, on a `task.Clock`: for clients that take a Twisted IAgent."""
    from tierspayant.emulator.in_memory import InMemory

    memory = InMemory(request.config.getini("tp_now") or None)
    yield memory
    memory.close()
