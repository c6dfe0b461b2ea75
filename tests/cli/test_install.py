"""`install.sh --system`: what it says in the system-level git configuration.

The build is not what this is about: a stand-in for cmake stages the programs
that are built already.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from home import BIN, TREE, Home, Result

OLD = {"git@bitbucket.org:ws/app.git": "ssh://git@ssh.bitbucket.org/ws/app.git",
       "ssh://git@bitbucket.org/ws/app": "ssh://git@ssh.bitbucket.org/ws/app",
       "ssh://git@bitbucket.org:22/ws/app":
       "ssh://git@ssh.bitbucket.org/ws/app"}
OTHERS = ["ssh://git@altssh.bitbucket.org:443/ws/app.git",
          "https://bitbucket.org/ws/app.git",
          "git@ssh.bitbucket.org:ws/app.git", "git@github.com:ws/app.git",
          "git@bitbucket.org.evil.example:ws/app.git"]
# support.atlassian.com/bitbucket-cloud/docs/configure-ssh-and-two-step-verification
PUBLISHED = {"SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E",
             "SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0",
             "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM"}
CMAKE = f"""#!/bin/sh
while [ $# -gt 0 ]; do
	[ "$1" = --prefix ] && stage=$2
	shift
done
[ -n "$stage" ] || exit 0
mkdir -p "$stage/bin" && cp '{BIN}/git-bbkey' "$stage/bin/"
"""


def own_system(home: Home) -> None:
    """Gives it a system-level configuration, which has something."""
    home.tracing = False
    tools = home.work / "tools"
    tools.mkdir()
    (tools / "cmake").write_text(CMAKE)
    (tools / "cmake").chmod(0o755)
    system = home.work / "system.gitconfig"
    system.write_text("[core]\n\tpager = cat\n")
    (home.work / "ssh_config.d").mkdir()
    home.extra = {"GIT_CONFIG_NOSYSTEM": "0",
                  "GIT_CONFIG_SYSTEM": str(system),
                  "BBK_SSH_CONFIG_FOLDER": str(home.work / "ssh_config.d"),
                  "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"}


@pytest.fixture
def machine(home: Home) -> Home:
    own_system(home)
    return home


def install(home: Home, *words: str) -> Result:
    run = home.run("bash", str(TREE / "install.sh"), "--system", "--no-deps",
                   "--prefix", str(home.work / "prefix"), *words)
    assert run.status == 0, run
    return run


def reached(home: Home, url: str) -> str:
    run = home.run("/usr/bin/git", "ls-remote", "--get-url", url)
    assert run.status == 0, run
    return run.out.strip()


def system(home: Home) -> str:
    return Path(home.extra["GIT_CONFIG_SYSTEM"]).read_text()


@pytest.mark.user
def test_old_addresses_of_cloud_are_carried_over_for_everyone(machine: Home):
    before = system(machine)
    for url in OLD:
        assert reached(machine, url) == url, "what this is about"
    install(machine)
    for url, new in OLD.items():
        assert reached(machine, url) == new
    for url in OTHERS:
        assert reached(machine, url) == url
    once = system(machine)
    install(machine)
    assert system(machine) == once, "installing again adds nothing"
    install(machine, "--uninstall")
    for url in OLD:
        assert reached(machine, url) == url
    assert system(machine) == before
    assert not (machine.work / "prefix").exists()


@pytest.mark.user
def test_ssh_gets_the_host_keys_of_the_new_name(machine: Home):
    folder = Path(machine.extra["BBK_SSH_CONFIG_FOLDER"])
    run = install(machine)
    known = machine.work / "prefix/share/git-bbkey/known_hosts"
    assert f"ssh does not look into {known} by itself" in run.out
    config = machine.work / "ssh_config"
    config.write_text(f"Include {folder}/*.conf\n")
    for host, mine in (("ssh.bitbucket.org", True), ("bitbucket.org", True),
                       ("altssh.bitbucket.org", True), ("h.example", False)):
        plan = machine.run("ssh", "-F", str(config), "-G",
                           f"alice@{host}").out
        now = "ssh.bitbucket.org" if host == "bitbucket.org" else host
        assert f"hostname {now}" in plan.splitlines()
        (files,) = [x for x in plan.splitlines()
                    if x.startswith("globalknownhostsfile ")]
        assert (str(known) in files) == mine, (host, files)
        assert "/etc/ssh/ssh_known_hosts2" in files
    for name in ("ssh.bitbucket.org", "[altssh.bitbucket.org]:443"):
        found = machine.run("ssh-keygen", "-l", "-f", str(known), "-F",
                            name).out
        assert {w for w in found.split() if w.startswith("SHA256:")} == \
            PUBLISHED, "no page in reach: those that are built in"
    once = {p.name: p.read_bytes() for p in folder.iterdir()}
    install(machine)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == once
    install(machine, "--uninstall")
    assert list(folder.iterdir()) == [] and not known.exists()


def test_what_an_earlier_version_wrote_is_brought_up_to_date(machine: Home):
    install(machine)
    file = machine.work / "prefix/share/git-bbkey/gitconfig.cloud"
    now = file.read_text()
    file.write_text("".join(x for x in now.splitlines(True)
                            if ":22/" not in x))
    install(machine)
    assert file.read_text() == now
    file.write_text(now + "# mine\n")
    install(machine)
    assert file.read_text() == now + "# mine\n"
    assert "because it was edited" in install(machine, "--uninstall").out
    file.unlink()


def test_a_persons_own_settings_do_not_vouch_for_everyone(machine: Home):
    """A stand-in of theirs for Cloud says what it likes."""
    stand_in = "https://localhost:1/2.0"
    for key, value in ((".apiUrl", stand_in),
                       (".ssh", "ssh://git@elsewhere.example")):
        machine.git("config", "--global", f"bbkey.https://bitbucket.org{key}",
                    value)
    install(machine)
    known = machine.work / "prefix/share/git-bbkey/known_hosts"
    assert "elsewhere.example" not in known.read_text()
    assert machine.run("ssh-keygen", "-F", "ssh.bitbucket.org", "-f",
                       str(known)).status == 0


def test_a_file_of_that_name_that_is_not_ours_stays(machine: Home):
    """Uninstalling what was never installed."""
    theirs = Path(machine.extra["BBK_SSH_CONFIG_FOLDER"]) / "git-bbkey.conf"
    theirs.write_text("Host x\n")
    install(machine, "--uninstall")
    assert theirs.read_text() == "Host x\n"


def test_a_person_may_have_the_same_or_more_than_the_system(machine: Home):
    install(machine)
    config = machine.folder / ".gitconfig"
    config.write_text(
        config.read_text() + '[url "ssh://git@ssh.bitbucket.org/"]\n'
        "\tinsteadOf = git@bitbucket.org:\n"
        "\tinsteadOf = ssh://git@bitbucket.org/\n"
        '[url "https://bitbucket.org/mine/"]\n'
        "\tinsteadOf = git@bitbucket.org:mine/\n")
    for url, new in OLD.items():
        assert reached(machine, url) == new
    assert reached(machine, "git@bitbucket.org:mine/app") == \
        "https://bitbucket.org/mine/app"


def test_what_the_admin_edited_stays(machine: Home):
    install(machine)
    ours = machine.work / "prefix/share/git-bbkey/gitconfig.cloud"
    ours.write_text("# not here\n")
    install(machine)
    for url in OLD:
        assert reached(machine, url) == url
    run = install(machine, "--uninstall")
    assert f"Kept, because it was edited: {ours}" in run.out
    assert ours.read_text() == "# not here\n"
    assert os.fspath(ours) not in system(machine)


@pytest.mark.user
def test_without_system_no_git_configuration_is_touched(machine: Home):
    before = system(machine), (machine.folder / ".gitconfig").read_text()
    run = machine.run("bash", str(TREE / "install.sh"), "--no-deps",
                      "--prefix", str(machine.work / "prefix"))
    assert run.status == 0, run
    assert before == (system(machine),
                      (machine.folder / ".gitconfig").read_text())
    for url in OLD:
        assert reached(machine, url) == url
