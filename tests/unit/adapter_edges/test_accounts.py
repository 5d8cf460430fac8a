"""The shop's account in the configuration: what it shows, and what keeps it from being shown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.unit.security.test_added_to_the_envelope import ENVELOPE
from tierspayant.adapter import config, identity
from tierspayant.adapter.identity import CompteInutilisable, Identite
from tierspayant.emulator.certificates import Authority
from tierspayant.schemas.outcomes import RaisonCompte
from tierspayant.schemas.wire import HttpRequest

NOW = dt.datetime(2024, 1, 31, 9, 0, tzinfo=dt.UTC)
SHOP = "759999014"
REQUETE = HttpRequest("POST", "/droits", (), ENVELOPE)


def identite(folder: Path, mode: str, **compte: str) -> Identite:
    lines = ["[plateformes.p]", 'dialecte = "viamedis"', 'url = "http://p.invalid"', f'identite = "{mode}"']
    lines += ["[magasins.demo]", f'finess = "{SHOP}"', "[magasins.demo.comptes.p]", 'utilisateur = "u"']
    lines += [f'{nom} = "{valeur}"' for nom, valeur in compte.items()]
    (folder / "adapter.toml").write_text("\n".join(lines))
    lue = config.load(folder / "adapter.toml")
    return Identite(lambda: lue, lambda: NOW, bytes)


def test_without_identity_the_stored_bytes_leave_as_they_are(tmp_path: Path) -> None:
    assert identite(tmp_path, "aucune").sign(REQUETE, "p", SHOP) is REQUETE


@pytest.mark.parametrize("where", ["file", "variable", "credential"])
def test_a_secret_is_read_from_a_file_the_environment_or_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "ici").mkdir()
    (tmp_path / "p.secret").write_text("un secret\n")
    reference = identite(tmp_path, "usernametoken", secret_fichier="p.secret").sign(REQUETE, "p", SHOP)
    compte = {"secret_fichier": "../p.secret" if where == "file" else "p.secret"}
    if where == "variable":
        compte["secret_variable"] = "SECRET_DE_P"
        monkeypatch.setenv("SECRET_DE_P", "un secret")
    if where == "credential":
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert identite(tmp_path / "ici", "usernametoken", **compte).sign(REQUETE, "p", SHOP) == reference
    assert b"un secret" not in reference.body


def test_a_new_secret_serves_at_the_next_attempt(tmp_path: Path) -> None:
    (tmp_path / "p.secret").write_text("un")
    shown = identite(tmp_path, "usernametoken", secret_fichier="p.secret")
    first = shown.sign(REQUETE, "p", SHOP)
    (tmp_path / "p.secret").write_text("deux")
    assert shown.sign(REQUETE, "p", SHOP) != first


@pytest.mark.parametrize(
    ("mode", "compte", "said"),
    [
        ("usernametoken", {}, "secret_fichier is not set"),
        ("usernametoken", {"secret_fichier": "absent"}, "secret_fichier cannot be read"),
        ("usernametoken", {"secret_fichier": "vide"}, "secret_fichier cannot be read or is empty"),
        ("x509", {"certificat_fichier": "vide"}, "certificat_fichier cannot be read"),
        ("x509", {"certificat_fichier": "un.pem", "cle_fichier": "deux.cle"}, "no usable pair"),
        ("x509", {"certificat_fichier": "un.pem", "cle_fichier": "un.pem"}, "no usable pair"),
    ],
)
def test_what_cannot_be_shown_says_which_setting(tmp_path: Path, mode: str, compte: dict[str, str], said: str) -> None:
    authority = Authority()
    (tmp_path / "vide").write_text("\n")
    (tmp_path / "un.pem").write_bytes(authority.issue_shop((SHOP,)).certificat)
    (tmp_path / "deux.cle").write_bytes(authority.issue_shop((SHOP,)).cle)
    with pytest.raises(CompteInutilisable, match=said):
        identite(tmp_path, mode, **compte).sign(REQUETE, "p", SHOP)


def test_a_shop_without_an_account_there_is_refused_before_anything_leaves(tmp_path: Path) -> None:
    with pytest.raises(CompteInutilisable) as refused:
        identite(tmp_path, "usernametoken").sign(REQUETE, "p", "759999022")
    assert refused.value.raison is RaisonCompte.REFUSE


def test_check_config_names_each_file_and_variable_that_is_missing(tmp_path: Path) -> None:
    shown = identite(tmp_path, "usernametoken", secret_variable="SECRET_ABSENT", totp_fichier="absent.totp")
    found = identity.faults(shown.configuration())
    assert [line.partition("comptes.p.")[2].partition(":")[0] for line in found] == ["totp_fichier", "secret_variable"]
    (tmp_path / "absent.totp").write_text("JBSWY3DPEHPK3PXP")
    assert len(identity.faults(shown.configuration())) == 1


@pytest.mark.parametrize(
    ("mode", "compte", "said"),
    [
        ("aucune", {}, []),
        ("usernametoken", {}, ["secret_fichier or secret_variable"]),
        ("x509", {}, ["certificat_fichier", "cle_fichier"]),
        ("x509", {"cle_fichier": "ici"}, ["certificat_fichier"]),
    ],
)
def test_check_config_says_what_a_platform_asks_and_an_account_has_not(
    tmp_path: Path, mode: str, compte: dict[str, str], said: list[str]
) -> None:
    (tmp_path / "ici").write_text("x")
    found = identity.faults(identite(tmp_path, mode, **compte).configuration())
    assert len(found) == len(said)
    assert all(one in line for one, line in zip(said, found, strict=True))
