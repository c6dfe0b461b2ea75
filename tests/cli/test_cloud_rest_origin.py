"""A token for Cloud goes to its REST API only: R17, R18, R22 and `next`."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from cloud_checks import (API, KEYS, REPO, SITE, a_clone_that_cannot_be_helped,
                          a_home_with_a_key, next_time)
from cloudhome import BASE, CloudHome
from home import Result
from rest_checks import (clear_faults, configure, forget_state, init,
                         like_plain_ssh, listen, nothing_made, refused,
                         sandbox_keys, sinks, trust_ssh_host, unchanged,
                         untouched, with_token)
from rest_faults import STATUSES, TLS, check_no_leak, classes, places


def api(cloud: CloudHome) -> str:
    """https://localhost:<port>/2.0"""
    return cloud.sandbox.api_url


# --- R16, R17: where the next page is ----------------------------------------

def nexts(cloud: CloudHome) -> dict[str, str]:
    """Addresses of a next page that are not the API's own."""
    tls, plain = listen(cloud, "tls-sink"), listen(cloud, "sink")
    netloc = urlsplit(api(cloud)).netloc
    path = "/2.0/workspaces/acme/projects/PROJ/deploy-keys?page=2"
    return {
        "other host": f"https://127.0.0.1:{tls}{path}",
        "the same port of another": f"https://127.0.0.1:"
                                    f"{netloc.split(':')[1]}{path}",
        "other port": f"https://localhost:{tls}{path}",
        "no port": f"https://localhost{path}",
        "http": f"http://localhost:{plain}{path}",
        "http, same port": f"http://{netloc}{path}",
        "file": "file:///etc/passwd", "ssh": f"ssh://git@{netloc}{path}",
        "relative": path, "no scheme": f"//localhost:{tls}{path}",
        "query alone": "?page=2", "empty": "", "a word": "next",
        "userinfo": f"https://me:pa55word@{netloc}{path}",
        "a user": f"https://me@{netloc}{path}",
        "no user": f"https://@{netloc}{path}",
        "host behind @": f"https://{netloc}@localhost:{tls}{path}",
        "backslash": f"https://localhost:{tls}\\@{netloc}{path}",
        "suffix": f"https://{netloc}.evil.example{path}",
        "trailing dot": f"https://{netloc.replace(':', '.:')}{path}",
        "outside": f"https://{netloc}/steal?page=2",
        "beside": f"https://{netloc}/2.0steal?page=2",
        "the API alone": f"https://{netloc}/2.0",
        "dots": f"https://{netloc}/2.0/../steal",
        "dots at the end": f"https://{netloc}/2.0/..",
        "escaped dots": f"https://{netloc}/2.0/%2e%2E/steal",
        "fragment": f"https://{netloc}{path}#x",
        "blank": f"https://{netloc}{path} HTTP/1.1",
        "line end": f"https://{netloc}{path}\r\nX-Steal: 1",
        "escape": f"https://{netloc}{path}\x1b]0;x\x07",
        "not ASCII": f"https://{netloc}/2.0/\u0430",
        "full width": f"https://\uff4cocalhost:{tls}{path}",
        "long": f"https://{netloc}{path}&x={'x' * 4000}",
    }


@pytest.mark.row("R16", "R17")
def test_r17_the_next_page_is_never_looked_for_elsewhere(cloud: CloudHome):
    a_home_with_a_key(cloud)
    cloud.tracing = False
    wrong = []
    for name, address in nexts(cloud).items():
        clear_faults(cloud)
        cloud.forget_log()
        cloud.sandbox.fault(method="GET", path=KEYS, times=-1,
                            merge={"next": address})
        result = init(cloud)
        if result.status != 8 or "no token is sent" not in result.error:
            wrong.append((name, result))
        if len([x for x in cloud.requests() if KEYS in x]) != 1 or \
                cloud.requests("POST") or cloud.events("tls_fail"):
            wrong.append((name, cloud.requests()))
        if re.search("pa55word|steal", result.err):
            wrong.append((name, "shown", result.err))
    untouched(cloud)
    assert not wrong, wrong


@pytest.mark.row("R17")
def test_r17_with_a_trace_nobody_is_connected_to(cloud: CloudHome):
    a_home_with_a_key(cloud)
    cloud.sandbox.set(page_next_origin="https://192.0.2.1")
    refused(init(cloud), "server")
    cloud.sandbox.set(page_next_origin="http")
    refused(init(cloud), "server")


@pytest.mark.row("R16")
@pytest.mark.parametrize("host", ["localhost", "LocalHost"])
def test_r16_the_same_origin_in_another_spelling_is_followed(
        cloud: CloudHome, host: str):
    line = a_home_with_a_key(cloud)
    cloud.tracing = False
    cloud.add_key("project", line)
    path = "/workspaces/acme/projects/PROJ/deploy-keys?page=1&cursor=a%20b~"
    cloud.sandbox.fault(method="GET", path=KEYS, times=1, status=200,
                        json={"values": [], "next": api(
                            cloud).replace("localhost", host) + path})
    result = init(cloud)
    assert result.status == 0, result
    assert cloud.requests("POST") == []


@pytest.mark.row("R16")
@pytest.mark.parametrize("loop, pages", [("stuck", 2), ("back", 2),
                                         ("forever", 50)])
def test_r16_a_list_without_an_end_is_left(cloud: CloudHome, loop: str,
                                           pages: int):
    """Half a list does not say that the key is not there."""
    a_home_with_a_key(cloud)
    cloud.sandbox.set(page_loop=loop)
    result = init(cloud)
    refused(result, "server")
    got = [x for x in cloud.requests("GET") if KEYS in x]
    assert 1 <= len(got) <= pages and result.seconds < 20, got
    assert loop != "forever" or len(got) == 50
    assert cloud.requests("POST") == []


@pytest.mark.row("R16")
@pytest.mark.parametrize("loop", ["stuck", "forever"])
def test_r16_a_clone_with_an_endless_list_ends_as_ssh_would(cloud: CloudHome,
                                                            loop: str):
    a_home_with_a_key(cloud)
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.sandbox.set(page_loop=loop)
    clone = like_plain_ssh(cloud)
    assert "git-bbkey: server: " in clone.err
    assert cloud.requests("POST") == []
    cloud.sandbox.set(page_loop="")
    next_time(cloud, posts=1)


# --- R17: redirects ----------------------------------------------------------

@pytest.mark.row("R17")
def test_r17_no_redirect_is_followed(cloud: CloudHome):
    cloud.tracing = False
    wrong = []
    for name, (address, host) in places(cloud).items():
        for status in STATUSES:
            clear_faults(cloud)
            cloud.forget_log()
            cloud.sandbox.fault(path=REPO, status=status, redirect=address,
                                times=-1)
            result = init(cloud)
            refused(result, "server")
            if f"'{host}'" not in result.error and host:
                wrong.append((name, "host is not shown", result.error))
            if re.search("pa55word|steal|access_token|name:", result.err):
                wrong.append((name, "more than the host", result.error))
            if [x for x in cloud.requests() if "steal" in x]:
                wrong.append((name, "followed", cloud.requests()))
    untouched(cloud)
    nothing_made(cloud)
    assert not wrong, wrong


@pytest.mark.row("R17")
@pytest.mark.parametrize("status", STATUSES)
def test_r17_a_registration_is_not_sent_on(cloud: CloudHome, status: int):
    port = listen(cloud, "tls-sink")
    cloud.sandbox.fault(method="POST", status=status, times=-1,
                        redirect=f"https://localhost:{port}/steal")
    refused(init(cloud), "server")
    assert len(cloud.requests("POST")) == 1
    assert sandbox_keys(cloud) == [] and not cloud.config.exists()
    untouched(cloud)


@pytest.mark.row("R17")
def test_r17_the_page_of_host_keys_is_not_looked_for_elsewhere(
        cloud: CloudHome):
    port = listen(cloud, "tls-sink")
    cloud.sandbox.fault(path=SITE, status=302, times=-1,
                        redirect=f"https://localhost:{port}/site/ssh")
    refused(init(cloud), "hostkey")
    untouched(cloud)
    nothing_made(cloud)


@pytest.mark.row("R17")
def test_r17_a_plain_clone_follows_none_either(cloud: CloudHome):
    port = listen(cloud, "tls-sink")
    a_clone_that_cannot_be_helped(
        cloud, path=API, status=307, redirect=f"https://localhost:{port}/x")
    untouched(cloud)


# --- R18: TLS ----------------------------------------------------------------

def answered_by(cloud: CloudHome, kind: str) -> None:
    """The REST API is behind a listener that is not what it should be."""
    configure(cloud, f"bbkey.{BASE}.apiUrl",
              f"https://localhost:{listen(cloud, kind)}/2.0")


def checked(cloud: CloudHome, result: Result, kind: str) -> None:
    """As check_no_leak(); the page of host keys is asked for as well."""
    check_no_leak(cloud, result, kind)
    assert with_token(cloud) == []


@pytest.mark.row("R18")
@pytest.mark.parametrize("kind", TLS)
def test_r18_a_server_that_cannot_prove_itself_is_tls(cloud: CloudHome,
                                                      kind: str):
    answered_by(cloud, kind)
    with unchanged(cloud):
        result = init(cloud, env={"GIT_SSL_CAINFO": cloud.sandbox.ca})
    refused(result, *classes(kind))
    checked(cloud, result, kind)
    nothing_made(cloud)


@pytest.mark.row("R18")
@pytest.mark.parametrize("kind", TLS)
def test_r18_a_plain_clone_sends_no_token_there(cloud: CloudHome, kind: str):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    answered_by(cloud, kind)
    clone = like_plain_ssh(cloud, env={"GIT_SSL_CAINFO": cloud.sandbox.ca})
    assert any(f"git-bbkey: {name}: " in clone.err
               for name in classes(kind)), clone
    checked(cloud, clone, kind)
    assert sandbox_keys(cloud) == []


@pytest.mark.row("R18")
@pytest.mark.parametrize("address", ["http://localhost:{port}/2.0",
                                     "file:///etc/passwd", "localhost", "",
                                     "https://", "ssh://git@localhost/2.0"])
def test_r18_a_token_is_never_sent_over_anything_else(cloud: CloudHome,
                                                      address: str):
    port = listen(cloud, "sink")
    configure(cloud, f"bbkey.{BASE}.apiUrl", address.format(port=port))
    result = init(cloud)
    assert result.error_class in ("tls", "not-bitbucket", "usage", "local"), \
        result
    untouched(cloud)
    nothing_made(cloud)


@pytest.mark.row("R18", "M4")
def test_r18_bbkey_token_goes_to_bbkey_url_only(cloud: CloudHome):
    cloud.tracing = False
    wrong = []
    for other in ("https://api.bitbucket.org", "https://bitbucket.org.evil",
                  "https://bitbucket.org:8443", "http://bitbucket.org",
                  "https://bitbucket.org/acme", "https://www.bitbucket.org",
                  "https://evil-bitbucket.org", "https://bitbucket.org@evil",
                  "https://b\u0456tbucket.org", "bitbucket.org", "", " ",
                  "https://xn--btbucket-n5h.org", api(cloud)):
        result = init(cloud, env={"BBKEY_URL": other})
        if result.status != 3 or with_token(cloud):
            wrong.append((other, result, with_token(cloud)))
    nothing_made(cloud)
    assert not wrong, wrong


@pytest.mark.row("R18", "M4")
@pytest.mark.parametrize("same", ["https://bitbucket.org/",
                                  "https://BitBucket.ORG",
                                  "https://bitbucket.org:443",
                                  "https://dev@bitbucket.org"])
def test_r18_other_spellings_of_the_same_origin_are_the_same(cloud: CloudHome,
                                                             same: str):
    assert init(cloud, env={"BBKEY_URL": same}).status == 0


@pytest.mark.row("R18", "M7")
@pytest.mark.parametrize("key", ["bbkey.https://bitbucket.org.apiUrl",
                                 "bbkey.https://bitbucket.org.ssh",
                                 "bbkey.https://bitbucket.org.edition",
                                 "bbkey.https://bitbucket.org.user",
                                 "http.proxy",
                                 "url.https://evil.invalid.insteadOf"])
def test_r18_a_repositorys_own_configuration_sends_no_token_away(
        cloud: CloudHome, key: str):
    port = listen(cloud, "tls-sink")
    sink = f"localhost:{port}"
    repo = cloud.work / "repo"
    cloud.git("init", "-q", str(repo))
    cloud.git("remote", "add", "origin", cloud.https_url(), cwd=repo)
    value = {"apiUrl": f"https://{sink}/2.0", "ssh": f"ssh://git@{sink}",
             "edition": "datacenter", "user": "evil@example.com",
             "proxy": f"http://{sink}", "insteadOf": BASE
             }[key.rsplit(".", 1)[1]]
    cloud.git("config", key, value, cwd=repo)
    result = cloud.bbkey("init", cwd=repo)
    (seen,) = sinks(cloud)
    assert seen["connections"] == 0, (seen, result)
    assert {e["user"] for e in cloud.events("http")
            if e["auth"] != "none"} <= {"dev"}
    assert result.status in (0, 12), result


# --- R22: clone links --------------------------------------------------------

def hostile(cloud: CloudHome) -> dict[str, list]:
    """links.clone of the repository, as nobody should send it."""
    port = cloud.ssh_place.split(":")[1]

    def ssh(*addresses: object) -> list:
        return [{"name": "ssh", "href": address} for address in addresses]

    return {
        "other host": ssh("git@evil.example:acme/app.git"),
        "suffix": ssh("git@bitbucket.org.evil:acme/app.git"),
        "option as host": ssh("ssh://-oProxyCommand=touch%20flag/acme/app"),
        "option": ssh("-oProxyCommand=touch flag"),
        "ext": ssh("ext::sh -c touch% flag"), "path": ssh("/tmp/app.git"),
        "other port": ssh("ssh://git@localhost:1/acme/app.git"),
        "line end": ssh(f"ssh://git@localhost:{port}/a/b.git\n[core]"),
        "homograph": ssh("git@b\u0456tbucket.org:acme/app.git"),
        "shell": ssh("git@$(touch flag):acme/app.git"),
        "100 links": ssh(*[f"git@evil{i}.example:a/b" for i in range(100)]),
        "0 links": [],
    }


@pytest.mark.row("R22")
def test_r22_where_ssh_is_no_clone_link_of_cloud_says(cloud: CloudHome):
    """bbkey.<base>.ssh, or Cloud's own names; links say old ones at best."""
    cloud.tracing = False
    wrong = []
    for name, links in hostile(cloud).items():
        clear_faults(cloud)
        forget_state(cloud)
        cloud.sandbox.fault(path=REPO, times=-1,
                            merge={"links": {"clone": links}})
        result = init(cloud, "--dry-run", "--json")
        if result.status == 0:
            went = json.loads(result.out)["url"]
            if went != cloud.ssh_url():
                wrong.append((name, went))
        elif result.status != 8:
            wrong.append((name, result))
        if "evil" in result.err or (cloud.work / "flag").exists():
            wrong.append((name, "shown or run", result))
    assert not wrong, wrong


def stand_in(cloud: CloudHome) -> str:
    """A Cloud with a name of its own, whose SSH nobody has said."""
    base = cloud.sandbox.base_url
    for key, value in (("edition", "cloud"),
                       ("apiUrl", cloud.sandbox.api_url)):
        configure(cloud, f"bbkey.{base}.{key}", value)
    token = cloud.sandbox.tokens["project_admin"]
    cloud.token = None
    cloud.extra = {"BBKEY_URL": base, "BBKEY_TOKEN": token["token"],
                   "BBKEY_USER": token["user"],
                   "GIT_SSL_CAINFO": cloud.sandbox.ca}
    return base


@pytest.mark.row("R22")
def test_r22_a_stand_ins_hostile_clone_link_leads_nowhere(cloud: CloudHome):
    """There the links are all that is known; another port is its own."""
    base = stand_in(cloud)
    cloud.tracing = False
    wrong = []
    for name, links in hostile(cloud).items():
        clear_faults(cloud)
        cloud.forget_log()
        cloud.sandbox.fault(path=REPO, times=-1,
                            merge={"links": {"clone": links}})
        result = cloud.bbkey("init", f"{base}/acme/app.git")
        if result.status not in (7 if name == "other port" else 8, 9, 12):
            wrong.append((name, result))
        if cloud.events("ssh_connect") or cloud.requests("POST"):
            wrong.append((name, "went on", cloud.requests()))
        if "\n[core]" in result.err or (cloud.work / "flag").exists():
            wrong.append((name, "shown or run", result))
    assert not wrong, wrong
    assert cloud.private_keys() == [] == sandbox_keys(cloud)
