"""A token goes to one configured https origin only: R17, R18, R22."""

from __future__ import annotations

import re
import subprocess

import pytest
from home import Home
from rest_checks import (PROPERTIES, REPO, SETTINGS, clear_faults,
                         configure, init, like_plain_ssh, listen,
                         nothing_made, refused, sandbox_keys, secret_file,
                         sinks, trust_ssh_host, unchanged, untouched, users,
                         with_token)
from rest_faults import STATUSES, TLS, check_no_leak, classes, places

# --- R17: redirects ----------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R17")
@pytest.mark.parametrize("path", [PROPERTIES, SETTINGS, REPO])
def test_r17_no_redirect_is_followed(home: Home, path: str):
    home.tracing = path == SETTINGS
    wrong = []
    for name, (address, host) in places(home).items():
        for status in STATUSES:
            clear_faults(home)
            home.forget_log()
            home.sandbox.fault(path=path, status=status, redirect=address,
                               times=-1)
            result = init(home)
            refused(result, "server")
            assert str(status) in result.error, result
            if f"'{host}'" not in result.error and host:
                wrong.append((name, "host is not shown", result.error))
            if re.search("pa55word|steal|access_token|name:", result.err):
                wrong.append((name, "more than the host", result.error))
            if len([x for x in home.requests() if "steal" in x]):
                wrong.append((name, "followed", home.requests()))
    untouched(home)
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R17")
@pytest.mark.parametrize("status", STATUSES)
def test_r17_a_registration_is_not_sent_on(home: Home, status: int):
    port = listen(home, "tls-sink")
    home.sandbox.fault(method="POST", status=status, times=-1,
                       redirect=f"https://localhost:{port}/steal")
    result = init(home)
    refused(result, "server")
    assert len(home.requests("POST")) == 1
    assert sandbox_keys(home) == [] and not home.config.exists()
    untouched(home)


@pytest.mark.row("R17")
def test_r17_a_plain_clone_follows_none_either(home: Home):
    home.enrol()
    trust_ssh_host(home)
    port = listen(home, "tls-sink")
    home.sandbox.fault(path="/rest/", status=307, times=-1,
                       redirect=f"https://localhost:{port}/steal")
    assert "Permission denied" in like_plain_ssh(home).err
    untouched(home)


@pytest.mark.row("R17")
def test_r17_a_project_that_moved_is_an_error_that_says_so(home: Home):
    """Data Center's own 307 stays on its host, and is not followed, too."""
    home.sandbox.set(aliases={"OLD": "PROJ"})
    result = home.bbkey("init", home.https_url("old"))
    refused(result, "server", "permission")
    nothing_made(home)


# --- R18: TLS ----------------------------------------------------------------

@pytest.mark.user
@pytest.mark.row("R18")
@pytest.mark.parametrize("kind", TLS)
def test_r18_a_server_that_cannot_prove_itself_is_tls(home: Home, kind: str):
    base = f"https://localhost:{listen(home, kind)}/bitbucket"
    with unchanged(home):
        result = home.bbkey("init", f"{base}/scm/proj/app.git", env={
            "BBKEY_URL": base, "GIT_SSL_CAINFO": home.sandbox.ca})
    refused(result, *classes(kind))
    check_no_leak(home, result, kind)
    nothing_made(home)


@pytest.mark.row("R18")
@pytest.mark.parametrize("kind", TLS)
def test_r18_a_plain_clone_sends_no_token_there(home: Home, kind: str):
    home.enrol()
    trust_ssh_host(home)
    configure(home, f"bbkey.{home.base}.apiUrl",
              f"https://localhost:{listen(home, kind)}/rest")
    clone = like_plain_ssh(home, env={"GIT_SSL_CAINFO": home.sandbox.ca})
    assert any(f"git-bbkey: {name}: " in clone.err
               for name in classes(kind)), clone
    check_no_leak(home, clone, kind)
    assert sandbox_keys(home) == []


@pytest.mark.row("R18")
def test_r18_a_server_that_says_it_knows_tls_1_1_only_is_tls(home: Home):
    """openssl's own server sends the alert that belongs to it."""
    key, certificate = home.work / "key.pem", home.work / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True)
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", "-key", str(key),
         "-cert", str(certificate), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    try:
        for line in server.stdout:
            if line.startswith("ACCEPT "):
                port = line.rsplit(":", 1)[1].strip()
                break
        base = f"https://localhost:{port}/bitbucket"
        result = home.bbkey("init", base, env={"BBKEY_URL": base})
    finally:
        server.kill()
        server.communicate()
    refused(result, "tls")


@pytest.mark.row("R18")
@pytest.mark.parametrize("how", ["http.sslVerify", "http.<base>.sslVerify",
                                 "GIT_SSL_NO_VERIFY", "ca of another"])
def test_r18_nothing_switches_the_check_off(home: Home, how: str):
    kind = "tls-unknown-ca" if how == "ca of another" else "tls-self-signed"
    base = f"https://localhost:{listen(home, kind)}/bitbucket"
    env = {"BBKEY_URL": base}
    if how == "http.sslVerify":
        configure(home, "http.sslVerify", "false")
    elif how == "http.<base>.sslVerify":
        configure(home, f"http.{base}.sslVerify", "false")
    elif how == "GIT_SSL_NO_VERIFY":
        env["GIT_SSL_NO_VERIFY"] = "1"
    else:
        configure(home, f"http.{base}.sslCAInfo", home.sandbox.ca)
    result = home.bbkey("init", base, env=env)
    refused(result, "tls")
    check_no_leak(home, result, kind)


@pytest.mark.row("R18")
@pytest.mark.parametrize("form", ["http", "HTTP", "http in apiUrl",
                                  "file", "file in apiUrl"])
def test_r18_a_token_is_never_sent_over_anything_else(home: Home, form: str):
    port = listen(home, "sink")
    url = f"http://localhost:{port}/bitbucket"
    if "apiUrl" in form:
        configure(home, f"bbkey.{home.base}.apiUrl",
                  "file:///etc/passwd" if "file" in form else url + "/rest")
        result = init(home)
    elif form == "file":
        result = home.bbkey("init", "file:///etc/passwd")
    else:
        url = url.replace("http", form, 1)
        result = home.bbkey("init", url, env={"BBKEY_URL": url})
    assert result.status in (7, 12, 9, 129), result
    assert result.error_class in ("tls", "not-bitbucket", "usage", "local")
    untouched(home)
    nothing_made(home)


# --- R22: clone links --------------------------------------------------------

def link_bodies(home: Home) -> dict[str, list]:
    """links.clone of the repository, as a hostile server would send it."""
    host, _, port = home.ssh_url().split("@")[1].split("/")[0].partition(":")
    good = f"ssh://git@{host}:{port}/proj/app.git"

    def ssh(*addresses: object) -> list:
        return [{"name": "ssh", "href": address} for address in addresses]

    return {
        "other host": ssh(f"ssh://git@evil.example:{port}/proj/app.git"),
        "other loopback name": ssh(f"ssh://git@127.0.0.1:{port}/proj/a.git"),
        "suffix": ssh(f"ssh://git@localhost.evil.example:{port}/p/a.git"),
        "prefix": ssh(f"ssh://git@evil-localhost:{port}/proj/app.git"),
        "option as host": ssh("ssh://-oProxyCommand=touch%20flag/proj/app"),
        "option as user": ssh(f"ssh://-oX@{host}:{port}/proj/app.git"),
        "escaped option": ssh("ssh://%2doProxyCommand=id/proj/app.git"),
        "file": ssh("file:///tmp/app.git"),
        "ext": ssh("ext::sh -c touch% flag"),
        "path": ssh("/tmp/app.git"),
        "http": ssh(f"http://{host}/scm/proj/app.git"),
        "https": ssh(f"https://{host}/scm/proj/app.git"),
        "two hosts": ssh(f"ssh://git@{host}@evil.example:{port}/p/a.git"),
        "host behind @": ssh(f"ssh://{host}:{port}@evil.example/p/a.git"),
        "other port": ssh(f"ssh://git@{host}:1/proj/app.git"),
        "port 0": ssh(f"ssh://git@{host}:0/proj/app.git"),
        "port 65536": ssh(f"ssh://git@{host}:65536/proj/app.git"),
        "octal port": ssh(f"ssh://git@{host}:022/proj/app.git"),
        "shell in host": ssh(f"ssh://git@$(touch flag):{port}/p/a.git"),
        "shell in user": ssh(f"ssh://$(touch flag)@{host}:{port}/p/a.git"),
        "line end": ssh(f"ssh://git@{host}:{port}/proj/app.git\n[core]"),
        "homograph": ssh(f"ssh://git@loc\u0430lhost:{port}/proj/app.git"),
        "full width": ssh(f"ssh://git@\uff4cocalhost:{port}/proj/app.git"),
        "a number": ssh(7),
        "100 links": ssh(*[f"ssh://git@evil{i}.example/p/a.git"
                           for i in range(100)]),
        "0 links": [],
    }


@pytest.mark.user
@pytest.mark.row("R22")
def test_r22_a_hostile_clone_link_leads_nowhere(home: Home):
    """0 links: denied, as Data Center lists none while its SSH is off."""
    home.tracing = False
    flag = home.work / "flag"
    wrong = []
    for name, links in link_bodies(home).items():
        clear_faults(home)
        home.forget_log()
        home.sandbox.fault(path=REPO, times=-1,
                           merge={"links": {"clone": links}})
        result = init(home)
        good = ("denied", "server") if name == "0 links" else \
            ("server", "not-bitbucket")
        if result.status == 0 or result.error_class not in good:
            wrong.append((name, result.status, result.err[-300:]))
        if home.events("ssh_connect") or home.requests("POST"):
            wrong.append((name, "went on", home.requests()))
        if "secret" in result.err or "\n[core]" in result.err:
            wrong.append((name, "shown as it is", result.err))
        if home.config.exists() or flag.exists():
            wrong.append((name, "wrote a file"))
    assert not wrong, wrong
    assert home.private_keys() == [] == sandbox_keys(home)


@pytest.mark.row("R22")
@pytest.mark.parametrize("userinfo", ["git:pa55word@", "root@", ""])
def test_r22_only_host_and_port_of_a_link_are_used(home: Home, userinfo: str):
    """The host is the right one; whom to log in as, a server cannot choose."""
    home.sandbox.fault(path=REPO, times=-1, merge={"links": {"clone": [
        {"name": "ssh", "href": home.ssh_url().replace("git@", userinfo)}]}})
    result = init(home)
    assert "pa55word" not in result.err
    for path in home.folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert b"pa55word" not in text and b"root@" not in text, path
    assert {e["user"] for e in home.events("ssh_auth")} <= {"git"}
    if result.status != 0:
        refused(result, "server")


@pytest.mark.row("R22")
def test_r22_no_program_is_started_for_a_hostile_link(home: Home):
    """With a trace: no connect, no ssh (I5)."""
    home.sandbox.fault(path=REPO, times=-1, merge={"links": {"clone": [
        {"name": "ssh", "href": "ssh://git@192.0.2.1:22/proj/app.git"}]}})
    refused(init(home), "not-bitbucket", "server")
    assert "/ssh\"" not in home.runs[-1].trace.read_text()


@pytest.mark.row("R22")
def test_r22_the_good_one_of_100_links_is_found(home: Home):
    """A page of http links before it does not hide it."""
    links = [{"name": "http", "href": "https://evil.example/x.git"}] * 99
    links.append({"name": "ssh", "href": home.ssh_url()})
    home.sandbox.fault(path=REPO, times=-1, merge={"links": {"clone": links}})
    result = init(home)
    assert result.status == 0, result


@pytest.mark.row("R22")
def test_r22_another_ssh_host_needs_configuration(home: Home):
    other = home.ssh_url().replace("localhost", "127.0.0.1")
    home.sandbox.fault(path=REPO, times=-1, merge={
        "links": {"clone": [{"name": "ssh", "href": other}]}})
    result = init(home)
    refused(result, "not-bitbucket", "server")
    assert f"bbkey.{home.base}.ssh" in result.hint, "it says how"
    nothing_made(home)
    configure(home, f"bbkey.{home.base}.ssh", other.rsplit("/", 2)[0])
    result = init(home)
    assert result.status == 0, result


@pytest.mark.row("R22")
@pytest.mark.parametrize("answer", ["y", "n", ""])
def test_r22_or_a_persons_yes(home: Home, answer: str):
    other = home.ssh_url().replace("localhost", "127.0.0.1")
    home.sandbox.fault(path=REPO, times=-1, merge={
        "links": {"clone": [{"name": "ssh", "href": other}]}})
    screen = home.terminal("git", "bbkey", "init", home.https_url())
    screen.expect(r"\?.*\[y/N\] ")
    assert "127.0.0.1" in screen.before
    screen.sendline(answer)
    screen.read()
    screen.close()
    if answer == "y":
        assert screen.exitstatus == 0
        assert len(sandbox_keys(home)) == 1
    else:
        assert screen.exitstatus == 12
        nothing_made(home)


@pytest.mark.row("R22")
def test_r22_the_settings_address_is_no_better(home: Home):
    """/rest/ssh/latest/settings may lie as well; a base URL enrols with it."""
    home.tracing = False
    for address in ("ssh://git@evil.example:22", "ssh://-oProxyCommand=id",
                    "file:///tmp", "ssh://git@evil.example"):
        clear_faults(home)
        home.sandbox.fault(path=SETTINGS, times=-1,
                           merge={"baseUrl": address})
        home.sandbox.fault(path="/repos\\?limit=1", times=-1,
                           json={"values": [], "isLastPage": True})
        result = home.bbkey("init", home.base)
        assert result.status != 0 or "evil" not in (
            home.config / "config").read_text(), result
        if result.status == 0:
            assert "ProxyCommand" not in (home.config / "config").read_text()
    assert home.events("ssh_connect") == []


# --- one origin --------------------------------------------------------------

def other_bases(home: Home) -> list[str]:
    port = home.base.split(":")[2].split("/")[0]
    return ["https://bitbucket.example.com", f"https://localhost:{port}",
            f"https://localhost:{port}/bit",
            f"https://localhost:{port}/bitbucket2",
            f"https://localhost:{port}/bitbucket/x",
            f"https://localhost:{port}/Bitbucket",
            f"https://localhost:{int(port) - 1}/bitbucket",
            "https://localhost/bitbucket",
            f"http://localhost:{port}/bitbucket",
            f"https://localhost.evil.example:{port}/bitbucket",
            f"https://evil-localhost:{port}/bitbucket",
            f"https://127.0.0.1:{port}/bitbucket",
            f"https://localhost:{port}@evil.example/bitbucket",
            f"https://loc\u0430lhost:{port}/bitbucket",
            f"localhost:{port}/bitbucket", f"ssh://localhost:{port}/bitbucket",
            "", " ", "https://"]


@pytest.mark.user
@pytest.mark.row("R18", "M4")
def test_r18_bbkey_token_goes_to_bbkey_url_only(home: Home):
    home.tracing = False
    wrong = []
    for other in other_bases(home):
        result = init(home, env={"BBKEY_URL": other,
                                 "GIT_SSL_CAINFO": home.sandbox.ca})
        if result.status == 0 or with_token(home):
            wrong.append((other, result.status, with_token(home)))
            home.forget_log()
        elif result.error_class not in ("auth", "usage", "not-bitbucket"):
            wrong.append((other, result.err))
    result = init(home, env={"BBKEY_URL": None})
    refused(result, "auth")
    assert "BBKEY_URL" in result.err, "it says what is missing"
    assert with_token(home) == []
    nothing_made(home)
    assert not wrong, wrong


@pytest.mark.row("R18", "M4")
def test_r18_a_bbkey_url_that_is_half_a_word_names_another_instance(
        home: Home):
    """/bit is no context of /bitbucket/scm/...: the URL's own base counts."""
    token = secret_file(home, "token", home.sandbox.tokens["project_admin"])
    result = init(home, "--token-file", str(token), env={
        "BBKEY_URL": home.base.removesuffix("bucket"),
        "GIT_SSL_CAINFO": home.sandbox.ca})
    assert result.status == 0, result
    assert all("/bitbucket/" in line for line in home.requests())
    home.may_hold_secrets = [str(token)]


@pytest.mark.row("R18", "M4")
def test_r18_other_spellings_of_the_same_origin_are_the_same(home: Home):
    home.tracing = False
    wrong = []
    for same in (home.base + "/", home.base.replace("localhost", "LocalHost"),
                 home.base.replace("://", "://dev@")):
        home.forget_log()
        result = home.bbkey("init", home.base, env={"BBKEY_URL": same})
        if result.status != 0 or users(home) != {"dev"}:
            wrong.append((same, result.status, result.err[-200:]))
    assert not wrong, wrong


@pytest.mark.user
@pytest.mark.row("R18", "M7")
@pytest.mark.parametrize("where", ["remote", "apiUrl", "tokenFile", "ssh",
                                   "proxy", "insteadOf", "sslCAInfo"])
def test_r18_a_repositorys_own_configuration_sends_no_token_away(
        home: Home, where: str):
    port = listen(home, "tls-sink")
    sink = f"https://localhost:{port}/bitbucket"
    repo = home.work / "repo"
    home.tracing = False
    home.git("init", "-q", str(repo))
    remote = home.https_url()
    local = {
        "remote": [],
        "apiUrl": [(f"bbkey.{home.base}.apiUrl", f"{sink}/rest")],
        "tokenFile": [(f"bbkey.{sink}.edition", "datacenter"),
                      (f"bbkey.{sink}.auto", "always"),
                      (f"bbkey.{sink}.tokenFile",
                       str(secret_file(home, "t", home.sandbox.tokens[
                           "project_admin"])))],
        "ssh": [(f"bbkey.{sink}.ssh", home.ssh_url().rsplit("/", 2)[0])],
        "proxy": [("http.proxy", f"http://localhost:{port}"),
                  (f"http.{home.base}.proxy", f"http://localhost:{port}")],
        "insteadOf": [(f"url.{sink}.insteadOf", home.base)],
        "sslCAInfo": [(f"http.{home.base}.sslCAInfo", "/dev/null")],
    }[where]
    if where in ("remote", "tokenFile"):
        remote = f"{sink}/scm/proj/app.git"
    if where == "ssh":
        remote = home.ssh_url()
    home.git("remote", "add", "origin", remote, cwd=repo)
    for key, value in local:
        assert home.git("config", key, value, cwd=repo).status == 0
    home.tracing = True
    result = home.bbkey("init", cwd=repo,
                        env={"GIT_SSL_CAINFO": home.sandbox.ca})
    (seen,) = sinks(home)
    assert seen["requests"] == 0 == seen["bytes"], (seen, result)
    if where in ("remote", "tokenFile", "insteadOf"):
        assert result.status in (0, 12), result
        if result.status == 12:
            nothing_made(home)
    else:
        assert result.status == 0, result


@pytest.mark.row("R18", "M7")
def test_r18_the_working_instance_is_not_confused_by_a_second(home: Home):
    """Enrolled here, and a clone of a lookalike: plain git, no token."""
    home.enrol()
    port = listen(home, "tls-sink")
    home.forget_log()
    for url in (f"https://localhost:{port}/bitbucket/scm/proj/app.git",
                "https://localhost.evil.invalid/bitbucket/scm/p/a.git"):
        clone = home.git("clone", url, "x", env={
            "GIT_SSL_CAINFO": home.sandbox.ca, "GIT_TERMINAL_PROMPT": "0"})
        assert "git-bbkey" not in clone.err
    assert home.requests() == [] and sandbox_keys(home) == []


@pytest.mark.row("R18")
def test_r18_a_token_of_the_option_goes_where_the_person_pointed(home: Home):
    """--token-file with a lookalike that has no good certificate: nothing."""
    token = secret_file(home, "token", home.sandbox.tokens["project_admin"])
    port = listen(home, "tls-unknown-ca")
    result = home.bbkey("init", f"https://localhost:{port}/scm/proj/app.git",
                        "--token-file", str(token))
    refused(result, "tls")
    assert sinks(home)[0]["bytes"] == 0
    nothing_made(home)
