"""The sandbox against the facts about Bitbucket Data Center.

Run: /usr/bin/python3 -m pytest -q tests/sandbox/selftest.py
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import subprocess
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pytest

from client import Home, Reply, Running, basic

PROJECT_KEYS = "/rest/keys/latest/projects/PROJ/ssh"
REPO_KEYS = "/rest/keys/latest/projects/PROJ/repos/app/ssh"
PERSONAL = "/rest/ssh/latest/keys"
NOT_FOUND = ("Repository not found\nThe requested repository does not exist, "
             "or you do not have permission to access it.\n")
PROPERTIES = "/rest/api/latest/application-properties"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with Running("--context", "/bitbucket") as sandbox:
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
    return {kind: home.make_key(kind, kind)
            for kind in ("ed25519", "rsa", "ecdsa")}


def post_project(box: Running, text: str, permission: str = "PROJECT_READ",
                 who: str = "project_admin", **key: object) -> Reply:
    return box.rest("POST", PROJECT_KEYS, who, {
        "key": {"text": text, **key}, "permission": permission})


def post_repo(box: Running, text: str, permission: str = "REPO_READ",
              who: str = "repo_admin", **key: object) -> Reply:
    return box.rest("POST", REPO_KEYS, who, {
        "key": {"text": text, **key}, "permission": permission})


def post_personal(box: Running, text: str, user: str = "dev") -> Reply:
    return box.rest("POST", PERSONAL, body={"text": text},
                    auth=basic(user, box.users[user]))


# Detection and authentication.

def test_the_version_needs_no_authentication(box):
    reply = box.rest("GET", PROPERTIES)
    assert reply.status == 200
    assert reply.json["version"] == "9.4.1"
    assert all(isinstance(v, str) for v in reply.json.values())
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert reply.headers["X-AREQUESTID"]
    assert reply.headers["X-AUSERNAME"] is None


def test_the_header_names_the_user_of_a_token(box):
    reply = box.rest("GET", PROPERTIES, "project_admin")
    assert reply.headers["X-AUSERNAME"] == "dev"


def test_capabilities_call_the_application_stash(box):
    assert box.rest("GET", "/rest/capabilities").json["application"] == "stash"


@pytest.mark.parametrize("version", ["1.0", "latest"])
def test_both_spellings_of_the_api_version_work(box, version):
    path = f"/rest/api/{version}/projects/PROJ"
    assert box.rest("GET", path, "reader").status == 200


def test_data_center_has_nothing_of_cloud(box):
    for path in ("/2.0/user", "/site/ssh"):
        reply = box.rest("GET", path)
        assert reply.status == 404
        assert reply.headers["X-AREQUESTID"]


def test_an_unknown_route_is_a_404_without_exception(box):
    reply = box.rest("GET", "/rest/nothing/latest/here", "admin")
    assert (reply.status, reply.error["exceptionName"]) == (404, None)


def test_the_anonymous_get_401(box):
    reply = box.rest("GET", "/rest/api/latest/projects/PROJ")
    assert reply.status == 401
    assert reply.error["exceptionName"].endswith(
        "AuthenticationRequiredException")
    assert reply.headers["WWW-Authenticate"].startswith("OAuth realm=")


def test_a_token_is_also_a_password(box):
    auth = basic("dev", box.tokens["project_admin"])
    reply = box.rest("GET", PROJECT_KEYS, auth=auth)
    assert (reply.status, reply.headers["X-AUSERNAME"]) == (200, "dev")


@pytest.mark.parametrize("auth", ["Bearer wrong", basic("dev", "wrong"),
                                  basic("nobody", "x"), "Basic %%%"])
def test_wrong_credentials_are_401_even_where_none_are_needed(box, auth):
    reply = box.rest("GET", PROPERTIES, auth=auth)
    assert reply.status == 401
    assert reply.error["exceptionName"].endswith(
        "IncorrectPasswordAuthenticationException")


def test_an_unlicensed_user_is_told_so(box):
    reply = box.rest("GET", PROPERTIES, "unlicensed")
    assert reply.status == 401
    assert reply.error["message"].startswith("You are not currently licensed")


def test_who_may_not_gets_401_and_not_403(box, lines):
    for who in ("reader", "none", "repo_admin"):
        reply = post_project(box, lines["rsa"], who=who)
        assert reply.status == 401
        assert reply.error == {
            "context": None,
            "message": "You are not permitted to access this resource",
            "exceptionName": "com.atlassian.bitbucket.AuthorisationException"}


def test_a_project_token_is_good_as_bearer_only(box):
    token = box.control("POST", "/tokens", {
        "user": "dev", "project": "PROJ", "permissions": ["PROJECT_ADMIN"]})
    assert box.rest("GET", PROJECT_KEYS,
                    auth="Bearer " + token["token"]).status == 200
    assert box.rest("GET", PROJECT_KEYS,
                    auth=basic("dev", token["token"])).status == 401
    box.control("DELETE", "/tokens", {"id": token["id"]})
    assert box.rest("GET", PROJECT_KEYS,
                    auth="Bearer " + token["token"]).status == 401


def test_tokens_mean_nothing_outside_rest_and_scm(box):
    path = "/plugins/servlet/applinks/whoami"
    token = box.tokens["project_admin"]
    assert box.rest("GET", path, "project_admin").status == 302
    assert box.rest("GET", path, auth=basic("dev", token)).status == 401
    reply = box.rest("GET", path, auth=basic("dev", box.users["dev"]))
    assert reply.body == b"dev"


def test_a_password_creates_tokens_and_a_token_does_not(box):
    path = "/rest/access-tokens/latest/users/dev"
    body = {"name": "t", "permissions": ["REPO_ADMIN"], "expiryDays": 1}
    assert box.rest("PUT", path, "project_admin", body).status == 401
    reply = box.rest("PUT", path, body=body,
                     auth=basic("dev", box.users["dev"]))
    assert set(reply.json) == {"id", "name", "createdDate", "token"}
    assert box.rest("GET", REPO_KEYS,
                    auth="Bearer " + reply.json["token"]).status == 200


# Projects and repositories.

def test_projects_that_do_not_exist_are_404(box):
    reply = box.rest("GET", "/rest/api/latest/projects/NOPE", "admin")
    assert reply.error["message"] == "Project NOPE does not exist."
    reply = box.rest("GET", "/rest/api/latest/projects/PROJ/repos/x", "admin")
    assert reply.error["message"] == "Repository PROJ/x does not exist."
    assert reply.error["exceptionName"].endswith("NoSuchRepositoryException")


def test_project_keys_ignore_case_in_paths_but_not_in_answers(box):
    reply = box.rest("GET", "/rest/api/latest/projects/proj", "reader")
    assert reply.json["key"] == "PROJ"
    assert reply.json["type"] == "NORMAL"


def test_clone_links_have_lower_case_and_vary_in_order(box):
    orders = set()
    for project, slug in (("PROJ", "app"), ("PROJ", "tool"), ("LIB", "core")):
        reply = box.rest("GET", f"/rest/api/latest/projects/{project}"
                         f"/repos/{slug}", "project_admin")
        links = {x["name"]: x["href"] for x in reply.json["links"]["clone"]}
        orders.add(tuple(x["name"] for x in reply.json["links"]["clone"]))
        path = f"/{project.lower()}/{slug}.git"
        assert links["http"] == box.base_url + "/scm" + path
        assert links["ssh"] == box.ready["ssh_url"] + path
    assert orders == {("http", "ssh"), ("ssh", "http")}


def test_personal_projects_have_an_owner_and_a_twin_path(box):
    one = box.rest("GET", "/rest/api/1.0/projects/~dev/repos/notes",
                   "project_admin")
    two = box.rest("GET", "/rest/api/1.0/users/dev/repos/notes",
                   "project_admin")
    assert one.json == two.json
    assert one.json["project"]["type"] == "PERSONAL"
    assert one.json["project"]["owner"]["name"] == "dev"


def test_without_ssh_there_is_no_ssh_link_and_the_port_refuses(box, home):
    box.set(ssh_enabled=False)
    reply = box.rest("GET", "/rest/api/latest/projects/PROJ/repos/app",
                     "reader")
    assert [x["name"] for x in reply.json["links"]["clone"]] == ["http"]
    home.make_key()
    assert "Connection refused" in home.ssh("whoami").stderr
    box.set(ssh_enabled=True)
    assert "Permission denied" in home.ssh("whoami").stderr


def test_a_search_finds_where_the_caller_is_administrator(box):
    path = "/rest/api/latest/repos?permission=REPO_ADMIN"
    reply = box.rest("GET", path + "&projectkey=proj", "repo_admin")
    assert [r["slug"] for r in reply.json["values"]] == ["app", "tool"]
    assert box.rest("GET", path, "reader").json["values"] == []


def test_a_moved_project_is_a_307(box):
    box.set(aliases={"OLD": "PROJ"})
    reply = box.rest("GET", "/rest/api/latest/projects/OLD", "reader")
    assert reply.status == 307
    assert reply.headers["Location"].endswith("/projects/PROJ")


# Access keys.

def test_a_key_is_registered_listed_read_and_revoked(box, lines):
    reply = post_project(box, lines["ed25519"], label="laptop")
    assert reply.status == 201
    key = reply.json["key"]
    assert key["text"] == lines["ed25519"]
    assert (key["label"], key["algorithmType"]) == ("laptop", "ED25519")
    assert reply.json["permission"] == "PROJECT_READ"
    assert reply.json["project"]["key"] == "PROJ"
    path = f"{PROJECT_KEYS}/{key['id']}"
    assert box.rest("GET", path, "project_admin").json == reply.json
    assert box.rest("GET", PROJECT_KEYS, "project_admin").json == {
        "size": 1, "limit": 25, "isLastPage": True, "start": 0,
        "values": [reply.json]}
    assert box.rest("DELETE", path, "project_admin").status == 204
    assert box.rest("DELETE", path, "project_admin").status == 204
    assert box.control("GET", "/state")["keys"] == []


def test_without_a_label_the_comment_is_the_label(box, lines):
    assert post_repo(box, lines["rsa"]).json["key"]["label"] == "rsa@home"


def test_the_same_key_again_is_409_duplicate(box, lines):
    post_repo(box, lines["rsa"])
    reply = post_repo(box, lines["rsa"] + " other comment")
    assert reply.status == 409
    assert reply.json == {"errors": [{
        "context": None, "exceptionName":
        "com.atlassian.bitbucket.ssh.DuplicateSshKeyException",
        "message": "SSH key already provides access to this repository"}]}


def test_another_permission_updates_unless_switched_off(box, lines):
    post_repo(box, lines["rsa"], "REPO_WRITE")
    reply = post_repo(box, lines["rsa"], "REPO_READ")
    assert (reply.status, reply.json["permission"]) == (201, "REPO_READ")
    box.set(repost_updates=False)
    assert post_repo(box, lines["rsa"], "REPO_WRITE").status == 409


def test_a_users_key_is_409_with_another_message(box, lines):
    assert post_personal(box, lines["rsa"]).status == 201
    reply = post_project(box, lines["rsa"])
    assert reply.status == 409
    assert reply.error["message"] == (
        "This SSH key is already assigned to 'dev'.")


def test_an_access_key_can_not_become_a_personal_key(box, lines):
    post_project(box, lines["rsa"])
    reply = post_personal(box, lines["rsa"])
    assert reply.status == 409
    assert reply.error["message"] == (
        "This SSH key is already used to access a repository or project.")


@pytest.mark.parametrize("text", ["", "nonsense", "ssh-rsa AAAA", "ssh-rsa",
                                  "ssh-ed25519 AAAAB3NzaC1yc2E="])
def test_what_is_no_key_is_400_in_context_text(box, text):
    reply = post_project(box, text)
    assert reply.status == 400
    assert reply.error == {"context": "text", "exceptionName": None,
                           "message": "You must enter a valid public key"}


def test_an_instance_may_call_ed25519_invalid(box, lines):
    box.set(ed25519_invalid=True)
    assert post_project(box, lines["ed25519"]).error["message"] == (
        "You must enter a valid public key")
    assert post_project(box, lines["rsa"]).status == 201


def test_the_policy_refuses_types_and_an_empty_table_refuses_all(box, lines):
    box.set(allowed_key_types=["RSA"])
    reply = post_project(box, lines["ed25519"])
    assert reply.status == 400
    assert reply.error["message"].startswith("Your SSH key does not meet")
    assert post_project(box, lines["rsa"]).status == 201
    box.set(allowed_key_types=[])
    assert post_repo(box, lines["rsa"]).status == 400


def test_only_administrators_read_and_change_the_policy(box, lines):
    path = "/rest/ssh/latest/admin"
    assert box.rest("GET", path, "project_admin").status == 401
    policy = box.rest("GET", path, "admin").json
    assert {"algorithm": "RSA", "allowed": True,
            "minKeyLength": 2048} in policy["keyTypeRestrictions"]
    body = {"keyTypeRestrictions": [
        {"algorithm": "RSA", "allowed": True, "minKeyLength": 4096}],
        "maxExpiryDays": 10}
    assert box.rest("PUT", path, "admin", body).status == 204
    assert box.rest("GET", path, "admin").json == body
    assert post_project(box, lines["rsa"], expiryDays=1).status == 400


def test_an_expiry_longer_than_the_maximum_is_refused(box, lines):
    box.set(max_expiry_days=30)
    assert post_project(box, lines["rsa"], expiryDays=31).status == 400
    assert post_project(box, lines["rsa"]).status == 400
    assert post_project(box, lines["rsa"], expiryDays=30).status == 201


def test_a_permission_of_the_wrong_scope_is_refused(box, lines):
    assert post_project(box, lines["rsa"], "REPO_READ").status == 400
    assert post_repo(box, lines["rsa"], "PROJECT_READ").status == 400


def test_a_key_without_a_grant_here_is_404(box, lines):
    number = post_project(box, lines["rsa"]).json["key"]["id"]
    reply = box.rest("GET", f"{REPO_KEYS}/{number}", "project_admin")
    assert reply.status == 404
    assert reply.error["message"].startswith(
        f"SSH key with ID {number} cannot access")


def test_a_permission_is_changed_by_put(box, lines):
    number = post_repo(box, lines["rsa"]).json["key"]["id"]
    path = f"{REPO_KEYS}/{number}/permission/"
    reply = box.rest("PUT", path + "REPO_WRITE", "repo_admin")
    assert (reply.status, reply.json["permission"]) == (200, "REPO_WRITE")


def test_effective_lists_the_projects_keys_too(box, lines):
    post_project(box, lines["rsa"])
    post_repo(box, lines["ecdsa"], "REPO_WRITE")
    reply = box.rest("GET", REPO_KEYS, "repo_admin")
    assert reply.json["size"] == 1
    reply = box.rest("GET", REPO_KEYS + "?effective=true", "repo_admin")
    assert reply.json["size"] == 2
    reply = box.rest("GET", REPO_KEYS + "?minimumPermission=REPO_WRITE"
                     "&effective=true", "repo_admin")
    assert [v["permission"] for v in reply.json["values"]] == ["REPO_WRITE"]
    reply = box.rest("GET", PROJECT_KEYS + "?permission=PROJECT_WRITE",
                     "project_admin")
    assert reply.json["values"] == []


def test_the_filter_is_a_prefix_of_the_label(box, lines):
    post_project(box, lines["rsa"], label="laptop one")
    for prefix, size in (("lap", 1), ("one", 0)):
        reply = box.rest("GET", f"{PROJECT_KEYS}?filter={prefix}",
                         "project_admin")
        assert reply.json["size"] == size


def test_a_project_may_keep_its_repositories_keys_to_itself(box, lines):
    box.set(restricted=["PROJ"])
    assert post_repo(box, lines["rsa"], who="repo_admin").status == 401
    assert post_repo(box, lines["rsa"], who="project_admin").status == 201


def test_the_places_of_a_key_are_for_administrators_of_one(box, lines):
    number = post_project(box, lines["rsa"]).json["key"]["id"]
    path = f"/rest/keys/latest/ssh/{number}/projects"
    assert box.rest("GET", path, "project_admin").json["size"] == 1
    assert box.rest("GET", path, "reader").json["size"] == 0
    assert box.rest("GET", "/rest/keys/latest/ssh/99/repos",
                    "admin").status == 404


@pytest.mark.parametrize("projects", [{"key": "PROJ"}, [{"key": "PROJ"}]])
def test_many_grants_are_revoked_at_once(box, lines, projects):
    number = post_project(box, lines["rsa"]).json["key"]["id"]
    post_repo(box, lines["rsa"])
    body = {"projects": projects, "repositories": [
        {"slug": "app", "project": {"key": "PROJ"}}]}
    path = f"/rest/keys/latest/ssh/{number}"
    assert box.rest("DELETE", path, "project_admin", body).status == 204
    assert box.control("GET", "/state")["grants"] == []
    assert box.rest("DELETE", path, "project_admin", body).status == 204


# Personal keys.

def test_personal_keys_are_added_listed_and_deleted(box, lines):
    auth = basic("dev", box.users["dev"])
    number = post_personal(box, lines["rsa"]).json["id"]
    post_personal(box, lines["ecdsa"])
    assert post_personal(box, lines["rsa"]).status == 409
    assert box.rest("GET", PERSONAL, auth=auth).json["size"] == 2
    assert box.rest("GET", f"{PERSONAL}/{number}", auth=auth).status == 200
    assert box.rest("DELETE", f"{PERSONAL}/{number}", auth=auth).status == 204
    assert box.rest("GET", f"{PERSONAL}/{number}", auth=auth).status == 404
    assert box.rest("DELETE", PERSONAL, auth=auth).status == 204
    assert box.rest("GET", PERSONAL, auth=auth).json["size"] == 0


def test_other_users_keys_are_for_administrators(box, lines):
    admin = basic("admin", box.users["admin"])
    path = PERSONAL + "?user=dev"
    assert box.rest("POST", path, auth=admin,
                    body={"text": lines["rsa"]}).status == 201
    assert box.rest("GET", PERSONAL + "?userName=dev",
                    auth=admin).json["size"] == 1
    assert box.rest("GET", path, auth=basic(
        "member", box.users["member"])).status == 401
    reply = box.rest("GET", PERSONAL + "?user=nobody", auth=admin)
    assert reply.error["message"] == "User nobody does not exist."


def test_tokens_add_personal_keys_only_if_the_instance_lets_them(box, lines):
    body = {"text": lines["rsa"]}
    assert box.rest("POST", PERSONAL, "project_admin", body).status == 401
    box.set(token_personal_keys="as nobody")
    reply = box.rest("POST", PERSONAL, "project_admin", body)
    assert reply.status == 401 and reply.error["exceptionName"].endswith(
        ".AuthenticationRequiredException")
    assert box.rest("GET", PERSONAL, "project_admin").status == 200
    box.set(token_personal_keys="allow")
    assert box.rest("POST", PERSONAL, "project_admin", body).status == 201


# Releases.

@pytest.mark.parametrize("release, fields", [
    ("8.5.0", set()),
    ("8.14.0", {"createdDate", "expiryDays"}),
    ("9.2.0", {"createdDate", "expiryDays", "fingerprint"})])
def test_the_fields_of_a_key_depend_on_the_release(box, lines, release,
                                                   fields):
    box.set(release=release)
    key = post_project(box, lines["rsa"], label="mine",
                       expiryDays=5).json["key"]
    assert set(key) - {"id", "text", "label", "algorithmType",
                       "bitLength"} == fields
    assert key["label"] == ("rsa@home" if release == "8.5.0" else "mine")


def test_dates_are_milliseconds_or_iso(box, lines):
    date = post_project(box, lines["rsa"]).json["key"]["createdDate"]
    assert abs(date / 1000 - time.time()) < 60
    box.set(dates="iso")
    date = post_repo(box, lines["rsa"]).json["key"]["createdDate"]
    assert date.endswith("+00:00")


# Paging.

def test_pages_are_followed_by_next_page_start(box):
    box.control("POST", "/projects", {"keys": ["MANY"],
                                      "rights": {"dev": "PROJECT_ADMIN"}})
    path = "/rest/api/latest/repos?limit=2"
    assert walk(box, path) == ["app", "tool", "core", "secret", "notes"]
    box.set(page_gap=3)
    first = box.rest("GET", path, "admin").json
    assert first["nextPageStart"] != first["start"] + first["size"]
    assert walk(box, path) == ["app", "tool", "core", "secret", "notes"]


def walk(box: Running, path: str) -> list[str]:
    slugs, start = [], 0
    while True:
        page = box.rest("GET", f"{path}&start={start}", "admin").json
        slugs += [repo["slug"] for repo in page["values"]]
        if page["isLastPage"]:
            assert "nextPageStart" not in page
            return slugs
        start = page["nextPageStart"]


def test_the_server_caps_the_limit_and_says_so(box):
    box.set(page_cap=3)
    page = box.rest("GET", "/rest/api/latest/repos?limit=500", "admin").json
    assert (page["limit"], page["size"]) == (3, 3)


def test_pages_can_go_on_for_ever(box):
    for kind, start in (("stuck", 5), ("back", 4), ("forever", 30)):
        box.set(page_loop=kind)
        page = box.rest("GET", PROJECT_KEYS + "?start=5",
                        "project_admin").json
        assert (page["isLastPage"], page["nextPageStart"]) == (False, start)


# SSH settings.

def test_everybody_with_an_account_reads_the_ssh_settings(box):
    path = "/rest/ssh/latest/settings"
    reply = box.rest("GET", path, "reader").json
    assert reply["enabled"] and reply["accessKeysEnabled"]
    host = urllib.parse.urlsplit(box.ready["ssh_url"])
    assert reply["port"] == host.port
    assert reply["baseUrl"] == f"ssh://localhost:{host.port}"
    assert reply["fingerprint"]["value"] == (
        box.ready["host_keys"][0]["fingerprint"])
    assert box.rest("GET", path).status == 401


@pytest.mark.parametrize("form, start", [
    ("sha256-bare", ""), ("md5-prefixed", "MD5:"), ("md5", "")])
def test_the_fingerprint_takes_other_forms(box, form, start):
    box.set(fingerprint=form)
    value = box.rest("GET", "/rest/ssh/latest/settings",
                     "reader").json["fingerprint"]["value"]
    key = box.ready["host_keys"][0]
    assert start + value.removeprefix(start) == value
    assert value in key["fingerprint"] or value in key["md5"]


def test_the_fingerprint_is_what_ssh_keygen_prints(box, tmp_path):
    path = tmp_path / "host.pub"
    path.write_text(box.ready["host_keys"][0]["public"])
    for form, field in (("sha256", "fingerprint"), ("md5", "md5")):
        out = subprocess.run(["ssh-keygen", "-l", "-E", form, "-f", path],
                             capture_output=True, text=True).stdout
        assert out.split()[1] == box.ready["host_keys"][0][field]


# Git over SSH.

def url(box: Running, path: str) -> str:
    return f"{box.ready['ssh_url']}/{path}.git"


def test_an_unknown_key_is_refused_and_only_keys_are_offered(box, home):
    home.make_key()
    result = home.git("clone", url(box, "proj/app"), "copy")
    assert result.returncode == 128
    assert "Permission denied (publickey)." in result.stderr
    assert [e["ok"] for e in box.events("ssh_auth")] == [False]


def test_a_registered_key_clones_and_is_marked_as_used(box, home):
    post_project(box, home.make_key())
    result = home.git("clone", url(box, "proj/app"), "copy")
    assert result.returncode == 0, result.stderr
    assert (home.folder / "copy/README.md").read_text() == "# PROJ/app\n"
    values = box.rest("GET", PROJECT_KEYS, "project_admin").json["values"]
    used = values[0]["key"]["lastAuthenticated"]
    assert isinstance(used, str) and abs(int(used) / 1000 - time.time()) < 60
    (event,) = box.events("ssh_exec")
    assert event["command"] == "git-upload-pack '/proj/app.git'"
    assert event["exit"] == 0


def test_no_grant_and_no_repository_sound_the_same(box, home):
    post_project(box, home.make_key())
    for path in ("other/secret", "proj/nothing", "nonsense"):
        result = home.ssh(f"git-upload-pack '/{path}.git'")
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == NOT_FOUND
    assert "fatal: Could not read from remote repository." in home.git(
        "ls-remote", url(box, "other/secret")).stderr


def push(box: Running, home: Home, path: str, lines: int = 1):
    assert home.git("clone", url(box, path), "copy").returncode == 0
    copy = home.folder / "copy"
    (copy / "new").write_text("text of some length\n" * lines)
    home.git("add", "new", cwd=copy)
    home.git("commit", "-m", "new", cwd=copy)
    return home.git("push", "origin", "main", cwd=copy)


def test_a_push_needs_a_grant_to_write(box, home):
    number = post_repo(box, home.make_key()).json["key"]["id"]
    result = push(box, home, "proj/app")
    assert result.returncode != 0
    assert "You do not have permission to push" in result.stderr
    box.rest("PUT", f"{REPO_KEYS}/{number}/permission/REPO_WRITE",
             "repo_admin")
    result = home.git("push", "origin", "main", cwd=home.folder / "copy")
    assert result.returncode == 0, result.stderr
    box.control("POST", "/reset")
    post_repo(box, (home.folder / "key.pub").read_text())
    assert home.git("fetch", "--prune", cwd=home.folder / "copy"
                    ).returncode == 0
    assert "ahead 1" in home.git("status", "-sb", cwd=home.folder / "copy"
                                 ).stdout


def test_binary_data_of_many_megabytes_go_both_ways(box, home):
    post_project(box, home.make_key(), "PROJECT_WRITE")
    home.git("clone", url(box, "proj/app"), "copy")
    copy = home.folder / "copy"
    data = Path("/dev/urandom").open("rb").read(8_000_000)
    (copy / "big").write_bytes(data)
    home.git("add", "big", cwd=copy)
    home.git("commit", "-m", "big", cwd=copy)
    assert home.git("push", "origin", "main", cwd=copy).returncode == 0
    assert home.git("clone", url(box, "PROJ/app"), "two").returncode == 0
    assert (home.folder / "two/big").read_bytes() == data


def test_a_users_key_has_the_users_rights(box, home):
    post_personal(box, home.make_key())
    assert home.ssh("whoami", user="anybody").stdout == "dev\n"
    for path, status in (("~dev/notes", 0), ("lib/core", 0),
                         ("other/secret", 0)):
        assert home.git("ls-remote", url(box, path)).returncode == status
    assert push(box, home, "other/secret").returncode != 0


def test_archives_work_and_there_is_no_shell(box, home):
    post_project(box, home.make_key(), label="the label")
    assert home.git("archive", "--remote", url(box, "proj/app"), "-o",
                    "x.tar", "main").returncode == 0
    assert (home.folder / "x.tar").stat().st_size > 1000
    assert home.ssh("whoami").stdout == "the label\n"
    assert home.ssh("ls /").returncode != 0
    assert home.ssh().returncode != 0


def test_one_connection_carries_many_commands(box, home):
    post_project(box, home.make_key())
    socket_path = home.folder / "mux"
    options = f" -o ControlMaster=auto -o ControlPath={socket_path} " \
              "-o ControlPersist=yes"
    plain = home.ssh_command
    home.ssh_command = lambda name="key": plain(name) + options
    for _ in range(3):
        assert home.git("ls-remote", url(box, "proj/app")).returncode == 0
    host = urllib.parse.urlsplit(box.ready["ssh_url"])
    subprocess.run([*home.ssh_command().split(), "-p", str(host.port), "-O",
                    "exit", "git@localhost"], capture_output=True)
    assert len(box.events("ssh_connect")) == 1
    assert len(box.events("ssh_exec")) == 3


def test_twenty_clones_at_once(box, home):
    post_project(box, home.make_key())
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(lambda i: home.git(
            "clone", url(box, "proj/app"), f"c{i}"), range(20)))
    assert [r.returncode for r in results] == [0] * 20


def test_a_new_key_is_honoured_after_the_delay(box, home):
    box.set(key_delay=1.0)
    post_project(box, home.make_key())
    assert home.ssh("whoami").returncode == 255
    time.sleep(1.0)
    assert home.ssh("whoami").returncode == 0


def test_an_expired_key_is_refused(box, home):
    post_project(box, home.make_key(), expiryDays=30)
    assert home.ssh("whoami").returncode == 0
    box.set(clock_days=31)
    assert "Permission denied" in home.ssh("whoami").stderr


def test_access_keys_can_be_switched_off(box, home):
    post_project(box, home.make_key())
    box.set(access_keys_enabled=False)
    assert "Permission denied" in home.ssh("whoami").stderr


def test_rsa_keys_fail_where_the_server_hides_its_algorithms(box, home):
    post_project(box, home.make_key("key", "rsa"))
    assert home.ssh("whoami").returncode == 0
    box.set(server_sig_algs=False)
    assert "no mutual signature" in home.ssh("-v", "whoami").stderr or (
        home.ssh("whoami").returncode == 255)


def test_a_host_key_can_change_behind_everybodys_back(box, home):
    post_project(box, home.make_key())
    box.control("POST", "/hostkey", {"types": ["ed25519"]})
    result = home.ssh("whoami")
    assert result.returncode == 255
    assert "IDENTIFICATION HAS CHANGED" in result.stderr or (
        "No ED25519 host key is known" in result.stderr)
    value = box.rest("GET", "/rest/ssh/latest/settings",
                     "reader").json["fingerprint"]["value"]
    assert value == box.ready["host_keys"][0]["fingerprint"]


# Git over HTTP.

def test_git_over_https_clones_and_pushes(box, home):
    extra = f"http.extraHeader=Authorization: Bearer " \
            f"{box.tokens['project_admin']}"
    address = box.base_url + "/scm/proj/app.git"
    result = home.git("-c", extra, "clone", address, "copy")
    assert result.returncode == 0, result.stderr
    copy = home.folder / "copy"
    (copy / "new").write_bytes(bytes(range(256)) * 9000)
    home.git("add", "new", cwd=copy)
    home.git("commit", "-m", "new", cwd=copy)
    result = home.git("-c", extra, "push", "origin", "main", cwd=copy)
    assert result.returncode == 0, result.stderr


def test_git_over_https_asks_for_atlassians_realm(box):
    reply = box.rest("GET", "/scm/proj/app.git/info/refs"
                     "?service=git-upload-pack")
    assert reply.status == 401
    assert 'realm="Atlassian Bitbucket"' in reply.headers["WWW-Authenticate"]


def test_git_over_https_hides_what_one_may_not_see(box, home):
    extra = f"http.extraHeader=Authorization: Bearer {box.tokens['none']}"
    result = home.git("-c", extra, "ls-remote",
                      box.base_url + "/scm/proj/app.git")
    assert "fatal: remote error: Repository not found" in result.stderr


# The log.

def test_the_log_counts_connections_and_never_holds_a_secret(box):
    connection = box.connection()
    headers = {"Authorization": basic("dev", box.users["dev"])}
    for _ in range(2):
        connection.request("GET", box.context + PROPERTIES + "?a=b",
                           headers=headers)
        connection.getresponse().read()
    connection.close()
    box.rest("GET", PROPERTIES, "reader")
    events = box.events("http")
    assert events[0]["path"] == box.context + PROPERTIES + "?a=b"
    assert [e["auth"] for e in events] == ["basic", "basic", "bearer"]
    assert len({e["connection"] for e in events}) == 2
    text = Path(box.ready["log"]).read_text()
    assert len(text.splitlines()) >= 3
    for secret in (*box.tokens.values(), *box.users.values(),
                   headers["Authorization"].split()[1]):
        assert secret not in text


def test_a_handshake_that_fails_is_logged_without_a_byte(box):
    connection = http.client.HTTPSConnection(
        "localhost", urllib.parse.urlsplit(box.base_url).port,
        context=ssl.create_default_context(cadata=None), timeout=5)
    with pytest.raises(ssl.SSLError):
        connection.request("GET", "/")
    event = wait_for(box, "tls_fail")
    assert event["app_bytes"] == 0
    assert event["reason"] == "TLSV1_ALERT_UNKNOWN_CA"


def wait_for(box: Running, kind: str) -> dict:
    for _ in range(100):
        if box.events(kind):
            return box.events(kind)[0]
        time.sleep(0.02)
    raise AssertionError(f"no event {kind}")


# HTTP faults.

def curl(box: Running, *words: str, path: str = PROPERTIES, limit: str = "2"):
    return subprocess.run(
        ["curl", "-s", "--cacert", box.ca, "--max-time", limit, *words,
         box.base_url + path], capture_output=True)


def test_a_status_with_headers_and_a_body(box):
    box.fault(path="application-properties", status=429, body="slow down",
              headers={"Retry-After": "1"}, times=2, skip=1)
    assert [box.rest("GET", PROPERTIES).status for _ in range(4)] == [
        200, 429, 429, 200]
    box.fault(status=502, json={"a": 1}, content_type="text/plain")
    reply = box.rest("GET", PROPERTIES)
    assert (reply.json, reply.headers["Content-Type"]) == (
        {"a": 1}, "text/plain")


def test_a_fault_for_one_method_and_path_leaves_others_alone(box):
    box.fault(method="POST", path="/ssh$", status=500, times=-1)
    assert box.rest("GET", PROJECT_KEYS, "project_admin").status == 200
    assert post_project(box, "x").status == 500
    box.control("DELETE", "/faults")
    assert post_project(box, "x").status == 400


def test_a_body_shorter_than_announced(box):
    box.fault(truncate=20)
    result = curl(box)
    assert (result.returncode, len(result.stdout)) == (18, 20)
    box.fault(truncate=20, chunked=True)
    assert curl(box).returncode == 18


def test_a_connection_closed_before_or_after_the_work(box, lines):
    box.fault(method="POST", close="before")
    box.fault(method="POST", close="after")
    for count in (0, 1):
        with pytest.raises((http.client.RemoteDisconnected,
                            ConnectionResetError, ssl.SSLError)):
            post_project(box, lines["rsa"])
        assert len(box.control("GET", "/state")["grants"]) == count


def test_work_that_is_done_and_answered_with_500(box, lines):
    box.fault(method="POST", apply=True, status=500)
    assert post_project(box, lines["rsa"]).status == 500
    assert len(box.control("GET", "/state")["grants"]) == 1


def test_a_redirect_elsewhere_reaches_nobody(box):
    port = box.control("POST", "/listen", {"kind": "sink"})["port"]
    box.fault(redirect=f"http://127.0.0.1:{port}/", status=307)
    reply = box.rest("GET", PROPERTIES, "reader")
    assert reply.headers["Location"] == f"http://127.0.0.1:{port}/"
    (tally,) = box.control("GET", "/sink")
    assert (tally["requests"], tally["bytes"]) == (0, 0)
    box.fault(redirect=f"http://127.0.0.1:{port}/x")
    curl(box, "-L")
    (tally,) = box.control("GET", "/sink")
    assert (tally["requests"], tally["lines"]) == (1, ["GET /x HTTP/1.1"])


def test_delays_drips_and_endless_bodies(box):
    box.fault(delay=5)
    assert curl(box, limit="0.5").returncode == 28
    box.fault(drip=0.2)
    assert curl(box, limit="0.5").returncode == 28
    box.fault(drip=0.2, drip_headers=True)
    assert curl(box, limit="0.5").returncode == 28
    box.fault(endless=True)
    result = curl(box, "--max-filesize", "9999999", limit="0.5")
    assert len(result.stdout) > 1_000_000


def test_headers_without_measure_and_raw_bytes(box):
    box.fault(big_headers=400_000)
    assert curl(box).returncode != 0
    box.fault(raw="garbage\r\n\r\n")
    assert curl(box).returncode == 1
    box.fault(raw="")
    assert curl(box).returncode == 52


@pytest.mark.parametrize("fault, sent, carried_out", [
    ({}, 201, 201),
    ({"raw": ""}, 0, 0),
    ({"raw": "HTTP/1.1 201 Created\r\n\r\n"}, 201, 0),
    ({"status": 500}, 500, 0),
    ({"apply": True, "status": 500}, 500, 201),
    ({"apply": True, "raw": ""}, 0, 201),
    ({"close": "before"}, 0, 0),
    ({"close": "after"}, 0, 201)])
def test_the_log_tells_what_was_done_from_what_was_said(
        box, home, fault, sent, carried_out):
    key = home.make_key()
    if fault:
        box.fault(method="POST", **fault)
    with contextlib.suppress(OSError, http.client.HTTPException):
        post_project(box, key)
    (event,) = [e for e in box.events("http") if e["method"] == "POST"]
    assert (event["status"], event["carried_out"]) == (sent, carried_out)


def test_parts_of_a_right_answer_can_be_replaced(box):
    box.fault(path="/repos/app", merge={"links": {"clone": [
        {"name": "ssh", "href": "ssh://-oProxyCommand=x/y.git"}]}})
    reply = box.rest("GET", "/rest/api/latest/projects/PROJ/repos/app",
                     "reader")
    assert reply.json["slug"] == "app"
    assert len(reply.json["links"]["clone"]) == 1
    assert reply.json["links"]["self"]


# SSH faults.

@pytest.mark.parametrize("fault, words", [
    ({"ssh": "close"}, "onnection closed"),
    ({"ssh": "ssh1"}, "Protocol major versions differ"),
    ({"ssh": "refuse-auth", "times": -1}, "Permission denied (publickey)"),
    ({"ssh": "silent"}, "timed out"),
    ({"ssh": "banner-flood"}, ""),
    ({"ssh": "drop", "after": 10}, ""),
    ({"ssh": "drop", "after": 1500}, "onnection"),
    ({"ssh": "exit", "status": 255, "stderr": "by itself\n"}, "by itself")])
def test_ssh_breaks_in_many_ways(box, home, fault, words):
    post_project(box, home.make_key())
    plain = home.ssh_command
    home.ssh_command = lambda name="key": plain(name).replace(
        "ConnectTimeout=5", "ConnectTimeout=1")
    box.fault(**fault)
    result = home.ssh("whoami")
    assert result.returncode == 255
    assert words in result.stderr
    box.control("DELETE", "/faults")
    assert home.ssh("whoami").returncode == 0


# Extra listeners.

@pytest.mark.parametrize("kind, status", [
    ("tls-wrong-host", 60), ("tls-expired", 60), ("tls-not-yet-valid", 60),
    ("tls-self-signed", 60), ("tls-unknown-ca", 60), ("tls1.1", 35),
    ("plain-http", 35), ("closed", 7), ("accept-silent", 28), ("rst", 35)])
def test_bad_listeners_never_see_a_request(box, kind, status):
    port = box.control("POST", "/listen", {"kind": kind})["port"]
    result = subprocess.run(
        ["curl", "-s", "--cacert", box.ca, "--max-time", "1", "-H",
         "Authorization: Bearer canary", f"https://localhost:{port}/"])
    # A reset may arrive before curl has seen the connection made.
    assert result.returncode in ((7, status) if kind == "rst" else (status,))
    (tally,) = box.control("GET", "/sink")
    assert tally["requests"] == 0
    assert tally["bytes"] == 0 or not kind.startswith("tls")


# Starting and stopping.

def test_a_folder_that_was_given_is_kept(tmp_path):
    with Running("--dir", str(tmp_path / "here"), "--no-ssh", "--host-keys",
                 "ed25519,ecdsa") as sandbox:
        assert [k["type"] for k in sandbox.ready["host_keys"]] == [
            "ssh-ed25519", "ecdsa-sha2-nistp256"]
        assert sandbox.base_url.count("/") == 2
        assert sandbox.rest("GET", PROPERTIES).status == 200
        port = urllib.parse.urlsplit(sandbox.ready["ssh_url"]).port
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    assert (tmp_path / "here/events.jsonl").exists()


def test_it_starts_within_a_second_and_removes_its_folder():
    start = time.monotonic()
    sandbox = Running()
    took = time.monotonic() - start
    assert sandbox.stop() == 0
    assert not Path(sandbox.ca).exists()
    assert took < 3     # one second on a machine that does nothing else


def test_addresses_are_those_of_a_proxy_in_front():
    with Running("--public-https-port", "4430", "--public-ssh-port",
                 "7999") as box:
        listens = box.ready["listens"]
        assert box.base_url == "https://localhost:4430"
        assert box.ready["ssh_url"] == "ssh://git@localhost:7999"
        assert {4430, 7999}.isdisjoint(listens.values())
        box.base_url = f"https://localhost:{listens['https']}"
        settings = box.rest("GET", "/rest/ssh/latest/settings", "reader").json
        assert (settings["port"], settings["baseUrl"]) == (
            7999, "ssh://localhost:7999")
        links = box.rest("GET", "/rest/api/latest/projects/PROJ/repos/app",
                         "reader").json["links"]["clone"]
        assert {link["name"]: link["href"] for link in links} == {
            "http": "https://localhost:4430/scm/proj/app.git",
            "ssh": "ssh://git@localhost:7999/proj/app.git"}
        with socket.create_connection(("127.0.0.1", listens["ssh"])) as ssh:
            assert ssh.recv(4) == b"SSH-"
        with pytest.raises(RuntimeError):
            box.set(public_ssh_port=1)
