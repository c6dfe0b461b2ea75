"""`git bbkey login` and servers, files and proxies that are no good.

Rows R8 to R23 where they make sense; R1 and R2 are in test_login.py.  Nothing
is ever stored, and what is on the disk stays as it is.
"""

from __future__ import annotations

import base64
import os

import pytest
from cloudhome import CloudHome
from home import Home, Result
from login_checks import (Token, give, is_cloud, store_file, stored,
                          token_of, use_store)
from rest_checks import (clear_faults, configure, hits, listen, refused,
                         secret_file, unchanged, untouched, users,
                         with_token)
from rest_faults import (CUT, EVERYWHERE, HOSTILE, NASTY, PAGE, REFUSALS,
                         STATUSES, TLS, check_no_leak, classes, harmless,
                         places)
from test_rest_tokens import BAD_CONTENT
from wire import Cut, Proxy


@pytest.fixture
def home(home: Home) -> Home:
    home.token = None
    use_store(home)
    return home


@pytest.fixture
def cloud(cloud: CloudHome) -> CloudHome:
    cloud.token = None
    use_store(cloud)
    return cloud


@pytest.fixture(params=["datacenter", "cloud"])
def anyone(request: pytest.FixtureRequest) -> Home:
    return request.getfixturevalue("cloud" if request.param == "cloud"
                                   else "home")


def log_in(home: Home, *words: str, **how: object) -> Result:
    kind = "api" if is_cloud(home) else "person"
    return give(home, token_of(home, kind), *words, **how)


# What a login asks, in turn; each must be answered as Bitbucket does.
ASKED = {True: ["/2.0/user$", "/repositories/acme/app", "/deploy-keys"],
         False: ["/application-properties", "/repos\\?permission",
                 "/keys/latest/projects/PROJ/ssh"]}


def each_refused(home: Home, name: str, *expected: str, words: str = "",
                 **fault: object) -> list[object]:
    """The fault at each of the requests; what is wrong with the results."""
    wrong = []
    home.tracing = False
    for path in ASKED[is_cloud(home)]:
        clear_faults(home)
        home.forget_log()
        home.sandbox.fault(path=path, times=-1, **fault)
        with unchanged(home):
            result = log_in(home, url=home.https_url())
        if result.status == 0 or result.error_class not in expected:
            wrong.append((name, path, result))
        if words and words not in result.err:
            wrong.append((name, path, "does not say", words, result.err))
        if stored(home) or "Stored" in result.err:
            wrong.append((name, path, "is stored"))
        if HOSTILE.search(result.err + result.out):
            wrong.append((name, path, "shows a control character"))
    return wrong


@pytest.mark.row("R8")
@pytest.mark.parametrize("status", [200, 401, 403, 404, 502])
def test_r08_a_page_for_people_is_no_answer(anyone: Home, status: int):
    """401 and 403 in another shape say nothing of the token's scopes."""
    expected = {401: ("auth",), 403: ("permission", "auth"),
                404: ("not-bitbucket", "permission", "server")}.get(
                    status, ("server",))
    anyone.tracing = False
    for path in ASKED[is_cloud(anyone)][:2 - is_cloud(anyone)]:
        clear_faults(anyone)
        anyone.sandbox.fault(path=path, status=status, body=PAGE, times=-1,
                             content_type="text/html")
        with unchanged(anyone):
            result = log_in(anyone)
        refused(result, *expected)
        assert "Please log in" not in result.err and stored(anyone) == []


@pytest.mark.row("R8")
@pytest.mark.row("R3")
def test_r03_another_path_is_no_bitbucket_and_gets_no_token(home: Home):
    base = home.base.removesuffix("/bitbucket")
    configure(home, f"http.{base}.sslCAInfo", home.sandbox.ca)
    home.forget_log()
    result = log_in(home, url=base)
    refused(result, "not-bitbucket")
    assert "context path" in result.hint and with_token(home) == []


@pytest.mark.row("R6")
def test_r06_too_many_requests_is_network(anyone: Home):
    headers = {"Retry-After": "0"}
    assert each_refused(anyone, "429", "network", words="too many requests",
                        status=429, headers=headers) == []


@pytest.mark.row("R9")
@pytest.mark.parametrize("fault", ["refused", "no such name"])
def test_r09_nobody_there_is_network(anyone: Home, fault: str):
    host = "bitbucket.invalid" if fault == "no such name" else \
        f"localhost:{listen(anyone, 'closed')}"
    url = f"https://{host}/bitbucket"
    if is_cloud(anyone):
        configure(anyone, f"bbkey.{anyone.base}.apiUrl", f"https://{host}/2.0")
        url = anyone.base
    with unchanged(anyone):
        result = log_in(anyone, url=url)
    refused(result, "network")
    assert host.split(":")[0] in result.error and result.seconds < 8
    assert stored(anyone) == []


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("after", [0, 100, 1500])
def test_r11_a_line_that_breaks_is_network(home: Home, how: str, after: int):
    port = int(home.base.split(":")[2].split("/")[0])
    with Cut(("127.0.0.1", port), after, how) as line, unchanged(home):
        result = log_in(home, url=f"https://localhost:{line.port}/bitbucket",
                        env={"GIT_SSL_CAINFO": home.sandbox.ca})
    refused(result, "network", "server", "tls")
    assert result.seconds < 8 and stored(home) == []


@pytest.mark.row("R11")
def test_r11_nobody_who_talks_tls(home: Home):
    base = f"https://localhost:{listen(home, 'accept-silent')}/bitbucket"
    result = log_in(home, url=base)
    refused(result, "network")
    assert result.seconds < 8 and stored(home) == []


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", CUT)
def test_r12_an_answer_cut_short_is_server(anyone: Home, kind: str):
    assert each_refused(anyone, kind, "server", **CUT[kind]) == []


@pytest.mark.row("R13")
def test_r13_json_that_is_none_is_server(anyone: Home):
    wrong = []
    for body in EVERYWHERE:
        wrong += each_refused(anyone, body[:30], "server", status=200,
                              body=body, content_type="application/json")
    assert not wrong, wrong


TYPES = {
    False: ['{"values": {}}', '{"values": [1]}', '{"values": ["x"]}',
            '{"values": [{}]}', '{"values": [{"slug": 1}]}',
            '{"values": null}', '{"size": 1}'],
    True: ['{"uuid": 1}', '{"uuid": ""}', '{"account_id": []}',
           '{"nickname": "dev"}', '{"uuid": "a b"}',
           '{"values": [], "isLastPage": true}']}


@pytest.mark.row("R13")
def test_r13_wrong_types_are_server(anyone: Home):
    anyone.tracing = False
    wrong = []
    for body in TYPES[is_cloud(anyone)]:
        clear_faults(anyone)
        anyone.sandbox.fault(path="/user$|/repos\\?permission", times=-1,
                             status=200, body=body,
                             content_type="application/json")
        result = log_in(anyone)
        if result.status != 8 or stored(anyone):
            wrong.append((body, result))
    assert not wrong, wrong


@pytest.mark.row("R17")
def test_r17_no_redirect_is_followed(anyone: Home):
    anyone.tracing = False
    wrong = []
    for name, (address, host) in places(anyone).items():
        for status in STATUSES:
            wrong += each_refused(anyone, f"{name} {status}", "server",
                                  words=f"'{host}'" if host else "never",
                                  status=status, redirect=address)
    untouched(anyone)
    assert not wrong, wrong


@pytest.mark.row("R18")
@pytest.mark.parametrize("kind", TLS)
def test_r18_a_server_that_cannot_prove_itself_is_tls(anyone: Home,
                                                      kind: str):
    place = f"https://localhost:{listen(anyone, kind)}"
    url = f"{place}/bitbucket"
    if is_cloud(anyone):
        configure(anyone, f"bbkey.{anyone.base}.apiUrl", f"{place}/2.0")
        url = anyone.base
    with unchanged(anyone):
        result = log_in(anyone, url=url,
                        env={"GIT_SSL_CAINFO": anyone.sandbox.ca})
    refused(result, *classes(kind))
    check_no_leak(anyone, result, kind)
    assert stored(anyone) == []


@pytest.mark.row("R18")
@pytest.mark.parametrize("form", ["http", "HTTP", "file", "ftp", "ssh"])
def test_r18_a_token_goes_over_https_only(home: Home, form: str):
    port = listen(home, "sink")
    result = log_in(home, url=f"{form}://localhost:{port}/bitbucket")
    assert result.status in (7, 12, 129), result
    assert result.error_class in ("tls", "not-bitbucket", "usage")
    untouched(home)
    assert stored(home) == []


def test_a_password_in_the_url_goes_nowhere(home: Home):
    url = home.base.replace("://", "://dev:pa55word@")
    result = log_in(home, url=url)
    assert "pa55word" not in result.err and "dev:" not in result.err
    assert all("pa55word" not in str(line) for line in stored(home))


@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("source", ["file", "stdin", "BBKEY_TOKEN"])
def test_r19_anything_but_a_token_is_refused_before_anything(home: Home,
                                                             source: str):
    home.tracing = False
    wrong = {}
    home.forget_log()
    for name, content in BAD_CONTENT.items():
        if source == "BBKEY_TOKEN" and (
                b"\0" in content or not content or len(content) > 100_000):
            continue
        path = secret_file(home, "token", content)
        if source == "file":
            result = home.bbkey("login", home.base, "--token-file", str(path))
        elif source == "stdin":
            result = home.run("sh", "-c", f"exec git bbkey login '{home.base}'"
                              f" --stdin <'{path}'")
        else:
            result = home.bbkey("login", home.base, env={
                "BBKEY_URL": home.base, "BBKEY_TOKEN": content.decode(
                    "utf-8", "surrogateescape")})
        if result.status not in (3, 9) or "git-bbkey: " not in result.err:
            wrong[name] = result
        if any(len(x) > 5 and x.decode("latin-1") in result.err
               for x in content.splitlines()):
            wrong[name + " (shown)"] = result
    assert not wrong, wrong
    assert home.requests() == [] and stored(home) == []


@pytest.mark.row("R19")
@pytest.mark.parametrize("kind", ["mode 0644", "link", "FIFO", "folder",
                                  "missing", "/dev/zero", "/dev/stdin"])
def test_r19_a_file_that_is_not_the_persons_own(anyone: Home, kind: str):
    path = anyone.work / "it"
    if kind == "FIFO":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(secret_file(anyone, "good", "token"))
    elif kind == "mode 0644":
        secret_file(anyone, "it", "token", 0o644)
    elif kind != "missing":
        path = kind
    anyone.forget_log()
    result = anyone.bbkey("login", anyone.base, "--token-file", str(path),
                          timeout=20)
    refused(result, "auth")
    assert str(path) in result.error and anyone.requests() == []
    assert kind != "mode 0644" or "chmod 600" in result.hint


@pytest.mark.row("R19")
@pytest.mark.parametrize("user", ["a\r\nX-Injected: 1", "a\nb", "a:b",
                                  "a\x1bb", "", "x" * 5000, "a\nhost=evil"])
def test_r19_a_user_name_carries_nothing_else(home: Home, user: str):
    """Neither a header nor a line of git's protocol."""
    home.forget_log()
    result = give(home, Token(home.sandbox.users["dev"], user))
    assert result.status != 0 and "\x1b" not in result.err, result
    assert users(home) <= {None} and stored(home) == []


@pytest.mark.row("R19")
def test_r19_standard_input_that_never_ends(home: Home):
    result = home.run("sh", "-c", f"yes | git bbkey login '{home.base}' "
                      "--stdin", timeout=20)
    refused(result, "auth")
    assert result.seconds < 5


@pytest.mark.row("R21")
def test_r21_hostile_words_are_shown_as_text(anyone: Home):
    """In errors, and in the name that the token is somebody's."""
    anyone.tracing = False
    flag = anyone.work / "flag"
    wrong = []
    for nasty in NASTY:
        text = nasty.replace("{flag}", str(flag))
        body = {"type": "error", "error": {"message": text}} if \
            is_cloud(anyone) else {"errors": [{"message": text}]}
        for status in (401, 403, 400):
            clear_faults(anyone)
            anyone.sandbox.fault(path="/user$|/repos\\?permission", times=-1,
                                 status=status, json=body)
            result = log_in(anyone, "-n")
            wrong += harmless(anyone, result, flag, text)
        clear_faults(anyone)
        if is_cloud(anyone):
            anyone.sandbox.fault(path="/user$", times=-1,
                                 merge={"nickname": text})
        elif not any(ord(c) < 32 for c in text) and text.isascii() and \
                len(text) < 9000:
            anyone.sandbox.fault(path="/repos\\?permission", times=-1,
                                 status=200, headers={"X-AUSERNAME": text},
                                 json={"values": [], "isLastPage": True})
        for word in ("-n", "--json"):
            result = log_in(anyone, word)
            wrong += harmless(anyone, result, flag, text)
    assert not wrong, wrong
    assert all(line[1] in ("dev", "x-token-auth",
                           "x-bitbucket-api-token-auth")
               for line in stored(anyone)), store_file(anyone).read_text()


@pytest.mark.row("R23")
def test_r23_a_good_proxy_never_sees_the_token(home: Home):
    with Proxy() as proxy:
        result = log_in(home, env={"https_proxy": proxy.url()})
    assert result.status == 0 and proxy.heads, result
    value = home.sandbox.tokens["project_admin"]
    for head in proxy.heads:
        assert head.startswith(b"CONNECT ")
        assert value.encode() not in head
        assert base64.b64encode(f"dev:{value}".encode()) not in head


@pytest.mark.row("R23")
@pytest.mark.parametrize("kind", ["407", "403", "a redirect", "it closes"])
def test_r23_a_proxy_that_does_not_serve_is_network(anyone: Home, kind: str):
    answer, word = REFUSALS[kind]
    anyone.forget_log()
    with Proxy(answer) as proxy, unchanged(anyone):
        result = log_in(anyone, env={
            "https_proxy": proxy.url("me:pr0xypass@")})
    refused(result, "network")
    assert word in result.error and "pr0xypass" not in result.err
    assert anyone.requests() == [] and stored(anyone) == []


@pytest.mark.row("R1")
def test_r01_a_server_that_fails_behind_a_good_token_stores_nothing(
        anyone: Home):
    """Revoked between two requests: what was true a moment ago is not."""
    path = ASKED[is_cloud(anyone)][-1]
    body = {"type": "error", "error": {"message": "no"}} if \
        is_cloud(anyone) else {"errors": [{"message": "no", "exceptionName":
                               "IncorrectPasswordAuthenticationException"}]}
    anyone.sandbox.fault(path=path, status=401, times=-1, json=body)
    with unchanged(anyone):
        result = log_in(anyone, url=anyone.https_url())
    refused(result, "auth")
    assert hits(anyone, path) == 1 and stored(anyone) == []
