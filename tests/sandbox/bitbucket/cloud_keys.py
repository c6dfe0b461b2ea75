"""Cloud's REST resources of SSH keys: deploy keys and account keys."""

from __future__ import annotations

import datetime
from typing import Any

from . import cloud_errors as errors
from . import cloud_json as show
from . import keyring
from .answer import Answer
from .cloud_keyring import AccountKey, DeployKey, RecentlyDeleted
from .cloud_world import Project, Repo, User
from .publickey import InvalidPublicKey
from .rest_cloud import (NO_ACCESS_TOKEN, PROJECT, PROJECT_KEYS, REPO, Call,
                         Resource)
from .world import ADMIN


def place_of(call: Call) -> Project | Repo:
    """The path's project or repository, whose keys the caller may manage."""
    return call.repo(ADMIN) if "slug" in call.names else call.project(ADMIN)


def text_of(body: dict[str, Any]) -> str:
    """The public key of a body.  UNCONFIRMED: the error without one."""
    if not isinstance(body.get("key"), str):
        raise errors.bad_request(key="This field is required.")
    return body["key"]


def label_of(body: dict[str, Any], default: str = "") -> str:
    """The label of a body."""
    label = body.get("label", default)
    if not isinstance(label, str):
        raise errors.bad_request(label="Not a valid string.")
    return label


def list_deploy_keys(call: Call) -> dict[str, Any]:
    """A page of a place's access keys."""
    return call.page([show.deploy_key_json(call.instance, key)
                      for key in call.instance.keyring.keys_at(
                          place_of(call))])


def add_deploy_key(call: Call) -> dict[str, Any]:
    """Register an access key: 200, not 201."""
    place, body = place_of(call), call.json()
    text, label = text_of(body), label_of(body)
    word, shape = "repository", "key"
    if isinstance(place, Project):
        # UNCONFIRMED: text and shape; only a repository's were seen.
        word, shape = "project", call.instance.settings.project_error_shape
    try:
        key = call.instance.keyring.add_deploy_key(place, text, label)
    except keyring.AlreadyGranted:
        raise errors.bad_key(errors.DUPLICATE.format(place=word),
                             shape) from None
    except keyring.OwnedByUser:
        raise errors.bad_key(errors.REGISTERED, shape) from None
    except RecentlyDeleted:
        raise errors.bad_key(errors.DELETED, shape) from None
    except InvalidPublicKey:
        raise errors.bad_key(errors.INVALID_KEY, shape) from None
    return show.deploy_key_json(call.instance, key)


def deploy_key(call: Call) -> DeployKey:
    """The key that the path names, at the path's place."""
    keys = call.instance.keyring.keys_at(place_of(call))
    for key in keys:
        if str(key.id) == call.names["key"]:
            return key
    raise errors.no_resource()


def get_deploy_key(call: Call) -> dict[str, Any]:
    """One access key."""
    return show.deploy_key_json(call.instance, deploy_key(call))


def put_deploy_key(call: Call) -> dict[str, Any]:
    """New label and comment for the same key.

    UNCONFIRMED: the error for another key.
    """
    key, body = deploy_key(call), call.json()
    if "key" in body:
        words = text_of(body).split(None, 2)
        if " ".join(words[:2]) != key.public.line:
            raise errors.bad_request(key="The key itself can't be changed.")
        key.comment = words[2] if len(words) > 2 else ""
    key.comment = body.get("comment", key.comment)
    key.label = label_of(body, key.label)
    return show.deploy_key_json(call.instance, key)


def delete_deploy_key(call: Call) -> None:
    """Take an access key off its place."""
    call.instance.keyring.delete(deploy_key(call))


def selected_user(call: Call) -> User:
    """The account that the path names; only one's own can be used."""
    user = call.instance.world.selected_user(call.names["user"])
    if user is None:
        raise errors.no_resource()
    if user is not call.caller.user:
        raise errors.forbidden(call.instance.settings.forbidden_message)
    return user


def list_account_keys(call: Call) -> dict[str, Any]:
    """A page of an account's keys."""
    user = selected_user(call)
    return call.page([show.account_key_json(call.instance, key)
                      for key in call.instance.keyring.keys_of(user.name)])


def add_account_key(call: Call) -> Answer:
    """Add a key to an account: 201."""
    user, body = selected_user(call), call.json()
    settings = call.instance.settings
    shape, status = settings.user_error_shape, settings.user_duplicate_status
    expires = expiry(call, body)
    try:
        key = call.instance.keyring.add_account_key(
            user.name, text_of(body), label_of(body), expires)
    except (keyring.AlreadyExists, keyring.IsAccessKey):
        raise errors.bad_key(errors.REGISTERED, shape, status) from None
    except RecentlyDeleted:
        raise errors.bad_key(errors.DELETED, shape, status) from None
    except InvalidPublicKey:
        raise errors.bad_key(errors.INVALID_KEY, shape) from None
    return Answer.json(show.account_key_json(call.instance, key), 201)


def expiry(call: Call, body: dict[str, Any]) -> datetime.datetime | None:
    """expires_on, from where the setting says; the query wins."""
    where = call.instance.settings.expires_on
    text = None
    if where in ("both", "body"):
        text = body.get("expires_on")
    if where in ("both", "query"):
        text = call.query.get("expires_on", text)
    try:
        return moment(text)
    except (TypeError, ValueError):
        # UNCONFIRMED: the text.
        raise errors.bad_request(expires_on="Not a valid datetime.") from None


def moment(text: str | None) -> datetime.datetime | None:
    """A time in ISO 8601, in UTC unless it says otherwise; or ValueError.

    A plus sign that a query has turned into a blank is taken for what it was.
    """
    if text is None:
        return None
    when = datetime.datetime.fromisoformat(text.replace(" ", "+"))
    return when if when.tzinfo else when.replace(
        tzinfo=datetime.timezone.utc)


def account_key(call: Call) -> AccountKey:
    """The key that the path names.

    UNCONFIRMED, but done by clients: the fingerprint in place of the UUID.
    """
    user, name = selected_user(call), call.names["key"]
    for key in call.instance.keyring.keys_of(user.name):
        if name.removeprefix("SHA256:") in (key.uuid, key.uuid.strip("{}"),
                                            key.public.sha256):
            return key
    raise errors.no_resource()


def get_account_key(call: Call) -> dict[str, Any]:
    """One key of an account."""
    return show.account_key_json(call.instance, account_key(call))


def put_account_key(call: Call) -> dict[str, Any]:
    """New label or comment; the key itself stays."""
    key, body = account_key(call), call.json()
    key.label = label_of(body, key.label)
    key.comment = body.get("comment", key.comment)
    return show.account_key_json(call.instance, key)


def delete_account_key(call: Call) -> None:
    """Delete a key of an account."""
    call.instance.keyring.delete(account_key(call))


def deploy_key_paths(place: str, oauth: tuple[str, ...], admin: str,
                     kinds: str) -> list[tuple]:
    """The resources of access keys, much the same at both places."""
    def row(method: str, path: str, handler: Any, *more: str) -> tuple:
        return method, place + path, Resource(handler, oauth, (admin, *more),
                                              kinds)
    return [row("GET", "/deploy-keys", list_deploy_keys),
            row("POST", "/deploy-keys", add_deploy_key, "write:ssh-key"),
            row("GET", "/deploy-keys/{key}", get_deploy_key),
            row("DELETE", "/deploy-keys/{key}", delete_deploy_key,
                "delete:ssh-key")]


def account_key_paths() -> list[tuple]:
    """The resources of an account's keys."""
    def row(method: str, path: str, handler: Any, oauth: str,
            *api: str) -> tuple:
        return method, "/users/{user}/ssh-keys" + path, Resource(
            handler, (oauth,), api, NO_ACCESS_TOKEN)
    read, write = "account", "account:write"
    return [row("GET", "", list_account_keys, read, "read:ssh-key"),
            row("POST", "", add_account_key, write, "read:ssh-key",
                "write:ssh-key"),
            row("GET", "/{key}", get_account_key, read, "read:ssh-key"),
            row("PUT", "/{key}", put_account_key, write, "write:ssh-key"),
            row("DELETE", "/{key}", delete_account_key, write,
                "delete:ssh-key")]


REPO_OAUTH = ("repository", "repository:admin")
PATHS = [
    *deploy_key_paths(REPO, REPO_OAUTH, "admin:repository", NO_ACCESS_TOKEN),
    ("PUT", REPO + "/deploy-keys/{key}", Resource(
        put_deploy_key, REPO_OAUTH, ("admin:repository", "write:ssh-key"),
        NO_ACCESS_TOKEN)),
    *deploy_key_paths(PROJECT, ("project", "project:admin"), "admin:project",
                      PROJECT_KEYS),
    *account_key_paths(),
]
