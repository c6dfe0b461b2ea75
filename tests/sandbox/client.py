"""A client for tests: starts a sandbox, talks to it, runs git against it.

    with Running("--context", "/bitbucket") as sandbox:
        sandbox.rest("GET", "/rest/api/latest/projects/PROJ", "project_admin")

    with Running("--edition", "cloud") as sandbox:
        sandbox.rest("GET", "/2.0/repositories/acme/app", "project_admin")

Only the standard library is needed.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import subprocess
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("run")


@dataclass
class Reply:
    """An HTTP response, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The one error of Data Center's envelope."""
        (error,) = self.json["errors"]
        return error

    @property
    def message(self) -> str:
        """The text of Cloud's standard error."""
        assert self.json["type"] == "error"
        return self.json["error"]["message"]


class Running:
    """A sandbox that runs as a program of its own."""

    def __init__(self, *options: str, before: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [*before, str(PROGRAM), "--until-stdin-closes", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready = json.loads(self._process.stdout.readline())
        self.base_url = self.ready["base_url"]
        self.api_url = self.ready.get("api_url")    # Cloud
        self.ca = self.ready["ca"]
        self.tokens = self.ready["tokens"]
        self.users = self.ready["users"]
        self.context = urllib.parse.urlsplit(self.base_url).path
        self._tls = ssl.create_default_context(cafile=self.ca)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Close the sandbox's standard input; returns its exit status."""
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(timeout=10)

    def connection(self) -> http.client.HTTPSConnection:
        """A new HTTPS connection that trusts the sandbox's CA."""
        host = urllib.parse.urlsplit(self.base_url)
        return http.client.HTTPSConnection(host.hostname, host.port,
                                           context=self._tls, timeout=10)

    def control_connection(self) -> http.client.HTTPConnection:
        """A new connection to the control API."""
        address = urllib.parse.urlsplit(self.ready["control"])
        return http.client.HTTPConnection(address.hostname, address.port,
                                          timeout=10)

    def authorization(self, who: str) -> str:
        """The Authorization header that goes with a token's name."""
        token = self.tokens[who]
        if isinstance(token, str):
            return f"Bearer {token}"
        if token["user"] is None:
            return f"Bearer {token['token']}"
        return basic(token["user"], token["token"])

    def rest(self, method: str, path: str, who: str | None = None,
             body: Any = None, auth: str | None = None) -> Reply:
        """One request; `who` is a token's name, `auth` a whole header."""
        headers = {"Content-Type": "application/json"} if body else {}
        if who:
            auth = self.authorization(who)
        if auth:
            headers["Authorization"] = auth
        connection = self.connection()
        try:
            connection.request(method, self.context + path, headers=headers,
                               body=json.dumps(body) if body else None)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control API; raises RuntimeError unless 200."""
        connection = self.control_connection()
        try:
            connection.request(method, path, body=json.dumps(body or {}))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(content.decode())
        return json.loads(content)

    def set(self, **settings: Any) -> None:
        """Change settings."""
        self.control("POST", "/set", settings)

    def fault(self, **fault: Any) -> None:
        """Set a fault."""
        self.control("POST", "/faults", fault)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [e for e in self.control("GET", "/events")
                if e["kind"] == kind]


def basic(name: str, secret: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


class Home:
    """A user's home in a temporary folder: keys, known hosts, git, ssh."""

    def __init__(self, folder: Path, sandbox: Running) -> None:
        self.folder = folder
        self._sandbox = sandbox
        self.known_hosts = folder / "known_hosts"
        self.trust_host_keys()

    def trust_host_keys(self) -> None:
        """Write the sandbox's host keys into known_hosts."""
        url = urllib.parse.urlsplit(self._sandbox.ready["ssh_url"])
        name = f"[{url.hostname}]:{url.port}" if url.port else url.hostname
        self.known_hosts.write_text("".join(
            f"{name} {key['public']}\n"
            for key in self._sandbox.control("GET", "/state")["host_keys"]))

    def make_key(self, name: str = "key", kind: str = "ed25519") -> str:
        """Make a key pair; returns the public line."""
        path = self.folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C",
                        f"{name}@home", "-f", str(path)], check=True)
        return path.with_suffix(".pub").read_text().strip()

    def ssh_command(self, name: str = "key") -> str:
        """An ssh command line that looks at nothing outside this home."""
        return (f"ssh -F /dev/null -i {self.folder / name} "
                "-o IdentitiesOnly=yes -o BatchMode=yes "
                "-o ConnectTimeout=5 -o StrictHostKeyChecking=yes "
                "-o IdentityAgent=none -o GlobalKnownHostsFile=/dev/null "
                f"-o UserKnownHostsFile={self.known_hosts}")

    def environment(self, name: str = "key") -> dict[str, str]:
        """Variables for git."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder),
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "T",
                "GIT_AUTHOR_EMAIL": "t@localhost", "GIT_COMMITTER_NAME": "T",
                "GIT_COMMITTER_EMAIL": "t@localhost",
                "GIT_SSL_CAINFO": self._sandbox.ca,
                "GIT_SSH_COMMAND": self.ssh_command(name)}

    def git(self, *words: str, key: str = "key",
            cwd: Path | None = None) -> subprocess.CompletedProcess:
        """Run git here."""
        return subprocess.run(["git", *words], env=self.environment(key),
                              cwd=cwd or self.folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=30)

    def ssh(self, *words: str, key: str = "key",
            user: str = "git") -> subprocess.CompletedProcess:
        """Run one command through ssh."""
        url = urllib.parse.urlsplit(self._sandbox.ready["ssh_url"])
        return subprocess.run(
            [*self.ssh_command(key).split(), "-p", str(url.port or 22),
             f"{user}@{url.hostname}", *words], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
