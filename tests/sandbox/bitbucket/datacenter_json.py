"""Data Center's JSON: projects, repositories, keys and settings."""

from __future__ import annotations

import datetime
from typing import Any

from .datacenter_instance import DatacenterInstance
from .datacenter_keyring import Grant, Key
from .datacenter_world import Project, Repo, User


def user_json(user: User) -> dict[str, Any]:
    """An account, as a personal project's owner."""
    return {"name": user.name, "id": user.id, "displayName": user.name,
            "active": True, "slug": user.name, "type": "NORMAL"}


def project_json(instance: DatacenterInstance,
                 project: Project) -> dict[str, Any]:
    """A project; a personal one has an owner and another self link."""
    page = (f"users/{project.owner}" if project.personal
            else f"projects/{project.key}")
    answer: dict[str, Any] = {
        "key": project.key, "id": project.id, "name": project.name,
        "description": f"{project.name} of the sandbox", "public": False,
        "type": "PERSONAL" if project.personal else "NORMAL",
        "links": {"self": [{"href": f"{instance.base_url}/{page}"}]}}
    if project.personal:
        del answer["description"]
        answer["owner"] = user_json(instance.world.users[project.owner])
    return answer


def clone_links(instance: DatacenterInstance,
                repo: Repo) -> list[dict[str, str]]:
    """links.clone: project key in lower case, order varying by repository.

    The name is "http" for https, too; there is no "ssh" when SSH is off.
    """
    path = f"{repo.project.key.lower()}/{repo.slug}.git"
    links = [{"href": f"{instance.base_url}/scm/{path}", "name": "http"}]
    if instance.settings.ssh_enabled:
        links.append({"href": f"{instance.ssh_base_url(True)}/{path}",
                      "name": "ssh"})
    if repo.id % 2 == 0:
        links.reverse()
    return links


def repo_json(instance: DatacenterInstance, repo: Repo) -> dict[str, Any]:
    """A repository."""
    home = project_json(instance, repo.project)["links"]["self"][0]["href"]
    answer = {
        "slug": repo.slug, "id": repo.id, "name": repo.slug, "scmId": "git",
        "state": "AVAILABLE", "statusMessage": "Available", "forkable": True,
        "project": project_json(instance, repo.project), "public": False,
        "links": {"clone": clone_links(instance, repo),
                  "self": [{"href": f"{home}/repos/{repo.slug}/browse"}]}}
    if instance.settings.version >= (8, 0):
        answer["archived"] = False
    return answer


def date(instance: DatacenterInstance, seconds: float) -> int | str:
    """createdDate; its form on the wire is UNCONFIRMED."""
    if instance.settings.dates == "iso":
        moment = datetime.datetime.fromtimestamp(
            seconds, datetime.timezone.utc)
        return moment.isoformat(timespec="milliseconds")
    return int(seconds * 1000)


def key_json(instance: DatacenterInstance, key: Key) -> dict[str, Any]:
    """A key with the fields that this release has."""
    version = instance.settings.version
    answer: dict[str, Any] = {
        "id": key.id, "text": key.text, "label": key.label,
        "algorithmType": key.public.algorithm, "bitLength": key.public.bits}
    if version >= (8, 7):
        answer["createdDate"] = date(instance, key.created)
        if key.last_used is not None:
            answer["lastAuthenticated"] = str(int(key.last_used * 1000))
        if key.expiry_days is not None:
            answer["expiryDays"] = key.expiry_days
    if version >= (9, 2):
        answer["fingerprint"] = key.public.sha256
    # `warning` (since 9.4) is for keys with a fault such as
    # RSA_UNSAFE_MODULUS; UNCONFIRMED that it is absent from all others.
    return answer


def grant_json(instance: DatacenterInstance, grant: Grant) -> dict[str, Any]:
    """An SshAccessKey: the key, the place, the permission."""
    answer: dict[str, Any] = {"key": key_json(instance, grant.key)}
    if grant.repo:
        answer["repository"] = repo_json(instance, grant.repo)
    else:
        answer["project"] = project_json(instance, grant.project)
    answer["permission"] = grant.permission
    return answer


def settings_json(instance: DatacenterInstance) -> dict[str, Any]:
    """SshSettings, which every authenticated user may read."""
    settings = instance.settings
    answer: dict[str, Any] = {
        "enabled": settings.ssh_enabled, "port": instance.public_ssh_port,
        "baseUrl": instance.ssh_base_url(False),
        "accessKeysEnabled": settings.access_keys_enabled}
    form = settings.fingerprint
    if form != "none":
        algorithm = "SHA-256" if form.startswith("sha256") else "MD5"
        answer["fingerprint"] = {"algorithm": algorithm,
                                 "value": fingerprint(instance, form)}
    return answer


def fingerprint(instance: DatacenterInstance, form: str) -> str:
    """The first host key's fingerprint, in a form that is UNCONFIRMED."""
    public = instance.published_host_keys[0]
    return {"sha256": "SHA256:" + public.sha256,
            "sha256-bare": public.sha256,
            "md5": public.md5,
            "md5-prefixed": "MD5:" + public.md5}[form]
