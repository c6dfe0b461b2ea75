"""REST answers that are no help: R1 to R3, R6 to R9, R13, R21.

Each is tried through `git bbkey init`; where the transport meets the same
answer, a plain `git clone` must end as plain ssh would (I10).
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from home import Home
from invariants import check_all
from rest_checks import (KEYS, PROPERTIES, REPO, SETTINGS, a_home_with_a_key,
                         clear_faults, configure, forget_state, hits,
                         http_date, init, like_plain_ssh, listen,
                         nothing_made, own_lines, refused, sandbox_keys,
                         seconds_between, secret_file, trust_ssh_host,
                         unchanged, with_token)
from rest_faults import EVERYWHERE, NASTY, PAGE, harmless

WRONG = "NDIzNDU2Nzg5MDEyOmNhbmFyeS10b2tlbg"


def envelope(message: str, exception: str | None = None,
             context: str | None = None) -> dict:
    """Data Center's error object."""
    return {"errors": [{"context": context, "message": message,
                        "exceptionName": exception}]}


# --- R1: 401 -----------------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R1")
@pytest.mark.parametrize("source", ["environment", "option", "tokenFile",
                                    "tokenCommand", "helper"])
def test_r01_a_refused_token_is_named_by_its_source(home: Home, source: str):
    home.more_secrets = [WRONG]
    home.token = None
    path = secret_file(home, "token", WRONG + "\n")
    more, word = [], str(path)
    if source == "environment":
        home.extra = {"BBKEY_TOKEN": WRONG, "BBKEY_URL": home.base}
        word = "BBKEY_TOKEN"
    elif source == "option":
        more = ["--token-file", str(path)]
    elif source == "tokenFile":
        configure(home, f"bbkey.{home.base}.tokenFile", str(path))
    elif source == "tokenCommand":
        configure(home, f"bbkey.{home.base}.tokenCommand", f"cat '{path}'")
        word = "tokenCommand"
    else:
        stored = home.folder / ".git-credentials"
        host = home.base.split("/")[2]
        stored.write_text(f"https://dev:{WRONG}@{host}\n")
        stored.chmod(0o600)
        home.may_hold_secrets = [str(stored)]
        configure(home, "credential.helper", "store")
        word = "helper"
    with unchanged(home):
        result = init(home, *more)
    refused(result, "auth")
    assert word in result.error
    assert hits(home, SETTINGS) == 1, "a refused token is not tried again"
    assert len(with_token(home)) == 1
    nothing_made(home)


@pytest.mark.row("R1")
@pytest.mark.parametrize("path", [SETTINGS, REPO])
def test_r01_a_401_anywhere_stops_before_a_key_is_made(home: Home, path: str):
    home.sandbox.fault(path=path, status=401, times=-1)
    with unchanged(home):
        result = init(home)
    refused(result, "auth")
    assert hits(home, path) == 1
    nothing_made(home)


@pytest.mark.row("R1")
@pytest.mark.parametrize("who", ["expired", "unlicensed"])
def test_r01_a_token_that_is_no_use_any_more_is_auth(home: Home, who: str):
    home.token = None
    token = home.sandbox.tokens["unlicensed"]
    if who == "expired":
        made = home.sandbox.control("POST", "/tokens", {
            "user": "dev", "permissions": ["PROJECT_ADMIN"], "expired": True})
        token = made["token"]
    home.more_secrets = [token]
    home.extra = {"BBKEY_TOKEN": token, "BBKEY_URL": home.base}
    refused(init(home), "auth")
    nothing_made(home)


@pytest.mark.row("R1")
def test_r01_a_plain_clone_with_a_refused_token_ends_as_ssh_would(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.forget_log()
    home.more_secrets = [WRONG]
    clone = like_plain_ssh(home, env={"BBKEY_TOKEN": WRONG})
    assert clone.status == 128 and "Permission denied" in clone.err
    assert len(with_token(home)) <= 1
    assert sandbox_keys(home) == []


# --- R2: 403, and Bitbucket's 401 that means the same ------------------------

@pytest.mark.row("R2")
@pytest.mark.parametrize("path", [PROPERTIES, SETTINGS, REPO])
def test_r02_a_403_is_permission_and_not_tried_again(home: Home, path: str):
    home.sandbox.fault(path=path, status=403, times=-1,
                       json=envelope("You may not"))
    with unchanged(home):
        result = init(home)
    refused(result, "permission")
    assert "You may not" in result.error
    assert hits(home, path) == 1
    nothing_made(home)


@pytest.mark.row("R2")
@pytest.mark.parametrize("reason", ["CAPTCHA_CHALLENGE; login-url=https://"
                                    "localhost/login", "CAPTCHA"])
def test_r02_a_captcha_is_told_apart(home: Home, reason: str):
    home.sandbox.fault(path=SETTINGS, status=403, times=-1, headers={
        "X-Authentication-Denied-Reason": reason})
    result = init(home)
    refused(result, "permission")
    assert "CAPTCHA" in result.error and "browser" in result.hint
    assert hits(home, SETTINGS) == 1
    nothing_made(home)


@pytest.mark.row("R2")
@pytest.mark.parametrize("who", ["reader", "none", "repo_admin"])
def test_r02_a_token_without_the_right_is_permission(home: Home, who: str):
    """Data Center answers 401 here, and means 403."""
    home.token = who
    result = init(home)
    refused(result, "permission")
    assert sandbox_keys(home) == []
    assert not home.config.exists()


@pytest.mark.row("R2")
def test_r02_no_right_says_who_can_and_where(home: Home):
    """CONTRACT.md: a hint at `request` and the other scopes, and the page."""
    home.token = "repo_admin"
    result = init(home)
    refused(result, "permission")
    assert "request" in result.hint and "--scope repo" in result.hint, result


@pytest.mark.row("R2")
def test_r02_a_plain_clone_without_the_right_ends_as_ssh_would(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.token = "reader"
    clone = like_plain_ssh(home)
    assert clone.status == 128
    assert "git-bbkey: permission: " in clone.err
    assert sandbox_keys(home) == []


# --- R3: 404 -----------------------------------------------------------------

@pytest.mark.row("R3")
@pytest.mark.parametrize("url", ["", "/wrong", "/scm/proj/app.git",
                                 "/bitbucket/extra/scm/proj/app.git"])
def test_r03_no_api_there_asks_for_the_context_path(home: Home, url: str):
    origin = home.base.rsplit("/", 1)[0]
    token = home.sandbox.tokens["project_admin"]
    base = (origin + url).partition("/scm/")[0]
    result = home.bbkey("init", origin + url,
                        env={"BBKEY_URL": base, "BBKEY_TOKEN": token,
                             "GIT_SSL_CAINFO": home.sandbox.ca})
    refused(result, "not-bitbucket")
    assert "context path" in result.hint
    assert with_token(home) == [], "no token before it is a Bitbucket"
    nothing_made(home)


@pytest.mark.row("R3")
@pytest.mark.parametrize("project, repo", [("nosuch", "app"),
                                           ("proj", "nosuch"),
                                           ("other", "secret")])
def test_r03_no_such_project_or_no_right_to_see_it(home: Home, project: str,
                                                   repo: str):
    home.token = "reader" if project == "other" else "project_admin"
    result = home.bbkey("init", home.https_url(project, repo))
    refused(result, "permission")
    assert "may not" in result.error or "not permitted" in result.error
    assert "context path" not in result.hint
    nothing_made(home)


@pytest.mark.row("R3")
@pytest.mark.parametrize("missing", ["api", "project"])
def test_r03_then_plain_ssh(home: Home, missing: str):
    home.enrol()
    trust_ssh_host(home)
    url = home.ssh_url("nosuch", "app")
    if missing == "api":
        url = home.ssh_url()
        home.sandbox.fault(path="/rest/", status=404, times=-1)
    like_plain_ssh(home, url=url)
    assert sandbox_keys(home) == []


# --- R6: 429 -----------------------------------------------------------------

HUGE = "99999999999999999999"
# header, least and most seconds until the next try (jitter on top)
PAUSES = {"1": (1.0, 3.0), "-5": (0.0, 3.0), "abc": (0.0, 3.0),
          HUGE: (8.0, 12.0), "": (0.0, 3.0), "date": (0.9, 5.0),
          "past": (0.0, 3.0)}


@pytest.mark.row("R6")
def test_r06_the_pause_is_what_was_asked_for_and_never_long(
        home: Home, tmp_path: Path):
    """Seven homes at once, each with its own repository and header."""
    names = {value: f"r6-{i}" for i, value in enumerate(PAUSES)}
    people = {}
    for value, name in names.items():
        text = {"date": http_date(3), "past": "Sun, 06 Nov 1994 08:49:37 GMT"
                }.get(value, value)
        home.sandbox.fault(path=f"/repos/{name}$", status=429, times=1,
                           headers={"Retry-After": text} if text else {})
        people[value] = Home(tmp_path / name, tmp_path / f"{name}-work",
                             home.sandbox)

    def try_it(value: str):
        return people[value].bbkey(
            "init", home.https_url("proj", names[value]))

    with ThreadPoolExecutor(len(people)) as pool:
        results = dict(zip(people, pool.map(try_it, people)))
    wrong = []
    for value, person in people.items():
        check_all(person)
        refused(results[value], "permission")   # there is no such repository
        (pause,) = seconds_between(home, f"/repos/{names[value]}")
        least, most = PAUSES[value]
        if not least <= pause <= most:
            wrong.append((value, pause))
    assert not wrong, f"(Retry-After, seconds): {wrong}"


@pytest.mark.row("R6")
def test_r06_three_tries_then_an_end(home: Home):
    home.sandbox.fault(path=SETTINGS, status=429, times=-1,
                       headers={"Retry-After": "1"})
    result = init(home)
    refused(result, "network", "server")
    assert hits(home, SETTINGS) == 3
    assert result.seconds < 10
    nothing_made(home)


@pytest.mark.row("R6")
def test_r06_a_post_that_came_too_early_is_posted_again(home: Home):
    home.sandbox.fault(method="POST", status=429, times=1,
                       headers={"Retry-After": "1"})
    result = init(home)
    assert result.status == 0, result
    assert len(home.requests("POST")) == 2
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R6")
def test_r06_a_whole_run_under_429_ends_within_30_seconds(home: Home):
    """Every request of the run is slowed down once, by 0 seconds."""
    for path in (PROPERTIES, SETTINGS, REPO, KEYS):
        home.sandbox.fault(path=path, status=429, times=1,
                           headers={"Retry-After": "0"})
    result = init(home)
    assert result.status == 0, result
    assert result.seconds < 10, result.seconds


# --- R7: 500, 503 ------------------------------------------------------------

@pytest.mark.row("R7")
@pytest.mark.parametrize("status", [500, 503])
def test_r07_a_get_is_tried_three_times(home: Home, status: int):
    home.sandbox.fault(path=SETTINGS, status=status, times=2)
    assert init(home).status == 0
    assert hits(home, SETTINGS) == 3


@pytest.mark.row("R7")
def test_r07_and_then_given_up(home: Home):
    home.sandbox.fault(path=SETTINGS, status=503, times=-1,
                       headers={"Retry-After": "0"})
    with unchanged(home):
        result = init(home)
    refused(result, "server")
    assert hits(home, SETTINGS) == 3 and result.seconds < 5
    assert "503" in result.error
    nothing_made(home)


@pytest.mark.user
@pytest.mark.row("R7")
@pytest.mark.parametrize("status", [500, 503, 504])
def test_r07_a_post_that_was_carried_out_is_found_again(home: Home,
                                                        status: int):
    home.sandbox.fault(method="POST", status=status, apply=True, times=1)
    result = init(home)
    assert result.status == 0, result
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered()) == 1
    log = [line.split()[0] for line in home.requests() if KEYS in line]
    assert log[:2] == ["POST", "GET"]


@pytest.mark.row("R7")
def test_r07_a_post_that_was_not_is_posted_only_after_a_look(home: Home):
    home.sandbox.fault(method="POST", status=500, times=1)
    assert init(home).status == 0
    log = [line.split()[0] for line in home.requests() if KEYS in line]
    assert log == ["POST", "GET", "POST"]
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R7")
def test_r07_a_server_that_never_takes_it_gets_two_posts_at_most(home: Home):
    home.sandbox.fault(method="POST", status=500, times=-1)
    result = init(home)
    refused(result, "server")
    assert len(home.requests("POST")) <= 2
    assert sandbox_keys(home) == []
    assert not home.config.exists(), "nothing is switched on"
    key = home.private_keys()
    clear_faults(home)
    assert init(home).status == 0, "the next run goes on with the same key"
    assert home.private_keys() == key and len(key) == 1


@pytest.mark.row("R7")
def test_r07_two_lost_posts_leave_nothing_to_do_twice(home: Home):
    """POST lost, not there, POST again: carried out, answer lost."""
    home.sandbox.fault(method="POST", status=500, times=1)
    home.sandbox.fault(method="POST", status=500, apply=True, times=1)
    assert init(home).status in (0, 8)
    assert len(home.keys_registered()) == 1
    posts = len(home.requests("POST"))
    assert posts == 2
    assert init(home).status == 0, "the next run finds it"
    assert len(home.requests("POST")) == posts


@pytest.mark.row("R7")
def test_r07_a_plain_clone_survives_a_lost_answer(home: Home):
    home.enrol()
    home.forget_log()
    home.sandbox.fault(method="POST", status=500, apply=True, times=1)
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert len(home.requests("POST")) == 1


@pytest.mark.row("R7")
def test_r07_a_plain_clone_of_a_broken_server_ends_as_ssh_would(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.sandbox.fault(path="/rest/", status=500, times=-1,
                       headers={"Retry-After": "0"})
    assert "Permission denied" in like_plain_ssh(home).err


# --- R8: pages where JSON should be ------------------------------------------

@pytest.mark.row("R8")
@pytest.mark.parametrize("path", [PROPERTIES, SETTINGS, REPO])
@pytest.mark.parametrize("status", [200, 502])
def test_r08_a_page_is_server_and_not_shown(home: Home, path: str,
                                            status: int):
    home.sandbox.fault(path=path, status=status, body=PAGE, times=-1,
                       headers={"Retry-After": "0"})
    with unchanged(home):
        result = init(home)
        talk = init(home, "-v")
    refused(result, "server")
    assert str(status) in result.error
    assert "Please log in" not in result.err and "<html" not in result.err
    refused(talk, "server")
    assert talk.err.count("Please log in") <= 4, "80 characters at most"
    assert "\x1b" not in talk.err and "\x07" not in talk.err
    nothing_made(home)


@pytest.mark.row("R8")
@pytest.mark.parametrize("path", [PROPERTIES, SETTINGS])
@pytest.mark.parametrize("kind", ["text/html;charset=UTF-8", "text/plain",
                                  "application/octet-stream"])
def test_r08_another_content_type_is_server(home: Home, path: str, kind: str):
    """The body is the right one; Bitbucket would still not send it so."""
    home.sandbox.fault(path=path, content_type=kind, times=-1)
    refused(init(home), "server")
    nothing_made(home)


@pytest.mark.row("R8")
def test_r08_a_login_page_instead_of_the_registration(home: Home):
    home.sandbox.fault(method="POST", status=200, body=PAGE, times=-1)
    result = init(home)
    refused(result, "server")
    assert len(home.requests("POST")) <= 2
    assert not home.config.exists()


@pytest.mark.row("R8")
def test_r08_a_plain_clone_behind_a_portal_ends_as_ssh_would(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.sandbox.fault(path="/rest/", status=200, body=PAGE, times=-1)
    clone = like_plain_ssh(home)
    assert "Please log in" not in clone.err


# --- R9: nobody there --------------------------------------------------------

def full_listener() -> tuple[socket.socket, list[socket.socket]]:
    """A port whose queue is full: a connection is never answered."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(server.getsockname())
        fillers.append(filler)
    return server, fillers


@pytest.mark.user
@pytest.mark.row("R9")
@pytest.mark.parametrize("fault", ["refused", "no such name", "timeout",
                                   "no route"])
def test_r09_nobody_there_is_network(home: Home, fault: str):
    before, held = [], None
    host = "localhost"
    if fault == "refused":
        host = f"localhost:{listen(home, 'closed')}"
    elif fault == "no such name":
        host = "bitbucket.invalid"
    elif fault == "timeout":
        held = full_listener()
        host = f"127.0.0.1:{held[0].getsockname()[1]}"
    else:
        host = "192.0.2.1"
        before = ["unshare", "-n" if os.geteuid() == 0 else "-Urn"]
        if subprocess.run([*before, "true"], capture_output=True).returncode:
            pytest.skip("no network namespace of our own here")
        home.allow_connects = ['inet_addr("192.0.2.1")']
    base = f"https://{host}/bitbucket"
    with unchanged(home):
        result = home.run(*before, "git", "bbkey", "init",
                          f"{base}/scm/proj/app.git",
                          env={"BBKEY_URL": base})
    refused(result, "network")
    assert host.split(":")[0] in result.error
    assert result.seconds < 8, "5 s to connect"
    nothing_made(home)


@pytest.mark.row("R9")
@pytest.mark.parametrize("access", ["none", "own key"])
def test_r09_plain_ssh_is_still_tried(home: Home, access: str):
    """The person's own access does not depend on REST."""
    home.enrol()
    trust_ssh_host(home)
    configure(home, f"bbkey.{home.base}.apiUrl",
              f"https://localhost:{listen(home, 'closed')}/rest")
    if access == "none":
        assert "Permission denied" in like_plain_ssh(home).err
        return
    line = home.make_key(home.ssh_folder / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert own_lines(clone.err) == ["Cloning into 'app'..."]


# --- R13: JSON that is not what it should be ---------------------------------

PROPERTIES_TOO = [
    '{"version": 9}', '{"version": null}', '{"version": ["9.4.1"]}',
    '{"version": {}}', '{"version": ""}', '{"version": "latest"}',
    '{"version": "9.4.1", "displayName": "Confluence"}',
    '{"version": "9.4.1", "version": "9.4.1", "displayName": "Bitbucket"}',
    '{"version": "' + "9" * 5000 + '"}']
SETTINGS_TOO = [
    '{"enabled": "true", "port": 7999}', '{"enabled": 1}',
    '{"enabled": null}', '{"enabled": true, "port": "7999"}',
    '{"enabled": true, "port": -1}', '{"enabled": true, "port": 65536}',
    '{"enabled": true, "port": 99999999999999999999}',
    '{"enabled": true, "port": 7999, "baseUrl": 7}',
    '{"enabled": true, "port": 7999, "baseUrl": "ssh://-oX=y"}',
    '{"enabled": true, "enabled": false}']
REPO_TOO = [
    '{"slug": 1, "project": {"key": "PROJ"}}', '{"slug": "app"}',
    '{"slug": "app", "project": "PROJ"}',
    '{"slug": "app", "project": {"key": 7}}',
    '{"slug": "app", "project": {"key": "OTHER"}}',
    '{"slug": "tool", "project": {"key": "PROJ"}}',
    '{"slug": "../x", "project": {"key": "PROJ"}}',
    '{"slug": "app", "project": {"key": "PROJ"}, "links": []}',
    '{"slug": "app", "project": {"key": "PROJ"}, "links": {"clone": {}}}',
    '{"slug": "app", "project": {"key": "PROJ"}, "links": {"clone": [1]}}']


@pytest.mark.row("R13")
@pytest.mark.parametrize("path, bodies", [
    (PROPERTIES, EVERYWHERE + PROPERTIES_TOO),
    (SETTINGS, EVERYWHERE + SETTINGS_TOO), (REPO, EVERYWHERE + REPO_TOO)],
    ids=["properties", "settings", "repo"])
def test_r13_json_that_bitbucket_never_sends_is_server(home: Home, path: str,
                                                       bodies: list[str]):
    home.tracing = False
    wrong = []
    for body in bodies:
        clear_faults(home)
        home.sandbox.fault(path=path, status=200, body=body, times=-1,
                           content_type="application/json;charset=UTF-8")
        result = init(home)
        ours = [x for x in result.err.splitlines()
                if x.startswith("git-bbkey: server: ")]
        if result.status != 8 or len(ours) != 1:
            wrong.append((body[:60], result.status, result.err[-200:]))
    nothing_made(home)
    assert not wrong, wrong


LIST_BODIES = [
    "", "null", "[]", "{", '{"values": {}}', '{"values": null}',
    '{"values": "x"}', '{"values": [null]}', '{"values": [1]}',
    '{"values": [[]]}', "{}", '{"isLastPage": true}']


@pytest.mark.row("R13")
def test_r13_half_a_key_list_is_refused_whole(home: Home):
    """A list that cannot be read does not say that the key is not there."""
    a_home_with_a_key(home)
    text = Path(f"{home.private_keys()[0]}.pub").read_text().strip()
    bodies = LIST_BODIES + [
        '{"values": [{"key": {"id": "7", "text": "%s"}, "permission": '
        '"PROJECT_READ"}], "isLastPage": true}' % text,
        '{"values": [{"key": {"id": 7, "text": "%s"}}], "isLastPage": true}'
        % text,
        '{"values": [{"key": {"id": 7, "text": "%s"}, "permission": 1}], '
        '"isLastPage": true}' % text,
        '{"values": [{"key": "%s"}], "isLastPage": true}' % text]
    wrong = []
    for body in bodies:
        clear_faults(home)
        home.sandbox.fault(method="GET", path=KEYS, status=200, body=body,
                           times=-1, content_type="application/json")
        result = init(home)
        if result.status != 8 or home.requests("POST"):
            wrong.append((body[:70], result.status, result.err[-160:],
                          home.requests("POST")))
            forget_state(home)
            home.forget_log()
    clear_faults(home)
    assert not wrong, wrong


@pytest.mark.row("R13")
@pytest.mark.parametrize("body", [
    "", "null", "[]", "{}", '{"key": null, "permission": "PROJECT_READ"}',
    '{"key": {"id": "7"}, "permission": "PROJECT_READ"}',
    '{"key": {"id": 7}}', '{"key": {"id": -7}, "permission": "PROJECT_READ"}'])
def test_r13_an_answer_to_the_post_that_says_nothing(home: Home, body: str):
    """Carried out or not, the list decides; never a third POST."""
    home.tracing = False
    home.sandbox.fault(method="POST", status=201, body=body, times=-1,
                       content_type="application/json")
    result = init(home)
    refused(result, "server")
    assert len(home.requests("POST")) <= 2
    assert not home.config.exists()
    home.allow_posts = 2


@pytest.mark.row("R13")
def test_r13_an_applied_post_with_a_strange_answer_is_found(home: Home):
    home.sandbox.fault(method="POST", status=201, body="{}", apply=True,
                       times=1, content_type="application/json")
    assert init(home).status == 0
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R13")
def test_r13_a_plain_clone_with_strange_json_ends_as_ssh_would(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.sandbox.fault(path="/rest/", status=200, body="[]", times=-1,
                       content_type="application/json")
    assert "Permission denied" in like_plain_ssh(home).err
    home.allow_posts = 2


# --- R21: words that want to be more than words ------------------------------

@pytest.mark.user
@pytest.mark.row("R21")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_r21_messages_are_printed_as_words(home: Home, status: int):
    home.tracing = False
    flag = home.work / "flag"
    wrong = []
    for text in NASTY:
        text = text.format(flag=flag)
        clear_faults(home)
        home.sandbox.fault(
            path=SETTINGS, status=status, times=-1,
            headers={"Retry-After": "0"},
            json=envelope(text, "com.atlassian." + text[:9], text[:9]))
        result = init(home)
        if result.status not in (3, 4, 8):
            wrong.append((text[:40], result.status, result.err[:300]))
        wrong += harmless(home, result, flag, text)
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R21")
def test_r21_other_fields_are_words_as_well(home: Home):
    """The release, the display name, and a redirect's address."""
    home.tracing = False
    flag = home.work / "flag"
    wrong = []
    for text in (NASTY[0], NASTY[3], NASTY[7], NASTY[9], NASTY[10]):
        text = text.format(flag=flag)
        for fault in (
                {"path": PROPERTIES, "merge": {"version": text}},
                {"path": PROPERTIES, "merge": {"version": "9.4" + text}},
                {"path": PROPERTIES, "merge": {"displayName": text}},
                {"path": SETTINGS, "merge": {"baseUrl": text}},
                {"path": REPO, "merge": {"project": {"key": text}}},
                {"path": REPO, "merge": {"slug": text}}):
            clear_faults(home)
            home.sandbox.fault(times=-1, **fault)
            result = init(home, "--dry-run")
            wrong += harmless(home, result, flag, text)
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R21")
def test_r21_a_hostile_label_stays_a_label(home: Home):
    """The key is there already, under a name that somebody else gave it."""
    home.tracing = False
    assert init(home).status == 0
    flag = home.work / "flag"
    wrong = []
    some = (NASTY[0], NASTY[3], NASTY[7], NASTY[9], NASTY[-1][:9000])
    for number, text in enumerate(some):
        text = text.format(flag=flag)
        forget_state(home)
        clear_faults(home)
        (grant,) = home.keys_registered()
        grant["key"]["label"] = text
        home.sandbox.fault(method="GET", path=KEYS, times=-1, merge={
            "values": [grant]})
        result = init(home)
        wrong += harmless(home, result, flag, text)
        if result.status != 0:
            wrong.append((text[:40], result.status, result.err[-300:]))
        for path in home.state.rglob("*"):
            if path.is_file() and path.name != "known_hosts" and \
                    re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|A{300}",
                              path.read_bytes()):
                wrong.append((text[:40], f"raw in {path.name}"))
        clone = home.git("clone", home.ssh_url(), f"c{number}")
        if clone.status != 0:
            wrong.append((text[:40], "clone", clone.err[-300:]))
    assert not wrong, wrong
