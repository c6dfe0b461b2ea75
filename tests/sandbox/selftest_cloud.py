"""The sandbox against the facts about Bitbucket Cloud.

Run: /usr/bin/python3 -m pytest -q tests/sandbox/selftest_cloud.py
"""

from __future__ import annotations

import base64
import datetime
import http.client
import socket
import subprocess
import urllib.parse
from pathlib import Path
from typing import Iterator

import pytest

from client import Home, Reply, Running, basic

REPO = "/2.0/repositories/acme/app"
PROJECT = "/2.0/workspaces/acme/projects/PROJ"
REPO_KEYS = REPO + "/deploy-keys"
PROJECT_KEYS = PROJECT + "/deploy-keys"
NOT_FOUND = ("The requested repository either does not exist or you do not "
             "have access. If you believe this repository exists and you have "
             "access, make sure you're authenticated.")
BAD_TOKEN = "Token is invalid, expired, or not supported for this endpoint."
MECHANISM = "This API is not accessible by this authentication mechanism"
REGISTERED = "Someone has already registered that SSH key."
DELETED = ("SSH keys must be unique and deleted keys may take up to 30 days "
           "to be removed. Please use a unique SSH key.")
KINDS = {"ed25519": [], "rsa": ["-b", "2048"], "ecdsa": []}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with Running("--edition", "cloud") as sandbox:
        yield sandbox


@pytest.fixture
def box(running: Running) -> Running:
    running.control("POST", "/reset")
    return running


@pytest.fixture
def home(box: Running, tmp_path: Path) -> Home:
    return Home(tmp_path, box)


@pytest.fixture(scope="module")
def lines(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict:
    home = Home(tmp_path_factory.mktemp("keys"), running)
    return {kind: home.make_key(kind, kind) for kind in KINDS}


def bare(line: str) -> str:
    return " ".join(line.split()[:2])


def post(box: Running, path: str, text: str, who: str = "project_admin",
         **fields: object) -> Reply:
    return box.rest("POST", path, who, {"key": text, **fields})


def personal(box: Running, user: str = "member") -> str:
    return (f"/2.0/users/{urllib.parse.quote(box.users[user]['uuid'])}"
            "/ssh-keys")


def odd(reply: Reply) -> str:
    """The one message of the shape that is no standard error."""
    assert set(reply.json) == {"key"}
    (error,) = reply.json["key"]
    return error["message"]


def open_repo(box: Running, home: Home, **place: str) -> str:
    """A key in the home that opens something."""
    line = home.make_key()
    box.control("POST", "/keys", {"text": line, **place})
    return line


# Addresses and the web host.

def test_the_ready_line_has_the_api_below_the_web_host(box):
    assert box.base_url.startswith("https://localhost:")
    assert box.api_url == box.base_url + "/2.0"
    assert box.ready["ssh_url"].startswith("ssh://git@localhost:")
    assert [k["type"] for k in box.ready["host_keys"]] == [
        "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"]


@pytest.mark.parametrize("path", ["/rest/api/latest/application-properties",
                                  "/rest/capabilities", "/acme/app"])
def test_cloud_has_nothing_of_data_center(box, path):
    reply = box.rest("GET", path)
    assert reply.status == 404
    assert reply.headers["Content-Type"].startswith("text/html")
    assert not [name for name in reply.headers if name.startswith("X-A")]


def test_the_host_keys_are_published_as_known_hosts(box):
    reply = box.rest("GET", "/site/ssh")
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.body.decode().splitlines() == [
        f"bitbucket.org {key['public']}" for key in box.ready["host_keys"]]


def test_the_page_of_host_keys_takes_other_forms(box):
    box.set(site_ssh_names=["bitbucket.org,ssh.bitbucket.org", "localhost"])
    names = [line.split()[0] for line in
             box.rest("GET", "/site/ssh").body.decode().splitlines()]
    assert names == 3 * ["bitbucket.org,ssh.bitbucket.org"] + 3 * ["localhost"]
    box.set(site_ssh="404")
    assert box.rest("GET", "/site/ssh").status == 404
    box.set(site_ssh="html")
    assert b"<title>" in box.rest("GET", "/site/ssh").body


def test_new_host_keys_are_published_only_on_request(box, home):
    first = box.rest("GET", "/site/ssh").body
    box.control("POST", "/hostkey", {"types": ["ed25519"]})
    assert box.rest("GET", "/site/ssh").body == first
    box.control("POST", "/hostkey", {"types": ["ed25519"], "publish": True})
    assert len(box.rest("GET", "/site/ssh").body.splitlines()) == 1


@pytest.mark.parametrize("host", ["bitbucket.org", "api.bitbucket.org",
                                  "127.0.0.1"])
def test_the_certificate_is_good_for_the_real_names(box, host):
    url = urllib.parse.urlsplit(box.base_url)
    connection = http.client.HTTPSConnection(
        host, url.port, context=box._tls, timeout=10)
    connection._create_connection = lambda address, *rest: (
        socket.create_connection(("127.0.0.1", address[1]), *rest))
    connection.request("GET", "/site/ssh")
    assert connection.getresponse().status == 200
    connection.close()


def test_with_real_names_and_ports_the_addresses_have_no_port(tmp_path):
    with Running("--edition", "cloud", "--host", "bitbucket.org",
                 "--api-host", "api.bitbucket.org", "--ssh-host",
                 "ssh.bitbucket.org", "--public-https-port", "443",
                 "--public-ssh-port", "22", "--host-keys", "ed25519",
                 "--ssh-address", "127.0.0.2") as box:
        assert box.base_url == "https://bitbucket.org"
        assert box.api_url == "https://api.bitbucket.org/2.0"
        assert box.ready["ssh_url"] == "ssh://git@ssh.bitbucket.org"
        links = box_links(box)
        assert links == {"https": "https://dev@bitbucket.org/acme/app.git",
                         "ssh": "git@ssh.bitbucket.org:acme/app.git"}
        box.set(clone_links="old")
        assert box_links(box)["ssh"] == "git@bitbucket.org:acme/app.git"
        for address, works in (("127.0.0.2", True), ("127.0.0.1", False)):
            assert answers(address, box.ready["listens"]["ssh"]) == works


def box_links(box: Running) -> dict[str, str]:
    """links.clone, over a listener that the ready line's name hides."""
    box.base_url = f"https://localhost:{box.ready['listens']['https']}"
    reply = box.rest("GET", REPO, "project_admin")
    return {x["name"]: x["href"] for x in reply.json["links"]["clone"]}


def answers(address: str, port: int) -> bool:
    """True when somebody listens."""
    try:
        socket.create_connection((address, port), 5).close()
        return True
    except ConnectionRefusedError:
        return False


# Credentials.

def test_an_api_token_is_a_password_of_the_e_mail(box):
    token = box.tokens["project_admin"]
    assert token["user"] == box.users["dev"]["email"]
    assert box.rest("GET", "/2.0/user", "project_admin").status == 200
    for auth in ("Bearer " + token["token"], basic("dev", token["token"]),
                 basic("x-bitbucket-api-token-auth", token["token"]),
                 basic("member@example.com", token["token"])):
        reply = box.rest("GET", "/2.0/user", auth=auth)
        assert (reply.status, reply.message) == (401, BAD_TOKEN)


@pytest.mark.parametrize("who", ["expired", "app_password", "unscoped"])
def test_tokens_that_are_no_good_are_401(box, who):
    reply = box.rest("GET", REPO, who)
    assert (reply.status, reply.message) == (401, BAD_TOKEN)
    assert reply.headers["WWW-Authenticate"] == (
        "BitbucketCustom realm=Bitbucket.org HTTP")


def test_a_token_without_scopes_may_also_fail_for_want_of_them(box):
    box.set(unscoped_status=403)
    assert box.rest("GET", REPO, "unscoped").status == 403


@pytest.mark.parametrize("path,status", [
    (REPO, 404), (REPO_KEYS, 404), (PROJECT, 401), (PROJECT_KEYS, 404),
    ("/2.0/user", 401)])
def test_the_anonymous_get_401_where_it_is_documented(box, path, status):
    reply = box.rest("GET", path)
    assert reply.status == status
    assert reply.message == (NOT_FOUND if status == 404 else BAD_TOKEN)
    if status == 404:
        box.set(anonymous_status=403)
        assert box.rest("GET", path).status == 403


def test_the_log_names_means_and_user(box):
    box.rest("GET", REPO, "member")
    box.rest("GET", REPO, "oauth")
    box.rest("GET", REPO, "repository_token")
    box.rest("GET", REPO)
    assert [(e["auth"], e["user"]) for e in box.events("http")] == [
        ("basic", "member"), ("bearer", "dev"), ("bearer", None),
        ("none", None)]


@pytest.mark.parametrize("who,method,path,missing", [
    ("reader", "GET", REPO_KEYS, "admin:repository"),
    ("project_only", "GET", PROJECT, "read:project"),
    ("project_only", "GET", "/2.0/user", "read:user"),
    ("personal_only", "GET", REPO, "read:repository"),
    ("no_write_key", "POST", PROJECT_KEYS, "write:ssh-key"),
    ("no_write_key", "POST", REPO_KEYS, "write:ssh-key"),
    ("project_only", "DELETE", PROJECT_KEYS + "/1", "delete:ssh-key"),
    ("repo_only", "DELETE", REPO_KEYS + "/1", "delete:ssh-key")])
def test_no_scope_contains_another(box, lines, who, method, path, missing):
    body = {"key": lines["rsa"]} if method == "POST" else None
    reply = box.rest(method, path, who, body)
    assert reply.status == 403
    assert reply.message == (
        "Your credentials lack one or more required privilege scopes.")
    detail = reply.json["error"]["detail"]
    assert missing + ":bitbucket" in detail["required"]
    assert missing + ":bitbucket" not in detail["granted"]
    box.set(scope_error="bare")
    reply = box.rest(method, path, who, body)
    assert "detail" not in reply.json["error"]


def test_oauth_has_scopes_of_its_own(box, lines):
    assert post(box, PROJECT_KEYS, lines["rsa"], "oauth").status == 200
    weak = box.control("POST", "/tokens", {
        "user": "dev", "kind": "oauth", "scopes": ["project:admin"]})
    reply = box.rest("GET", PROJECT_KEYS, auth="Bearer " + weak["token"])
    assert reply.json["error"]["detail"] == {
        "required": ["project", "project:admin"],
        "granted": ["project:admin"]}


@pytest.mark.parametrize("who", ["repository_token", "project_token",
                                 "workspace_token"])
def test_access_tokens_read_repositories_but_manage_no_keys(box, lines, who):
    assert box.rest("GET", REPO, who).status == 200
    for path in (REPO_KEYS, PROJECT_KEYS, personal(box)):
        reply = post(box, path, lines["rsa"], who)
        assert (reply.status, reply.message) == (403, MECHANISM)


def test_a_workspace_token_may_be_good_for_keys_of_projects(box, lines):
    box.set(workspace_token_project_keys="allow")
    assert post(box, PROJECT_KEYS, lines["rsa"],
                "workspace_token").status == 200
    assert post(box, PROJECT_KEYS, lines["ecdsa"],
                "project_token").status == 403
    assert post(box, REPO_KEYS, lines["ecdsa"],
                "workspace_token").status == 403


def test_access_tokens_end_at_their_place(box):
    other = "/2.0/repositories/acme/core"
    assert box.rest("GET", other, "project_token").status == 404
    assert box.rest("GET", other, "workspace_token").status == 200
    tool = "/2.0/repositories/acme/tool"
    assert box.rest("GET", tool, "repository_token").status == 404
    assert box.rest("GET", tool, "project_token").status == 200


# Accounts, workspaces, projects and repositories.

def test_the_account_says_who_it_is(box):
    account = box.rest("GET", "/2.0/user", "project_admin").json
    wanted = box.users["dev"]
    assert account["nickname"] == "dev"
    assert account["uuid"] == wanted["uuid"]
    assert account["account_id"] == wanted["account_id"]
    assert account["display_name"]


def test_a_repository_has_its_project_and_clone_links(box):
    repo = box.rest("GET", REPO, "project_admin").json
    assert (repo["full_name"], repo["slug"]) == ("acme/app", "app")
    assert repo["project"]["key"] == "PROJ"
    assert repo["workspace"]["slug"] == "acme"
    assert repo["is_private"] is True
    host = box.base_url.removeprefix("https://")
    assert repo["links"]["clone"] == [
        {"name": "https", "href": f"https://dev@{host}/acme/app.git"},
        {"name": "ssh", "href": box.ready["ssh_url"] + "/acme/app.git"}]


def test_uuids_are_as_good_as_names(box):
    repo = box.rest("GET", REPO, "project_admin").json
    path = "/2.0/repositories/" + urllib.parse.quote(
        f"{repo['workspace']['uuid']}/{repo['uuid']}")
    assert "%7B" in path
    assert box.rest("GET", path, "project_admin").json == repo


def test_the_same_project_key_exists_in_two_workspaces(box):
    box.control("POST", "/rights", {"user": "dev",
                                    "rights": {"other/PROJ": "read"}})
    one = box.rest("GET", PROJECT, "project_admin").json
    two = box.rest("GET", "/2.0/workspaces/other/projects/PROJ",
                   "project_admin").json
    assert one["key"] == two["key"] == "PROJ"
    assert one["uuid"] != two["uuid"]
    app = box.rest("GET", "/2.0/repositories/other/app", "project_admin")
    assert app.json["project"]["uuid"] == two["uuid"]


@pytest.mark.parametrize("path", ["acme/app", "acme/nothing", "none/app"])
def test_what_is_not_readable_is_404_with_the_known_words(box, path):
    reply = box.rest("GET", "/2.0/repositories/" + path, "none")
    assert (reply.status, reply.message) == (404, NOT_FOUND)


@pytest.mark.parametrize("who,path,status", [
    ("admin", "acme/projects/OTHER", 200),
    ("project_admin", "acme/projects/PROJ", 200),
    ("project_admin", "acme/projects/LIB", 200),
    ("project_admin", "dev/projects/DEV", 200),
    ("project_admin", "acme/projects/OTHER", 403),
    ("repo_admin", "acme/projects/PROJ", 403),
    ("member", "acme/projects/PROJ", 403),
    ("member", "acme/projects/LIB", 404),
    ("admin", "other/projects/PROJ", 404),
    ("none", "acme/projects/PROJ", 404)])
def test_who_administrates_which_project(box, who, path, status):
    reply = box.rest("GET", f"/2.0/workspaces/{path}/deploy-keys", who)
    assert reply.status == status
    if status != 200:
        assert reply.message


@pytest.mark.parametrize("who,slug,status", [
    ("admin", "secret", 200), ("project_admin", "tool", 200),
    ("repo_admin", "app", 200), ("repo_admin", "tool", 403),
    ("member", "app", 403), ("project_admin", "secret", 403),
    ("none", "app", 404)])
def test_who_administrates_which_repository(box, who, slug, status):
    path = f"/2.0/repositories/acme/{slug}/deploy-keys"
    assert box.rest("GET", path, who).status == status


def test_lists_across_workspaces_are_gone(box):
    for path in ("/2.0/repositories", "/2.0/workspaces"):
        assert box.rest("GET", path, "admin").status == 410
    box.set(removed_status=404)
    assert box.rest("GET", "/2.0/workspaces", "admin").status == 404
    rows = box.rest("GET", "/2.0/user/workspaces", "project_admin").json
    assert [r["workspace"]["slug"] for r in rows["values"]] == ["acme", "dev"]


def test_unknown_paths_are_404_in_the_standard_shape(box):
    assert box.rest("GET", "/2.0/nothing", "admin").message
    assert box.rest("GET", "/2.0/user/ssh-keys", "admin").status == 404


# Deploy keys.

def test_a_project_key_is_registered_listed_read_and_deleted(box, lines):
    reply = post(box, PROJECT_KEYS, lines["ed25519"], label="laptop")
    assert reply.status == 200
    key = reply.json
    assert key["type"] == "project_deploy_key"
    assert key["key"] == bare(lines["ed25519"])
    assert (key["label"], key["comment"]) == ("laptop", "ed25519@home")
    assert key["project"]["key"] == "PROJ"
    assert key["last_used"] is None
    assert datetime.datetime.fromisoformat(key["created_on"]).tzinfo
    path = f"{PROJECT_KEYS}/{key['id']}"
    assert key["links"]["self"]["href"] == box.base_url + path + "/"
    assert box.rest("GET", path, "project_admin").json == key
    assert box.rest("GET", PROJECT_KEYS, "project_admin").json == {
        "values": [key], "pagelen": 10, "page": 1, "size": 1}
    assert box.rest("PUT", path, "project_admin",
                    {"label": "x"}).status == 404
    assert box.rest("DELETE", path, "project_admin").status == 204
    assert box.rest("DELETE", path, "project_admin").status == 404


def test_a_repository_key_can_get_another_label(box, lines):
    key = post(box, REPO_KEYS, lines["rsa"], "repo_admin", label="old").json
    assert (key["type"], type(key["id"])) == ("deploy_key", int)
    assert key["repository"]["full_name"] == "acme/app"
    path = f"{REPO_KEYS}/{key['id']}"
    reply = box.rest("PUT", path, "repo_admin", {
        "key": bare(lines["rsa"]) + " me", "label": "new"})
    assert (reply.status, reply.json["label"]) == (200, "new")
    assert reply.json["comment"] == "me"
    assert box.rest("PUT", path, "repo_admin",
                    {"key": lines["ecdsa"]}).status == 400
    assert box.rest("DELETE", path, "repo_admin").status == 204


def test_the_minimal_scopes_are_enough(box, lines):
    assert post(box, PROJECT_KEYS, lines["rsa"], "project_only").status == 200
    assert post(box, REPO_KEYS, lines["rsa"], "repo_only").status == 200
    assert post(box, personal(box), lines["ecdsa"],
                "personal_only").status == 201


def test_a_duplicate_is_refused_in_the_odd_shape(box, lines):
    post(box, REPO_KEYS, lines["rsa"])
    reply = post(box, REPO_KEYS, bare(lines["rsa"]) + " other")
    assert reply.status == 400
    assert reply.json == {"key": [{"message": "Someone has already added that "
                                   "access key to this repository."}]}


def test_a_duplicate_on_a_project_has_a_shape_to_choose(box, lines):
    post(box, PROJECT_KEYS, lines["rsa"])
    assert odd(post(box, PROJECT_KEYS, lines["rsa"])) == (
        "Someone has already added that access key to this project.")
    box.set(project_error_shape="standard")
    reply = post(box, PROJECT_KEYS, lines["rsa"])
    assert (reply.status, reply.message) == (400, "Bad request")
    assert "this project" in reply.json["error"]["fields"]["key"][0]


def test_one_access_key_opens_many_places(box, lines):
    assert post(box, PROJECT_KEYS, lines["rsa"]).status == 200
    assert post(box, REPO_KEYS, lines["rsa"]).status == 200
    lib = "/2.0/workspaces/acme/projects/LIB/deploy-keys"
    assert post(box, lib, lines["rsa"]).status == 200


@pytest.mark.parametrize("text", ["", "nonsense", "ssh-rsa AAAA",
                                  "ssh-ed25519 AAAAB3NzaC1yc2E="])
def test_what_is_no_key_is_400(box, text):
    for path in (PROJECT_KEYS, REPO_KEYS):
        assert post(box, path, text).status == 400
    assert post(box, personal(box), text, "member").status == 400


def test_short_rsa_keys_and_security_keys_are_refused(box, home):
    path = home.folder / "short"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "",
                    "-f", str(path)], check=True)
    short = path.with_suffix(".pub").read_text()
    assert odd(post(box, REPO_KEYS, short)) == "Invalid SSH key."
    security = (
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t"
        "AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABHNzaDo=")
    assert odd(post(box, REPO_KEYS, security)) == "Invalid SSH key."


def test_a_body_without_a_key_names_the_field(box):
    reply = box.rest("POST", REPO_KEYS, "repo_admin", {"label": "x"})
    assert reply.status == 400
    assert reply.json["error"]["fields"] == {
        "key": ["This field is required."]}


def test_a_body_without_its_length_is_411(box, lines):
    connection = box.connection()
    connection.request("POST", REPO_KEYS, body=iter([b"{}"]), headers={
        "Authorization": box.authorization("repo_admin")},
        encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


# Account keys.

def test_account_keys_are_added_listed_changed_and_deleted(box, lines):
    reply = post(box, personal(box), lines["rsa"], "member", label="l")
    assert reply.status == 201
    key = reply.json
    assert (key["type"], key["key"]) == ("ssh_key", bare(lines["rsa"]))
    assert (key["label"], key["comment"]) == ("l", "rsa@home")
    assert key["expires_on"] is None
    assert key["owner"]["nickname"] == "member"
    path = f"{personal(box)}/{urllib.parse.quote(key['uuid'])}"
    assert box.rest("GET", path, "member").json == key
    changed = box.rest("PUT", path, "member", {"label": "m"}).json
    assert changed == {**key, "label": "m"}
    assert box.rest("GET", personal(box), "member").json["size"] == 1
    twin = (f"{personal(box)}/"
            + urllib.parse.quote(key["fingerprint"], safe=""))
    assert box.rest("GET", twin, "member").status == 200
    assert box.rest("DELETE", path, "member").status == 204
    assert box.rest("GET", path, "member").status == 404


def test_accounts_are_found_by_account_id_and_uuid_only(box):
    member = box.users["member"]
    for name, status in ((member["account_id"], 200), (member["uuid"], 200),
                         (member["uuid"].strip("{}"), 404), ("member", 404),
                         (member["email"], 404)):
        path = f"/2.0/users/{urllib.parse.quote(name)}/ssh-keys"
        assert box.rest("GET", path, "member").status == status
    assert box.rest("GET", personal(box, "dev"), "member").status == 403


@pytest.mark.parametrize("where,query,body", [
    ("both", True, True), ("query", True, False), ("body", False, True)])
def test_where_expires_on_counts_is_a_setting(box, lines, where, query, body):
    box.set(expires_on=where)
    text = "2030-01-02T03:04:05+00:00"
    path = personal(box)
    key = post(box, f"{path}?expires_on={urllib.parse.quote(text)}",
               lines["rsa"], "member").json
    assert (key["expires_on"] == text) == query
    key = post(box, path, lines["ecdsa"], "member", expires_on=text).json
    assert (key["expires_on"] == text) == body


def test_an_expiry_that_is_no_time_is_400(box, lines):
    assert post(box, personal(box), lines["rsa"], "member",
                expires_on="soon").status == 400


@pytest.mark.parametrize("status", [400, 409])
def test_an_account_key_can_not_be_added_twice(box, lines, status):
    box.set(user_duplicate_status=status)
    post(box, personal(box), lines["rsa"], "member")
    for user, who in (("member", "member"), ("dev", "project_admin")):
        reply = post(box, personal(box, user), lines["rsa"], who)
        assert (reply.status, odd(reply)) == (status, REGISTERED)
    box.set(user_error_shape="standard")
    reply = post(box, personal(box), lines["rsa"], "member")
    assert reply.json["error"]["fields"] == {"key": [REGISTERED]}


def test_account_keys_and_access_keys_exclude_each_other(box, lines):
    post(box, personal(box), lines["rsa"], "member")
    for path in (PROJECT_KEYS, REPO_KEYS):
        reply = post(box, path, lines["rsa"])
        assert (reply.status, odd(reply)) == (400, REGISTERED)
    post(box, PROJECT_KEYS, lines["ecdsa"])
    reply = post(box, personal(box), lines["ecdsa"], "member")
    assert (reply.status, odd(reply)) == (400, REGISTERED)


def test_a_deleted_key_stays_blocked_for_thirty_days(box, lines):
    key = post(box, personal(box), lines["rsa"], "member").json
    path = f"{personal(box)}/{urllib.parse.quote(key['uuid'])}"
    assert box.rest("DELETE", path, "member").status == 204
    reply = post(box, PROJECT_KEYS, lines["rsa"])
    assert (reply.status, odd(reply)) == (400, DELETED)
    box.set(clock_days=31)
    assert post(box, PROJECT_KEYS, lines["rsa"]).status == 200


@pytest.mark.parametrize("rule,again,moved", [
    ("moves", 200, 400), ("all", 400, 400), ("none", 200, 201)])
def test_which_deleted_keys_are_blocked_is_a_setting(box, lines, rule, again,
                                                     moved):
    box.set(deleted_keys_block=rule)
    for kind, path, who, status in (
            ("rsa", PROJECT_KEYS, "project_admin", again),
            ("ecdsa", personal(box), "member", moved)):
        number = post(box, PROJECT_KEYS, lines[kind]).json["id"]
        box.rest("DELETE", f"{PROJECT_KEYS}/{number}", "project_admin")
        assert post(box, path, lines[kind], who).status == status


# Paging.

@pytest.fixture
def many(box: Running, tmp_path: Path) -> Running:
    """Twelve keys at PROJ; only their bytes matter, so they are made up."""
    for number in range(12):
        blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes([number]) * 32
        box.control("POST", "/keys", {
            "scope": "project", "project": "PROJ", "label": f"k{number}",
            "text": "ssh-ed25519 " + base64.b64encode(blob).decode()})
    return box


def follow(box: Running, path: str, limit: int = 20) -> list[str]:
    """The labels of all pages, by `next` alone."""
    labels = []
    for _ in range(limit):
        reply = box.rest("GET", path, "project_admin").json
        labels += [key["label"] for key in reply["values"]]
        if "next" not in reply:
            return labels
        assert reply["next"].startswith(box.api_url + "/")
        path = reply["next"].removeprefix(box.base_url)
    return labels


@pytest.mark.parametrize("query,cursor", [
    ("", False), ("?pagelen=5", False), ("?pagelen=5", True),
    ("?pagelen=100", False)])
def test_pages_are_followed_by_next(many, query, cursor):
    many.set(page_cursor=cursor)
    labels = follow(many, PROJECT_KEYS + query)
    assert labels == [f"k{number}" for number in range(12)]


def test_pagelen_is_10_and_100_at_most(many):
    first = many.rest("GET", PROJECT_KEYS, "project_admin").json
    assert (first["pagelen"], len(first["values"])) == (10, 10)
    assert (first["size"], first["page"]) == (12, 1)
    big = many.rest("GET", PROJECT_KEYS + "?pagelen=500", "project_admin")
    assert big.json["pagelen"] == 100
    many.set(page_cap=3)
    assert len(follow(many, PROJECT_KEYS + "?pagelen=100")) == 12


def test_only_values_and_next_are_certain(many):
    many.set(page_size=False)
    reply = many.rest("GET", PROJECT_KEYS, "project_admin").json
    assert set(reply) == {"values", "pagelen", "page", "next"}
    many.set(page_cursor=True)
    reply = many.rest("GET", PROJECT_KEYS, "project_admin").json
    assert set(reply) == {"values", "pagelen", "next"}
    cursor = urllib.parse.parse_qs(reply["next"].partition("?")[2])["page"][0]
    assert not cursor.isdigit()


def test_next_can_lead_astray(many):
    def following(query: str = "") -> str:
        reply = many.rest("GET", PROJECT_KEYS + query, "project_admin")
        return reply.json["next"]
    many.set(page_next_origin="http")
    assert following().startswith("http://localhost:")
    many.set(page_next_origin="https://elsewhere.invalid")
    assert following("?pagelen=100").startswith(
        "https://elsewhere.invalid/2.0/workspaces/")
    many.set(page_next_origin="", page_loop="back")
    assert "page=1" in following("?page=2")
    many.set(page_loop="stuck")
    assert "page=2" in following("?page=2")
    many.set(page_loop="forever")
    assert "page=9" in following("?page=8")


def test_the_rate_limit_is_a_fault(box):
    text = "Rate limit for this resource has been exceeded"
    box.fault(path="/2.0/repositories/", status=429, json={
        "type": "error", "error": {"message": text}})
    reply = box.rest("GET", REPO, "reader")
    assert (reply.status, reply.message) == (429, text)
    assert box.rest("GET", REPO, "reader").status == 200


# Git over HTTPS.

def https_url(box: Running, login: str, path: str = "acme/app.git") -> str:
    return f"https://{login}@{box.base_url.removeprefix('https://')}/{path}"


@pytest.mark.parametrize("name,who", [
    ("x-bitbucket-api-token-auth", "reader"), ("member", "reader"),
    ("x-token-auth", "repository_token"), ("x-token-auth", "oauth")])
def test_git_takes_tokens_under_the_right_name(box, home, name, who):
    url = https_url(box, f"{name}:{box.tokens[who]['token']}")
    assert home.git("clone", "-q", url, "c").returncode == 0


@pytest.mark.parametrize("name,who", [
    ("member%40example.com", "reader"), ("dev", "reader"),
    ("dev", "app_password"), ("x-token-auth", "reader"),
    ("x-bitbucket-api-token-auth", "expired"), ("dev", "oauth")])
def test_git_refuses_other_names_and_app_passwords(box, home, name, who):
    url = https_url(box, f"{name}:{box.tokens[who]['token']}")
    assert home.git("clone", "-q", url, "c").returncode == 128
    assert {e["status"] for e in box.events("http")} == {401}


def test_app_passwords_may_be_gone_for_good(box, home):
    box.set(app_password_git_status=410)
    url = https_url(box, f"dev:{box.tokens['app_password']['token']}")
    assert "410" in home.git("clone", "-q", url, "c").stderr


def test_git_without_credentials_is_asked_for_some(box):
    reply = box.rest("GET", "/acme/app.git/info/refs?service=git-upload-pack")
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_git_is_told_in_clouds_words_what_it_can_not_have(box, home):
    login = "x-bitbucket-api-token-auth:" + box.tokens["none"]["token"]
    result = home.git("clone", "-q", https_url(box, login), "c")
    assert "remote: The requested repository either does" in result.stderr
    assert "acme/app.git/' not found" in result.stderr


def test_pushing_needs_a_scope_and_a_right(box, home):
    def push(who: str) -> int:
        login = f"x-bitbucket-api-token-auth:{box.tokens[who]['token']}"
        return home.git("push", "-q", https_url(box, login), "HEAD:refs/heads/"
                        + who, cwd=home.folder / "c").returncode
    login = "x-bitbucket-api-token-auth:" + box.tokens["member"]["token"]
    home.git("clone", "-q", https_url(box, login), "c")
    assert push("reader") == 128        # the scope is missing
    assert push("repo_admin") == push("member") == 0
    weak = box.control("POST", "/tokens", {
        "user": "member", "scopes": ["write:repository"]})
    box.tokens["weak"] = weak
    box.control("POST", "/rights", {"user": "member",
                                    "rights": {"acme/PROJ": "read"}})
    assert push("weak") == 128          # the right is missing
    del box.tokens["weak"]


# SSH.

@pytest.mark.parametrize("place", [
    {"scope": "project", "project": "PROJ"},
    {"scope": "repo", "repo": "app"}, {"scope": "user", "user": "member"}])
@pytest.mark.parametrize("slash", ["/", ""])
def test_every_kind_of_key_clones(box, home, place, slash):
    open_repo(box, home, **place)
    host, port = box.ready["ssh_url"].removeprefix("ssh://").split(":")
    url = (f"ssh://{host}:{port}/acme/app.git" if slash
           else f"{host}:acme/app.git")
    ssh = home.ssh_command() + f" -p {port}"
    result = subprocess.run(
        ["git", "clone", "-q", url, "c"], cwd=home.folder, text=True,
        env={**home.environment(), "GIT_SSH_COMMAND": ssh}, timeout=30,
        capture_output=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert (home.folder / "c" / "README.md").read_text() == "# acme/app\n"


def clone(box: Running, home: Home, path: str = "acme/app.git") -> str:
    """The messages of a clone that fails."""
    result = home.git("clone", "-q", f"{box.ready['ssh_url']}/{path}", "c")
    assert result.returncode == 128
    return result.stderr


def test_an_unknown_key_is_refused(box, home):
    home.make_key()
    result = home.ssh("-T")
    assert result.returncode == 255
    assert "git@localhost: Permission denied (publickey)." in result.stderr


@pytest.mark.parametrize("prefix", ["", "conq: "])
def test_a_key_of_another_repository_is_told_so(box, home, prefix):
    box.set(conq_prefix=bool(prefix))
    open_repo(box, home, scope="repo", repo="tool")
    for path in ("acme/app.git", "acme/nothing.git", "other/app.git"):
        assert clone(box, home, path).startswith(
            prefix + "repository access denied. deployment key is not "
            "associated with the requested repository.\n")


def test_an_account_without_access_is_told_so(box, home):
    open_repo(box, home, scope="user", user="stranger")
    assert clone(box, home).startswith(
        "The requested repository either does not exist or you do not have "
        "access.\n")
    box.set(account_denied_message="conq: repository access denied.",
            denied_status=3)
    assert clone(box, home).startswith("conq: repository access denied.\n")
    assert {e["exit"] for e in box.events("ssh_exec")} == {1, 3}


def push(home: Home) -> subprocess.CompletedProcess:
    """Push a new branch from the clone."""
    return home.git("push", "-q", "origin", "HEAD:refs/heads/new",
                    cwd=home.folder / "c")


def test_access_keys_never_push(box, home):
    open_repo(box, home, scope="repo", repo="app")
    home.git("clone", "-q", box.ready["ssh_url"] + "/acme/app.git", "c")
    result = push(home)
    assert result.returncode == 128
    assert result.stderr.startswith("repository access denied. access via a "
                                    "deployment key is read-only.\n")


def test_accounts_push_where_they_may_write(box, home):
    open_repo(box, home, scope="user", user="member")
    home.git("clone", "-q", box.ready["ssh_url"] + "/acme/app.git", "c")
    assert push(home).returncode == 0
    box.control("POST", "/rights", {"user": "member",
                                    "rights": {"acme/PROJ": "read"}})
    assert "repository access denied." in push(home).stderr


def test_an_account_is_greeted(box, home):
    open_repo(box, home, scope="user", user="member")
    result = home.ssh("-T")
    assert (result.returncode, result.stdout) == (
        0, "authenticated via ssh key.\nYou can use git to connect to "
        "Bitbucket. Shell access is disabled\n")


def test_an_access_key_is_told_what_it_opens(box, home):
    line = open_repo(box, home, scope="repo", repo="tool", label="one")
    box.control("POST", "/keys", {"text": line, "scope": "project",
                                  "project": "LIB", "label": "two"})
    box.set(access_key_greeting_status=1)
    result = home.ssh("-T")
    assert result.returncode == 1
    assert result.stdout.startswith("authenticated via a deploy key.\n")
    assert "This deploy key has read access to the following" in result.stdout
    assert result.stdout.splitlines()[-2:] == [
        "acme/tool: one -- key@home", "acme/core: two -- key@home"]


def test_host_keys_can_be_asked_for(box, home):
    open_repo(box, home, scope="user", user="member")
    assert home.ssh("host_key_info").stdout.encode() == box.rest(
        "GET", "/site/ssh").body


def test_a_user_name_picks_the_account(box, home):
    open_repo(box, home, scope="user", user="member")
    assert home.ssh("-T", user="member").returncode == 0
    for user in ("dev", "nobody"):
        assert home.ssh("-T", user=user).returncode == 255


def test_access_keys_log_in_as_git_only(box, home):
    open_repo(box, home, scope="repo", repo="app")
    assert home.ssh("-T").returncode == 0
    assert home.ssh("-T", user="member").returncode == 255


def test_lfs_is_not_open_to_access_keys(box, home):
    open_repo(box, home, scope="project", project="PROJ")
    result = home.ssh("git-lfs-authenticate", "acme/app.git", "download")
    assert result.returncode == 1
    assert result.stderr == "repository access denied.\n"


def test_expired_account_keys_are_refused(box, home):
    line = home.make_key()
    when = datetime.datetime.now(datetime.timezone.utc)
    when += datetime.timedelta(days=2)
    box.rest("POST", personal(box), "member", {
        "key": line, "expires_on": when.isoformat()})
    assert home.ssh("-T").returncode == 0
    box.set(clock_days=3)
    assert "Permission denied" in home.ssh("-T").stderr


@pytest.mark.parametrize("command", ["ls", "whoami", "git-upload-pack '"])
def test_there_are_no_other_commands(box, home, command):
    open_repo(box, home, scope="user", user="member")
    result = home.ssh(command)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "Unsupported command\n"


def test_using_a_key_is_seen(box, home):
    line = home.make_key()
    number = post(box, PROJECT_KEYS, line).json["id"]
    home.ssh("-T")
    reply = box.rest("GET", f"{PROJECT_KEYS}/{number}", "project_admin")
    assert reply.json["last_used"] is not None


def test_a_deleted_key_is_refused(box, home):
    number = post(box, PROJECT_KEYS, home.make_key()).json["id"]
    assert home.ssh("-T").returncode == 0
    box.rest("DELETE", f"{PROJECT_KEYS}/{number}", "project_admin")
    assert home.ssh("-T").returncode == 255


def test_the_banner_is_that_of_conker(box):
    url = urllib.parse.urlsplit(box.ready["ssh_url"])
    with socket.create_connection((url.hostname, url.port), 5) as sock:
        banner = sock.makefile("rb").readline().decode()
    assert banner.startswith("SSH-2.0-conker_")
    assert len(banner.split()) == 2


# The control API.

def test_the_state_shows_keys_of_every_scope(box, lines):
    for kind, place in (("rsa", {"scope": "user", "user": "dev"}),
                        ("ecdsa", {"scope": "repo", "repo": "app"}),
                        ("ed25519", {"scope": "project", "project": "PROJ",
                                     "workspace": "other"})):
        box.control("POST", "/keys", {"text": lines[kind], **place})
    keys = {k["scope"]: k for k in box.control("GET", "/state")["keys"]}
    assert keys["user"]["user"] == "dev"
    assert (keys["repo"]["workspace"], keys["repo"]["repo"]) == ("acme", "app")
    assert (keys["project"]["workspace"], keys["project"]["repo"]) == (
        "other", None)
    box.control("DELETE", "/keys",
                {"fingerprint": keys["user"]["fingerprint"]})
    box.control("DELETE", "/keys", {"id": keys["repo"]["id"]})
    assert [k["scope"] for k in box.control("GET", "/state")["keys"]] == [
        "project"]
    assert post(box, PROJECT_KEYS, lines["rsa"]).status == 200


def test_tokens_are_made_and_revoked(box):
    token = box.control("POST", "/tokens", {
        "user": "stranger", "kind": "api-token", "scopes": ["read:user"]})
    auth = basic(token["user"], token["token"])
    assert box.rest("GET", "/2.0/user", auth=auth).status == 200
    box.control("DELETE", "/tokens", {"id": token["id"]})
    assert box.rest("GET", "/2.0/user", auth=auth).status == 401
    token = box.control("POST", "/tokens", {
        "kind": "project-access-token", "project": "LIB",
        "scopes": ["repository"]})
    assert token["user"] is None
    assert box.rest("GET", "/2.0/repositories/acme/core",
                    auth="Bearer " + token["token"]).status == 200


def test_the_control_api_refuses_nonsense(box):
    for path, body in (("/tokens", {"user": "dev", "kind": "magic"}),
                       ("/keys", {"scope": "repo", "repo": "x", "text": ""}),
                       ("/keys", {"scope": "repo", "repo": "app",
                                  "text": "nonsense"}),
                       ("/keys", {"scope": "user", "user": "dev", "text": "",
                                  "expires_on": "soon"}),
                       ("/set", {"release": "9.4.1"}),
                       ("/set", {"ssh_host": "elsewhere"})):
        with pytest.raises(RuntimeError, match="error"):
            box.control("POST", path, body)


def test_a_reset_puts_everything_back(box, lines):
    post(box, PROJECT_KEYS, lines["rsa"])
    box.set(scope_error="bare", site_ssh_names=["x"])
    box.control("POST", "/rights", {"user": "stranger",
                                    "rights": {"acme": "admin"}})
    box.control("POST", "/projects", {"keys": ["NEW"],
                                      "rights": {"dev": "admin"}})
    assert "acme/NEW" in box.control("GET", "/state")["projects"]
    box.control("POST", "/reset")
    state = box.control("GET", "/state")
    assert state["keys"] == [] and state["rights"]["stranger"] == {}
    assert "acme/NEW" not in state["projects"]
    assert state["settings"]["site_ssh_names"] == ["bitbucket.org"]
    assert box.rest("GET", "/2.0/user", "admin").status == 200
