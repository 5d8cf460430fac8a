"""Charges at rest: bound to their place, unreadable without the key, gone with it."""

from __future__ import annotations

import random

import pytest

from tests.unit.adapter.entries import entry
from tierspayant.adapter.storage.memory import MemoryTables
from tierspayant.adapter.storage.protocol import Sealed
from tierspayant.adapter.vault import ChargeAlteree, CleManquante, Vault

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
CHANCE = random.Random(1)
CLEAR = b"le canari de ce test"


def vault(**maitres: bytes) -> Vault:
    chosen = maitres or {"m1": OLD}
    return Vault(chosen, max(chosen), CHANCE.randbytes)


def test_what_is_sealed_opens_again_and_is_not_readable_meanwhile() -> None:
    tables, one, safe = MemoryTables(), entry(), vault()
    safe.put(tables, one, "corps", CLEAR)
    assert safe.get(tables, one, "corps") == CLEAR
    sealed = tables.charge(one.id, "corps")
    assert sealed is not None
    assert CLEAR not in sealed.octets
    assert safe.get(tables, one, "reponse") is None


@pytest.mark.parametrize("byte", [0, 11, 12, -1])
def test_a_changed_byte_is_noticed(byte: int) -> None:
    tables, one, safe = MemoryTables(), entry(), vault()
    safe.put(tables, one, "corps", CLEAR)
    sealed = tables.charge(one.id, "corps")
    assert sealed is not None
    octets = bytearray(sealed.octets)
    octets[byte] ^= 1
    tables.put_charge(one.id, "corps", Sealed(sealed.cle, bytes(octets)))
    with pytest.raises(ChargeAlteree):
        safe.get(tables, one, "corps")


@pytest.mark.parametrize("place", [("id-B", "corps"), ("id-A", "reponse")])
def test_a_charge_moved_to_another_row_or_kind_does_not_open(place: tuple[str, str]) -> None:
    tables, safe = MemoryTables(), vault()
    safe.put(tables, entry("A"), "corps", CLEAR)
    sealed = tables.charge("id-A", "corps")
    assert sealed is not None
    tables.put_charge(*place, sealed)
    with pytest.raises(ChargeAlteree):
        safe.get(tables, entry(place[0].removeprefix("id-")), place[1])


def test_the_same_text_sealed_twice_looks_different() -> None:
    tables, safe = MemoryTables(), vault()
    safe.put(tables, entry("A"), "corps", CLEAR)
    safe.put(tables, entry("B"), "corps", CLEAR)
    assert tables.charge("id-A", "corps") != tables.charge("id-B", "corps")


def test_one_data_key_serves_a_whole_file_and_no_other() -> None:
    tables, safe = MemoryTables(), vault()
    for one in (entry("A"), entry("B"), entry("C", dossier="D-2"), entry("D", dossier=None), entry("E", dossier=None)):
        safe.put(tables, one, "corps", CLEAR)
    keys = [tables.charge(f"id-{nom}", "corps") for nom in "ABCDE"]
    used = [sealed.cle for sealed in keys if sealed is not None]
    assert used[0] == used[1]
    assert len(set(used)) == 4


def test_erasing_a_files_key_erases_the_file() -> None:
    tables, one, safe = MemoryTables(), entry(), vault()
    safe.put(tables, one, "corps", CLEAR)
    sealed = tables.charge(one.id, "corps")
    assert sealed is not None
    tables.delete_data_key(sealed.cle)
    with pytest.raises(CleManquante):
        safe.get(tables, one, "corps")


def test_a_rotation_rewraps_every_key_and_the_old_master_is_no_longer_needed() -> None:
    tables, one = MemoryTables(), entry()
    vault().put(tables, one, "corps", CLEAR)
    before = vault().fingerprint(tables, "corps", CLEAR)
    keys = [key.id for key in tables.data_keys()]
    assert vault(m1=OLD, m2=NEW).rewrap(tables, [*keys, "purged meanwhile"]) == 2, "the file's and the look-ups'"
    assert vault(m2=NEW).get(tables, one, "corps") == CLEAR
    assert vault(m2=NEW).fingerprint(tables, "corps", CLEAR) == before, "the same POST stays the same request"
    with pytest.raises(CleManquante):
        vault().get(tables, one, "corps")
    assert vault(m1=OLD, m2=NEW).rewrap(tables, keys) == 0


def test_an_adopted_master_key_wraps_what_is_new_and_the_former_one_still_opens() -> None:
    tables, one, other, safe = MemoryTables(), entry("A", dossier="D-A"), entry("B", dossier="D-B"), vault()
    safe.put(tables, one, "corps", CLEAR)
    safe.adopt({"m2": NEW}, "m2")
    safe.put(tables, other, "corps", CLEAR)
    assert [key.maitre for key in tables.data_keys()].count("m2") == 1
    assert safe.get(tables, one, "corps") == safe.get(tables, other, "corps") == CLEAR


def test_a_wrong_master_key_of_the_same_name_opens_nothing() -> None:
    tables, one = MemoryTables(), entry()
    vault().put(tables, one, "corps", CLEAR)
    with pytest.raises(ChargeAlteree):
        vault(m1=NEW).get(tables, one, "corps")


def test_a_fingerprint_depends_on_kind_content_and_key() -> None:
    tables, safe = MemoryTables(), vault()
    assert safe.fingerprint(tables, "a", CLEAR) == safe.fingerprint(tables, "a", CLEAR)
    others = {safe.fingerprint(tables, "b", CLEAR), safe.fingerprint(tables, "a", CLEAR + b"."), "x"}
    others.add(Vault({"m1": OLD}, "m1", random.Random(2).randbytes).fingerprint(MemoryTables(), "a", CLEAR))
    assert safe.fingerprint(tables, "a", CLEAR) not in others
