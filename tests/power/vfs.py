"""A layer between SQLite and the file system that writes down what SQLite does to the files of one folder.

It is put into the very library that Python's `sqlite3` uses, as the default VFS, so that the product's code runs
unchanged, on the SQLite version it has. A wheel such as apsw brings a library of its own, another version, and would
need a stand-in for `sqlite3.Connection`.

SQLite's own VFS does the work. A file's table of methods is replaced by a copy in which writing, truncating, forcing
and closing pass through here; reading, locks and the shared memory of the WAL do not. Nothing is forced for real: fsync
is written down, and that is all it needs. As in SQLite's VFS, the first fsync of a journal that was just made forces
the folder too. Chance (the salts of a WAL) comes from the caller, so that a run can be lived again.

Structures: https://sqlite.org/c3ref/vfs.html and io_methods.html, as of 3.7.6 and later.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

from tests.power.disk import FolderForced, Forced, Log, Named, Removed, Truncated, Written

OK = 0
MAIN_DB, MAIN_JOURNAL, WAL = 0x100, 0x800, 0x80000
"""Flags of xOpen: which kind of file. Temporary files are nobody's promise."""

_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_RANDOMNESS = CFUNCTYPE(c_int, c_void_p, c_int, c_void_p)
_CLOSE = CFUNCTYPE(c_int, c_void_p)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(ctypes.Structure):
    """sqlite3_vfs; what is not replaced is an address to copy."""

    _fields_ = (
        *((name, c_int) for name in ("version", "size_of_file", "longest_path")),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        *((name, c_void_p) for name in ("access", "full_path", "dl_open", "dl_error", "dl_sym", "dl_close")),
        ("randomness", c_void_p),
        *((name, c_void_p) for name in ("sleep", "time", "last_error", "time_ms", "set_call", "call", "next_call")),
    )


class _Methods(ctypes.Structure):
    """sqlite3_io_methods."""

    _fields_ = (
        ("version", c_int),
        *((name, c_void_p) for name in ("close", "read", "write", "truncate", "sync", "size", "lock", "unlock")),
        *((name, c_void_p) for name in ("reserved", "control", "sector_size", "characteristics")),
        *((name, c_void_p) for name in ("shm_map", "shm_lock", "shm_barrier", "shm_unmap", "fetch", "unfetch")),
    )


class _File(ctypes.Structure):
    """sqlite3_file: what a VFS keeps of an open file begins with the address of its methods."""

    _fields_ = (("methods", POINTER(_Methods)),)


class _Recording:
    """What is written down about one folder. Files are numbered as they are first seen."""

    def __init__(self, folder: Path, chance: Callable[[int], bytes]) -> None:
        self.folder = folder.resolve()
        self.chance = chance
        self.log: Log = []
        self._names: dict[str, int] = {}
        self._count = 0
        for path in sorted(self.folder.iterdir()):
            file = self.file(path.name)
            self.log += [Written(file, 0, path.read_bytes()), Forced(file)]
        self.log.append(FolderForced())

    def holds(self, path: Path) -> bool:
        return path.parent == self.folder

    def file(self, name: str) -> int:
        """The number of the file of that name, which is made if there is none."""
        if name not in self._names:
            self._count += 1
            self._names[name] = self._count
            self.log.append(Named(name, self._count))
        return self._names[name]

    def knows(self, name: str) -> bool:
        return name in self._names

    def removed(self, name: str, *, forced: bool) -> None:
        if self._names.pop(name, None) is not None:
            self.log.append(Removed(name))
        if forced:
            self.log.append(FolderForced())


class _Layer:
    """The VFS itself: made once, and never freed while SQLite may know it."""

    def __init__(self) -> None:
        # what _sqlite3 is linked with is found through it, wherever it lies
        self._library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        self._library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._native = self._library.sqlite3_vfs_find(None)
        self._native_open = _OPEN(self._native.contents.open)
        self._native_delete = _DELETE(self._native.contents.delete)
        self._vfs = _Vfs.from_buffer_copy(self._native.contents)
        self._vfs.name = b"power"
        self._callbacks = [_OPEN(self._open), _DELETE(self._delete), _RANDOMNESS(self._randomness)]
        for name, callback in zip(("open", "delete", "randomness"), self._callbacks, strict=True):
            setattr(self._vfs, name, _address(callback))
        self._tables: dict[int, _Table] = {}
        self.recording: _Recording | None = None

    def register(self) -> None:
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)
        self._library.sqlite3_randomness(0, None)  # chance anew, from us

    def withdraw(self) -> None:
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))
        self._library.sqlite3_vfs_register(self._native, 1)
        self._library.sqlite3_randomness(0, None)

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, told: int | None) -> int:
        code = int(self._native_open(ctypes.addressof(self._native.contents), name, file, flags, told))
        recording = self.recording
        if code != OK or name is None or recording is None or not flags & (MAIN_DB | MAIN_JOURNAL | WAL):
            return code
        path = Path(ctypes.string_at(name).decode())
        if recording.holds(path):
            native = _File.from_address(file).methods
            key = ctypes.addressof(native.contents)
            if key not in self._tables:
                self._tables[key] = _Table(native.contents)
            fresh = not flags & MAIN_DB and not recording.knows(path.name)
            self._tables[key].take(file, recording, path.name, fresh=fresh)
        return code

    def _delete(self, _vfs: int, name: int, forced: int) -> int:
        code = int(self._native_delete(ctypes.addressof(self._native.contents), name, 0))
        path = Path(ctypes.string_at(name).decode())
        if self.recording is not None and self.recording.holds(path):
            self.recording.removed(path.name, forced=bool(forced))
        return code

    def _randomness(self, _vfs: int, size: int, where: int) -> int:
        if self.recording is not None:
            ctypes.memmove(where, self.recording.chance(size), size)
        return size


class _Table:
    """The methods of one kind of file, four of them replaced, and the open files that have it."""

    def __init__(self, native: _Methods) -> None:
        self._close, self._write = _CLOSE(native.close), _WRITE(native.write)
        self._truncate = _TRUNCATE(native.truncate)
        self._methods = _Methods.from_buffer_copy(native)
        self._callbacks: dict[str, Any] = {
            "close": _CLOSE(self._closed),
            "write": _WRITE(self._written),
            "truncate": _TRUNCATE(self._truncated),
            "sync": _SYNC(self._forced),
        }
        for name, callback in self._callbacks.items():
            setattr(self._methods, name, _address(callback))
        self._files: dict[int, tuple[Log, int]] = {}
        self._fresh: set[int] = set()

    def take(self, address: int, recording: _Recording, name: str, *, fresh: bool) -> None:
        self._files[address] = (recording.log, recording.file(name))
        if fresh:
            self._fresh.add(address)
        _File.from_address(address).methods = ctypes.pointer(self._methods)

    def _closed(self, address: int) -> int:
        del self._files[address]
        self._fresh.discard(address)
        return int(self._close(address))

    def _written(self, address: int, octets: int, size: int, offset: int) -> int:
        code = int(self._write(address, octets, size, offset))
        if code == OK:
            log, file = self._files[address]
            log.append(Written(file, offset, ctypes.string_at(octets, size)))
        return code

    def _truncated(self, address: int, size: int) -> int:
        code = int(self._truncate(address, size))
        if code == OK:
            log, file = self._files[address]
            log.append(Truncated(file, size))
        return code

    def _forced(self, address: int, _flags: int) -> int:
        log, file = self._files[address]
        log.append(Forced(file))
        if address in self._fresh:
            self._fresh.remove(address)
            log.append(FolderForced())
        return OK


def _address(callback: Any) -> int | None:
    return ctypes.cast(callback, c_void_p).value


@cache
def _layer() -> _Layer:
    return _Layer()


@contextmanager
def recording(folder: Path, chance: Callable[[int], bytes]) -> Iterator[Log]:
    """Write down what SQLite does to the files of a folder; what lies there already is taken as forced.

    `chance` gives that many bytes. Every connection made inside must be closed inside.
    """
    layer = _layer()
    assert layer.recording is None, "one recording at a time"
    layer.recording = _Recording(folder, chance)
    layer.register()
    try:
        yield layer.recording.log
    finally:
        layer.withdraw()
        layer.recording = None
