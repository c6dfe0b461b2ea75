"""Cloud's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .settings import Settings


@dataclass
class CloudSettings(Settings):
    """How Cloud behaves; see the README for each switch."""

    fixed = (*Settings.fixed, "api_host", "ssh_host")

    # Fixed at start; empty: the name of the web host.
    api_host: str = ""
    ssh_host: str = ""

    # The web host: GET /site/ssh is "ok" | "404" | "html".  UNCONFIRMED
    # whether it names ssh.bitbucket.org, too; a name may hold commas.
    site_ssh: str = "ok"
    site_ssh_names: list[str] = field(
        default_factory=lambda: ["bitbucket.org"])
    # The SSH link of links.clone: "new" (ssh.bitbucket.org) | "old".
    clone_links: str = "new"

    # Rights.  The 403 for a missing scope: "detail" | "bare".
    scope_error: str = "detail"
    # UNCONFIRMED how a token without scopes fails: 401 | 403.
    unscoped_status: int = 401
    # UNCONFIRMED what the anonymous get where 401 is not documented.
    anonymous_status: int = 404
    # UNCONFIRMED: the words of the 403 for who is no administrator.
    forbidden_message: str = "Forbidden"
    # UNCONFIRMED whether a workspace's token may manage the deploy keys of
    # projects: "refuse" (403) | "allow".
    workspace_token_project_keys: str = "refuse"
    # git over HTTPS with an app password: 401, or 410 (a later notice).
    app_password_git_status: int = 401
    # UNCONFIRMED how the lists across workspaces are gone: 410 | 404.
    removed_status: int = 410

    # Keys.  UNCONFIRMED shape of refusals other than that of a duplicate on a
    # repository: "key" (the odd one) | "standard".
    project_error_shape: str = "key"
    user_error_shape: str = "key"
    user_duplicate_status: int = 400    # the specification's; or 409
    # Which keys that were deleted less than 30 days ago can't come back:
    # "moves" (from an account to a place, and back) | "all" | "none".
    deleted_keys_block: str = "moves"
    # UNCONFIRMED which expires_on counts: "both" | "query" | "body".
    expires_on: str = "both"

    # Paging.
    page_cap: int = 100
    page_size: bool = True      # False: without the optional `size`
    # Where `next` points: "" | "http" (without TLS) | any origin.
    page_next_origin: str = ""
    # True: `next` has a cursor instead of a number, as some lists have.
    page_cursor: bool = False

    # SSH.
    ssh_banner: str = "conker_3f2a6c1d90 5b8e7f04a1c2"
    push_refused_message: str = (
        "repository access denied. access via a deployment key is read-only.")
    conq_prefix: bool = False   # older servers began with "conq: "
    account_denied_message: str = (
        "The requested repository either does not exist or you do not have "
        "access.")
    # UNCONFIRMED: what git-lfs-authenticate tells the key of an account, by
    # git-lfs's own protocol; null: nothing, and it is denied.
    lfs_answer: dict[str, Any] | None = None
    # UNCONFIRMED exit statuses.
    denied_status: int = 1
    access_key_greeting_status: int = 0
