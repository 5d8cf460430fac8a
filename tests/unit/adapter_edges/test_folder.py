"""The folder `init` makes, and what is done to it later: the master key rotated, the directory read again."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.unit.adapter_edges.bodies import DROITS
from tierspayant.adapter import intake, master_key, reload, rotation
from tierspayant.adapter.annuaire import AnnuaireInvalide
from tierspayant.adapter.body_json import lire
from tierspayant.adapter.config import charger
from tierspayant.adapter.demandes import DroitsCorps
from tierspayant.adapter.ids import Ids
from tierspayant.adapter.init import InitRefuse, make
from tierspayant.adapter.storage.lock import BaseOccupee
from tierspayant.adapter.storage.sqlite import InlineSqlite
from tierspayant.adapter.vault import CleManquante
from tierspayant.schemas.operations import Operation

NOW = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    make(tmp_path / "a")
    return tmp_path / "a"


def keep_one(dossier: Path) -> str:
    """Record one rights check in the folder's database; its id."""
    vault = master_key.read(dossier / "secrets" / "master.key").vault()
    corps = lire(json.dumps(DROITS).encode(), DroitsCorps)
    nouvelle = intake.Nouvelle(magasin="759999014", operation=Operation.DROITS, corps=corps, plateforme="viamedis")
    storage = InlineSqlite(dossier / "adapter.db")
    recues: list[Any] = []
    _ = storage.write(lambda tables: intake.accept(tables, vault, Ids(random.Random(1)), nouvelle, NOW)).addCallback(
        recues.append
    )
    _ = storage.close()
    return str(recues[0].entry.id)


def body_of(dossier: Path, identifiant: str, trousseau: master_key.Trousseau) -> bytes | None:
    storage, recues = InlineSqlite(dossier / "adapter.db"), list[Any]()
    _ = storage.read(lambda t: trousseau.vault().get(t, t.entry(identifiant), "corps")).addBoth(recues.append)  # type: ignore[arg-type]
    _ = storage.close()
    [lu] = recues
    if not isinstance(lu, bytes):
        lu.raiseException()
    return bytes(lu)


def test_init_makes_private_secrets_and_a_configuration_that_checks(dossier: Path) -> None:
    for nom in ("secrets/master.key", "secrets/demo.key", "adapter.toml"):
        assert (dossier / nom).stat().st_mode & 0o777 == 0o600, nom
    assert (dossier / "secrets").stat().st_mode & 0o777 == 0o700
    assert set(charger(dossier / "adapter.toml").reglages.magasins) == {"demo"}


def test_init_never_overwrites_and_keeps_a_master_key_that_is_there(dossier: Path) -> None:
    avant = (dossier / "secrets" / "master.key").read_bytes()
    with pytest.raises(InitRefuse):
        make(dossier)
    (dossier / "adapter.toml").unlink()
    make(dossier)
    assert (dossier / "secrets" / "master.key").read_bytes() == avant


def test_a_rotated_folder_opens_with_the_new_key_and_no_longer_with_the_old_one(dossier: Path) -> None:
    identifiant = keep_one(dossier)
    ancien = master_key.read(dossier / "secrets" / "master.key")
    assert rotation.rotate(charger(dossier / "adapter.toml")) > 0
    neuf = master_key.read(dossier / "secrets" / "master.key")
    assert list(neuf.cles) == [neuf.actuelle]
    assert b"285057599900197" in (body_of(dossier, identifiant, neuf) or b"")
    with pytest.raises(CleManquante):
        body_of(dossier, identifiant, ancien)


def test_a_rotation_cut_short_leaves_a_key_file_that_opens_everything(
    dossier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifiant = keep_one(dossier)

    def cut(_self: object, _tables: object) -> int:
        raise OSError("power cut")

    monkeypatch.setattr("tierspayant.adapter.vault.Vault.rewrap", cut)
    with pytest.raises(OSError, match="power cut"):
        rotation.rotate(charger(dossier / "adapter.toml"))
    monkeypatch.undo()
    assert body_of(dossier, identifiant, master_key.read(dossier / "secrets" / "master.key"))
    rotation.rotate(charger(dossier / "adapter.toml"))
    assert body_of(dossier, identifiant, master_key.read(dossier / "secrets" / "master.key"))


def test_a_rotation_beside_a_running_daemon_changes_nothing(dossier: Path) -> None:
    avant = (dossier / "secrets" / "master.key").read_bytes()
    demon = InlineSqlite(dossier / "adapter.db")
    with pytest.raises(BaseOccupee):
        rotation.rotate(charger(dossier / "adapter.toml"))
    _ = demon.close()
    assert (dossier / "secrets" / "master.key").read_bytes() == avant


def test_a_bad_directory_read_again_leaves_the_good_one_in_force(dossier: Path) -> None:
    vivant = reload.load(charger(dossier / "adapter.toml"))
    avant, appliques = vivant.annuaire, list[reload.Vivant]()
    (dossier / "annuaire.toml").write_text("[[entree]]\n", encoding="utf-8")
    with pytest.raises(AnnuaireInvalide):
        reload.again(vivant, appliques.append)
    assert vivant.annuaire is avant
    assert appliques == []
