"""API keys and the master key: shown once, hashed, never guessed from what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierspayant.adapter import keys, master_key


def configured(cle: keys.NewKey) -> dict[str, keys.ApiKey]:
    return {cle.identifier: keys.ApiKey(cle.identifier, keys.Role.MAGASIN, "demo", cle.empreinte)}


def test_a_key_passes_and_any_other_does_not() -> None:
    cle, autre = keys.fresh(), keys.fresh()
    cles = configured(cle)
    assert keys.verified(cle.text, cles) == cles[cle.identifier]
    assert keys.verified(autre.text, cles) is None
    assert keys.verified(f"tpa_{cle.identifier}_{autre.text.split('_', 2)[2]}", cles) is None
    assert keys.verified("", cles) is None


def test_what_is_kept_does_not_contain_the_secret() -> None:
    cle = keys.fresh()
    assert cle.text.split("_", 2)[2] not in cle.empreinte
    assert keys.well_formed(cle.empreinte)
    assert cle.text not in repr(cle)


def test_the_memory_of_keys_is_forgotten_on_reload() -> None:
    cle = keys.fresh()
    memoire = keys.KeyMemory(b"process")
    memoire.add(cle.text, configured(cle)[cle.identifier])
    assert memoire.lookup(cle.text) is not None
    assert memoire.lookup(cle.text + "x") is None
    memoire.clear()
    assert memoire.lookup(cle.text) is None


def test_a_rotated_master_key_keeps_the_former_one_behind(tmp_path: Path) -> None:
    chemin = tmp_path / "master.key"
    premier = master_key.fresh()
    chemin.write_text(premier.rotated().text(), encoding="ascii")
    relu = master_key.read(chemin)
    assert relu.current != premier.current
    assert relu.keys[premier.current] == premier.keys[premier.current]


def test_the_master_key_may_be_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "master.key").write_text(master_key.fresh().text(), encoding="ascii")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "creds"))
    assert len(master_key.read(tmp_path / "secrets" / "master.key").keys) == 1


@pytest.mark.parametrize("texte", ["", "m1\n", "m1 AAAA\n", "m1 !!!\n"])
def test_a_damaged_master_key_file_is_refused_without_showing_it(tmp_path: Path, texte: str) -> None:
    (tmp_path / "k").write_text(texte, encoding="ascii")
    with pytest.raises(master_key.MasterKeyUnreadable) as refus:
        master_key.read(tmp_path / "k")
    assert "AAAA" not in str(refus.value)
