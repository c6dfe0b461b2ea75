"""`git bbkey login` and `logout`: checked, kept by git's helpers, forgotten."""

from __future__ import annotations

import json
import re
import stat

import pexpect
import pytest
from cloudhome import CloudHome
from home import Home, Result
from login_checks import (CANARY, CLOUD_KINDS, DC_KINDS, FOR_GIT, KINDS,
                          Token, askpass, give, good, is_cloud, kept,
                          logged_in, place, secrets_sent, store_file, stored,
                          token_of, use_store, wrong_token)
from realnames import RealHome
from rest_checks import (configure, refused, secret_file, unchanged,
                         with_token)

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def without_token(home: Home) -> Home:
    home.token = None
    return home


@pytest.fixture
def home(home: Home) -> Home:
    return without_token(home)


@pytest.fixture
def cloud(cloud: CloudHome) -> CloudHome:
    return without_token(cloud)


@pytest.fixture(params=["datacenter", "cloud"])
def anyone(request: pytest.FixtureRequest) -> Home:
    return request.getfixturevalue("cloud" if request.param == "cloud"
                                   else "home")


@pytest.fixture(params=KINDS)
def each(request: pytest.FixtureRequest) -> tuple[Home, Token]:
    """A home of the token's edition, git-credential-store, the token."""
    person = request.getfixturevalue("cloud" if request.param in CLOUD_KINDS
                                     else "home")
    use_store(person)
    return person, token_of(person, request.param)


def own_token(home: Home) -> Token:
    return token_of(home, "api" if is_cloud(home) else "person")


# --- kept, and found again ----------------------------------------------------

@pytest.mark.user
def test_each_kind_of_token_is_kept_under_a_name_that_fits_git(
        each: tuple[Home, Token]):
    home, token = each
    before = home.snapshot()
    run = good(give(home, token))
    assert {name: what for name, what in home.snapshot().items()
            if not name.startswith((".local", ".git-cred"))} == before
    assert stored(home) == [kept(home, token)]
    assert stat.S_IMODE(store_file(home).stat().st_mode) == 0o600
    assert "Stored by git's credential helper" in run.err
    assert ("git bbkey alone" in run.err) == token.apart
    assert (f"This token is {token.who}'s" in run.err) == bool(token.who), run


@pytest.mark.user
def test_after_a_login_init_needs_no_other_token(each: tuple[Home, Token]):
    """And it is sent as it was when it was checked: Bearer, or Basic."""
    home, token = each
    logged_in(home, token)
    run = good(home.bbkey("init", "--scope", "project", home.https_url()))
    assert "Registered on project PROJ" in run.err
    assert set(secrets_sent(home)) == {token.means}


@pytest.mark.parametrize("kind", DC_KINDS)
def test_git_fetches_over_https_with_what_fits_it(home: Home, kind: str):
    """And what does not fit is not lost by that."""
    use_store(home)
    token = token_of(home, kind)
    logged_in(home, token)
    run = home.git("ls-remote", home.https_url(),
                   env={"GIT_TERMINAL_PROMPT": "0"})
    assert (run.status == 0) == token.for_git, run
    assert stored(home) == [kept(home, token)]
    assert "basic" not in secrets_sent(home) or token.for_git
    good(home.bbkey("init", "-n", home.https_url()))


@pytest.mark.parametrize("kind", CLOUD_KINDS)
def test_git_fetches_over_https_from_cloud(names: RealHome, kind: str):
    names.token = None
    use_store(names)
    token = token_of(names, kind)
    logged_in(names, token)
    good(names.git("ls-remote", names.https_url(),
                   env={"GIT_TERMINAL_PROMPT": "0"}))
    assert stored(names) == [kept(names, token)]
    good(names.bbkey("init", "-n", "--scope", "project", names.https_url()))


def test_a_plain_clone_sets_itself_up_with_it(home: Home):
    use_store(home)
    logged_in(home, own_token(home))
    good(home.bbkey("init", home.base, "--auto", "always"))
    good(home.git("clone", "-q", home.https_url(), "app"))
    assert len(home.keys_registered()) == 1


def test_basic_that_is_switched_off_later_does_not_matter(home: Home):
    """It is kept under a user name, and known for a token all the same."""
    use_store(home)
    logged_in(home, own_token(home))
    home.sandbox.set(basic_auth=False)
    good(home.bbkey("init", home.https_url()))
    assert set(secrets_sent(home)) == {"bearer"}


def test_cloud_needs_no_note_where_the_user_is_configured(cloud: CloudHome):
    """What is remembered may be lost; and git's own entry serves as well."""
    use_store(cloud)
    token = own_token(cloud)
    logged_in(cloud, token)
    for path in (cloud.state / "logins").iterdir():
        path.unlink()
    words = ("init", "-n", "--scope", "project", cloud.https_url())
    run = cloud.bbkey(*words)
    assert run.error_class == "auth" and "for git alone" in run.error, run
    configure(cloud, f"bbkey.{cloud.base}.user", token.user)
    good(cloud.bbkey(*words))


def test_what_has_been_replaced_since_is_not_taken_for_it(home: Home):
    use_store(home)
    logged_in(home, own_token(home))
    other = home.sandbox.users["dev"]
    store_file(home).write_text(f"https://dev:{other}@{place(home)}\n")
    good(home.bbkey("init", "-n", home.https_url()))
    assert set(secrets_sent(home)) == {"basic"}


@pytest.mark.parametrize("first, then", [("person", "project"),
                                         ("project", "person")])
def test_another_token_takes_the_place_of_the_first(home: Home, first: str,
                                                    then: str):
    """Under another name, too: else the first would lie there for ever."""
    use_store(home)
    logged_in(home, token_of(home, first))
    token = token_of(home, then)
    logged_in(home, token)
    assert stored(home) == [kept(home, token)]


def test_one_that_git_had_under_that_name_is_not_replaced_unsaid(
        anyone: Home):
    use_store(anyone)
    anyone.more_secrets = [CANARY]
    token = own_token(anyone)
    store_file(anyone).write_text(f"https://{token.kept_as}:{CANARY}@"
                                  f"{place(anyone)}\n")
    said = "in the place of another one that git had"
    run = good(give(anyone, token))
    assert said in " ".join(run.err.split())
    assert stored(anyone) == [kept(anyone, token)]
    assert said not in " ".join(good(give(anyone, token)).err.split())


@pytest.mark.parametrize("on", [True, False])
def test_the_path_counts_where_git_says_so(home: Home, on: bool):
    use_store(home)
    if on:
        configure(home, f"credential.{home.base}.useHttpPath", "true")
    logged_in(home, own_token(home))
    assert ("/bitbucket\n" in store_file(home).read_text()) == on
    good(home.bbkey("init", "-n", home.https_url()))
    good(home.bbkey("logout", home.base))
    assert stored(home) == []


# --- other helpers ------------------------------------------------------------

def test_the_cache_keeps_it(anyone: Home):
    folder = anyone.folder / ".cache" / "git" / "credential"
    configure(anyone, "credential.helper", "cache --timeout=60")
    anyone.tracing = False  # strace would wait for the daemon
    token = own_token(anyone)
    try:
        logged_in(anyone, token)
        good(anyone.bbkey("init", "-n", "--scope", "project",
                          anyone.https_url()))
        run = good(anyone.bbkey("logout", anyone.base))
        assert "is forgotten" in run.err
        refused(anyone.bbkey("init", "-n", "--scope", "project",
                             anyone.https_url()), "auth")
    finally:
        anyone.git("credential-cache", "exit")
    assert not list(folder.glob("*"))


KEEPS_NOTHING = "!f() { cat >/dev/null; }; f"
IS_FULL = "!f() { cat >/dev/null; exit 1; }; f"
ANOTHER = "!f() { test $1 = get && printf 'password=%s\\n' other; }; f"


@pytest.mark.parametrize("helper", [None, "", KEEPS_NOTHING, IS_FULL, ANOTHER,
                                    "no-such-helper", "bbkey"])
def test_what_no_helper_keeps_is_not_said_to_be_stored(anyone: Home,
                                                       helper: str | None):
    """Nor by our own helper, which would only say what we know."""
    if helper is not None:
        configure(anyone, "credential.helper", helper)
    token = own_token(anyone)
    with unchanged(anyone):
        run = give(anyone, token, "--json")
    assert run.status == 9 and run.error_class == "local", run
    assert "is good" in run.error and "not stored" in run.error
    assert json.loads(run.out)["stored"] is False
    assert re.search(r"credential\.helper (cache|\w+)", run.hint), run
    assert not (anyone.state / "logins").exists()
    run = give(anyone, token)
    assert "Stored" not in run.err, run


def test_a_helper_that_is_there_is_named(home: Home):
    """One that a system keeps its passwords in, before those of git alone."""
    folder = home.work / "bin"
    folder.mkdir()
    (folder / "git-credential-libsecret").write_text("#!/bin/sh\n")
    (folder / "git-credential-libsecret").chmod(0o755)
    path = f"{folder}:{home.environment()['PATH']}"
    run = give(home, own_token(home), env={"PATH": path})
    assert "git config --global credential.helper libsecret" in run.hint, run
    run = give(home, own_token(home))
    assert "cache (in memory" in run.hint and "store (a file" in run.hint


def test_enrolled_our_own_helper_does_not_stand_in_for_another(home: Home):
    home.token = "project_admin"
    home.enrol("never")
    home.token = None
    path = secret_file(home, "token", own_token(home).value)
    configure(home, f"bbkey.{home.base}.tokenFile", str(path))
    run = give(home, own_token(home))
    assert run.error_class == "local", run
    use_store(home)
    logged_in(home, own_token(home))
    assert stored(home) == [kept(home, own_token(home))]


# --- what it may do -----------------------------------------------------------

def rights(run: Result) -> dict:
    return json.loads(run.out)["rights"]


def dry(home: Home, name: str, *words: str, url: str | None = None,
        **how: object) -> Result:
    """--dry-run --json with one of the sandbox's tokens."""
    token = home.sandbox.tokens[name]
    given = Token(token["token"], token["user"]) if is_cloud(home) else \
        Token(token)
    return good(give(home, given, "-n", "--json", *words, url=url, **how))


def test_json_is_whole(anyone: Home):
    use_store(anyone)
    run = good(give(anyone, own_token(anyone), "--json",
                    url=anyone.https_url()))
    cloud = is_cloud(anyone)
    assert run.err == ""
    assert list(json.loads(run.out).items()) == [
        ("version", 1), ("base_url", anyone.base),
        ("edition", "cloud" if cloud else "datacenter"), ("user", "dev"),
        ("stored", True),
        ("rights", {"administrates": None if cloud else True,
                    "workspace": "acme" if cloud else None,
                    "project": "PROJ", "repo": "app", "project_keys": True,
                    "repo_keys": None}),
        ("missing", [])]


@pytest.mark.parametrize("name, administrates, project, repo, missing", [
    ("project_admin", True, True, None, []),
    ("repo_admin", True, False, True, ["PROJECT_ADMIN"]),
    ("reader", False, False, False, ["PROJECT_ADMIN", "REPO_ADMIN"]),
    ("none", False, False, False, ["PROJECT_ADMIN", "REPO_ADMIN"])])
def test_on_data_center_rights_are_asked_for(home: Home, name: str,
                                             administrates: bool,
                                             project: bool,
                                             repo: bool | None,
                                             missing: list[str]):
    run = dry(home, name, url=home.https_url())
    assert rights(run)["administrates"] == administrates
    assert rights(run)["project_keys"] == project
    assert rights(run)["repo_keys"] == repo
    assert json.loads(run.out)["missing"] == missing
    alone = rights(dry(home, name))
    assert alone["administrates"] == administrates
    assert alone["project"] is None is alone["project_keys"]
    assert home.requests("POST") == [] and not store_file(home).exists()


@pytest.mark.parametrize("name, project, repo, missing", [
    ("project_only", True, None, {"read:user:bitbucket"}),
    ("repo_only", False, True,
     {"read:user:bitbucket", "admin:project:bitbucket"}),
    ("reader", False, False,
     {"read:user:bitbucket", "admin:project:bitbucket",
      "admin:repository:bitbucket"}),
    ("personal_only", False, False,
     {"read:repository:bitbucket", "admin:repository:bitbucket"}),
    ("member", False, False, set()), ("oauth", True, None, set())])
def test_on_cloud_the_scopes_that_a_refusal_names(cloud: CloudHome, name: str,
                                                  project: bool,
                                                  repo: bool | None,
                                                  missing: set[str]):
    run = dry(cloud, name, url=cloud.https_url())
    assert rights(run)["project_keys"] == project, run
    assert rights(run)["repo_keys"] == repo
    assert set(json.loads(run.out)["missing"]) == missing


def test_scopes_are_said_to_people(cloud: CloudHome):
    token = cloud.sandbox.tokens["reader"]
    run = good(give(cloud, Token(token["token"], token["user"]), "-n",
                    url=cloud.https_url()))
    text = " ".join(run.err.split())
    assert "may not manage the access keys of project PROJ" in text
    assert "It lacks the scopes admin:project:bitbucket, " \
        "admin:repository:bitbucket;" in text
    assert "For keys of an account it would need the scope " \
        "read:user:bitbucket, too" in text


@pytest.mark.parametrize("form", ["https", "ssh", "elsewhere", "no repository"])
def test_the_repository_here_is_the_place_that_is_asked_for(
        anyone: Home, form: str):
    configure(anyone, f"bbkey.{anyone.base}.ssh",
              anyone.sandbox.ready["ssh_url"])
    folder = anyone.work / "here"
    folder.mkdir()
    if form != "no repository":
        url = {"https": anyone.https_url(), "ssh": anyone.ssh_url(),
               "elsewhere": "https://example.com/scm/proj/app.git"}[form]
        anyone.git("init", "-q", str(folder))
        anyone.git("remote", "add", "origin", url, cwd=folder)
    asked = rights(dry(anyone, "project_admin", cwd=folder))["project_keys"]
    assert asked == (True if form in ("https", "ssh") else None)


@pytest.mark.parametrize("page", ["/projects/PROJ",
                                  "/projects/PROJ/repos/app/browse/src?at=x"])
def test_any_url_of_the_instance_will_do(home: Home, page: str):
    run = dry(home, "project_admin", url=home.base + page)
    assert json.loads(run.out)["base_url"] == home.base
    assert rights(run)["project"] == "PROJ"


def test_few_requests_and_nothing_but_reading(anyone: Home):
    """Data Center: the version without the token, the token, its name."""
    use_store(anyone)
    anyone.forget_log()
    good(give(anyone, own_token(anyone)))
    assert len(anyone.requests()) == (1 if is_cloud(anyone) else 3)
    assert anyone.requests("GET") == anyone.requests()
    if not is_cloud(anyone):
        assert secrets_sent(anyone) == ["bearer", "basic"]


def test_dry_run_stores_nothing_and_quiet_says_nothing(anyone: Home):
    use_store(anyone)
    with unchanged(anyone):
        run = good(give(anyone, own_token(anyone), "-n"))
    assert "Nothing was stored (--dry-run)" in run.err
    assert not (anyone.state / "logins").exists()
    run = good(give(anyone, own_token(anyone), "-q"))
    assert run.out + run.err == "" and len(stored(anyone)) == 1


def test_a_server_that_names_nobody_has_to_prove_the_token(home: Home):
    """GET /repos is for everybody; the SSH settings are not."""
    home.sandbox.fault(path="/repos\\?permission", times=-1, json={
        "values": [], "isLastPage": True})
    home.forget_log()
    run = give(home, wrong_token(home))
    refused(run, "auth")
    assert [x for x in home.requests() if "/ssh/latest/settings" in x]


# --- refused ------------------------------------------------------------------

@pytest.mark.row("R1")
def test_r01_a_refused_secret_was_sent_once(anyone: Home):
    """What was stored before stays: it is another one."""
    use_store(anyone)
    logged_in(anyone, own_token(anyone))
    run = give(anyone, wrong_token(anyone))
    refused(run, "auth")
    assert "standard input" in run.error and len(with_token(anyone)) == 1
    assert stored(anyone) == [kept(anyone, own_token(anyone))]


@pytest.mark.row("R1")
def test_r01_a_refused_password_was_sent_once(home: Home):
    use_store(home)
    home.forget_log()
    run = give(home, Token("not-the-password", "dev"))
    refused(run, "auth")
    assert secrets_sent(home) == ["basic"] and stored(home) == []


@pytest.mark.row("R1")
def test_r01_the_very_one_that_was_stored_is_forgotten(each):
    home, token = each
    logged_in(home, token)
    home.sandbox.fault(path="/repos|/user", status=401, times=-1,
                       json=UNKNOWN[is_cloud(home)])
    refused(give(home, token), "auth")
    assert stored(home) == []
    assert not list((home.state / "logins").iterdir())


UNKNOWN = {
    False: {"errors": [{"message": "Authentication failed.", "exceptionName":
            "com.atlassian.bitbucket.auth."
            "IncorrectPasswordAuthenticationException"}]},
    True: {"type": "error", "error": {"message": "Token is invalid"}}}


def test_the_same_secret_of_another_user_stays(home: Home):
    """As Bearer a password is refused, and is good as a password."""
    use_store(home)
    token = token_of(home, "password")
    logged_in(home, token)
    refused(give(home, Token(token.value)), "auth")
    assert stored(home) == [kept(home, token)]


@pytest.mark.row("R2")
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("how", ["header", "exception"])
def test_r02_a_captcha_is_no_wrong_token(home: Home, status: int, how: str):
    use_store(home)
    token = token_of(home, "password")
    logged_in(home, token)
    more = {"headers": {"X-Authentication-Denied-Reason":
                        "CAPTCHA_CHALLENGE; login-url=https://evil.example"}
            } if how == "header" else {"json": {"errors": [{
                "message": "CAPTCHA required", "exceptionName": "com.atlassian"
                ".bitbucket.auth.CaptchaRequiredAuthenticationException"}]}}
    home.sandbox.fault(path="/repos", status=status, times=-1, **more)
    run = give(home, token)
    refused(run, "permission")
    assert "CAPTCHA" in run.error and "in a browser once" in run.hint
    assert "evil" not in run.err and len(with_token(home)) == 1
    assert stored(home) == [kept(home, token)], "it may be good"


@pytest.mark.row("R2")
def test_r02_another_reason_is_said(home: Home):
    home.sandbox.fault(path="/repos", status=401, times=-1, headers={
        "X-Authentication-Denied-Reason": "LOCKED\x1b[2J out"})
    run = give(home, own_token(home))
    refused(run, "permission")
    assert "not log in for now: LOCKED" in run.error, run
    assert "\x1b" not in run.err and "browser" in run.hint


def test_basic_that_is_switched_off_is_said_in_plain_words(home: Home):
    home.sandbox.set(basic_auth=False)
    home.forget_log()
    run = give(home, token_of(home, "password"))
    refused(run, "permission")
    assert "Basic Authentication has been disabled" in run.error
    assert "no --user" in run.hint and secrets_sent(home) == ["basic"]


def test_a_person_without_a_licence_is_told_so(home: Home):
    run = give(home, Token(home.sandbox.tokens["unlicensed"]))
    refused(run, "auth")
    assert "not currently licensed" in run.error
    assert "licence" in run.hint and "new token would not help" in run.hint


@pytest.mark.parametrize("name, words", [
    ("app_password", "app password"), ("expired", "new API token"),
    ("unscoped", "with scopes")])
def test_what_cloud_refuses(cloud: CloudHome, name: str, words: str):
    token = cloud.sandbox.tokens[name]
    cloud.forget_log()
    run = give(cloud, Token(token["token"], token["user"] or
                            "dev@example.com"))
    refused(run, "auth")
    assert words in run.hint and len(with_token(cloud)) == 1


def test_a_user_of_cloud_is_an_e_mail_address(cloud: CloudHome):
    cloud.forget_log()
    run = give(cloud, Token(CANARY, "dev"))
    refused(run, "auth")
    assert "no e-mail address" in run.error and cloud.requests() == []


@pytest.mark.parametrize("name", ["repository_token", "project_token",
                                  "workspace_token"])
def test_a_token_of_a_place_is_said_to_be_no_use_for_keys(cloud: CloudHome,
                                                          name: str):
    token = Token(cloud.sandbox.tokens[name]["token"])
    run = give(cloud, token, "-n", url=cloud.https_url())
    text = " ".join(run.err.split())
    assert run.status == 0 and "authentication mechanism" in text, run
    assert "may not manage the access keys of repository acme/app" in text


# --- sources ------------------------------------------------------------------

@pytest.mark.parametrize("how", ["--stdin", "-", "file", "BBKEY_TOKEN"])
def test_a_script_gives_it_in_one_of_these_ways(anyone: Home, how: str):
    use_store(anyone)
    token = own_token(anyone)
    user = ["--user", token.user] if token.user else []
    path = secret_file(anyone, "token", token.value + "\n")
    words, env, text = {
        "--stdin": (["--stdin"], {}, token.value),
        "-": (["--token-file", "-"], {}, token.value + "\n"),
        "file": (["--token-file", str(path)], {}, None),
        "BBKEY_TOKEN": ([], {"BBKEY_TOKEN": token.value,
                             "BBKEY_URL": anyone.base}, None)}[how]
    run = good(anyone.bbkey("login", anyone.base, *words, *user, stdin=text,
                            env=env))
    assert stored(anyone) == [kept(anyone, token)]
    assert "comes before it" not in run.err


def test_bbkey_user_goes_with_bbkey_token(cloud: CloudHome):
    use_store(cloud)
    cloud.token = "project_admin"
    good(cloud.bbkey("login", cloud.base))
    assert stored(cloud)[0][1] == FOR_GIT


def test_what_comes_before_it_is_said(home: Home):
    use_store(home)
    path = secret_file(home, "token", home.sandbox.tokens["reader"])
    configure(home, f"bbkey.{home.base}.tokenFile", str(path))
    run = good(give(home, own_token(home)))
    assert f"bbkey.{home.base}.tokenFile is set, and comes before it" in \
        " ".join(run.err.split())


def test_a_token_for_another_instance_is_none(anyone: Home):
    env = {"BBKEY_TOKEN": CANARY, "BBKEY_URL": "https://other.example"}
    anyone.forget_log()
    run = anyone.bbkey("login", anyone.base, env=env)
    refused(run, "auth")
    assert "BBKEY_TOKEN is only for" in run.error and anyone.requests() == []


def test_nobody_to_ask_and_no_token(anyone: Home):
    run = anyone.bbkey("login", anyone.base)
    refused(run, "auth")
    assert "no token was given" in run.error
    for word in ("--token-file", "--stdin", "BBKEY_TOKEN", "BBKEY_URL",
                 "id.atlassian.com" if is_cloud(anyone) else
                 f"{anyone.base}/plugins/servlet/access-tokens/manage"):
        assert word in run.hint, word


@pytest.mark.parametrize("words", [[], ["--stdin", "--token-file", "x", "U"],
                                   ["U", "V"], ["--nonsense", "U"]])
def test_bad_usage(home: Home, words: list[str]):
    run = home.bbkey("login", *[w.replace("U", home.base) for w in words])
    refused(run, "usage")


def test_askpass_is_used_as_git_would(anyone: Home):
    use_store(anyone)
    token = own_token(anyone)
    name = token.user or "dev"
    good(anyone.bbkey("login", anyone.base,
                      env=askpass(anyone, name, token.value)))
    assert [line[2] for line in stored(anyone)] == [token.value]


# --- a person -----------------------------------------------------------------

def screen_of(spawned: pexpect.spawn, status: int = 0) -> str:
    """The rest of it; every line that can be is within 80 columns."""
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert spawned.exitstatus == status, spawned.before
    text = COLOUR.sub("", spawned.logfile_read.getvalue())
    for line in text.replace("\r\n", "\n").split("\n"):
        line = line.split("\x1b[K")[-1]
        assert len(line) <= 80 or " " not in line.strip(" ✓·") or \
            line.startswith(("git-bbkey: ", "hint: ")), line
    return " ".join(text.split())


def test_a_person_is_told_how_and_asked(home: Home):
    use_store(home)
    token = own_token(home)
    spawned = home.terminal("git", "bbkey", "login", home.base)
    spawned.expect_exact(f"HTTP access token for {home.base}: ")
    assert with_token(home) == []
    spawned.sendline(token.value)
    text = screen_of(spawned)
    assert "access-tokens/manage" in text and "project admin" in text
    assert "This token is dev's" in text and "Stored by git's" in text
    assert stored(home) == [kept(home, token)]


@pytest.mark.parametrize("kind", CLOUD_KINDS)
def test_a_person_on_cloud_is_asked_for_the_address_first(cloud: CloudHome,
                                                          kind: str):
    use_store(cloud)
    token = token_of(cloud, kind)
    spawned = cloud.terminal("git", "bbkey", "login", cloud.base)
    spawned.expect(r"E-mail address of your Atlassian account.*: $")
    spawned.sendline(token.user or "")
    spawned.expect(f"{'API' if token.user else 'OAuth access'} token for "
                   "https://bitbucket.org: $")
    spawned.sendline(token.value)
    text = screen_of(spawned)
    assert "id.atlassian.com" in text and "admin:project:bitbucket" in text
    assert stored(cloud) == [kept(cloud, token)]


@pytest.mark.parametrize("how", ["--user", "bbkey.<base>.user"])
def test_who_is_known_is_not_asked_for(cloud: CloudHome, how: str):
    use_store(cloud)
    token = own_token(cloud)
    words = ["--user", token.user] if how == "--user" else []
    if not words:
        configure(cloud, f"bbkey.{cloud.base}.user", token.user)
    spawned = cloud.terminal("git", "bbkey", "login", cloud.base, *words)
    spawned.expect("API token for https://bitbucket.org: $")
    spawned.sendline(token.value)
    assert "E-mail" not in screen_of(spawned)
    assert stored(cloud) == [kept(cloud, token)]


def test_a_password_is_taken_and_a_token_recommended(home: Home):
    use_store(home)
    token = token_of(home, "password")
    spawned = home.terminal("git", "bbkey", "login", home.base, "--user",
                            "dev")
    spawned.expect_exact("Password or HTTP access token for")
    spawned.sendline(token.value)
    assert "a token is better" in screen_of(spawned)
    assert stored(home) == [kept(home, token)]


@pytest.mark.parametrize("answer, status", [("", 3), ("two words", 3),
                                            ("\x04", 130)])
def test_other_answers(home: Home, answer: str, status: int):
    spawned = home.terminal("git", "bbkey", "login", home.base)
    spawned.expect_exact("HTTP access token for ")
    spawned.expect_exact(": ")
    spawned.sendline(answer) if answer != "\x04" else spawned.send(answer)
    screen_of(spawned, status)
    assert with_token(home) == []


def test_nobody_types_a_token_for_what_is_no_bitbucket(home: Home):
    base = home.base.removesuffix("/bitbucket")
    configure(home, f"http.{base}.sslCAInfo", home.sandbox.ca)
    spawned = home.terminal("git", "bbkey", "login", base)
    text = screen_of(spawned, 12)
    assert "token for" not in text and "context path" in text


def test_typing_into_stdin_is_refused(home: Home):
    spawned = home.terminal("git", "bbkey", "login", home.base, "--stdin")
    assert "you are asked for it" in screen_of(spawned, 129)


@pytest.mark.parametrize("way", [["--yes"], []])
def test_who_wants_no_question_gets_none(home: Home, way: list[str]):
    env = {} if way else {"GIT_TERMINAL_PROMPT": "0"}
    spawned = home.terminal("git", "bbkey", "login", home.base, *way, env=env)
    assert "no token was given" in screen_of(spawned, 3)


@pytest.mark.parametrize("works", [True, False])
def test_open_opens_the_page_where_a_token_is_made(anyone: Home, works: bool):
    use_store(anyone)
    browser = anyone.work / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$@\" >>'{anyone.work}/opened'\n"
                       f"exit {0 if works else 1}\n")
    browser.chmod(0o755)
    run = give(anyone, own_token(anyone), "--open",
               env={"BROWSER": str(browser)})
    page = (anyone.work / "opened").read_text().strip()
    assert page == ("https://id.atlassian.com/manage-profile/security/"
                    "api-tokens" if is_cloud(anyone) else
                    f"{anyone.base}/plugins/servlet/access-tokens/manage")
    assert run.status == 0 and len(stored(anyone)) == 1, run
    assert ("Opened " if works else "open it yourself: ") in \
        " ".join(run.err.split())


def test_open_is_for_who_has_no_token_yet(home: Home):
    browser = home.work / "browser"
    browser.write_text(f"#!/bin/sh\necho >>'{home.work}/opened'\n")
    browser.chmod(0o755)
    env = {"BROWSER": str(browser)}
    refused(home.bbkey("login", "--open", "https://bitbucket.invalid",
                       "--stdin", stdin="x", env=env), "network")
    assert not (home.work / "opened").exists()
    refused(home.bbkey("login", "--open", home.base, env=env), "auth")
    assert (home.work / "opened").exists()


# --- logout -------------------------------------------------------------------

def test_logout_forgets_what_login_stored(each: tuple[Home, Token]):
    home, token = each
    logged_in(home, token)
    run = good(home.bbkey("logout", home.base, "-n"))
    assert "would be forgotten" in run.err and len(stored(home)) == 1
    run = good(home.bbkey("logout", home.https_url()))
    assert "is forgotten by git's credential helper" in \
        " ".join(run.err.split())
    assert "until it is revoked: https://" in run.hint
    assert stored(home) == [] == home.requests()
    assert not list((home.state / "logins").iterdir())
    refused(home.bbkey("init", "-n", "--scope", "project", home.https_url()),
            "auth")
    run = good(home.bbkey("logout", home.base, "--json"))
    assert json.loads(run.out) == {
        "version": 1, "base_url": home.base, "forgotten": False,
        "edition": "cloud" if is_cloud(home) else "datacenter", "remains": []}


def test_logout_leaves_what_is_of_others(anyone: Home):
    """Another host, another port, another user of the same host."""
    use_store(anyone)
    token = own_token(anyone)
    host = place(anyone).split(":")[0]
    others = [f"https://dev:{CANARY}@{host}:1",
              f"https://dev:{CANARY}@other.example",
              f"https://somebody:{CANARY}@{place(anyone)}"]
    anyone.more_secrets = [CANARY]
    store_file(anyone).write_text("\n".join(others) + "\n")
    logged_in(anyone, token)
    run = good(anyone.bbkey("logout", anyone.base))
    assert [line[:2] for line in stored(anyone)] == [
        (f"{host}:1", "dev"), ("other.example", "dev"),
        (place(anyone), "somebody")]
    assert "another login there, of somebody" in run.err, run


def test_logout_forgets_what_was_put_there_by_hand(home: Home):
    use_store(home)
    token = own_token(home)
    store_file(home).write_text(f"https://dev:{token.value}@{place(home)}\n")
    assert "is forgotten" in good(home.bbkey("logout", home.base)).err
    assert stored(home) == []


def test_logout_leaves_gits_own_login_for_cloud(cloud: CloudHome):
    use_store(cloud)
    cloud.more_secrets = [CANARY]
    store_file(cloud).write_text(f"https://dev:{CANARY}@bitbucket.org\n")
    run = good(cloud.bbkey("logout", cloud.base))
    assert "have no token" in run.err and len(stored(cloud)) == 1, run


def test_logout_names_what_remains(anyone: Home):
    base = anyone.base
    path = secret_file(anyone, "token", CANARY)
    configure(anyone, f"bbkey.{base}.tokenFile", str(path))
    configure(anyone, f"bbkey.{base}.tokenCommand", "touch ran; false")
    env = {"BBKEY_TOKEN": CANARY, "BBKEY_URL": base}
    remains = ["BBKEY_TOKEN", f"bbkey.{base}.tokenFile",
               f"bbkey.{base}.tokenCommand"]
    run = good(anyone.bbkey("logout", base, "--json", env=env))
    assert json.loads(run.out)["remains"] == remains
    run = good(anyone.bbkey("logout", base, env=env))
    for name in remains:
        assert f"{name} is set: its token stays" in " ".join(run.err.split())
    assert path.exists() and not (anyone.work / "ran").exists()


def test_a_helper_that_does_not_forget_is_told_of(home: Home):
    path = secret_file(home, "answer", "username=dev\npassword="
                       + home.sandbox.tokens["project_admin"] + "\n")
    configure(home, "credential.helper", f"!cat '{path}'; true")
    run = home.bbkey("logout", home.base)
    refused(run, "local")
    assert "has the token still" in run.error


def test_logout_forgets_the_cached_user(home: Home):
    use_store(home)
    home.token = "project_admin"
    home.enrol("never")
    home.token = None
    logged_in(home, own_token(home))
    users = home.state / "users"
    users.mkdir(exist_ok=True)
    name = next((home.state / "logins").iterdir()).name
    (users / name).write_text("version 1\ntoken 01234567\nuser dev\n")
    good(home.bbkey("logout", home.base))
    assert not list(users.iterdir())


def test_the_hint_of_init_names_login(anyone: Home):
    run = anyone.bbkey("init", "--scope", "project", anyone.https_url())
    refused(run, "auth")
    assert f"git bbkey login {anyone.base}" in run.hint


@pytest.mark.parametrize("command", ["login", "logout"])
def test_h_shows_usage_in_80_columns_with_129(home: Home, command: str):
    run = home.bbkey(command, "-h")
    assert run.status == 129 and run.out.startswith("usage: git bbkey"), run
    assert all(len(line) <= 80 for line in run.out.splitlines()), run.out
