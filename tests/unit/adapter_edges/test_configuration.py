"""The configuration: three sources, all faults at once, nothing echoed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierspayant.adapter import config_edit
from tierspayant.adapter.config import ConfigInvalid, load

BONNE = """\
# my own comment
[plateformes.viamedis]
dialecte = "viamedis"
url = "http://127.0.0.1:8471/s/x/"
[plateformes.viamedis.delai_max_traitement]
pec = "PT2M"
[magasins.demo]
finess = "759999014"
"""


@pytest.fixture
def fichier(tmp_path: Path) -> Path:
    chemin = tmp_path / "adapter.toml"
    chemin.write_text(BONNE, encoding="utf-8")
    return chemin


def faults(chemin: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as refus:
        load(chemin)
    return refus.value.lines


def test_the_environment_wins_over_the_file_and_a_flag_over_both(
    fichier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(fichier).settings.api.port == 8480
    monkeypatch.setenv("TP_ADAPTER_API__PORT", "9001")
    assert load(fichier).settings.api.port == 9001
    assert load(fichier, {"api": {"port": 9002}}).settings.api.port == 9002


def test_a_base_url_loses_its_last_slash_and_paths_are_relative_to_the_file(fichier: Path) -> None:
    lue = load(fichier)
    assert lue.settings.plateformes["viamedis"].url == "http://127.0.0.1:8471/s/x"
    assert lue.path(lue.settings.stockage.base) == fichier.parent / "adapter.db"


@pytest.mark.parametrize(
    ("ajout", "attendu"),
    [
        ("[api]\nport = 'x'", "api.port: "),
        ("[api]\nhote = '0.0.0.0'", "api: an address other than loopback needs tls_certificat"),
        ("[apii]\n", "apii: unknown key"),
        ("[magasins.x]\nfiness = '759999015'", "magasins.x.finess: la clé du FINESS"),
        ("[magasins.x]\nfiness = '759999014'", "two shops have the same finess"),
        ("[cles.0011aabb]\nmagasin = 'demo'\nempreinte = 'secret-value'", "cles.0011aabb: empreinte is not a scrypt"),
        ("[livraison]\ndelai_appel = 2.5", "livraison.delai_appel: a duration is a whole number"),
        ("[magasins.demo.comptes.autre]\nutilisateur='u'\nsecret_fichier='s'", "names no platform of [plateformes]"),
    ],
)
def test_a_fault_names_file_key_and_reason_and_never_the_value(fichier: Path, ajout: str, attendu: str) -> None:
    fichier.write_text(BONNE + ajout + "\n", encoding="utf-8")
    [ligne] = faults(fichier)
    assert attendu in ligne
    assert str(fichier) in ligne
    assert "secret-value" not in ligne


def test_every_fault_is_told_at_once(fichier: Path) -> None:
    fichier.write_text(BONNE + "[api]\nport = 99999999\nzz = 1\n[livraison]\nfile_max = 0\n", encoding="utf-8")
    assert len(faults(fichier)) == 3


def test_a_fault_of_the_environment_names_the_variable(fichier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TP_ADAPTER_API__PORT", "nine")
    assert faults(fichier)[0].startswith("environment: TP_ADAPTER_API__PORT: ")
    monkeypatch.setenv("TP_ADAPTER_API__PORT", "9001")
    monkeypatch.setenv("TP_ADAPTER_APY__PORT", "9001")
    assert faults(fichier) == ["environment: TP_ADAPTER_APY__PORT: no such setting"]


def test_what_is_not_toml_or_not_there_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[", encoding="utf-8")
    assert "not TOML" in faults(tmp_path / "a.toml")[0]
    assert faults(tmp_path / "b.toml") == [f"{tmp_path / 'b.toml'}: No such file or directory"]


def test_editing_keeps_comments_and_replaces_only_its_own_table(fichier: Path) -> None:
    config_edit.edit(fichier, {"magasins.deux": {"finess": "759999022"}})
    config_edit.edit(fichier, {"magasins.demo": {"finess": "759999014", "libelle": "Chez « nous »"}})
    texte = fichier.read_text(encoding="utf-8")
    lue = load(fichier).settings
    assert texte.startswith("# my own comment")
    assert texte.count("[magasins.demo]") == 1
    assert (lue.magasins["demo"].libelle, lue.magasins["deux"].finess) == ("Chez « nous »", "759999022")


def test_an_edit_that_would_break_the_configuration_changes_nothing(fichier: Path) -> None:
    with pytest.raises(ConfigInvalid) as refus:
        config_edit.edit(fichier, {"magasins.deux": {"finess": "759999014"}})
    assert str(fichier) in refus.value.lines[0]
    assert fichier.read_text(encoding="utf-8") == BONNE
    assert [un.name for un in fichier.parent.iterdir()] == ["adapter.toml"]
