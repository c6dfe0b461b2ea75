"""An https URL that ssh cannot be had for, beside git alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import stopwatch
from instance import Person, Running, environment, person
from pairs import Took, measure
from result import Result
from settled import BIG, make_big


def by_itself(home: Person) -> dict[str, str]:
    """git with what it needs for this server, and without us."""
    config = home.work / "by-itself"
    config.write_text(f"[http]\n\tsslCAInfo = {home.sandbox.ca}\n"
                      "[credential]\n\thelper = store\n[init]\n"
                      "\tdefaultBranch = main\n")
    return environment(home) | {"GIT_CONFIG_GLOBAL": str(config)}


def without_a_key(folder: Path, sandbox: Running) -> Person:
    """Who has a login for https, and whom nobody can ask for more."""
    home = person(folder, sandbox)
    home.enrol("ask")
    home.token = None
    store = home.folder / ".git-credentials"
    host = home.base.removeprefix("https://").split("/")[0]
    store.write_text(f"https://member:{sandbox.users['member']}@{host}\n")
    store.chmod(0o600)
    assert home.git("config", "--global", "credential.helper",
                    "store").status == 0
    return home


def large(home: Person, repetitions: int) -> Iterator[Result]:
    """First ssh in vain, then 200 MB through the transport."""
    clone = home.work / "clone"

    def side(env: dict[str, str]) -> Took:
        shutil.rmtree(clone, ignore_errors=True)
        return stopwatch.run(["git", "clone", "-q", "--bare",
                              home.https_url(repo="tool"), str(clone)], env,
                             home.work).took

    ours, theirs = environment(home), by_itself(home)
    yield Result.of("`git clone` of 200 MB / by git alone",
                    measure(lambda: side(ours), lambda: side(theirs),
                            repetitions), 1.1)


def small(home: Person, repetitions: int) -> Iterator[Result]:
    """A URL that was left alone: there is nothing of ours in between."""
    url, clone = home.https_url(), home.work / "clone"
    ours, theirs = environment(home), by_itself(home)
    shutil.rmtree(clone, ignore_errors=True)
    assert home.git("clone", "-q", url, str(clone)).status == 0
    subprocess.run(["git", "config", "--file",
                    str(home.config / "https" / "config"),
                    f"url.{url}.insteadOf", url], check=True)

    def side(env: dict[str, str]) -> Took:
        return stopwatch.run(["git", "ls-remote", "-q"], env, clone).took

    yield Result.of("`git ls-remote` of a URL that was left alone / by git "
                    "alone", measure(lambda: side(ours), lambda: side(theirs),
                                     repetitions * 4, warm_up=3), None,
                    "what is more is git: it starts git-credential-bbkey "
                    "twice, by another git, beside the helper that has a "
                    "login")


def over_https(folder: Path, repetitions: int) -> Iterator[Result]:
    """Both, on one sandbox."""
    server = folder / "sandbox"
    with Running("--dir", str(server), "--context", "/bitbucket") as sandbox:
        home = without_a_key(folder, sandbox)
        yield from small(home, repetitions)
        make_big(server / "git" / "proj" / "tool.git", BIG)
        yield from large(home, repetitions)
