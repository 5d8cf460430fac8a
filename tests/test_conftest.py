"""The test tools can fail: each fault is planted once, in a run of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAD = """
import hypothesis, pytest, pytest_twisted
from hypothesis import strategies
from twisted.internet import reactor
from twisted.internet.defer import Deferred, fail
from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from tests.reactor import reactor_test

def log_a_failure():
    try:
        1 / 0
    except ZeroDivisionError:
        Logger().failure("planted")
"""

LEAKS = """
def test_delayed_call():
    reactor.callLater(3600, print)

def test_delayed_call_that_fires_while_we_look():
    reactor.callLater(0.1, print)
    reactor.listenTCP(0, Factory())

def test_reader():
    reactor.listenTCP(0, Factory())

def test_logged_failure():
    log_a_failure()

@reactor_test(seconds=1)
async def test_failure_nobody_looked_at():
    fail(ZeroDivisionError("planted"))
"""

TIDY = """
@pytest_twisted.async_yield_fixture(scope="module")
async def shared():
    port = reactor.listenTCP(0, Factory(), interface="127.0.0.1")
    loop = LoopingCall(lambda: None)
    loop.start(0.005)
    yield port.getHost().port
    loop.stop()
    await port.stopListening()

@reactor_test(seconds=1)
async def test_closes_what_it_opens():
    port = reactor.listenTCP(0, Factory())
    await deferLater(reactor, 0.01)
    await port.stopListening()

@reactor_test(seconds=1)
async def test_uses_a_wider_fixture(shared):
    await deferLater(reactor, 0.01)

@reactor_test(seconds=1)
async def test_uses_it_again(shared):
    await deferLater(reactor, 0.01)

def test_expects_a_failure(logged_failures):
    log_a_failure()
    [failure] = logged_failures.take(ZeroDivisionError)

@hypothesis.given(strategies.integers())
@reactor_test(seconds=1)
async def test_draws(n):
    await deferLater(reactor, 0)

def test_seed(seed):
    assert seed == 1234
"""

WRONG = """
@reactor_test(seconds=0.05)
async def test_waits_for_ever():
    await Deferred()

@reactor_test()
async def test_asserts_what_is_false():
    await deferLater(reactor, 0)
    assert 1 == 2

@hypothesis.given(strategies.integers())
@reactor_test()
async def test_draws_what_is_false(n):
    await deferLater(reactor, 0)
    assert n < 3

def test_takes_a_failure_that_was_not_logged(logged_failures):
    logged_failures.take(ZeroDivisionError)
"""

Run = Callable[[str], pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a file of tests under tests/conftest.py and the project's own settings, in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TP_SEED", "1234")
    monkeypatch.setenv("COLUMNS", "300")

    def run(body: str) -> pytest.RunResult:
        file = pytester.makepyfile(HEAD + body)
        settings = ("-c", str(ROOT / "pyproject.toml"), "-p", "no:schemathesis")
        return pytester.runpytest_subprocess("-p", "tests.conftest", *settings, file)

    return run


def test_a_leaking_test_fails_and_the_next_one_starts_clean(run: Run) -> None:
    result = run(LEAKS + "\n\ndef test_next():\n    pass\n")
    result.assert_outcomes(passed=6, errors=5)
    result.stdout.fnmatch_lines(
        [
            "ERROR *test_delayed_call - *left behind a delayed call: *",
            "ERROR *test_delayed_call_that_fires_while_we_look - *left behind a delayed call: *",
            "ERROR *test_reader - *left behind a reader: *",
            "ERROR *test_logged_failure - *left behind a logged failure: *",
            "ERROR *test_failure_nobody_looked_at - *left behind a logged failure: *",
        ]
    )


def test_a_tidy_test_passes_and_the_seed_is_printed(run: Run) -> None:
    result = run(TIDY)
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["seed: TP_SEED=1234*"])


def test_a_wrong_test_fails_under_the_decorator(run: Run) -> None:
    result = run(WRONG)
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["FAILED *test_waits_for_ever - *TimeoutError*"])


def test_an_async_test_without_the_decorator_is_refused(run: Run) -> None:
    result = run("async def test_it():\n    assert 1 == 2\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*async def without @reactor_test*"])
