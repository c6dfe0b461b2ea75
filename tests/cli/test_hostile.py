"""Rows M1 to M8: hostile URLs and configuration; and .gitmodules.

A hostile URL goes in by every door: a person's command line, a repository's
remote, plain git through the transport, the transport's own argv.  Behind
each of them stands the sandbox, under any name (libnss-wrapper resolves the
lookalikes to loopback), so that a program that believes the URL arrives
somewhere and is seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

import pexpect
import pytest
from home import BIN, Home, Result

NOT_BITBUCKET = 12

DRIVER = """
import json, subprocess, sys
jobs, out = json.load(open(sys.argv[1])), []
for job in jobs:
    if job.get("remote"):
        subprocess.run(["git", "config", "remote.origin.url", job["remote"]],
                       cwd=job["cwd"])
    done = subprocess.run([w.encode("latin-1") for w in job["argv"]],
                          cwd=job["cwd"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60)
    out.append([done.returncode, done.stdout.decode("latin-1"),
                done.stderr.decode("latin-1")])
json.dump(out, open(sys.argv[2], "w"))
"""

LOOKALIKES = ["localhost.evil.test", "evil-localhost", "localhost-evil",
              "localhost.", "xn--lcalhost-v1a", "127.0.0.1.evil.test",
              "evil.test", "notlocalhost"]


@pytest.fixture
def home(home: Home) -> Home:
    """Enrolled, with a Match exec that tells of every ssh that starts."""
    hosts = home.work / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(
        f"127.0.0.1 {name}\n" for name in LOOKALIKES))
    home.extra["NSS_WRAPPER_HOSTS"] = str(hosts)
    home.tracing = False  # what leads up to a test is not the test
    home.enrol("always")
    home.make_ssh_folder().joinpath("config").write_text(
        f'Match exec "echo %n %r >> {home.work}/MATCH"\n\tConnectTimeout 5\n')
    home.work.joinpath("repo").mkdir()
    assert home.git("init", "-q", cwd=home.work / "repo").status == 0
    home.tracing = True
    home.forget_log()
    return home


def prepare(home: Home, *argv: str, cwd: Path | None = None) -> None:
    """git, to get something ready: not traced, and it has to work."""
    tracing, home.tracing = home.tracing, False
    done = home.git(*argv, cwd=cwd)
    home.tracing = tracing
    assert done.status == 0, done


def all_of(home: Home, jobs: list[dict[str, Any]], **env: str
           ) -> tuple[list[Result], str]:
    """Runs them one after the other; and the trace of all of them."""
    folder = home.work
    (folder / "driver.py").write_text(DRIVER)
    (folder / "jobs").write_text(json.dumps(jobs))
    whole = home.run("/usr/bin/python3", str(folder / "driver.py"),
                     str(folder / "jobs"), str(folder / "results"), env=env,
                     timeout=100)
    assert whole.status == 0, whole
    results = [Result(job["argv"], status, out, err, 0)
               for job, (status, out, err) in zip(
                   jobs, json.loads((folder / "results").read_text()))]
    home.runs += results
    return results, whole.trace.read_text(errors="replace")


def connects(trace: str) -> list[str]:
    return [line for line in trace.splitlines()
            if "connect(" in line and "sa_family=AF_INET" in line]


def untouched(home: Home) -> None:
    assert home.requests() == []
    assert home.events("tls_fail") == []
    assert home.events("ssh_connect") == []
    assert home.private_keys() == []
    for name in ("MATCH", "P", "repo/P"):
        assert not (home.work / name).exists(), name


def one_line(run: Result) -> str:
    """The whole of what a refusal says: a line, and perhaps a hint."""
    ours = [x for x in run.err.splitlines()
            if x.startswith("git-bbkey: ") or x.startswith("hint: ")]
    assert len(ours) in (1, 2) and ours[0].startswith("git-bbkey: "), run
    assert len(ours[0]) < 400
    return ours[0]


# --- M1, M2, M3, M5, M6: URLs that no Bitbucket has --------------------------
#
# {s}: localhost:<ssh port>  {h}: localhost:<https port>/bitbucket  {p}: port

URLS: dict[str, list[str]] = {
    "M1": [
        "ssh://git@{s}/proj/app\n.git", "ssh://git@{s}/proj/app\r.git",
        "ssh://git@{s}/pro\tj/app.git", "ssh://git@{s}/proj/\x1b[31mapp.git",
        "ssh://git@{s}/proj/app\x7f.git", "ssh://git@{s}/proj/app\x9b.git",
        "ssh://git@{s}/proj/app%0a.git", "ssh://git@{s}/proj/app%0d.git",
        "ssh://git@{s}/proj/app%00.git", "ssh://git@{s}/proj/%1b[app.git",
        "ssh://git@{s}/proj/app%7f.git", "ssh://git@{s}/proj/app%c2%9b.git",
        "ssh://git@{s}/proj/app%c0%af.git", "ssh://git@{s}/proj/app%ff.git",
        "ssh://git@{s}/proj/app%.git", "ssh://git@{s}/proj/app.git%2",
        "ssh://git%0a@{s}/proj/app.git", "ssh://gi\nt@{s}/proj/app.git",
        "ssh://git@local%0ahost:{p}/proj/app.git",
        "ssh://git@localhost%00.evil.test:{p}/proj/app.git",
        "ssh://git@localhost%0d:{p}/proj/app.git",
        "ssh://git@localhost\x1b:{p}/proj/app.git",
        "https://{h}/scm/proj/app\n.git", "https://{h}/scm/proj/app%0a.git",
        "https://{h}/scm/proj/app%0d%0ahost=evil.git",
        "https://{h}/scm/proj%00/app.git",
        "https://local%0ahost/scm/proj/app.git",
        "git@localhost:proj/a\x01pp.git", "git@local\nhost:proj/app.git",
    ],
    "M2": [
        "ssh://-oProxyCommand=touch P/proj/app.git",
        "ssh://-oProxyCommand=touch%20P/proj/app.git",
        "ssh://git@-oProxyCommand=touch%20P/proj/app.git",
        "ssh://%2doProxyCommand=touch%20P/proj/app.git",
        "ssh://git@%2doProxyCommand=touch${{IFS}}P/proj/app.git",
        "ssh://-git@{s}/proj/app.git", "ssh://%2dl@{s}/proj/app.git",
        "ssh://git@localhost:-{p}/proj/app.git",
        "ssh://git@{s}/-proj/app.git", "ssh://git@{s}/proj/-app.git",
        "ssh://git@{s}/%2dproj/app.git", "-oProxyCommand=touch P:proj/app",
        "git@-oProxyCommand=touch:proj/app.git",
        "https://-h/scm/proj/app.git", "https://{h}/scm/-proj/app.git",
        "https://{h}/scm/proj/-app.git",
        "ssh://u$(touch P)@{s}/proj/app.git", "ssh://u`touch P`@{s}/proj/app",
        "ssh://u\\x@{s}/proj/app.git", "ssh://u$x@{s}/proj/app.git",
        "ssh://u;touch P@{s}/proj/app.git",
        "ssh://git@$(touch P):{p}/proj/app.git",
        "ssh://git@h;touch P:{p}/proj/app.git",
        "ssh://git@h|id:{p}/proj/app.git",
    ],
    "M3": [
        "ssh://git@{s}/proj%2fapp.git", "ssh://git@{s}/proj/app%5c.git",
        "ssh://git@{s}/proj/../other/secret.git", "ssh://git@{s}/../app.git",
        "ssh://git@{s}//proj/app.git", "ssh://git@{s}/proj//app.git",
        "ssh://git@{s}/proj/app;id.git", "ssh://git@{s}/proj/app.git?x=1",
        "ssh://git@{s}/proj/app.git#x", "ssh://git@{s}/proj/$(touch P).git",
        "ssh://git@{s}/proj/`touch P`.git", "ssh://git@{s}/pr oj/app.git",
        "ssh://git@{s}/proj/a'b.git", "ssh://git@{s}/proj/a!b.git",
        "ssh://git@{s}/" + "p" * 129 + "/app.git",
        "ssh://git@{s}/proj/" + "a" * 129 + ".git",
        "ssh://git@{s}/proj/..", "ssh://git@{s}/proj/.",
        "https://{h}/scm/proj/..%2f..%2fother/secret.git",
        "https://{h}/scm/proj/../../admin", "https://{h}/scm/proj/a;b.git",
        "https://{h}/scm/proj/app%2f.git", "https://{h}/scm/proj/a%5cb.git",
        "https://{h}/scm//proj/app.git",
        "https://{h}/scm/" + "p" * 129 + "/app.git",
    ],
    "M5": [
        "https://localhost@evil.test@{h}/scm/proj/app.git",
        "ssh://u@h1@localhost:{p}/proj/app.git",
        "ssh://git@evil.test@{s}/proj/app.git",
        "ssh://u%40h@{s}/proj/app.git", "ssh://u%3ap@{s}/proj/app.git",
        "ssh://@{s}/proj/app.git", "https://@{h}/scm/proj/app.git",
        "https://u%40evil@{h}/scm/proj/app.git",
        "u@h1@localhost:proj/app.git", "@localhost:proj/app.git",
        "ssh://git@localhost%40evil.test:{p}/proj/app.git",
    ],
    "M6": [
        "ssh://git@localhost:0/proj/app.git",
        "ssh://git@localhost:65536/proj/app.git",
        "ssh://git@localhost:0{p}/proj/app.git",
        "ssh://git@localhost:022/proj/app.git",
        "ssh://git@localhost:22abc/proj/app.git",
        "ssh://git@localhost:{p}x/proj/app.git",
        "ssh://git@localhost:-1/proj/app.git",
        "ssh://git@localhost:+22/proj/app.git",
        "ssh://git@localhost: 22/proj/app.git",
        "ssh://git@localhost:99999999999999999999/proj/app.git",
        "ssh://git@localhost:/proj/app.git",
        "https://localhost:0/bitbucket/scm/proj/app.git",
        "https://localhost:65536/bitbucket/scm/proj/app.git",
        "https://localhost:/bitbucket/scm/proj/app.git",
        "https://localhost:0443/bitbucket/scm/proj/app.git",
        "https://localhost:4%343/bitbucket/scm/proj/app.git",
    ],
}


def urls_of(home: Home, row: str) -> list[str]:
    ssh = urllib.parse.urlsplit(home.sandbox.ready["ssh_url"])
    return [url.format(s=ssh.netloc.split("@")[1], p=ssh.port,
                       h=home.base.removeprefix("https://"))
            for url in URLS[row]]


def refused(home: Home, command: str, urls: list[str]) -> None:
    runs, trace = all_of(home, [
        {"argv": ["git", "bbkey", command, url], "cwd": str(home.work)}
        for url in urls])
    # a word that begins with "-" is an option, and there is no such one
    bad = [repr(run) for run in runs
           if (run.status, run.error_class) != (
               (129, "usage") if run.argv[-1].startswith("-")
               else (NOT_BITBUCKET, "not-bitbucket"))]
    assert not bad, "\n\n".join(bad)
    for run in runs:
        one_line(run)
        assert run.out == ""
    assert connects(trace) == []
    untouched(home)


@pytest.mark.parametrize("row", [pytest.param(row, marks=pytest.mark.row(row))
                                 for row in URLS])
class TestM1M2M3M5M6:
    """A URL with a part that no Bitbucket has, by every door."""

    def test_m_is_refused_by_init(self, home: Home, row: str):
        refused(home, "init", urls_of(home, row))

    def test_m_is_refused_by_clone(self, home: Home, row: str):
        refused(home, "clone", urls_of(home, row)[::3])
        assert sorted(p.name for p in home.work.iterdir() if p.is_dir()) == \
            ["repo"]

    @pytest.mark.parametrize("command", ["init", "status"])
    def test_m_is_refused_as_a_remote(self, home: Home, row: str,
                                      command: str):
        repo = home.work / "repo"
        urls = urls_of(home, row)[command == "init"::3]
        runs, trace = all_of(home, [
            {"argv": ["git", "bbkey", command], "cwd": str(repo),
             "remote": url} for url in urls])
        bad = [f"{url!r}: {run!r}" for url, run in zip(urls, runs)
               if run.status != NOT_BITBUCKET or
               run.err.count("git-bbkey: not-bitbucket: ") != 1]
        assert not bad, "\n\n".join(bad)
        for run in runs:
            one_line(run)
        assert connects(trace) == []
        untouched(home)

    def test_m_is_refused_behind_plain_git(self, home: Home, row: str):
        """What git lets through (it refuses some itself: "fatal:")."""
        urls = [url for url in urls_of(home, row)
                # git asks for these over https, or gives ssh no trace of
                # them: it has decoded the path, and left the port out
                if not url.startswith("https://") and
                "localhost:/" not in url and "/proj%2fapp" not in url]
        runs, trace = all_of(home, [
            {"argv": ["git", "-c", f"core.sshCommand={BIN}/git-bbkey-ssh",
                      "-c", "ssh.variant=ssh", "ls-remote", "--", url],
             "cwd": str(home.work)} for url in urls])
        bad = [repr(run) for run in runs
               if run.status == 0 or
               ("git-bbkey: not-bitbucket: " not in run.err and
                not run.err.startswith("fatal: "))]
        assert not bad, "\n\n".join(bad)
        assert connects(trace) == []
        untouched(home)


# --- the transport's own argv ------------------------------------------------

UPLOAD = "git-upload-pack '/proj/app.git'"

ARGVS: list[tuple[str, list[str]]] = [
    *[("M1", ["git@local" + c + "host", UPLOAD])
      for c in "\n\r\t\x1b\x7f\x9b\x01"],
    *[("M1", ["gi" + c + "t@localhost", UPLOAD]) for c in "\n\r\x1b\x9b"],
    *[("M1", ["git@localhost", f"git-upload-pack '/proj/a{c}pp.git'"])
      for c in "\n\r\t\x1b\x7f\x9b"],
    ("M2", ["--", "-oProxyCommand=touch P", UPLOAD]),
    ("M2", ["git@-oProxyCommand=touch P", UPLOAD]),
    ("M2", ["-l", "-x", "localhost", UPLOAD]),
    ("M2", ["-l", "u$(touch P)", "localhost", UPLOAD]),
    ("M2", ["u$x@localhost", UPLOAD]), ("M2", ["u\\x@localhost", UPLOAD]),
    ("M2", ["u`touch P`@localhost", UPLOAD]),
    ("M2", ["git@h;touch P", UPLOAD]), ("M2", ["git@$(touch P)", UPLOAD]),
    ("M2", ["-p", "-1", "git@localhost", UPLOAD]),
    ("M2", ["", UPLOAD]), ("M2", ["git@", UPLOAD]),
    ("M2", ["ssh://-oProxyCommand=x", UPLOAD]),
    *[("M3", ["git@localhost", f"git-upload-pack '{path}'"])
      for path in ["/proj/../other/secret.git", "//proj/app.git",
                   "/proj/app;id.git", "/proj/$(touch P).git",
                   "/proj/a\\b.git", "/proj/" + "a" * 129 + ".git",
                   "/-proj/app.git", "/proj/-app.git", "/proj/a b.git",
                   "/proj/a%2fb.git"]],
    ("M5", ["u@h1@localhost", UPLOAD]), ("M5", ["@localhost", UPLOAD]),
    ("M5", ["u:p@localhost", UPLOAD]), ("M5", ["u%40h@localhost", UPLOAD]),
    *[("M6", ["-p", port, "git@localhost", UPLOAD])
      for port in ["0", "65536", "022", "22abc", "-1", "+22", " 22", "",
                   "99999999999999999999"]],
    ("M6", ["-p022", "git@localhost", UPLOAD]),
    ("M6", ["-4p0", "git@localhost", UPLOAD]),
]


@pytest.mark.parametrize("row", [pytest.param(row, marks=pytest.mark.row(row))
                                 for row in ["M1", "M2", "M3", "M5", "M6"]])
def test_m_is_refused_in_the_transports_argv(home: Home, row: str):
    """On the enrolled place: -p is the instance's unless the row says else."""
    port = str(urllib.parse.urlsplit(home.sandbox.ready["ssh_url"]).port)
    argvs = [argv if row == "M6" or "-p" in argv else ["-p", port, *argv]
             for r, argv in ARGVS if r == row]
    runs, trace = all_of(home, [
        {"argv": [str(BIN / "git-bbkey-ssh"), *argv], "cwd": str(home.work)}
        for argv in argvs])
    bad = [repr(run) for run in runs if run.status != NOT_BITBUCKET or
           run.err.count("git-bbkey: not-bitbucket: ") != 1 or
           run.err.count("\n") not in (1, 2)]
    assert not bad, "\n\n".join(bad)
    assert connects(trace) == []
    untouched(home)


@pytest.mark.row("M5")
def test_m5_a_password_in_a_url_is_never_shown(home: Home):
    """The URL is good but for the password, which is nobody's business."""
    password = "hunter2hunter2"
    url = home.https_url().replace("https://", f"https://dev:{password}@")
    repo = home.work / "repo"
    home.tracing = False
    prepare(home, "config", "remote.origin.url", url, cwd=repo)
    seen = [home.bbkey(*words, cwd=repo) for words in (
        ["status", "-v"], ["status", "--json"], ["status", "--offline"],
        ["init", "-n", "--json", url], ["init", "-v", url],
        ["clone", "-v", url, "one"], ["init", "-v"], ["status"])]
    bad = [run for run in seen if password in run.out + run.err]
    assert not bad
    for path in [*home.state.rglob("*"), *home.config.rglob("*")]:
        if path.is_file():
            assert password.encode() not in path.read_bytes(), path


@pytest.mark.row("M3")
@pytest.mark.parametrize("tail", [
    "/browse", "/browse?at=refs%2Fheads%2Fmain", "/browse/a%20b/c.txt#12",
    "/commits/main?until=1;2", "?x=$(id)"])
def test_m3_what_follows_in_a_page_is_left_off(home: Home, tail: str):
    """CONTRACT.md takes a browse page; people copy it from the browser, with
    its query.  What goes to REST is made of the two names alone."""
    init = home.bbkey("init", "-n",
                      f"{home.base}/projects/PROJ/repos/app{tail}")
    assert init.status == 0, init
    assert all("?at" not in r and "%20" not in r and "$" not in r
               for r in home.requests())


# --- M4: hosts that look like the instance's ---------------------------------

@pytest.mark.row("M4")
@pytest.mark.parametrize("host", [
    "lоcalhost", "ｌocalhost", "localhost.", "0x7f000001", "2130706433",
    "127.1", "0177.0.0.1", "127.0.0.01", "[::ffff:127.0.0.1%25lo]",
    "[::1%25lo]", "[::1", "[localhost]", "_localhost", "localhost_",
    ".localhost", "local..host", "localhost,evil.test", "*", "localhost*",
    "l%6fcalhost", "localhost%2eevil.test", "x" * 254])
def test_m4_a_host_in_an_odd_spelling_is_refused(home: Home, host: str):
    base = urllib.parse.urlsplit(home.base)
    ssh = urllib.parse.urlsplit(home.sandbox.ready["ssh_url"])
    urls = [f"https://{host}:{base.port}{base.path}/scm/proj/app.git",
            f"ssh://git@{host}:{ssh.port}/proj/app.git",
            f"https://{host}:{base.port}{base.path}"]
    raw = [url.encode().decode("latin-1") for url in urls]
    runs, trace = all_of(home, [
        {"argv": ["git", "bbkey", command, url], "cwd": str(home.work)}
        for url in raw for command in ("init", "clone")])
    bad = [repr(run) for run in runs if run.status != NOT_BITBUCKET or
           run.err.count("git-bbkey: not-bitbucket: ") != 1]
    assert not bad, "\n\n".join(bad)
    assert connects(trace) == []
    untouched(home)


@pytest.mark.row("M4")
@pytest.mark.parametrize("host", [
    "localhost.evil.test", "evil-localhost", "localhost-evil", "notlocalhost",
    "xn--lcalhost-v1a", "127.0.0.1.evil.test", "127.0.0.1",
    "[::ffff:127.0.0.1]"])
def test_m4_a_lookalike_gets_no_token_and_no_key(home: Home, host: str):
    """A good name, of another host: it may be asked what it is, no more.

    Its address is the sandbox's, its TLS certificate is not.
    """
    base = urllib.parse.urlsplit(home.base)
    ssh = urllib.parse.urlsplit(home.sandbox.ready["ssh_url"])
    own_https = f"https://{host}:{base.port}{base.path}/scm/proj/app.git"
    own_ssh = f"ssh://git@{host}:{ssh.port}/proj/app.git"
    home.allow_connects = ["::ffff:127.0.0.1"]
    # CONTRACT.md: an ssh URL belongs to BBKEY_URL, if that one says so: then
    # it is asked (the real one), and does not say so
    home.token = None
    for url in (own_https, own_ssh):
        run = home.bbkey("init", url)
        assert run.status != 0, run
        assert run.error_class in ("not-bitbucket", "tls", "network",
                                   "auth"), run
    assert [e for e in home.events("http") if e["auth"] != "none"] == []
    home.token = "project_admin"
    run = home.bbkey("init", own_https)
    assert run.error_class in ("not-bitbucket", "tls", "network"), run
    assert [e for e in home.events("http") if e["auth"] != "none"] == []
    for words in (["init", own_ssh], ["clone", own_ssh, "x"]):
        run = home.bbkey(*words)
        assert run.error_class == "not-bitbucket", run
    assert not (home.work / "MATCH").exists()
    clone = home.git("clone", own_ssh, "y")
    assert clone.status == 128
    assert "git-bbkey" not in clone.err, "plain ssh, and nothing of ours"
    assert set(home.requests("GET")) == set(home.requests())
    assert home.private_keys() == []
    assert [e for e in home.events("ssh_auth")] == []


@pytest.mark.row("M4")
def test_m4_upper_case_is_the_same_host(home: Home):
    init = home.bbkey("init", home.https_url().replace("localhost",
                                                       "LocalHost"))
    assert init.status == 0, init
    clone = home.git("clone", home.ssh_url().replace("localhost",
                                                     "LOCALHOST"), "app")
    assert clone.status in (0, 128), clone
    assert len(home.keys_registered()) == 1
    assert len([u for u in home.requests("POST")]) == 1


@pytest.mark.row("M4")
def test_m4_another_port_or_context_is_another_instance(home: Home):
    """BBKEY_TOKEN is BBKEY_URL's, to the last part."""
    sink = home.sandbox.control("POST", "/listen", {"kind": "tls-sink"})
    port = urllib.parse.urlsplit(home.base).port
    for url in (home.https_url().replace(f":{port}/", f":{sink['port']}/"),
                home.https_url().replace("/bitbucket/", "/bitbucket2/"),
                home.https_url().replace("/bitbucket/", "/bitbucke/"),
                home.https_url().replace("/bitbucket/", "/")):
        init = home.bbkey("init", url)
        assert init.status != 0, (url, init)
        assert home.private_keys() == [], url
    assert [e for e in home.events("http") if e["auth"] != "none"] == []
    (tally,) = home.sandbox.control("GET", "/sink")
    assert "authorization" not in json.dumps(tally).lower()
    assert home.private_keys() == []


# --- M7: a repository's own configuration ------------------------------------

def evil(home: Home, kind: str) -> int:
    return home.sandbox.control("POST", "/listen", {"kind": kind})["port"]


#: key and value; {b} base, {t} a listener with a good certificate, {x} a
#: plain one, {o} a listener nobody may reach over ssh, {w} the work folder
M7 = {
    "apiUrl": ("bbkey.{b}.apiUrl", "https://localhost:{t}/rest"),
    "ssh": ("bbkey.{b}.ssh", "ssh://git@localhost:{x}"),
    "auto": ("bbkey.{b}.auto", "never"),
    "scope": ("bbkey.{b}.scope", "repo"),
    "permission": ("bbkey.{b}.permission", "write"),
    "keyType": ("bbkey.{b}.keyType", "rsa"),
    "projects": ("bbkey.{b}.projects", "*"),
    "tokenFile": ("bbkey.{b}.tokenFile", "{w}/evil-token"),
    "tokenCommand": ("bbkey.{b}.tokenCommand", "touch {w}/P; echo evil"),
    "user": ("bbkey.{b}.user", "evil"),
    "hostKey": ("bbkey.{b}.hostKey", "SHA256:" + "A" * 43),
    "another instance": ("bbkey.https://localhost:{t}.ssh",
                         "ssh://git@localhost:{s}"),
    "sshCommand": ("core.sshCommand", "touch {w}/P; ssh"),
    "proxy": ("http.proxy", "http://localhost:{x}"),
    "proxy of the base": ("http.{b}.proxy", "http://localhost:{x}"),
    "sslVerify": ("http.sslVerify", "false"),
    "sslCAInfo": ("http.{b}.sslCAInfo", "/dev/null"),
    "extraHeader": ("http.extraHeader", "X-Evil: 1"),
    "credential.helper": ("credential.helper", "!touch {w}/P; echo"),
    "insteadOf": ("url.https://localhost:{t}/.insteadOf", "{r}/"),
    "include": ("include.path", "{w}/evil-config"),
    "variant": ("ssh.variant", "plink"),
    "askPass": ("core.askPass", "touch {w}/P; echo"),
    "fsmonitor": ("core.fsmonitor", "touch {w}/P; false"),
    "pager": ("core.pager", "touch {w}/P; cat"),
}

#: these are git's own, and git's remote: what they do there is not ours
M7_NOT_OURS = {"fsmonitor", "pager"}
IGNORED = "this repository's own configuration"


@pytest.mark.row("M7")
@pytest.mark.parametrize("name", M7)
def test_m7_a_repositorys_configuration_changes_nothing(home: Home,
                                                        name: str):
    good, plain = evil(home, "tls-sink"), evil(home, "sink")
    base = urllib.parse.urlsplit(home.base)
    values = {"b": home.base, "t": good, "x": plain, "w": home.work,
              "s": urllib.parse.urlsplit(home.ssh_url()).port,
              "r": f"https://{base.netloc}"}
    (home.work / "evil-token").write_text("evil\n")
    (home.work / "evil-token").chmod(0o600)
    (home.work / "evil-config").write_text(
        f'[bbkey "{home.base}"]\n\tapiUrl = https://localhost:{good}/rest\n'
        f'\ttokenCommand = touch {home.work}/P\n')
    key, value = (text.format(**values) for text in M7[name])
    repo = home.work / "repo"
    prepare(home, "remote", "add", "origin", home.https_url(), cwd=repo)
    prepare(home, "config", key, value, cwd=repo)
    before = (repo / ".git" / "config").read_text()

    init = home.bbkey("init", "-v", cwd=repo)
    assert init.status == 0, init
    assert len(home.requests("POST")) == 1
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_READ"
    assert grant["key"]["text"].startswith("ssh-ed25519 ")
    assert all(e["auth"] in ("none", "bearer") for e in home.events("http"))
    for tally in home.sandbox.control("GET", "/sink"):
        assert tally["connections"] == 0, (tally, init)
    assert not (home.work / "P").exists()
    after = (repo / ".git" / "config").read_text()
    assert after.replace(home.ssh_url(), home.https_url()) == before
    status = home.bbkey("status", "--json", cwd=repo)
    assert status.status == 0, status
    assert json.loads(status.out)["instance"]["base_url"] == home.base
    assert json.loads(status.out)["host_key"]["state"] == "verified"
    assert not (home.work / "P").exists()
    for tally in home.sandbox.control("GET", "/sink"):
        assert tally["connections"] == 0, (tally, status)
    if name not in M7_NOT_OURS:
        assert IGNORED in init.err, f"-v says nothing of {key}\n{init}"
    assert "\x1b" not in init.err


@pytest.mark.row("M7")
def test_m7_nothing_is_reported_where_there_is_nothing(home: Home):
    repo = home.work / "repo"
    prepare(home, "remote", "add", "origin", home.https_url(), cwd=repo)
    prepare(home, "config", "user.name", "somebody", cwd=repo)
    init = home.bbkey("init", "-v", cwd=repo)
    assert init.status == 0 and IGNORED not in init.err, init


@pytest.mark.row("M7")
def test_m7_a_repository_cannot_open_the_transport_to_itself(home: Home):
    """auto and projects of a repository do not count for a fetch in it."""
    home.enrol("never")
    home.forget_log()
    repo = home.work / "repo"
    for key, value in (("auto", "always"), ("projects", "*")):
        home.git("config", f"bbkey.{home.base}.{key}", value, cwd=repo)
    home.git("remote", "add", "origin", home.ssh_url(), cwd=repo)
    fetch = home.git("fetch", cwd=repo)
    assert fetch.status == 128, fetch
    assert home.requests() == []
    assert home.private_keys() == []


# --- M8: GIT_CONFIG_COUNT is a person's own doing ----------------------------

def counted(*pairs: tuple[str, str]) -> dict[str, str]:
    env = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for i, (key, value) in enumerate(pairs):
        env |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
    return env


# git takes both out of the environment of the ssh that it starts (they are in
# its local_repo_env), so that none of it can reach the transport; BBKEY_AUTO
# is there for that.

@pytest.mark.row("M8")
@pytest.mark.parametrize("how", ["environment", "command line"])
def test_m8_a_persons_own_configuration_counts(home: Home, how: str):
    pairs = [(f"bbkey.{home.base}.permission", "write"),
             (f"bbkey.{home.base}.keyType", "ecdsa")]
    words = [w for key, value in pairs for w in ("-c", f"{key}={value}")]
    init = home.bbkey("init", home.https_url(), env=counted(*pairs)) \
        if how == "environment" else \
        home.git(*words, "bbkey", "init", home.https_url())
    assert init.status == 0, init
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_WRITE"
    assert grant["key"]["text"].startswith("ecdsa-")


@pytest.mark.row("M8")
@pytest.mark.parametrize("count", ["-1", "x", "99999999999999999999", "3"])
def test_m8_a_count_that_is_none_is_gits_own_error(home: Home, count: str):
    env = counted((f"bbkey.{home.base}.auto", "never"))
    env["GIT_CONFIG_COUNT"] = count
    init = home.run(str(BIN / "git-bbkey"), "init", home.https_url(), env=env)
    assert init.status not in (0, 134, 139), init
    one_line(init)
    assert home.requests() == []


@pytest.mark.row("M8")
def test_m8_even_where_the_requests_go(home: Home):
    good = evil(home, "tls-sink")
    env = counted((f"bbkey.{home.base}.apiUrl",
                   f"https://localhost:{good}/rest"))
    init = home.bbkey("init", home.https_url(), env=env)
    assert init.status != 0
    (tally,) = home.sandbox.control("GET", "/sink")
    assert tally["connections"] > 0, init
    assert home.requests() == []


# --- .gitmodules, auto, BBKEY_AUTO -------------------------------------------

def head_of(home: Home, project: str, repo: str) -> str:
    token = home.sandbox.tokens["admin"]
    env = {**os.environ, "GIT_SSL_CAINFO": home.sandbox.ca,
           "GIT_CONFIG_GLOBAL": "/dev/null",
           **counted(("http.extraHeader", f"Authorization: Bearer {token}"))}
    said = subprocess.run(["git", "ls-remote", home.https_url(project, repo),
                           "HEAD"], env=env, check=True, capture_output=True,
                          text=True).stdout
    return said.split()[0]


def superproject(home: Home, project: str = "lib", repo: str = "core",
                 url: str | None = None) -> Path:
    """A repository with a submodule in another project of the instance."""
    folder = home.work / "super"
    prepare(home, "init", "-q", str(folder))
    (folder / ".gitmodules").write_text(
        f'[submodule "sub"]\n\tpath = sub\n'
        f'\turl = {url or home.ssh_url(project, repo)}\n')
    prepare(home, "update-index", "--add", "--cacheinfo",
            f"160000,{head_of(home, project, repo)},sub", cwd=folder)
    prepare(home, "add", ".gitmodules", cwd=folder)
    prepare(home, "commit", "-qm", "sub", cwd=folder)
    home.forget_log()
    return folder


UPDATE = ("submodule", "update", "--init")


@pytest.mark.row("M7")
@pytest.mark.parametrize("form", ["ssh", "https"])
def test_m7_a_submodule_of_another_project_is_not_set_up(home: Home,
                                                         form: str):
    folder = superproject(home, url=home.ssh_url("lib", "core")
                          if form == "ssh" else home.https_url("lib", "core"))
    update = home.git(*UPDATE, cwd=folder)
    assert update.status != 0, update
    assert home.requests() == []
    assert home.private_keys() == []
    assert home.keys_registered("LIB") == []
    # to the letter what plain ssh gives
    plain = home.git(*UPDATE, cwd=folder, env={"BBKEY_AUTO": "never"})
    assert (update.status, update.out) == (plain.status, plain.out)
    told = [x for x in update.err.splitlines()
            if x.startswith(("Permission", "Host key", "ssh:"))]
    assert told == [x for x in plain.err.splitlines()
                    if x.startswith(("Permission", "Host key", "ssh:"))]


@pytest.mark.row("M7")
def test_m7_a_submodule_does_not_get_in_behind_its_superproject(home: Home):
    """A key that exists is used; it is not registered anywhere else."""
    assert home.git("clone", home.https_url(), "app").status == 0
    folder = superproject(home)
    assert home.git(*UPDATE, cwd=folder).status != 0
    assert home.requests("POST") == []
    assert home.keys_registered("LIB") == []


@pytest.mark.row("M7")
@pytest.mark.parametrize("listed", ["LIB", "lib", "*"])
@pytest.mark.parametrize("automatic", ["always", "ask"])
def test_m7_a_submodule_of_a_listed_project_is_set_up(
        home: Home, listed: str, automatic: str):
    home.enrol(automatic)
    home.git("config", "--global", f"bbkey.{home.base}.projects", listed)
    folder = superproject(home)
    update = home.git(*UPDATE, cwd=folder)
    assert update.status == 0, update
    assert (folder / "sub" / "README.md").exists()
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered("LIB")) == 1


@pytest.mark.row("M7")
def test_m7_a_submodule_of_an_unlisted_project_is_not(home: Home):
    home.git("config", "--global", f"bbkey.{home.base}.projects", "PROJ")
    folder = superproject(home)
    assert home.git(*UPDATE, cwd=folder).status != 0
    assert home.requests() == []


@pytest.mark.row("M7")
def test_m7_a_submodule_with_a_record_is_fetched(home: Home):
    assert home.bbkey("init", home.https_url("lib", "core")).status == 0
    folder = superproject(home)
    update = home.git(*UPDATE, cwd=folder)
    assert update.status == 0, update
    assert home.requests() == []


@pytest.mark.row("M7")
def test_m7_a_submodule_asks_nothing_on_a_terminal(home: Home):
    home.enrol("ask")
    folder = superproject(home)
    child = home.terminal("git", *UPDATE, cwd=folder)
    # plain ssh asks about a host key that nobody verified yet; we do not
    found = child.expect(["set up", "yes/no", pexpect.EOF])
    assert found != 0, child.before
    child.close(force=True)
    assert home.requests() == []


def asked(home: Home, answer: str | None) -> tuple[int, str]:
    """A clone under auto=ask, on a terminal; the person's answer."""
    home.enrol("ask")
    home.forget_log()
    child = home.terminal("git", "clone", home.https_url(), "app")
    child.expect(r"set up SSH access to project PROJ on localhost\? "
                 r"\[Y/n\] ")
    said = child.before
    child.sendline(answer or "")
    # plain ssh's own, then that of git's own https
    while ends := child.expect([pexpect.EOF, "yes/no", "for 'https.*: "]):
        said += child.before
        child.sendline("no" if ends == 1 else "")
    said += child.before
    child.close()
    return child.exitstatus, said


@pytest.mark.row("M7")
@pytest.mark.parametrize("answer", ["y", "", "yes", "Y"])
def test_m7_ask_on_a_terminal_yes_sets_up(home: Home, answer: str):
    status, said = asked(home, answer)
    assert status == 0, said
    assert len(home.requests("POST")) == 1
    assert (home.work / "app" / "README.md").exists()


@pytest.mark.row("M7")
def test_m7_ask_on_a_terminal_no_is_plain_ssh(home: Home):
    status, said = asked(home, "n")
    assert status == 128, said
    assert home.requests("POST") == []
    assert home.private_keys() == []
    assert not (home.work / "app").exists()


@pytest.mark.row("M7")
def test_m7_ask_without_a_terminal_is_plain_ssh(home: Home):
    home.enrol("ask")
    home.forget_log()
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 128
    assert home.requests() == []
    assert home.private_keys() == []
    plain = home.git("clone", home.ssh_url(), "app",
                     env={"BBKEY_AUTO": "never"})
    assert (clone.status, clone.out) == (plain.status, plain.out)
    assert plain.err in clone.err or set(plain.err.splitlines()) <= \
        set(clone.err.splitlines())


@pytest.mark.row("M7")
def test_m7_ask_without_a_terminal_sets_a_listed_project_up(home: Home):
    home.enrol("ask")
    home.git("config", "--global", f"bbkey.{home.base}.projects", "PROJ")
    home.forget_log()
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert len(home.requests("POST")) == 1


@pytest.mark.row("M7")
@pytest.mark.parametrize("how", ["auto", "environment"])
def test_m7_never_is_plain_ssh(home: Home, how: str):
    env = {}
    if how == "auto":
        home.enrol("never")
    else:
        env = {"BBKEY_AUTO": "never"}
    home.forget_log()
    clone = home.git("clone", home.ssh_url(), "app", env=env)
    plain = home.git("-c", "core.sshCommand=ssh", "clone", home.ssh_url(),
                     "app")
    assert clone.status == plain.status == 128
    assert (clone.out, clone.err) == (plain.out, plain.err)
    assert home.requests() == []
    assert home.private_keys() == []
    # a record that is there is used under auto=never, too
    if how == "auto":
        assert home.bbkey("init", home.https_url(), "--auto",
                          "never").status == 0
        assert home.git("clone", home.ssh_url(), "app").status == 0
