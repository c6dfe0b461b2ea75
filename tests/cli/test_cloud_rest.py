"""Cloud's REST answers that are no help: R1 to R3, R6 to R9, R13, R21.

As in test_rest.py: each is tried through `git bbkey init`; where the transport
meets the same answer, a plain `git clone` must end as plain ssh would (I10).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cloud_checks import (API, JSON, KEYS, PROJECT, PROJECT_PAGE, REPO, SITE,
                          TOKEN_PAGE, USER, a_clone_that_cannot_be_helped,
                          a_home_with_a_key, error, next_time, of_data_center)
from cloudhome import BASE, CloudHome
from home import Home
from invariants import check_all
from rest_checks import (clear_faults, configure, forget_state, hits, init,
                         like_plain_ssh, listen, nothing_made, own_lines,
                         refused, sandbox_keys, seconds_between,
                         trust_ssh_host, unchanged, with_token)
from rest_faults import EVERYWHERE, NASTY, PAGE, harmless

WRONG = "ATATT3xFfGF0canary-token"
INVALID = "Token is invalid, expired, or not supported for this endpoint."
MECHANISM = "This API is not accessible by this authentication mechanism"


def personal(cloud: CloudHome, *more: str):
    """`git bbkey init --scope personal <the https clone URL>`"""
    return init(cloud, "--scope", "personal", *more)


# --- R1: 401 -----------------------------------------------------------------

@pytest.mark.row("R1")
@pytest.mark.parametrize("who", ["expired", "unscoped", "wrong"])
def test_r01_a_refused_api_token_says_where_to_make_another(cloud: CloudHome,
                                                            who: str):
    cloud.more_secrets = [WRONG]
    cloud.token = who
    if who == "wrong":
        cloud.token = None
        cloud.extra = {"BBKEY_TOKEN": WRONG, "BBKEY_URL": BASE,
                       "BBKEY_USER": "dev@example.com"}
    with unchanged(cloud):
        result = init(cloud)
    refused(result, "auth")
    assert INVALID in result.error and "BBKEY_TOKEN" in result.error
    assert TOKEN_PAGE in result.hint and "scopes" in result.hint
    assert len(with_token(cloud)) == 1, "a refused token is not tried again"
    nothing_made(cloud)


@pytest.mark.row("R1")
def test_r01_an_api_token_without_its_user_says_that_one_is_missing(
        cloud: CloudHome):
    """As Bearer, which it is not."""
    result = init(cloud, env={"BBKEY_USER": None})
    refused(result, "auth")
    assert "e-mail" in result.hint and "BBKEY_USER" in result.hint
    assert [e["auth"] for e in cloud.events("http")
            if e["path"] != SITE] == ["bearer"]
    nothing_made(cloud)


@pytest.mark.row("R1")
@pytest.mark.parametrize("path", [REPO, PROJECT, USER])
def test_r01_a_401_anywhere_stops_before_a_key_is_made(cloud: CloudHome,
                                                       path: str):
    cloud.sandbox.fault(path=path, status=401, times=-1, json=error(INVALID))
    with unchanged(cloud):
        result = {REPO: lambda: init(cloud), USER: lambda: personal(cloud),
                  PROJECT: lambda: cloud.bbkey("init", PROJECT_PAGE)}[path]()
    refused(result, "auth")
    assert hits(cloud, path) == 1
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R1")
@pytest.mark.parametrize("status", [401, 410])
def test_r01_an_app_password_goes_nowhere(cloud: CloudHome, status: int):
    """By its user, which is no e-mail address."""
    cloud.sandbox.set(app_password_git_status=status)
    cloud.token = "app_password"
    with unchanged(cloud):
        result = init(cloud, env={"BBKEY_USER": "dev"})
    refused(result, "auth")
    assert "28 July 2026" in result.error and "app password" in result.error
    assert TOKEN_PAGE in result.hint
    assert with_token(cloud) == [], "refused before anything is sent"
    nothing_made(cloud)


@pytest.mark.row("R1")
def test_r01_an_app_password_with_an_e_mail_address_is_told_at_once(
        cloud: CloudHome):
    """Nobody can tell it from an API token, so Cloud is asked, once."""
    cloud.token = "app_password"
    result = init(cloud)
    refused(result, "auth")
    assert "app password" in result.hint and "28 July 2026" in result.hint
    assert len(with_token(cloud)) == 1
    nothing_made(cloud)


@pytest.mark.row("R1")
@pytest.mark.parametrize("scope", ["project", "repo", "personal"])
@pytest.mark.parametrize("user", ["dev", "x-bitbucket-api-token-auth"])
def test_r01_the_credentials_of_git_go_nowhere_either(cloud: CloudHome,
                                                      user: str, scope: str):
    result = init(cloud, "--scope", scope, env={"BBKEY_USER": user})
    refused(result, "auth")
    assert f"'{user}'" in result.error and "e-mail" in result.error
    assert with_token(cloud) == []
    nothing_made(cloud)


@pytest.mark.row("R1")
def test_r01_a_plain_clone_with_a_refused_token_ends_as_ssh_would(
        cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    cloud.more_secrets = [WRONG]
    clone = like_plain_ssh(cloud, env={"BBKEY_TOKEN": WRONG})
    assert clone.status == 128 and "git-bbkey: auth: " in clone.err
    assert len(with_token(cloud)) == 1
    assert sandbox_keys(cloud) == []


@pytest.mark.row("R1")
def test_r01_a_plain_clone_with_an_app_password_sends_nothing(
        cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    cloud.token = "app_password"
    clone = like_plain_ssh(cloud, env={"BBKEY_USER": "dev"})
    assert "28 July 2026" in clone.err
    assert with_token(cloud) == [] == sandbox_keys(cloud)


# --- R2: 403 -----------------------------------------------------------------

WRITE = "write:ssh-key:bitbucket"
# The token, the scope, and what it lacks there: reference 2.1
LACKS = [
    ("reader", "project", f"admin:project:bitbucket, {WRITE}"),
    ("reader", "repo", f"admin:repository:bitbucket, {WRITE}"),
    ("reader", "personal", "read:user:bitbucket"),
    ("repo_only", "project", "admin:project:bitbucket"),
    ("personal_only", "project", "read:repository:bitbucket"),
    ("no_write_key", "project", WRITE), ("no_write_key", "personal", WRITE),
]


@pytest.mark.row("R2")
@pytest.mark.parametrize("token, scope, missing", LACKS)
def test_r02_the_scope_that_is_missing_is_named(cloud: CloudHome, token: str,
                                                scope: str, missing: str):
    cloud.token = token
    result = init(cloud, "--scope", scope)
    refused(result, "permission")
    word = "scopes" if "," in missing else "scope"
    assert f"the token lacks the {word} {missing} (HTTP 403)" in result.error
    assert TOKEN_PAGE in result.hint and "do not include" in result.hint
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R2")
@pytest.mark.parametrize("token, scope, missing", LACKS)
def test_r02_the_scope_is_named_where_cloud_does_not_say_it(
        cloud: CloudHome, token: str, scope: str, missing: str):
    """The bare 403: the hint has the scopes that this step takes."""
    cloud.sandbox.set(scope_error="bare")
    cloud.token = token
    result = init(cloud, "--scope", scope)
    refused(result, "permission")
    assert "privilege scopes" in result.error
    for scope in missing.split(", "):
        assert scope in result.hint, result
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R2")
def test_r02_several_scopes_are_named_once_each(cloud: CloudHome):
    cloud.sandbox.fault(path=REPO, status=403, times=-1, json=error(
        "lacks", detail={"required": ["a:x", "b:y", "c:z"],
                         "granted": ["b:y", "d:w"]}))
    result = init(cloud)
    refused(result, "permission")
    assert "the token lacks the scopes a:x, c:z (HTTP 403)" in result.error
    nothing_made(cloud)


DETAILS = {"text": "scopes", "list": [], "null": None, "number": 7,
           "required text": {"required": "a", "granted": []},
           "numbers": {"required": [1, None, {}], "granted": [2]},
           "granted all": {"required": ["a"], "granted": ["a"]},
           "no granted": {"required": []}}


@pytest.mark.row("R2", "R13")
def test_r02_a_strange_detail_is_left_out(cloud: CloudHome):
    cloud.tracing = False
    wrong = []
    for name, detail in DETAILS.items():
        clear_faults(cloud)
        cloud.sandbox.fault(path=REPO, status=403, times=-1,
                            json=error("You may not", detail=detail))
        result = init(cloud)
        if result.status != 4 or "You may not" not in result.error:
            wrong.append((name, result))
    nothing_made(cloud)
    assert not wrong, wrong


@pytest.mark.row("R2", "R15")
def test_r02_a_detail_of_thousands_of_scopes_takes_no_time(cloud: CloudHome):
    cloud.sandbox.fault(path=REPO, status=403, times=-1, json=error(
        "no", detail={"required": [f"r{i}" for i in range(24_000)],
                      "granted": [f"g{i}" for i in range(24_000)]}))
    result = init(cloud)
    refused(result, "permission")
    assert result.seconds < 4 and len(result.error) < 500
    nothing_made(cloud)


@pytest.mark.row("R2")
@pytest.mark.parametrize("token", ["repository_token", "project_token",
                                   "workspace_token"])
def test_r02_the_wrong_kind_of_token_says_which_is_right(cloud: CloudHome,
                                                         token: str):
    """Access tokens of a place may read; keys are not theirs to manage."""
    cloud.token = token
    result = init(cloud)
    refused(result, "permission")
    assert MECHANISM in result.error
    assert "API token" in result.hint and TOKEN_PAGE in result.hint
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R2")
def test_r02_a_workspace_token_serves_where_cloud_lets_it(cloud: CloudHome):
    cloud.sandbox.set(workspace_token_project_keys="allow")
    cloud.token = "workspace_token"
    result = init(cloud)
    assert result.status == 0, result


@pytest.mark.row("R2")
@pytest.mark.parametrize("token", ["member", "repo_admin"])
def test_r02_who_is_no_admin_is_told_what_else_there_is(cloud: CloudHome,
                                                        token: str):
    cloud.token = token
    result = init(cloud)
    refused(result, "permission")
    assert "git bbkey request" in result.hint and "--scope" in result.hint
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R2")
@pytest.mark.parametrize("path", [REPO, KEYS])
def test_r02_a_403_is_not_tried_again(cloud: CloudHome, path: str):
    cloud.sandbox.fault(path=path, status=403, times=-1,
                        json=error("You may not"))
    result = init(cloud)
    refused(result, "permission")
    assert "You may not" in result.error and hits(cloud, path) == 1
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R2")
def test_r02_a_plain_clone_without_the_right_ends_as_ssh_would(
        cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.token = "member"
    clone = like_plain_ssh(cloud)
    assert "git-bbkey: permission: " in clone.err
    assert sandbox_keys(cloud) == []


# --- R3: 404 -----------------------------------------------------------------

@pytest.mark.row("R3")
@pytest.mark.parametrize("url", [
    "/acme/nosuch.git", "/nosuch/app.git", "/other/app.git",
    "/acme/workspace/projects/NOSUCH", "/nosuch/workspace/projects/PROJ"])
def test_r03_not_there_or_not_to_be_seen(cloud: CloudHome, url: str):
    with unchanged(cloud):
        result = cloud.bbkey("init", BASE + url)
    refused(result, "permission")
    assert "404" in result.error and result.hint
    assert "context path" not in result.err, "Cloud has none"
    nothing_made(cloud)


@pytest.mark.row("R3")
def test_r03_an_account_that_cannot_be_found(cloud: CloudHome):
    cloud.sandbox.fault(path="/2.0/users/", status=404, times=-1,
                        json=error("Resource not found"))
    result = personal(cloud)
    refused(result, "permission")
    assert "Resource not found" in result.error
    assert [r.split("?")[0].rsplit("/", 1)[1] for r in
            cloud.requests("POST")] == ["ssh-keys"]
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R3")
@pytest.mark.parametrize("status", [404, 410])
def test_r03_an_api_that_is_gone_is_no_success(cloud: CloudHome, status: int):
    cloud.sandbox.fault(path=API, status=status, times=-1,
                        json=error("This resource has been removed."))
    with unchanged(cloud):
        result = init(cloud)
    refused(result, "permission" if status == 404 else "server")
    assert "has been removed" in result.error
    nothing_made(cloud)


@pytest.mark.row("R3")
@pytest.mark.parametrize("missing", ["api", "repository"])
def test_r03_then_plain_ssh(cloud: CloudHome, missing: str):
    cloud.enrol()
    trust_ssh_host(cloud)
    url = cloud.ssh_url(repo="nosuch")
    if missing == "api":
        url = cloud.ssh_url()
        cloud.sandbox.fault(path=API, status=404, times=-1)
    clone = like_plain_ssh(cloud, url=url)
    assert "git-bbkey: permission: " in clone.err
    assert sandbox_keys(cloud) == []


# --- R6: 429 -----------------------------------------------------------------

RATE = error("Rate limit for this resource has been exceeded")
# Retry-After is UNCONFIRMED on Cloud; header, least, most seconds of a pause
PAUSES = {"1": (1.0, 3.0), "-5": (0.0, 3.0), "abc": (0.0, 3.0),
          "": (0.0, 3.0)}


@pytest.mark.row("R6")
def test_r06_the_pause_is_what_was_asked_for_or_short(cloud: CloudHome,
                                                      tmp_path: Path):
    """Four homes at once, each with its own repository and header."""
    names = {value: f"r6-{i}" for i, value in enumerate(PAUSES)}
    people = {}
    for value, name in names.items():
        cloud.sandbox.fault(path=f"/acme/{name}$", status=429, times=1,
                            json=RATE,
                            headers={"Retry-After": value} if value else {})
        people[value] = CloudHome(tmp_path / name, tmp_path / f"{name}-work",
                                  cloud.sandbox)

    def try_it(value: str):
        return people[value].bbkey("init",
                                   cloud.https_url(repo=names[value]))

    with ThreadPoolExecutor(len(people)) as pool:
        results = dict(zip(people, pool.map(try_it, people)))
    wrong = []
    for value, person in people.items():
        check_all(person)
        refused(results[value], "permission")   # there is no such repository
        (pause,) = seconds_between(cloud, f"/acme/{names[value]}")
        least, most = PAUSES[value]
        if not least <= pause <= most:
            wrong.append((value, pause))
    assert not wrong, f"(Retry-After, seconds): {wrong}"


@pytest.mark.row("R6")
def test_r06_three_tries_then_an_end(cloud: CloudHome):
    cloud.sandbox.fault(path=REPO, status=429, times=-1, json=RATE,
                        headers={"Retry-After": "0"})
    result = init(cloud)
    refused(result, "network")
    assert "Rate limit" in result.error and "minute" in result.error
    assert hits(cloud, REPO) == 3
    nothing_made(cloud)


@pytest.mark.row("R6")
def test_r06_a_post_that_came_too_early_is_posted_again(cloud: CloudHome):
    cloud.sandbox.fault(method="POST", status=429, times=1, json=RATE,
                        headers={"Retry-After": "0"})
    result = init(cloud)
    assert result.status == 0, result
    assert len(cloud.requests("POST")) == 2 and len(cloud.deploy_keys()) == 1


# --- R7: 500, 503 ------------------------------------------------------------

@pytest.mark.row("R7")
@pytest.mark.parametrize("path", [REPO, USER])
def test_r07_a_get_is_tried_three_times(cloud: CloudHome, path: str):
    cloud.sandbox.fault(path=path, status=503, times=2,
                        headers={"Retry-After": "0"})
    result = personal(cloud) if path == USER else init(cloud)
    assert result.status == 0, result
    assert cloud.requests().count("GET " + path.rstrip("$")) == 3


@pytest.mark.row("R7")
def test_r07_and_then_given_up(cloud: CloudHome):
    cloud.sandbox.fault(path=REPO, status=500, times=-1, json=error("Oops"),
                        headers={"Retry-After": "0"})
    with unchanged(cloud):
        result = init(cloud)
    refused(result, "server")
    assert hits(cloud, REPO) == 3 and "500" in result.error
    nothing_made(cloud)


@pytest.mark.row("R7")
@pytest.mark.parametrize("scope, path", [
    ("project", "project"), ("repo", "repo"), ("personal", "personal")])
@pytest.mark.parametrize("status", [500, 504])
def test_r07_a_post_that_was_carried_out_is_found_again(
        cloud: CloudHome, scope: str, path: str, status: int):
    cloud.token = "admin"
    cloud.sandbox.fault(method="POST", status=status, apply=True, times=1)
    result = init(cloud, "--scope", scope)
    assert result.status == 0, result
    assert len(cloud.requests("POST")) == 1 == len(sandbox_keys(cloud))
    log = [line.split()[0] for line in cloud.requests() if "-keys" in line]
    assert log[:2] == ["POST", "GET"]


@pytest.mark.row("R7")
def test_r07_a_post_that_was_not_is_posted_only_after_a_look(
        cloud: CloudHome):
    cloud.sandbox.fault(method="POST", status=500, times=1)
    assert init(cloud).status == 0
    log = [line.split()[0] for line in cloud.requests() if KEYS in line]
    assert log == ["POST", "GET", "POST"]
    assert len(cloud.deploy_keys()) == 1


@pytest.mark.row("R7")
def test_r07_a_server_that_never_takes_it_gets_two_posts_at_most(
        cloud: CloudHome):
    cloud.sandbox.fault(method="POST", status=500, times=-1)
    result = init(cloud)
    refused(result, "server")
    assert len(cloud.requests("POST")) <= 2
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()
    key = cloud.private_keys()
    clear_faults(cloud)
    assert init(cloud).status == 0, "the next run goes on with the same key"
    assert cloud.private_keys() == key and len(key) == 1


@pytest.mark.row("R7")
def test_r07_a_plain_clone_survives_a_lost_answer(cloud: CloudHome):
    cloud.enrol()
    cloud.forget_log()
    cloud.sandbox.fault(method="POST", status=500, apply=True, times=1)
    clone = cloud.git("clone", cloud.https_url(), "app")
    assert clone.status == 0, clone
    assert len(cloud.requests("POST")) == 1


@pytest.mark.row("R7")
def test_r07_a_plain_clone_of_a_broken_server_ends_as_ssh_would(
        cloud: CloudHome):
    clone = a_clone_that_cannot_be_helped(cloud, path=API, status=500,
                                          headers={"Retry-After": "0"})
    assert "git-bbkey: server: " in clone.err


# --- R8: pages where JSON should be ------------------------------------------

@pytest.mark.row("R8")
@pytest.mark.parametrize("path", [REPO, PROJECT, USER])
@pytest.mark.parametrize("status", [200, 502])
def test_r08_a_page_is_server_and_not_shown(cloud: CloudHome, path: str,
                                            status: int):
    cloud.sandbox.fault(path=path, status=status, body=PAGE, times=-1,
                        headers={"Retry-After": "0"},
                        content_type="text/html")
    result = {REPO: lambda: init(cloud), USER: lambda: personal(cloud),
              PROJECT: lambda: cloud.bbkey("init", PROJECT_PAGE)}[path]()
    refused(result, "server")
    assert str(status) in result.error
    assert "Please log in" not in result.err and "<html" not in result.err
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


@pytest.mark.row("R8")
@pytest.mark.parametrize("kind", ["text/html;charset=UTF-8", "text/plain"])
def test_r08_another_content_type_is_server(cloud: CloudHome, kind: str):
    cloud.sandbox.fault(path=REPO, content_type=kind, times=-1)
    refused(init(cloud), "server")
    nothing_made(cloud)


@pytest.mark.row("R8")
def test_r08_a_login_page_instead_of_the_registration(cloud: CloudHome):
    cloud.sandbox.fault(method="POST", status=200, body=PAGE, times=-1,
                        content_type="text/html")
    refused(init(cloud), "server")
    assert len(cloud.requests("POST")) <= 2
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()
    cloud.allow_posts = 2


SITES = {"html": PAGE, "empty": "", "words": "bitbucket.org ssh-rsa AAAA\n" *
         40, "an option": "bitbucket.org -oProxyCommand=x y\n",
         "a shell's": "bitbucket.org ssh-ed25519 $(touch {flag})\n",
         "one word": "x" * 5000, "comments": "# a b c\n@revoked * a b\n"}


@pytest.mark.row("R8", "M11")
@pytest.mark.parametrize("kind", SITES)
def test_r08_host_keys_that_are_none_are_not_trusted(cloud: CloudHome,
                                                     kind: str):
    """The built-in ones serve, and the stand-in's is not among them."""
    flag = cloud.work / "flag"
    cloud.sandbox.fault(path=SITE, status=200, times=-1,
                        content_type="text/plain",
                        body=SITES[kind].replace("{flag}", str(flag)))
    result = init(cloud)
    refused(result, "hostkey")
    assert not harmless(cloud, result, flag, kind)
    nothing_made(cloud)


@pytest.mark.row("R8")
def test_r08_a_plain_clone_behind_a_portal_ends_as_ssh_would(
        cloud: CloudHome):
    clone = a_clone_that_cannot_be_helped(cloud, path=API, status=200,
                                          body=PAGE, content_type="text/html")
    assert "Please log in" not in clone.err


# --- R9: nobody there --------------------------------------------------------

@pytest.mark.row("R9")
@pytest.mark.parametrize("fault", ["refused", "no such name"])
def test_r09_nobody_there_is_network(cloud: CloudHome, fault: str):
    host = f"localhost:{listen(cloud, 'closed')}" if fault == "refused" else \
        "api.bitbucket.invalid"
    configure(cloud, f"bbkey.{BASE}.apiUrl", f"https://{host}/2.0")
    with unchanged(cloud):
        result = init(cloud)
    refused(result, "network")
    assert host.split(":")[0] in result.error and result.seconds < 15
    nothing_made(cloud)


@pytest.mark.row("R9")
@pytest.mark.parametrize("access", ["none", "own key"])
def test_r09_plain_ssh_is_still_tried(cloud: CloudHome, access: str):
    """The person's own access does not depend on REST."""
    cloud.enrol()
    trust_ssh_host(cloud)
    configure(cloud, f"bbkey.{BASE}.apiUrl",
              f"https://localhost:{listen(cloud, 'closed')}/2.0")
    if access == "none":
        assert "Permission denied" in like_plain_ssh(cloud).err
        return
    cloud.add_key("user", cloud.make_key(cloud.ssh_folder / "id_ed25519"))
    clone = cloud.git("clone", cloud.ssh_url(), "app")
    assert clone.status == 0, clone
    assert own_lines(clone.err) == ["Cloning into 'app'..."]


# --- R13: JSON that is not what it should be ---------------------------------

NAMED = '"full_name": "acme/app"'
LINKS = '"links": {"clone": []}'
KEYED = '"project": {"key": "PROJ"}'
REPO_TOO = [
    f"{{{KEYED}, {LINKS}}}", f"{{{NAMED}, {LINKS}}}", f"{{{NAMED}, {KEYED}}}",
    f'{{"full_name": 7, {KEYED}, {LINKS}}}',
    f'{{"full_name": "app", {KEYED}, {LINKS}}}',
    f'{{"full_name": "/app", {KEYED}, {LINKS}}}',
    f'{{"full_name": "acme/", {KEYED}, {LINKS}}}',
    f'{{"full_name": "acme/app/x", {KEYED}, {LINKS}}}',
    f'{{"full_name": "acme/../x", {KEYED}, {LINKS}}}',
    f'{{"full_name": "acme/tool", {KEYED}, {LINKS}}}',
    f'{{"full_name": "other/app", {KEYED}, {LINKS}}}',
    f'{{{NAMED}, "project": "PROJ", {LINKS}}}',
    f'{{{NAMED}, "project": null, {LINKS}}}',
    f'{{{NAMED}, "project": {{"key": 7}}, {LINKS}}}',
    f'{{{NAMED}, "project": {{"key": "../x"}}, {LINKS}}}',
    f'{{{NAMED}, "project": {{"key": "A/B"}}, {LINKS}}}',
    f'{{{NAMED}, {KEYED}, "links": []}}',
    f'{{{NAMED}, {KEYED}, "links": {{"clone": {{}}}}}}',
    f'{{{NAMED}, {KEYED}, "links": {{"clone": [1]}}}}',
    f'{{{NAMED}, {KEYED}, "links": {{"clone": [{{"name": "ssh"}}]}}}}',
    '{"slug": "app", "id": 1, "project": {"key": "PROJ", "id": 1}, '
    '"links": {"clone": []}}']
USER_TOO = [
    '{"uuid": 7}', '{"uuid": ""}', '{"uuid": "{a/b}"}', '{"uuid": "../x"}',
    '{"uuid": "{a}?b=c"}', '{"uuid": "{%s}"}' % ("a" * 200),
    '{"account_id": null}', '{"nickname": "dev"}']
PROJECT_TOO = ['{"key": 7}', '{"key": "OTHER"}', '{"key": ["PROJ"]}',
               '{"name": "PROJ"}']


@pytest.mark.row("R13")
@pytest.mark.parametrize("path, bodies", [
    (REPO, EVERYWHERE + REPO_TOO), (USER, EVERYWHERE + USER_TOO),
    (PROJECT, EVERYWHERE[:8] + PROJECT_TOO)], ids=["repo", "user", "project"])
def test_r13_json_that_cloud_never_sends_is_server(cloud: CloudHome,
                                                   path: str,
                                                   bodies: list[str]):
    cloud.tracing = False
    run = {REPO: lambda: init(cloud), USER: lambda: personal(cloud),
           PROJECT: lambda: cloud.bbkey("init", PROJECT_PAGE)}[path]
    wrong = []
    for body in bodies:
        clear_faults(cloud)
        cloud.sandbox.fault(path=path, status=200, body=body, times=-1,
                            content_type=JSON)
        result = run()
        if result.status != 8 or result.err.count("git-bbkey: server: ") != 1:
            wrong.append((body[:60], result.status, result.err[-200:]))
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()
    assert cloud.requests("POST") == []
    assert not wrong, wrong


LIST_BODIES = [
    "", "null", "[]", "{", '{"values": {}}', '{"values": null}',
    '{"values": "x"}', '{"values": [null]}', '{"values": [1]}',
    '{"values": [[]]}', "{}", '{"pagelen": 10}', '{"values": [{}]}',
    '{"values": [{"key": null}]}', '{"values": [{"key": {"text": "x"}}]}',
    '{"values": [], "next": 7}', '{"values": [], "next": {}}',
    '{"values": [], "next": ["https://api.bitbucket.org/2.0/x"]}',
    '{"values": [], "next": true}', '{"values": [], "next": ""}']


@pytest.mark.row("R13")
def test_r13_half_a_key_list_is_refused_whole(cloud: CloudHome):
    """A list that cannot be read does not say that the key is not there."""
    text = a_home_with_a_key(cloud)
    cloud.tracing = False
    bodies = LIST_BODIES + ['{"values": [{"key": "%s"%s}]}' % (text, more)
                            for more in ("", ', "id": "7"', ', "id": -7',
                                         ', "id": null', ', "id": 1.5')]
    wrong = []
    for body in bodies:
        clear_faults(cloud)
        cloud.sandbox.fault(method="GET", path=KEYS, status=200, body=body,
                            times=-1, content_type=JSON)
        result = init(cloud)
        if result.status != 8 or cloud.requests("POST"):
            wrong.append((body[:70], result.status, result.err[-160:],
                          cloud.requests("POST")))
            forget_state(cloud)
            cloud.forget_log()
    clear_faults(cloud)
    assert not wrong, wrong


@pytest.mark.row("R13")
def test_r13_a_last_page_may_say_that_there_is_no_next(cloud: CloudHome):
    """Only `values` and `next` are promised; null is no address."""
    a_home_with_a_key(cloud)
    cloud.sandbox.fault(method="GET", path=KEYS, status=200, times=1,
                        json={"values": [], "next": None})
    assert init(cloud).status == 0


@pytest.mark.row("R13")
@pytest.mark.parametrize("body", [
    "", "null", "[]", "{}", '{"id": "7"}', '{"id": -7}', '{"id": null}',
    '{"uuid": "{1}"}'])
def test_r13_an_answer_to_the_post_that_says_nothing(cloud: CloudHome,
                                                     body: str):
    """Carried out or not, the list decides; never a third POST."""
    cloud.tracing = False
    cloud.sandbox.fault(method="POST", status=200, body=body, times=-1,
                        content_type=JSON)
    refused(init(cloud), "server")
    assert len(cloud.requests("POST")) <= 2
    assert not cloud.config.exists()
    cloud.allow_posts = 2


@pytest.mark.row("R13")
@pytest.mark.parametrize("scope", ["project", "personal"])
def test_r13_an_applied_post_with_a_strange_answer_is_found(cloud: CloudHome,
                                                            scope: str):
    cloud.sandbox.fault(method="POST", status=200, body="{}", apply=True,
                        times=1, content_type=JSON)
    assert init(cloud, "--scope", scope).status == 0
    assert len(cloud.requests("POST")) == 1 == len(sandbox_keys(cloud))


@pytest.mark.row("R13")
def test_r13_a_plain_clone_with_strange_json_ends_as_ssh_would(
        cloud: CloudHome):
    clone = a_clone_that_cannot_be_helped(cloud, path=API, status=200,
                                          body="[]", content_type=JSON)
    assert "git-bbkey: server: " in clone.err
    next_time(cloud, posts=1)


@pytest.mark.parametrize("token, scope, url", [
    ("project_only", "project", None), ("repo_only", "repo", None),
    ("personal_only", "personal", None),
    ("project_only", "project", PROJECT_PAGE.replace("PROJ", "proj"))])
def test_the_scopes_that_are_asked_for_are_enough(
        cloud: CloudHome, token: str, scope: str, url: str | None):
    """docs and hints name them; no scope includes another."""
    cloud.token = token
    run = cloud.bbkey("init", "--scope", scope, url or cloud.https_url())
    assert run.status == 0, run
    (grant,) = sandbox_keys(cloud)
    if scope == "project":
        assert "PROJ" in str(grant), grant
    cloud.token = None
    assert cloud.git("clone", cloud.https_url(), "app").status == 0


# --- one edition that pretends to be the other -------------------------------

EXCEPTION = "com.atlassian.bitbucket.AuthorisationException"


@pytest.mark.row("R13")
@pytest.mark.parametrize("method, path", [
    ("GET", REPO), ("GET", PROJECT), ("GET", USER), ("POST", KEYS)])
def test_r13_an_error_of_data_center_is_server(cloud: CloudHome, method: str,
                                               path: str):
    """Whatever its status would mean."""
    cloud.tracing = False
    cloud.allow_posts = 99
    run = {USER: lambda: personal(cloud),
           PROJECT: lambda: cloud.bbkey("init", PROJECT_PAGE)
           }.get(path, lambda: init(cloud))
    wrong = []
    for status in (400, 401, 403, 404, 409, 500):
        clear_faults(cloud)
        cloud.sandbox.fault(method=method, path=path, status=status, times=-1,
                            headers={"Retry-After": "0"},
                            json=of_data_center("no", EXCEPTION))
        result = run()
        if result.status != 8 or "Data Center" not in result.error or \
                "edition" not in result.hint:
            wrong.append((status, result))
    assert not wrong, wrong
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()


GRANT = {"key": {"id": 1, "text": "ssh-ed25519 AAAA", "label": "x"},
         "permission": "PROJECT_READ"}
DC_LIST = {"size": 0, "limit": 100, "isLastPage": True, "values": [],
           "start": 0}


@pytest.mark.row("R13")
@pytest.mark.parametrize("values", [[], [GRANT]])
def test_r13_a_list_of_data_center_is_server(cloud: CloudHome, values: list):
    """An empty one, too: it is not the list that was asked for."""
    a_home_with_a_key(cloud)
    cloud.sandbox.fault(method="GET", path=KEYS, status=200, times=-1,
                        json={**DC_LIST, "values": values})
    refused(init(cloud), "server")
    assert cloud.requests("POST") == []


@pytest.mark.row("R13")
def test_r13_a_registration_of_data_center_is_server(cloud: CloudHome):
    cloud.sandbox.fault(method="POST", status=201, times=-1, json=GRANT)
    refused(init(cloud), "server")
    assert not cloud.config.exists()
    cloud.allow_posts = 2


@pytest.mark.row("R13")
@pytest.mark.parametrize("path", [
    "/api/latest/application-properties$", "/ssh/latest/settings$",
    "/api/latest/projects/PROJ$"])
def test_r13_an_error_of_cloud_is_server_at_each_request(home: Home,
                                                         path: str):
    home.tracing = False
    wrong = []
    for status in (400, 401, 403, 404, 409, 500):
        clear_faults(home)
        home.sandbox.fault(path=path, status=status, times=-1,
                           headers={"Retry-After": "0"}, json=error("no"))
        result = home.bbkey("init", f"{home.base}/projects/PROJ")
        if result.status != 8 or "Cloud" not in result.error or \
                "edition" not in result.hint:
            wrong.append((status, result))
    assert not wrong, wrong
    assert home.requests("POST") == [] and not home.config.exists()


@pytest.mark.row("R13")
@pytest.mark.parametrize("what", ["error", "repo", "keys", "post"])
def test_r13_an_answer_of_cloud_is_server_to_data_center(home: Home,
                                                         what: str):
    """The reverse."""
    home.tracing = False
    keys = "/keys/latest/projects/PROJ/ssh"
    wrong = []
    home.allow_posts = 99
    for status in (400, 401, 403, 404, 409, 500) if what == "error" else (200,):
        clear_faults(home)
        fault = {
            "error": {"path": keys, "status": status,
                      "json": error("Bad request")},
            "repo": {"path": "/projects/proj/repos/app$", "status": 200,
                     "json": {"full_name": "proj/app", "slug": "app",
                              "uuid": "{1}", "links": {"clone": [
                                  {"name": "ssh", "href": home.ssh_url()}]},
                              "project": {"key": "PROJ", "uuid": "{2}"}}},
            "keys": {"path": keys, "method": "GET", "status": 200,
                     "json": {"values": [], "pagelen": 10, "page": 1}},
            "post": {"path": keys, "method": "POST", "status": 200,
                     "json": {"id": 5, "type": "project_deploy_key",
                              "key": "ssh-ed25519 AAAA", "label": "x"}},
        }[what]
        home.sandbox.fault(times=-1, headers={"Retry-After": "0"}, **fault)
        if what == "keys":  # where there is a key already, it is looked up
            home.make_ssh_folder()
            home.make_key(home.ssh_folder / "mine")
        result = init(home, *(["--key", str(home.ssh_folder / "mine")]
                              if what == "keys" else []))
        if result.status != 8:
            wrong.append((what, status, result))
    assert not wrong, wrong
    assert not home.config.exists()


@pytest.mark.row("R13")
@pytest.mark.parametrize("edition", ["cloud", "datacenter"])
def test_r13_a_plain_clone_of_the_wrong_edition_ends_as_ssh_would(
        cloud: CloudHome, edition: str):
    fault = {"status": 409, "json": of_data_center()} \
        if edition == "datacenter" else {"status": 404, "json": {"errors": []}}
    clone = a_clone_that_cannot_be_helped(cloud, path=API, **fault)
    assert "git-bbkey: server: " in clone.err
    assert sandbox_keys(cloud) == []


# --- R21: words that want to be more than words ------------------------------

@pytest.mark.row("R21")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_r21_messages_are_printed_as_words(cloud: CloudHome, status: int):
    cloud.tracing = False
    flag = cloud.work / "flag"
    wrong = []
    for text in NASTY:
        text = text.format(flag=flag)
        clear_faults(cloud)
        cloud.sandbox.fault(
            path=REPO, status=status, times=-1, headers={"Retry-After": "0"},
            json=error(text, detail={"required": [text[:90]], "granted": []}
                       if len(text) % 2 else text, id=text[:9],
                       fields={text[:9]: [text[:9]]}))
        result = init(cloud)
        if result.status not in (3, 4, 8):
            wrong.append((text[:40], result.status, result.err[:300]))
        wrong += harmless(cloud, result, flag, text)
    nothing_made(cloud)
    assert not wrong, wrong


@pytest.mark.row("R21")
def test_r21_other_fields_are_words_as_well(cloud: CloudHome):
    cloud.tracing = False
    flag = cloud.work / "flag"
    wrong = []
    for text in (NASTY[0], NASTY[3], NASTY[7], NASTY[9], NASTY[10]):
        text = text.format(flag=flag)
        for path, fields in (
                (REPO, {"full_name": text}),
                (REPO, {"full_name": f"acme/{text}"}),
                (REPO, {"project": {"key": text}}),
                (USER, {"nickname": text}), (USER, {"uuid": text}),
                ("/ssh-keys", {"uuid": text, "label": text}),
                (KEYS, {"label": text, "comment": text})):
            clear_faults(cloud)
            cloud.sandbox.fault(path=path, times=-1, merge=fields)
            result = init(cloud, "--dry-run") if path == REPO else \
                personal(cloud)
            wrong += harmless(cloud, result, flag, text)
    cloud.allow_posts = 99
    assert not wrong, wrong


@pytest.mark.row("R21")
def test_r21_a_hostile_label_stays_a_label(cloud: CloudHome):
    """The key is there already, under a name that somebody else gave it."""
    cloud.tracing = False
    assert init(cloud).status == 0
    flag = cloud.work / "flag"
    wrong = []
    for text in (NASTY[0], NASTY[3], NASTY[7], NASTY[9], NASTY[-1][:9000]):
        text = text.format(flag=flag)
        forget_state(cloud)
        clear_faults(cloud)
        (grant,) = cloud.deploy_keys()
        grant["label"] = text
        cloud.sandbox.fault(method="GET", path=KEYS, times=-1,
                            merge={"values": [grant]})
        result = init(cloud)
        wrong += harmless(cloud, result, flag, text)
        if result.status != 0:
            wrong.append((text[:40], result.status, result.err[-300:]))
    assert not wrong, wrong
