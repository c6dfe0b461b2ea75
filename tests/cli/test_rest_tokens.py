"""Where a token comes from, and which are refused: R19."""

from __future__ import annotations

import os
import socket
import stat

import pexpect
import pytest
from home import Home, Result
from rest_checks import (configure, init, like_plain_ssh, nothing_made,
                         refused, sandbox_keys, secret_file, trust_ssh_host,
                         unchanged, users, with_token)

ROOT = os.getuid() == 0
TOKEN = "NDIzNDU2Nzg5MDEyOnRva2VuLW9mLXRoZS10ZXN0"

# What a source may hold that is no token.  One final line feed is taken off;
# everything else that is not of [A-Za-z0-9._~+/=:-] refuses the whole.
BAD_CONTENT = {
    "empty": b"", "only a line end": b"\n", "two line ends": b"\n\n",
    "CRLF": TOKEN.encode() + b"\r\n", "CR": TOKEN.encode() + b"\r",
    "inner line feed": b"abc\nX-Injected: 1\n",
    "inner CRLF": b"abc\r\nX-Injected: 1\r\n",
    "two lines": TOKEN.encode() + b"\nsecond\n",
    "a blank line behind": TOKEN.encode() + b"\n\n",
    "NUL": b"abc\0def\n", "NUL at the end": TOKEN.encode() + b"\0",
    "BOM": b"\xef\xbb\xbf" + TOKEN.encode(), "escape": b"abc\x1b[2Jdef",
    "DEL": b"abc\x7fdef", "space inside": b"abc def", "space": b" ",
    "space in front": b" " + TOKEN.encode(),
    "space behind": TOKEN.encode() + b" \n", "tab": b"abc\tdef",
    "not ASCII": "t\u00f6ken".encode(), "not UTF-8": b"abc\xff\xfe",
    "quotes": b'"' + TOKEN.encode() + b'"',
    "4097 bytes": b"a" * 4097, "8193 bytes": b"a" * 8193,
    "1 MB": b"a" * 1_000_000}


def take(home: Home, source: str, path: str) -> list[str]:
    """Makes this file the source; returns the options."""
    if source == "--token-file":
        return ["--token-file", path]
    configure(home, f"bbkey.{home.base}.tokenFile", path)
    return []


def said_no(home: Home, result: Result, *more: bytes) -> list[str]:
    """What is wrong with this refusal of a token, if anything."""
    wrong = []
    # CONTRACT.md gives a file that is too large no class of its own
    if result.status not in (3, 9) or "git-bbkey: " not in result.err:
        wrong.append(f"status {result.status}: {result.err[-200:]!r}")
    if with_token(home):
        wrong.append(f"sent: {with_token(home)}")
        home.forget_log()
    if result.seconds > 5:
        wrong.append(f"{result.seconds:.0f} s")
    for value in more:
        for line in value.splitlines():
            if len(line) > 5 and line.decode("latin-1") in result.err:
                wrong.append("the value is shown")
    return wrong


# --- files -------------------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("source", ["--token-file", "tokenFile"])
def test_r19_a_file_with_anything_but_a_token_is_refused(home: Home,
                                                         source: str):
    """And no other source takes its place: the first hit counts."""
    home.tracing = False
    path = home.work / "token"
    more = take(home, source, str(path))
    if source == "tokenFile":
        home.token = None       # else BBKEY_TOKEN comes first
    wrong = {}
    with unchanged(home):
        for name, content in BAD_CONTENT.items():
            secret_file(home, "token", content)
            result = init(home, *more)
            if found := said_no(home, result, content):
                wrong[name] = found
            if str(path) not in result.err:
                wrong[name + " (which?)"] = result.err
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("source", ["--token-file", "tokenFile"])
def test_r19_a_file_that_is_not_the_persons_own_is_refused(home: Home,
                                                           source: str):
    home.tracing = False
    home.token = "project_admin" if source == "--token-file" else None
    good = home.sandbox.tokens["project_admin"] + "\n"
    name = home.work / "it"
    more = take(home, source, str(name))

    def link(target: str) -> None:
        name.symlink_to(target)

    def fifo() -> None:
        os.mkfifo(name, 0o600)

    def unix_socket() -> None:
        folder = os.open(name.parent, os.O_RDONLY)  # its path is too long
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(f"/proc/self/fd/{folder}/{name.name}")
        os.close(folder)

    def other() -> None:
        secret_file(home, "it", good)
        os.chown(name, 65534, 65534)

    secret_file(home, "good", good)
    os.mkfifo(home.work / "pipe", 0o600)
    cases = {"missing": lambda: None, "folder": name.mkdir, "FIFO": fifo,
             "link to a good one": lambda: link(str(home.work / "good")),
             "link to a FIFO": lambda: link(str(home.work / "pipe")),
             "dangling link": lambda: link("nowhere"),
             "loop": lambda: link("it"), "socket": unix_socket,
             "device": lambda: link("/dev/zero")}
    for mode in (0o644, 0o640, 0o604, 0o620, 0o660, 0o601, 0o777):
        cases[f"mode {mode:o}"] = (
            lambda mode=mode: secret_file(home, "it", good, mode))
    if ROOT:
        cases["another owner"] = other
    else:
        cases["not readable"] = lambda: secret_file(home, "it", good, 0)
    wrong = {}
    for case, make in cases.items():
        make()
        result = init(home, *more, timeout=20)
        if found := said_no(home, result):
            wrong[case] = found
        if str(name) not in result.err:
            wrong[case + " (which?)"] = result.err
        if case.startswith("mode") and "chmod 600" not in result.err:
            wrong[case + " (hint)"] = result.err
        if name.is_dir() and not name.is_symlink():
            name.rmdir()
        elif os.path.lexists(name):
            name.unlink()
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R19")
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "/dev/tty",
                                  "/dev/null", "/proc/self/environ", "-", ""])
def test_r19_what_only_looks_like_a_file_is_refused(home: Home, path: str):
    result = init(home, "--token-file", path, timeout=20, stdin="x\n")
    refused(result, "auth", "usage")
    assert with_token(home) == []


@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("end", ["", "\n"])
def test_r19_a_good_file_is_taken(home: Home, mode: int, end: str):
    home.token = None
    path = secret_file(home, "token",
                       home.sandbox.tokens["project_admin"] + end, mode)
    before = path.stat()
    result = home.bbkey("init", home.base, "--token-file", str(path))
    assert result.status == 0, result
    assert users(home) == {"dev"}
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.stat().st_mtime == before.st_mtime


@pytest.mark.row("R19")
def test_r19_a_tilde_is_the_home_and_a_relative_path_the_folder(home: Home):
    home.tracing = False
    home.token = None
    token = home.sandbox.tokens["project_admin"]
    path = home.folder / ".token"
    path.write_text(token)
    path.chmod(0o600)
    home.may_hold_secrets = [str(path)]
    configure(home, f"bbkey.{home.base}.tokenFile", "~/.token")
    assert home.bbkey("init", home.base).status == 0
    secret_file(home, "here", token)
    assert home.bbkey("init", home.base, "--token-file",
                      "here").status == 0


@pytest.mark.row("R19")
def test_r19_a_plain_clone_with_a_bad_token_file_ends_as_ssh_would(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.token = None
    home.forget_log()
    pipe = home.work / "pipe"
    os.mkfifo(pipe, 0o600)
    configure(home, f"bbkey.{home.base}.tokenFile", str(pipe))
    clone = like_plain_ssh(home)
    assert "Permission denied" in clone.err and str(pipe) in clone.err
    assert with_token(home) == [] == sandbox_keys(home)


# --- the environment ---------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R19")
def test_r19_a_variable_with_anything_but_a_token_is_refused(home: Home):
    """Empty counts as not set, as in most programs: no token then."""
    home.tracing = False
    wrong = {}
    for name, content in BAD_CONTENT.items():
        if b"\0" in content or len(content) > 100_000:
            continue
        text = content.decode("utf-8", "surrogateescape")
        result = init(home, env={"BBKEY_TOKEN": text})
        if found := said_no(home, result, content):
            wrong[name] = found
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R19")
@pytest.mark.parametrize("user", ["a\r\nX-Injected: 1", "a\nb", "a:b",
                                  "a\x1bb", "x" * 5000])
def test_r19_a_user_name_cannot_carry_a_header(home: Home, user: str):
    result = init(home, env={"BBKEY_USER": user})
    assert result.status != 0, result
    assert users(home) <= {None}


@pytest.mark.row("R19")
def test_r19_a_user_name_makes_it_basic(home: Home):
    result = home.bbkey("init", home.base, env={"BBKEY_USER": "dev"})
    assert result.status == 0, result
    kinds = {e["auth"] for e in home.events("http")}
    assert kinds == {"none", "basic"} and "dev" in users(home)


# --- commands ----------------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R19")
def test_r19_a_command_with_anything_but_a_token_is_refused(home: Home):
    home.tracing = False
    home.token = None
    output = home.work / "output"
    script = home.work / "token-command"
    script.write_text(f"#!/bin/sh\ncat '{output}'\n")
    script.chmod(0o700)
    configure(home, f"bbkey.{home.base}.tokenCommand", str(script))
    wrong = {}
    for name, content in BAD_CONTENT.items():
        output.write_bytes(content)
        if found := said_no(home, init(home), content):
            wrong[name] = found
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R19")
@pytest.mark.parametrize("command", [
    "exit 1", "echo " + TOKEN + "; exit 3", "kill -9 $$", "no-such-program",
    "true", "yes", "cat"])
def test_r19_a_command_that_fails_is_refused(home: Home, command: str):
    """Its output does not count then; it has no standard input of ours."""
    home.token = None
    home.more_secrets = []
    configure(home, f"bbkey.{home.base}.tokenCommand", command)
    result = init(home, timeout=45, stdin="from-stdin\n")
    refused(result, "auth")
    assert with_token(home) == []
    assert result.seconds < 10, "what is too long already is not waited for"


@pytest.mark.row("R19")
def test_r19_a_command_gets_no_token_of_another_source(home: Home):
    """BBKEY_TOKEN is for another instance; the command must not see it."""
    seen = home.work / "seen"
    configure(home, f"bbkey.{home.base}.tokenCommand",
              f"env > '{seen}'; exit 1")
    refused(init(home, env={"BBKEY_URL": "https://other.example"}), "auth")
    assert "BBKEY_" not in seen.read_text()


# --- git's helpers -----------------------------------------------------------

def store(home: Home, line: str) -> None:
    """A credential of git-credential-store."""
    path = home.folder / ".git-credentials"
    path.write_text(line + "\n")
    path.chmod(0o600)
    home.may_hold_secrets = [str(path)]
    configure(home, "credential.helper", "store")


def place(home: Home) -> str:
    return home.base.split("/")[2]


@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("path", ["", "/bitbucket"])
def test_r19_a_stored_credential_is_found(home: Home, path: str):
    home.token = None
    token = home.sandbox.tokens["project_admin"]
    store(home, f"https://dev:{token}@{place(home)}{path}")
    if path:
        configure(home, f"credential.{home.base}.useHttpPath", "true")
    result = home.bbkey("init", home.base)
    assert result.status == 0, result
    assert users(home) == {"dev"}


@pytest.mark.row("R19")
@pytest.mark.parametrize("where", ["https://{u}@localhost", "http://{u}@{p}",
                                   "https://{u}@evil-{p}",
                                   "https://{u}@{h}:1"])
def test_r19_a_credential_of_another_place_is_not_taken(home: Home,
                                                        where: str):
    home.token = None
    token = home.sandbox.tokens["project_admin"]
    store(home, where.format(u=f"dev:{token}", p=place(home),
                             h=place(home).split(":")[0]))
    refused(init(home), "auth")
    assert with_token(home) == []


@pytest.mark.row("R19")
@pytest.mark.parametrize("words", ["password=", "password=a%0d%0aX: 1",
                                   "password=two words\nquit=0",
                                   "quit=1", "garbage", ""])
def test_r19_a_helper_that_talks_nonsense_is_no_source(home: Home,
                                                       words: str):
    home.token = None
    answer = home.work / "answer"
    answer.write_text("username=dev\n" + words.replace("%0d%0a", "\r") + "\n")
    configure(home, "credential.helper", f"!cat '{answer}'; true")
    result = init(home, timeout=20)
    refused(result, "auth")
    assert users(home) <= {None}


@pytest.mark.row("R19")
def test_r19_no_helper_is_asked_to_store_or_erase(home: Home):
    home.token = None
    log = home.work / "log"
    token = secret_file(home, "secret", "password=" + home.sandbox.tokens[
        "project_admin"] + "\n")
    configure(home, "credential.helper",
              f"!f() {{ echo $1 >> '{log}'; echo username=dev; "
              f"test $1 = get && cat '{token}'; }}; f")
    assert home.bbkey("init", home.base).status == 0
    assert set(log.read_text().split()) == {"get"}


@pytest.mark.row("R19")
def test_r19_git_askpass_is_honoured(home: Home):
    """CONTRACT.md: GIT_ASKPASS, SSH_ASKPASS and core.askPass are git's."""
    home.token = None
    token = secret_file(home, "secret", home.sandbox.tokens["project_admin"])
    script = home.work / "askpass"
    script.write_text(f"#!/bin/sh\ncase $1 in\n"
                      f"Username*) echo dev;;\n*) cat '{token}';;\nesac\n")
    script.chmod(0o700)
    result = home.bbkey("init", home.base, env={"GIT_ASKPASS": str(script)})
    assert result.status == 0, result
    assert users(home) == {"dev"}


@pytest.mark.row("R19")
@pytest.mark.parametrize("answer", ["exit 1", "echo"])
def test_r19_a_window_that_is_closed_is_no_token(home: Home, answer: str):
    """What to do without one is said, as on a terminal."""
    home.token = None
    script = home.work / "askpass"
    script.write_text(f"#!/bin/sh\necho >> asked\n{answer}\n")
    script.chmod(0o700)
    init = home.bbkey("init", home.https_url(),
                      env={"GIT_ASKPASS": str(script)})
    assert init.error_class == "auth", init
    assert "there is no token for" in init.err
    assert f"git bbkey request {home.https_url()}" in init.hint
    asked = len((home.work / "asked").read_text().splitlines())
    assert asked == (1 if answer == "exit 1" else 2)


# --- which comes first -------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R19")
def test_r19_the_first_source_counts(home: Home):
    """Each has a token of somebody else; one after the other is taken away."""
    home.tracing = False
    tokens = home.sandbox.tokens
    option = secret_file(home, "option", tokens["admin"])
    configure(home, f"bbkey.{home.base}.tokenFile", str(
        secret_file(home, "file", tokens["reader"])))
    configure(home, f"bbkey.{home.base}.tokenCommand", "cat '%s'" %
              secret_file(home, "command", tokens["admin"]))
    store(home, f"https://dev:{tokens['project_admin']}@{place(home)}")
    other = {"BBKEY_URL": "https://bitbucket.example.com",
             "BBKEY_TOKEN": tokens["admin"]}
    seen = []

    def ask(*more: str, **env: str | None) -> None:
        home.forget_log()
        home.bbkey("init", home.base, "--dry-run", *more, env=env)
        seen.append(users(home))

    home.token = "project_admin"
    ask("--token-file", str(option))
    ask()
    home.token = None
    ask(**other)                     # BBKEY_TOKEN is of another instance
    ask(BBKEY_TOKEN=tokens["admin"])   # no BBKEY_URL: for no instance
    home.git("config", "--global", "--unset",
             f"bbkey.{home.base}.tokenFile")
    ask(**other)
    home.git("config", "--global", "--unset",
             f"bbkey.{home.base}.tokenCommand")
    ask(**other)
    assert seen == [{"admin"}, {"dev"}, {"member"}, {"member"}, {"admin"},
                    {"dev"}]


@pytest.mark.row("R19")
def test_r19_the_answer_without_any_says_how_to_give_one(home: Home):
    home.token = None
    result = init(home)
    refused(result, "auth")
    for word in ("BBKEY_URL", "BBKEY_TOKEN", "--token-file"):
        assert word in result.hint
    assert home.base in result.error
    nothing_made(home)


# --- a person ----------------------------------------------------------------

def until_the_end(screen: pexpect.spawn) -> str:
    screen.expect(pexpect.EOF)
    text = screen.before
    screen.close()
    return text


@pytest.mark.user
@pytest.mark.row("R19")
def test_r19_a_person_is_asked_once_and_nothing_is_shown(home: Home):
    home.token = None
    token = home.sandbox.tokens["project_admin"]
    screen = home.terminal("git", "bbkey", "init", home.https_url())
    screen.expect("[Tt]oken.*: ?$")
    asked = screen.before + screen.after
    assert home.base in asked
    assert "Username" not in asked, "git's own question came first"
    screen.sendline(token)
    text = until_the_end(screen)
    assert screen.exitstatus == 0, text
    assert token not in text
    assert "oken for" not in text, "asked again"
    assert users(home) == {"dev"} and len(sandbox_keys(home)) == 1


@pytest.mark.row("R19")
@pytest.mark.parametrize("answer, status", [
    ("", 3), ("two words", 3), ("wrong-token", 3), ("\x04", 130),
    ("\x03", 130), ("x" * 4000, 3)])
def test_r19_a_persons_other_answers(home: Home, answer: str, status: int):
    """Also: the terminal is as it was before (I8)."""
    home.token = None
    script = ("before=$(stty -g); git bbkey init '%s'; echo status $?; "
              "test \"$before\" = \"$(stty -g)\" && echo same" %
              home.https_url())
    shell = home.terminal("bash", "-c", script)
    shell.expect("[Tt]oken.*: ?$")
    if answer in ("\x03", "\x04"):
        shell.send(answer)
    else:
        shell.sendline(answer)
    text = until_the_end(shell)
    if answer == "\x03":
        # bash ends with the signal; the status cannot be echoed
        assert "same" in text or shell.exitstatus == 130 or \
            shell.signalstatus == 2, text
    else:
        assert f"status {status}" in text and "same" in text, text
    assert not answer or len(answer) < 2 or answer[:30] not in text
    nothing_made(home)


@pytest.mark.row("R19")
@pytest.mark.parametrize("how", ["GIT_TERMINAL_PROMPT=0", "--yes"])
def test_r19_nobody_is_asked_who_does_not_want_it(home: Home, how: str):
    home.token = None
    more = [how] if how.startswith("-") else []
    env = {} if more else {"GIT_TERMINAL_PROMPT": "0"}
    screen = home.terminal("git", "bbkey", "init", *more, home.https_url(),
                           env=env, timeout=10)
    text = until_the_end(screen)
    assert screen.exitstatus == 3, text
    assert "git-bbkey: auth: " in text
    nothing_made(home)


@pytest.mark.user
@pytest.mark.row("R19")
def test_r19_a_person_is_asked_by_a_plain_clone_too(home: Home):
    """auto=ask: may I, and then the token; never on git's own pipes."""
    home.enrol("ask")
    trust_ssh_host(home)
    token = home.sandbox.tokens["project_admin"]
    home.token = None
    home.forget_log()
    screen = home.terminal("git", "clone", home.ssh_url(), "app")
    screen.expect(r"\? \[Y/n\] ")
    screen.sendline("")
    screen.expect("[Tt]oken.*: ?$")
    screen.sendline(token)
    text = until_the_end(screen)
    assert screen.exitstatus == 0, text
    assert token not in text
    assert (home.work / "app" / "README.md").exists()


@pytest.mark.row("R19")
def test_r19_a_no_to_a_plain_clone_is_plain_ssh(home: Home):
    home.enrol("ask")
    trust_ssh_host(home)
    home.forget_log()
    screen = home.terminal("git", "clone", home.ssh_url(), "app")
    screen.expect(r"\? \[Y/n\] ")
    screen.sendline("n")
    text = until_the_end(screen)
    assert screen.exitstatus == 128
    assert "Permission denied (publickey" in text
    assert with_token(home) == [] and sandbox_keys(home) == []
    assert home.private_keys() == []
