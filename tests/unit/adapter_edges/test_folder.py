"""The folder `init` makes, and what is done to it later: the directory read again."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tierspayant.adapter import keys, reload
from tierspayant.adapter.annuaire import AnnuaireInvalide
from tierspayant.adapter.config import load
from tierspayant.adapter.config_edit import write_file
from tierspayant.adapter.init import InitRefused, make


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    make(tmp_path / "a")
    return tmp_path / "a"


def test_init_makes_private_secrets_and_a_configuration_that_checks(dossier: Path) -> None:
    for nom in ("secrets/master.key", "secrets/demo.key", "adapter.toml", "adapter.db"):
        assert (dossier / nom).stat().st_mode & 0o777 == 0o600, nom
    assert (dossier / "secrets").stat().st_mode & 0o777 == 0o700
    assert set(load(dossier / "adapter.toml").settings.magasins) == {"demo"}


def test_init_never_overwrites_and_keeps_a_master_key_that_is_there(dossier: Path) -> None:
    avant = (dossier / "secrets" / "master.key").read_bytes()
    with pytest.raises(InitRefused):
        make(dossier)
    (dossier / "adapter.toml").unlink()
    make(dossier)
    assert (dossier / "secrets" / "master.key").read_bytes() == avant


def test_a_bad_directory_read_again_leaves_the_good_one_in_force(dossier: Path) -> None:
    vivant = reload.load(load(dossier / "adapter.toml"))
    avant, appliques = vivant.annuaire, list[reload.InForce]()
    (dossier / "annuaire.toml").write_text("[[entree]]\n", encoding="utf-8")
    with pytest.raises(AnnuaireInvalide):
        reload.again(vivant, appliques.append)
    assert vivant.annuaire is avant
    assert appliques == []


def test_a_port_for_commands_comes_with_its_operator_s_key(tmp_path: Path) -> None:
    make(tmp_path / "b", admin_port=0)
    reglages = load(tmp_path / "b" / "adapter.toml").settings
    key = tmp_path / "b" / "secrets" / "operateur.key"
    assert key.stat().st_mode & 0o777 == 0o600
    known = keys.verified(key.read_text(encoding="ascii").strip(), reglages.api_keys())
    assert known is not None
    assert (reglages.admin.port, known.role, known.magasin) == (0, keys.Role.OPERATEUR, None)


def test_a_file_is_on_disk_and_so_is_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []
    monkeypatch.setattr("os.fsync", lambda fd: synced.append(stat.S_ISDIR(os.fstat(fd).st_mode)))
    write_file(tmp_path / "master.key", "m1 x")
    assert synced == [False, True], "the content, then the folder that names it"
