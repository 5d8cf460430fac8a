"""The master key rotated: everything opens at every moment, whenever the process dies, whatever comes in between."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from twisted.internet.defer import Deferred

from tests.unit.adapter_edges.bodies import DROITS
from tierspayant.adapter import intake, master_key, rotation
from tierspayant.adapter.body_json import read_body
from tierspayant.adapter.config_edit import write_file
from tierspayant.adapter.demandes import DroitsCorps
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.init import make
from tierspayant.adapter.rotation import Rotated, Rotation, RotationRefused
from tierspayant.adapter.storage.protocol import Storage, Tables
from tierspayant.adapter.storage.sqlite import InlineSqlite
from tierspayant.adapter.vault import CleManquante, Vault
from tierspayant.schemas.operations import Operation

NOW = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
NIR = DROITS["assure"]["nir"].encode()
T = TypeVar("T")


class Dead(Exception):
    """The process is gone."""


class Mortal:
    """Storage and key file of a process that dies at its n-th durable step: before it, or just after."""

    def __init__(self, storage: Storage, at: int | None = None, *, after: bool = False) -> None:
        self._storage = storage
        self._at = at
        self._after = after
        self.steps = 0

    def step(self, work: Callable[[], T]) -> T:
        self.steps += 1
        if self.steps == self._at and not self._after:
            raise Dead
        result = work()
        if self.steps == self._at:
            raise Dead
        return result

    def read(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self._storage.read(work)

    def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
        return self.step(lambda: self._storage.write(work))

    def close(self) -> Deferred[None]:
        return self._storage.close()


def result(deferred: Deferred[T]) -> T:
    got: list[T] = []
    failed: list[BaseException] = []
    _ = deferred.addCallbacks(got.append, lambda failure: failed.append(failure.value))
    if failed:
        raise failed[0]
    return got[0]


def rotate(rotated: Rotation) -> Rotated:
    return result(Deferred.fromCoroutine(rotated.run()))


class Folder:
    """What `init` made, with requests in it."""

    def __init__(self, folder: Path) -> None:
        make(folder)
        self.key = folder / "secrets" / "master.key"
        self.base = folder / "adapter.db"
        self.kept: list[str] = []

    def ring(self) -> master_key.KeyRing:
        return master_key.read(self.key)

    @contextmanager
    def opened(self) -> Iterator[Storage]:
        storage = InlineSqlite(self.base)
        try:
            yield storage
        finally:
            _ = storage.close()

    def keep(self, storage: Storage, vault: Vault, number: int = 1) -> None:
        """Record so many rights checks, each a file of its own with its own data key."""
        for _ in range(number):
            body = DROITS | {"reference": f"DR-{len(self.kept)}"}
            corps = read_body(json.dumps(body).encode(), DroitsCorps)
            asked = intake.Nouvelle(magasin="759999014", operation=Operation.DROITS, corps=corps, plateforme="viamedis")
            ids = Ids(random.Random(len(self.kept)))
            got = result(storage.write(partial(intake.accept, vault=vault, ids=ids, nouvelle=asked, now=NOW)))
            assert isinstance(got, intake.Accepted)
            self.kept.append(got.entry.id)

    def opens(self, vault: Vault) -> bool:
        """Whether every request opens with these master keys."""

        def work(tables: Tables) -> bool:
            entries = [tables.entry(name) for name in self.kept]
            return all(NIR in (vault.get(tables, entry, "corps") or b"") for entry in entries if entry is not None)

        with self.opened() as storage:
            return result(storage.read(work))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(rotation, "BATCH", 2)
    made = Folder(tmp_path / "a")
    with made.opened() as storage:
        made.keep(storage, made.ring().vault(), 5)
    return made


def test_a_rotated_folder_opens_with_the_new_key_and_no_longer_with_the_old_one(folder: Folder) -> None:
    former = folder.ring()
    with folder.opened() as storage:
        assert rotate(Rotation(storage, former.vault(), folder.key)) == Rotated(6, resumed=False)
    ring = folder.ring()
    assert list(ring.keys) == [ring.current]
    assert folder.opens(ring.vault())
    with pytest.raises(CleManquante):
        folder.opens(former.vault())


@pytest.mark.parametrize("after", [False, True])
def test_whenever_it_dies_everything_opens_and_running_it_again_finishes_with_the_same_key(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for death in range(1, 100):
        former = folder.ring()
        with folder.opened() as storage:
            mortal = Mortal(storage, death, after=after)
            with monkeypatch.context() as patch:
                patch.setattr("tierspayant.adapter.rotation.write_file", lambda *w: mortal.step(lambda: write_file(*w)))  # noqa: B023
                try:
                    rotate(Rotation(mortal, former.vault(), folder.key))
                except Dead:
                    pass
                else:
                    break
        half = folder.ring()
        assert folder.opens(half.vault()), f"death {death}"
        with folder.opened() as storage:
            vault = half.vault()
            folder.keep(storage, vault)
            again = rotate(Rotation(storage, vault, folder.key))
        assert again.resumed == (len(half.keys) == 2), "an unfinished one is finished, no third key is made"
        if again.resumed:
            assert folder.ring().current == half.current
        assert len(folder.ring().keys) == 1
        assert folder.opens(folder.ring().vault())
    assert death > 6, "the key file twice, the adoption, at least three batches"


def test_what_comes_in_between_is_sealed_with_the_new_key_and_both_open_meanwhile(folder: Folder) -> None:
    former = folder.ring().vault()
    with folder.opened() as storage:

        class Busy(Mortal):
            def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
                done = super().write(work)
                folder.keep(storage, former)
                return done

        assert rotate(Rotation(Busy(storage), former, folder.key)).wrapped == 6
    assert len(folder.kept) > 8
    assert folder.opens(folder.ring().vault())
    assert folder.opens(former), "a daemon that goes on knows both"


def test_two_at_once_and_several_daemons_are_refused_and_change_nothing(folder: Folder) -> None:
    before = folder.key.read_bytes()
    with folder.opened() as storage:
        with pytest.raises(RotationRefused, match="plusieurs démons"):
            rotate(Rotation(storage, folder.ring().vault(), folder.key, partage=True))
        one = Rotation(storage, folder.ring().vault(), folder.key)
        refused: list[str] = []

        class Twice(Mortal):
            def write(self, work: Callable[[Tables], T]) -> Deferred[T]:
                with pytest.raises(RotationRefused) as told:
                    rotate(one)
                refused.append(str(told.value))
                return super().write(work)

        one.storage = Twice(storage)
        assert folder.key.read_bytes() == before
        rotate(one)
    assert refused[0] == "une rotation de la clé maître est déjà en cours"


def test_a_systemd_credential_is_not_replaced(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder.key.parent.parent / "creds"
    elsewhere.mkdir()
    folder.key.rename(elsewhere / "master.key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(elsewhere))
    with folder.opened() as storage, pytest.raises(RotationRefused, match="credential"):
        rotate(Rotation(storage, folder.ring().vault(), folder.key))
    assert not folder.key.exists()
