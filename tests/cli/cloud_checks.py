"""What the REST rows of the acceptance table share on Bitbucket Cloud.

rest_checks.py and rest_faults.py have what both editions share.
"""

from __future__ import annotations

from typing import Any

from cloudhome import CloudHome
from home import Result
from rest_checks import (clear_faults, forget_state, init, like_plain_ssh,
                         sandbox_keys, trust_ssh_host)

API = "/2.0/"
SITE = "/site/ssh"
USER = "/2.0/user$"
REPO = "/2.0/repositories/acme/app$"
PROJECT = "/2.0/workspaces/acme/projects/PROJ$"
KEYS = "/projects/PROJ/deploy-keys"
JSON = "application/json"

PROJECT_PAGE = "https://bitbucket.org/acme/workspace/projects/PROJ"
TOKEN_PAGE = "https://id.atlassian.com/manage-profile/security/api-tokens"


def error(message: str, **more: Any) -> dict[str, Any]:
    """Cloud's standard error object."""
    return {"type": "error", "error": {"message": message, **more}}


def of_data_center(message: str = "no", exception: str | None = None) -> dict:
    """Data Center's error object."""
    return {"errors": [{"context": None, "message": message,
                        "exceptionName": exception}]}


def key_error(message: str) -> dict[str, Any]:
    """The odd shape of a refused key: reference 2.3."""
    return {"key": [{"message": message}]}


def a_home_with_a_key(cloud: CloudHome) -> str:
    """Registered once, then forgotten on both sides but for the key."""
    tracing, cloud.tracing = cloud.tracing, False
    assert init(cloud).status == 0
    cloud.tracing = tracing
    for key in sandbox_keys(cloud):
        cloud.sandbox.control("DELETE", "/keys", {"id": key["id"]})
    forget_state(cloud)
    cloud.forget_log()
    cloud.allow_posts = 99
    (key,) = cloud.private_keys()
    return key.with_name(key.name + ".pub").read_text().strip()


def a_clone_that_cannot_be_helped(cloud: CloudHome,
                                  **fault: object) -> Result:
    """Enrolled; the registration meets the fault; as plain ssh (I10)."""
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.forget_log()
    cloud.sandbox.fault(**{"times": -1, "path": KEYS, **fault})
    clone = like_plain_ssh(cloud)
    assert clone.status == 128 and "Permission denied" in clone.err, clone
    return clone


def next_time(cloud: CloudHome, posts: int) -> None:
    """The fault is over: the same key serves, and so many POSTs are sent."""
    (key,) = cloud.private_keys()
    clear_faults(cloud)
    cloud.forget_log()
    clone = cloud.git("clone", cloud.ssh_url(), "later")
    assert clone.status == 0, clone
    assert cloud.private_keys() == [key]
    assert len(cloud.deploy_keys()) == 1
    assert len(cloud.requests("POST")) == posts
