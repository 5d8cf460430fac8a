"""API keys and the master key: shown once, hashed, never guessed from what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierspayant.adapter import keys, master_key


def configured(cle: keys.CleNeuve) -> dict[str, keys.CleApi]:
    return {cle.identifiant: keys.CleApi(cle.identifiant, keys.Role.MAGASIN, "demo", cle.empreinte)}


def test_a_key_passes_and_any_other_does_not() -> None:
    cle, autre = keys.neuve(), keys.neuve()
    cles = configured(cle)
    assert keys.verifier(cle.texte, cles) == cles[cle.identifiant]
    assert keys.verifier(autre.texte, cles) is None
    assert keys.verifier(f"tpa_{cle.identifiant}_{autre.texte.split('_', 2)[2]}", cles) is None
    assert keys.verifier("", cles) is None


def test_what_is_kept_does_not_contain_the_secret() -> None:
    cle = keys.neuve()
    assert cle.texte.split("_", 2)[2] not in cle.empreinte
    assert keys.forme_empreinte(cle.empreinte)
    assert cle.texte not in repr(cle)


def test_the_memory_of_keys_is_forgotten_on_reload() -> None:
    cle = keys.neuve()
    memoire = keys.Memoire(b"process")
    memoire.add(cle.texte, configured(cle)[cle.identifiant])
    assert memoire.lookup(cle.texte) is not None
    assert memoire.lookup(cle.texte + "x") is None
    memoire.clear()
    assert memoire.lookup(cle.texte) is None


def test_a_rotated_master_key_keeps_the_former_one_behind(tmp_path: Path) -> None:
    chemin = tmp_path / "master.key"
    premier = master_key.fresh()
    chemin.write_text(premier.rotated().text(), encoding="ascii")
    relu = master_key.read(chemin)
    assert relu.actuelle != premier.actuelle
    assert relu.cles[premier.actuelle] == premier.cles[premier.actuelle]


def test_the_master_key_may_be_a_systemd_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "master.key").write_text(master_key.fresh().text(), encoding="ascii")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "creds"))
    assert len(master_key.read(tmp_path / "secrets" / "master.key").cles) == 1


@pytest.mark.parametrize("texte", ["", "m1\n", "m1 AAAA\n", "m1 !!!\n"])
def test_a_damaged_master_key_file_is_refused_without_showing_it(tmp_path: Path, texte: str) -> None:
    (tmp_path / "k").write_text(texte, encoding="ascii")
    with pytest.raises(master_key.CleMaitreIllisible) as refus:
        master_key.read(tmp_path / "k")
    assert "AAAA" not in str(refus.value)
