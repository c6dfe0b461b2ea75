"""A person's home in a temporary folder, and the built programs run in it.

Everything is real: git, ssh, a terminal (pexpect), the built git-bbkey.  The
password database says that the home is this folder (libnss-wrapper), so that
ssh looks for ~/.ssh where git does.  Each run is traced by strace, so that
invariants.py can tell which programs were started, with which arguments and
environment, and which addresses were connected to.
"""

from __future__ import annotations

import io
import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests" / "sandbox"))
from client import Running  # noqa: E402

BIN = Path(os.environ.get("BBK_BIN", TREE / "build" / "dev" / "plugin"))
NSS_WRAPPER = next((path for path in [
    *Path("/usr/lib").glob("*/libnss_wrapper.so"),
    Path("/usr/lib/libnss_wrapper.so")] if path.exists()), None)


@dataclass(repr=False)
class Result:
    """What a program did: exit status, both streams, seconds, its trace."""

    argv: list[str]
    status: int
    out: str
    err: str
    seconds: float
    trace: Path | None = None

    def __repr__(self) -> str:
        return (f"$ {shlex.join(self.argv)}\n[status {self.status}]\n"
                f"--- out\n{self.out}\n--- err\n{self.err}")

    @property
    def error(self) -> str:
        """The one line `git-bbkey: <class>: ...`; fails unless one."""
        (line,) = [x for x in self.err.splitlines()
                   if x.startswith("git-bbkey: ") and x.count(": ") > 1]
        return line

    @property
    def error_class(self) -> str:
        return self.error.split(": ")[1]

    @property
    def hint(self) -> str:
        """The hint line, or ''."""
        lines = [x for x in self.err.splitlines() if x.startswith("hint: ")]
        return lines[0] if lines else ""


def is_git_s(event: dict[str, Any]) -> bool:
    """Is that HTTP request one of git's, for a repository?"""
    path = event["path"].split("?")[0]
    return path.endswith(("/info/refs", "/git-upload-pack",
                          "/git-receive-pack"))


@dataclass(repr=False)
class Home:
    """One person on one machine, with one sandbox Bitbucket in reach."""

    folder: Path               # the home itself
    work: Path                 # where clones go
    sandbox: Running
    token: str | None = "project_admin"  # whose token BBKEY_TOKEN is; or none
    tracing: bool = True
    extra: dict[str, str] = field(default_factory=dict)  # more environment
    runs: list[Result] = field(default_factory=list)
    screens: list[io.StringIO] = field(default_factory=list)  # of terminals

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.work.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        (self.folder / ".gitconfig").write_text(
            "[user]\n\tname = T\n\temail = t@localhost\n"
            "[init]\n\tdefaultBranch = main\n"
            f"[http \"{self.sandbox.base_url}\"]\n"
            f"\tsslCAInfo = {self.sandbox.ca}\n")
        database = self.work / ".passwd"
        database.write_text(f"tester:x:{os.getuid()}:{os.getgid()}:T:"
                            f"{self.folder}:/bin/sh\n")
        (self.work / ".group").write_text(f"tester:x:{os.getgid()}:\n")

    # --- addresses ---------------------------------------------------------

    @property
    def base(self) -> str:
        return self.sandbox.base_url

    def https_url(self, project: str = "proj", repo: str = "app") -> str:
        return f"{self.base}/scm/{project}/{repo}.git"

    def ssh_url(self, project: str = "proj", repo: str = "app") -> str:
        return f"{self.sandbox.ready['ssh_url']}/{project}/{repo}.git"

    # --- running -----------------------------------------------------------

    def environment(self, **more: str | None) -> dict[str, str]:
        """What a person's shell would have; None takes a variable out."""
        env: dict[str, str | None] = {
            "HOME": str(self.folder), "USER": "tester", "LANG": "C.UTF-8",
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin", "TERM": "xterm",
            "GIT_CONFIG_NOSYSTEM": "1",
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:"
                            "abort_on_error=1",
            "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1",
        }
        if NSS_WRAPPER:
            env |= {"LD_PRELOAD": str(NSS_WRAPPER),
                    "NSS_WRAPPER_PASSWD": str(self.work / ".passwd"),
                    "NSS_WRAPPER_GROUP": str(self.work / ".group"),
                    "NSS_WRAPPER_DISABLE_DEEPBIND": "1"}
        if self.token:
            env |= {"BBKEY_URL": self.base,
                    "BBKEY_TOKEN": self.sandbox.tokens[self.token]}
        env |= self.extra
        env |= more
        return {k: v for k, v in env.items() if v is not None}

    def _traced(self, argv: list[str]) -> tuple[list[str], Path | None]:
        if not self.tracing:
            return argv, None
        trace = self.work / f".trace-{len(self.runs)}"
        return ["strace", "-f", "-qq", "-v", "-s", "100000", "-o", str(trace),
                "-e", "trace=execve,connect,clone,clone3,fork,vfork",
                "--seccomp-bpf", "--", *argv], trace

    def run(self, *argv: str, cwd: Path | None = None, stdin: str | None = None,
            timeout: float = 60, env: dict[str, str | None] | None = None,
            before: Any = None) -> Result:
        """Runs to the end, without a terminal: a session of its own."""
        command, trace = self._traced(list(argv))
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd or self.work, env=self.environment(**(env or {})),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, preexec_fn=before)
        try:
            out, err = process.communicate(
                stdin.encode() if stdin is not None else None, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(
                f"{argv} did not end in {timeout} s\n{err.decode()}")
        result = Result(list(argv), process.returncode,
                        out.decode("utf-8", "surrogateescape"),
                        err.decode("utf-8", "surrogateescape"),
                        time.monotonic() - start, trace)
        self.runs.append(result)
        return result

    def bbkey(self, *words: str, **how: Any) -> Result:
        """`git bbkey <words>`"""
        return self.run("git", "bbkey", *words, **how)

    def git(self, *words: str, **how: Any) -> Result:
        return self.run("git", *words, **how)

    def terminal(self, *argv: str, cwd: Path | None = None,
                 env: dict[str, str | None] | None = None,
                 columns: int = 80, timeout: float = 30) -> pexpect.spawn:
        """Runs on a real terminal of 80 columns; expect() and sendline()."""
        spawned = pexpect.spawn(argv[0], list(argv[1:]),
                                cwd=str(cwd or self.work),
                                env=self.environment(**(env or {})),
                                encoding="utf-8", timeout=timeout,
                                dimensions=(24, columns))
        spawned.logfile_read = io.StringIO()
        self.screens.append(spawned.logfile_read)
        return spawned

    # --- common beginnings ---------------------------------------------------

    def enrol(self, automatic: str = "always", *more: str) -> Result:
        """What a person does once: init with a base URL."""
        result = self.bbkey("init", self.base, "--auto", automatic, *more)
        assert result.status == 0, result
        return result

    def forget_log(self) -> None:
        """From here on, events() starts anew."""
        self._from = len(self.sandbox.control("GET", "/events"))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Events of a kind since forget_log()."""
        start = getattr(self, "_from", 0)
        return [e for e in self.sandbox.control("GET", f"/events?since={start}")
                if e["kind"] == kind]

    def requests(self, method: str | None = None) -> list[str]:
        """"GET /path" of each HTTP request of ours since forget_log()."""
        return [f"{e['method']} {e['path']}" for e in self.events("http")
                if method in (None, e["method"]) and not is_git_s(e)]

    def git_requests(self) -> list[str]:
        """The same of git's own, for what it fetches over https."""
        return [f"{e['method']} {e['path']}" for e in self.events("http")
                if is_git_s(e)]

    def keys_registered(self, project: str = "PROJ") -> list[dict[str, Any]]:
        """What the server has on this project."""
        reply = self.sandbox.rest(
            "GET", f"/rest/keys/latest/projects/{project}/ssh", "admin")
        return reply.json["values"]

    # --- files ---------------------------------------------------------------

    @property
    def ssh_folder(self) -> Path:
        return self.folder / ".ssh"

    @property
    def state(self) -> Path:
        return self.folder / ".local" / "state" / "git-bbkey"

    @property
    def config(self) -> Path:
        return self.folder / ".config" / "git-bbkey"

    def private_keys(self) -> list[Path]:
        return sorted(p for p in self.ssh_folder.glob("bbkey_*")
                      if p.suffix != ".pub" and ".corrupt-" not in p.name
                      and ".expired-" not in p.name
                      ) if self.ssh_folder.is_dir() else []

    def make_ssh_folder(self) -> Path:
        self.ssh_folder.mkdir(mode=0o700, exist_ok=True)
        return self.ssh_folder

    def make_key(self, path: Path, kind: str = "ed25519",
                 comment: str = "person@home", passphrase: str = "") -> str:
        """A key by ssh-keygen; returns its public line."""
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase,
                        "-C", comment, "-f", str(path)], check=True)
        return Path(f"{path}.pub").read_text().strip()

    def snapshot(self) -> dict[str, tuple]:
        """Every file of the home: mode, link target or bytes (I4)."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            info = path.lstat()
            if stat.S_ISLNK(info.st_mode):
                content: Any = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                content = path.read_bytes()
            else:
                content = None
            found[str(path.relative_to(self.folder))] = (
                stat.filemode(info.st_mode), content)
        return found
