"""An https URL where ssh cannot be had: git's own https goes on, as without us.

The URL is carried over to ssh before anybody knows whether there is access, so
this is what keeps a person whole who has only what git has for https: somebody
without admin rights, without a token, behind a firewall, or with a no for us.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import urllib.parse
from pathlib import Path

import pexpect
import pytest
from home import Home, Result
from realnames import WEB, RealHome, connections
from test_ssh_faults import enrol_at
from test_submodules import UPDATE, as_admin, head_of, superproject

STAYS = "stays on https; 'git bbkey init' in it tries ssh again"
COMMITS = 300


# --- helpers -----------------------------------------------------------------

def logins(home: Home, user: str = "member", password: str | None = None,
           host: str | None = None) -> None:
    """git has credentials for https: a helper of the person's own."""
    store = home.folder / ".git-credentials"
    where = host or home.base.removeprefix("https://").split("/")[0]
    secret = password or home.sandbox.users[user]
    store.write_text(f"https://{user}:{secret}@{where}\n")
    store.chmod(0o600)
    home.may_hold_secrets = [str(store)]
    git(home, "config", "--global", "credential.helper", "store")


def git(home: Home, *words: str, cwd: Path | None = None) -> str:
    run = home.git(*words, cwd=cwd)
    assert run.status == 0, run
    return run.out.strip()


def ready(home: Home, automatic: str = "always",
          token: str | None = "reader") -> None:
    """Enrolled by somebody; this person may read, and git has their login."""
    home.enrol(automatic)
    logins(home)
    home.token = token
    home.forget_log()


def said_by_us(run: Result) -> list[str]:
    return [x for x in run.err.splitlines()
            if x.startswith(("git-bbkey", "hint:"))]


def left_alone(home: Home) -> list[str]:
    """The URLs that are no longer carried over."""
    run = home.run("/usr/bin/git", "config", "--file",
                   str(home.config / "https" / "config"), "--get-regexp",
                   r"^url\.https://.*\.insteadof$")
    return [line.split()[1] for line in run.out.splitlines()]


def over_https_alone(home: Home, run: Result) -> None:
    """git's own https and nothing else: no ssh, nothing of ours asked."""
    assert run.status == 0, run
    assert said_by_us(run) == []
    assert home.events("ssh_connect") == [] and home.requests() == []


def cloned(home: Home, *words: str, url: str | None = None) -> Path:
    clone = home.git("clone", *words, url or home.https_url(), "app")
    assert clone.status == 0, clone
    return home.work / "app"


def new_commits(home: Home, count: int, name: str = "other") -> str:
    """Somebody else pushes; what a fetch can bring."""
    folder = home.work / name
    if not folder.exists():
        as_admin(home, "clone", "-q", home.https_url(), name)
    for i in range(count):
        as_admin(home, "commit", "-q", "--allow-empty", "-m", f"{i}",
                 cwd=folder)
    as_admin(home, "push", "-q", "origin", "HEAD", cwd=folder)
    return as_admin(home, "rev-parse", "HEAD", cwd=folder).strip()


@pytest.fixture
def closed() -> int:
    """A port of loopback where nobody listens, for as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


# --- who may not register ----------------------------------------------------

@pytest.mark.user
def test_without_the_right_a_clone_goes_over_https_and_stays_there(home: Home):
    ready(home)
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert clone.error_class == "permission", "it says why it is not ssh"
    assert f"proj/app {STAYS}" in clone.err
    assert home.requests("POST") != [], "it was tried"
    assert left_alone(home) == [home.https_url()]
    app = home.work / "app"
    assert git(home, "config", "remote.origin.url", cwd=app) == \
        home.https_url()
    home.token = None
    home.forget_log()
    over_https_alone(home, home.git("fetch", cwd=app))
    assert home.git_requests() != []
    status = home.bbkey("status", cwd=app).out
    assert "stays there: over ssh it was tried in vain" in \
        " ".join(status.split())
    assert "Not ready. Set it up: git bbkey init" in status


def test_a_push_follows_over_https(home: Home):
    """Not only what the transport can carry: git itself is back on https."""
    ready(home)
    logins(home, "dev")
    app = cloned(home)
    home.token = None
    home.forget_log()
    git(home, "commit", "-q", "--allow-empty", "-m", "mine", cwd=app)
    over_https_alone(home, home.git("push", cwd=app))
    assert head_of(home, "proj", "app") == git(home, "rev-parse", "HEAD",
                                               cwd=app)


def test_a_push_before_the_first_fetch_says_how(home: Home):
    """Cloned before git-bbkey was there; a push cannot be carried over."""
    logins(home, "dev")
    app = cloned(home)
    home.enrol("ask")
    home.token = "reader"
    git(home, "commit", "-q", "--allow-empty", "-m", "mine", cwd=app)
    push = home.git("push", cwd=app)
    assert push.status == 128, push
    word = push.err.index("hint: this URL is https; to push over that:\n")
    assert push.err.index("Host key verification failed.") < word
    by_hand = re.findall(r"^hint:   (git -c .* push)$", push.err, re.M)
    assert len(by_hand) == 1, push
    home.forget_log()
    run = home.run("sh", "-c", f"{by_hand[0]} --dry-run", cwd=app)
    assert run.status == 0 and "main -> main" in run.err, run
    assert home.git_requests() != [] and home.events("ssh_connect") == []
    child = home.terminal("git", "fetch", cwd=app)
    child.expect("set up SSH access")
    child.sendline("n")
    while child.expect([pexpect.EOF, "yes/no"]):
        child.sendline("no")
    home.token = None
    assert home.git("push", cwd=app).status == 0


def test_init_brings_it_back_to_ssh(home: Home):
    ready(home)
    app = cloned(home)
    home.token = "project_admin"
    init = home.bbkey("init", "--keep-remote", cwd=app)
    assert init.status == 0, init
    assert left_alone(home) == []
    again = home.bbkey("init", "--keep-remote", cwd=app)
    assert "Everything was set up already." in again.err
    home.forget_log()
    assert home.git("fetch", cwd=app).status == 0
    assert home.git_requests() == [] and len(home.events("ssh_exec")) == 1


def test_what_is_left_alone_is_that_one_url(home: Home):
    """Of a name and its beginning, a project and another, each for itself."""
    ready(home)
    cloned(home)
    home.token = "project_admin"
    home.forget_log()
    assert home.git("clone", home.https_url(repo="tool"), "tool").status == 0
    assert home.git_requests() == [] and home.requests("POST") != []
    home.bbkey("init", home.https_url("lib", "core"))
    assert left_alone(home) == [home.https_url()], "another project's init"


def test_a_url_without_its_ending_is_left_alone_as_it_was_written(home: Home):
    ready(home)
    url = home.https_url().removesuffix(".git")
    app = cloned(home, url=url)
    assert left_alone(home) == [url]
    home.token = None
    home.forget_log()
    over_https_alone(home, home.git("fetch", cwd=app))


def test_one_that_begins_like_it_stays_on_https_too_and_says_so(home: Home):
    """insteadOf knows beginnings alone: /scm/proj/to is one of /scm/proj/tool."""
    ready(home)
    begin = home.https_url(repo="to").removesuffix(".git")
    git(home, "config", "--file", str(home.config / "https" / "config"),
        f"url.{begin}.insteadOf", begin)
    home.token = None
    tool = home.git("clone", home.https_url(repo="tool"), "tool")
    assert tool.status == 0 and home.events("ssh_connect") == [], tool
    status = home.bbkey("status", cwd=home.work / "tool").out
    assert "stays there: over ssh it was tried in vain" in \
        " ".join(status.split())
    home.token = "project_admin"
    init = home.bbkey("init", "--scope", "repo", "--keep-remote",
                      cwd=home.work / "tool")
    assert init.status == 0, init
    assert left_alone(home) == []


def test_a_key_of_one_repository_brings_back_that_one(home: Home):
    ready(home)
    cloned(home)
    tool = home.git("clone", home.https_url(repo="tool"), "tool")
    assert tool.status == 0 and len(left_alone(home)) == 2, tool
    home.token = "project_admin"
    init = home.bbkey("init", "--scope", "repo", "--keep-remote",
                      cwd=home.work / "tool")
    assert init.status == 0, init
    assert left_alone(home) == [home.https_url()]


# --- who says no, and who is not asked ---------------------------------------

@pytest.mark.user
def test_a_no_at_the_question_is_remembered(home: Home):
    ready(home, "ask", "project_admin")
    child = home.terminal("git", "clone", home.https_url(), "app")
    child.expect(r"set up SSH access to project PROJ on localhost\? "
                 r"\[Y/n\] ")
    child.sendline("n")
    if child.expect([pexpect.EOF, "yes/no"]) == 1:  # plain ssh's own
        child.sendline("no")
        child.expect(pexpect.EOF)
    said = child.before
    child.close()
    assert child.exitstatus == 0, said
    assert STAYS in " ".join(said.split())
    home.token = None
    home.forget_log()
    fetch = home.terminal("git", "fetch", cwd=home.work / "app")
    fetch.expect(pexpect.EOF)
    fetch.close()
    assert (fetch.exitstatus, fetch.before) == (0, "")
    assert home.events("ssh_connect") == [] and home.requests() == []


def test_where_nobody_can_be_asked_nothing_is_remembered(home: Home):
    ready(home, "ask", None)
    app = cloned(home)
    assert said_by_us(home.runs[-1]) == [], "quiet when nobody is looking"
    assert left_alone(home) == []
    commit = new_commits(home, 1)
    fetch = home.git("fetch", cwd=app)
    assert fetch.status == 0 and said_by_us(fetch) == [], fetch
    assert git(home, "rev-parse", "origin/main", cwd=app) == commit
    child = home.terminal("git", "fetch", cwd=app)
    child.expect("set up SSH access to project PROJ")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert left_alone(home) == []


def test_a_person_without_a_token_who_gives_none_is_not_asked_again(
        home: Home):
    ready(home, "ask", None)
    (home.folder / ".git-credentials").unlink()
    child = home.terminal("git", "clone", home.https_url(), "app")
    child.expect(r"\[Y/n\] ")
    child.sendline("y")
    child.expect("[Tt]oken.*: ")
    child.sendline("")
    while ends := child.expect(["Username for 'https://.*: ", "yes/no",
                                pexpect.EOF]):
        assert ends == 1, child.before
        child.sendline("no")
    child.sendline("member")
    child.expect("Password for 'https://.*: ")
    child.sendline(home.sandbox.users["member"])
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    assert left_alone(home) == [home.https_url()]


def test_who_wants_no_questions_gets_what_git_would_have_done(home: Home):
    ready(home, "ask", None)
    home.extra = {"GIT_TERMINAL_PROMPT": "0"}
    cloned(home)
    assert said_by_us(home.runs[-1]) == [] and home.requests() == []


def test_with_auto_never_it_is_plain_ssh(home: Home):
    """CONTRACT.md: whatever the URL was before."""
    ready(home, "ask", None)
    env = {"BBKEY_AUTO": "never"}
    plain = home.git("clone", home.ssh_url(), "app", env=env)
    clone = home.git("clone", home.https_url(), "app", env=env)
    assert plain.status == clone.status == 128 and clone.err == plain.err
    assert home.git_requests() == [] and home.requests() == []


def test_where_https_has_no_credentials_it_ends_as_ssh_did(home: Home):
    home.enrol("ask")
    home.token = None
    plain = home.git("clone", home.ssh_url(), "app",
                     env={"BBKEY_AUTO": "never"})
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == plain.status == 128
    words = [x for x in clone.err.splitlines() if "Username for" not in x]
    assert words == plain.err.splitlines()
    assert left_alone(home) == []


def test_ctrl_c_at_git_s_question_ends_it(home: Home):
    home.enrol("ask")
    home.token = None
    child = home.terminal("git", "clone", home.https_url(), "app")
    while ends := child.expect(["Username for 'https://.*: ", "yes/no",
                                r"\[Y/n\] "]):
        child.sendline("no" if ends == 1 else "n")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.signalstatus or child.exitstatus, child.before
    assert not (home.work / "app").exists()
    assert pgrep(home) == []


def pgrep(home: Home) -> list[str]:
    """Programs of this home that are still running."""
    mark = f"HOME={home.folder}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().decode())
        except OSError:
            pass
    return found


# --- ssh does not get through ------------------------------------------------

@pytest.mark.user
def test_a_network_that_lets_no_ssh_through(home: Home, closed: int):
    enrol_at(home, f"ssh://git@localhost:{closed}")
    logins(home)
    home.forget_log()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert clone.error_class == "network", "it says what is wrong with ssh"
    assert home.requests("POST") == [] and home.private_keys() == []
    assert left_alone(home) == [], "the next network may be another one"


def test_on_record_and_ssh_is_gone(home: Home):
    """A key that works, on the road: https carries the fetch meanwhile."""
    home.enrol("always")
    app = cloned(home)
    logins(home)
    commit = new_commits(home, 1)
    home.sandbox.control("POST", "/faults", {"ssh": "close", "times": -1})
    home.forget_log()
    fetch = home.git("fetch", cwd=app)
    assert fetch.status == 0, fetch
    assert git(home, "rev-parse", "origin/main", cwd=app) == commit
    assert home.requests() == [] and home.git_requests() != []
    (word,) = said_by_us(fetch)
    assert word.startswith("git-bbkey: trying https, as ssh says: "
                           "kex_exchange_identification: "), word
    home.sandbox.control("DELETE", "/faults")
    home.forget_log()
    assert home.git("fetch", cwd=app).status == 0
    assert home.git_requests() == [], "it is back on ssh by itself"


def test_a_key_that_was_taken_away_from_who_has_no_token(home: Home):
    home.enrol("always")
    app = cloned(home)
    logins(home)
    for grant in home.keys_registered():
        home.sandbox.control("DELETE", "/keys", {"id": grant["key"]["id"]})
    home.token = None
    fetch = home.git("fetch", cwd=app)
    assert fetch.status == 0, fetch
    assert home.git_requests() != []


@pytest.mark.skipif(not shutil.which("git-lfs"), reason="no git-lfs")
@pytest.mark.parametrize("ssh", ["has no such command", "is gone"])
def test_git_lfs_goes_where_it_would_without_us(home: Home, ssh: str):
    """Its address over https; there is no LFS server in the sandbox."""
    ca = {"SSL_CERT_FILE": str(home.sandbox.ca)}  # it is written in Go
    home.enrol("always")
    app = cloned(home)
    logins(home)
    (app / ".gitattributes").write_text("*.bin filter=lfs\n")
    (app / "big.bin").write_text(
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{'a' * 64}\nsize 12\n")
    git(home, "add", ".", cwd=app)
    git(home, "commit", "-qm", "big", cwd=app)
    if ssh == "is gone":
        home.sandbox.control("POST", "/faults", {"ssh": "close", "times": -1})
    home.forget_log()
    home.git("lfs", "fetch", "origin", "HEAD", cwd=app, env=ca)
    ours = {(e["method"], e["path"]) for e in home.events("http")}
    (app / ".git" / "config").write_text(
        (app / ".git" / "config").read_text() +
        f"[url \"{home.https_url()}\"]\n\tinsteadOf = {home.https_url()}\n")
    home.forget_log()
    home.git("lfs", "fetch", "origin", "HEAD", cwd=app, env=ca)
    theirs = {(e["method"], e["path"]) for e in home.events("http")}
    assert home.events("ssh_connect") == []
    assert ours == theirs and ("POST", "/bitbucket/scm/proj/app.git/info/lfs"
                               "/objects/batch") in ours


def test_a_network_that_swallows_what_is_for_ssh(home: Home):
    """Nobody answers: git would wait for two minutes, and then fail."""
    home.enrol("always")
    app = cloned(home)
    logins(home)
    home.sandbox.control("POST", "/faults", {"ssh": "silent", "times": -1})
    home.forget_log()
    fetch = home.git("fetch", cwd=app)
    assert fetch.status == 0, fetch
    assert 7 < fetch.seconds < 20
    assert home.git_requests() != []


# --- where it must not -------------------------------------------------------

def test_an_ssh_url_is_never_carried_to_https(home: Home, closed: int):
    ready(home)
    for url in (home.ssh_url(), home.ssh_url("other", "secret")):
        clone = home.git("clone", url, "app")
        assert clone.status == 128, clone
    enrol_at(home, f"ssh://git@localhost:{closed}")
    assert home.git("clone", f"ssh://git@localhost:{closed}/proj/app.git",
                    "app").status == 128
    assert home.git_requests() == []


@pytest.mark.parametrize("port", ["in the URL", "in ssh's configuration"])
def test_nor_is_an_ssh_remote_beside_an_https_one(home: Home, port: str):
    """core.sshCommand is one for both; the repository tells them apart."""
    home.enrol("always")
    app = cloned(home)
    logins(home)
    url = home.ssh_url(repo="tool")
    if port != "in the URL":
        number = urllib.parse.urlsplit(url).port
        (home.make_ssh_folder() / "config").write_text(
            f"Host localhost\n\tPort {number}\n")
        url = "git@localhost:proj/tool.git"
    git(home, "remote", "add", "ssh", url, cwd=app)
    assert home.git("fetch", "ssh", cwd=app).status == 0
    home.sandbox.control("POST", "/faults", {"ssh": "close", "times": -1})
    home.forget_log()
    fetch = home.git("fetch", "ssh", cwd=app)
    assert fetch.status == 128, fetch
    assert home.git_requests() == []
    assert home.git("fetch", "origin", cwd=app).status == 0
    assert home.git_requests() != []


@pytest.mark.parametrize("how", ["config", "environment", "repository"])
def test_nor_is_https_that_nobody_verifies_a_way_round_a_host_key(
        home: Home, how: str):
    """Who can stop ssh could then be the server."""
    home.enrol("always")
    app = cloned(home)
    logins(home)
    home.sandbox.control("POST", "/faults", {"ssh": "close", "times": -1})
    env = {"GIT_SSL_NO_VERIFY": "1"} if how == "environment" else {}
    if how == "repository":
        git(home, "config", f"http.{home.https_url()}.sslVerify", "false",
            cwd=app)
    elif not env:
        git(home, "config", "--global", "http.sslVerify", "false")
    home.forget_log()
    others = {"GIT_SSL_CAINFO": "/etc/ssl/certs/ca-certificates.crt"}
    fetch = home.git("fetch", cwd=app, env=env | others)
    assert fetch.status == 128, fetch
    assert "kex_exchange_identification: " in fetch.err
    assert home.git_requests() == []
    assert home.git("fetch", cwd=app, env=env).status == 0, "it is verified"
    assert home.git_requests() != []


def test_nor_at_a_first_contact(home: Home):
    """REST never went to a server that is not verified; a key of it would
    not have been trusted either."""
    ready(home, "ask", None)
    git(home, "config", "--global", "http.sslVerify", "false")
    others = {"GIT_SSL_CAINFO": "/etc/ssl/certs/ca-certificates.crt"}
    clone = home.git("clone", home.https_url(), "app", env=others)
    assert clone.status == 128 and home.git_requests() == [], clone
    cloned(home)


@pytest.mark.parametrize("how", ["config", "environment", "no", "other"])
def test_nor_does_git_lfs_go_to_whom_nobody_verifies(home: Home, how: str):
    """It would send git's login there: it goes by http.sslVerify."""
    home.enrol("always")
    app = cloned(home)
    home.sandbox.control("POST", "/faults", {"ssh": "close", "times": -1})
    if how in ("config", "other"):
        git(home, "config", "http." + (
            home.base if how == "config" else "https://elsewhere.example"
            ) + ".sslVerify", "false", cwd=app)
    env = {"GIT_SSL_NO_VERIFY": "1"} if how == "environment" else {}
    (host, _, _) = home.ssh_url().removeprefix("ssh://").partition("/")
    link = home.git("config", "core.sshCommand", cwd=app).out.strip()
    name, port = host.split(":")
    asked = home.run(*shlex.split(link), "-p", port, name,
                     "git-lfs-authenticate proj/app.git download", cwd=app,
                     env=env)
    answered = f"{home.https_url()}/info/lfs" in asked.out
    assert answered == (how in ("no", "other")), asked


def test_a_remote_of_another_host_is_as_ssh_has_it(home: Home):
    """The link is for all remotes of a repository, and we for Bitbucket."""
    home.enrol("always")
    app = cloned(home)
    git(home, "remote", "add", "hub", "git@elsewhere.invalid:o/r.git", cwd=app)
    fetch = home.git("fetch", "hub", cwd=app)
    assert fetch.status == 128
    trace = fetch.trace.read_text()
    assert "elsewhere.invalid" in trace and "ConnectTimeout" not in trace
    git(home, "config", "remote.origin.url", home.https_url(repo="tool"),
        cwd=app)
    fetch = home.git("fetch", cwd=app)
    assert "ConnectTimeout=8" in fetch.trace.read_text()


def test_a_host_key_that_is_proven_wrong_ends_it(home: Home):
    ready(home)
    home.sandbox.control("POST", "/hostkey", {"types": ["ed25519"]})
    clone = home.git("clone", home.https_url(), "app")
    assert clone.error_class == "hostkey", clone
    assert home.git_requests() == []


@pytest.mark.parametrize("known", ["changed", "revoked"])
def test_nor_is_https_a_way_past_known_hosts(home: Home, known: str):
    """Without us: ssh alone says so, and its word counts."""
    ready(home)
    port = home.ssh_url().split(":")[2].split("/")[0]
    key = home.sandbox.control("GET", "/state")["host_keys"][0]["public"]
    other = home.make_key(home.work / "another", key.split()[0][4:])
    line = f"[localhost]:{port} {other}" if known == "changed" else \
        f"@revoked [localhost]:{port} {key}"
    (home.make_ssh_folder() / "known_hosts").write_text(f"{line}\n")
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 128, clone
    assert home.git_requests() == []


def test_a_passphrase_that_is_wrong_is_no_reason(home: Home):
    """ssh can be had: it is for the person to type it again."""
    home.enrol("always")
    line = home.make_key(home.make_ssh_folder() / "id_ed25519",
                         passphrase="open sesame")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    logins(home)
    home.forget_log()
    child = home.terminal("git", "clone", home.https_url(), "app")
    for _ in range(3):
        child.expect("passphrase for .*: ")
        child.sendline("wrong")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 128, child.before
    assert home.git_requests() == []


def test_a_clone_of_ours_says_why_instead(home: Home):
    """`git bbkey clone` is asked for ssh, and says what it takes."""
    ready(home)
    clone = home.bbkey("clone", home.https_url(), "app")
    assert clone.error_class == "permission", clone
    assert home.git_requests() == []


# --- a repository's own configuration ----------------------------------------

def test_settings_of_the_repository_count_where_it_is_the_remote(home: Home):
    """As for git: a header that was configured for this clone."""
    ready(home, "ask", None)
    app = cloned(home)
    (home.folder / ".git-credentials").unlink()
    token = home.sandbox.tokens["reader"]
    config = app / ".git" / "config"
    config.write_text(config.read_text() + "[http]\n\textraHeader = "
                      f"Authorization: Bearer {token}\n")
    home.may_hold_secrets.append(str(config))
    home.forget_log()
    fetch = home.git("fetch", cwd=app)
    assert fetch.status == 0, fetch
    assert {e["auth"] for e in home.events("http")} == {"bearer"}


def test_settings_of_the_remote_count_too(home: Home, closed: int):
    ready(home, "ask", None)
    app = cloned(home)
    git(home, "config", "remote.origin.proxy", f"http://127.0.0.1:{closed}",
        cwd=app)
    fetch = home.git("fetch", cwd=app)
    assert fetch.status == 128, fetch
    assert f"127.0.0.1 port {closed}" in fetch.err


@pytest.mark.row("M7")
def test_a_clone_does_not_read_the_repository_it_runs_in(home: Home):
    """git clone would not; a proxy or a helper there gets nothing."""
    ready(home, "ask", None)
    hostile = home.work / "hostile"
    git(home, "init", "-q", str(hostile))
    for key, value in (("http.proxy", "http://127.0.0.1:1"),
                       ("http.sslVerify", "false"),
                       ("credential.helper", f"!touch {home.work}/ran"),
                       ("core.askPass", f"{home.work}/askpass"),
                       ("remote.origin.url", home.https_url("lib", "core"))):
        git(home, "config", key, value, cwd=hostile)
    clone = home.git("clone", home.https_url(), "app", cwd=hostile)
    assert clone.status == 0, clone
    assert not (home.work / "ran").exists()


@pytest.mark.row("M9")
def test_a_submodule_goes_over_https_and_changes_nothing(home: Home):
    ready(home, "always", "project_admin")
    logins(home, "dev")
    url = home.https_url("lib", "core")
    folder = superproject(home, {"core": url},
                          {"core": head_of(home, "lib", "core")})
    before = home.snapshot()
    home.forget_log()
    run = home.git(*UPDATE, cwd=folder)
    assert run.status == 0, run
    assert said_by_us(run) == [] and home.requests() == []
    assert (folder / "core" / "README.md").exists()
    assert left_alone(home) == []
    after = home.snapshot()
    changed = {name for name, was in before.items() if after.get(name) != was}
    assert changed <= {".git-credentials"}, "which is git's own business"


def test_the_hook_does_not_offer_what_was_tried_in_vain(home: Home):
    ready(home)
    assert home.bbkey("hooks", "enable").status == 0
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert "tries ssh again" in clone.err and "hint: run" in clone.err
    assert "switch it to ssh" not in clone.err, clone


# --- git's protocol, in full -------------------------------------------------

def test_every_kind_of_fetch_goes_through(home: Home):
    ready(home, "ask", None)
    commit = new_commits(home, 5)
    app = cloned(home, "--depth", "2")
    assert git(home, "rev-list", "--count", "HEAD", cwd=app) == "2"
    git(home, "fetch", "-q", "--unshallow", cwd=app)
    assert int(git(home, "rev-list", "--count", "HEAD", cwd=app)) >= 6
    assert git(home, "ls-remote", "origin", "HEAD", cwd=app).split()[0] == \
        commit
    as_admin(home, "tag", "-m", "v1", "v1", cwd=home.work / "other")
    as_admin(home, "push", "-q", "origin", "v1", cwd=home.work / "other")
    git(home, "fetch", "-q", "--tags", cwd=app)
    assert git(home, "tag", cwd=app) == "v1"
    assert git(home, "fetch", "-q", cwd=app) == "", "there is nothing new"
    git(home, "fsck", "--strict", cwd=app)


def test_a_long_talk_about_what_both_have(home: Home):
    """Several rounds: each request repeats what was agreed on."""
    ready(home, "ask", None)
    app = cloned(home)
    for i in range(COMMITS):
        git(home, "commit", "-q", "--allow-empty", "-m", f"mine {i}", cwd=app)
    home.tracing = False
    commit = new_commits(home, 3)
    home.forget_log()
    git(home, "fetch", "-q", cwd=app)
    assert git(home, "rev-parse", "origin/main", cwd=app) == commit
    posts = [r for r in home.git_requests() if r.startswith("POST")]
    assert len(posts) > 2, posts


def test_a_large_pack_goes_through_whole(home: Home):
    ready(home, "ask", None)
    folder = home.work / "other"
    as_admin(home, "clone", "-q", home.https_url(), "other")
    noise = b"".join(i.to_bytes(4, "big") for i in range(1_500_000))
    (folder / "noise").write_bytes(noise)
    as_admin(home, "-c", "core.compression=0", "add", "noise", cwd=folder)
    as_admin(home, "commit", "-qm", "noise", cwd=folder)
    as_admin(home, "push", "-q", "origin", "HEAD", cwd=folder)
    app = cloned(home)
    assert (app / "noise").read_bytes() == noise


@pytest.mark.parametrize("setting", ["client", "server"])
def test_without_version_2_it_is_what_ssh_says(home: Home, setting: str):
    ready(home, "ask", None)
    if setting == "client":
        git(home, "config", "--global", "protocol.version", "0")
    else:
        home.sandbox.control("POST", "/set", {"git_v2_over_https": False})
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 128, clone
    assert "Could not read from remote repository" in clone.err
    assert left_alone(home) == []


@pytest.mark.parametrize("fault", [
    {"method": "POST", "status": 500}, {"method": "POST", "close": "before"},
    {"method": "GET", "status": 500}, {"method": "GET", "close": "before"}])
def test_a_server_that_breaks_off_leaves_nothing_behind(home: Home,
                                                        fault: dict):
    ready(home)
    home.sandbox.control("POST", "/faults", {
        "path": "git-upload-pack$", "times": -1, **fault})
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 128, clone
    assert not (home.work / "app").exists()
    assert left_alone(home) == []
    assert pgrep(home) == []


# --- Cloud, by its own name --------------------------------------------------

@pytest.mark.parametrize("user", ["", "member@"])
def test_a_member_of_cloud_who_has_a_token_for_git(names: RealHome,
                                                   user: str):
    """`init https://bitbucket.org` was all; acme/app is not theirs to admin."""
    names.token = None
    start = f"https://{user}bitbucket.org/acme/tool" if user else names.base
    init = names.bbkey("init", start, "--auto", "always", "--scope",
                       "personal", env={
                           "BBKEY_TOKEN": names.sandbox.tokens[
                               "personal_only"]["token"],
                           "BBKEY_URL": names.base,
                           "BBKEY_USER": names.sandbox.tokens[
                               "personal_only"]["user"]}) if user else \
        names.bbkey("init", start, "--auto", "always")
    assert init.status == 0, init
    if user:
        shutil.rmtree(names.state / "records")
    token = names.sandbox.tokens["member"]
    logins(names, "x-bitbucket-api-token-auth", token["token"],
           "bitbucket.org")
    # the name in a remote's URL counts, as for git
    with (names.folder / ".git-credentials").open("a") as store:
        store.write(f"https://member:{token['token']}@bitbucket.org\n")
    url = f"https://{user}bitbucket.org/acme/app.git"
    clone = names.git("clone", url, "app")
    assert clone.status == 0, clone
    assert ("git-remote-https", WEB) in connections(clone)
    names.forget_log()
    fetch = names.git("fetch", cwd=names.work / "app")
    assert fetch.status == 0, fetch
