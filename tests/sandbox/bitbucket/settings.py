"""Settings: everything that can be chosen when the sandbox starts or later.

One dataclass holds the command line's options and the switches of
``POST /set``.  A setting whose fact is UNCONFIRMED by any published source has
its most plausible value as default and the other forms beside it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

FINGERPRINT_FORMS = ("sha256", "sha256-bare", "md5", "md5-prefixed", "none")
RELEASE_DEFAULT = "9.4.1"
FIXED = ("context", "host", "public_https_port", "public_ssh_port")


@dataclass
class Settings:
    """The sandbox's behaviour; see the README's table for each switch."""

    # Fixed at start: changing them would move addresses.
    context: str = ""
    host: str = "localhost"
    public_https_port: int = 0  # in addresses, where a proxy is in front;
    public_ssh_port: int = 0    # 0: the port that is listened on

    # The instance.
    release: str = RELEASE_DEFAULT
    latency: float = 0.0
    basic_auth: bool = True
    clock_days: float = 0.0
    aliases: dict[str, str] = field(default_factory=dict)

    # Keys.
    key_delay: float = 0.0
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
    # can't change a user's account): "refuse" (401) | "allow".
    token_personal_keys: str = "refuse"
    # UNCONFIRMED whether an administrator's token is administrator, too.
    token_keeps_admin: bool = True
    # UNCONFIRMED JSON of GET /keys/latest/ssh/{id}/projects: page | array.
    key_places: str = "page"

    # Paging.
    page_cap: int = 1000
    page_gap: int = 0
    page_loop: str = ""     # "" | "stuck" | "back" | "forever"

    # SSH.
    ssh_enabled: bool = True
    # UNCONFIRMED form of /rest/ssh/latest/settings .fingerprint.value.
    fingerprint: str = "sha256"
    ssh_base_url_without_port: bool = False
    server_sig_algs: bool = True    # False: BSERV-13013, RSA fails
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

    def change(self, wanted: dict[str, Any]) -> None:
        """Change settings by name; dashes count as underscores.

        Raises ValueError for a name that does not exist or is fixed, and
        for a value of another type.  Nothing changes then.
        """
        names = {f.name for f in dataclasses.fields(self)}
        plain = {k.replace("-", "_"): v for k, v in wanted.items()}
        for name, value in plain.items():
            if name not in names:
                raise ValueError(f"no setting is called '{name}'")
            if name in FIXED:
                raise ValueError(f"'{name}' is fixed once started")
            check_type(name, getattr(Settings(), name), value)
        for name, value in plain.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All settings, for ``GET /state``."""
        return dataclasses.asdict(self)


def check_type(name: str, default: Any, value: Any) -> None:
    """Refuse a value whose type is not that of the default."""
    if default is None or value is None:
        return
    if isinstance(default, float) and type(value) in (int, float):
        return
    if isinstance(default, str) and name == "user_key_exception":
        return
    if type(value) is not type(default):
        raise ValueError(f"'{name}' takes a {type(default).__name__}")
