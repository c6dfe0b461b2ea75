"""Rows L3, L16, L21, L23, L24: where git-bbkey is run from.

And four places that people run git in: an IDE, Jenkins, cron, a container.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from home import BIN, NSS_WRAPPER, Home, Result
from sweeps import (FAST, FAST_PATH, assert_as_plain,
                    assert_saved_before_posted, no_sanitizers,
                    one_key_everywhere, own_lines, refused)


root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
PROGRAMS = ("git", "ssh", "ssh-keygen", "ssh-add", "sh", "env", "cat")


def token_in_a_file(home: Home) -> None:
    """As a build server has it: no BBKEY_TOKEN, a file that only we read."""
    path = home.folder / "token"
    path.write_text(home.sandbox.tokens["project_admin"] + "\n")
    path.chmod(0o600)
    home.may_hold_secrets = [str(path)]
    assert home.git("config", "--global", f"bbkey.{home.base}.tokenFile",
                    str(path)).status == 0
    home.token = None


def as_plain_git(home: Home, **how) -> tuple[Result, Result]:
    """The clone, and the same one of git without anything of ours."""
    ours = home.git("clone", home.ssh_url(), "ours", **how)
    env = how.pop("env", {}) | {"BBKEY_AUTO": "never"}
    plain = home.git("clone", home.ssh_url(), "plain", env=env, **how)
    return ours, plain


# --- an IDE: no terminal, GIT_ASKPASS set ------------------------------------

@pytest.fixture
def askpass(home: Home) -> Path:
    """What an IDE gives to git; it writes down what it was asked."""
    script = home.work / "askpass"
    answers = home.work / "answers"
    answers.write_text("")
    answers.chmod(0o600)
    script.write_text("#!/bin/sh\n"
                      f"echo \"$1\" >> {home.work}/asked\n"
                      f"case $1 in User*) echo dev;; *) cat {answers};; esac\n")
    script.chmod(0o700)
    return script


def asked(home: Home) -> list[str]:
    path = home.work / "asked"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("automatic", ["always", "ask"])
def test_an_ide_that_has_a_token_clones_or_is_left_to_plain_ssh(
        home: Home, askpass: Path, automatic: str):
    home.enrol(automatic)
    home.extra = {"GIT_ASKPASS": str(askpass), "SSH_ASKPASS": str(askpass),
                  "GIT_TERMINAL_PROMPT": "0"}
    if automatic == "always":
        clone = home.git("clone", home.https_url(), "app")
        assert clone.status == 0, clone
        one_key_everywhere(home)
    else:  # nobody said yes, and there is nobody to ask
        assert_as_plain(home, home.ssh_url())
        assert home.keys_registered() == []
    assert asked(home) == []


def test_an_ide_asks_for_the_token_in_its_own_window(home: Home,
                                                     askpass: Path):
    home.enrol("always")
    (home.work / "answers").write_text(home.sandbox.tokens["project_admin"])
    home.token = None
    home.extra = {"GIT_ASKPASS": str(askpass)}
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert asked(home), "the token came from somewhere else"
    assert all(home.base in question for question in asked(home))
    one_key_everywhere(home)


# --- Jenkins: GIT_SSH is a script, no HOME -----------------------------------

def job_key(home: Home) -> Path:
    """The job's own credential, and the script that Jenkins writes for it."""
    key = home.work / "job-key"
    public = home.make_key(key, comment="jenkins")
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ", "text": public,
        "permission": "PROJECT_READ", "label": "jenkins"})
    state = home.sandbox.control("GET", "/state")
    port = home.ssh_url().split(":")[2].split("/")[0]
    hosts = home.work / "job-hosts"
    hosts.write_text("".join(f"[localhost]:{port} {k['public']}\n"
                             for k in state["host_keys"]))
    script = home.work / "jenkins-gitclient-ssh.sh"
    script.write_text(f"#!/bin/sh\necho used >> {home.work}/script-ran\n"
                      f"exec ssh -i {key} -o UserKnownHostsFile={hosts} "
                      "-o IdentitiesOnly=yes \"$@\"\n")
    script.chmod(0o755)
    return script


@pytest.mark.user
@pytest.mark.parametrize("configured", ["no HOME", "HOME", "global"])
def test_jenkins_own_script_and_key_are_used(home: Home, configured: str):
    home.enrol("always")
    script = job_key(home)
    before = home.snapshot()
    home.forget_log()
    home.extra = {"GIT_SSH": str(script), "SSH_ASKPASS": "/bin/false"}
    if configured != "HOME":
        home.extra["HOME"] = None
    if configured == "global":
        home.extra["GIT_CONFIG_GLOBAL"] = str(home.folder / ".gitconfig")
    clone = home.git("clone", "-q", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert (home.work / "script-ran").exists(), "another key was used"
    assert home.requests() == []
    assert home.snapshot() == before


@pytest.mark.user
def test_jenkins_with_a_key_that_does_not_open_fails_as_plain_git(home: Home):
    home.enrol("always")
    script = job_key(home)
    home.sandbox.control("DELETE", "/keys", {"fingerprint": subprocess.run(
        ["ssh-keygen", "-lf", str(home.work / "job-key.pub")], text=True,
        capture_output=True, check=True).stdout.split()[1]})
    home.forget_log()
    ours, plain = as_plain_git(home, env={
        "GIT_SSH": str(script), "HOME": None,
        "GIT_CONFIG_GLOBAL": str(home.folder / ".gitconfig")})
    assert ours.status == plain.status == 128
    assert own_lines(ours.err) == own_lines(plain.err)
    assert home.requests() == [] and home.private_keys() == []


# --- cron: no terminal, nearly no environment --------------------------------

def cron(home: Home, *argv: str, **env: str) -> Result:
    """As cron(8) starts it: HOME, LOGNAME, SHELL, PATH."""
    nss = {k: v for k, v in home.environment().items()
           if k.startswith(("NSS_", "LD_PRELOAD", "ASAN", "UBSAN"))}
    words = {"LOGNAME": "tester", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin",
             "HOME": str(home.folder), **nss, **env}
    return home.run(*argv, env={k: None for k in home.environment()} | {
        k: v for k, v in words.items() if v})


@pytest.mark.user
def test_cron_clones_with_a_token_from_a_file(home: Home):
    home.enrol("always")
    token_in_a_file(home)
    clone = cron(home, "git", "clone", "-q", home.https_url(), "app")
    assert clone.status == 0, clone
    one_key_everywhere(home)
    home.forget_log()
    fetch = cron(home, "git", "-C", str(home.work / "app"), "fetch")
    assert fetch.status == 0 and fetch.err == "", fetch
    assert home.requests() == []


@pytest.mark.user
def test_cron_without_a_token_fails_as_plain_git(home: Home):
    home.enrol("always")
    ours = cron(home, "git", "clone", home.ssh_url(), "ours")
    plain = cron(home, "git", "clone", home.ssh_url(), "plain",
                 BBKEY_AUTO="never")
    assert ours.status == plain.status == 128
    assert own_lines(ours.err) == own_lines(plain.err)
    assert ours.error_class == "auth"
    assert home.private_keys() == []


@pytest.mark.user
@pytest.mark.parametrize("path", ["/usr/bin:/bin", ""])
def test_no_environment_at_all_is_plain_git(home: Home, path: str):
    """No HOME: git finds no configuration, so it never comes to us."""
    home.enrol("always")
    before = home.snapshot()
    home.forget_log()
    run = cron(home, "/usr/bin/git", "clone", home.ssh_url(), "app", HOME="",
               PATH=path, LOGNAME="", SHELL="")
    assert run.status == 128
    assert "git-bbkey" not in run.err
    assert home.requests() == [] and home.snapshot() == before


# --- a container: root, HOME=/ -----------------------------------------------

CONTAINER = """set -e
mount -t tmpfs tmpfs {root} || exit 77
cd {root}
mkdir usr etc proc dev tmp root var home
for each in bin sbin lib lib64; do
	[ ! -L /$each ] || ln -s "$(readlink /$each)" $each
done
for each in usr dev proc; do mount --rbind /$each $each; done
cp -a /etc/. etc/ 2>/dev/null || :
printf 'root:x:0:0:root:{home}:/bin/sh\\n' > etc/passwd
for each in {folders}; do
	mkdir -p .$each && mount --rbind $each .$each
done
exec /usr/sbin/chroot . /bin/sh -c 'cd /tmp; {script}'
"""


def container(home: Home, script: str, passwd_home: str = "/root") -> Result:
    """Root of a small world of its own, where / may be written to."""
    root = home.work / ".root"
    root.mkdir(exist_ok=True)
    folders = {str(FAST), str(Path(home.sandbox.ca).parent)}
    text = CONTAINER.format(root=root, home=passwd_home, script=script,
                            folders=" ".join(sorted(folders)))
    how = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    env = {k: None for k in home.environment() if k.startswith("NSS_")}
    return home.run(*how, "sh", "-c", text, env=env | {
        "HOME": "/", "LD_PRELOAD": None, "GIT_SSL_CAINFO": home.sandbox.ca,
        "GIT_CONFIG_GLOBAL": None, **FAST_PATH})


@root_only
@pytest.mark.parametrize("passwd_home", ["/root", "/"])
def test_a_container_as_root_with_home_slash(home: Home, passwd_home: str):
    """git reads /.gitconfig, which we never write; so plain git is as before,
    and what is asked of us by name works, where there is a home at all."""
    home.tracing = False
    run = container(
        home, f"git bbkey clone {home.https_url()} app -- -q; echo $? > s; "
        f"git clone -q {home.ssh_url(repo='tool')} tool; echo $? >> s; "
        f"BBKEY_AUTO=never git clone -q {home.ssh_url(repo='tool')} two; "
        "echo $? >> s; cat s; ls -A /; ls -A /root/.ssh; true", passwd_home)
    if run.status == 77:
        pytest.skip("no mounts of our own here")
    ours, plain, never = run.out.split()[:3]
    assert plain == never == "128", run
    listed = run.out.split()[3:]
    if passwd_home == "/root":
        assert ours == "0", run
        assert any(x.startswith("bbkey_") for x in listed), run
        assert len(home.requests("POST")) == 1
    else:
        assert ours == "9" and run.error_class == "local", run
        assert home.requests("POST") == []
    assert ".ssh" not in listed and ".gitconfig" not in listed, \
        "wrote into /"


# --- L3: a home that nothing can be written to -------------------------------

def read_only(home: Home, *argv: str, **how) -> Result:
    """The home is mounted read-only, as it is in many a container."""
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else \
        ["unshare", "-Um", "--map-current-user", "--keep-caps"]
    script = (f"mount --bind {home.folder} {home.folder} && mount -o "
              f"remount,ro,bind {home.folder} || exit 77; exec \"$@\"")
    run = home.run(*unshare, "sh", "-c", script, "sh", *argv, **how)
    if run.status == 77:
        pytest.skip("no mounts of our own here")
    return run


def own_access(home: Home) -> None:
    """A person's key that opens PROJ, and a host key that they know."""
    public = home.make_key(home.make_ssh_folder() / "id_ed25519")
    home.sandbox.control("POST", "/keys", {
        "scope": "user", "user": "dev", "text": public, "label": "mine"})
    port = home.ssh_url().split(":")[2].split("/")[0]
    (home.ssh_folder / "known_hosts").write_text("".join(
        f"[localhost]:{port} {k['public']}\n"
        for k in home.sandbox.control("GET", "/state")["host_keys"]))


@pytest.mark.row("L3")
@pytest.mark.parametrize("form", ["https", "ssh"])
def test_l3_a_read_only_home_is_local_and_own_access_goes_on(home: Home,
                                                             form: str):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    own_access(home)
    before = home.snapshot()
    home.forget_log()
    init = read_only(home, "git", "bbkey", "init", home.https_url())
    refused(home, init, "local", 9)
    url = home.https_url() if form == "https" else home.ssh_url()
    clone = read_only(home, "git", "clone", "-q", url, str(home.work / "app"))
    assert clone.status == 0, clone
    assert home.keys_registered() == [] and home.snapshot() == before


@pytest.mark.row("L3")
def test_l3_a_read_only_home_with_a_record_works_as_ever(home: Home):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    home.forget_log()
    fetch = read_only(home, "git", "-C", str(home.work / "app"), "fetch")
    assert fetch.status == 0 and fetch.err == "", fetch
    status = read_only(home, "git", "-C", str(home.work / "app"), "bbkey",
                       "status", "--json")
    assert status.status == 0 and json.loads(status.out)["ready"], status
    assert home.requests("POST") == []


@pytest.mark.row("L3")
@pytest.mark.parametrize("access", [True, False])
def test_l3_no_ssh_folder_and_none_can_be_made(home: Home, access: bool):
    """Without one, a read-only home; with one, only .ssh cannot be written."""
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    if access:
        own_access(home)
    home.forget_log()
    before = home.snapshot()
    plain = read_only(home, "git", "clone", "-q", home.ssh_url(),
                      str(home.work / "plain"), env={"BBKEY_AUTO": "never"})
    ours = read_only(home, "git", "clone", "-q", home.ssh_url(),
                     str(home.work / "ours"))
    assert ours.status == plain.status == (0 if access else 128), (plain, ours)
    assert own_lines(ours.err) == own_lines(plain.err)
    if not access:
        assert ours.error_class == "local", ours
    assert home.requests("POST") == [] and home.snapshot() == before


@pytest.mark.row("L3")
@pytest.mark.user
def test_l3_a_home_that_may_not_be_written_to(home: Home):
    """Permission bits: root is not stopped by them, so mostly for users."""
    home.enrol("always")
    home.forget_log()
    home.folder.chmod(0o500)
    try:
        init = home.bbkey("init", home.https_url())
        if os.geteuid() == 0:
            assert init.status == 0, init
            return
        refused(home, init, "local", 9)
        assert_as_plain(home, home.https_url())
    finally:
        home.folder.chmod(0o700)


# --- L16: what a parent leaves behind ----------------------------------------

def ignore(*signals: int):
    def change() -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
    return change


CARELESS = """
import os, resource, signal, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
null = os.open("/dev/null", os.O_RDONLY)
for fd in [*range(10, 1010), min(hard, 4096) - 1]:
    os.dup2(null, fd, inheritable=True)
for name in sys.argv[1].split():
    signal.signal(getattr(signal, name), signal.SIG_IGN)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def careless(*argv: str, ignore: str = "") -> list[str]:
    """Below a parent that leaves a thousand descriptors open, and one far
    beyond, without close-on-exec."""
    return ["/usr/bin/python3", "-ISc", CARELESS, ignore, *argv]


@pytest.mark.row("L16")
@pytest.mark.user
@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGXFSZ,
                                    signal.SIGCHLD])
def test_l16_signals_that_the_parent_ignores_change_nothing(home: Home,
                                                            number: int):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    # git itself cannot wait for its children without SIGCHLD
    run = home.run("git-bbkey", "init", home.https_url(), "--auto", "always",
                   before=ignore(number))
    assert run.status == 0, run
    one_key_everywhere(home)
    if number != signal.SIGCHLD:
        clone = home.git("clone", "-q", home.https_url(), "app",
                         before=ignore(number))
        assert clone.status == 0, clone
    path = home.ssh_url().split("/", 3)[3]
    port = home.ssh_url().split(":")[2].split("/")[0]
    ssh = home.run("git-bbkey-ssh", "-p", port, "git@localhost",
                   f"git-upload-pack '/{path}'", stdin="0000",
                   before=ignore(number))
    assert ssh.status == 0 and ssh.out.endswith("0000"), ssh


@pytest.mark.row("L16")
def test_l16_children_get_default_signals_and_no_stray_descriptor(home: Home):
    """What ssh-keygen is started with, below a parent that is careless."""
    programs = home.work / "programs"
    programs.mkdir()
    spy = programs / "ssh-keygen"
    spy.write_text(
        "#!/usr/bin/python3 -ISs\nimport os, sys\n"
        f"open({str(home.work / 'fds')!r}, 'w').write(repr("
        "{fd for fd in range(3, 70000) if os.path.exists("
        "f'/proc/self/fd/{fd}')}))\n"
        f"open({str(home.work / 'signals')!r}, 'w').write("
        "open('/proc/self/status').read())\n"
        "os.execv('/usr/bin/ssh-keygen', sys.argv)\n")
    spy.chmod(0o755)
    home.tracing = False
    run = home.run(*careless("git-bbkey", "init", home.https_url(),
                             ignore="SIGPIPE SIGXFSZ SIGCHLD"),
                   env={"PATH": f"{programs}:{FAST_PATH['PATH']}"})
    assert run.status == 0, run
    assert eval((home.work / "fds").read_text()) <= {3}  # the script itself
    masks = dict(line.split(":\t") for line in (
        home.work / "signals").read_text().splitlines())
    # python itself ignores these two; 32 and 33 are glibc's own, which its
    # posix_spawn() leaves ignored
    known = sum(1 << (n - 1) for n in (signal.SIGPIPE, signal.SIGXFSZ, 32, 33))
    for name in ("SigBlk", "SigIgn"):
        assert int(masks[name], 16) & ~known == 0, masks[name]


@pytest.mark.row("L16")
@pytest.mark.user
@pytest.mark.parametrize("command", ["init", "clone"])
def test_l16_a_thousand_open_descriptors_are_no_hindrance(home: Home,
                                                          command: str):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    if command == "clone":
        home.enrol("always")
        run = home.run(*careless("git", "clone", "-q", home.https_url(),
                                 "app"))
    else:
        run = home.run(*careless("git-bbkey", "init", home.https_url()))
    assert run.status == 0, run
    one_key_everywhere(home)


@pytest.mark.row("L16")
@pytest.mark.user
def test_l16_a_reader_that_is_gone_is_no_crash(home: Home):
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    reader, writer = os.pipe()
    os.close(reader)
    for words in (["status"], ["status", "--json"], ["help"], ["version"]):
        run = subprocess.run(["git-bbkey", *words], stdout=writer,
                             stderr=subprocess.PIPE, cwd=home.work / "app",
                             env=home.environment(), timeout=30)
        assert run.returncode == 9, (words, run)
        assert b"git-bbkey: local: " in run.stderr, (words, run)
    os.close(writer)


# --- L21: programs that are missing, or are not what they seem ---------------

def path_without(home: Home, *missing: str) -> str:
    """A PATH of one folder, with links to all that we need but some."""
    folder = home.work / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        if name not in missing:
            (folder / name).symlink_to(shutil.which(name))
    for name in ("git-bbkey", "git-bbkey-ssh"):
        (folder / name).symlink_to(FAST / name)
    return str(folder)


@pytest.mark.row("L21")
@pytest.mark.user
@pytest.mark.parametrize("name", ["git", "ssh", "ssh-keygen", "ssh-add"])
@pytest.mark.parametrize("how", ["missing", "not executable", "a folder"])
def test_l21_a_program_that_is_missing_is_named(home: Home, name: str,
                                                how: str):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    path = path_without(home, name)
    if how == "not executable":
        (Path(path) / name).write_text("#!/bin/sh\nexit 0\n")
    elif how == "a folder":
        (Path(path) / name).mkdir()
    home.forget_log()
    run = home.run("git-bbkey", "init", home.https_url(), env={"PATH": path})
    if name == "ssh-add":  # no agent to ask, then
        assert run.status == 0, run
        return
    refused(home, run, "local", 9)
    assert f"'{name}'" in run.err and run.hint, run
    assert home.private_keys() == []


@pytest.mark.row("L21")
@pytest.mark.user
@pytest.mark.parametrize("name", ["ssh", "ssh-keygen"])
def test_l21_a_clone_without_it_ends_as_plain_git(home: Home, name: str):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    path = path_without(home, name)
    git = shutil.which("git")
    home.extra = {"PATH": path}
    ours = home.run(git, "clone", home.https_url(), "ours")
    plain = home.run(git, "clone", home.ssh_url(), "plain",
                     env={"HOME": str(home.work)})
    assert ours.status == plain.status == 128, (ours, plain)
    assert f"'{name}'" in ours.err, ours
    assert home.requests("POST") == [] and home.private_keys() == []


@pytest.mark.row("L21")
@pytest.mark.user
def test_l21_nothing_in_the_current_folder_is_run(home: Home):
    home.enrol("always")
    here = home.work / "here"
    for folder in (here, here / "bin"):
        folder.mkdir(exist_ok=True)
        for name in (*PROGRAMS, "git-bbkey", "git-bbkey-ssh"):
            trap = folder / name
            trap.write_text(f"#!/bin/sh\ntouch {home.work}/TRAPPED\nexit 1\n")
            trap.chmod(0o755)
    home.tracing = False
    home.extra = {"PATH": f".::bin:./bin:{FAST_PATH['PATH']}:."}
    # git looks for "git-bbkey" where it likes; we are called by our path
    init = home.run(f"{FAST}/git-bbkey", "init", home.https_url(), cwd=here)
    assert init.status == 0, init
    clone = home.run("/usr/bin/git", "clone", "-q", home.https_url(
        repo="tool"), "app", cwd=here)
    assert clone.status == 0, clone
    assert not (home.work / "TRAPPED").exists()


@pytest.mark.row("L21")
@pytest.mark.user
def test_l21_an_ssh_that_is_a_script_is_ssh(home: Home):
    """A person's own ssh, in front of the system's on the PATH."""
    home.tracing = False
    folder = home.work / "mine"
    folder.mkdir()
    (folder / "ssh").write_text(f"#!/bin/sh\necho x >> {home.work}/RAN\n"
                                "exec /usr/bin/ssh \"$@\"\n")
    (folder / "ssh").chmod(0o755)
    home.extra = {"PATH": f"{folder}:{home.environment()['PATH']}"}
    home.enrol("always")
    clone = home.git("clone", "-q", home.https_url(), "app")
    assert clone.status == 0, clone
    assert (home.work / "RAN").read_text().count("x") >= 2
    one_key_everywhere(home)


# --- L23: little of everything -----------------------------------------------

def clean(run: Result, allowed: tuple[int, ...]) -> None:
    """Done, or an error that says so; never a signal, never a hang."""
    assert run.status in allowed, run
    assert run.seconds < 30, run
    if run.status and run.argv[0] != "git":
        assert run.err.strip(), run


@pytest.mark.row("L23")
@pytest.mark.user
@no_sanitizers
@pytest.mark.parametrize("limit", ["nofile=6", "nofile=8", "as=30000000",
                                   "as=60000000", "stack=131072", "fsize=0",
                                   "fsize=200"])
def test_l23_small_limits_are_a_clean_error_or_enough(home: Home, limit: str):
    home.tracing = False
    home.may_leave = True
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.forget_log()
    # 127: the loader has no memory or descriptor to start us with
    run = home.run("prlimit", f"--{limit}", f"{FAST}/git-bbkey", "init",
                   home.https_url())
    clean(run, (0, 3, 7, 8, 9, 11, 12, 127, 128))
    assert_saved_before_posted(home)
    again = home.bbkey("init", home.https_url())
    assert again.status == 0, again
    one_key_everywhere(home)
    assert len(home.requests("POST")) <= 1


@pytest.mark.row("L23")
@pytest.mark.user
@no_sanitizers
@pytest.mark.parametrize("limit", ["nofile=8", "as=60000000", "fsize=200"])
def test_l23_a_clone_under_small_limits(home: Home, limit: str):
    home.tracing = False
    home.may_leave = True
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.forget_log()
    run = home.run("prlimit", f"--{limit}", "git", "clone", "-q",
                   home.https_url(), "app")
    assert run.status not in (134, 139, -6, -11), run
    assert run.seconds < 30, run
    assert_saved_before_posted(home)
    again = home.git("clone", "-q", home.https_url(), "again")
    assert again.status == 0, again
    one_key_everywhere(home)


@pytest.mark.row("L23")
@pytest.mark.user
@pytest.mark.parametrize("more", [0, 1, 2])
def test_l23_no_more_processes(home: Home, more: int):
    """fork() fails with EAGAIN; the limit does not hold for root."""
    if os.geteuid() == 0:
        pytest.skip("root may have as many processes as there are")
    home.tracing = False
    home.may_leave = True
    home.enrol("always")
    home.forget_log()
    mine = len(subprocess.run(["ps", "-L", "-u", str(os.geteuid()), "-o",
                               "lwp="], capture_output=True, text=True
                              ).stdout.split())
    run = home.run("prlimit", f"--nproc={mine + more}", f"{BIN}/git-bbkey",
                   "init", home.https_url())
    clean(run, (0, 3, 7, 9, 11, 12, 128))
    assert_saved_before_posted(home)


@pytest.mark.row("L23")
def test_l23_ssh_that_cannot_start_git_bbkey_ssh_is_no_bad_host_key(home: Home):
    """As where fork() fails below ssh, at the one point that counts."""
    home.tracing = False
    lonely = home.work / "lonely"
    lonely.mkdir()
    shutil.copy2(BIN / "git-bbkey", lonely)
    run = home.run(str(lonely / "git-bbkey"), "init", home.https_url())
    assert (run.status, run.error_class) == (9, "local"), run
    assert "could not start git-bbkey-ssh" in run.err
    assert home.requests("POST") == []


@pytest.mark.row("L23")
@pytest.mark.user
@pytest.mark.parametrize("kind", ["missing", "file", "read-only", "strange"])
def test_l23_tmpdir_is_nothing_to_us(home: Home, kind: str):
    home.tracing = False
    folder = home.work / ("t" if kind != "strange" else "$(id)\x1b[31m %h")
    if kind == "file":
        folder.write_text("")
    elif kind != "missing":
        folder.mkdir(mode=0o500 if kind == "read-only" else 0o777)
    home.extra = {"TMPDIR": str(folder)} | FAST_PATH
    home.enrol("always")
    clone = home.git("clone", "-q", home.https_url(), "app")
    assert clone.status == 0, clone
    one_key_everywhere(home)
    assert not folder.is_dir() or list(folder.iterdir()) == []


@pytest.mark.row("L23")
def test_l23_a_full_tmp_is_nothing_to_us(home: Home):
    home.tracing = False
    full = home.work / "full"
    full.mkdir()
    home.extra = {"TMPDIR": str(full)} | FAST_PATH
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else \
        ["unshare", "-Um", "--map-current-user", "--keep-caps"]
    run = home.run(*unshare, "sh", "-c",
                   f"mount -t tmpfs -o size=4k tmpfs {full} || exit 77\n"
                   f"cat /dev/zero > {full}/ballast 2>/dev/null\n"
                   f"git bbkey init {home.https_url()} --auto always && "
                   f"git clone -q {home.https_url()} {home.work}/app")
    if run.status == 77:
        pytest.skip("no mounts of our own here")
    assert run.status == 0, run
    one_key_everywhere(home)


# --- L24: languages, zones, clocks -------------------------------------------

@pytest.mark.row("L24")
@pytest.mark.user
@pytest.mark.parametrize("words", [
    {"LANG": "ar_EG.UTF-8", "LC_ALL": "ar_EG.UTF-8"},
    {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"},
    {"LC_ALL": "no_SUCH.locale", "LANGUAGE": "de:fr"},
    {"TZ": "Pacific/Kiritimati"}, {"TZ": "../../etc/passwd"},
    {"TZ": "A" * 300}])
def test_l24_locale_and_zone_change_nothing(home: Home, words: dict[str, str]):
    home.tracing = False
    home.extra = words | FAST_PATH
    home.enrol("always")
    clone = home.git("clone", "-q", home.https_url(), "app")
    assert clone.status == 0, clone
    status = home.bbkey("status", "--json", cwd=home.work / "app")
    assert status.status == 0 and json.loads(status.out)["ready"], status
    one_key_everywhere(home)


FAKETIME = next((p for p in Path("/usr/lib").glob(
    "*/faketime/libfaketime.so.1")), None)


def at_another_time(home: Home, when: str) -> None:
    """Only the calendar: what counts seconds goes on as before."""
    home.tracing = False
    preload = f"{FAKETIME}:{NSS_WRAPPER}"
    home.extra = {"LD_PRELOAD": preload, "FAKETIME": when,
                  "FAKETIME_DONT_FAKE_MONOTONIC": "1"} | FAST_PATH


@pytest.mark.row("L24")
@pytest.mark.parametrize("when", ["-10y", "+8y"])
def test_l24_a_clock_that_is_years_off_spoils_no_fetch(home: Home, when: str):
    assert FAKETIME, "faketime is missing"
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    at_another_time(home, when)
    home.forget_log()
    fetch = home.git("fetch", cwd=home.work / "app")
    assert fetch.status == 0 and fetch.err == "", fetch
    # a certificate is not valid then, and that is said
    init = home.bbkey("init", home.https_url("lib", "core"))
    refused(home, init, "tls", 7)
    assert init.seconds < 10


@pytest.mark.row("L24")
def test_l24_a_clock_that_leaps_ends_no_wait(home: Home):
    """Every look at the calendar is a minute after the one before; the
    instance takes a second to answer."""
    assert FAKETIME, "faketime is missing"
    home.enrol("always")
    home.sandbox.control("POST", "/faults", {"method": "POST", "delay": 1})
    at_another_time(home, "+0 i60")
    clone = home.git("clone", "-q", home.https_url(), "app")
    assert clone.status == 0, clone
    one_key_everywhere(home)
