"""`git bbkey clone`: git's own ssh is the one that meets the server.

On an instance that this machine has never seen, as far as a test says nothing
else.  The commands of the contract are in test_commands.py.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from home import BIN, Home, Result
from test_ssh import (Terminal, know, known_line, nothing_registered, port_of,
                      silence, swap)
from test_submodules import head_of, publish

OWN_LINE = re.compile(r"git-bbkey: ([a-z-]+): ")
GIT_S = ("fatal: ", "Please make sure", "Permission denied")


def clone(home: Home, *words: str, **how) -> Result:
    return home.bbkey("clone", *(words or [home.https_url()]), **how)


def steps(run: Result) -> dict[str, str]:
    return {s["step"]: s["action"] for s in json.loads(run.out)["steps"]}


def cloned(home: Home, name: str = "app") -> bool:
    return (home.work / name / "README.md").exists()


def left_nothing(home: Home) -> None:
    """No key here, none there, no folder, nothing switched on."""
    nothing_registered(home)
    assert home.private_keys() == []
    assert not (home.work / "app").exists()
    assert not (home.config / "config").exists()


def refused(home: Home, run: Result, name: str, status: int) -> None:
    """One error, ours; git, which was running, says nothing of its own."""
    assert (run.error_class, run.status) == (name, status), run
    assert len(OWN_LINE.findall(run.err)) == 1, run
    assert not any(words in run.err for words in GIT_S), run


# --- it works ------------------------------------------------------------------

@pytest.mark.user
def test_one_connection_to_each_and_the_key_made_beside_them(home: Home):
    run = clone(home)
    assert run.status == 0 and cloned(home), run
    assert len(home.requests("POST")) == 1
    assert len({e["connection"] for e in home.events("http")}) == 1
    assert len(home.events("ssh_connect")) == 1
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_READ"
    assert len(home.private_keys()) == 1
    home.forget_log()
    assert home.git("fetch", cwd=home.work / "app").status == 0
    assert home.git("clone", "-q", home.https_url(repo="tool")).status == 0
    assert home.requests() == []


def test_nothing_is_posted_before_the_host_key_is_seen(home: Home):
    clone(home)
    order = [e["kind"] if e["kind"] != "http" else e["method"]
             for e in home.sandbox.control("GET", "/events?since=0")]
    assert order.index("ssh_connect") < order.index("POST")
    good = next(i for i, e in enumerate(
        home.sandbox.control("GET", "/events?since=0"))
        if e["kind"] == "ssh_auth" and e["ok"])
    assert order.index("POST") < good


def test_its_json_says_what_was_done(home: Home):
    run = clone(home, home.https_url(), "--json")
    assert run.status == 0, run
    assert steps(run) == {
        "detect": "done", "key": "generated", "hostkey": "done",
        "register": "created", "verify": "done", "remote": "skipped",
        "automatic": "enabled", "clone": "done"}
    data = json.loads(run.out)
    assert data["changed"] is True and data["target"]["project"] == "PROJ"
    assert re.fullmatch(r"\d+\.\d+\.\d+", data["instance"]["release"])


def test_a_second_project_takes_the_key_that_is_there(home: Home):
    home.bbkey("init", home.https_url())
    home.forget_log()
    run = clone(home, home.https_url("lib", "core"), "--json")
    assert run.status == 0 and cloned(home, "core"), run
    did = steps(run)
    assert (did["key"], did["hostkey"], did["register"]) == (
        "reused", "none", "created")
    assert len(home.private_keys()) == 1
    assert len(home.events("ssh_connect")) == 1


def test_write_raises_what_the_key_has(home: Home):
    home.bbkey("init", home.https_url())
    for path in home.state.rglob("@project"):
        path.unlink()  # as on another machine with the same key
    run = clone(home, home.https_url(), "--write", "--json")
    assert run.status == 0, run
    assert steps(run)["register"] == "upgraded"
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_WRITE"


def test_the_screen_of_a_terminal(home: Home):
    screen = Terminal(home, "git", "bbkey", "clone", home.https_url())
    assert screen.end() == 0, screen.said
    shown = [re.sub(r"\x1b\[[0-9;]*[mK]", "", line.split("\r")[-1])
             for line in screen.said.replace("\r\n", "\n").split("\n")]
    said = [i for word in ("Bitbucket Data Center", "Cloning into", " made (",
                           "Host key is", "Registered on", " answers",
                           "New clones from")
            for i, line in enumerate(shown) if word in line]
    assert said == sorted(said) and len(said) == 7, screen.said
    assert all(len(line) <= 80 for line in shown), shown


@pytest.mark.parametrize("name", ["GIT_SSH", "GIT_SSH_COMMAND", "BBKEY_AUTO"])
def test_where_git_runs_another_ssh_the_usual_way_is_gone(home: Home,
                                                         name: str):
    value = "never" if name == "BBKEY_AUTO" else "/usr/bin/ssh"
    run = clone(home, env={name: value})
    assert len(home.requests("POST")) == 1, run
    assert len(home.private_keys()) == 1
    again = clone(home, home.https_url(), "again")
    assert again.status == 0 and cloned(home, "again"), again


def test_where_the_instance_publishes_nothing_a_pin_does(home: Home):
    pin = home.sandbox.control("GET", "/state")["host_keys"][0]["fingerprint"]
    silence(home)
    refused(home, clone(home), "hostkey", 6)
    left_nothing(home)
    run = clone(home, "--host-key", pin, home.https_url())
    assert run.status == 0 and cloned(home), run


def test_a_published_key_that_ssh_does_not_prefer(home: Home):
    swap(home, "rsa", "ed25519", publish=True)
    run = clone(home, home.https_url(), "--json")
    assert run.status == 0 and cloned(home), run
    assert steps(run)["hostkey"] == "done"
    assert len(home.requests("POST")) == 1


def test_submodules_that_git_itself_is_told_to_clone(home: Home):
    """By then everything is switched on, or they would be asked for by https
    and by nobody's key."""
    publish(home, "proj", "app", {"part": home.https_url(repo="tool")},
            {"part": head_of(home, "proj", "tool")})
    home.tracing = False
    run = clone(home, home.https_url(), "--", "--recurse-submodules")
    assert run.status == 0, run
    assert (home.work / "app" / "part" / "README.md").exists()


def test_its_socket_is_of_no_use_to_a_hook(home: Home):
    """A template's hook may inherit it; what it says there changes nothing."""
    hooks = home.folder / "template" / "hooks"
    hooks.mkdir(parents=True)
    hook = hooks / "post-checkout"
    hook.write_text("#!/bin/sh\n"
                    "trap '' PIPE\necho \"$GIT_BBKEY_ABOVE\" >\"$HOME/place\"\n"
                    "echo 'seen x ssh-ed25519 AAAA SHA256:x' >&3\n"
                    "echo 'other x' >&3\ncat <&3 >\"$HOME/heard\"\n"
                    "exit 0\n")
    hook.chmod(0o755)
    run = clone(home, env={"GIT_TEMPLATE_DIR": str(hooks.parent)})
    assert run.status == 0 and cloned(home), run
    assert (home.folder / "place").read_text().endswith("/proj/app\n")
    assert (home.folder / "heard").read_text() == ""
    assert len(home.requests("POST")) == 1


# --- it is not what it seemed ------------------------------------------------------

def places(home: Home) -> list[str]:
    """What is enrolled as the instance's ssh."""
    return home.git("config", "--global", "--includes", "--get-all",
                    f"bbkey.{home.base}.ssh").out.split()


def settings_say(home: Home, place: str, **more: Any) -> None:
    home.sandbox.fault(path="/ssh/latest/settings", times=-1,
                       merge={"baseUrl": place, **more})


def test_settings_that_the_clone_link_contradicts(home: Home):
    """The link counts, and the other place is nowhere."""
    real = home.sandbox.ready["ssh_url"]
    settings_say(home, "ssh://localhost:1", port=port_of(home))
    run = clone(home)
    assert run.status == 0 and cloned(home), run
    assert places(home) == [real]
    assert len(home.requests("POST")) == 1
    plain = home.git("clone", "-q", home.https_url(repo="tool"))
    assert plain.status == 0, plain


def test_settings_that_name_a_host_of_the_inside(home: Home):
    """Where the person's configuration and the link know better."""
    real = home.ssh_url().split("/proj/")[0]
    home.git("config", "--global", f"bbkey.{home.base}.ssh", real)
    settings_say(home, "ssh://internal.invalid:7999")
    run = clone(home)
    assert run.status == 0 and cloned(home), run
    assert set(places(home)) == {real}


@pytest.mark.row("S3")
@pytest.mark.parametrize("where", ["usual", "with a blank"])
@pytest.mark.parametrize("words", [["bbkey", "clone"], ["clone"]])
def test_s3_a_revoked_host_key_is_given_no_key(home: Home, words: list[str],
                                               where: str):
    """Although it is the published one: ssh looks there last."""
    if words == ["clone"]:
        home.enrol("always")
        home.forget_log()
    if where == "usual":
        know(home, f"@revoked {known_line(home)}")
    else:
        (home.folder / "my hosts").write_text(f"@revoked {known_line(home)}\n")
        (home.make_ssh_folder() / "config").write_text(
            f'Host *\n\tUserKnownHostsFile "{home.folder}/my hosts"\n')
    run = home.git(*words, home.https_url())
    assert run.error_class == "hostkey", run
    assert run.status == (128 if words == ["clone"] else 6), run
    nothing_registered(home)
    assert home.private_keys() == []


def test_a_git_that_needs_no_ssh(home: Home):
    """By a mirror of the person's: the setup is done all the same."""
    mirror = home.work / "mirror.git"
    home.git("init", "-q", "--bare", str(mirror))
    home.git("config", "--global", f"url.{mirror}.insteadOf", home.ssh_url())
    run = clone(home, home.https_url(), "--json")
    assert run.status == 0, run
    did = steps(run)
    assert (did["key"], did["register"]) == ("generated", "created")
    assert len(home.requests("POST")) == 1
    assert Path(json.loads(run.out)["key"]["path"]).exists()


def test_a_git_that_ends_and_leaves_somebody_behind(home: Home):
    """It has our socket, and is not waited for."""
    real = home.folder / "libexec"
    real.mkdir()
    (real / "git").write_text(
        "#!/bin/sh\ncase \" $* \" in *' clone '*)\n"
        "  sleep 12 </dev/null >/dev/null 2>&1 &\n"
        "  echo 'fatal: not today' >&2; exit 77;;\nesac\n"
        "exec /usr/bin/git \"$@\"\n")
    (real / "git").chmod(0o755)
    home.tracing = False  # it would wait for the sleep
    run = home.run(str(BIN / "git-bbkey"), "clone", home.https_url(),
                   env={"PATH": f"{real}:{home.environment()['PATH']}"})
    assert run.status == 77 and run.seconds < 10, run
    left_nothing(home)


@pytest.mark.parametrize("how", ["option", "includeIf"])
def test_an_ssh_of_the_persons_is_run(home: Home, how: str):
    wrapper = home.work / "wrapper"
    wrapper.write_text(f"#!/bin/sh\necho x >>{home.work}/RAN\n"
                       "exec git-bbkey-ssh \"$@\"\n")
    wrapper.chmod(0o755)
    words = []
    home.enrol("always")  # what git reads later than ours wins
    if how == "option":
        words = ["--", "-c", f"core.sshCommand={wrapper}"]
    else:
        (home.folder / "inc").write_text(
            f"[core]\n\tsshCommand = {wrapper}\n")
        home.git("config", "--global",
                 f"includeIf.gitdir:{home.work}/.path",
                 str(home.folder / "inc"))
    run = clone(home, home.https_url(), *words)
    assert run.status == 0 and cloned(home), run
    assert (home.work / "RAN").exists()


def test_git_configuration_that_cannot_be_written(home: Home):
    """The key is registered by then: git may go on, and the next run too."""
    lock = home.folder / ".gitconfig.lock"
    lock.touch()
    run = clone(home)
    assert (run.error_class, run.status) == ("local", 9), run
    assert cloned(home), run
    lock.unlink()
    again = home.bbkey("init", cwd=home.work / "app")
    assert again.status == 0, again
    assert len(home.requests("POST")) == 1


def test_that_and_a_key_that_is_honoured_later(home: Home):
    """Nobody waits for the lock of somebody who waits for them."""
    home.bbkey("init", home.https_url(), "--auto", "always")
    home.git("config", "--global", "--unset-all", "include.path")
    home.sandbox.set(key_delay=2.0)
    (home.folder / ".gitconfig.lock").touch()
    run = clone(home, home.https_url("lib", "core"), "--auto", "always")
    assert (run.error_class, run.status) == ("local", 9), run
    assert cloned(home, "core") and run.seconds < 12, run
    assert len(OWN_LINE.findall(run.err)) == 1, run


@pytest.mark.parametrize("auto", ["ask", "always", "never"])
def test_a_grant_that_counts_later(home: Home, auto: str):
    """The server knows the key by another project, and lets it in."""
    home.bbkey("init", home.https_url(), "--auto", auto)
    home.sandbox.set(key_delay=2.0)
    run = clone(home, home.https_url("lib", "core"), "--auto", auto)
    assert run.status == 0 and cloned(home, "core"), run


# --- it does not ------------------------------------------------------------------

@pytest.mark.row("S1")
def test_s1_a_wrong_host_key_ends_it_before_anything_is_sent(home: Home):
    swap(home, "ed25519")
    run = clone(home)
    refused(home, run, "hostkey", 6)
    left_nothing(home)
    assert home.events("ssh_auth") == []


@pytest.mark.row("S5")
def test_s5_a_server_without_ssh(home: Home):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = f"ssh://localhost:{closed.getsockname()[1]}"
        home.sandbox.fault(path="/ssh/latest/settings", times=-1,
                           merge={"baseUrl": place})
        home.sandbox.fault(path="/repos/app$", times=-1, merge={
            "links": {"clone": [{"name": "ssh", "href":
                                 place.replace("//", "//git@") +
                                 "/proj/app.git"}]}})
        home.allow_connects = [f"sin_port=htons({closed.getsockname()[1]})"]
        run = clone(home)
    refused(home, run, "network", 7)
    left_nothing(home)


@pytest.mark.row("S5")
def test_s5_a_server_that_says_nothing(home: Home):
    home.sandbox.fault(ssh="silent", times=-1)
    run = clone(home)
    refused(home, run, "network", 7)
    assert run.seconds < 13, run
    left_nothing(home)


def test_a_repository_that_is_not_there(home: Home):
    run = clone(home, home.https_url(repo="nope"))
    refused(home, run, "permission", 4)
    left_nothing(home)


def test_a_token_that_may_not_register(home: Home):
    run = clone(home, env={"BBKEY_TOKEN": home.sandbox.tokens["reader"]})
    refused(home, run, "permission", 4)
    assert home.keys_registered() == []
    assert not (home.work / "app").exists()


def test_an_address_that_is_no_bitbucket(home: Home):
    wrong = f"{home.base}/wrong"
    run = clone(home, f"{wrong}/scm/proj/app.git", env={"BBKEY_URL": wrong})
    refused(home, run, "not-bitbucket", 12)
    left_nothing(home)


def test_a_token_that_is_asked_for_goes_to_a_bitbucket_only(home: Home):
    """The version, which needs none, is asked first."""
    run = clone(home, f"{home.base}/wrong/scm/proj/app.git",
                env={"BBKEY_TOKEN": None, "BBKEY_URL": None})
    assert run.error_class == "not-bitbucket", run
    assert {e["auth"] for e in home.events("http")} == {"none"}


def test_a_folder_that_is_there_costs_no_key(home: Home):
    (home.work / "app").mkdir()
    (home.work / "app" / "file").touch()
    run = clone(home)
    assert run.status == 128 and "already exists" in run.err, run
    nothing_registered(home)
    assert home.private_keys() == []


@pytest.mark.row("S6")
def test_s6_a_key_that_is_honoured_later(home: Home):
    home.sandbox.fault(ssh="refuse-auth", times=2)
    run = clone(home)
    assert run.status == 0 and cloned(home), run
    assert "Permission denied" not in run.err


@pytest.mark.row("S7")
def test_s7_a_key_that_is_never_honoured(home: Home):
    home.sandbox.fault(ssh="refuse-auth", times=-1)
    run = clone(home)
    assert (run.status, run.error_class) == (11, "propagation"), run
    assert run.seconds < 25 and not (home.work / "app").exists()
    home.sandbox.control("DELETE", "/faults")
    again = clone(home)
    assert again.status == 0 and cloned(home), again
    assert len(home.keys_registered()) == len(home.private_keys()) == 1


# --- it is interrupted ---------------------------------------------------------------

def ended(home: Home) -> bool:
    """Nothing of this home's runs any more."""
    mine = str(home.folder).encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if b"HOME=" + mine in path.read_bytes():
                return False
        except OSError:
            continue
    return True


def soon(what: Callable[[], Any]) -> bool:
    """It comes true, within ten seconds."""
    deadline = time.monotonic() + 10
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(what())


@pytest.mark.parametrize("when", ["gate", "post"])
def test_ctrl_c_ends_all_of_it(home: Home, when: str):
    if when == "gate":
        home.sandbox.fault(ssh="silent", times=-1)
    else:
        home.sandbox.fault(method="POST", delay=5)
    screen = Terminal(home, "git", "bbkey", "clone", home.https_url())
    screen.until("Cloning into")
    assert soon(lambda: home.events("ssh_connect") and home.private_keys())
    screen.child.sendintr()
    assert screen.end() == 130, screen.said
    assert soon(lambda: ended(home))
    assert not (home.work / "app").exists()
    recovers(home)


def recovers(home: Home) -> None:
    """The next run works, with one key here and there."""
    home.sandbox.control("DELETE", "/faults")
    home.may_leave = True
    again = clone(home)
    assert again.status == 0 and cloned(home), again
    assert len(home.keys_registered()) == len(home.private_keys()) == 1


@pytest.mark.parametrize("when", ["gate", "post"])
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_git_bbkey_alone_is_killed(home: Home, how: str, when: str):
    """git's ssh does not go on without it, and asks nothing."""
    if when == "gate":
        home.sandbox.fault(ssh="silent", times=-1)
    else:
        home.sandbox.fault(method="POST", delay=5)
    screen = Terminal(home, str(BIN / "git-bbkey"), "clone",
                      home.https_url())
    screen.until("Cloning into")
    assert soon(lambda: home.events("ssh_connect") and home.private_keys())
    screen.child.kill(getattr(signal, how))
    screen.end()
    assert soon(lambda: ended(home))
    assert "authenticity" not in screen.said
    assert soon(lambda: not (home.work / "app").exists())
    recovers(home)
