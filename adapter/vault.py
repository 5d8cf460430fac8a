"""Charges at rest: AES-256-GCM, a data key per file wrapped by the master key, look-ups by keyed hash.

A charge is bound to its place: table, row, key and kind are authenticated data, so a ciphertext moved to another row
does not open. Nonces are random. Erasing a file's data key erases the file (`purge`). The master key comes from a
file, the environment or a systemd credential; an older one still opens what it wrapped until `key rotate` has
rewrapped it. Choices: all ours.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tierspayant.adapter.entry import Entry
from tierspayant.adapter.storage.protocol import CleDonnees, Sealed, Tables

KEY_BYTES = 32
NONCE_BYTES = 12
_LOOKUP = ("", "")
"""Where the key of the look-ups stands among the data keys: no shop and no file is called that."""


class CleManquante(Exception):
    """The master or data key that sealed this charge is not there: wrong key file, or a file that was purged."""


class ChargeAlteree(Exception):
    """The charge does not open: it was changed, or moved from the row it belongs to."""


class Vault:
    """`maitres`: master keys by id (32 bytes each); `actuelle`: the id that wraps new data keys."""

    def __init__(
        self, maitres: Mapping[str, bytes], actuelle: str, chance: Callable[[int], bytes] = os.urandom
    ) -> None:
        assert all(len(maitre) == KEY_BYTES for maitre in maitres.values()), "a master key has 32 bytes"
        self._maitres = dict(maitres)
        self._actuelle = actuelle
        self._chance = chance

    def fingerprint(self, tables: Tables, genre: str, octets: bytes) -> str:
        """A keyed hash: equal for equal input, meaningless without the key, unchanged by a rotation of master keys."""
        cle = tables.data_key_of(*_LOOKUP) or self._new_key(tables, *_LOOKUP)
        return hmac.new(self._unwrap(cle), genre.encode() + b"\0" + octets, hashlib.sha256).hexdigest()

    def put(self, tables: Tables, entry: Entry, genre: str, octets: bytes) -> None:
        """Seal a charge of an entry and store it, making its file's data key if this is the first."""
        cle = tables.data_key_of(entry.magasin, _file_of(entry)) or self._new_key(
            tables, entry.magasin, _file_of(entry)
        )
        nonce = self._chance(NONCE_BYTES)
        sealed = AESGCM(self._unwrap(cle)).encrypt(nonce, octets, _bound("charges", entry.id, cle.id, genre))
        tables.put_charge(entry.id, genre, Sealed(cle.id, nonce + sealed))

    def get(self, tables: Tables, entry: Entry, genre: str) -> bytes | None:
        """The charge in clear, None when there is none. Raises CleManquante or ChargeAlteree."""
        sealed = tables.charge(entry.id, genre)
        if sealed is None:
            return None
        cle = tables.data_key(sealed.cle)
        if cle is None:
            raise CleManquante(sealed.cle)
        return _open(self._unwrap(cle), sealed.octets, _bound("charges", entry.id, cle.id, genre))

    def adopt(self, maitres: Mapping[str, bytes], actuelle: str) -> None:
        """Know these master keys too, and wrap with `actuelle` from now on.

        Inside `storage.write`: data keys are wrapped by the writer alone, so that none is wrapped with one key under
        the name of the other. Former keys stay until the process ends: a reader may hold a row from before.
        """
        self._maitres = {**self._maitres, **maitres}
        self._actuelle = actuelle

    def rewrap(self, tables: Tables, only: Iterable[str]) -> int:
        """Wrap these data keys with the current master key; gives how many changed (rotation.py)."""
        known = (tables.data_key(identifiant) for identifiant in only)
        old = [cle for cle in known if cle is not None and cle.maitre != self._actuelle]
        for cle in old:
            tables.put_data_key(self._wrapped(cle, self._unwrap(cle)))
        return len(old)

    def _new_key(self, tables: Tables, magasin: str, dossier: str) -> CleDonnees:
        fresh = CleDonnees(self._chance(16).hex(), magasin, dossier, "", b"")
        cle = self._wrapped(fresh, self._chance(KEY_BYTES))
        tables.put_data_key(cle)
        return cle

    def _wrapped(self, cle: CleDonnees, donnees: bytes) -> CleDonnees:
        nonce = self._chance(NONCE_BYTES)
        bound = _bound("cles", cle.id, self._actuelle, "cle")
        wrapped = AESGCM(self._maitres[self._actuelle]).encrypt(nonce, donnees, bound)
        return replace(cle, maitre=self._actuelle, emballee=nonce + wrapped)

    def _unwrap(self, cle: CleDonnees) -> bytes:
        maitre = self._maitres.get(cle.maitre)
        if maitre is None:
            raise CleManquante(cle.maitre)
        return _open(maitre, cle.emballee, _bound("cles", cle.id, cle.maitre, "cle"))


def _file_of(entry: Entry) -> str:
    """A request outside any file (a rights check) is a file of its own."""
    return entry.dossier if entry.dossier is not None else f"\x1f{entry.id}"  # PostgreSQL keeps no NUL in a text


def _bound(table: str, row: str, cle: str, genre: str) -> bytes:
    return f"{table}\x1f{row}\x1f{cle}\x1f{genre}".encode()


def _open(cle: bytes, octets: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(cle).decrypt(octets[:NONCE_BYTES], octets[NONCE_BYTES:], bound)
    except InvalidTag:
        raise ChargeAlteree(bound.decode().partition("\x1f")[0]) from None
