"""The transport in daily use: it heals itself, and knows what it may push.

Every test runs plain git on a clone of an enrolled instance, and counts on the
server what that cost.
"""

from __future__ import annotations

import json
import shutil
import stat
import tempfile
from pathlib import Path

import pexpect
import pytest
from home import BIN, Home, Result


# --- helpers -----------------------------------------------------------------

def cloned(home: Home, automatic: str = "always", **how) -> Path:
    """A clone of PROJ/app, registered on the way; the log starts here."""
    home.enrol("always")
    clone = home.git("clone", home.https_url(), "app", **how)
    assert clone.status == 0, clone
    if automatic != "always":
        configure(home, "auto", automatic)
    home.forget_log()
    return home.work / "app"


def configure(home: Home, name: str, value: str) -> None:
    assert home.git("config", "--global", "--replace-all",
                    f"bbkey.{home.base}.{name}", value).status == 0


def fingerprint(home: Home) -> str:
    (key,) = home.private_keys()
    text = home.run("ssh-keygen", "-lf", f"{key}.pub").out
    return text.split()[1]


def revoke(home: Home) -> str:
    """An admin takes the key off the server; its public line."""
    home.allow_posts = 2
    (key,) = home.private_keys()
    line = Path(f"{key}.pub").read_text().strip()
    home.sandbox.control("DELETE", "/keys",
                         {"fingerprint": fingerprint(home)})
    return line


def revoke_grant(home: Home, project: str = "PROJ") -> None:
    """The key stays known to the server, and loses this project alone."""
    home.allow_posts = 2
    (grant,) = home.keys_registered(project)
    reply = home.sandbox.rest(
        "DELETE", f"/rest/keys/latest/projects/{project}/ssh/"
        f"{grant['key']['id']}", "admin")
    assert reply.status == 204


def said_by_us(run: Result) -> list[str]:
    return [line for line in run.err.splitlines()
            if line.startswith(("git-bbkey: ", "hint: "))]


def commit(home: Home, folder: Path) -> None:
    assert home.git("commit", "-q", "--allow-empty", "-m", "work",
                    cwd=folder).status == 0


def pushes(home: Home) -> list[str]:
    return [e["command"] for e in home.events("ssh_exec")
            if "receive-pack" in e["command"]]


def plain(home: Home, *words: str, **how) -> Result:
    """The same with nothing of ours in the way but the key that we chose."""
    (key,) = home.private_keys()
    ssh = (f"ssh -i {key} -o IdentitiesOnly=yes "
           f"-o GlobalKnownHostsFile={home.state}/known_hosts")
    return home.git(*words, env={"GIT_SSH_COMMAND": ssh}, **how)


# --- it heals ----------------------------------------------------------------

@pytest.mark.user
def test_a_revoked_key_is_registered_again_by_the_next_fetch(home: Home):
    folder = cloned(home)
    before = fingerprint(home)
    revoke(home)
    home.forget_log()
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    (line,) = said_by_us(fetch)
    assert "registered on project PROJ" in line
    assert "Permission denied" not in fetch.err
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered()) == 1
    assert fingerprint(home) == before
    home.forget_log()
    fetch = home.git("fetch", cwd=folder)
    assert (fetch.status, fetch.err) == (0, "")
    assert home.requests() == []


def test_an_expired_key_gives_way_to_a_new_one(home: Home):
    folder = cloned(home)
    before = fingerprint(home)
    line = revoke(home)
    home.sandbox.set(clock_days=-30)
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ", "text": line,
        "permission": "PROJECT_READ", "expiryDays": 7})
    home.sandbox.set(clock_days=0)
    home.forget_log()
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    (line,) = said_by_us(fetch)
    assert "expired" in line
    after = fingerprint(home)
    assert after != before
    (grant,) = home.keys_registered()
    public = Path(f"{home.private_keys()[0]}.pub").read_text()
    assert grant["key"]["text"].split()[1] == public.split()[1]
    # the old one is kept, under a name that nobody takes for a key in use
    aside = [p.name for p in home.ssh_folder.iterdir() if ".expired-" in p.name]
    assert len(aside) == 2


def test_a_lost_grant_of_a_known_key_is_mended(home: Home):
    folder = cloned(home)
    assert home.git("clone", home.https_url("lib", "core"), "core").status == 0
    revoke_grant(home)
    home.forget_log()
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    assert "Repository not found" not in fetch.err
    assert len(said_by_us(fetch)) == 1
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered()) == 1


def test_a_repository_that_is_not_there_is_said_to_be_not_there(home: Home):
    folder = cloned(home)
    home.git("remote", "set-url", "origin", home.ssh_url(repo="nope"),
             cwd=folder)
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 128, fetch
    assert "Repository not found" in fetch.err
    assert fetch.error_class == "denied" and "'nope'" in fetch.error
    assert home.requests("POST") == []


def test_without_leave_a_typing_error_is_not_called_a_lost_key(home: Home):
    folder = cloned(home, "ask")
    home.git("remote", "set-url", "origin", home.ssh_url(repo="nope"),
             cwd=folder)
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 128, fetch
    assert fetch.error_class == "denied" and "'nope'" in fetch.error
    assert "check the URL" in fetch.hint
    assert home.requests() == []


def test_a_lost_key_file_is_made_anew(home: Home):
    folder = cloned(home)
    home.allow_posts = 2  # the lost key's grant is an admin's to remove
    for path in home.ssh_folder.glob("bbkey_*"):
        path.unlink()
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    assert len(home.private_keys()) == 1
    assert len(home.requests("POST")) == 1


@pytest.mark.parametrize("fault", [
    {"ssh": "exit", "status": 7, "stderr": "something of the server's\n"},
    {"ssh": "exit", "status": 255, "stderr": "gone\n"},
    {"ssh": "drop", "after": 1500},
], ids=lambda f: f"{f['ssh']}-{f.get('status', '')}")
def test_every_other_failure_passes_through(home: Home, fault: dict):
    folder = cloned(home)
    home.sandbox.fault(**fault)
    fetch = home.git("fetch", cwd=folder)
    assert len(home.events("ssh_connect")) == 1
    home.sandbox.control("DELETE", "/faults")
    home.sandbox.fault(**fault)
    same = plain(home, "fetch", cwd=folder)
    reset = fetch.err.replace("reset by", "closed by")  # as TCP pleases
    assert (fetch.status, fetch.out, reset) == \
        (same.status, same.out, same.err.replace("reset by", "closed by"))
    assert home.requests() == []


def test_without_leave_it_says_what_to_do_and_ends_as_ssh_did(home: Home):
    folder = cloned(home, "ask")
    revoke(home)
    home.forget_log()
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 128
    assert fetch.error_class == "denied"
    assert "git bbkey init" in fetch.hint
    assert "Permission denied (publickey)" in fetch.err
    assert home.requests() == []


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 128)])
def test_on_a_terminal_it_asks_first(home: Home, answer: str, status: int):
    folder = cloned(home, "ask")
    revoke(home)
    home.forget_log()
    fetch = home.terminal("git", "fetch", cwd=folder)
    fetch.expect(r"Register it again\? \[Y/n\] ")
    fetch.sendline(answer)
    if answer == "n":  # then git goes its own way
        fetch.expect("Username for 'https://localhost")
        fetch.sendeof()
    fetch.expect(pexpect.EOF)
    fetch.close()
    assert fetch.exitstatus == status
    assert len(home.keys_registered()) == (1 if answer == "y" else 0)


def test_own_keys_that_open_no_more_are_no_dead_end(home: Home):
    home.make_ssh_folder()
    line = home.make_key(home.ssh_folder / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    folder = cloned(home)
    assert home.private_keys() == [] and home.keys_registered() == []
    home.sandbox.control("DELETE", "/keys", {"fingerprint": home.run(
        "ssh-keygen", "-lf", str(home.ssh_folder / "id_ed25519.pub")
    ).out.split()[1]})
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    assert len(home.keys_registered()) == 1


def test_ten_fetches_at_once_heal_once(home: Home):
    folder = cloned(home)
    revoke(home)
    home.forget_log()
    home.tracing = False
    script = " ".join(f"git ls-remote -q origin >/dev/null & p{i}=$!;"
                      for i in range(10))
    script += " ".join(f"wait $p{i} || exit 1;" for i in range(10))
    run = home.run("bash", "-c", script, cwd=folder, timeout=60)
    assert run.status == 0, run
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered()) == 1


def test_one_command_asks_for_help_once(home: Home):
    """The negative cache: the second fetch of a command costs no probe, the
    first of the next command does."""
    folder = cloned(home, "ask")
    revoke(home)
    home.forget_log()
    run = home.run("sh", "-c", "git fetch; git fetch; git fetch", cwd=folder)
    assert run.status == 128
    assert run.err.count("git-bbkey: denied") == 1
    # git's own and the probe; then git's own alone
    assert len(home.events("ssh_connect")) == 4, run
    assert home.git("fetch", cwd=folder).error_class == "denied"


def test_a_token_that_comes_later_in_a_script_is_used(home: Home):
    folder = cloned(home)
    revoke(home)
    home.forget_log()
    run = home.run("sh", "-c", "t=$BBKEY_TOKEN; unset BBKEY_TOKEN; git fetch; "
                   "export BBKEY_TOKEN=$t; git fetch", cwd=folder)
    assert run.status == 0, run
    assert len(home.requests("POST")) == 1


def test_a_url_out_of_gitmodules_heals_nothing(home: Home):
    folder = cloned(home)
    revoke(home)
    home.forget_log()
    fetch = home.git("fetch", cwd=folder,
                     env={"GIT_PROTOCOL_FROM_USER": "0"})
    assert fetch.status == 128
    assert said_by_us(fetch) == []
    assert home.requests() == []
    configure(home, "projects", "PROJ")
    fetch = home.git("fetch", cwd=folder,
                     env={"GIT_PROTOCOL_FROM_USER": "0"})
    assert fetch.status == 0, fetch


@pytest.mark.row("S11")
def test_s11_words_of_the_server_are_not_ssh_s(home: Home):
    """Who prints "Permission denied" is asked again before it is believed."""
    folder = cloned(home)
    home.sandbox.fault(ssh="exit", status=255, stderr="git@localhost: "
                       "Permission denied (publickey).\n")
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    assert home.requests() == []


# --- write access --------------------------------------------------------------

def test_a_push_with_a_reading_key_is_stopped_before_it(home: Home):
    folder = cloned(home)
    commit(home, folder)
    push = home.git("push", cwd=folder)
    assert push.status == 128, push
    assert push.error_class == "permission"
    assert "git bbkey init --write" in push.hint
    assert pushes(home) == [] and home.events("ssh_connect") == []
    assert home.requests() == []


@pytest.mark.parametrize("answer, status", [("", 0), ("n", 128)])
def test_on_a_terminal_the_upgrade_is_offered(home: Home, answer: str,
                                              status: int):
    folder = cloned(home)
    commit(home, folder)
    push = home.terminal("git", "push", cwd=folder)
    push.expect(r"Let it push, too\? \[Y/n\] ")
    push.sendline(answer)
    push.expect(pexpect.EOF)
    said = push.before
    push.close()
    assert push.exitstatus == status, said
    (grant,) = home.keys_registered()
    wrote = answer == ""
    assert grant["permission"] == ("PROJECT_WRITE" if wrote else
                                   "PROJECT_READ")
    assert home.requests("POST") == []
    assert len(home.requests("PUT")) == int(wrote)
    assert len(home.private_keys()) == 1


def test_configured_write_access_upgrades_by_itself(home: Home):
    folder = cloned(home)
    configure(home, "permission", "write")
    commit(home, folder)
    push = home.git("push", cwd=folder)
    assert push.status == 0, push
    assert len(home.requests("PUT")) == 1 and home.requests("POST") == []
    home.forget_log()
    commit(home, folder)
    assert home.git("push", cwd=folder).status == 0
    assert home.requests() == [] and len(home.events("ssh_connect")) == 1


def test_own_keys_that_may_push_go_on_pushing(home: Home):
    folder = cloned(home)
    line = home.make_key(home.ssh_folder / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    commit(home, folder)
    push = home.git("push", cwd=folder)
    assert push.status == 0, push
    assert said_by_us(push) == []
    home.forget_log()
    commit(home, folder)
    assert home.git("push", cwd=folder).status == 0
    assert len(home.events("ssh_connect")) == 1
    assert home.git("fetch", cwd=folder).status == 0
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_READ"


def test_own_keys_that_may_push_no_more_are_found_out(home: Home):
    folder = cloned(home)
    line = home.make_key(home.ssh_folder / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    commit(home, folder)
    assert home.git("push", cwd=folder).status == 0
    home.sandbox.control("DELETE", "/keys", {"fingerprint": home.run(
        "ssh-keygen", "-lf", str(home.ssh_folder / "id_ed25519.pub")
    ).out.split()[1]})
    commit(home, folder)
    push = home.git("push", cwd=folder)
    assert (push.status, push.error_class) == (128, "permission"), push
    configure(home, "permission", "write")
    push = home.git("push", cwd=folder)
    assert push.status == 0, push
    assert "Permission denied" not in push.err


def test_a_token_without_the_right_stops_the_push_with_the_reason(home: Home):
    folder = cloned(home)
    configure(home, "permission", "write")
    home.token = "reader"
    commit(home, folder)
    push = home.git("push", cwd=folder)
    assert push.status == 128, push
    assert push.error_class == "permission"
    assert pushes(home) == []


def test_a_read_init_never_takes_write_access_away(home: Home):
    folder = cloned(home)
    assert home.bbkey("init", "--write", cwd=folder).status == 0
    for words in ([], ["--read"]):
        assert home.bbkey("init", *words, cwd=folder).status == 0
        (grant,) = home.keys_registered()
        assert grant["permission"] == "PROJECT_WRITE"
    commit(home, folder)
    assert home.git("push", cwd=folder).status == 0


# --- other people's settings -----------------------------------------------------

def corporate_ssh(home: Home) -> Path:
    """A program that a company has put into core.sshCommand."""
    program = home.folder / "corp ssh"
    program.write_text('#!/bin/sh\necho "$@" >> "$HOME/corp.log"\n'
                       'exec ssh "$@"\n')
    program.chmod(0o755)
    return program


def test_an_older_ssh_command_goes_on_running_ssh(home: Home):
    program = corporate_ssh(home)
    command = f'"{program}" -o Compression=no'
    home.git("config", "--global", "core.sshCommand", command)
    before = (home.folder / ".gitconfig").read_text()
    home.enrol("always")
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    (key,) = home.private_keys()
    log = (home.folder / "corp.log").read_text()
    assert f'IdentityFile="{key}"' in log and "git-upload-pack" in log
    assert all(line.startswith("-o Compression=no ")
               for line in log.splitlines())
    # nothing of theirs was changed, and our own file says what it took over
    assert (home.folder / ".gitconfig").read_text().startswith(before)
    assert (home.config / "ssh-command").read_text() == command
    home.git("config", "--global", "--unset", "core.sshCommand")
    home.enrol("always")
    assert not (home.config / "ssh-command").exists()


def test_an_ssh_command_for_one_run_is_not_taken_over(home: Home):
    run = home.git("-c", "core.sshCommand=false", "bbkey", "init", home.base)
    assert run.status == 0, run
    assert not (home.config / "ssh-command").exists()


def test_a_repository_s_own_ssh_command_wins(home: Home):
    """As actions/checkout writes it: ours is skipped, and that is accepted."""
    folder = cloned(home)
    (key,) = home.private_keys()
    home.git("config", "core.sshCommand", f"ssh -i {key} -o IdentitiesOnly=yes "
             f"-o GlobalKnownHostsFile={home.state}/known_hosts", cwd=folder)
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch
    assert "git-bbkey-ssh" not in fetch.trace.read_text()


def test_nothing_is_written_into_a_new_clone(home: Home):
    folder = cloned(home)
    config = (folder / ".git" / "config").read_text()
    assert "bbkey" not in config and "sshCommand" not in config


@pytest.mark.row("S17")
@pytest.mark.parametrize("variant", ["auto", "ssh"])
def test_s17_git_asks_which_ssh_we_are(home: Home, variant: str):
    folder = cloned(home)
    fetch = home.git("fetch", cwd=folder, env={"GIT_SSH_VARIANT": variant})
    assert fetch.status == 0, fetch
    assert len(home.events("ssh_connect")) == 1


def test_a_master_left_behind_by_the_person_does_not_hold_us_up(home: Home):
    short = tempfile.mkdtemp(prefix="mux")  # a socket's path is 108 bytes
    home.make_ssh_folder()
    line = home.make_key(home.ssh_folder / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    (home.ssh_folder / "config").write_text(
        f"Host *\n\tControlMaster auto\n\tControlPersist 30\n"
        f"\tControlPath {short}/%C\n")
    home.tracing = False  # strace would wait for the master
    folder = cloned(home)
    fetch = home.git("fetch", cwd=folder, timeout=20)
    assert fetch.status == 0, fetch
    assert list(Path(short).iterdir()), "there is a master"
    for path in Path(short).iterdir():
        home.run("ssh", "-o", f"ControlPath={path}", "-O", "exit", "x")
    shutil.rmtree(short, ignore_errors=True)  # the master takes its own away


def test_a_killed_transport_takes_ssh_with_it(home: Home, tmp_path: Path):
    folder = cloned(home)
    home.tracing = False
    home.sandbox.fault(ssh="silent", times=-1)
    run = home.run("timeout", "-s", "TERM", "2", "git", "fetch", cwd=folder)
    assert run.status == 124
    left = home.run("pgrep", "-f", f"ssh.*{home.work.parent}").out
    assert left == ""


@pytest.mark.row("S19")
def test_s19_no_prompt_means_no_prompt(home: Home):
    folder = cloned(home, "ask")
    revoke(home)
    asked = home.folder / "asked"
    program = home.folder / "askpass"
    program.write_text(f"#!/bin/sh\ntouch {asked}\necho no\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    fetch = home.terminal("git", "fetch", cwd=folder, env={
        "GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS": str(program),
        "DISPLAY": ":0", "SSH_ASKPASS_REQUIRE": "force"})
    fetch.expect(pexpect.EOF)
    said = fetch.before
    fetch.close()
    assert fetch.exitstatus == 128, said
    assert "[Y/n]" not in said
    assert not asked.exists(), said


def test_status_tells_of_a_repaired_record(home: Home):
    folder = cloned(home)
    revoke(home)
    assert home.git("fetch", cwd=folder).status == 0
    status = json.loads(home.bbkey("status", "--json", cwd=folder).out)
    assert status["ready"] and status["ssh"]["state"] == "ok"


def test_the_wrapper_is_the_one_that_was_built(home: Home):
    home.enrol()
    command = home.git("config", "--file", str(home.config / "transport"),
                       "core.sshCommand").out.strip()
    assert command == str(BIN / "git-bbkey-ssh")
