"""Data Center's REST resources, except those of keys.

``PATHS`` is a table of method, path below ``/rest`` and handler.  A handler
takes a `Call` and returns JSON, an `Answer` or None (204), and raises
`Refusal`.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Mapping

from . import datacenter_errors as errors
from . import datacenter_json as show
from .answer import Answer
from .datacenter_instance import DatacenterInstance
from .datacenter_paging import page
from .datacenter_world import Project, Repo, level
from .world import READ, Caller

BUILD_DATE = "1730000000000"


@dataclass
class Call:
    """One request, parsed and authenticated."""

    instance: DatacenterInstance
    caller: Caller
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    names: dict[str, str] = field(default_factory=dict)

    def need_user(self) -> None:
        """Refuse the anonymous."""
        if self.caller.means == "none":
            raise errors.anonymous(self.instance.base_url)

    def need_admin(self) -> None:
        """Refuse everybody but administrators of the instance."""
        self.need_user()
        if not self.is_admin():
            raise errors.unauthorised()

    def is_admin(self) -> bool:
        """True for an administrator of the instance."""
        token = self.caller.token
        return (self.caller.user is not None and self.caller.user.admin
                and (token is None or (token.project is None and
                     self.instance.settings.token_keeps_admin)))

    def project(self, least: int) -> Project:
        """The path's project, if the caller has at least this level."""
        self.need_user()
        key = self.names.get("project") or "~" + self.names["owner"]
        project = self.instance.world.project(key)
        if project is None:
            raise errors.no_project(key)
        if self.instance.world.level(self.caller, project) < least:
            raise errors.unauthorised()
        return project

    def repo(self, least: int) -> Repo:
        """The path's repository, if the caller has at least this level."""
        self.need_user()
        key = self.names.get("project") or "~" + self.names["owner"]
        if self.instance.world.project(key) is None:
            raise errors.no_project(key)
        repo = self.instance.world.repo(key, self.names["slug"])
        if repo is None:
            raise errors.no_repo(key, self.names["slug"])
        if self.level_of(repo) < least:
            raise errors.unauthorised()
        return repo

    def level_of(self, repo: Repo) -> int:
        """The caller's level on a repository."""
        return self.instance.world.level(self.caller, repo.project, repo)

    def json(self) -> Any:
        """The body as an object.  UNCONFIRMED: the error of a bad one."""
        try:
            value = json.loads(self.body or b"null")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise errors.bad_request("body", "The request body is not valid")
        return value

    def page(self, rows: list[Any]) -> dict[str, Any]:
        """One page of rows, as the query wants it."""
        return page(rows, self.query, self.instance.settings)


def application_properties(call: Call) -> dict[str, str]:
    """The version; needs no authentication.  All values are strings."""
    major, minor = call.instance.settings.version
    release = call.instance.settings.release
    patch = (release.split(".") + ["0"])[2]
    return {"version": release, "buildNumber":
            f"{major}{minor:03}{int(patch):03}", "buildDate": BUILD_DATE,
            "displayName": "Bitbucket"}


def capabilities(call: Call) -> dict[str, Any]:
    """What identifies Data Center: the application is called "stash"."""
    base = call.instance.base_url
    return {"application": "stash", "buildDate": BUILD_DATE,
            "capabilities": {},
            "links": {"self": f"{base}/rest/capabilities"}}


def get_project(call: Call) -> dict[str, Any]:
    """One project."""
    return show.project_json(call.instance, call.project(READ))


def get_repo(call: Call) -> dict[str, Any]:
    """One repository."""
    return show.repo_json(call.instance, call.repo(READ))


def list_projects(call: Call) -> dict[str, Any]:
    """The projects that the caller may see, personal ones too.

    Not in the collected facts; the path and its paging are those of Atlassian's
    own clients and of several others.
    """
    call.need_user()
    world = call.instance.world
    return call.page([show.project_json(call.instance, project)
                      for project in world.projects.values()
                      if world.level(call.caller, project) >= READ])


def project_repos(call: Call) -> dict[str, Any]:
    """The repositories of a project."""
    project = call.project(READ)
    return repo_page(call, call.instance.world.repos_of(project), READ)


def search_repos(call: Call) -> dict[str, Any]:
    """Search with projectkey (since 8.0), name and permission.

    UNCONFIRMED: an anonymous caller gets an empty page here, as nothing in
    the sandbox is public.
    """
    least = level(call.query.get("permission", "REPO_READ")) or READ
    rows = call.instance.world.repos
    key = call.query.get("projectkey")
    if key and call.instance.settings.version >= (8, 0):
        rows = [r for r in rows if r.project.key.upper() == key.upper()]
    name = call.query.get("name", "").lower()
    rows = [r for r in rows if name in r.slug]
    return repo_page(call, rows, least)


def repo_page(call: Call, rows: list[Repo], least: int) -> dict[str, Any]:
    """A page of those repositories on which the caller has this level."""
    return call.page([show.repo_json(call.instance, repo) for repo in rows
                      if call.level_of(repo) >= least])


def ssh_settings(call: Call) -> dict[str, Any]:
    """SshSettings, for everybody who is authenticated."""
    call.need_user()
    return show.settings_json(call.instance)


def get_policy(call: Call) -> dict[str, Any]:
    """The global key policy, for administrators; since 8.7."""
    call.need_admin()
    if call.instance.settings.version < (8, 7):
        raise errors.unknown_route(call.path)
    answer: dict[str, Any] = {
        "keyTypeRestrictions": call.instance.keyring.restrictions}
    if call.instance.settings.max_expiry_days is not None:
        answer["maxExpiryDays"] = call.instance.settings.max_expiry_days
    return answer


def put_policy(call: Call) -> None:
    """Change the global key policy."""
    get_policy(call)
    body = call.json()
    rules = body.get("keyTypeRestrictions", call.instance.keyring.restrictions)
    if not isinstance(rules, list) or not all(
            isinstance(r, dict) and isinstance(r.get("algorithm"), str)
            and isinstance(r.get("allowed"), bool) for r in rules):
        raise errors.bad_request("keyTypeRestrictions", "is not valid")
    call.instance.keyring.restrictions = rules
    call.instance.settings.max_expiry_days = body.get("maxExpiryDays")


def put_access_token(call: Call) -> dict[str, Any]:
    """Create a personal token; a token can't create tokens."""
    call.need_user()
    name = call.names["user"]
    if name not in call.instance.world.users:
        raise errors.no_user(name)
    own = call.caller.user is not None and call.caller.user.name == name
    if call.caller.token or not (own or call.is_admin()):
        raise errors.unauthorised()
    body = call.json()
    rights = body.get("permissions")
    if not isinstance(rights, list) or not all(
            re.fullmatch(r"(PROJECT|REPO)_(READ|WRITE|ADMIN)", str(r))
            for r in rights):
        raise errors.bad_request("permissions", "is not valid")
    token = call.instance.world.add_token(
        name, str(body.get("name", "")), rights)
    return {"id": str(token.id), "name": token.name,
            "createdDate": show.date(call.instance, time.time()),
            "token": token.value}


def moved(call: Call) -> Answer | None:
    """The 307 of a project or repository that has another name now."""
    for old, new in call.instance.settings.aliases.items():
        project, _, slug = old.partition("/")
        pattern = f"/projects/{re.escape(project)}" + (
            f"/repos/{re.escape(slug)}" if slug else "") + "(?=/|$)"
        place = "/projects/" + new.replace("/", "/repos/")
        path, count = re.subn(pattern, lambda _: place, call.path,
                              flags=re.IGNORECASE)
        if count:
            url = call.instance.base_url + path
            return Answer(307, b"", {"Location": url})
    return None


API = "/api/{version}"
PATHS = [
    ("GET", API + "/application-properties", application_properties),
    ("GET", "/capabilities", capabilities),
    ("GET", API + "/projects", list_projects),
    ("GET", API + "/projects/{project}", get_project),
    ("GET", API + "/projects/{project}/repos", project_repos),
    ("GET", API + "/projects/{project}/repos/{slug}", get_repo),
    ("GET", API + "/users/{owner}/repos", project_repos),
    ("GET", API + "/users/{owner}/repos/{slug}", get_repo),
    ("GET", API + "/repos", search_repos),
    ("GET", "/ssh/{version}/settings", ssh_settings),
    ("GET", "/ssh/{version}/admin", get_policy),
    ("PUT", "/ssh/{version}/admin", put_policy),
    ("PUT", "/access-tokens/{version}/users/{user}", put_access_token),
]
