"""I1 to I8 of the acceptance table, checked after every test.

A row that allows more than usual says so: `home.allow.connects.add(...)`.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from home import Home, Result

OURS = ("git-bbkey", "git-bbkey-ssh", "git-credential-bbkey")
# A child of posix_spawn() is told of before its parent's call has returned,
# and its execve in two lines.
EXEC = re.compile(r'^(\d+) +execve\("([^"]*)", \[(.*?)\], \[(.*)\]'
                  r'(?:\) = 0| <unfinished \.\.\.>)')
CHILD = re.compile(r"^(\d+) +(?:<\.\.\. )?(?:clone3?|v?fork)"
                   r"(?:\(.*| resumed>.*)\) += (\d+)$")
CONNECT = re.compile(r"connect\(\d+, \{sa_family=AF_INET6?, (.*?)\}, ")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f"
                     r"\u2028-\u202e\u2060-\u206f]")


def secrets(home: Home) -> list[str]:
    """Every token and password of the sandbox: none may show anywhere."""
    tokens = [t if isinstance(t, str) else t["token"]
              for t in home.sandbox.tokens.values()]
    passwords = [u for u in home.sandbox.users.values() if isinstance(u, str)]
    return [*tokens, *passwords, *getattr(home, "more_secrets", [])]


def programs_below_ours(trace: str) -> list[tuple[str, str, str]]:
    """(program, argv, environment) of whatever git-bbkey started."""
    lines = trace.splitlines()
    parents = {m[2]: m[1] for m in map(CHILD.match, lines) if m}
    ours: set[str] = set()
    found = []

    def inside(pid: str | None) -> bool:
        while pid and pid not in ours:
            pid = parents.get(pid)
        return pid is not None

    for line in lines:
        started = EXEC.match(line)
        if not started:
            continue
        name = Path(started[2]).name
        if inside(started[1]) and name not in OURS:
            found.append((started[2], started[3], started[4]))
        if name == "git-bbkey":
            ours.add(started[1])
    return found


def check_run(home: Home, run: Result) -> None:
    for secret in secrets(home):
        assert secret not in run.out, f"I1: a secret on stdout\n{run.argv}"
        assert secret not in run.err, f"I1: a secret on stderr\n{run.argv}"
        assert secret not in " ".join(run.argv) or home.__dict__.get(
            "secret_in_argv"), "the test itself gave a secret in argv"
    assert "AddressSanitizer" not in run.err, run
    assert "runtime error:" not in run.err, run
    for line in run.err.splitlines():
        if line.startswith(("git-bbkey: ", "hint: ")):
            assert not CONTROL.search(line), f"I7: {line!r}"
            line.encode("utf-8")  # surrogates were bytes that are not UTF-8
    if run.status not in (0, 1, 128) and run.argv[:2] == ["git", "bbkey"]:
        assert any(line.startswith("git-bbkey: ") or line.startswith("fatal:")
                   or line.startswith("usage:")
                   for line in (run.err + run.out).splitlines()), \
            f"I7: status {run.status} and no line that says why\n{run}"
    if run.trace and run.trace.exists():
        check_trace(home, run, run.trace.read_text(errors="replace"))


def check_trace(home: Home, run: Result, trace: str) -> None:
    for program, argv, env in programs_below_ours(trace):
        for secret in secrets(home):
            assert secret not in argv, f"I1: a secret in argv of {program}"
            assert secret not in env, f"I1: a secret in {program}'s environment"
        assert "BBKEY_TOKEN=" not in env, f"I1: BBKEY_TOKEN in {program}"
    for line in trace.splitlines():
        started = EXEC.match(line)
        if started:
            assert "StrictHostKeyChecking=no" not in started[3], line[:300]
            assert "UserKnownHostsFile=/dev/null" not in started[3], line[:300]
            for secret in secrets(home):
                assert secret not in started[3], \
                    f"I1: a secret in argv of {started[2]}"
        address = CONNECT.search(line)
        if address and not any(ok in address[1] for ok in allowed(home)):
            raise AssertionError(f"I5: connect() to {address[1]}")


def allowed(home: Home) -> list[str]:
    """Substrings of addresses that may be connected to: the loopback's."""
    return ['inet_addr("127.0.0.1")', '"::1"', "sin6_port=htons(0)",
            "sin_port=htons(0)", "sin_port=htons(53)",
            *getattr(home, "allow_connects", [])]


def check_files(home: Home) -> None:
    for path in home.folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        if str(path) in getattr(home, "may_hold_secrets", []):
            continue
        try:
            content = path.read_bytes()
        except PermissionError:
            continue
        for secret in secrets(home):
            assert secret.encode() not in content, f"I1: a secret in {path}"
    for key in home.private_keys():
        if str(key) in getattr(home, "not_ours", []):
            continue
        assert key.stat().st_mode & 0o777 == 0o600, f"{key} is not 0600"
        derived = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", str(key)],
                                 capture_output=True, text=True)
        if "passphrase" in derived.stderr:
            continue
        assert derived.returncode == 0, f"I3: {key}: {derived.stderr}"
        public = Path(f"{key}.pub")
        if public.exists():
            assert derived.stdout.split()[:2] == \
                public.read_text().split()[:2], f"I3: halves of two runs: {key}"


def check_leftovers(home: Home) -> None:
    left = [p for p in home.folder.rglob("*")
            if p.name.startswith((".bbkey-new-", "seen-")) or ".new-" in p.name]
    assert not left, f"I8: left behind: {left}"
    lock = home.state / "lock"
    if lock.exists():
        free = subprocess.run(["flock", "-n", str(lock), "true"])
        assert free.returncode == 0, "I8: the lock is held"


def check_server(home: Home, limit: int = 1) -> None:
    """I9: at most one key of this machine on each project."""
    posts: dict[str, int] = {}
    for event in home.sandbox.events("http"):
        if event["method"] == "POST" and event["carried_out"] in (200, 201):
            posts[event["path"]] = posts.get(event["path"], 0) + 1
    for path, count in posts.items():
        assert count <= getattr(home, "allow_posts", limit), \
            f"I9: {count} times POST {path}"


def check_screen(home: Home, text: str) -> None:
    """What was seen on a terminal, programs below git's hooks included."""
    for sign in ("AddressSanitizer", "runtime error:", "Segmentation fault"):
        assert sign not in text, f"{sign}\n{text}"
    for secret in secrets(home):
        assert secret not in text, f"I1: a secret on a screen\n{text}"


def check_all(home: Home) -> None:
    for run in home.runs:
        check_run(home, run)
    for screen in home.screens:
        check_screen(home, screen.getvalue())
    check_files(home)
    if not getattr(home, "may_leave", False):
        check_leftovers(home)
    check_server(home)
