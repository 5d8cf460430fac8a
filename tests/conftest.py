"""What every test gets: a reactor left clean, Twisted's log in pytest's, reproducible chance.

A test that expects Twisted to log a failure takes the fixture `logged_failures` and calls
`logged_failures.take(ZeroDivisionError)`; any failure not taken fails the test. Like this:

    @reactor_test(seconds=5)
    async def test_a_handler_that_breaks_is_logged(logged_failures):
        ...
        [failure] = logged_failures.take(ZeroDivisionError)
"""

import gc
import inspect
import os
import random
from collections.abc import Generator, Iterable, Sequence
from typing import cast

import hypothesis
import pytest
import pytest_twisted
from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, LogEvent, STDLibLogObserver, globalLogBeginner, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.reactor import reactor

TURNS_FOR_FREE = 2
"""Reactor turns a test may leave behind: what is due at once is not a leak."""

PATIENCE = 0.5
"""Seconds that sockets get to notice that their other end is closed."""

IN_CI = bool(os.environ.get("CI"))

hypothesis.settings.register_profile("ici", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("ici"), derandomize=True)
hypothesis.settings.load_profile("ci" if IN_CI else "ici")

SEED = int(os.environ.get("TP_SEED") or (1 if IN_CI else random.SystemRandom().randrange(2**32)))


def pytest_configure() -> None:
    """Send Twisted's log through the standard library, so that pytest shows it below a failed test."""
    globalLogBeginner.beginLoggingTo([STDLibLogObserver("twisted")], redirectStandardIO=False)


def pytest_report_header() -> str:
    """Print what brings a run back."""
    profile = hypothesis.settings.get_current_profile_name()
    return f"seed: TP_SEED={SEED} (hypothesis: profile {profile}, a failure prints its own blob)"


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Refuse an `async def` test without the house decorator: pytest-twisted would let it pass without running it."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj) and not _runs_on_reactor(item):
            raise pytest.UsageError(
                f"{item.nodeid} is an async def without @reactor_test(seconds=…): it would never run"
            )


@pytest.fixture
def seed() -> int:
    """The run's seed, for tests that draw by themselves: printed at the top, set by TP_SEED."""
    return SEED


@implementer(ILogObserver)
class LoggedFailures:
    """The failures that Twisted logged during one test and that the test has not taken."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []

    def __call__(self, event: LogEvent) -> None:
        """Keep the failure of a log event that carries one."""
        failure = event.get("log_failure")
        if failure is not None:
            self.failures.append(failure)

    def take(self, *kinds: type[BaseException]) -> list[Failure]:
        """Return the failures of these kinds, at least one, and count them as expected."""
        taken = [failure for failure in self.failures if failure.check(*kinds)]
        assert taken, f"no failure of {kinds} was logged; there are {self.failures}"
        self.failures = [failure for failure in self.failures if failure not in taken]
        return taken


@pytest.fixture
def logged_failures() -> Generator[LoggedFailures]:
    """The failures Twisted logs during this test: `take` those that are expected."""
    logged = LoggedFailures()
    globalLogPublisher.addObserver(logged)
    yield logged
    globalLogPublisher.removeObserver(logged)


@pytest.fixture(autouse=True)
def clean_reactor(request: pytest.FixtureRequest, logged_failures: LoggedFailures) -> Generator[None]:
    """Fail a test that leaves a delayed call, a reader or a logged failure behind, and clear it away."""
    _turn(TURNS_FOR_FREE)
    calls_before, readers_before = _delayed_calls(), reactor.getReaders()
    yield
    _turn(TURNS_FOR_FREE)
    calls = [call for call in _delayed_calls() if not _was_there(call, calls_before)]
    readers = _wait_for_readers(readers_before)
    leaks = [f"a delayed call: {call}" for call in calls if call.active() or call.called]
    leaks += [f"a reader: {reader}" for reader in readers]
    _clear(calls, readers)
    if _runs_on_reactor(request.node):
        gc.collect()  # a Deferred that failed unseen logs its failure when it goes
    leaks += [f"a logged failure: {failure.getTraceback()}" for failure in logged_failures.failures]
    if leaks:
        pytest.fail("the test left behind " + "\nand ".join(leaks), pytrace=False)


def _runs_on_reactor(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and hasattr(_innermost(item), "_pytest_twisted_mark")


def _innermost(item: pytest.Function) -> object:
    """The test function, below hypothesis's wrapper if there is one."""
    given = getattr(item.obj, "hypothesis", None)
    return item.obj if given is None else given.inner_test


def _delayed_calls() -> Sequence[DelayedCall]:
    return cast("Sequence[DelayedCall]", reactor.getDelayedCalls())


def _turn(times: int, seconds: float = 0) -> None:
    for _ in range(times):
        pytest_twisted.blockon(deferLater(reactor, seconds))


def _was_there(call: DelayedCall, before: Sequence[DelayedCall]) -> bool:
    """Whether the call, or the same function scheduled earlier by a wider fixture's loop, was there before the test."""
    return any(call is other or call.func == other.func for other in before)


def _wait_for_readers(before: list[IReadDescriptor]) -> list[IReadDescriptor]:
    """The readers that stay although their ends had time to close."""
    step, waited = 0.01, 0.0
    while (left := [reader for reader in reactor.getReaders() if reader not in before]) and waited < PATIENCE:
        _turn(1, step)
        waited += step
    return left


def _clear(calls: list[DelayedCall], readers: list[IReadDescriptor]) -> None:
    for call in calls:
        if call.active():
            call.cancel()
    for reader in readers:
        reactor.removeReader(reader)
        reader.connectionLost(Failure(ConnectionAbortedError("left behind by a test")))
    _turn(TURNS_FOR_FREE)
