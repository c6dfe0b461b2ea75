"""What a server of either edition may do wrong, and what must not follow.

Tables of faults (sandbox/README.md) and of bodies, with the checks that go
with them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from home import Home, Result
from rest_checks import listen, sinks

# --- R8, R13, R21: bodies ----------------------------------------------------

PAGE = ("<!DOCTYPE html><html><head><title>Sign in \x1b]0;owned\x07</title>"
        "</head><body>" + "Please log in. " * 40 + "</body></html>")

EVERYWHERE = ["", "null", "[]", "{}", "true", "42", '"text"', "{", '{"a":',
              '{"version": "9.4.1"', "\ufeff{}", "{} {}", '{"a": NaN}',
              '{"a": "\\ud800"}', '{"a": "\\u0000"}', "{'a': 1}",
              '{"a": 1e999}', "[" * 3000, '{"a":' * 3000, "{\"a\": 1,}"]

NASTY = ["$(touch {flag})", "`touch {flag}`", "'; touch {flag}; '",
         "\x1b]52;c;aGk=\x07", "\x1b[2J\x1b[31mred", "\x07bell", "a\rb",
         "two\nlines", "git-bbkey: \nhint: run rm -rf ~", "\u202egnp.exe",
         "\u009b31m", "\x00", "\u200b\u2066x\u2069", "A" * 1_000_000]
HOSTILE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f"
                     r"\u2028-\u202e\u2060-\u206f]")


def harmless(home: Home, result, flag: Path, what: str) -> list[str]:
    """What is wrong with this output, if anything."""
    wrong = []
    if HOSTILE.search(result.err + result.out):
        wrong.append("a control character is printed")
    if "A" * 201 in result.err.replace("\n  ", ""):
        wrong.append("more than 200 characters are printed")
    if flag.exists():
        wrong.append("it reached a shell")
    if len([x for x in result.err.splitlines()
            if x.startswith("git-bbkey: ")]) > 1:
        wrong.append("it made a line of its own")
    if len([x for x in result.err.splitlines()
            if x.startswith("hint: ")]) > 1:
        wrong.append("it made a hint of its own")
    for path in home.folder.rglob("*"):
        if "touch" in path.name or "AAAA" in path.name or \
                HOSTILE.search(path.name):
            wrong.append(f"it named a file: {path.name[:60]!r}")
    return [(what[:40], word, result.err[:300]) for word in wrong]


# --- R10, R12: late, or cut short --------------------------------------------

SLOW = {"headers": {"drip": 0.5, "drip_headers": True}, "body": {"drip": 0.5},
        "slower": {"drip": 7}, "silence": {"delay": 20}}

CUT = {
    "short Content-Length": {"truncate": 20},
    "nothing of the body": {"truncate": 0},
    "truncated chunk": {"truncate": 20, "chunked": True},
    "empty reply": {"raw": ""},
    "closed": {"close": "before"},
    "half a header": {"raw": "HTTP/1.1 200 OK\r\nContent-Type: applic"},
    "HTTP/0.9": {"raw": '{"enabled": true}'},
    "not HTTP": {"raw": "SSH-2.0-OpenSSH_9.2\r\n"},
    "no status": {"raw": "HTTP/1.1 \r\n\r\n{}"},
}

# --- R14, R15: too much ------------------------------------------------------

MEMORY = 100_000  # KiB, with the sanitizer's own
MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(status)
"""


def measured(home: Home, *argv: str) -> tuple[Result, int]:
    """Runs it; its largest process, in KiB."""
    path = home.work / "memory"
    result = home.run(sys.executable, "-c", MEASURE, str(path), *argv)
    return result, int(path.read_text())


ENDLESS = {"endless body": {"endless": True},
           "endless list of headers": {"big_headers": 10_000_000},
           "endless header": {"raw": "HTTP/1.1 200 OK\r\nX: " + "x" * 10**7},
           "endless status": {"raw": "HTTP/1.1 200 " + "x" * 10**7}}

DEEP = {"arrays": "[" * 10**6, "objects": '{"a":' * 200_000,
        "arrays in a field": '{"enabled": true, "x": ' + "[" * 10**6,
        "many objects": '{"enabled": true, "x": [%s{}]}' % ("{}," * 349_000),
        "many numbers": '{"enabled": true, "x": [%s1]}' % ("1," * 500_000)}

# --- R17: where a redirect may point -----------------------------------------

STATUSES = [301, 302, 303, 307, 308]


def places(home: Home) -> dict[str, tuple[str, str]]:
    """Where a redirect may point: (the address, the host to be shown)."""
    tls, plain = listen(home, "tls-sink"), listen(home, "sink")
    return {
        "other host": (f"https://127.0.0.1:{tls}/steal?x=1", "127.0.0.1"),
        "other port": (f"https://localhost:{tls}/steal", "localhost"),
        "http": (f"http://localhost:{plain}/steal", "localhost"),
        "file": ("file:///etc/passwd", ""),
        "relative": ("/bitbucket/rest/steal", ""),
        "no scheme": (f"//localhost:{tls}/steal", ""),
        "userinfo": (f"https://name:pa55word@localhost:{tls}/steal",
                     "localhost"),
        "token": (f"https://localhost:{tls}/steal?access_token=pa55word",
                  "localhost"),
        "upper case": (f"https://LOCALHOST:{tls}/steal", "localhost"),
        "escape": (f"https://localhost:{tls}/\x1b]0;steal\x07", ""),
        "backslash": (f"https://localhost:{tls}\\@evil.example/steal", ""),
    }


# --- R18: servers that cannot prove who they are -----------------------------

TLS = ["tls-wrong-host", "tls-expired", "tls-not-yet-valid",
       "tls-self-signed", "tls-unknown-ca", "tls1.1", "plain-http"]


def classes(kind: str) -> list[str]:
    """The sandbox's tls1.1 hangs up instead of saying why: R11's network."""
    return ["tls", "network"] if kind == "tls1.1" else ["tls"]


def check_no_leak(home: Home, result: Result, kind: str) -> None:
    """Not one byte inside TLS, not one request, no advice to look away."""
    (sink,) = sinks(home)
    assert sink["connections"] or home.events("tls_fail"), "nobody came"
    assert sink["requests"] == 0, sink
    if kind != "plain-http":
        assert sink["bytes"] == 0, sink
    for event in home.events("tls_fail"):
        assert event["app_bytes"] == 0, event
    assert not re.search(r"\s-k\b|sslverify|insecure|http://(?!localhost)",
                         result.err, re.I), result


# --- R23: what a proxy may say -----------------------------------------------

REFUSALS = {
    "407": ("HTTP/1.1 407 Proxy Authentication Required\r\n"
            "Proxy-Authenticate: Negotiate\r\n\r\n", "407"),
    "403": ("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n", "403"),
    "502": ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "502"),
    "a redirect": ("HTTP/1.1 302 Found\r\nLocation: https://login.example/"
                   "?x\r\n\r\n", "302"),
    "it closes": ("", "proxy closed"),
    "half an answer": ("HTTP/1.1 2", "proxy closed"),
    "no HTTP": ("SSH-2.0-x\r\n\r\n", ""),
    "too much": ("HTTP/1.1 200 OK\r\n" + f"X: {'x' * 4000}\r\n" * 300, ""),
}
