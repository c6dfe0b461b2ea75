"""Fixtures: a sandbox a worker, a home a test, the invariants behind it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from cloudhome import CloudHome  # noqa: E402
from home import BIN, NSS_WRAPPER, Home, Running  # noqa: E402
from invariants import check_all  # noqa: E402
from realnames import (RealHome, RealNames, check_connections,  # noqa: E402
                       is_possible)
from sweeps import FAST_PATH, NthCall  # noqa: E402

_sandboxes: dict[tuple[str, ...], Running] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "row(*numbers): rows of the acceptance "
                            "table that this test stands for")
    config.addinivalue_line("markers", "sandbox(*options): options of the "
                            "sandbox for this test")
    config.addinivalue_line("markers", "user: worth running as an ordinary "
                            "user, too")


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    assert (BIN / "git-bbkey").exists(), f"no built programs in {BIN}"
    assert NSS_WRAPPER, "libnss-wrapper is missing"
    for program in ("strace", "flock", "ssh-keygen", "git"):
        assert shutil.which(program), f"{program} is missing"


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Running:
    """A Bitbucket under /bitbucket, back at its seed; one a worker."""
    marker = request.node.get_closest_marker("sandbox")
    options = marker.args if marker else ("--context", "/bitbucket")
    if options not in _sandboxes:
        _sandboxes[options] = Running(*options)
    running = _sandboxes[options]
    running.control("POST", "/reset")
    return running


@pytest.fixture
def cloud_sandbox(request: pytest.FixtureRequest) -> Running:
    """Bitbucket Cloud, back at its seed; one a worker."""
    marker = request.node.get_closest_marker("sandbox")
    options = ("--edition", "cloud", *(marker.args if marker else ()))
    if options not in _sandboxes:
        _sandboxes[options] = Running(*options)
    running = _sandboxes[options]
    running.control("POST", "/reset")
    return running


@pytest.fixture
def cloud(cloud_sandbox: Running, tmp_path: Path) -> CloudHome:
    """A home of a person on Cloud; invariants follow."""
    person = CloudHome(tmp_path / "home", tmp_path / "work", cloud_sandbox)
    yield person
    check_all(person)


@pytest.fixture(scope="session")
def own_network() -> None:
    if not is_possible():
        pytest.skip("no network and mounts of our own here")


@pytest.fixture
def names(own_network: None, tmp_path: Path) -> RealHome:
    """A home where Cloud has its real names; invariants follow."""
    options = ("real names",)
    if options not in _sandboxes:
        _sandboxes[options] = RealNames()
    running = _sandboxes[options]
    running.control("POST", "/reset")
    person = RealHome(tmp_path / "home", tmp_path / "work", running)
    yield person
    check_all(person)
    check_connections(person)


@pytest.fixture
def home(sandbox: Running, tmp_path: Path) -> Home:
    """A home with nothing in it but a .gitconfig; invariants follow."""
    person = Home(tmp_path / "home", tmp_path / "work", sandbox)
    yield person
    check_all(person)


def _compiled(name: str, folder: Path, *options: str) -> Path:
    """A helper in C beside the tests, built."""
    program = folder / name
    subprocess.run(["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", *options,
                    "-o", str(program),
                    str(Path(__file__).with_name(f"{name}.c"))], check=True)
    return program


@pytest.fixture(scope="session")
def nthcall(tmp_path_factory: pytest.TempPathFactory) -> NthCall:
    folder = tmp_path_factory.mktemp("nthcall")
    return NthCall(_compiled("nthcall", folder), folder / "list")


@pytest.fixture(scope="session")
def nthalloc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library to preload; see nthalloc.c."""
    return _compiled("nthalloc", tmp_path_factory.mktemp("nthalloc"),
                     "-shared", "-fPIC", "-ldl")


@pytest.fixture
def fast(home: Home) -> Home:
    """Enrolled, untraced, the release build; leftovers are young."""
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.may_leave = True
    yield home


def pytest_sessionfinish() -> None:
    for running in _sandboxes.values():
        running.stop()
