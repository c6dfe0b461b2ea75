"""REST of Cloud over bad lines, late, too much, or lost: R10 to R12, R14,
R15, R20, R23 to R25.

What is the same on both editions is tried more widely on Data Center
(test_rest_faults.py, test_rest_wire.py); here are Cloud's own requests.
"""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cloud_checks import (JSON, KEYS, REPO, SITE, USER,
                          a_clone_that_cannot_be_helped, a_home_with_a_key,
                          error, next_time)
from cloudhome import BASE, CloudHome
from home import Result
from invariants import check_all
from rest_checks import (clear_faults, configure, forget_state, init,
                         like_plain_ssh, listen, nothing_made, refused,
                         sandbox_keys, trust_ssh_host, unchanged)
from rest_faults import (CUT, DEEP, ENDLESS, MEMORY, REFUSALS, SLOW, measured)
from wire import Cut, Proxy

SCOPES = ["project", "repo", "personal"]
HTTPS = "https_proxy"
# Requests that a test gives up stay in the log of these until they end.
slow = pytest.mark.sandbox("--site-ssh-names", "bitbucket.org")


def web_address(cloud: CloudHome) -> tuple[str, int]:
    address = urlsplit(cloud.sandbox.api_url)
    return address.hostname, address.port


def api_at(cloud: CloudHome, port: int) -> None:
    """The REST API is behind another port from now on."""
    configure(cloud, f"bbkey.{BASE}.apiUrl", f"https://localhost:{port}/2.0")
    cloud.extra["GIT_SSL_CAINFO"] = cloud.sandbox.ca


# --- R10: slow ---------------------------------------------------------------

@slow
@pytest.mark.row("R10")
def test_r10_a_slow_answer_is_given_up_within_15_seconds(cloud: CloudHome,
                                                         tmp_path: Path):
    """All kinds at once, each with its own home and repository."""
    people = {}
    for kind, fault in SLOW.items():
        cloud.sandbox.fault(path=f"/acme/r10-{kind}$", times=-1, **fault)
        people[kind] = CloudHome(tmp_path / kind, tmp_path / f"{kind}-work",
                                 cloud.sandbox)

    def try_it(kind: str) -> Result:
        return people[kind].bbkey("init",
                                  cloud.https_url(repo=f"r10-{kind}"))

    with ThreadPoolExecutor(len(people)) as pool:
        results = dict(zip(people, pool.map(try_it, people)))
    for kind, person in people.items():
        check_all(person)
        refused(results[kind], "network")
        assert "in time" in results[kind].error
        nothing_made(person)
    seconds = {kind: result.seconds for kind, result in results.items()}
    assert seconds.pop("body") < 20, "15 s in all"
    assert max(seconds.values()) < 13, f"5 s of silence: {seconds}"


@slow
@pytest.mark.row("R10")
def test_r10_host_keys_that_do_not_come_are_not_waited_for_long(
        cloud: CloudHome):
    """The built-in ones serve; the stand-in's is not among them."""
    cloud.sandbox.fault(path=SITE, delay=20, times=-1)
    result = init(cloud)
    refused(result, "hostkey")
    assert result.seconds < 10
    nothing_made(cloud)


# --- R11: lines that break ---------------------------------------------------

@pytest.mark.row("R11")
@pytest.mark.parametrize("kind", ["accept-silent", "rst"])
def test_r11_a_server_without_a_handshake_is_network(cloud: CloudHome,
                                                     kind: str):
    api_at(cloud, listen(cloud, kind))
    with unchanged(cloud):
        result = init(cloud)
    refused(result, "network")
    assert result.seconds < 15, "5 s to connect, for either request"
    nothing_made(cloud)


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", ["close", "reset"])
def test_r11_wherever_the_line_breaks_it_is_an_error(cloud: CloudHome,
                                                     how: str):
    """From the first byte of the handshake to within the answer."""
    cloud.tracing = False
    for after in (0, 1, 600, 1200):
        with Cut(web_address(cloud), after, how) as line:
            api_at(cloud, line.port)
            result = init(cloud)
        refused(result, "network", "server", "hostkey")
        cloud.git("config", "--global", "--unset-all", f"bbkey.{BASE}.apiUrl")
    nothing_made(cloud)


@pytest.mark.row("R11")
def test_r11_a_clone_over_a_broken_line_ends_as_ssh_would(cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    with Cut(web_address(cloud), 200, "reset") as line:
        api_at(cloud, line.port)
        clone = like_plain_ssh(cloud)
    assert "git-bbkey: network: " in clone.err
    assert sandbox_keys(cloud) == []


# --- R12: cut short ----------------------------------------------------------

@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", CUT)
def test_r12_an_answer_cut_short_is_server(cloud: CloudHome, kind: str):
    cloud.tracing = False
    for path, scope in ((REPO, "project"), (USER, "personal")):
        clear_faults(cloud)
        cloud.sandbox.fault(path=path, times=-1, **CUT[kind])
        with unchanged(cloud):
            result = init(cloud, "--scope", scope)
        refused(result, "server")
        assert result.seconds < 10
    nothing_made(cloud)


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", ["truncated chunk", "empty reply",
                                  "HTTP/0.9"])
def test_r12_a_registration_cut_short_stores_nothing(cloud: CloudHome,
                                                     kind: str):
    cloud.sandbox.fault(path=KEYS, times=-1, **CUT[kind])
    refused(init(cloud), "server")
    assert not cloud.config.exists()
    assert not (cloud.state / "records").exists()


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", ["short Content-Length", "HTTP/0.9"])
def test_r12_a_clone_ends_as_ssh_would(cloud: CloudHome, kind: str):
    clone = a_clone_that_cannot_be_helped(cloud, **CUT[kind])
    assert "git-bbkey: server: " in clone.err
    cloud.allow_posts = 2   # what is raw was not carried out
    next_time(cloud, posts=0 if "short" in kind else 1)


# --- R14, R15: too much ------------------------------------------------------

@pytest.mark.row("R14")
@pytest.mark.parametrize("path", [REPO, SITE])
@pytest.mark.parametrize("kind", ENDLESS)
def test_r14_what_never_ends_is_not_waited_for(cloud: CloudHome, kind: str,
                                               path: str):
    cloud.sandbox.fault(path=path, times=-1, **ENDLESS[kind])
    with unchanged(cloud):
        result, memory = measured(cloud, "git", "bbkey", "init",
                                  cloud.https_url())
    refused(result, "server" if path == REPO else "hostkey")
    assert result.seconds < 10 and memory < MEMORY
    nothing_made(cloud)


@pytest.mark.row("R15")
@pytest.mark.parametrize("kind", DEEP)
def test_r15_json_that_wants_memory_is_server(cloud: CloudHome, kind: str):
    cloud.sandbox.fault(path=REPO, times=-1, status=200, content_type=JSON,
                        body=DEEP[kind])
    result, memory = measured(cloud, "git", "bbkey", "init",
                              cloud.https_url())
    refused(result, "server")
    assert result.seconds < 10 and memory < MEMORY
    nothing_made(cloud)


@pytest.mark.row("R15")
@pytest.mark.parametrize("body", [
    '{"values": [], "values": []}', '{"values": [], "x": {"a": 1, "a": 1}}',
    '{"values": [{"id": 1, "id": 2, "key": "x y"}]}'])
def test_r15_a_name_that_is_given_twice_is_server(cloud: CloudHome,
                                                  body: str):
    a_home_with_a_key(cloud)
    cloud.sandbox.fault(method="GET", path=KEYS, times=-1, status=200,
                        content_type=JSON, body=body)
    refused(init(cloud), "server")
    assert cloud.requests("POST") == []


# --- R20: the token is revoked meanwhile -------------------------------------

@pytest.mark.row("R20")
@pytest.mark.parametrize("scope", SCOPES)
def test_r20_a_token_revoked_before_the_post_leaves_the_key(cloud: CloudHome,
                                                            scope: str):
    cloud.token = "admin"
    cloud.sandbox.fault(method="POST", status=401, json=error(
        "Token is invalid, expired, or not supported for this endpoint."))
    result = init(cloud, "--scope", scope)
    refused(result, "auth")
    assert "BBKEY_TOKEN" in result.error
    assert len(cloud.requests("POST")) == 1, "it is not tried again"
    assert not cloud.config.exists(), "nothing is switched on"
    (key,) = cloud.private_keys()
    again = init(cloud, "--scope", scope)
    assert again.status == 0, again
    assert cloud.private_keys() == [key] and len(sandbox_keys(cloud)) == 1


@pytest.mark.row("R20")
def test_r20_a_clone_whose_token_was_revoked_ends_as_ssh_would(
        cloud: CloudHome):
    """Really revoked: the instance was enrolled with it."""
    made = cloud.sandbox.control("POST", "/tokens", {
        "user": "dev", "kind": "api-token", "scopes": [
            "read:repository:bitbucket", "admin:project:bitbucket",
            "write:ssh-key:bitbucket"]})
    cloud.more_secrets = [made["token"]]
    cloud.token = None
    cloud.extra = {"BBKEY_TOKEN": made["token"], "BBKEY_URL": BASE,
                   "BBKEY_USER": cloud.sandbox.users["dev"]["email"]}
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.sandbox.control("DELETE", "/tokens", {"token": made["token"]})
    cloud.forget_log()
    clone = like_plain_ssh(cloud)
    assert "git-bbkey: auth: " in clone.err and "BBKEY_TOKEN" in clone.err
    assert cloud.requests("POST") == [] == sandbox_keys(cloud)


# --- R23: proxies ------------------------------------------------------------

def no_secret_in(cloud: CloudHome, proxy: Proxy) -> None:
    """CONNECT, and nothing but it, with nothing of ours."""
    host, port = web_address(cloud)
    assert proxy.heads
    for head in proxy.heads:
        assert head.startswith(f"CONNECT {host}:{port} HTTP/1.1\r\n".encode())
        assert b"\r\nauthorization:" not in head.lower()
        for token in cloud.sandbox.tokens.values():
            pair = f"{token['user']}:{token['token']}".encode()
            assert token["token"].encode() not in head
            assert base64.b64encode(pair) not in head


@pytest.mark.row("R23")
@pytest.mark.parametrize("where", [HTTPS, "http.proxy", "http.<api>.proxy"])
def test_r23_a_good_proxy_is_used_and_never_sees_the_token(cloud: CloudHome,
                                                           where: str):
    env = {}
    with Proxy() as proxy:
        if where.startswith("http."):
            configure(cloud, where.replace("<api>", cloud.sandbox.api_url),
                      proxy.url())
        else:
            env = {where: proxy.url()}
        result = init(cloud, env=env)
    assert result.status == 0, result
    no_secret_in(cloud, proxy)
    assert len(cloud.deploy_keys()) == 1


@pytest.mark.row("R23")
@pytest.mark.parametrize("kind", ["407", "a redirect", "it closes"])
def test_r23_a_proxy_that_does_not_serve_is_network(cloud: CloudHome,
                                                    kind: str):
    answer, word = REFUSALS[kind]
    with Proxy(answer) as proxy, unchanged(cloud):
        result = init(cloud, env={HTTPS: proxy.url("me:pr0xypass@")})
    refused(result, "network")
    assert word in result.error and "pr0xypass" not in result.err
    no_secret_in(cloud, proxy)
    assert cloud.requests() == []
    nothing_made(cloud)


@pytest.mark.row("R23")
def test_r23_a_clone_behind_a_bad_proxy_ends_as_ssh_would(cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    with Proxy(REFUSALS["407"][0]) as proxy:
        clone = like_plain_ssh(cloud, env={HTTPS: proxy.url()})
    assert "git-bbkey: network: " in clone.err
    assert cloud.requests() == [] == sandbox_keys(cloud)
    no_secret_in(cloud, proxy)


# --- R24: dates --------------------------------------------------------------

@pytest.mark.row("R24")
@pytest.mark.parametrize("kind, words", [
    ("tls-not-yet-valid", "not yet valid"), ("tls-expired", "expired")])
def test_r24_a_certificate_of_another_time_names_the_date(
        cloud: CloudHome, kind: str, words: str):
    api_at(cloud, listen(cloud, kind))
    result = init(cloud)
    refused(result, "tls")
    assert words in result.error and "UTC" in result.error
    assert "date" in result.hint
    nothing_made(cloud)


# --- R25: done, but nobody was told ------------------------------------------

@pytest.mark.row("R25")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("how", [{"close": "after"}, {"truncate": 20}])
def test_r25_a_lost_answer_is_looked_up_not_asked_for_again(
        cloud: CloudHome, how: dict, scope: str):
    cloud.token = "admin"
    cloud.sandbox.fault(method="POST", path="-keys", **how)
    result = init(cloud, "--scope", scope)
    assert result.status == 0, result
    log = [line.split()[0] for line in cloud.requests() if "-keys" in line]
    assert log[:2] == ["POST", "GET"] and log.count("POST") == 1
    assert len(sandbox_keys(cloud)) == 1


@pytest.mark.row("R25")
@pytest.mark.parametrize("scope", SCOPES)
def test_r25_the_next_init_finds_it_among_others(cloud: CloudHome,
                                                 scope: str):
    """The look at the list was lost, too; it is on a later page."""
    cloud.tracing = False
    cloud.token = "admin"
    for i in range(3):
        line = cloud.make_key(cloud.work / f"k{i}", comment="other")
        if scope == "personal":
            cloud.add_key("user", line, user="admin")
        else:
            cloud.add_key(scope, line, label="bbkey tester@vm")
    cloud.sandbox.set(page_cap=2)
    cloud.sandbox.fault(method="POST", path="-keys", close="after")
    cloud.sandbox.fault(method="GET", path="-keys", close="before", times=-1)
    refused(init(cloud, "--scope", scope), "server")
    assert len(sandbox_keys(cloud)) == 4 and not cloud.config.exists()
    (key,) = cloud.private_keys()
    clear_faults(cloud)
    cloud.forget_log()
    assert init(cloud, "--scope", scope).status == 0
    assert cloud.requests("POST") == [] and cloud.private_keys() == [key]
    assert len([x for x in cloud.requests("GET") if "-keys" in x]) == 2


@pytest.mark.row("R25")
def test_r25_a_clone_finds_it_at_once(cloud: CloudHome):
    cloud.enrol()
    cloud.forget_log()
    cloud.sandbox.fault(method="POST", path=KEYS, close="after")
    clone = cloud.git("clone", cloud.https_url(), "app")
    assert clone.status == 0, clone
    assert len(cloud.requests("POST")) == 1
    forget_state(cloud)
    assert init(cloud).status == 0
    assert len(cloud.requests("POST")) == 1


@pytest.mark.row("R25")
def test_r25_the_next_clone_finds_it(cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    cloud.sandbox.fault(method="POST", path=KEYS, close="after")
    cloud.sandbox.fault(method="GET", path=KEYS, close="before", times=-1)
    clone = like_plain_ssh(cloud)
    assert "Permission denied" in clone.err
    assert len(sandbox_keys(cloud)) == 1
    next_time(cloud, posts=0)
