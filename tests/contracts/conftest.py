"""Every storage backend, opened for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.storages import Base, result
from tierspayant.adapter.storage.protocol import (
    Storage,
)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    base = Base(request.param, tmp_path)
    one = base.open()
    yield one
    _ = result(one.close())
    base.drop()


@pytest.fixture(params=["sqlite", "postgres"])
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    """A database that outlives its storage."""
    base = Base(request.param, tmp_path)
    yield base
    base.drop()
