"""init, clone and status as a person uses them, and what their screens show."""

from __future__ import annotations

import json
import re
import unicodedata
import urllib.parse
from pathlib import Path

import pexpect
import pytest
from home import Home, Result

STEPS = ["detect", "key", "hostkey", "register", "verify", "remote",
         "automatic", "clone"]
ACTIONS = {"none", "reused", "generated", "created", "upgraded", "switched",
           "enabled", "skipped", "done"}
ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


# --- helpers ------------------------------------------------------------------

def repository(home: Home, url: str | None = None, name: str = "r",
               remote: str = "origin") -> Path:
    folder = home.work / name
    assert home.git("init", "-q", name).status == 0
    added = home.git("remote", "add", remote, url or home.https_url(),
                     cwd=folder)
    assert added.status == 0, added
    return folder


def remote_url(folder: Path, remote: str = "origin") -> str:
    """As it is in the file, whatever insteadOf makes of it."""
    text = (folder / ".git" / "config").read_text()
    return re.search(rf'\[remote "{remote}"\][^\[]*?url = (\S+)', text)[1]


def steps(run: Result) -> dict[str, str]:
    data = json.loads(run.out)
    assert list(data)[0] == "version" and data["version"] == 1
    assert [s["step"] for s in data["steps"]] == STEPS
    for step in data["steps"]:
        assert set(step) == {"step", "action"}
        assert step["action"] in ACTIONS
    assert isinstance(data["changed"], bool)
    return {s["step"]: s["action"] for s in data["steps"]}


def columns(line: str) -> int:
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


def whole(spawned: pexpect.spawn) -> tuple[str, int]:
    """Everything that was shown, and the exit status."""
    spawned.expect(pexpect.EOF)
    spawned.close()
    return spawned.before, spawned.exitstatus


def on_screen(shown: str) -> list[str]:
    """The lines that are left, as a terminal would show them."""
    lines = []
    for line in ESCAPE.sub(lambda m: "\x00" if m[0].endswith("K") else "",
                           shown).split("\n"):
        line = line.rstrip("\r")
        line = line[line.rfind("\x00") + 1:]  # "\r\e[K": what was there is gone
        if line:
            lines.append(line)
    return lines


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


# --- init in a repository -------------------------------------------------------

@pytest.mark.user
def test_init_switches_an_https_remote_to_ssh(home: Home):
    folder = repository(home)
    run = ok(home.bbkey("init", cwd=folder))
    assert run.out == "", "data goes to stdout, talk to stderr"
    assert remote_url(folder) == home.ssh_url()
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_READ"
    ok(home.git("fetch", cwd=folder))


def test_init_with_an_ssh_remote_leaves_it(home: Home):
    folder = repository(home, home.ssh_url())
    before = (folder / ".git" / "config").read_bytes()
    run = ok(home.bbkey("init", "--json", cwd=folder))
    assert steps(run)["remote"] == "none"
    assert (folder / ".git" / "config").read_bytes() == before


def test_keep_remote_keeps_it_and_fetch_goes_by_ssh(home: Home):
    folder = repository(home)
    run = ok(home.bbkey("init", "--keep-remote", "--json", cwd=folder))
    assert steps(run)["remote"] == "skipped"
    assert remote_url(folder) == home.https_url()
    home.forget_log()
    ok(home.git("fetch", cwd=folder))
    assert home.requests() == [] and len(home.events("ssh_exec")) == 1


def test_remote_says_which(home: Home):
    folder = repository(home, "https://other.invalid/x/y.git")
    ok(home.git("remote", "add", "work", home.https_url(), cwd=folder))
    ok(home.bbkey("init", "--remote", "work", cwd=folder))
    assert remote_url(folder, "work") == home.ssh_url()
    assert remote_url(folder) == "https://other.invalid/x/y.git"
    gone = home.bbkey("init", "--remote", "nowhere", cwd=folder)
    assert gone.status == 129 and gone.error_class == "usage", gone


def test_several_remotes_and_no_origin_is_usage(home: Home):
    folder = repository(home, remote="one")
    ok(home.git("remote", "add", "two", home.https_url(), cwd=folder))
    run = home.bbkey("init", cwd=folder)
    assert run.status == 129 and "--remote" in run.hint, run


def test_init_outside_a_repository_says_what_to_give(home: Home):
    run = home.bbkey("init")
    assert run.status == 129 and run.error_class == "usage", run
    assert "init <url" in run.hint
    assert home.requests() == []


# --- every form of URL --------------------------------------------------------------

def forms(home: Home) -> dict[str, tuple[str, str, str | None]]:
    base, place = home.base, home.sandbox.ready["ssh_url"]
    bare = place.removeprefix("ssh://git@")
    host = base.removeprefix("https://")
    return {
        "scm": (f"{base}/scm/proj/app.git", "PROJ", "app"),
        "scm-upper": (f"{base}/scm/PROJ/app.git", "PROJ", "app"),
        "scm-no-suffix": (f"{base}/scm/proj/app", "PROJ", "app"),
        "scm-slash": (f"{base}/scm/proj/app.git/", "PROJ", "app"),
        "scm-user": (f"https://dev@{host}/scm/proj/app.git", "PROJ", "app"),
        "scm-personal": (f"{base}/scm/~dev/notes.git", "~DEV", "notes"),
        "browse": (f"{base}/projects/PROJ/repos/app/browse", "PROJ", "app"),
        "browse-deep": (f"{base}/projects/PROJ/repos/app/browse/README.md"
                        "", "PROJ", "app"),
        "browse-lower": (f"{base}/projects/proj/repos/app", "PROJ", "app"),
        "users": (f"{base}/users/dev/repos/notes/browse", "~DEV", "notes"),
        "project": (f"{base}/projects/PROJ", "PROJ", None),
        "project-slash": (f"{base}/projects/PROJ/", "PROJ", None),
        "ssh": (f"{place}/proj/app.git", "PROJ", "app"),
        "ssh-upper": (f"{place}/PROJ/app.git", "PROJ", "app"),
        "ssh-no-suffix": (f"{place}/proj/app", "PROJ", "app"),
        "ssh-no-user": (f"ssh://{bare}/proj/app.git", "PROJ", "app"),
        "ssh-host-upper": (f"ssh://git@{bare.upper()}/proj/app.git",
                           "PROJ", "app"),
        "ssh-personal": (f"{place}/~dev/notes.git", "~DEV", "notes"),
        "rest": (f"{base}/rest/api/latest/projects/PROJ/repos/app",
                 "PROJ", "app"),
    }


FORMS = ["scm", "scm-upper", "scm-no-suffix", "scm-slash", "scm-user",
         "scm-personal", "browse", "browse-deep", "browse-lower", "users",
         "project", "project-slash", "ssh", "ssh-upper", "ssh-no-suffix",
         "ssh-no-user", "ssh-host-upper", "ssh-personal"]


def test_every_form_of_url_names_the_same_thing(home: Home):
    """--dry-run of each; one real run below."""
    home.tracing = False
    wrong = []
    for name in FORMS:
        url, project, repo = forms(home)[name]
        run = home.bbkey("init", url, "--dry-run", "--json")
        if run.status:
            wrong.append((name, url, run.err))
            continue
        target = json.loads(run.out)["target"]
        found = target["project"], target["repo"]
        if (found[0].upper(), found[1]) != (project, repo):
            wrong.append((name, url, found))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("form", ["browse-deep", "users", "project",
                                  "ssh-upper"])
def test_init_with_a_url_registers_on_its_project(home: Home, form: str):
    url, project, _ = forms(home)[form]
    ok(home.bbkey("init", url))
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered(
        "~dev" if project == "~DEV" else project)) == 1


def test_a_base_alone_enrols_and_registers_nothing(home: Home):
    run = ok(home.bbkey("init", home.base, "--json"))
    did = steps(run)
    assert did["automatic"] == "enabled"
    assert {did[s] for s in ("key", "register", "verify", "remote",
                             "clone")} == {"skipped"}
    assert home.requests("POST") == [] and home.private_keys() == []
    assert home.events("ssh_connect") == []
    before = home.snapshot()
    again = ok(home.bbkey("init", home.base + "/", "--json"))
    assert json.loads(again.out)["changed"] is False
    assert home.snapshot() == before


# --- again, and only to see ---------------------------------------------------------

@pytest.mark.user
def test_a_second_init_changes_nothing(home: Home):
    folder = repository(home)
    ok(home.bbkey("init", cwd=folder))
    before = home.snapshot(), (folder / ".git" / "config").read_bytes()
    home.forget_log()
    again = ok(home.bbkey("init", "--json", cwd=folder))
    assert json.loads(again.out)["changed"] is False
    assert (home.snapshot(),
            (folder / ".git" / "config").read_bytes()) == before
    assert home.requests("POST") == home.requests("PUT") == []
    human = ok(home.bbkey("init", cwd=folder))
    assert "already" in human.err


@pytest.mark.parametrize("url", [False, True])
def test_dry_run_changes_nothing_at_all_and_prints_the_plan(home: Home,
                                                            url: bool):
    folder = repository(home)
    before = home.snapshot(), (folder / ".git" / "config").read_bytes()
    words = [home.https_url()] if url else []
    run = ok(home.bbkey("init", "--dry-run", *words, cwd=folder))
    plan = ok(home.bbkey("init", "-n", "--json", *words, cwd=folder))
    did = steps(plan)
    assert (did["key"], did["register"], did["automatic"]) == (
        "generated", "created", "enabled")
    assert did["remote"] == ("skipped" if url else "switched")
    assert json.loads(plan.out)["changed"] is True
    assert "PROJ" in run.err and "would" in run.err
    assert " is there" not in run.err and " made (" not in run.err
    assert home.requests("POST") == []
    after = home.snapshot(), (folder / ".git" / "config").read_bytes()
    assert sorted(set(after[0]) - set(before[0])) == []
    assert after == before


def test_json_of_init_and_clone_is_the_contracts(home: Home):
    folder = repository(home)
    run = ok(home.bbkey("init", "--json", cwd=folder))
    assert steps(run) == {
        "detect": "done", "key": "generated", "hostkey": "done",
        "register": "created", "verify": "done", "remote": "switched",
        "automatic": "enabled", "clone": "skipped"}
    assert json.loads(run.out)["changed"] is True
    assert run.err == "", "talk beside --json"
    clone = ok(home.bbkey("clone", home.https_url(repo="tool"), "--json"))
    assert steps(clone) | {} == {
        "detect": "done", "key": "reused", "hostkey": "none",
        "register": "none", "verify": "done", "remote": "skipped",
        "automatic": "none", "clone": "done"}


def test_an_error_under_json_leaves_stdout_empty_or_json(home: Home):
    run = home.bbkey("init", home.https_url("nope", "none"), "--json")
    assert run.status not in (0, 1) and run.error_class, run
    assert run.out == "" or json.loads(run.out)


# --- read and write --------------------------------------------------------------------

@pytest.mark.user
def test_write_registers_write_and_a_plain_push_goes_through(home: Home):
    ok(home.bbkey("init", "--write", "--auto", "always", home.https_url()))
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_WRITE"
    ok(home.git("clone", "-q", home.https_url(), "app"))
    folder = home.work / "app"
    (folder / "new").write_text("new\n")
    ok(home.git("add", "new", cwd=folder))
    ok(home.git("commit", "-qm", "new", cwd=folder))
    ok(home.git("push", cwd=folder))


@pytest.mark.parametrize("words", [["--read"], []])
def test_read_after_write_keeps_write(home: Home, words: list[str]):
    ok(home.bbkey("init", "--write", home.https_url()))
    ok(home.bbkey("init", *words, home.https_url()))
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_WRITE"


def test_write_after_read_is_an_upgrade_by_put(home: Home):
    ok(home.bbkey("init", home.https_url()))
    home.forget_log()
    run = ok(home.bbkey("init", "--write", "--json", home.https_url()))
    assert steps(run)["register"] == "upgraded"
    assert home.requests("POST") == []
    assert len(home.requests("PUT")) == 1
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_WRITE"
    assert len(home.private_keys()) == 1
    again = ok(home.bbkey("init", "--write", "--json", home.https_url()))
    assert json.loads(again.out)["changed"] is False


def test_scope_repo_registers_on_the_repository_alone(home: Home):
    ok(home.bbkey("init", "--scope", "repo", home.https_url()))
    assert [r for r in home.requests("POST")] == [
        f"POST {home.sandbox.context}/rest/keys/latest/projects/PROJ/repos/"
        "app/ssh"]
    assert home.keys_registered() == []
    ok(home.git("clone", "-q", home.https_url(), "app"))
    page = home.bbkey("init", "--scope", "repo", f"{home.base}/projects/PROJ")
    assert page.status == 129 and page.error_class == "usage", page


# --- which key ----------------------------------------------------------------------------

@pytest.mark.user
def test_an_existing_key_is_used_and_left_as_it_is(home: Home):
    path = home.make_ssh_folder() / "id_work"
    line = home.make_key(path)
    before = path.stat().st_mtime_ns, path.read_bytes()
    run = ok(home.bbkey("init", "--json", "--key", str(path),
                        home.https_url()))
    assert steps(run)["key"] == "reused"
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    (grant,) = home.keys_registered()
    assert grant["key"]["text"].split()[1] == line.split()[1]
    assert home.private_keys() == []
    ok(home.git("clone", "-q", home.https_url(), "app"))


def bad_key(home: Home, kind: str) -> str:
    path = home.make_ssh_folder() / "id_work"
    if kind == "missing":
        return str(path)
    home.make_key(path)
    if kind == "0644":
        path.chmod(0o644)
    elif kind == "garbage":
        path.write_text("no key\n")
    elif kind == "empty":
        path.write_text("")
    elif kind == "folder":
        return str(home.ssh_folder)
    elif kind == "public":
        Path(f"{path}.pub").chmod(0o600)
        return f"{path}.pub"
    return str(path)


@pytest.mark.parametrize("kind", ["missing", "0644", "garbage", "empty",
                                  "folder", "public"])
def test_a_key_that_cannot_be_used_is_keyfile(home: Home, kind: str):
    path = bad_key(home, kind)
    before = home.snapshot()
    run = home.bbkey("init", "--key", path, home.https_url())
    assert run.status == 9 and run.error_class == "keyfile", run
    assert Path(path).name in run.err
    assert kind != "0644" or f"chmod 600" in run.hint, run
    assert home.requests("POST") == []
    after = home.snapshot()
    assert {k: after[k] for k in before if k.startswith(".ssh")} == {
        k: v for k, v in before.items() if k.startswith(".ssh")}


def test_a_key_with_a_passphrase_is_never_asked_for_it(home: Home):
    """Without an agent: registered, not tried; no prompt, no wait (S15)."""
    path = home.make_ssh_folder() / "id_work"
    home.make_key(path, passphrase="horse battery")
    home.more_secrets = ["horse battery"]
    run = ok(home.bbkey("init", "--json", "--key", str(path),
                        home.https_url()))
    assert steps(run)["verify"] == "skipped"
    assert run.seconds < 10
    human = ok(home.bbkey("init", "--key", str(path), home.https_url()))
    assert "passphrase" in human.err and "ssh-add" in human.err


@pytest.mark.parametrize("kind,word", [("rsa", "ssh-rsa"),
                                       ("ecdsa", "ecdsa-sha2-nistp256")])
def test_key_type(home: Home, kind: str, word: str):
    ok(home.bbkey("init", "--key-type", kind, home.https_url()))
    (key,) = home.private_keys()
    assert Path(f"{key}.pub").read_text().startswith(word)
    (grant,) = home.keys_registered()
    assert grant["key"]["text"].startswith(word)
    assert grant["key"].get("bitLength") in (None, 4096, 256)
    again = ok(home.bbkey("init", "--json", home.https_url()))
    assert json.loads(again.out)["changed"] is False


def test_new_key_is_for_this_project_alone(home: Home):
    ok(home.bbkey("init", home.https_url()))
    first = home.private_keys()
    home.allow_posts = 1
    ok(home.bbkey("init", "--new-key", home.https_url("lib", "core")))
    assert len(home.private_keys()) == 2
    assert set(first) < set(home.private_keys())
    texts = {home.keys_registered(p)[0]["key"]["text"].split()[1]
             for p in ("PROJ", "LIB")}
    assert len(texts) == 2
    again = ok(home.bbkey("init", "--json", "--new-key",
                          home.https_url("lib", "core")))
    assert json.loads(again.out)["changed"] is False, again


def test_passphrase_is_ssh_keygens_own_question(home: Home):
    home.more_secrets = ["horse battery"]
    screen = home.terminal("git", "bbkey", "init", "--passphrase",
                           home.https_url())
    screen.expect("passphrase")
    screen.sendline("horse battery")
    screen.expect("again")
    screen.sendline("horse battery")
    shown, status = whole(screen)
    assert status == 0, shown
    assert "horse" not in shown
    (key,) = home.private_keys()
    assert b"horse battery" not in key.read_bytes()
    assert len(home.keys_registered()) == 1


def test_passphrase_without_a_terminal_fails_and_makes_no_key(home: Home):
    run = home.bbkey("init", "--passphrase", home.https_url(), timeout=20)
    assert run.status not in (0, 1), run
    assert run.error_class and run.seconds < 10
    assert home.private_keys() == [] and home.requests("POST") == []


# --- what is registered -------------------------------------------------------------------

def test_label_is_the_name_on_the_server(home: Home):
    ok(home.bbkey("init", "--label", "build \u00e4gent 7", home.https_url()))
    (grant,) = home.keys_registered()
    assert grant["key"]["label"] == "build \u00e4gent 7"
    (key,) = home.private_keys()
    again = ok(home.bbkey("init", "--json", home.https_url()))
    assert json.loads(again.out)["changed"] is False
    # and on another project the same key is found again
    ok(home.bbkey("init", home.https_url("lib", "core")))
    assert home.private_keys() == [key]


@pytest.mark.parametrize("label", ["", "a\nb", "a\x1bb", "x" * 256])
def test_a_label_that_no_page_can_show_is_usage(home: Home, label: str):
    run = home.bbkey("init", "--label", label, home.https_url())
    assert run.status == 129 and run.error_class == "usage", run
    assert home.requests() == []


def test_expires_is_sent_and_shown(home: Home):
    folder = repository(home)
    run = ok(home.bbkey("init", "--expires", "30", cwd=folder))
    (grant,) = home.keys_registered()
    assert grant["key"]["expiryDays"] == 30
    assert re.search(r"until\s+\d{4}-\d\d-\d\d", run.err), run
    status = json.loads(ok(home.bbkey("status", "--json", cwd=folder)).out)
    assert status["grants"][0]["expires"] and status["key"]["expires"]


@pytest.mark.parametrize("days", ["0", "-1", "x", "1x", "", "99999999999"])
def test_expires_takes_days_only(home: Home, days: str):
    run = home.bbkey("init", "--expires=" + days, home.https_url())
    assert run.status == 129 and run.error_class == "usage", run


# --- host key, token -------------------------------------------------------------------------

def test_host_key_given_right_and_wrong(home: Home):
    prints = [k["sha256"] if "sha256" in k else k["fingerprint"]
              for k in home.sandbox.control("GET", "/state")["host_keys"]]
    good = [p if p.startswith("SHA256:") else f"SHA256:{p}" for p in prints]
    wrong = home.bbkey("init", "--host-key", "SHA256:" + "A" * 43,
                       home.https_url())
    assert wrong.status == 6 and wrong.error_class == "hostkey", wrong
    assert home.requests("POST") == []
    words = [w for p in good for w in ("--host-key", p)]
    run = ok(home.bbkey("init", *words, home.https_url()))
    assert "fingerprint that you gave" in run.err
    bad = home.bbkey("init", "--host-key", "nonsense", home.https_url())
    assert bad.status == 129, bad


def test_token_file(home: Home):
    file = home.work / "token"
    file.write_text(home.sandbox.tokens["project_admin"] + "\n")
    file.chmod(0o600)
    home.token = None
    ok(home.bbkey("init", "--token-file", str(file), home.https_url()))
    assert len(home.keys_registered()) == 1


def test_yes_asks_nothing_on_a_terminal(home: Home):
    home.token = None
    screen = home.terminal("git", "bbkey", "init", "--yes", home.https_url())
    shown, status = whole(screen)
    assert status == 3, shown
    assert "token for" not in shown.split("git-bbkey: auth")[0], shown


# --- common options ----------------------------------------------------------------------------

def test_quiet_says_nothing_and_verbose_more(home: Home):
    run = ok(home.bbkey("init", "-q", home.https_url()))
    assert run.out == run.err == ""
    wrong = home.bbkey("init", "-q", home.https_url("nope", "x"))
    assert wrong.error, "an error is not talk"
    normal = ok(home.bbkey("init", home.https_url()))
    more = ok(home.bbkey("init", "-v", home.https_url()))
    assert len(more.err) > len(normal.err)
    quiet = ok(home.bbkey("clone", "-q", home.https_url(repo="tool")))
    assert quiet.err == quiet.out == ""


def test_color(home: Home):
    ok(home.bbkey("init", home.https_url()))
    url = home.https_url()
    always = ok(home.bbkey("init", "--color=always", url)).err
    assert "\x1b[" in always
    assert "\x1b" not in ok(home.bbkey("init", "--color", "never", url)).err
    assert "\x1b" not in ok(home.bbkey("init", "--color=auto", url)).err
    bad = home.bbkey("init", "--color=pink", url)
    assert bad.status == 129 and bad.error_class == "usage", bad


@pytest.mark.parametrize("words", [
    ["init", "--nonsense"], ["init", "-Z"], ["init", "a", "b"],
    ["init", "--scope", "planet"], ["init", "--key-type", "dsa"],
    ["init", "--auto", "maybe"], ["init", "--label"], ["init", "--key"],
    ["clone"], ["clone", "--nonsense", "x"], ["clone", "a", "b", "c"],
    ["status", "--nonsense"], ["status", "x"], ["init", "--json=x"],
    ["nonsense"],
])
def test_bad_usage_is_129_and_one_line(home: Home, words: list[str]):
    run = home.bbkey(*words)
    assert run.status == 129 and run.error_class == "usage", run
    assert run.out == "", run
    if any(w.startswith("-") and "non" in w for w in words):
        assert f"git bbkey {words[0]} -h" in run.hint, run


@pytest.mark.parametrize("command", ["init", "clone", "status", "request"])
def test_h_shows_usage_in_80_columns_with_129(home: Home, command: str):
    run = home.bbkey(command, "-h")
    assert run.status == 129, run
    shown = run.out + run.err
    assert shown.startswith("usage: git bbkey")
    assert all(columns(line) <= 80 for line in shown.splitlines()), shown


def test_every_option_of_the_contract_is_there(home: Home):
    for command, words in {
            "init": "base remote scope read write key key-type new-key "
                    "passphrase expires label token-file host-key auto "
                    "keep-remote submodules ssh-config json dry-run yes "
                    "color quiet verbose",
            "clone": "base remote scope read write key key-type new-key "
                     "passphrase expires label token-file host-key auto "
                     "keep-remote submodules",
            "request": "base remote scope read write key key-type new-key "
                       "passphrase expires label copy open json",
            "login": "user token-file stdin open json dry-run",
            "logout": "json dry-run",
            "status": "remote offline exit-code json"}.items():
        shown = home.bbkey(command, "-h").out
        missing = [w for w in words.split() if f"--{w}" not in shown]
        assert not missing, (command, missing)


# --- clone ----------------------------------------------------------------------------------------

@pytest.mark.user
def test_clone_sets_up_and_clones(home: Home):
    run = ok(home.bbkey("clone", home.https_url(), "there", "--",
                        "--depth", "1"))
    folder = home.work / "there"
    assert (folder / "README.md").exists()
    assert remote_url(folder) == home.ssh_url()
    assert (folder / ".git" / "shallow").exists() or ok(home.git(
        "rev-list", "--count", "HEAD", cwd=folder)).out == "1\n"
    traces = run.trace.read_text()
    assert '"--depth", "1"' in traces
    assert len(home.requests("POST")) == 1


def test_clone_takes_any_form_of_url_and_its_own_name(home: Home):
    ok(home.bbkey("clone", f"{home.base}/projects/PROJ/repos/tool/browse"))
    assert (home.work / "tool" / "README.md").exists()


def test_clone_of_what_is_no_repository_is_usage_before_anything(home: Home):
    for url in (home.base, f"{home.base}/projects/PROJ"):
        before = home.snapshot()
        run = home.bbkey("clone", url)
        assert run.status == 129 and run.error_class == "usage", run
        assert home.requests("POST") == [], "registered before it looked"
        assert home.snapshot() == before, "changed before it looked"


def test_clone_into_a_folder_that_is_there_ends_as_git_does(home: Home):
    (home.work / "app").mkdir()
    (home.work / "app" / "file").touch()
    run = home.bbkey("clone", home.https_url())
    assert run.status == 128, run
    assert "already exists" in run.err


def test_clone_dry_run_clones_nothing(home: Home):
    before = home.snapshot()
    run = ok(home.bbkey("clone", "-n", home.https_url()))
    assert not (home.work / "app").exists()
    assert sorted(set(home.snapshot()) - set(before)) == []
    assert "lone" in run.err, "the plan does not say that it would clone"


def test_clone_refuses_a_folder_that_looks_like_an_option(home: Home):
    run = home.bbkey("clone", home.https_url(), "--", "--upload-pack=touch x",
                     "--", "-x")
    assert not (home.work / "x").exists() or run.status, run


# --- status ----------------------------------------------------------------------------------------

FIELDS = {
    "remote": {"name", "url"}, "instance": {"base_url", "edition", "release"},
    "target": {"project", "repo"},
    "key": {"path", "type", "bits", "fingerprint", "expires"},
    "host_key": {"state", "fingerprint", "source"},
    "ssh": {"state", "access", "milliseconds"},
}


def status_json(home: Home, folder: Path, *words: str) -> dict:
    run = home.bbkey("status", "--json", *words, cwd=folder)
    assert run.status in (0, 1), run
    data = json.loads(run.out)
    assert list(data)[0] == "version" and data["version"] == 1
    for part, fields in FIELDS.items():
        assert data[part] is None or fields <= set(data[part]), (part, data)
    assert isinstance(data["ready"], bool)
    assert isinstance(data["grants"], list)
    assert data["host_key"]["state"] in ("verified", "known", "unknown",
                                         "changed")
    assert data["ssh"]["state"] in ("ok", "denied", "no-access",
                                    "unreachable", "skipped")
    return data


@pytest.fixture
def ready(home: Home) -> Path:
    folder = repository(home)
    ok(home.bbkey("init", cwd=folder))
    home.forget_log()
    return folder


def test_status_of_what_is_ready(home: Home, ready: Path):
    data = status_json(home, ready, "--exit-code")
    assert home.runs[-1].status == 0
    assert data["ready"] is True
    assert data["remote"] == {"name": "origin", "url": home.ssh_url()}
    assert data["instance"] == {"base_url": home.base,
                                "edition": "datacenter", "release": "9.4.1"}
    assert data["target"] == {"project": "PROJ", "repo": "app"}
    (key,) = home.private_keys()
    assert data["key"]["path"] == str(key)
    assert (data["key"]["type"], data["key"]["bits"]) == ("ssh-ed25519", 256)
    assert re.fullmatch(r"SHA256:\S{43}", data["key"]["fingerprint"])
    assert data["key"]["expires"] is None
    (grant,) = data["grants"]
    assert {"scope", "id", "permission", "label", "expires"} <= set(grant)
    assert (grant["scope"], grant["permission"]) == ("project", "read")
    assert isinstance(grant["id"], str) and grant["label"]
    assert data["host_key"]["state"] == "verified"
    assert data["host_key"]["source"] == "rest"
    assert data["host_key"]["fingerprint"].startswith("SHA256:")
    assert data["ssh"]["state"] == "ok" and data["ssh"]["access"] == "read"
    assert 0 < data["ssh"]["milliseconds"] < 10000
    human = ok(home.bbkey("status", cwd=ready))
    assert "Ready" in human.out and human.err == ""
    assert all(columns(x) <= 80 for x in human.out.splitlines()), human


def test_status_changes_nothing_and_asks_no_token(home: Home, ready: Path):
    before = home.snapshot()
    home.token = None
    status_json(home, ready)
    status_json(home, ready, "--offline")
    assert home.snapshot() == before
    assert home.requests() == []


def test_status_offline_makes_no_connection(home: Home, ready: Path):
    data = status_json(home, ready, "--offline")
    trace = home.runs[-1].trace.read_text()
    assert not re.findall(r"connect\(.*AF_INET", trace)
    assert not re.findall(r'execve\("[^"]*/ssh"', trace), "started ssh"
    assert data["ready"] is True
    assert data["ssh"]["state"] == "skipped"
    assert data["ssh"]["milliseconds"] is None
    human = ok(home.bbkey("status", "--offline", cwd=ready))
    assert not re.findall(r"connect\(.*AF_INET",
                          home.runs[-1].trace.read_text()), human


def test_status_of_what_is_not_set_up(home: Home):
    folder = repository(home)
    data = status_json(home, folder, "--exit-code")
    assert home.runs[-1].status == 1
    assert data["ready"] is False
    assert data["key"] is None or set(data["key"].values()) == {None}
    assert data["grants"] == []
    assert data["host_key"]["state"] == "unknown"
    assert data["ssh"] == {"state": "skipped", "access": None,
                           "milliseconds": None}
    human = home.bbkey("status", cwd=folder)
    assert human.status == 0 and "git bbkey init" in human.out, human
    assert home.requests() == []


def test_status_of_an_enrolled_instance_without_a_project(home: Home):
    home.enrol("always")
    folder = repository(home)
    data = status_json(home, folder, "--exit-code")
    assert home.runs[-1].status == 1 and data["ready"] is False
    assert data["instance"]["base_url"] == home.base
    assert data["instance"]["release"] == "9.4.1"
    assert data["ssh"]["state"] in ("denied", "skipped")
    assert data["ssh"]["access"] is None


def test_status_says_how_to_get_back_what_was_there(home: Home):
    folder = repository(home)
    ok(home.bbkey("init", "--scope", "repo", cwd=folder))
    key = json.loads(home.bbkey("status", "--json", cwd=folder).out)["key"]
    home.sandbox.control("DELETE", "/keys", {
        "fingerprint": key["fingerprint"]})
    human = home.bbkey("status", cwd=folder)
    assert human.out.endswith(
        "Not ready. Set it up: git bbkey init --scope repo\n"), human


def test_status_outside_a_repository_is_usage(home: Home):
    run = home.bbkey("status")
    assert run.status == 129 and run.error_class == "usage", run


@pytest.mark.parametrize("url", [
    "https://github.com/a/b.git", "git@github.com:a/b.git", "/srv/git/b.git",
    "file:///srv/git/b.git", "git://example.com/b.git"])
def test_status_of_a_remote_that_is_not_bitbuckets(home: Home, url: str):
    """CONTRACT: not-bitbucket, "the URL or remote does not belong to a
    Bitbucket instance"; --exit-code has its own 1 for what is not set up.
    Both readings are taken for a host that might be one; a path never is."""
    folder = repository(home, url)
    run = home.bbkey("status", cwd=folder)
    if run.status == 0:
        assert "not" in run.out.lower() and "Ready" not in run.out, run
    else:
        assert run.status == 12 and run.error_class == "not-bitbucket", run
    assert not re.findall(r"connect\(.*AF_INET", run.trace.read_text())


@pytest.mark.parametrize("url", [
    "https://github.com/a/b.git", "git@github.com:a/b.git", "/srv/git/b.git",
    "file:///srv/git/b.git", "git://example.com/b.git"])
def test_init_of_a_remote_that_is_not_bitbuckets(home: Home, url: str):
    folder = repository(home, url)
    home.token = None
    run = home.bbkey("init", cwd=folder)
    assert run.status == 12 and run.error_class == "not-bitbucket", run
    assert not re.findall(r"connect\(.*AF_INET", run.trace.read_text())


def test_status_with_the_key_file_deleted(home: Home, ready: Path):
    (key,) = home.private_keys()
    key.unlink()
    data = status_json(home, ready, "--exit-code")
    assert home.runs[-1].status == 1 and data["ready"] is False
    assert data["ssh"]["state"] != "ok"
    human = ok(home.bbkey("status", cwd=ready))
    assert "cannot be used" in human.out and key.name in human.out
    mended = ok(home.bbkey("init", cwd=ready))
    home.allow_posts = 2
    assert status_json(home, ready)["ready"] is True, mended


def test_status_with_the_grant_removed(home: Home, ready: Path):
    fingerprint = status_json(home, ready, "--offline")["key"]["fingerprint"]
    home.sandbox.control("DELETE", "/keys", {"fingerprint": fingerprint})
    data = status_json(home, ready, "--exit-code")
    assert home.runs[-1].status == 1 and data["ready"] is False
    assert data["ssh"]["state"] in ("denied", "no-access")
    assert data["ssh"]["access"] is None, "it has no access at all"
    human = ok(home.bbkey("status", cwd=ready))
    assert "Not ready" in human.out


def test_status_where_the_key_opens_another_project(home: Home, ready: Path):
    (grant,) = home.keys_registered()
    home.sandbox.control("DELETE", "/keys", {"id": grant["key"]["id"]})
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "OTHER",
        "text": grant["key"]["text"], "permission": "PROJECT_READ"})
    data = status_json(home, ready)
    assert data["ready"] is False
    assert data["ssh"]["state"] == "no-access"


def test_status_with_the_host_key_changed(home: Home, ready: Path):
    home.sandbox.control("POST", "/hostkey", {"types": ["ed25519", "rsa"]})
    data = status_json(home, ready, "--exit-code")
    assert home.runs[-1].status == 1
    assert data["host_key"]["state"] == "changed", data
    assert data["ssh"]["state"] != "ok"
    human = ok(home.bbkey("status", cwd=ready))
    assert "cannot be reached" not in human.out, "it was reached"


def test_status_with_no_server(home: Home, ready: Path):
    closed = home.sandbox.control("POST", "/listen", {"kind": "closed"})
    ok(home.git("config", "--file", str(home.config / "config"), "--add",
                f"bbkey.{home.base}.ssh",
                f"ssh://git@localhost:{closed['port']}"))
    ok(home.git("remote", "set-url", "origin",
                f"ssh://git@localhost:{closed['port']}/proj/app.git",
                cwd=ready))
    data = status_json(home, ready, "--exit-code")
    assert data["ssh"]["state"] == "unreachable" and not data["ready"]


# --- screens ----------------------------------------------------------------------------------------

def init_screen(home: Home, columns_: int = 80,
                **env: str | None) -> tuple[str, Path]:
    folder = repository(home)
    shown, status = whole(home.terminal(
        "git", "bbkey", "init", "--auto", "always", cwd=folder, env=env,
        columns=columns_))
    assert status == 0, shown
    return shown, folder


def assert_screen(home: Home, lines: list[str], mark: str) -> None:
    m = re.escape(mark)
    port = urllib.parse.urlsplit(home.sandbox.ready["ssh_url"]).port
    patterns = [
        rf"{m} Bitbucket Data Center 9\.4\.1 at {re.escape(home.base)}, "
        r"project PROJ",
        rf"{m} Key ~/\.ssh/bbkey_localhost\S* made \(ED25519 SHA256:\S+\)",
        rf"{m} Host key is the one that the server publishes over HTTPS",
        rf'{m} Registered on project PROJ, read access, as "bbkey tester@.*"',
        rf"{m} ssh://git@localhost:{port}/proj/app\.git answers",
        rf"{m} Remote 'origin' now uses ssh",
        rf"{m} New clones from localhost set themselves up",
    ]
    assert len(lines) == len(patterns), lines
    for line, pattern in zip(lines, patterns):
        assert re.fullmatch(pattern, line), (line, pattern)
        assert columns(line) <= 80, line


def test_the_screen_of_init_in_utf8(home: Home):
    shown, _ = init_screen(home)
    assert "\x1b[32m" in shown, "a terminal has colour"
    assert_screen(home, on_screen(shown), "\u2713")


def test_the_screen_of_init_in_ascii(home: Home):
    shown, _ = init_screen(home, LANG="C", LC_ALL="C")
    assert shown.isascii(), shown
    assert_screen(home, on_screen(shown), "+")


def test_no_color_is_no_colour(home: Home):
    shown, _ = init_screen(home, NO_COLOR="1")
    assert "\x1b[3" not in shown
    assert_screen(home, on_screen(shown), "\u2713")


def test_a_dumb_terminal_gets_no_escapes(home: Home):
    shown, _ = init_screen(home, TERM="dumb")
    assert "\x1b" not in shown and "\r\n" in shown
    assert not re.search(r"\r(?!\n)", shown), "moved the cursor"
    assert_screen(home, [x for x in shown.splitlines() if x], "\u2713")


def test_away_from_a_terminal_there_is_no_colour_and_no_movement(home: Home):
    folder = repository(home)
    run = ok(home.bbkey("init", "--auto", "always", cwd=folder))
    assert "\x1b" not in run.err and "\r" not in run.err
    assert_screen(home, run.err.splitlines(), "\u2713")
    status = ok(home.bbkey("status", cwd=folder))
    assert "\x1b" not in status.out and "\r" not in status.out


def test_status_into_a_file_has_no_colour(home: Home, ready: Path):
    """stderr is the terminal, stdout is not."""
    shown, code = whole(home.terminal(
        "sh", "-c", "git bbkey status > ../out", cwd=ready))
    assert code == 0, shown
    assert "\x1b" not in (home.work / "out").read_text()


def test_a_failing_step_is_marked_and_the_error_follows(home: Home):
    home.sandbox.fault(method="POST", path="/ssh$", status=401, times=-1)
    shown, status = whole(home.terminal("git", "bbkey", "init",
                                        home.https_url()))
    assert status == 3, shown
    lines = on_screen(shown)
    failed = [i for i, line in enumerate(lines) if line.startswith("\u2717")]
    assert len(failed) == 1, lines
    assert lines[failed[0] + 1].startswith("git-bbkey: auth: "), lines
    assert not any("\u2026" in line for line in lines[failed[0]:]), lines


# --- asked before a token goes anywhere ----------------------------------------------------------

def test_a_repositorys_own_remote_is_asked_about_on_a_terminal(home: Home):
    folder = repository(home)
    home.token = None
    home.forget_log()
    screen = home.terminal("git", "bbkey", "init", cwd=folder)
    screen.expect(re.escape(home.base) + r".*\?")
    assert all(e["auth"] == "none" for e in home.events("http"))
    screen.sendline("n")
    shown, status = whole(screen)
    assert status == 12, shown
    assert all(e["auth"] == "none" for e in home.events("http"))
    assert home.private_keys() == []


def test_a_yes_there_leads_to_the_token_and_through(home: Home):
    folder = repository(home)
    home.token = None
    screen = home.terminal("git", "bbkey", "init", cwd=folder)
    screen.expect(re.escape(home.base) + r".*\?")
    screen.sendline("y")
    screen.expect("(?i)username|token")
    if "sername" in screen.after:
        screen.sendline("dev")
        screen.expect("(?i)password|token")
    screen.sendline(home.sandbox.tokens["project_admin"])
    shown, status = whole(screen)
    assert status == 0, shown
    assert home.sandbox.tokens["project_admin"] not in shown
    assert remote_url(folder) == home.ssh_url()


def test_without_a_terminal_it_fails_and_no_token_goes(home: Home):
    folder = repository(home)
    home.extra = {"BBKEY_URL": "https://elsewhere.invalid"}
    ok(home.git("config", "--global", f"credential.{home.base}.helper",
                "!f() { echo username=dev; echo password=canary; }; f"))
    home.forget_log()
    run = home.bbkey("init", cwd=folder)
    assert run.status == 12 and run.error_class == "not-bitbucket", run
    assert "git bbkey init" in run.hint
    assert all(e["auth"] == "none" for e in home.events("http"))


@pytest.mark.parametrize("form", ["https", "ssh"])
def test_the_repositorys_own_config_names_no_instance(home: Home, form: str):
    folder = repository(home, home.https_url() if form == "https" else
                        home.ssh_url())
    ok(home.git("config", f"bbkey.{home.base}.edition", "datacenter",
                cwd=folder))
    ok(home.git("config", f"bbkey.{home.base}.ssh",
                home.sandbox.ready["ssh_url"], cwd=folder))
    home.token = None
    ok(home.git("config", "--global", f"credential.{home.base}.helper",
                "!f() { echo username=dev; echo password=canary; }; f"))
    home.forget_log()
    run = home.bbkey("init", cwd=folder)
    assert run.status == 12, run
    assert home.requests("POST") == []
    assert all(e["auth"] == "none" for e in home.events("http"))
