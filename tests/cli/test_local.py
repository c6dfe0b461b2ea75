"""Rows L1, L4 to L9, L17 to L19, L22: the machine itself is in the way.

BBK_SWEEP=all tries every system call of the sweeps instead of a sample.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from home import Home
from sweeps import (FAST_PATH, Template, assert_as_plain, assert_mends_itself,
                    assert_saved_before_posted, inject, key_name, modes,
                    one_key_everywhere, own_lines, points, refused, stand_in)

KILL_POINTS = 14      # of a whole clone
ENSURE_POINTS = 6     # of git-bbkey alone, below a clone
INIT_POINTS = 8       # of `git bbkey init`
ENOSPC_POINTS = 8
KILL_CALLS = ("openat", "write", "fsync", "linkat", "link", "rename",
              "renameat", "renameat2", "mkdir", "mkdirat", "connect", "sendto")

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: chown")


# --- L9: killed at any moment -------------------------------------------------

@pytest.mark.row("L9")
@pytest.mark.user
def test_l9_a_clone_killed_anywhere_is_followed_by_one_that_works(fast: Home):
    start = Template(fast)
    command = ["git", "clone", "-q", fast.https_url(), "clone"]
    plan = points(fast, command, FAST_PATH, KILL_CALLS, KILL_POINTS)
    assert len(plan) >= min(KILL_POINTS, 12), plan
    killed = 0
    for call, n in plan:
        start.restore()
        run = fast.run(*inject("signal=KILL", call, n), *command)
        killed += run.status != 0
        assert_saved_before_posted(fast)
        assert_mends_itself(fast, f"killed at {call} number {n}")
    assert killed >= len(plan) // 3, "the sweep hit nothing"


def words_of_ssh(run: Result) -> list[str]:
    """git-remote-https, tried after ssh, is killed as well."""
    return [line for line in own_lines(run.err) if "https" not in line]


@pytest.mark.row("L9")
def test_l9_git_bbkey_killed_below_a_clone_leaves_plain_ssh(fast: Home):
    """Only our program dies: the clone works, or fails as plain ssh (I10)."""
    start = Template(fast)
    command = ["git", "clone", "-q", fast.https_url(), "clone"]
    plan = points(fast, command, FAST_PATH, KILL_CALLS, ENSURE_POINTS,
                  "git-bbkey")
    plain = fast.git("clone", "-q", fast.https_url(), "plain",
                     env={"BBKEY_AUTO": "never"})
    assert plain.status == 128
    for call, n in plan:
        start.restore()
        with stand_in(fast, *inject("signal=KILL", call, n)):
            run = fast.run(*command)
        what = f"git-bbkey killed at {call} number {n}"
        if run.status:
            assert run.status == plain.status, (what, run)
            assert words_of_ssh(run) == words_of_ssh(plain), (what, run)
        assert run.seconds < 30, what
        assert_saved_before_posted(fast)
        assert_mends_itself(fast, what)


@pytest.mark.row("L9")
def test_l9_an_init_killed_anywhere_is_followed_by_one_that_works(home: Home):
    home.tracing = False
    home.may_leave = True
    home.extra = dict(FAST_PATH)
    start = Template(home)
    command = ["git", "bbkey", "init", "--auto", "always", home.https_url()]
    plan = points(home, command, FAST_PATH, KILL_CALLS, INIT_POINTS,
                  "git-bbkey")
    for call, n in plan:
        start.restore()
        home.run(*inject("signal=KILL", call, n), *command)
        assert_saved_before_posted(home)
        what = f"killed at {call} number {n}"
        again = home.run(*command)
        assert again.status == 0, (what, again)
        assert_mends_itself(home, what)


@pytest.mark.row("L9")
@pytest.mark.parametrize("call", ["openat", "write", "rename"])
def test_l9_git_config_killed_below_init_is_mended(home: Home, call: str):
    """git config leaves its lock file where it is killed; a second init must
    not be stopped for ever by a lock in our own folder."""
    home.tracing = False
    home.may_leave = True
    home.extra = dict(FAST_PATH)
    programs = home.work / "programs"
    programs.mkdir()
    wrapper = programs / "git"
    wrapper.write_text(
        "#!/bin/sh\ncase \" $* \" in\n*\" --file \"*|*\" -f \"*)\n"
        f"exec strace -f -qq -o /dev/null -P {home.config}/config.lock "
        f"-e trace={call} -e inject={call}:signal=KILL:when="
        f"{'2' if call == 'openat' else '1'} -- /usr/bin/git \"$@\";;\n"
        "esac\nexec /usr/bin/git \"$@\"\n")
    if call == "openat":  # killed after it was made, not before
        wrapper.write_text(wrapper.read_text().replace(
            "-e trace=openat -e inject=openat:signal=KILL:when=2",
            "-e trace=close -e inject=close:signal=KILL:when=1"))
    wrapper.chmod(0o755)
    # "git bbkey" would put git's own folder in front of the PATH
    first = home.run("git-bbkey", "init", home.base, "--auto", "always",
                     env={"PATH": f"{programs}:{home.extra['PATH']}"})
    assert first.status != 0, first
    second = home.bbkey("init", home.base, "--auto", "always")
    assert second.status == 0, second
    assert_mends_itself(home, "git config was killed")


# --- L1: disk full ------------------------------------------------------------

@pytest.mark.row("L1")
@pytest.mark.user
def test_l1_no_space_at_any_write_registers_nothing_that_is_not_saved(
        fast: Home):
    start = Template(fast)
    before = fast.snapshot()
    command = ["git", "clone", "-q", fast.https_url(), "clone"]
    plan = points(fast, command, FAST_PATH,
                  ("write", "fsync", "linkat", "mkdir", "mkdirat"),
                  ENOSPC_POINTS, "git-bbkey")
    assert len(plan) >= 6, plan
    for call, n in plan:
        start.restore()
        with stand_in(fast, *inject("error=ENOSPC", call, n)):
            run = fast.run(*command)
        what = f"ENOSPC at {call} number {n}"
        assert run.status in (0, 128), (what, run)
        assert_saved_before_posted(fast)
        after = fast.snapshot()
        assert {k: after.get(k) for k in before} == before, what
        assert_mends_itself(fast, what)


@pytest.mark.row("L1")
@pytest.mark.parametrize("size", [8, 24, 48])
@pytest.mark.parametrize("way", ["init", "clone"])
def test_l1_a_home_with_few_kilobytes_left(home: Home, size: int, way: str):
    home.tracing = False
    home.may_leave = True
    home.extra = dict(FAST_PATH)
    # as "root" of a namespace ssh could not run its KnownHostsCommand
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else \
        ["unshare", "-Um", "--map-current-user", "--keep-caps"]
    if subprocess.run([*unshare, "mount", "-t", "tmpfs", "tmpfs",
                       str(home.work)], capture_output=True).returncode:
        pytest.skip("no mounts of our own here")
    if way == "clone":
        home.enrol("always")
    home.forget_log()
    before = home.snapshot()
    dump = home.work / "dump"
    command = (f"git bbkey init {home.https_url()} --auto always"
               if way == "init" else
               f"git clone -q {home.https_url()} {home.work}/clone")
    # what is there fits exactly; then so many kilobytes are left
    script = (
        f"set -e; cp -a {home.folder} {home.work}/old\n"
        f"mount -t tmpfs -o size=1m,mode=700 tmpfs {home.folder}\n"
        f"cp -a {home.work}/old/. {home.folder}/; cd {home.work}; set +e\n"
        f"dd if=/dev/zero of={home.folder}/ballast bs=1k "
        f"count=$(($(df -k --output=avail {home.folder} | tail -1) - {size})) "
        f"2>/dev/null\n{command}\nstatus=$?\n"
        f"rm {home.folder}/ballast; cp -a {home.folder} {dump}; exit $status")
    run = home.run(*unshare, "sh", "-c", script)
    shutil.rmtree(home.folder)
    shutil.move(dump, home.folder)
    after = home.snapshot()
    if run.status == 0 and way == "init":
        one_key_everywhere(home)
        return
    if way == "init":
        assert run.status == 9 and run.error_class == "local", run
    else:
        assert run.status in (0, 128), run
    kept = {k: v for k, v in before.items() if k != ".gitconfig"}
    assert {k: after.get(k) for k in kept} == kept, run
    assert after[".gitconfig"][1].startswith(before[".gitconfig"][1]), run
    assert_saved_before_posted(home)
    again = home.run("sh", "-c", command.replace("/clone", "/clone2"))
    assert again.status == 0, again
    one_key_everywhere(home)
    assert len(home.requests("POST")) <= 1, home.requests()


@pytest.mark.row("L1")
def test_l1_nowhere_to_save_is_local_before_anything_is_asked(home: Home):
    """/dev/full-like: every write to a file fails, the first of them too."""
    home.tracing = False
    home.may_leave = True
    run = home.run("prlimit", "--fsize=0", "git", "bbkey", "init",
                   home.https_url())
    refused(home, run, "local", 9)


# --- L4: folders that others can write to --------------------------------------

def set_mode(path: str, mode: int):
    def change(home: Home) -> Path:
        home.make_ssh_folder()
        target = home.folder / path
        target.chmod(mode)
        return target
    return change


def set_owner(path: str):
    def change(home: Home) -> Path:
        home.make_ssh_folder()
        target = home.folder / path
        os.chown(target, 12345, 12345)
        return target
    return change


L4 = [
    pytest.param(set_mode(".ssh", 0o777), "chmod", id="ssh-0777"),
    pytest.param(set_mode(".ssh", 0o770), "chmod", id="ssh-0770"),
    pytest.param(set_mode(".ssh", 0o702), "chmod", id="ssh-0702"),
    pytest.param(set_mode("", 0o770), "chmod", id="home-0770"),
    pytest.param(set_mode("", 0o775), "chmod", id="home-0775"),
    pytest.param(set_mode("", 0o777), "chmod", id="home-0777"),
    pytest.param(set_owner(".ssh"), "chown", id="ssh-of-another",
                 marks=root_only),
    pytest.param(set_owner(""), "chown", id="home-of-another",
                 marks=root_only),
]


@pytest.mark.row("L4")
@pytest.mark.user
@pytest.mark.parametrize("change,mend", L4)
def test_l4_no_key_is_put_where_others_can_write(home: Home, change, mend):
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.forget_log()
    target = change(home)
    before = modes(home.folder, home.ssh_folder), target.stat().st_uid
    run = home.bbkey("init", home.https_url())
    refused(home, run, "local", 9)
    assert mend in run.hint and str(target) in run.hint, run
    assert_as_plain(home, home.https_url())
    assert (modes(home.folder, home.ssh_folder),
            target.stat().st_uid) == before, "changed silently"
    assert home.private_keys() == []
    assert list(home.ssh_folder.iterdir()) == []
    assert home.requests("POST") == []


# --- L5: ~/.ssh is a link --------------------------------------------------------

@pytest.mark.row("L5")
@pytest.mark.user
def test_l5_a_link_to_a_folder_of_ours_is_fine(home: Home):
    elsewhere = home.folder / "dotfiles" / "ssh"
    elsewhere.mkdir(parents=True, mode=0o700)
    elsewhere.chmod(0o700)
    home.ssh_folder.symlink_to("dotfiles/ssh")
    home.enrol("always")
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert os.readlink(home.ssh_folder) == "dotfiles/ssh"
    assert len([p for p in elsewhere.iterdir()
                if p.suffix != ".pub"]) == 1
    one_key_everywhere(home)


def link_to(kind: str, home: Home) -> None:
    target = home.work / "their-ssh"
    if kind == "other":
        target.mkdir(mode=0o700)
        os.chown(target, 12345, 12345)
    elif kind == "open":
        target.mkdir()
        target.chmod(0o777)
    elif kind == "file":
        target.write_text("")
    home.ssh_folder.symlink_to(".ssh" if kind == "loop" else target)


@pytest.mark.row("L5")
@pytest.mark.user
@pytest.mark.parametrize("kind", [
    pytest.param("other", marks=root_only), "open", "dangling", "loop",
    "file"])
def test_l5_a_link_to_anything_else_is_refused(home: Home, kind: str):
    home.enrol("always")
    home.forget_log()
    link_to(kind, home)
    before = home.snapshot()
    run = home.bbkey("init", home.https_url())
    refused(home, run, "local", 9)
    assert_as_plain(home, home.https_url())
    after = home.snapshot()
    assert after[".ssh"] == before[".ssh"]
    target = home.work / "their-ssh"
    assert kind != "dangling" or not target.exists()
    assert not target.is_dir() or list(target.iterdir()) == []
    assert home.requests("POST") == []


# --- L6: files that a person keeps elsewhere -------------------------------------

@pytest.mark.row("L6")
@pytest.mark.user
def test_l6_a_persons_files_and_links_stay_as_they_are(home: Home):
    dotfiles = home.folder / "dotfiles"
    dotfiles.mkdir()
    home.make_ssh_folder()
    texts = {
        "config": "# mine\nHost nobody\n\tPort 2\n",
        "known_hosts": "nobody ssh-ed25519 "
                       "AAAAC3NzaC1lZDI1NTE5AAAAIGsaafKH4thHB9UEpZZLfqn"
                       "1iXHBVWwGMkD7w0L4wQyk\n",
    }
    for name, text in texts.items():
        (dotfiles / name).write_text(text)
        (home.ssh_folder / name).symlink_to(f"../dotfiles/{name}")
    shutil.move(home.folder / ".gitconfig", dotfiles / "gitconfig")
    (home.folder / ".gitconfig").symlink_to("dotfiles/gitconfig")
    config = (dotfiles / "gitconfig").read_text()
    home.enrol("always")
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    init = home.bbkey("init", cwd=home.work / "app")
    assert init.status == 0, init
    for name, text in texts.items():
        assert os.readlink(home.ssh_folder / name) == f"../dotfiles/{name}"
        assert (dotfiles / name).read_text() == text
    assert os.readlink(home.folder / ".gitconfig") == "dotfiles/gitconfig"
    now = (dotfiles / "gitconfig").read_text()
    assert now.startswith(config), "what the person wrote is as it was"
    added = now[len(config):].split()
    assert len(now[len(config):].splitlines()) <= 2, added


# --- L7: our key's name is taken ------------------------------------------------------

L7 = {
    # what is there: (status of init, what became of it)
    "same": (0, "reused"),
    "other": (0, "other-name"),
    "garbage": (0, "other-name"),
    "garbage-marked": (0, "aside"),
    "empty": (0, "other-name"),
    "empty-marked": (0, "aside"),
    "folder": (9, "refused"),
    "fifo": (9, "refused"),
    "symlink": (9, "refused"),
    "dangling": (9, "refused"),
    "open": (9, "refused"),
    "pub-fifo": (0, "any"),
    "pub-folder": (None, "any"),
    "pub-symlink": (0, "any"),
}


def occupy(home: Home, kind: str) -> None:
    path = home.make_ssh_folder() / key_name(home)
    public = Path(f"{path}.pub")
    mark = ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsaafKH4thHB9UEpZZLfqn1iXH"
            "BVWwGMkD7w0L4wQyk bbkey dev@laptop\n")
    if kind in ("same", "open"):
        home.make_key(path, comment="bbkey dev@laptop")
        path.chmod(0o644 if kind == "open" else 0o600)
    elif kind == "other":
        home.make_key(path)
    elif kind.startswith("garbage"):
        path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
        path.chmod(0o600)
    elif kind.startswith("empty"):
        path.touch(mode=0o600)
    elif kind == "folder":
        path.mkdir()
        (path / "file").write_text("mine")
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "symlink":
        home.make_key(home.folder / "elsewhere", comment="bbkey dev@laptop")
        path.symlink_to(home.folder / "elsewhere")
    elif kind == "dangling":
        path.symlink_to(home.folder / "nowhere")
    elif kind == "pub-fifo":
        os.mkfifo(public, 0o644)
    elif kind == "pub-folder":
        public.mkdir()
    elif kind == "pub-symlink":
        (home.folder / "precious").write_text("precious\n")
        public.symlink_to(home.folder / "precious")
    if kind.endswith("-marked"):
        public.write_text(mark)


@pytest.mark.row("L7")
@pytest.mark.user
@pytest.mark.parametrize("kind,way", [
    *((kind, "init") for kind in L7), *((kind, "clone") for kind in (
        "same", "garbage-marked", "fifo", "pub-fifo"))])
def test_l7_the_name_of_our_key_is_taken(home: Home, kind: str, way: str):
    status, became = L7[kind]
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.forget_log()
    occupy(home, kind)
    path = home.ssh_folder / key_name(home)
    home.not_ours = [str(path)]
    before = home.snapshot()
    ssh = {k: v for k, v in before.items() if k.startswith(".ssh/")}
    if way == "init":
        run = home.bbkey("init", home.https_url())
        if status is None:
            assert run.status in (0, 9), run
            status = run.status
        assert run.status == status, run
    elif status == 0:
        run = home.git("clone", home.https_url(), "app")
        assert run.status == 0, run
    elif status is None:
        run = home.git("clone", home.https_url(), "app")
        assert run.status in (0, 128), run
        status = 0 if run.status == 0 else 9
    else:
        run = assert_as_plain(home, home.https_url())
    assert run.seconds < 20
    after = home.snapshot()
    if kind == "pub-symlink":
        assert (home.folder / "precious").read_text() == "precious\n", \
            "wrote through a link"
    if became == "aside":
        aside = [p for p in home.ssh_folder.iterdir() if ".corrupt" in p.name
                 and p.suffix != ".pub"]
        assert len(aside) == 1
        assert aside[0].read_bytes() == ssh[f".ssh/{path.name}"][1]
    elif became != "any":
        assert {k: after.get(k) for k in ssh} == ssh, "changed what was there"
    if status == 9:
        assert home.requests("POST") == []
        if way == "init":
            assert run.error_class in ("keyfile", "local"), run
            assert path.name in run.err
        return
    assert len(home.requests("POST")) == 1
    (grant,) = home.keys_registered()
    used = path if became in ("reused", "aside", "any") else \
        path.with_name(path.name + "_2")
    assert used.exists(), list(home.ssh_folder.iterdir())
    public = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", str(used)],
                            capture_output=True, text=True).stdout
    assert public.split()[1] == grant["key"]["text"].split()[1]


# --- L8: what an earlier run left ----------------------------------------------------

def leave(home: Home, kind: str) -> None:
    key = home.private_keys()[0]
    public = Path(f"{key}.pub")
    record = next(p for p in (home.state / "records").rglob("*")
                  if p.is_file())
    if kind == "temp-folder":
        old = home.ssh_folder / ".bbkey-new-AbCdEf"
        old.mkdir(mode=0o700)
        (old / "key").write_text("half a key")
        (old / "key.pub").touch()
        os.utime(old, (time.time() - 3600,) * 2)
    elif kind == "lock":
        (home.state / "lock").write_text("4711\n")
    elif kind == "corrupt":
        Path(f"{key}.corrupt-1700000000").write_text("wreck")
    elif kind == "no-public":
        public.unlink()
    elif kind == "no-private":
        key.unlink()
    elif kind == "other-public":
        home.make_key(home.work / "other", comment="bbkey dev@laptop")
        public.write_text((home.work / "other.pub").read_text())
    elif kind == "empty-public":
        public.write_text("")
    elif kind == "new-files":
        for name in (record, home.state / "known_hosts"):
            left = Path(f"{name}.new-4711")
            left.write_text("half")
            os.utime(left, (time.time() - 3600,) * 2)
    elif kind == "half-record":
        record.write_bytes(record.read_bytes()[:40])
    elif kind == "empty-record":
        record.write_text("")
    elif kind == "garbage-record":
        record.write_bytes(bytes(range(256)) * 20)
    elif kind == "no-record":
        shutil.rmtree(home.state / "records")
    elif kind == "no-state":
        shutil.rmtree(home.state)
    elif kind == "half-known-hosts":
        file = home.state / "known_hosts"
        file.write_bytes(file.read_bytes()[:60])
    elif kind == "half-facts":
        file = next((home.state / "instances").iterdir())
        file.write_bytes(file.read_bytes()[:15])
    elif kind == "config-lock":
        (home.config / "config.lock").touch()
        (home.config / "transport.lock").touch()
    elif kind == "half-config":
        file = home.config / "config"
        file.write_bytes(file.read_bytes()[:80])


L8 = ["temp-folder", "lock", "corrupt", "no-public", "no-private",
      "other-public", "empty-public", "new-files", "half-record",
      "empty-record", "garbage-record", "no-record", "no-state",
      "half-known-hosts", "half-facts", "config-lock"]


@pytest.mark.row("L8")
@pytest.mark.user
@pytest.mark.parametrize("kind", L8)
def test_l8_what_an_earlier_run_left_is_repaired_or_ignored(home: Home,
                                                             kind: str):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "first").status == 0
    leave(home, kind)
    home.allow_posts = 2 if kind == "no-private" else 1
    home.may_leave = True  # ignored is as good as repaired
    home.forget_log()
    # a plain clone: what tells the transport itself lies, is init's to mend
    clone = home.git("clone", "-q", home.https_url(repo="tool"), "second")
    if kind not in ("no-private", "other-public", "half-record",
                    "empty-record", "garbage-record", "half-known-hosts"):
        assert clone.status == 0, clone
    assert clone.status in (0, 128) and clone.seconds < 20, clone
    init = home.bbkey("init", home.https_url())
    assert init.status == 0, init
    third = home.git("clone", "-q", home.https_url(repo="tool"), "third")
    assert third.status == 0, third
    if kind != "no-private":
        one_key_everywhere(home)
        assert home.requests("POST") == []
    else:
        assert len(home.requests("POST")) == 1
    key = home.private_keys()[0]
    assert Path(f"{key}.pub").exists()
    settled = home.snapshot()
    again = home.bbkey("init", home.https_url(), "--json")
    assert again.status == 0 and json.loads(again.out)["changed"] is False
    assert home.snapshot() == settled


@pytest.mark.row("L8")
def test_l8_an_old_half_made_key_goes_when_the_next_is_made(home: Home):
    home.enrol("always")
    old = home.make_ssh_folder() / ".bbkey-new-AbCdEf"
    old.mkdir(mode=0o700)
    (old / "key").write_text("half a key")
    (old / "key.pub").touch()
    os.utime(old, (time.time() - 3600,) * 2)
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    assert not old.exists()


@pytest.mark.row("L8", "L9")
def test_l8_an_old_public_half_never_stands_beside_a_new_key(home: Home):
    """Killed after the new key is in place, before its public half is."""
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.may_leave = True
    home.enrol("always")
    key = home.make_ssh_folder() / key_name(home)
    home.make_key(key, comment="bbkey dev@laptop")
    key.unlink()
    first = home.run(
        "strace", "-f", "-qq", "-o", "/dev/null", "-P", f"{home.ssh_folder}",
        "-P", f"{key}.pub", "-P", f"{key.name}.pub", "-e",
        "trace=renameat,renameat2,rename", "-e",
        "inject=renameat,renameat2,rename:signal=KILL:when=1", "--",
        "git", "bbkey", "init", home.https_url())
    assert first.status != 0, first
    assert home.requests("POST") == []
    again = home.git("clone", "-q", home.https_url(), "app")
    assert again.status == 0, again
    one_key_everywhere(home)  # and I3 behind it: both halves of one run


@pytest.mark.row("L8")
def test_l8_a_lock_that_another_run_holds_is_waited_for(home: Home):
    """Free again within the wait: nothing is lost, no question of age."""
    home.tracing = False
    home.enrol("always")
    holder = subprocess.Popen(
        ["flock", "-o", str(home.state / "lock"), "cat"], stdin=subprocess.PIPE)
    try:
        clone = subprocess.Popen(
            ["git", "clone", "-q", home.https_url(), "app"], cwd=home.work,
            env=home.environment(), stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True)
        holder.kill()  # killed: flock is freed by the kernel at once
        holder.wait()
        _, err = clone.communicate(timeout=30)
        assert clone.returncode == 0, err
    finally:
        holder.stdin.close()
        holder.poll() is None and holder.kill()
    one_key_everywhere(home)


# --- L17: nobody to ask --------------------------------------------------------------

def close_stdin() -> None:
    os.close(0)


def close_all() -> None:
    os.closerange(0, 3)


L17 = {
    "no-token": (["init", "URL"], None, "auth", 3),
    "unknown-host": (["init", "ssh://git@bitbucket.invalid/proj/app.git"],
                     None, "not-bitbucket", 12),
    "yes": (["init", "URL", "--yes"], None, "auth", 3),
}


@pytest.mark.row("L17")
@pytest.mark.user
@pytest.mark.parametrize("name", list(L17))
@pytest.mark.parametrize("stdin", ["null", "closed"])
def test_l17_without_a_terminal_nothing_is_asked(home: Home, name: str,
                                                 stdin: str):
    words, token, error, status = L17[name]
    home.token = token
    home.forget_log()
    run = home.bbkey(*[home.https_url() if w == "URL" else w for w in words],
                     before=close_stdin if stdin == "closed" else None,
                     timeout=20)
    refused(home, run, error, status)
    assert run.seconds < 10
    assert run.hint, "it says what to do instead"
    assert home.private_keys() == [], "made a key that nobody registers"


@pytest.mark.row("L17")
@pytest.mark.user
@pytest.mark.parametrize("stdin", ["null", "closed", "all-closed"])
def test_l17_ask_without_a_terminal_is_plain_ssh(home: Home, stdin: str):
    home.enrol("ask")
    home.forget_log()
    if stdin == "null":
        run = assert_as_plain(home, home.https_url())
    else:
        run = home.git("clone", home.https_url(), "app", timeout=20,
                       before=close_stdin if stdin == "closed" else close_all)
        assert run.status == 128, run
    assert run.seconds < 10
    assert home.requests() == []
    assert home.private_keys() == []


@pytest.mark.row("L17")
@pytest.mark.user
@pytest.mark.parametrize("how", [close_stdin, close_all])
def test_l17_always_with_closed_streams_works(home: Home, how):
    home.enrol("always")
    run = home.git("clone", "-q", home.https_url(), "app", before=how,
                   timeout=30)
    assert run.status == 0, run
    assert (home.work / "app" / "README.md").exists()
    # a misdirected write would be in a file of ours, or the person's
    for path in home.folder.rglob("*"):
        if path.is_file() and path.name != "known_hosts":
            assert b"git-bbkey: registered" not in path.read_bytes(), path


# --- L18: HOME ------------------------------------------------------------------------

L18 = {
    "unset": None, "empty": "", "relative": "home", "dot": ".",
    "missing": "/nonexistent/home", "root": "/", "file": "FILE",
}


@pytest.mark.row("L18")
@pytest.mark.user
@pytest.mark.parametrize("kind", list(L18))
def test_l18_an_unusable_home_is_the_password_databases(home: Home, kind: str):
    value = L18[kind]
    if value == "FILE":
        (home.work / "file").touch()
        value = str(home.work / "file")
    home.extra = {"HOME": value, "GIT_SSL_CAINFO": home.sandbox.ca}
    here = home.work / "here"
    (here / "home").mkdir(parents=True)
    roots = {p.name for p in Path("/").iterdir()}
    run = home.bbkey("init", home.https_url(), "-v", cwd=here, env=home.extra)
    assert [p.name for p in here.rglob("*")] == ["home"], "wrote into the cwd"
    new = {p.name for p in Path("/").iterdir()} - roots
    if ".gitconfig" in new:
        Path("/.gitconfig").unlink()
    assert not new, "wrote into /"
    assert run.status == 0, run
    assert str(home.folder) in run.err, "does not say which home it took"
    one_key_everywhere(home)
    fetch = home.git("ls-remote", "-q", home.ssh_url(), cwd=here)
    assert {p.name for p in here.rglob("*")} == {"home"}, fetch


@pytest.mark.row("L18")
@pytest.mark.user
def test_l18_a_home_other_than_the_password_databases_works(home: Home):
    """As git has it, HOME is where things go; ssh is told the key by name."""
    other = home.work / "other-home"
    other.mkdir(mode=0o700)
    shutil.copy(home.folder / ".gitconfig", other)
    before = home.snapshot()
    home.extra = {"HOME": str(other)}
    run = home.bbkey("init", home.https_url(), "--auto", "always")
    assert run.status == 0, run
    clone = home.git("clone", "-q", home.https_url(repo="tool"), "app")
    assert clone.status == 0, clone
    assert home.snapshot() == before, "wrote into the other home"
    assert len(list((other / ".ssh").glob("bbkey_*.pub"))) == 1


@pytest.mark.row("L18")
def test_l18_no_home_at_all_is_local(home: Home):
    (home.work / ".passwd").write_text(
        f"tester:x:{os.getuid()}:{os.getgid()}:T:/nonexistent:/bin/sh\n")
    run = home.bbkey("init", home.https_url(),
                     env={"HOME": None, "GIT_SSL_CAINFO": home.sandbox.ca})
    refused(home, run, "local", 9)


# --- L19: odd names ------------------------------------------------------------------------

L19 = {
    "shell": b"it's  $HOME `id` a#b;c,d=e ", "quote": b'a"b',
    "percent": b"100%h%d%%", "backslash": b"a\\b", "glob": b"[a]*?",
    "utf8": "h\u00f6me-\u2713".encode(), "bytes": b"h\xff\xfe\x80",
    "dash": b"-oProxyCommand=x", "escape": b"a\x1b[31mb",
    "newline": b"a\nb", "return": b"a\rb",
    "long": b"/".join([b"d" * 200] * 5),
    "very-long": b"/".join([b"d" * 250] * 15),
}
MUST_WORK = {"shell", "percent", "backslash", "utf8", "bytes", "dash", "long"}


@pytest.mark.row("L19")
@pytest.mark.user
@pytest.mark.parametrize("kind", list(L19))
def test_l19_a_home_with_an_odd_name_works_or_is_refused(home: Home,
                                                         kind: str):
    odd = os.fsencode(home.work) + b"/" + L19[kind]
    try:
        os.makedirs(odd, 0o700)
    except OSError:
        pytest.skip("no such folder can be made here")
    folder = Path(os.fsdecode(odd))
    shutil.copy(home.folder / ".gitconfig", folder / ".gitconfig")
    if b"\n" not in odd:
        (home.work / ".passwd").write_bytes(
            b"tester:x:%d:%d:T:%s:/bin/sh\n" % (os.getuid(), os.getgid(), odd))
    home.extra = {"HOME": os.fsdecode(odd)} | FAST_PATH
    home.tracing = False
    home.may_leave = True
    run = home.bbkey("init", home.https_url(), "--auto", "always")
    if kind in MUST_WORK:
        assert run.status == 0, run
    if run.status:
        refused(home, run, "local", 9)
        assert not list(folder.rglob("bbkey_*")), "made a key all the same"
        plain = home.git("clone", home.ssh_url(), "app")
        assert plain.status == 128, plain
        return
    keys = [p for p in (folder / ".ssh").iterdir() if p.suffix != ".pub"]
    assert len(keys) == 1, keys
    clone = home.git("clone", "-q", home.https_url(repo="tool"), "clone")
    assert clone.status == 0, clone
    status = home.bbkey("status", "--json", cwd=home.work / "clone")
    assert status.status == 0, status
    assert json.loads(status.out)["ready"] is True, status
    settled = len(home.requests())
    again = home.bbkey("init", home.https_url(), "--json")
    assert again.status == 0 and json.loads(again.out)["changed"] is False, \
        again
    assert settled <= len(home.requests()) <= settled + 1
    assert not [p for p in home.work.iterdir()
                if p.name.startswith("%") or p.name == "known_hosts"]


@pytest.mark.row("L19")
def test_l19_a_home_longer_than_any_path_falls_back(home: Home):
    # not "git bbkey": git itself dies of such a HOME
    run = home.run("git-bbkey", "init", home.https_url(),
                   env={"HOME": "/" + "x" * 5000,
                        "GIT_SSL_CAINFO": home.sandbox.ca})
    assert run.status in (0, 9), run
    if run.status:
        refused(home, run, "local", 9)
    else:
        one_key_everywhere(home)


# --- L22: umask ----------------------------------------------------------------------------

@pytest.mark.row("L22")
@pytest.mark.user
@pytest.mark.parametrize("mask", [0o000, 0o002, 0o077, 0o777])
def test_l22_modes_do_not_depend_on_the_umask(home: Home, mask: int):
    home.tracing = False
    run = home.bbkey("init", home.https_url(), "--auto", "always",
                     before=lambda: os.umask(mask))
    assert run.status == 0, run
    (key,) = home.private_keys()
    assert modes(home.ssh_folder, key, Path(f"{key}.pub")) == [
        "drwx------", "-rw-------", "-rw-r--r--"]
    for path in [home.state, *home.state.rglob("*"), home.config,
                 *home.config.rglob("*"), home.folder / ".gitconfig"]:
        mode = path.stat().st_mode & 0o777
        assert not mode & 0o022, f"{path} is {mode:o}"
        assert mode & 0o600 == 0o600, f"{path} is {mode:o}"
    clone = home.git("clone", "-q", home.https_url(repo="tool"), "app")
    assert clone.status == 0, clone


@pytest.mark.row("L22")
def test_l22_a_first_clone_under_umask_0_makes_private_files(home: Home):
    home.tracing = False
    home.enrol("always")
    clone = home.git("clone", "-q", home.https_url(), "app",
                     before=lambda: os.umask(0))
    assert clone.status == 0, clone
    (key,) = home.private_keys()
    assert modes(home.ssh_folder, key, Path(f"{key}.pub")) == [
        "drwx------", "-rw-------", "-rw-r--r--"]
    # git's own files are git's: the umask of the person is theirs again
    assert (home.work / "app" / "README.md").stat().st_mode & 0o777 == 0o666
