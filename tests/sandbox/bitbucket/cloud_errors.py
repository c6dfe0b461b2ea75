"""Cloud's errors: the standard shape, and the odd one of keys."""

from __future__ import annotations

from typing import Any

from . import answer
from .answer import Answer

NOT_FOUND = ("The requested repository either does not exist or you do not "
             "have access. If you believe this repository exists and you have "
             "access, make sure you're authenticated.")
BAD_TOKEN = "Token is invalid, expired, or not supported for this endpoint."
CHALLENGE = "BitbucketCustom realm=Bitbucket.org HTTP"
MECHANISM = "This API is not accessible by this authentication mechanism"
SCOPES = "Your credentials lack one or more required privilege scopes."
DUPLICATE = "Someone has already added that access key to this {place}."
REGISTERED = "Someone has already registered that SSH key."
DELETED = ("SSH keys must be unique and deleted keys may take up to 30 days "
           "to be removed. Please use a unique SSH key.")
# UNCONFIRMED texts; no source has them.
NO_RESOURCE = "Resource not found"
INVALID_KEY = "Invalid SSH key."
REMOVED = "This resource has been removed."


class Refusal(answer.Refusal):
    """An error in Cloud's standard shape; only `message` is certain."""

    def __init__(self, status: int, message: str,
                 headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {
            "type": "error", "error": {"message": message, **more}}

    def answer(self) -> Answer:
        """The error, as it goes over the wire."""
        return Answer.json(self.body, self.status, **self.headers)


def unauthenticated() -> Refusal:
    """A token that is wrong or expired, or an app password.

    UNCONFIRMED that the anonymous read the same where they get 401.
    """
    return Refusal(401, BAD_TOKEN, {"WWW-Authenticate": CHALLENGE})


def anonymous(status: int) -> Refusal:
    """Nobody is logged in, where 401 is not documented."""
    return {401: unauthenticated(), 403: forbidden("Forbidden"),
            404: no_repo()}[status]


def wrong_mechanism() -> Refusal:
    """The credentials are of a kind that may not do this at all."""
    return Refusal(403, MECHANISM)


def lacks_scopes(required: list[str], granted: list[str],
                 detail: bool) -> Refusal:
    """A scope is missing; `detail` says which."""
    if not detail:
        return Refusal(403, SCOPES)
    return Refusal(403, SCOPES,
                   detail={"required": required, "granted": granted})


def forbidden(message: str) -> Refusal:
    """Who may read but not administrate."""
    return Refusal(403, message)


def no_repo() -> Refusal:
    """No such repository, or none that the caller may read."""
    return Refusal(404, NOT_FOUND)


def no_resource() -> Refusal:
    """No such project, account, key or path."""
    return Refusal(404, NO_RESOURCE)


def bad_request(**fields: str) -> Refusal:
    """A body that can't be used: what is wrong with each field."""
    return Refusal(400, "Bad request",
                   fields={name: [text] for name, text in fields.items()})


def no_length() -> Refusal:
    """A body whose length was not given.  UNCONFIRMED: the text."""
    return Refusal(411, "Length Required")


def removed(status: int) -> Refusal:
    """A list across workspaces, gone since 2026-04-14."""
    return Refusal(status, REMOVED)


def bad_key(message: str, shape: str, status: int = 400) -> Refusal:
    """A key that is not taken.

    In the shape "key" it is no standard error; "standard" is what the
    introduction of the REST API promises.
    """
    refusal = Refusal(status, "Bad request", fields={"key": [message]})
    if shape == "key":
        refusal.body = {"key": [{"message": message}]}
    return refusal
