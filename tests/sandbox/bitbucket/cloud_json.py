"""Cloud's JSON: accounts, workspaces, projects, repositories and keys."""

from __future__ import annotations

import datetime
from typing import Any

from .cloud_instance import CloudInstance
from .cloud_keyring import AccountKey, DeployKey
from .cloud_world import Project, Repo, User, Workspace


def link(url: str) -> dict[str, str]:
    """One link."""
    return {"href": url}


def date(seconds: float | None) -> str | None:
    """A time in ISO 8601 with microseconds, or null."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(
        seconds, datetime.timezone.utc).isoformat(timespec="microseconds")


def user_json(instance: CloudInstance, user: User) -> dict[str, Any]:
    """An account.  UNCONFIRMED that `username` is still among its fields."""
    return {"type": "user", "uuid": user.uuid, "nickname": user.name,
            "username": user.name, "display_name": user.name.capitalize(),
            "account_id": user.account_id,
            "links": {"self": link(f"{instance.api_url}/users/{user.uuid}")}}


def workspace_json(instance: CloudInstance,
                   workspace: Workspace) -> dict[str, Any]:
    """A workspace, as it is shown inside other things."""
    url = f"{instance.api_url}/workspaces/{workspace.slug}"
    return {"type": "workspace", "slug": workspace.slug,
            "uuid": workspace.uuid, "name": workspace.slug.capitalize(),
            "links": {"self": link(url)}}


def project_url(instance: CloudInstance, project: Project) -> str:
    """Where a project is in REST."""
    return (f"{instance.api_url}/workspaces/{project.workspace.slug}"
            f"/projects/{project.key}")


def project_short(instance: CloudInstance,
                  project: Project) -> dict[str, Any]:
    """A project, as it is shown inside other things."""
    page = (f"{instance.base_url}/{project.workspace.slug}/workspace/projects"
            f"/{project.key}")
    return {"type": "project", "key": project.key, "name": project.name,
            "uuid": project.uuid,
            "links": {"self": link(project_url(instance, project)),
                      "html": link(page)}}


def project_json(instance: CloudInstance, project: Project) -> dict[str, Any]:
    """A project."""
    return {**project_short(instance, project), "is_private": True,
            "workspace": workspace_json(instance, project.workspace)}


def repo_url(instance: CloudInstance, repo: Repo) -> str:
    """Where a repository is in REST."""
    return f"{instance.api_url}/repositories/{repo.path}"


def repo_json(instance: CloudInstance, repo: Repo,
              user: User | None) -> dict[str, Any]:
    """A repository, with clone links for this user."""
    return {
        "type": "repository", "full_name": repo.path, "slug": repo.slug,
        "name": repo.slug, "uuid": repo.uuid, "is_private": True,
        "scm": "git", "mainbranch": {"type": "branch", "name": "main"},
        "project": project_short(instance, repo.project),
        "workspace": workspace_json(instance, repo.workspace),
        "links": {"self": link(repo_url(instance, repo)),
                  "html": link(f"{instance.base_url}/{repo.path}"),
                  "clone": clone_links(instance, repo, user)}}


def clone_links(instance: CloudInstance, repo: Repo,
                user: User | None) -> list[dict[str, str]]:
    """links.clone; the name is "https" here, and there is no context path."""
    login = f"{user.name}@" if user else ""
    links = [{"name": "https",
              "href": f"https://{login}{instance.web}/{repo.path}.git"}]
    if instance.settings.ssh_enabled:
        links.append({"name": "ssh",
                      "href": instance.ssh_link(f"{repo.path}.git")})
    return links


def deploy_key_json(instance: CloudInstance,
                    key: DeployKey) -> dict[str, Any]:
    """A deploy key: the comment is cut off `key`."""
    answer = {
        "id": key.id, "type": "deploy_key", "key": key.public.line,
        "label": key.label, "comment": key.comment,
        "created_on": date(key.created), "last_used": date(key.last_used)}
    if isinstance(key.place, Repo):
        url = repo_url(instance, key.place)
        answer["repository"] = {
            "type": "repository", "full_name": key.place.path,
            "name": key.place.slug, "uuid": key.place.uuid,
            "links": {"self": link(url)}}
    else:
        url = project_url(instance, key.place)
        answer["type"] = "project_deploy_key"
        answer["project"] = project_short(instance, key.place)
    tail = f"/deploy-keys/{key.id}"
    if not isinstance(key.place, Repo):
        tail += "/"     # seen in the specification's example
    answer["links"] = {"self": link(url + tail)}
    return answer


def account_key_json(instance: CloudInstance,
                     key: AccountKey) -> dict[str, Any]:
    """A key of an account."""
    owner = user_json(instance, instance.world.users[key.user])
    url = f"{instance.api_url}/users/{owner['uuid']}/ssh-keys/{key.uuid}"
    expires = key.expires.isoformat() if key.expires else None
    return {
        "type": "ssh_key", "uuid": key.uuid, "key": key.public.line,
        "comment": key.comment, "label": key.label,
        "created_on": date(key.created), "expires_on": expires,
        "fingerprint": key.public.sha256, "last_used": date(key.last_used),
        "owner": owner, "links": {"self": link(url)}}
