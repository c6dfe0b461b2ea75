"""REST over lines that break, through proxies, at a wrong date.

Rows R11, R23 and R24; through `git bbkey init` and, on an enrolled instance,
through a plain `git clone`, which must end as plain ssh would (I10).
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
from home import Home, Result
from rest_checks import (KEYS, configure, hits, init, like_plain_ssh, listen,
                         nothing_made, refused, sandbox_keys, trust_ssh_host,
                         unchanged)
from rest_faults import REFUSALS
from wire import Cut, Proxy, Server

HTTPS = "https_proxy"


def web_address(home: Home) -> tuple[str, int]:
    address = urlsplit(home.base)
    return address.hostname, address.port


def init_at(home: Home, port: int) -> Result:
    """`git bbkey init` of the same instance behind another port."""
    base = f"https://localhost:{port}/bitbucket"
    return home.bbkey("init", f"{base}/scm/proj/app.git",
                      env={"BBKEY_URL": base,
                           "GIT_SSL_CAINFO": home.sandbox.ca})


def clone_by(home: Home, port: int) -> Result:
    """A clone whose REST goes to another port, and that it cannot help."""
    home.enrol()
    trust_ssh_host(home)
    configure(home, f"bbkey.{home.base}.apiUrl",
              f"https://localhost:{port}/bitbucket/rest")
    home.forget_log()
    clone = like_plain_ssh(home, env={"GIT_SSL_CAINFO": home.sandbox.ca})
    assert "Permission denied" in clone.err
    return clone


# --- R11: lines that break ---------------------------------------------------

@pytest.mark.row("R11")
@pytest.mark.parametrize("kind", ["accept-silent", "rst"])
def test_r11_a_server_without_a_handshake_is_network(home: Home, kind: str):
    port = listen(home, kind)
    with unchanged(home):
        result = init_at(home, port)
    refused(result, "network")
    assert result.seconds < 10, "5 s to connect"
    assert "VPN" in result.hint
    assert re.search("no connection in time" if kind == "accept-silent" else
                     "before it was secure|Failed to connect", result.error)
    nothing_made(home)


@pytest.mark.row("R11")
@pytest.mark.parametrize("kind", ["accept-silent", "rst"])
def test_r11_a_clone_waits_for_it_once(home: Home, kind: str):
    """Nothing was sent, so there is nothing to look for afterwards."""
    port = listen(home, kind)
    clone = clone_by(home, port)
    assert "git-bbkey: network: " in clone.err
    assert clone.seconds < 15, "5 s to connect"
    (sink,) = home.sandbox.control("GET", "/sink")
    assert sink["connections"] == 1
    assert sandbox_keys(home) == []


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", ["close", "reset"])
def test_r11_a_line_that_breaks_in_the_handshake_is_network(home: Home,
                                                            how: str):
    """After nothing, a record's first byte, within the server's flight."""
    home.tracing = False
    for after in (0, 1, 200, 600):
        with Cut(web_address(home), after, how) as line:
            result = init_at(home, line.port)
            assert line.connections == 1
        refused(result, "network")
        assert result.seconds < 10
        assert re.search("before it was secure|Failed to connect",
                         result.error), (after, result)
    assert home.requests() == []
    nothing_made(home)


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", ["close", "reset"])
def test_r11_wherever_the_line_breaks_it_is_an_error(home: Home, how: str):
    """From the handshake to within the first answer."""
    home.tracing = False
    for after in range(700, 1900, 200):
        with Cut(web_address(home), after, how) as line:
            result = init_at(home, line.port)
        refused(result, "network", "server")
        assert re.search("before it was secure|without an answer|too early|"
                         "connection broke", result.error), (after, result)
    assert home.requests(), "the last ones came that far"
    nothing_made(home)


@pytest.mark.row("R11")
@pytest.mark.parametrize("how", ["close", "reset"])
def test_r11_a_clone_over_a_broken_line_ends_as_ssh_would(home: Home,
                                                          how: str):
    with Cut(web_address(home), 200, how) as line:
        clone = clone_by(home, line.port)
        assert line.connections == 1
    assert "git-bbkey: network: " in clone.err
    assert sandbox_keys(home) == []


# --- R23: proxies ------------------------------------------------------------

def no_secret_in(home: Home, proxy: Proxy) -> None:
    """CONNECT, and nothing but it, with nothing of ours."""
    host, port = web_address(home)
    for head in proxy.heads:
        assert head.startswith(f"CONNECT {host}:{port} HTTP/1.1\r\n".encode())
        assert b"\r\nauthorization:" not in head.lower()
        assert b"x-atlassian" not in head.lower()
        for token in home.sandbox.tokens.values():
            assert token.encode() not in head
            assert base64.b64encode(f"dev:{token}".encode()) not in head


@pytest.mark.row("R23")
@pytest.mark.parametrize("where", [
    HTTPS, "HTTPS_PROXY", "all_proxy", "http.proxy", "http.<base>.proxy"])
def test_r23_a_good_proxy_is_used_and_never_sees_the_token(home: Home,
                                                           where: str):
    env = {}
    with Proxy() as proxy:
        if where.startswith("http."):
            configure(home, where.replace("<base>", home.base), proxy.url())
        else:
            env = {where: proxy.url()}
        result = init(home, env=env)
    assert result.status == 0, result
    assert len(proxy.heads) == 1, "one connection for the whole run"
    no_secret_in(home, proxy)
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R23")
def test_r23_a_clone_registers_through_a_proxy(home: Home):
    home.enrol()
    with Proxy() as proxy:
        clone = home.git("clone", home.ssh_url(), "app",
                         env={HTTPS: proxy.url()})
    assert clone.status == 0, clone
    assert len(proxy.heads) == 1
    no_secret_in(home, proxy)
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R23")
@pytest.mark.parametrize("setting", ["no_proxy", "http_proxy", "http.proxy"])
def test_r23_a_proxy_that_is_not_for_us_is_left_alone(home: Home,
                                                      setting: str):
    """As git and curl do: no_proxy, one for http, http.proxy set to none."""
    with Proxy() as proxy:
        env = {"http_proxy": proxy.url()}
        if setting != "http_proxy":
            env[HTTPS] = proxy.url()
        if setting == "no_proxy":
            env["no_proxy"] = "localhost"
        if setting == "http.proxy":
            configure(home, "http.proxy", "")
        result = init(home, env=env)
    assert result.status == 0, result
    assert proxy.heads == []


@pytest.mark.row("R23")
@pytest.mark.parametrize("user", ["", "me:wr0ng@", "me:r1ght@"])
def test_r23_a_proxy_with_a_password_gets_its_own_only(home: Home, user: str):
    right = base64.b64encode(b"me:r1ght")
    with Proxy(password=b"Proxy-Authorization: Basic " + right) as proxy:
        result = init(home, env={HTTPS: proxy.url(user)})
    no_secret_in(home, proxy)
    assert "r1ght" not in result.err and "wr0ng" not in result.err
    if "r1ght" in user:
        assert result.status == 0, result
        return
    refused(result, "network")
    assert "407" in result.error and "password" in result.error
    assert "https_proxy" in result.hint
    nothing_made(home)


@pytest.mark.row("R23")
@pytest.mark.parametrize("kind", REFUSALS)
def test_r23_a_proxy_that_does_not_serve_is_network(home: Home, kind: str):
    answer, word = REFUSALS[kind]
    with Proxy(answer) as proxy, unchanged(home):
        result = init(home, env={HTTPS: proxy.url("me:pr0xypass@")})
    refused(result, "network")
    assert word in result.error and "pr0xypass" not in result.err
    assert "https_proxy" in result.hint
    assert "login.example" not in result.err
    assert result.seconds < 10
    assert proxy.heads
    no_secret_in(home, proxy)
    assert home.requests() == []
    nothing_made(home)


@pytest.mark.row("R23")
@pytest.mark.parametrize("kind", ["closed", "silent"])
def test_r23_a_proxy_that_is_not_there_is_network(home: Home, kind: str):
    with Server(lambda client: client.recv(1 << 16) and client.recv(1)
                ) as silent, unchanged(home):
        port = silent.port if kind == "silent" else listen(home, "closed")
        result = init(home, env={HTTPS: f"http://localhost:{port}"})
    refused(result, "network")
    assert result.seconds < 10
    nothing_made(home)


@pytest.mark.row("R23")
@pytest.mark.parametrize("kind", ["407", "it closes"])
def test_r23_a_clone_behind_a_bad_proxy_ends_as_ssh_would(home: Home,
                                                          kind: str):
    home.enrol()
    trust_ssh_host(home)
    home.forget_log()
    with Proxy(REFUSALS[kind][0]) as proxy:
        clone = like_plain_ssh(home, env={HTTPS: proxy.url()})
        assert proxy.connections == 1
    assert "git-bbkey: network: " in clone.err
    assert "Permission denied" in clone.err
    assert home.requests() == []
    no_secret_in(home, proxy)
    assert sandbox_keys(home) == []


# --- R24: dates --------------------------------------------------------------

def today() -> str:
    """As the program has it, in UTC."""
    return subprocess.run(["date", "-u", "+%Y-%m-%d"], capture_output=True,
                          text=True).stdout.strip()


@pytest.mark.row("R24")
@pytest.mark.parametrize("kind, words", [
    ("tls-not-yet-valid", "not yet valid"), ("tls-expired", "expired")])
def test_r24_a_certificate_of_another_time_names_the_date(
        home: Home, kind: str, words: str):
    day = today()
    result = init_at(home, listen(home, kind))
    refused(result, "tls")
    assert words in result.error
    assert day in result.error or today() in result.error
    assert "date" in result.hint and "certificate" in result.hint
    nothing_made(home)


@pytest.mark.row("R24")
@pytest.mark.parametrize("date, words", [("2001-02-03", "not yet valid"),
                                         ("2035-02-03", "expired")])
def test_r24_a_machine_of_another_time_says_what_it_takes_today_for(
        home: Home, date: str, words: str):
    """The certificate is right, and the clock is not."""
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    result = home.run("faketime", f"{date} 12:00:00", "git", "bbkey", "init",
                      home.https_url(),
                      env={"FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"})
    refused(result, "tls")
    assert words in result.error and date in result.error
    assert hits(home, KEYS) == 0
    nothing_made(home)


@pytest.mark.row("R24")
@pytest.mark.parametrize("kind", ["tls-not-yet-valid", "tls-expired"])
def test_r24_a_plain_clone_names_the_date_and_ends_as_ssh_would(home: Home,
                                                                kind: str):
    day = today()
    clone = clone_by(home, listen(home, kind))
    assert "git-bbkey: tls: " in clone.err
    assert day in clone.err or today() in clone.err
    assert sandbox_keys(home) == []
