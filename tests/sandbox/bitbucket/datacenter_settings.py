"""Data Center's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from .settings import Settings

FINGERPRINT_FORMS = ("sha256", "sha256-bare", "md5", "md5-prefixed", "none")
RELEASE_DEFAULT = "9.4.1"


@dataclass
class DatacenterSettings(Settings):
    """How a Data Center instance behaves; see the README for each switch."""

    fixed = (*Settings.fixed, "context")

    # Fixed at start.
    context: str = ""

    # The instance.
    release: str = RELEASE_DEFAULT
    basic_auth: bool = True
    aliases: dict[str, str] = field(default_factory=dict)

    # Keys.
    max_expiry_days: int | None = None
    # UNCONFIRMED what a POST without expiryDays does under a policy:
    # "refuse" | "default" (the maximum is applied).
    missing_expiry: str = "refuse"
    # None: every type is allowed.  []: the known corruption, all are refused.
    allowed_key_types: list[str] | None = None
    ed25519_invalid: bool = False
    access_keys_enabled: bool = True
    # Documented up to 7.9, UNCONFIRMED since 8: a POST with another
    # permission updates the grant.  False: it answers 409.
    repost_updates: bool = True
    # UNCONFIRMED: PROJECT_ADMIN / REPO_ADMIN as permission of an access key.
    admin_permission_on_keys: bool = False
    # UNCONFIRMED wire format of createdDate: "epoch" (ms) | "iso".
    dates: str = "epoch"
    # UNCONFIRMED exceptionName of the 409 for a key of a user's account.
    user_key_exception: str | None = (
        "com.atlassian.bitbucket.ssh.DuplicateSshKeyException")
    # UNCONFIRMED whether tokens may add personal keys (documented: a token
    # can't change a user's account): "refuse" (401) | "as nobody" (401 as
    # without a token) | "allow".
    token_personal_keys: str = "refuse"
    # UNCONFIRMED whether an administrator's token is administrator, too.
    token_keeps_admin: bool = True
    # UNCONFIRMED JSON of GET /keys/latest/ssh/{id}/projects: page | array.
    key_places: str = "page"

    # Paging.
    page_gap: int = 0

    # SSH.
    # UNCONFIRMED form of /rest/ssh/latest/settings .fingerprint.value.
    fingerprint: str = "sha256"
    ssh_base_url_without_port: bool = False
    # UNCONFIRMED which banner current releases send; MINA's fallback.
    ssh_banner: str = "SSHD-UNKNOWN"
    # UNCONFIRMED output of `whoami` for an access key; None: its label.
    whoami_access_key: str | None = None
    # UNCONFIRMED wording for a push with a key that may only read.
    push_refused_message: str = (
        "You do not have permission to push to this repository.")
    # UNCONFIRMED exit status after "Repository not found".
    not_found_status: int = 1

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor number of the release, to compare with."""
        major, minor = self.release.split(".")[:2]
        return int(major), int(minor)
