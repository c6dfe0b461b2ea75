"""M3 to M5 for the addresses of Bitbucket Cloud, through the real programs.

bitbucket.org, ssh.bitbucket.org and altssh.bitbucket.org:443 are Cloud's, in
any case; whatever only looks like one of them gets no token, no key, no REST
request, and is asked nothing.  What the transport is given and is not for us
goes to ssh as it is, and no `ssh -G` of ours before it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cloudhome import BASE, CloudHome
from home import BIN
from rest_checks import listen, nothing_made, refused, untouched, with_token

UPLOAD = "git-upload-pack 'acme/app.git'"
NAMES = ("bitbucket.org", "ssh.bitbucket.org", "altssh.bitbucket.org")

# Of no host: refused before anything runs.
NO_HOST = [
    "b\u0456tbucket.org", "\uff42itbucket.org", "bitbucket\u3002org",
    "bitbucket.org.", "bitbucket.org..", ".bitbucket.org",
    "bitbucket..org", "bitbucket.org%2eevil", "bit%62ucket.org",
    "bitbucket.org%00.evil", "bitbucket.org\\.evil", "bitbucket.org,evil",
    "bitbucket.org;id", "$(id).bitbucket.org", "-bitbucket.org",
    "bitbucket_org", "[bitbucket.org]", "*.bitbucket.org",
    "bitbucket.org evil", "bitbucket.org\tevil", "bitbucket.org\x1b[2J"]
# A good name, of somebody else.
OTHERS = [
    "bitbucket.org.evil.invalid", "evil-bitbucket.org.invalid",
    "evilbitbucket.invalid", "ssh.bitbucket.org.evil.invalid",
    "xn--btbucket-n5h.org.invalid", "api.bitbucket.org",
    "www.bitbucket.org", "ssh.ssh.bitbucket.org", "bitbucket.com.invalid"]
# Cloud's names at ports of nobody's.
PORTS = ["bitbucket.org:2222", "bitbucket.org:443", "bitbucket.org:7999",
         "ssh.bitbucket.org:443", "ssh.bitbucket.org:2222",
         "altssh.bitbucket.org:22", "altssh.bitbucket.org:2222"]


# ssh's own business where they are given to the transport: an alias may have
# any such name, and none of them is Cloud's.
NAMES_OF_SSH = ["bitbucket.org.", "bitbucket.org..", ".bitbucket.org",
                "bitbucket..org", "bitbucket_org"]


def quiet(cloud: CloudHome) -> None:
    """No token, no key, no REST, no ssh of ours."""
    assert cloud.requests() == [] and cloud.events("ssh_connect") == []
    assert cloud.private_keys() == []


def started(cloud: CloudHome) -> list[str]:
    """Programs that the last run started, by name."""
    return [Path(line.split('"')[1]).name
            for line in cloud.runs[-1].trace.read_text().splitlines()
            if "execve(" in line and '"' in line]


def recorder(cloud: CloudHome) -> Path:
    """An ssh that notes how it was called, and connects nowhere."""
    folder = cloud.work / "bin"
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    log.write_text("")
    script = folder / "ssh"
    script.write_text("#!/bin/sh\n"
                      f"printf '%s\\n' \"$*\" >> '{log}'\nexit 255\n")
    script.chmod(0o755)
    cloud.extra["PATH"] = f"{folder}:{BIN}:/usr/local/bin:/usr/bin:/bin"
    return log


def transport(cloud: CloudHome, *argv: str):
    return cloud.run(str(BIN / "git-bbkey-ssh"), *argv)


# --- what is Cloud's ---------------------------------------------------------

FORMS = [
    "git@bitbucket.org:acme/app.git", "ssh://git@bitbucket.org/acme/app.git",
    "https://dev@bitbucket.org/acme/app.git",
    "https://bitbucket.org/acme/app", "https://bitbucket.org/acme/app/",
    "https://bitbucket.org/acme/app/src/main/a%20b.c?at=x#lines-3",
    "https://bitbucket.org/acme/app/pull-requests/7",
    "https://bitbucket.org:443/acme/app.git",
    "https://BitBucket.ORG/acme/app.git", "git@BITBUCKET.org:acme/app.git",
    "git@ssh.bitbucket.org:acme/app.git",
    "ssh://git@ssh.bitbucket.org/acme/app.git",
    "ssh://git@ssh.bitbucket.org:22/acme/app.git",
    "ssh://git@altssh.bitbucket.org:443/acme/app.git",
    "https://bitbucket.org/ACME/App.git"]


@pytest.mark.row("M3", "M4")
@pytest.mark.parametrize("form", FORMS)
def test_m4_every_form_of_a_url_of_cloud_names_the_repository(
        cloud: CloudHome, form: str):
    """As init would set it up."""
    alone = cloud.bbkey("request", "--json", "--scope", "repo", form)
    place = json.loads(alone.out)["request"]
    assert f"{place['workspace']}/{place['repo']}".lower() == "acme/app"
    result = cloud.bbkey("request", "--json", form)
    assert result.status == 0, result
    said = json.loads(result.out)["request"]
    assert said["base_url"] == BASE and said["edition"] == "cloud"
    assert said["workspace"].lower() == "acme", said
    assert said["project"] == "PROJ", "which the token may look up"
    text = json.dumps(said)
    assert "%2" not in text and "at=x" not in text and "pull" not in text


@pytest.mark.row("M3")
@pytest.mark.parametrize("path", [
    "/acme/app%2f..%2fx", "/acme/..", "/../acme/app", "/acme//app",
    "/acme/app;id", "/acme/app%5cx", "/acme/%2e%2e/app", "/acme/-app",
    "/-acme/app", "/acme/$(id)", "/acme/app\nx", "/a%0ab/app",
    "/acme/" + "x" * 129, "/acme/\u0430pp", "/acme/~app", "/acme", "/%00/a",
    "/acme/workspace/projects/..", "/acme/workspace/projects/P%2fQ",
    "/acme/workspace/projects/$(id)", "/acme/workspace/projects",
    "/acme/workspace/x/PROJ"])
def test_m3_a_path_that_no_repository_has_is_refused(cloud: CloudHome,
                                                     path: str):
    for url in (BASE + path, f"ssh://git@bitbucket.org{path}"):
        result = cloud.bbkey("init", url)
        refused(result, "not-bitbucket")
        assert "\n/" not in result.err and "$(id)" not in result.error
        assert "ssh" not in started(cloud)
    quiet(cloud)
    nothing_made(cloud)


# --- lookalikes --------------------------------------------------------------

@pytest.mark.row("M4")
@pytest.mark.parametrize("host", NO_HOST)
def test_m4_a_name_that_no_host_has_is_refused(cloud: CloudHome, host: str):
    for url in (f"https://{host}/acme/app.git",
                f"ssh://git@{host}/acme/app.git", f"git@{host}:acme/app.git"):
        result = cloud.bbkey("init", url)
        assert result.error_class in ("not-bitbucket", "usage"), result
        assert "ssh" not in started(cloud)
    quiet(cloud)
    nothing_made(cloud)


@pytest.mark.row("M4")
@pytest.mark.parametrize("host", OTHERS)
def test_m4_a_lookalike_gets_no_token_and_no_key(cloud: CloudHome, host: str):
    """Nobody says that it is Cloud's, so nobody is asked, not even ssh."""
    cloud.enrol()
    cloud.forget_log()
    cloud.token = None
    for url in (f"git@{host}:acme/app.git",
                f"ssh://git@{host}:22/acme/app.git"):
        result = cloud.bbkey("init", url)
        assert result.error_class in ("not-bitbucket", "network"), result
        assert "ssh" not in started(cloud), "no ssh -G on strangers"
    assert with_token(cloud) == []
    quiet(cloud)


@pytest.mark.row("M4")
@pytest.mark.parametrize("host", OTHERS)
def test_m4_bbkey_url_makes_no_lookalike_clouds(cloud: CloudHome, host: str):
    """CONTRACT.md: an ssh URL may be BBKEY_URL's: Cloud's own API, the real
    one, is asked about the repository, and its ssh is not there."""
    cloud.enrol()
    cloud.forget_log()
    for url in (f"git@{host}:acme/app.git",
                f"ssh://git@{host}:22/acme/app.git"):
        refused(cloud.bbkey("init", url), "not-bitbucket")
    assert set(with_token(cloud)) <= {"GET /2.0/repositories/acme/app"}
    assert cloud.private_keys() == [] == cloud.events("ssh_connect")


@pytest.mark.row("M4")
def test_m4_a_name_of_the_persons_own_for_clouds_ssh_is_clouds(
        cloud: CloudHome):
    """An alias in ~/.ssh/config, which only BBKEY_URL says to be Cloud's."""
    port = cloud.ssh_place.split(":")[1]
    cloud.make_ssh_folder()
    (cloud.ssh_folder / "config").write_text(
        f"Host work\n\tHostName localhost\n\tPort {port}\n")
    result = cloud.bbkey("init", "git@work:acme/app.git")
    assert result.status == 0, result
    assert cloud.requests("POST") == [
        "POST /2.0/workspaces/acme/projects/PROJ/deploy-keys"]


@pytest.mark.row("M4")
@pytest.mark.parametrize("place", PORTS)
def test_m4_another_port_is_not_clouds(cloud: CloudHome, place: str):
    """`bbkey.<base>.ssh` says where it is; here that is the stand-in's."""
    cloud.enrol()
    cloud.forget_log()
    result = cloud.bbkey("init", f"ssh://git@{place}/acme/app.git")
    refused(result, "not-bitbucket")
    assert with_token(cloud) == []
    quiet(cloud)


@pytest.mark.row("M4")
@pytest.mark.parametrize("url", ["https://bitbucket.org:8443/acme/app.git",
                                 "https://bitbucket.org:22/acme/app.git",
                                 "http://bitbucket.org/acme/app.git",
                                 "http://bitbucket.org:443/acme/app.git",
                                 "https://api.bitbucket.org/acme/app.git"])
def test_m4_another_origin_of_the_web_host_gets_no_token(cloud: CloudHome,
                                                         url: str):
    cloud.allow_connects = ["inet_addr", "inet_pton"]
    result = cloud.bbkey("init", url, env={
        "https_proxy": f"http://localhost:{listen(cloud, 'closed')}"})
    assert result.error_class in ("not-bitbucket", "tls", "network"), result
    assert with_token(cloud) == []
    quiet(cloud)
    nothing_made(cloud)


# --- userinfo ----------------------------------------------------------------

@pytest.mark.row("M5")
@pytest.mark.parametrize("url", [
    "https://bitbucket.org@evil.invalid/acme/app.git",
    "https://bitbucket.org:443@evil.invalid/acme/app.git",
    "https://dev@bitbucket.org@evil.invalid/acme/app.git",
    "https://evil@x@bitbucket.org/acme/app.git",
    "https://@bitbucket.org/acme/app.git",
    "https://u%40h@bitbucket.org@evil.invalid/a/b.git",
    "ssh://git@bitbucket.org@evil.invalid/acme/app.git",
    "ssh://git@evil.invalid@bitbucket.org/acme/app.git",
    "ssh://-oX@bitbucket.org/acme/app.git",
    "ssh://$(id)@bitbucket.org/acme/app.git",
    "git@bitbucket.org@evil.invalid:acme/app.git",
    "https://bitbucket.org\\@evil.invalid/acme/app.git"])
def test_m5_userinfo_makes_no_host_of_another(cloud: CloudHome, url: str):
    proxy = f"http://localhost:{listen(cloud, 'closed')}"
    result = cloud.bbkey("init", url, env={"https_proxy": proxy})
    assert result.error_class in ("not-bitbucket", "network", "auth"), result
    assert "$(id)" not in result.err
    assert with_token(cloud) == [] and "ssh" not in started(cloud)
    quiet(cloud)
    untouched(cloud)


@pytest.mark.row("M5")
def test_m5_a_password_in_a_url_is_never_shown_or_kept(cloud: CloudHome):
    for url in ("https://dev:pa55word@bitbucket.org/acme/app.git",
                "ssh://git:pa55word@bitbucket.org/acme/app.git",
                "ssh://git:pa55word@evil.invalid/acme/app.git"):
        cloud.bbkey("init", url, "-v")
    for path in cloud.folder.rglob("*"):
        if path.is_file():
            assert b"pa55word" not in path.read_bytes(), path
    for run in cloud.runs:
        assert "pa55word" not in run.err + run.out


# --- the transport -----------------------------------------------------------

@pytest.mark.row("M4")
@pytest.mark.parametrize("place", [*OTHERS, *PORTS, *NAMES_OF_SSH])
def test_m4_the_transport_hands_strangers_to_ssh_as_they_are(cloud: CloudHome,
                                                             place: str):
    """One ssh, with the very arguments, and no ssh -G before it."""
    cloud.enrol("always")
    cloud.forget_log()
    log = recorder(cloud)
    host, _, port = place.partition(":")
    argv = [*(["-p", port] if port else []), f"git@{host}", UPLOAD]
    result = transport(cloud, *argv)
    assert result.status == 255
    assert log.read_text().splitlines() == [" ".join(argv)]
    assert result.err == ""
    quiet(cloud)


@pytest.mark.parametrize("path", ["acme/app/wiki", "acme/app.git/wiki"])
def test_what_is_below_a_repository_is_for_ssh_alone(cloud: CloudHome,
                                                     path: str):
    """A wiki: how its ssh path is spelled no reference says."""
    cloud.enrol("always")
    cloud.forget_log()
    log = recorder(cloud)
    port = cloud.ssh_url().split(":")[2].split("/")[0]
    argv = ["-p", port, "git@localhost", f"git-upload-pack '{path}'"]
    refused = transport(cloud, *argv[:3], "git-upload-pack 'acme/app/..'")
    assert refused.status == 12 and log.read_text() == "", "Cloud's host"
    result = transport(cloud, *argv)
    assert result.status == 255 and result.err == "", result
    assert log.read_text().splitlines() == [" ".join(argv)]
    quiet(cloud)


@pytest.mark.row("M4", "M5")
@pytest.mark.parametrize("place", [
    *[f"git@{host}" for host in NO_HOST if host not in NAMES_OF_SSH],
    "u@h@bitbucket.org", "git@bitbucket.org@evil.invalid", "@bitbucket.org",
    "git:x@bitbucket.org", "-oX@bitbucket.org", "$(id)@bitbucket.org"])
def test_m4_the_transport_refuses_what_is_no_place(cloud: CloudHome,
                                                   place: str):
    """In one line, before anything runs."""
    cloud.enrol("always")
    cloud.forget_log()
    log = recorder(cloud)
    result = transport(cloud, place, UPLOAD)
    assert log.read_text() == "", "ssh was run"
    assert result.status != 0 and "git-bbkey: " in result.err, result
    assert result.out == "" and result.err.count("git-bbkey: ") == 1
    quiet(cloud)


@pytest.mark.row("M4")
@pytest.mark.parametrize("host", NAMES)
def test_m4_without_an_enrolment_clouds_names_are_anybodys(cloud: CloudHome,
                                                           host: str):
    """Nobody has run init: the transport is plain ssh."""
    log = recorder(cloud)
    result = transport(cloud, f"git@{host}", UPLOAD)
    assert result.status == 255
    assert log.read_text().splitlines() == [f"git@{host} {UPLOAD}"]
    quiet(cloud)


@pytest.mark.row("M4", "M9")
@pytest.mark.parametrize("host", ["bitbucket.org.evil.invalid",
                                  "evil-bitbucket.org.invalid"])
def test_m4_a_plain_clone_of_a_lookalike_is_plain_git(cloud: CloudHome,
                                                      host: str):
    cloud.enrol("always")
    cloud.forget_log()
    for url in (f"git@{host}:acme/app.git", f"https://{host}/acme/app.git"):
        clone = cloud.git("clone", url, "x", env={"GIT_TERMINAL_PROMPT": "0"})
        assert clone.status == 128
        assert "git-bbkey" not in clone.err, clone
    assert with_token(cloud) == []
    quiet(cloud)
