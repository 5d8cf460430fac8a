"""The wheel holds every tracked file of the three folders, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SIDES = ("adapter", "emulator", "schemas")
FOR_READERS = {"README.md"}
"""Files of a folder that speak to who reads the tree: they stay out of the wheel."""


def tracked() -> list[Path]:
    """The files git knows and that are still there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel built from the source archive of a copy of the tracked files: what a registry would serve."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for path in tracked():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes((ROOT / path).read_bytes())
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    built = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_is_the_tracked_tree(wheel: zipfile.ZipFile) -> None:
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    expected = {
        f"tierspayant/{path.as_posix()}"
        for path in tracked()
        if path.parts[0] in SIDES and path.name not in FOR_READERS
    }
    forgotten = sorted(expected - shipped)
    assert not forgotten, f"add the package or the file type to setup.cfg: {forgotten}"
    assert sorted(shipped - expected) == []


def test_no_file_takes_the_shared_name(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name} == {"tierspayant"}
    assert "tierspayant/__init__.py" not in wheel.namelist()


def test_the_licence_travels_along(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()
