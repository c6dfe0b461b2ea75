"""`git bbkey request`: what a person without admin rights sends to an admin.

The admin's part is really played: the curl line is run by sh against the
sandbox, with the admin's token in the environment, as the text says.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import subprocess
from pathlib import Path

import pexpect
import pytest
from cloudhome import CloudHome
from home import BIN, Home, Result

HOSTILE = """it's "$(touch pwned)" `touch pwned` \\ %s ;& ü"""


# --- helpers -----------------------------------------------------------------

@pytest.fixture
def person(home: Home) -> Home:
    """Somebody without any token."""
    home.token = None
    return home


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


def asked(run: Result) -> dict:
    data = json.loads(ok(run).out)
    assert list(data) == ["version", "request"] and data["version"] == 1
    assert list(data["request"]) == [
        "base_url", "edition", "project", "workspace", "repo", "scope",
        "permission", "label", "public_key", "fingerprint", "expires_days",
        "page", "curl", "text"]
    return data["request"]


def run_curl(home: Home, line: str) -> dict:
    """As an admin would: pasted into a shell, the token in its environment."""
    assert "TOKEN" not in line.split(" | ")[1], "anybody may read curl's argv"
    folder = home.work / "admin"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["sh", "-c", f"{line} -sS -w '\\n%{{http_code}}'"], cwd=folder,
        capture_output=True, text=True, timeout=20,
        env={"PATH": "/usr/bin:/bin", "CURL_CA_BUNDLE": home.sandbox.ca,
             "TOKEN": home.sandbox.tokens["project_admin"]})
    reply, status = done.stdout.rsplit("\n", 1)
    assert status == "201", (done, line)
    assert list(folder.iterdir()) == [], "the shell ran a part of the label"
    return json.loads(reply)


def opens(home: Home, repo: str = "app", project: str = "proj") -> bool:
    """Does plain ssh, with the one key that is there, open the repository?"""
    (key,) = home.private_keys()
    known = home.work / "known"
    known.write_text("".join(
        f"[localhost]:{home.sandbox.ready['ssh_url'].rsplit(':', 1)[1]} "
        f"{host_key['public']}\n"
        for host_key in home.sandbox.ready["host_keys"]))
    return home.git("ls-remote", home.ssh_url(project, repo), env={
        "GIT_SSH_COMMAND": f"ssh -F /dev/null -i {key} -o IdentitiesOnly=yes "
                           f"-o UserKnownHostsFile={known}"}).status == 0


def paragraphs(text: str) -> list[str]:
    return text.strip().split("\n\n")


def pasted(text: str, begins: str) -> str:
    """The one paragraph that begins like this: a line to copy."""
    (found,) = [p for p in paragraphs(text) if p.startswith(begins)]
    assert "\n" not in found, found
    return found


def programs(home: Home, **endings: str) -> Path:
    """Programs that write down their arguments and their input."""
    folder = home.work / "programs"
    folder.mkdir(exist_ok=True)
    for name, ending in endings.items():
        path = folder / name.replace("_", "-")
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"$0.argv"\n'
                        f'/bin/cat >"$0.stdin"\n{ending}\n')
        path.chmod(0o755)
    return folder


def screen(home: Home, folder: Path, **more: str) -> dict[str, str]:
    """A display, with these programs in front of all others."""
    return {"PATH": f"{folder}:{home.environment()['PATH']}", "DISPLAY": ":9",
            **more}


# --- what is said ------------------------------------------------------------

@pytest.mark.user
def goes_on(person: Home) -> str:
    """Where ssh is, nobody can tell without a token but the web page."""
    return (f"git bbkey init --wait --scope project --base '{person.base}' "
            "<the SSH URL that Bitbucket shows under Clone>")


def test_with_a_token_it_goes_on_with_the_url_as_it_was(home: Home):
    home.token = "reader"
    run = ok(home.bbkey("request", home.https_url()))
    assert pasted(run.out, "git bbkey init") == \
        f"git bbkey init --wait --scope project {home.https_url()}"


def test_the_text_is_on_stdout_and_needs_no_token_and_no_network(person: Home):
    run = ok(person.bbkey("request", person.https_url()))
    (key,) = person.private_keys()
    line = Path(f"{key}.pub").read_text().strip()
    assert pasted(run.out, "ssh-ed25519 ") == line
    assert pasted(run.out, f"{person.base}/plugins") == \
        f"{person.base}/plugins/servlet/ssh/projects/PROJ/keys"
    assert pasted(run.out, "git bbkey init") == goes_on(person)
    assert "made" in run.err and len(run.err.splitlines()) == 1
    assert person.requests() == [] and person.events("ssh_connect") == []
    assert "connect(" not in re.sub(r"connect\(\d+, \{sa_family=AF_UNIX.*", "",
                                    run.trace.read_text())


def test_of_a_whole_project_a_repository_is_what_to_wait_with(person: Home):
    """ssh cannot be tried with the page of a project."""
    page = f"{person.base}/projects/PROJ"
    run = ok(person.bbkey("request", page))
    assert pasted(run.out, "git bbkey init") == goes_on(person)
    person.token = "reader"
    run = ok(person.bbkey("request", page))
    assert pasted(run.out, "git bbkey init") == \
        "git bbkey init --wait --scope project " \
        "<clone URL of a repository in it>"


def test_prose_fits_80_columns_and_is_ascii(person: Home):
    run = ok(person.bbkey("request", person.https_url(), "--scope", "repo",
                          "--write", "--expires", "30"))
    assert run.out.isascii()
    long = [x for x in run.out.splitlines() if len(x) > 80]
    assert all(x.startswith(("ssh-", "printf ", "http", "git bbkey"))
               for x in long), long


def test_the_private_key_and_tokens_are_nowhere_in_it(home: Home):
    """The token in the environment is not used, and not shown."""
    run = ok(home.bbkey("request", home.https_url(), "--json"))
    (key,) = home.private_keys()
    for line in key.read_text().splitlines():
        assert line not in run.out + run.err
    assert not [s for s in home.sandbox.tokens.values()
                if s in run.out + run.err]
    assert home.requests() == []


def test_a_second_run_says_the_same_with_the_same_key(person: Home):
    first = ok(person.bbkey("request", person.https_url()))
    before = person.snapshot()
    second = ok(person.bbkey("request", person.https_url()))
    assert second.out == first.out and second.err == ""
    assert person.snapshot() == before


@pytest.mark.row("L12")
def test_several_at_once_ask_for_one_key(person: Home):
    """L12: even where the lock would not hold them, link() lets one win."""
    running = [subprocess.Popen(
        ["git", "bbkey", "request", "--json", person.https_url()],
        cwd=person.work, env=person.environment(), stdout=subprocess.PIPE)
        for _ in range(6)]
    keys = {json.loads(p.communicate(timeout=30)[0])["request"]["public_key"]
            for p in running}
    assert len(keys) == len(person.private_keys()) == 1, keys


def holds_open(process: subprocess.Popen, path: Path) -> bool:
    folder = Path(f"/proc/{process.pid}/fd")
    try:
        return any(os.readlink(fd) == str(path) for fd in folder.iterdir())
    except OSError:
        return False


@pytest.mark.row("L12")
def test_a_key_is_made_under_the_lock_only(person: Home):
    """L12: somebody else is making one; it waits, and makes none meanwhile."""
    person.state.mkdir(parents=True)
    with open(person.state / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [BIN / "git-bbkey", "request", person.https_url()],
            cwd=person.work, env=person.environment(),
            stdout=subprocess.PIPE, text=True)
        while not holds_open(process, person.state / "lock"):
            assert process.poll() is None, "it did not wait"
        assert person.private_keys() == []
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and pasted(out, "ssh-ed25519 ")
    assert len(person.private_keys()) == 1


def test_the_key_of_a_project_on_record_is_the_one_to_ask_for(home: Home):
    own = home.make_ssh_folder() / "id_mine"
    public = home.make_key(own)
    ok(home.bbkey("init", home.https_url(), "--key", str(own)))
    home.token = None
    request = asked(home.bbkey("request", home.https_url(), "--write",
                               "--json"))
    assert request["public_key"] == public
    assert home.private_keys() == []
    account = asked(home.bbkey("request", home.https_url(), "--scope",
                               "personal", "--json"))
    assert account["public_key"] != public, "it cannot be both"


def test_inside_a_repository_its_remote_is_meant(person: Home):
    """An instance that only the repository names needs a person's word."""
    ok(person.git("init", "-q", "r"))
    ok(person.git("remote", "add", "work", person.https_url(), cwd=person.work
                  / "r"))
    wrong = person.bbkey("request", cwd=person.work / "r")
    assert wrong.error_class == "not-bitbucket", wrong
    request = asked(person.bbkey("request", "--base", person.base, "--json",
                                 cwd=person.work / "r"))
    assert request["project"] == "PROJ"


@pytest.mark.parametrize("words", [[], ["--remote", "work"],
                                   ["--label", "the robot"]])
def test_inside_a_repository_it_goes_on_there(person: Home, words: list):
    person.token = "reader"
    person.enrol("always")
    person.token = None
    ok(person.git("init", "-q", "r"))
    folder = person.work / "r"
    ok(person.git("remote", "add", "work", person.https_url(), cwd=folder))
    run = ok(person.bbkey("request", *words, cwd=folder))
    assert "goes on, in the repository that this was asked in, with:" in \
        " ".join(run.out.split())
    line = pasted(run.out, "git bbkey init")
    assert person.base not in line and line.startswith(
        "git bbkey init --wait --scope project")
    reply = run_curl(person, pasted(run.out, "printf "))
    assert reply["key"]["label"] == (words[1] if "--label" in words else
                                     reply["key"]["label"])
    ok(person.run("sh", "-c", line, cwd=folder))
    assert person.git("config", "remote.work.url", cwd=folder).out.strip() \
        == person.ssh_url()
    assert person.bbkey("status", cwd=folder).out.endswith("Ready.\n")


def test_an_ssh_url_goes_with_its_base(person: Home):
    run = ok(person.bbkey("request", person.ssh_url(), "--base", person.base))
    assert pasted(run.out, "git bbkey init") == \
        (f"git bbkey init --wait --scope project --base '{person.base}' "
         f"{person.ssh_url()}")


def test_a_personal_key_needs_no_admin(person: Home):
    run = ok(person.bbkey("request", person.base, "--scope", "personal"))
    assert "No admin is needed" in run.out and "curl" not in run.out
    pasted(run.out, f"{person.base}/plugins/servlet/ssh/account/keys")


@pytest.mark.parametrize("words,error", [
    ([], "usage"),
    (["--scope", "repo", "{base}/projects/PROJ"], "usage"),
    (["{base}"], "usage"),
    (["{base}/projects/PROJ", "--expires", "0"], "usage"),
    (["{base}/projects/PROJ", "--label", "a\nb"], "usage"),
    (["{base}/projects/PROJ", "--passphrase"], "usage"),
    (["{base}/scm/proj/$(id).git"], "not-bitbucket"),
    (["ssh://git@elsewhere.invalid/proj/app.git"], "not-bitbucket"),
    (["{base}/projects/PROJ", "--key", "/nowhere"], "keyfile"),
])
def test_what_cannot_be_asked_for_makes_no_key(person: Home, words: list,
                                               error: str):
    run = person.bbkey("request", *[w.format(base=person.base)
                                    for w in words])
    assert run.error_class == error and run.out == "", run
    assert person.private_keys() == []


def test_dry_run_makes_copies_and_opens_nothing(person: Home):
    folder = programs(person, xclip="", xdg_open="")
    before = person.snapshot()
    run = ok(person.bbkey("request", person.https_url(), "-n", "--copy",
                          "--open", env=screen(person, folder)))
    assert run.out == "" and "would be made" in run.err
    assert person.snapshot() == before and not list(folder.glob("*.argv"))
    run = ok(person.bbkey("request", person.https_url(), "-n", "--json"))
    assert json.loads(run.out) == {"version": 1, "request": None}
    assert run.err == ""


# --- what the admin does -----------------------------------------------------

@pytest.mark.parametrize("words,grant,elsewhere", [
    ([], "PROJECT_READ", True),
    (["--write"], "PROJECT_WRITE", True),
    (["--scope", "repo"], "REPO_READ", False),
    (["--scope", "repo", "--write", "--expires", "90"], "REPO_WRITE", False),
])
def test_the_curl_line_registers_the_key_and_ssh_gets_in(
        person: Home, words: list, grant: str, elsewhere: bool):
    run = ok(person.bbkey("request", person.https_url(), *words))
    assert not opens(person)
    reply = run_curl(person, pasted(run.out, "printf "))
    assert reply["permission"] == grant
    assert reply["key"].get("expiryDays") == (90 if "90" in words else None)
    assert opens(person) and opens(person, "tool") == elsewhere


@pytest.mark.parametrize("scope,form,label", [
    ("project", "text", None), ("project", "json", "the robot"),
    ("repo", "text", HOSTILE), ("repo", "json", None)])
def test_the_curl_line_for_cloud_does_so_too(cloud: CloudHome, scope: str,
                                             form: str, label: str | None):
    """With a token that tells the project; pasted by its admin."""
    cloud.token = "reader"
    words = ["request", cloud.https_url(), "--scope", scope,
             *(["--label", label] if label else [])]
    text = ok(cloud.bbkey(*words)).out
    line = pasted(text, "printf ") if form == "text" else \
        asked(cloud.bbkey(*words, "--json"))["curl"]
    assert line == pasted(text, "printf ")
    assert f"admin:{'project' if scope == 'project' else 'repository'}" \
        ":bitbucket and write:ssh-key:bitbucket" in " ".join(text.split())
    token = cloud.sandbox.tokens[f"{scope}_only"]
    folder = cloud.work / "admin"
    folder.mkdir()
    done = subprocess.run(
        ["sh", "-c", f"{line} -sS -w '\\n%{{http_code}}'"], cwd=folder,
        capture_output=True, text=True, timeout=20,
        env={"PATH": "/usr/bin:/bin", "CURL_CA_BUNDLE": cloud.sandbox.ca,
             "TOKEN": token["token"], "EMAIL": token["user"]})
    reply, status = done.stdout.rsplit("\n", 1)
    assert status in ("200", "201"), (done, line)
    assert list(folder.iterdir()) == [] and (
        label is None or json.loads(reply)["label"] == label)
    (grant,) = cloud.deploy_keys(scope)
    cloud.token = None
    before = len(cloud.requests("POST"))
    ok(cloud.run("sh", "-c", pasted(text, "git bbkey init")))
    assert len(cloud.requests("POST")) == before, "it is there already"
    assert cloud.git("clone", cloud.https_url(), "app").status == 0
    assert grant["key"].split()[1] in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_hostile_label_arrives_as_it_is(person: Home, form: str):
    """Quotes, $(...) and backquotes are a name, in sh and in JSON."""
    words = ["request", person.https_url(), "--label", HOSTILE]
    if form == "json":
        line = asked(person.bbkey(*words, "--json"))["curl"]
    else:
        line = pasted(ok(person.bbkey(*words)).out, "printf ")
    assert run_curl(person, line)["key"]["label"] == HOSTILE
    assert opens(person)


def test_a_hostile_comment_in_a_key_of_ones_own_is_not_shown(person: Home):
    own = person.make_ssh_folder() / "id_mine"
    person.make_key(own, comment="x\x1b]0;pwned\x07 \u202e $(id)'")
    run = ok(person.bbkey("request", person.https_url(), "--key", str(own)))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", run.out)
    run_curl(person, pasted(run.out, "printf "))
    assert person.keys_registered()


def test_json_and_text_say_the_same(person: Home):
    text = ok(person.bbkey("request", person.https_url(), "--scope", "repo",
                           "--write", "--expires", "7")).out
    request = asked(person.bbkey("request", person.https_url(), "--json",
                                 "--scope", "repo", "--write", "--expires",
                                 "7"))
    assert request["text"] == text
    assert request["curl"] == pasted(text, "printf ")
    assert {k: request[k] for k in ("base_url", "edition", "project",
            "workspace", "repo", "scope", "permission", "expires_days")} == {
        "base_url": person.base, "edition": "datacenter", "project": "PROJ",
        "workspace": None, "repo": "app", "scope": "repo",
        "permission": "write", "expires_days": 7}


# --- --copy and --open -------------------------------------------------------

@pytest.mark.parametrize("program,display", [
    ("wl_copy", {"WAYLAND_DISPLAY": "wayland-0"}), ("xclip", {})])
def test_copy_hands_the_public_key_to_a_program(person: Home, program: str,
                                                display: dict):
    folder = programs(person, **{program: ""})
    run = ok(person.bbkey("request", person.https_url(), "--copy",
                          env=screen(person, folder, **display)))
    name = program.replace("_", "-")
    assert (folder / f"{name}.stdin").read_text() == \
        pasted(run.out, "ssh-ed25519 ")
    assert f"Copied the public key ({name})" in run.err


def test_copy_asks_the_terminal_where_there_is_no_program(person: Home):
    """OSC 52 on /dev/tty, though standard output is a file."""
    shown = person.terminal(
        "sh", "-c", f"git bbkey request {person.https_url()} --copy >text",
        env={"DISPLAY": None, "WAYLAND_DISPLAY": None, "TMUX": None,
             "STY": None})
    shown.expect(pexpect.EOF)
    shown.close()
    assert shown.exitstatus == 0, shown.before
    text = (person.work / "text").read_text()
    (copied,) = re.findall("\x1b]52;c;([A-Za-z0-9+/=]*)\x07", shown.before)
    assert base64.b64decode(copied, validate=True).decode() == \
        pasted(text, "ssh-ed25519 ")
    assert "\x1b" not in text
    assert "Asked the terminal" in shown.before


def test_copy_in_the_background_does_not_write_on_the_terminal(person: Home):
    """A job in the background would stop there, or write into an editor."""
    shown = person.terminal(
        "sh", "-c", f"set -m; git bbkey request {person.https_url()} --copy "
        ">text 2>talk & wait $!; echo status=$?",
        env={"DISPLAY": None, "WAYLAND_DISPLAY": None})
    shown.expect("status=9")
    shown.expect(pexpect.EOF)
    assert "]52;" not in shown.before
    assert "no clipboard" in (person.work / "talk").read_text()


def test_copy_without_any_clipboard_is_local_and_the_text_is_there(
        person: Home):
    run = person.bbkey("request", person.https_url(), "--copy",
                       env={"DISPLAY": None, "WAYLAND_DISPLAY": None})
    assert run.status == 9 and run.error_class == "local" and run.hint, run
    assert pasted(run.out, "ssh-ed25519 ")


@pytest.mark.parametrize("program,more", [
    ("xdg_open", {"BROWSER": None}), ("firefox", {"BROWSER": "firefox"})])
def test_open_gives_the_page_to_the_browser(person: Home, program: str,
                                            more: dict):
    folder = programs(person, **{program: ""})
    run = ok(person.bbkey("request", person.https_url(), "--open",
                          env=screen(person, folder, **more)))
    page = f"{person.base}/plugins/servlet/ssh/projects/PROJ/keys"
    name = program.replace("_", "-")
    assert (folder / f"{name}.argv").read_text() == f"{page}\n"
    assert "Opened" in run.err and page in run.err


def test_open_without_a_browser_names_the_page_and_copy_still_copies(
        person: Home):
    folder = programs(person, xclip="", xdg_open="exit 3")
    run = person.bbkey("request", person.https_url(), "--copy", "--open",
                       env=screen(person, folder, BROWSER=None))
    assert run.status == 9 and run.error_class == "local", run
    assert f"{person.base}/plugins/servlet" in run.hint
    assert (folder / "xclip.stdin").read_text().startswith("ssh-ed25519 ")


def test_quiet_leaves_only_the_text(person: Home):
    folder = programs(person, xclip="")
    run = ok(person.bbkey("request", "-q", person.https_url(), "--copy",
                          env=screen(person, folder)))
    assert run.err == "" and pasted(run.out, "printf ")
