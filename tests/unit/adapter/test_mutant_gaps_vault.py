"""What the vault promises where no other test would miss it: found by planting bugs (mutants/bugs/privacy.toml)."""

from __future__ import annotations

import random

from tests.unit.adapter.entries import entry
from tierspayant.adapter.storage.memory import MemoryTables
from tierspayant.adapter.vault import NONCE_BYTES, Vault

WRITES = 50


def test_no_nonce_serves_twice_under_one_key() -> None:
    tables, one = MemoryTables(), entry()
    vault = Vault({"m": bytes(32)}, "m", random.Random(1).randbytes)
    nonces, keys = set(), set()
    for _ in range(WRITES):
        vault.put(tables, one, "corps", b"le meme texte")
        sealed = tables.charge(one.id, "corps")
        assert sealed is not None
        nonces.add(sealed.octets[:NONCE_BYTES])
        keys.add(sealed.cle)
    assert (len(keys), len(nonces)) == (1, WRITES)


def test_each_wrapping_of_a_data_key_has_its_own_nonce() -> None:
    tables = MemoryTables()
    vault = Vault({"m": bytes(32)}, "m", random.Random(1).randbytes)
    for number in range(WRITES):
        vault.put(tables, entry(str(number), dossier=f"D-{number}"), "corps", b"x")
    wrapped = [key.emballee[:NONCE_BYTES] for key in tables.data_keys()]
    assert len(set(wrapped)) == len(wrapped) == WRITES
