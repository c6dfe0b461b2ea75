"""init --ssh-config: plain ssh finds the key, for tools that bypass us.

Rows one and two of "What breaks": go sets GIT_SSH_COMMAND; npm does, unless
~/.gitconfig itself has core.sshCommand.
"""

from __future__ import annotations

import json
import resource
import stat
import subprocess
from pathlib import Path

import pytest
from home import TREE, Home, Result

GO = {"GIT_SSH_COMMAND": "ssh -o ControlMaster=no -o BatchMode=yes",
      "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
NPM = {"GIT_SSH_COMMAND": "ssh -oStrictHostKeyChecking=accept-new",
       "GIT_ASKPASS": "echo"}


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


def config_of(home: Home, content: bytes | None, mode: int = 0o600) -> Path:
    path = home.make_ssh_folder() / "config"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    return path


def include(home: Home) -> bytes:
    return f'Include "{home.config}/ssh_config"'.encode()


def enable(home: Home, *words: str) -> Result:
    return ok(home.bbkey("init", "--ssh-config", home.https_url(), *words))


def uninstall(home: Home) -> Result:
    """The configuration says that it is that installation's."""
    prefix = home.folder / "prefix"
    subprocess.run(["git", "config", "--file", home.config / "transport",
                    "core.sshCommand", prefix / "bin" / "git-bbkey-ssh"],
                   check=True)
    return ok(home.run("bash", str(TREE / "install.sh"), "--uninstall",
                       "--prefix", str(prefix)))


# --- tools that bypass the transport ---------------------------------------------

@pytest.mark.user
@pytest.mark.parametrize("tool", [GO, NPM], ids=["go", "npm"])
def test_a_tool_with_its_own_ssh_command_gets_in(home: Home, tool: dict):
    """Row C.4/1 and 2: as go and npm run git, in and outside a repository."""
    home.enrol()
    known = home.ssh_folder / "known_hosts"
    before = home.git("clone", home.ssh_url(), "before", env=tool)
    assert before.status == 128, "what this is about"
    known.unlink(missing_ok=True)
    enable(home)
    assert "sshcommand" not in (home.folder / ".gitconfig").read_text(
        ).lower(), "npm would leave its own out"
    home.forget_log()
    ok(home.git("clone", home.ssh_url(), "app", env=tool))
    ok(home.git("ls-remote", home.ssh_url(repo="tool"), env=tool))
    assert "git-bbkey-ssh" not in home.runs[-1].trace.read_text()
    assert home.requests() == []
    assert not known.exists(), "the host key is one that we have verified"


def test_a_wrong_host_key_stops_plain_ssh_too(home: Home):
    enable(home)
    home.sandbox.control("POST", "/hostkey", {"types": ["ed25519"],
                                              "publish": False})
    clone = home.git("clone", home.ssh_url(), "app", env=NPM)
    assert clone.status == 128
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in clone.err


def test_an_access_key_opens_only_its_own_project(home: Home):
    """What the manual says of it: it logs in, and hides a personal key."""
    public = home.make_key(home.make_ssh_folder() / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": public})
    enable(home)
    clone = home.git("clone", home.ssh_url("lib", "core"), "core", env=GO)
    assert clone.status == 128, clone
    assert "Permission denied (publickey" not in clone.err
    # the transport picks the key by project, and is not affected
    ok(home.git("clone", home.ssh_url(), "app"))


def test_the_transport_goes_on_as_before(home: Home):
    enable(home, "--auto", "always")
    home.forget_log()
    ok(home.git("clone", home.https_url(), "app"))
    assert home.requests() == [] and len(home.events("ssh_connect")) == 1
    ok(home.git("clone", home.https_url("lib", "core"), "core"))
    assert len(home.keys_registered("LIB")) == 1
    record = "".join(p.read_text() for p in home.state.rglob("@project"))
    assert record.count(str(home.state / "known_hosts")) == 2, record


# --- the person's file --------------------------------------------------------------

BEFORE = [b"", b"Host x\n\tPort 1\n", b"Host x\r\n\tPort 1\r\n",
          b"# no line end", b"\n\n  Host *\n\xff\xfe bytes\n",
          b"Include other\nHost y\n"]


@pytest.mark.user
@pytest.mark.row("L6")
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_l6_one_line_on_top_and_back_byte_for_byte(home: Home, before: bytes,
                                                   mode: int):
    home.tracing = False
    path = config_of(home, before.replace(b"\xff\xfe bytes", b"#\xff\xfe"),
                     mode)
    old = path.read_bytes()
    inode = path.stat().st_ino
    enable(home)
    end = b"\r\n" if b"\r\n" in old else b"\n"
    assert path.read_bytes() == include(home) + end + old
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.stat().st_ino == inode
    uninstall(home)
    assert path.read_bytes() == old
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.row("L6")
def test_l6_a_link_into_dotfiles_stays_a_link(home: Home):
    dotfiles = home.folder / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "ssh").write_bytes(b"Host x\n\tPort 1\n")
    home.make_ssh_folder()
    path = home.ssh_folder / "config"
    path.symlink_to(dotfiles / "ssh")
    enable(home)
    assert path.is_symlink()
    assert (dotfiles / "ssh").read_bytes() == include(home) + \
        b"\nHost x\n\tPort 1\n"
    uninstall(home)
    assert path.is_symlink()
    assert (dotfiles / "ssh").read_bytes() == b"Host x\n\tPort 1\n"


@pytest.mark.row("L6")
def test_l6_what_cannot_be_changed_is_left_alone(home: Home):
    home.make_ssh_folder()
    path = home.ssh_folder / "config"
    path.symlink_to("nowhere")
    run = home.bbkey("init", "--ssh-config", home.https_url())
    assert (run.status, run.error_class) == (9, "local"), run
    assert path.is_symlink() and not (home.ssh_folder / "nowhere").exists()
    path.unlink()
    path.mkdir()
    run = home.bbkey("init", "--ssh-config", home.https_url())
    assert (run.status, run.error_class) == (9, "local"), run


@pytest.mark.row("L1")
def test_l1_a_full_disk_leaves_the_old_bytes(home: Home):
    """A limit on a file's size stands in for the disk: the write ends in the
    middle, when the old bytes are half gone."""
    old = b"Host x\n\tPort 1\n" * 2000
    path = config_of(home, old)
    ok(home.bbkey("init", home.https_url()))
    home.tracing = False
    run = home.bbkey("init", "--ssh-config", home.https_url(),
                     before=lambda: resource.setrlimit(
                         resource.RLIMIT_FSIZE, (len(old) + 5,) * 2))
    assert (run.status, run.error_class) == (9, "local"), run
    assert path.read_bytes() == old


def test_no_file_gets_one_that_goes_with_us(home: Home):
    home.make_ssh_folder()
    enable(home)
    path = home.ssh_folder / "config"
    assert path.read_bytes() == include(home) + b"\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    uninstall(home)
    assert not path.exists()


def test_a_file_of_ours_that_the_person_wrote_into_stays(home: Home):
    home.make_ssh_folder()
    enable(home)
    path = home.ssh_folder / "config"
    path.write_bytes(path.read_bytes() + b"Host x\n")
    uninstall(home)
    assert path.read_bytes() == b"Host x\n"


def test_an_empty_file_of_the_persons_stays(home: Home):
    path = config_of(home, b"")
    enable(home)
    uninstall(home)
    assert path.read_bytes() == b""


def test_the_line_is_found_wherever_it_was_moved_to(home: Home):
    path = config_of(home, b"# one\n")
    enable(home)
    path.write_bytes(b"# one\n" + include(home) + b"\n# two")
    again = enable(home, "--json")
    assert json.loads(again.out)["ssh_config"] == "none"
    uninstall(home)
    assert path.read_bytes() == b"# one\n# two"


def test_a_line_below_a_host_does_not_count(home: Home):
    config_of(home, b"Host x\n" + include(home) + b"\n")
    enable(home)
    ok(home.git("clone", home.ssh_url(), "app", env=GO))


# --- again, and nothing ------------------------------------------------------------

def test_again_changes_nothing_and_a_dry_run_neither(home: Home):
    before = home.snapshot()
    run = ok(home.bbkey("init", "--ssh-config", "--dry-run", "--json",
                        home.https_url()))
    assert json.loads(run.out)["ssh_config"] == "enabled"
    assert home.snapshot() == before
    assert json.loads(enable(home, "--json").out)["ssh_config"] == "enabled"
    before = home.snapshot()
    run = enable(home, "--json")
    assert json.loads(run.out)["ssh_config"] == "none"
    assert json.loads(run.out)["changed"] is False
    assert home.snapshot() == before
    assert "Everything was set up already" in enable(home).err


def test_it_needs_a_project(home: Home):
    run = home.bbkey("init", "--ssh-config", home.base)
    assert (run.status, run.error_class) == (129, "usage"), run
    assert not home.config.exists()


def test_another_key_takes_the_place_of_the_first(home: Home):
    enable(home)
    ok(home.bbkey("init", "--ssh-config", "--new-key",
                  home.https_url("lib", "core")))
    text = (home.config / "ssh_config").read_text()
    assert text.count("Host ") == text.count("IdentityFile") == 1
    ok(home.git("clone", home.ssh_url("lib", "core"), "core", env=GO))


def test_a_home_that_is_not_sshs_is_told(home: Home):
    other = home.work / "other"
    other.mkdir(mode=0o700)
    (other / ".gitconfig").write_bytes(
        (home.folder / ".gitconfig").read_bytes())
    run = home.bbkey("init", "--ssh-config", home.https_url(),
                     env={"HOME": str(other)})
    assert (run.status, run.error_class) == (9, "local"), run
    assert "password database" in run.error
    assert not (other / ".ssh" / "config").exists()


@pytest.mark.row("L19")
@pytest.mark.parametrize("name", ["a b", "a%h", 'a"b', "a[b]*?",
                                  "a\\b"])
def test_l19_a_home_folder_with_a_strange_name(home: Home, name: str):
    strange = home.work / name
    home.folder.rename(strange)
    home.folder = strange
    home.__post_init__()
    home.make_ssh_folder()
    home.tracing = False
    path = home.ssh_folder / "config"
    path.write_bytes(b"Host x\n")
    enable(home)
    home.forget_log()
    ok(home.git("clone", home.ssh_url(), "app", env=GO))
    uninstall(home)
    assert path.read_bytes() == b"Host x\n"
