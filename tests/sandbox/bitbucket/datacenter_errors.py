"""Data Center's error envelope and the errors that were seen in the wild."""

from __future__ import annotations

from . import answer
from .answer import Answer

PACKAGE = "com.atlassian.bitbucket."
NOT_PERMITTED = "You are not permitted to access this resource"
POLICY_TEXT = ("Your SSH key does not meet the key type or key length "
               "requirements set by your admin.")


class Refusal(answer.Refusal):
    """An error in Data Center's envelope."""

    def __init__(self, status: int, message: str,
                 exception: str | None = None, context: str | None = None,
                 headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error = {"context": context, "message": message,
                      "exceptionName": exception}

    def answer(self) -> Answer:
        """The envelope, as it goes over the wire."""
        return Answer.json({"errors": [self.error]}, self.status,
                           **self.headers)


def unauthorised() -> Refusal:
    """Authenticated, but may not: 401, never 403."""
    return Refusal(401, NOT_PERMITTED, PACKAGE + "AuthorisationException")


def anonymous(base_url: str) -> Refusal:
    """Nobody is logged in; the challenge is the one recorded with 5.15."""
    realm = base_url.replace(":", "%3A").replace("/", "%2F")
    return Refusal(
        401, NOT_PERMITTED, "com.atlassian.plugins.rest.api.security."
        "exception.AuthenticationRequiredException",
        headers={"WWW-Authenticate": f'OAuth realm="{realm}"'})


def wrong_credentials() -> Refusal:
    """A wrong password.  UNCONFIRMED that a wrong Bearer token reads so."""
    return Refusal(401, "Authentication failed. Please check your credentials "
                   "and try again.",
                   PACKAGE + "auth.IncorrectPasswordAuthenticationException")


def no_licence() -> Refusal:
    """The account has no seat."""
    return Refusal(401, "You are not currently licensed to use Bitbucket.\n"
                   "Please contact your administrator to resolve this issue.",
                   PACKAGE + "auth.NoAccessAuthenticationException")


def basic_disabled() -> Refusal:
    """Basic is switched off.  UNCONFIRMED that it comes in the envelope."""
    return Refusal(403, "Basic Authentication has been disabled on this "
                   "instance.")


def no_project(key: str) -> Refusal:
    """No such project."""
    return Refusal(404, f"Project {key} does not exist.",
                   PACKAGE + "project.NoSuchProjectException")


def no_repo(key: str, slug: str) -> Refusal:
    """No such repository."""
    return Refusal(404, f"Repository {key}/{slug} does not exist.",
                   PACKAGE + "repository.NoSuchRepositoryException")


def no_user(name: str) -> Refusal:
    """No such user."""
    return Refusal(404, f"User {name} does not exist.",
                   PACKAGE + "user.NoSuchUserException")


def no_grant(number: int, place: str) -> Refusal:
    """The key gives no access here.

    UNCONFIRMED: the end of the message and the exception's name; the one
    recording is cut off after "cannot access".
    """
    return Refusal(404, f"SSH key with ID {number} cannot access {place}")


def invalid_key() -> Refusal:
    """The text is not a key."""
    return Refusal(400, "You must enter a valid public key", context="text")


def duplicate(place: str) -> Refusal:
    """The key is registered here already.

    UNCONFIRMED for projects: only "this repository" was recorded.
    """
    return Refusal(409, f"SSH key already provides access to this {place}",
                   PACKAGE + "ssh.DuplicateSshKeyException")


def users_key(name: str, exception: str | None) -> Refusal:
    """An access key that is somebody's personal key.

    UNCONFIRMED: the exact text and the exception's name.
    """
    return Refusal(409, f"This SSH key is already assigned to '{name}'.",
                   exception)


def is_access_key() -> Refusal:
    """A personal key that is an access key.  UNCONFIRMED: exception."""
    return Refusal(409, "This SSH key is already used to access a repository "
                   "or project.", PACKAGE + "ssh.DuplicateSshKeyException")


def key_exists() -> Refusal:
    """The same personal key again.  UNCONFIRMED: the sentence."""
    return Refusal(409, "This SSH key already exists on the system",
                   PACKAGE + "ssh.DuplicateSshKeyException")


def against_policy(what: str) -> Refusal:
    """The policy refuses the key.

    UNCONFIRMED: status, context and exception, and all of it for expiry.
    """
    if what == "type":
        return Refusal(400, POLICY_TEXT, context="text")
    return Refusal(400, "The expiry of the SSH key is longer than the maximum "
                   "set by your admin.", context="expiryDays")


def bad_request(context: str, message: str) -> Refusal:
    """A body that can't be used.  UNCONFIRMED: the sentence."""
    return Refusal(400, message, context=context)


def unknown_route(path: str) -> Refusal:
    """A path that REST does not know: 404 without an exception.

    UNCONFIRMED: the sentence.
    """
    return Refusal(404, f"null for uri: {path}")
