"""`git bbkey list`: the keys on this machine, and those that Bitbucket has."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pexpect
import pytest
from cloudhome import CloudHome
from home import Home, Result
from rest_checks import STATUS, clear_faults
from rest_faults import HOSTILE, NASTY
from test_ssh import agent
from test_survey import print_of
from test_transport import cloned

assert agent  # a fixture

TODAY = datetime.datetime.now(datetime.timezone.utc).date()
KEYS = "/rest/keys/latest/projects/PROJ/ssh"


# --- helpers -----------------------------------------------------------------

def as_json(home: Home, *words: str, status: int = 0, **how: Any) -> dict:
    run = home.bbkey("list", "--json", *words, **how)
    assert run.status == status, run
    return json.loads(run.out)


def local(home: Home, *words: str, **how: Any) -> dict[str, dict]:
    """Keys by the name of their file; None: only in the agent."""
    return {key["path"] and Path(key["path"]).name: key
            for key in as_json(home, *words, **how)["keys"]}


def rows(run: Result) -> list[str]:
    assert run.status == 0, run
    return [line for line in run.out.splitlines() if line.strip()]


def add_key(home: Home, line: str, **more: Any) -> None:
    """What an admin pastes."""
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ", "text": line,
        "permission": "PROJECT_READ", **more})


def other_key(home: Home, kind: str = "ed25519") -> str:
    """A key of another machine: its public line."""
    path = home.work / f"elsewhere-{len(list(home.work.iterdir()))}"
    line = home.make_key(path, kind, "ci@build")
    path.unlink()
    return line


def screen(home: Home, *words: str, columns: int = 80, **how: Any) -> str:
    """What a terminal of that width shows, without colours."""
    seen = home.terminal("git", "bbkey", "list", *words, columns=columns,
                         **how)
    seen.expect(pexpect.EOF)
    seen.close()
    lines = [line.split("\r\x1b[K")[-1]  # what took the place of a bar
             for line in seen.before.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


def silent(home: Home) -> None:
    """No request, no connection of ssh since forget_log()."""
    assert home.requests() == []
    assert home.events("ssh_connect") == []


# --- the keys on this machine ------------------------------------------------

def test_a_machine_without_keys_is_told_what_makes_one(home: Home):
    run = home.bbkey("list")
    assert run.status == 0, run
    assert "git bbkey init" in run.out
    assert as_json(home) == {"version": 1, "keys": [], "grants": [],
                             "unseen": []}
    assert not home.ssh_folder.exists()


def test_a_key_is_shown_with_what_it_opens(home: Home):
    cloned(home)
    assert home.git("clone", home.https_url("lib", "core")).status == 0
    home.forget_log()
    (key,) = home.private_keys()
    found = local(home)[key.name]
    line = Path(f"{key}.pub").read_text()
    assert found | {"opens": None} == {
        "path": str(key), "type": "ssh-ed25519", "bits": 256,
        "fingerprint": print_of(line), "comment": line.split(" ", 2)[2].strip(),
        "mode": "0600", "passphrase": False, "agent": False, "ours": True,
        "modified": str(TODAY), "public_key": " ".join(line.split()[:2]),
        "problem": None, "opens": None}
    assert [(x["scope"], x["project"], x["repo"], x["permission"])
            for x in found["opens"]] == [("project", "LIB", None, "read"),
                                         ("project", "PROJ", None, "read")]
    assert {x["base_url"] for x in found["opens"]} == {home.base}
    (title, row) = rows(home.bbkey("list"))
    assert title.split() == ["FILE", "TYPE", "KEY", "AGE", "OPENS"]
    assert row.split() == [f"~/.ssh/{key.name}", "ED25519",
                           found["fingerprint"], "today", "LIB,", "PROJ"]
    silent(home)


def test_cloud_s_records_of_one_grant_are_one_place(cloud: CloudHome):
    assert cloud.bbkey("init", cloud.base, "--auto", "always").status == 0
    for repo in ("app", "tool"):
        assert cloud.git("clone", cloud.https_url(repo=repo)).status == 0
    (key,) = local(cloud).values()
    assert [(x["workspace"], x["project"]) for x in key["opens"]] == \
        [("acme", "PROJ")]
    assert "acme/PROJ" in rows(cloud.bbkey("list"))[1]


def test_every_kind_of_key_is_told_apart(home: Home, agent: dict[str, str]):
    folder = home.make_ssh_folder()
    home.make_key(folder / "id_ed25519")
    home.make_key(folder / "id_rsa", "rsa", comment="old one")
    home.make_key(folder / "locked", passphrase="secret words")
    home.make_key(folder / "open")
    home.make_key(folder / "public-only")
    home.make_key(folder / "broken")
    (folder / "open").chmod(0o644)
    (folder / "public-only").unlink()
    (folder / "broken").write_text("no key\n")
    (folder / "broken").chmod(0o600)
    (folder / "config").write_text("")
    (folder / "known_hosts").write_text("")
    home.make_key(home.work / "elsewhere", comment="only in the agent")
    for key in (folder / "id_ed25519", home.work / "elsewhere"):
        subprocess.run(["ssh-add", "-q", str(key)], check=True,
                       env=os.environ | agent)
    keys = local(home, env=agent)
    assert sorted(k or "" for k in keys) == ["", "broken", "id_ed25519",
                                             "id_rsa", "locked", "open",
                                             "public-only"]
    assert {name: key["agent"] for name, key in keys.items()
            if key["agent"]} == {None: True, "id_ed25519": True}
    assert {name: key["passphrase"] for name, key in keys.items()} == {
        None: None, "broken": None, "id_ed25519": False, "id_rsa": False,
        "locked": True, "open": None, "public-only": None}
    assert {name for name, key in keys.items() if key["problem"]} == \
        {"broken", "open"}
    assert keys["open"]["mode"] == "0644"
    assert keys["public-only"]["mode"] is None
    assert keys["id_rsa"]["bits"] == 3072
    assert keys[None]["comment"] == "only in the agent"
    assert not any(key["ours"] for key in keys.values())
    text = screen(home, env=agent, columns=200)
    assert "chmod 600 ~/.ssh/open" in " ".join(text.split())
    assert "only the public half" in text
    assert re.search(r"locked +ED25519 .* yes ", text), text
    assert "(in the agent)" in text and "only in the agent" in text


@pytest.mark.row("L20")
def test_l20_an_agent_that_says_nothing_does_not_hold_it_up(home: Home):
    import socket
    home.make_key(home.make_ssh_folder() / "id_ed25519")
    path = home.work / "agent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        run = home.bbkey("list", env={"SSH_AUTH_SOCK": str(path)})
    assert run.status == 0 and run.seconds < 6, run
    assert "id_ed25519" in run.out


def test_a_key_given_by_key_is_listed_from_where_it_lies(home: Home):
    path = home.work / "mine"
    home.make_key(path)
    run = home.bbkey("init", home.https_url(), "--key", str(path))
    assert run.status == 0, run
    (key,) = local(home).values()
    assert (key["path"], key["ours"]) == (str(path), False)
    assert [x["project"] for x in key["opens"]] == ["PROJ"]


def test_what_was_moved_aside_is_no_key(home: Home):
    cloned(home)
    (key,) = home.private_keys()
    for ending in (".corrupt-1700000000", ".expired-1700000000"):
        Path(f"{key}{ending}").write_bytes(key.read_bytes())
    assert list(local(home)) == [key.name]


def test_public_prints_the_line_alone(home: Home):
    run = home.bbkey("list", "--public")
    assert (run.status, run.error_class, run.out) == (9, "keyfile", "")
    cloned(home)
    home.make_key(home.ssh_folder / "id_ed25519")
    home.forget_log()
    (key,) = home.private_keys()
    line = Path(f"{key}.pub").read_text()
    for words in ([], ["--project", "proj"], [home.https_url()]):
        run = home.bbkey("list", "--public", *words)
        assert (run.status, run.out) == (0, line), run
    run = home.bbkey("list", "--public", "--project", "LIB")
    assert (run.status, run.error_class, run.out) == (9, "keyfile", "")
    silent(home)


# --- the keys that Bitbucket has ---------------------------------------------

@pytest.mark.parametrize("dates", ["epoch", "iso"])
def test_the_keys_of_a_project(home: Home, dates: str):
    cloned(home)
    home.sandbox.set(dates=dates)
    line = other_key(home, "rsa")
    add_key(home, line, permission="PROJECT_WRITE", label="ci",
            expiryDays=30)
    home.forget_log()
    grants = as_json(home, "--project", "proj")["grants"]
    (key,) = home.private_keys()
    assert home.requests() == [f"GET /bitbucket{KEYS}?start=0&limit=100"]
    ours, ci = grants
    assert ours == {
        "scope": "project", "project": "PROJ", "repo": None, "id": ours["id"],
        "permission": "read", "label": ours["label"], "type": "ssh-ed25519",
        "fingerprint": print_of(Path(f"{key}.pub").read_text()),
        "created": str(TODAY), "last_used": str(TODAY), "expires": None,
        "ours": True, "warning": None}
    assert ours["label"].startswith("bbkey ")
    assert ci | {"id": "", "created": ""} == {
        "scope": "project", "project": "PROJ", "repo": None, "id": "",
        "permission": "write", "label": "ci", "type": "ssh-rsa",
        "fingerprint": print_of(line), "created": "", "last_used": None,
        "expires": str(TODAY + datetime.timedelta(30)), "ours": False,
        "warning": None}
    title, head, *table, legend = rows(home.bbkey("list", "--project", "PROJ"))
    assert title == f"Project PROJ at {home.base}"
    assert head.split() == ["ID", "LABEL", "MAY", "TYPE", "KEY", "CREATED",
                            "LAST", "USED", "EXPIRES"]
    assert [row.split()[0] for row in table] == ["*", ci["id"]]
    assert legend == "* a key of this machine"


def test_an_old_server_says_less(home: Home):
    """8.5 knows no dates, no fingerprint: reference 1.4"""
    home.enrol()
    home.sandbox.set(release="8.5.0")
    line = other_key(home)
    add_key(home, line)
    (grant,) = as_json(home, "--project", "PROJ")["grants"]
    assert (grant["created"], grant["last_used"], grant["expires"]) == \
        (None, None, None)
    assert grant["fingerprint"] == print_of(line)


def test_the_server_s_warning_is_shown(home: Home):
    """9.4 and newer: reference 1.4"""
    home.enrol()
    line = other_key(home, "rsa")
    home.sandbox.fault(method="GET", path="/keys/latest/", times=-1, json={
        "size": 1, "limit": 25, "isLastPage": True, "start": 0, "values": [
            {"key": {"id": 7, "text": line, "label": "old",
                     "warning": "RSA_UNSAFE_MODULUS"},
             "permission": "PROJECT_READ"}]})
    (grant,) = as_json(home, "--project", "PROJ")["grants"]
    assert grant["warning"] == "RSA_UNSAFE_MODULUS"
    assert "Bitbucket warns of key 7: RSA_UNSAFE_MODULUS" in \
        screen(home, "--project", "PROJ")


def test_an_expired_key_is_called_that(home: Home):
    home.enrol()
    add_key(home, other_key(home), label="gone", expiryDays=0)
    add_key(home, other_key(home), label="short", expiryDays=1)
    home.sandbox.set(clock_days=0)
    yesterday = [{"key": {"id": 7, "text": other_key(home), "label": "old",
                          "createdDate": 1_600_000_000_000, "expiryDays": 90},
                  "permission": "PROJECT_READ"}]
    home.sandbox.fault(method="GET", path="/keys/latest/", json={
        "isLastPage": True, "values": yesterday})
    assert "expired" in home.bbkey("list", "--project", "PROJ").out


def test_the_keys_of_a_repository_are_not_those_of_its_project(home: Home):
    home.enrol()
    add_key(home, other_key(home), label="of the project")
    add_key(home, other_key(home), label="of the repository", scope="repo",
            repo="tool", permission="REPO_READ")
    for words, label in [(["--repo", "PROJ/tool"], "of the repository"),
                         (["--repo", "proj/tool"], "of the repository"),
                         (["--project", "PROJ"], "of the project"),
                         ([home.https_url(repo="tool")], "of the project"),
                         ([home.ssh_url(repo="tool")], "of the project"),
                         ([f"{home.base}/projects/PROJ"], "of the project")]:
        (grant,) = as_json(home, *words)["grants"]
        assert grant["label"] == label, words


def test_the_keys_of_the_account(home: Home):
    home.enrol()
    line = other_key(home)
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line, "label": "laptop"})
    (grant,) = as_json(home, "--account")["grants"]
    assert (grant["scope"], grant["label"], grant["fingerprint"]) == \
        ("personal", "laptop", print_of(line))
    assert f"Your account at {home.base}" in \
        home.bbkey("list", "--account").out


def test_cloud_s_keys(cloud: CloudHome):
    lines = [other_key(cloud) for _ in range(3)]
    for scope, line in zip(("project", "repo"), lines):
        cloud.add_key(scope, line, label=f"of the {scope}")
    cloud.add_key("user", lines[2], label="of the account", user="dev")
    for words, scope in [(["--project", "acme/proj"], "project"),
                         (["--repo", "acme/app"], "repo"),
                         ([cloud.https_url()], "project"),
                         ([f"{cloud.base}/acme/workspace/projects/PROJ"],
                          "project")]:
        (grant,) = as_json(cloud, *words)["grants"]
        assert (grant["scope"], grant["label"], grant["permission"],
                grant["workspace"]) == (scope, f"of the {scope}", "read",
                                        "acme"), words
        assert grant["created"] == str(TODAY)
    (grant,) = as_json(cloud, "--account", "--base", cloud.base)["grants"]
    assert (grant["label"], grant["permission"]) == ("of the account", "write")
    assert re.fullmatch(r"\{[0-9a-f-]{36}\}", grant["id"])


def test_inside_a_repository_the_instance_need_not_be_named(home: Home):
    folder = cloned(home)
    config = home.folder / ".gitconfig"
    config.write_text(config.read_text() +
                      '[bbkey "https://other.example.com"]\n'
                      "\tedition = datacenter\n")
    env = {"BBKEY_URL": None, "BBKEY_TOKEN": None}
    token = home.work / "token"
    token.write_text(home.sandbox.tokens["project_admin"])
    token.chmod(0o600)
    words = ["--project", "PROJ", "--token-file", str(token)]
    assert as_json(home, *words, cwd=folder, env=env)["grants"]
    run = home.bbkey("list", *words, env=env)
    assert run.status == 129 and run.error_class == "usage", run
    assert "several" in run.error and "--base https://" in run.hint, run
    assert as_json(home, *words, "--base", home.base, env=env)["grants"]


def test_a_workspace_need_not_be_named_inside_it(cloud: CloudHome):
    assert cloud.bbkey("init", cloud.base, "--auto", "always").status == 0
    assert cloud.git("clone", "-q", cloud.https_url()).status == 0
    cloud.add_key("project", other_key(cloud), label="x")
    run = cloud.bbkey("list", "--project", "PROJ", cwd=cloud.work / "app")
    assert run.status == 0 and "Project acme/PROJ" in run.out, run
    run = cloud.bbkey("list", "--project", "PROJ")
    assert run.status == 129 and "<workspace>/<KEY>" in run.error, run


# --- everything --------------------------------------------------------------

def many_projects(home: Home, count: int) -> list[str]:
    keys = [f"P{i:04}" for i in range(count)]
    home.sandbox.control("POST", "/projects", {
        "keys": keys, "rights": {"dev": "PROJECT_ADMIN"}})
    return keys


def test_all_asks_many_places_at_once(home: Home):
    home.enrol()
    projects = many_projects(home, 150)
    line = other_key(home)
    for key in projects[::10]:
        add_key(home, line, project=key, label=f"in {key}")
    add_key(home, line, scope="repo", project="PROJ", repo="app",
            permission="REPO_READ", label="of a repository")
    home.forget_log()
    found = as_json(home, "--all")
    events = home.events("http")
    assert [g["project"] for g in found["grants"] if g["scope"] == "project"] \
        == projects[::10]
    assert [(g["project"], g["repo"]) for g in found["grants"]
            if g["scope"] == "repo"] == [("PROJ", "app")]
    # two pages of projects, one of repositories, the account, each place
    state = home.sandbox.control("GET", "/state")
    places = [p for p in state["projects"] if p.upper() != "~MEMBER"]
    assert len(events) == 4 + len(places) + len(state["repos"])
    connections = {e["connection"] for e in events}
    assert 2 <= len(connections) <= 8
    assert sorted(g["project"] for g in found["unseen"]) == ["OTHER", "OTHER"]
    assert {g["class"] for g in found["unseen"]} == {"permission"}
    text = home.bbkey("list", "--all").out
    assert "may not see the keys of 2 places: project OTHER" in text
    assert "P0001" not in text  # nothing is registered there


def test_the_keys_of_many_places_take_one_process_to_describe(home: Home):
    home.enrol()
    line = other_key(home)
    for key in many_projects(home, 20):
        add_key(home, line, project=key)
    run = home.bbkey("list", "--all")
    assert run.status == 0 and run.out.count(print_of(line)) == 20, run
    assert run.trace.read_text().count('"-l", "-E", "sha256"') == 1


def test_all_of_cloud(cloud: CloudHome):
    for scope in ("project", "repo"):
        cloud.add_key(scope, other_key(cloud), label=f"of the {scope}")
    cloud.add_key("user", other_key(cloud), label="mine", user="dev")
    found = as_json(cloud, "--all", "--base", cloud.base)
    assert [g["label"] for g in found["grants"]] == \
        ["mine", "of the project", "of the repo"]
    assert {(g["workspace"], g["project"]) for g in found["unseen"]} == \
        {("acme", "OTHER")}


def test_a_place_that_fails_does_not_hide_the_others(home: Home):
    home.enrol()
    add_key(home, other_key(home), project="LIB", label="seen")
    home.sandbox.fault(method="GET", path=KEYS, status=503, times=-1)
    run = home.bbkey("list", "--all")
    assert run.status == STATUS["server"] and run.error_class == "server", run
    assert "seen" in run.out and "project PROJ" in run.out, run
    (unseen,) = [x for x in as_json(home, "--all", status=8)["unseen"]
                 if x["class"] == "server"]
    assert unseen["project"] == "PROJ"


@pytest.mark.row("R6")
@pytest.mark.parametrize("wait", ["1", None])
def test_r6_too_many_requests_are_waited_for(home: Home, wait: str | None):
    home.enrol()
    many_projects(home, 40)
    headers = {"Retry-After": wait} if wait else {}
    home.sandbox.fault(method="GET", path="/keys/latest/", status=429, skip=10,
                       times=5, headers=headers)
    run = home.bbkey("list", "--all", "--json")
    assert run.status == 0, run
    assert {x["class"] for x in json.loads(run.out)["unseen"]} == \
        {"permission"}
    assert run.seconds > (0.9 if wait else 0.4)


@pytest.mark.row("R6")
def test_r6_a_limit_that_does_not_end_ends_soon(home: Home):
    home.enrol()
    many_projects(home, 40)
    home.sandbox.fault(method="GET", path="/rest/keys/", status=429, times=-1)
    home.forget_log()
    run = home.bbkey("list", "--all")
    assert run.status == 7 and run.error_class == "network", run
    assert run.seconds < 30 and len(home.requests()) < 40, run


def test_without_a_list_of_places_it_fails(home: Home):
    home.enrol()
    home.sandbox.fault(method="GET", path="/api/latest/projects", status=500,
                       times=-1)
    run = home.bbkey("list", "--all")
    assert run.status == 8 and run.error_class == "server", run


# --- what is refused, and what is hostile ------------------------------------

@pytest.mark.parametrize("words,name", [
    (["--project", "NOPE"], "NOPE does not exist"),
    (["--repo", "PROJ/nope"], "PROJ/nope does not exist"),
    (["--project", "OTHER"], "not permitted")])
def test_a_place_that_cannot_be_seen_is_permission(home: Home,
                                                   words: list[str],
                                                   name: str):
    home.enrol()
    run = home.bbkey("list", *words)
    assert (run.status, run.error_class) == (4, "permission"), run
    assert name in run.error and "admin" in run.hint, run
    assert run.out == ""


@pytest.mark.row("M1", "M2", "M3")
@pytest.mark.parametrize("word", [
    "..", "PROJ/..", "-x", "a b", "PROJ%2fx", "PROJ?x=1", "PROJ#", "a/b/c",
    "PROJ\n", "PROJ\x1b[2J", "", "/", "x" * 200, "пр", "~", "PROJ/"])
def test_names_that_cannot_be_are_refused_before_any_request(home: Home,
                                                             word: str):
    home.enrol()
    home.forget_log()
    for option in ("--project", "--repo"):
        run = home.bbkey("list", f"{option}={word}")
        assert run.status in (12, 129), run
        assert not HOSTILE.search(run.err), run
    silent(home)


@pytest.mark.parametrize("words", [
    ["--project", "A", "--repo", "A/b"], ["--all", "--account"],
    ["--project", "A", "https://h/scm/a/b.git"], ["--all", "--project", "A"],
    ["x", "y"], ["--nope"]])
def test_words_that_contradict_are_usage(home: Home, words: list[str]):
    run = home.bbkey("list", *words)
    assert (run.status, run.error_class) == (129, "usage"), run


def test_no_instance_is_set_up(home: Home):
    run = home.bbkey("list", "--project", "PROJ",
                     env={"BBKEY_URL": None, "BBKEY_TOKEN": None})
    assert (run.status, run.error_class) == (129, "usage"), run
    assert "--base" in run.hint


@pytest.mark.row("R21")
def test_r21_a_hostile_label_stays_a_label(home: Home):
    home.enrol()
    flag = home.work / "owned"
    line = other_key(home)
    values = [{"key": {"id": i, "text": line,
                       "label": nasty.format(flag=flag)[:5000],
                       "warning": nasty.format(flag=flag)[:300]},
               "permission": "PROJECT_READ"} for i, nasty in enumerate(NASTY)
              if "\x00" not in nasty]
    home.sandbox.fault(method="GET", path="/keys/latest/", times=-1,
                       json={"isLastPage": True, "values": values})
    run = home.bbkey("list", "--project", "PROJ")
    assert run.status == 0 and not HOSTILE.search(run.out), run
    assert "A" * 201 not in run.out
    text = screen(home, "--project", "PROJ")
    assert not HOSTILE.search(text.replace("\n", ""))
    assert max(map(len, text.splitlines())) <= 80
    assert not flag.exists()
    clear_faults(home)


def test_hostile_comments_and_names_in_ssh_stay_text(home: Home):
    folder = home.make_ssh_folder()
    home.make_key(folder / "id_\x1b[2Jx", comment="c\x1b]0;owned\x07")
    (folder / "bbkey_dir").mkdir()
    (folder / "bbkey_link").symlink_to("/nowhere")
    (folder / "fifo.pub").unlink(missing_ok=True)
    os.mkfifo(folder / "fifo.pub")
    for words in ([], ["-v"]):
        run = home.bbkey("list", *words)
        assert run.status == 0 and not HOSTILE.search(run.out), run
    assert {"bbkey_dir", "bbkey_link"} <= set(local(home))
    home.not_ours = [str(folder / "bbkey_dir"), str(folder / "bbkey_link")]


# --- on the screen -----------------------------------------------------------

@pytest.mark.parametrize("columns", [60, 80, 120])
def test_every_line_fits_the_terminal(home: Home, columns: int):
    cloned(home)
    for i in range(3):
        add_key(home, other_key(home, "rsa"), expiryDays=30,
                label=f"a long label of a build server, number {i}")
    for words in (["--project", "PROJ"], [], ["--all"]):
        text = screen(home, *words, columns=columns)
        tables = text.split("The token may not")[0]  # prose folds at 80
        assert max(map(len, tables.splitlines())) <= columns, text
    shown = screen(home, "--project", "PROJ", columns=columns)
    assert "a long label of" in shown and "2026" in shown or \
        str(TODAY.year) in shown
    wide = screen(home, "--project", "PROJ", columns=200)
    assert "number 2" in wide and "CREATED" in wide


def test_it_says_how_far_it_is_on_a_terminal_only(home: Home):
    home.enrol()
    many_projects(home, 30)
    seen = home.terminal("git", "bbkey", "list", "--all")
    seen.expect(r"Asking \[#*\.*\] \d+ of \d+")
    seen.expect(pexpect.EOF)
    assert home.bbkey("list", "--all").err == ""


def test_quiet_says_nothing(home: Home):
    cloned(home)
    for words in ([], ["--project", "PROJ"], ["--all"]):
        run = home.bbkey("list", "-q", *words)
        assert (run.status, run.out, run.err) == (0, "", ""), run


def test_it_changes_nothing(home: Home):
    cloned(home)
    before = home.snapshot()
    state = home.sandbox.control("GET", "/state")
    for words in ([], ["--project", "PROJ"], ["--all"], ["--json"]):
        assert home.bbkey("list", *words).status == 0
    assert home.snapshot() == before
    assert home.sandbox.control("GET", "/state")["keys"] == state["keys"]
