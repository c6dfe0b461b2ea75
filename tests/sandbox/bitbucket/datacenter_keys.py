"""Data Center's REST resources of SSH keys: access keys and personal keys."""

from __future__ import annotations

from typing import Any

from . import datacenter_errors as errors
from . import datacenter_json as show
from . import keyring
from .answer import Answer
from .datacenter_keyring import AgainstPolicy, Grant, Key, Refused
from .datacenter_world import Project, Repo, User, level
from .publickey import InvalidPublicKey
from .rest_datacenter import Call
from .world import ADMIN


def place_of(call: Call) -> Project | Repo:
    """The path's project or repository, whose keys the caller may manage.

    UNCONFIRMED that reading the list needs the same right as changing it.
    """
    if "slug" not in call.names:
        return call.project(ADMIN)
    repo = call.repo(ADMIN)
    admin = call.instance.world.level(call.caller, repo.project) >= ADMIN
    if repo.project.restricted and not admin:
        raise errors.unauthorised()
    return repo


def scope_of(place: Project | Repo) -> str:
    """PROJECT or REPO, as permissions begin."""
    return "REPO" if isinstance(place, Repo) else "PROJECT"


def list_keys(call: Call) -> dict[str, Any]:
    """A page of access keys.

    `filter` is a prefix of the label, `permission` means at least this;
    on a repository minimumPermission does, and `effective` adds the keys of
    the project.  UNCONFIRMED how `permission` differs from it there.
    """
    place = place_of(call)
    places = [place]
    if isinstance(place, Repo) and call.query.get("effective") == "true":
        places.append(place.project)
    least = max(level(call.query.get("permission", "")),
                level(call.query.get("minimumPermission", "")))
    prefix = call.query.get("filter", "")
    return call.page([
        show.grant_json(call.instance, grant)
        for grant in call.instance.keyring.grants
        if any(grant.place is p for p in places)
        and level(grant.permission) >= least
        and grant.key.label.startswith(prefix)])


def add_key(call: Call) -> Answer:
    """Register an access key: 201, and 201 too when a grant changes."""
    place = place_of(call)
    body = call.json()
    key = body.get("key")
    if not isinstance(key, dict) or not isinstance(key.get("text"), str):
        raise errors.invalid_key()
    permission = checked_permission(call, place, body.get("permission"))
    label, days = key_fields(call, key)
    try:
        grant = call.instance.keyring.register(
            place, key["text"], permission, label, days)
    except keyring.AlreadyGranted:
        raise errors.duplicate("repository" if isinstance(place, Repo)
                               else "project") from None
    except keyring.OwnedByUser as owner:
        raise errors.users_key(
            owner.args[0],
            call.instance.settings.user_key_exception) from None
    except (InvalidPublicKey, Refused):
        raise errors.invalid_key() from None
    except AgainstPolicy as refusal:
        raise errors.against_policy(refusal.args[0]) from None
    return Answer.json(show.grant_json(call.instance, grant), 201)


def key_fields(call: Call, key: dict[str, Any]) -> tuple[str | None,
                                                         int | None]:
    """label and expiryDays of a body, as far as this release takes them."""
    version = call.instance.settings.version
    label = key.get("label") if version >= (8, 7) else None
    days = key.get("expiryDays") if version >= (8, 7) else None
    if days is not None and (type(days) is not int or days < 1):
        raise errors.bad_request("expiryDays", "is not valid")
    return (label if isinstance(label, str) else None), days


def checked_permission(call: Call, place: Project | Repo,
                       permission: Any) -> str:
    """A permission that fits the place.  UNCONFIRMED: the error."""
    words = ["READ", "WRITE"]
    if call.instance.settings.admin_permission_on_keys:
        words.append("ADMIN")
    if permission not in [f"{scope_of(place)}_{word}" for word in words]:
        raise errors.bad_request("permission", "is not valid")
    return permission


def found(call: Call, place: Project | Repo) -> Grant | None:
    """The grant of the path's key at a place."""
    return call.instance.keyring.grant_at(path_key(call), place)


def path_key(call: Call) -> Key | None:
    """The key the path names."""
    number = call.names["key"]
    return (call.instance.keyring.by_id(int(number)) if number.isdigit()
            else None)


def needed(call: Call, place: Project | Repo) -> Grant:
    """The grant, or the 404 of a key that gives no access here."""
    grant = found(call, place)
    if grant is None:
        name = (f"{place.project.key}/{place.slug}"
                if isinstance(place, Repo) else place.key)
        raise errors.no_grant(call.names["key"], name)
    return grant


def get_key(call: Call) -> dict[str, Any]:
    """One access key."""
    return show.grant_json(call.instance, needed(call, place_of(call)))


def delete_key(call: Call) -> None:
    """Revoke one grant; 204 also when there is none."""
    grant = found(call, place_of(call))
    if grant:
        call.instance.keyring.revoke(grant)


def put_permission(call: Call) -> dict[str, Any]:
    """Change the permission of a grant."""
    place = place_of(call)
    grant = needed(call, place)
    grant.permission = checked_permission(call, place,
                                          call.names["permission"])
    return show.grant_json(call.instance, grant)


def key_projects(call: Call) -> Any:
    """The projects a key gives access to."""
    return places(call, False)


def key_repos(call: Call) -> Any:
    """The repositories a key gives access to."""
    return places(call, True)


def places(call: Call, repos: bool) -> Any:
    """Grants of a key: none unless the caller administrates one of them.

    UNCONFIRMED whether the answer is a page or an array, and of what.
    """
    call.need_user()
    key = path_key(call)
    if key is None:
        raise errors.no_grant(call.names["key"], "anything")
    grants = [g for g in call.instance.keyring.grants_of(key)
              if bool(g.repo) == repos]
    if not any(may_manage(call, grant) for grant in grants):
        grants = []
    rows = [show.grant_json(call.instance, grant) for grant in grants]
    if call.instance.settings.key_places == "array":
        return rows
    return call.page(rows)


def may_manage(call: Call, grant: Grant) -> bool:
    """True when the caller administrates the place of a grant."""
    return call.instance.world.level(call.caller, grant.project,
                                     grant.repo) >= ADMIN


def revoke_many(call: Call) -> None:
    """Revoke a key's grants at the places the body names.

    UNCONFIRMED: single objects (the specification) or arrays (its prose);
    both are taken.
    """
    call.need_user()
    body = call.json()
    key = path_key(call)
    wanted = [project_named(call, item) for item in listed(body, "projects")]
    wanted += [repo_named(call, item) for item in listed(body, "repositories")]
    grants = [call.instance.keyring.grant_at(key, place)
              for place in wanted if key and place]
    grants = [grant for grant in grants if grant]
    if not all(may_manage(call, grant) for grant in grants):
        raise errors.unauthorised()
    for grant in grants:
        call.instance.keyring.revoke(grant)


def listed(body: dict[str, Any], name: str) -> list[dict]:
    """A member that is an object, an array of objects or absent."""
    value = body.get(name) or []
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in rows):
        raise errors.bad_request(name, "is not valid")
    return rows


def project_named(call: Call, item: dict) -> Project | None:
    """A project named by key or by id."""
    return next((p for p in call.instance.world.projects.values()
                 if p.key == str(item.get("key", "")).upper()
                 or p.key == item.get("key") or p.id == item.get("id")), None)


def repo_named(call: Call, item: dict) -> Repo | None:
    """A repository named by id, or by slug and project."""
    project = item.get("project")
    project = project_named(call, project) if isinstance(project, dict) else 0
    return next((r for r in call.instance.world.repos
                 if r.id == item.get("id")
                 or r.project is project and r.slug == item.get("slug")),
                None)


def owner(call: Call, change: bool) -> User:
    """The user whose personal keys are meant: a parameter or the caller."""
    call.need_user()
    name = call.query.get("userName") or call.query.get("user")
    token = call.caller.token
    how = call.instance.settings.token_personal_keys
    if token and change and how == "as nobody":
        raise errors.anonymous(call.instance.base_url)
    if token and (token.project or (change and how == "refuse")):
        raise errors.unauthorised()
    user = call.instance.world.users.get(name) if name else call.caller.user
    if user is None:
        raise errors.no_user(name)
    if user is not call.caller.user and not call.is_admin():
        raise errors.unauthorised()
    return user


def personal_keys(call: Call) -> dict[str, Any]:
    """A page of a user's own keys."""
    user = owner(call, False)
    return call.page([show.key_json(call.instance, key)
                      for key in call.instance.keyring.keys
                      if key.user == user.name])


def add_personal_key(call: Call) -> Answer:
    """Add a key to a user's account."""
    user = owner(call, True)
    body = call.json()
    if not isinstance(body.get("text"), str):
        raise errors.invalid_key()
    label, days = key_fields(call, body)
    try:
        key = call.instance.keyring.register_personal(
            user.name, body["text"], label, days)
    except keyring.IsAccessKey:
        raise errors.is_access_key() from None
    except keyring.AlreadyExists:
        raise errors.key_exists() from None
    except (InvalidPublicKey, Refused):
        raise errors.invalid_key() from None
    except AgainstPolicy as refusal:
        raise errors.against_policy(refusal.args[0]) from None
    return Answer.json(show.key_json(call.instance, key), 201)


def delete_personal_keys(call: Call) -> None:
    """Delete ALL keys of a user."""
    user = owner(call, True)
    for key in [k for k in call.instance.keyring.keys
                if k.user == user.name]:
        call.instance.keyring.remove(key)


def personal_key(call: Call, change: bool = False) -> Key:
    """One personal key, for its owner and for administrators.

    UNCONFIRMED: the specification claims that only administrators may, and
    does not give the message of the 404.
    """
    user = owner(call, change)
    key = path_key(call)
    if key is None or key.user is None:
        raise errors.no_grant(call.names["key"], "anything")
    if key.user != user.name and not call.is_admin():
        raise errors.unauthorised()
    return key


def get_personal_key(call: Call) -> dict[str, Any]:
    """One personal key."""
    return show.key_json(call.instance, personal_key(call))


def delete_personal_key(call: Call) -> None:
    """Delete one personal key."""
    call.instance.keyring.remove(personal_key(call, True))


def access_key_paths() -> list[tuple]:
    """The resources of access keys, the same at projects and repositories."""
    rows = []
    for place in ("/keys/{version}/projects/{project}/ssh",
                  "/keys/{version}/projects/{project}/repos/{slug}/ssh"):
        rows += [("GET", place, list_keys), ("POST", place, add_key),
                 ("GET", place + "/{key}", get_key),
                 ("DELETE", place + "/{key}", delete_key),
                 ("PUT", place + "/{key}/permission/{permission}",
                  put_permission)]
    return rows


PATHS = access_key_paths() + [
    ("DELETE", "/keys/{version}/ssh/{key}", revoke_many),
    ("GET", "/keys/{version}/ssh/{key}/projects", key_projects),
    ("GET", "/keys/{version}/ssh/{key}/repos", key_repos),
    ("GET", "/ssh/{version}/keys", personal_keys),
    ("POST", "/ssh/{version}/keys", add_personal_key),
    ("DELETE", "/ssh/{version}/keys", delete_personal_keys),
    ("GET", "/ssh/{version}/keys/{key}", get_personal_key),
    ("DELETE", "/ssh/{version}/keys/{key}", delete_personal_key),
]
