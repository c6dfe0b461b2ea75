"""Bitbucket Cloud: from a URL to a clone, as a person there would do it."""

from __future__ import annotations

import json

from cloudhome import CloudHome


def test_one_plain_clone_of_a_project_that_never_saw_this_machine(
        cloud: CloudHome):
    cloud.enrol("always")
    cloud.forget_log()
    clone = cloud.git("clone", cloud.https_url())
    assert clone.status == 0, clone
    assert cloud.requests() == [
        "GET /2.0/repositories/acme/app",
        "POST /2.0/workspaces/acme/projects/PROJ/deploy-keys"]
    (key,) = cloud.private_keys()
    assert key.name == "bbkey_bitbucket.org"
    status = json.loads(cloud.bbkey("status", "--json",
                                    cwd=cloud.work / "app").out)
    assert status["ready"] is True
    assert status["instance"]["edition"] == "cloud"
    assert status["target"] == {"workspace": "acme", "project": "PROJ",
                                "repo": "app"}
    assert status["grants"][0]["scope"] == "project"
    assert status["ssh"]["access"] == "read"


def test_another_repository_of_the_project_takes_no_request(cloud: CloudHome):
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    cloud.forget_log()
    assert cloud.git("clone", cloud.https_url(repo="tool")).status == 0
    assert cloud.requests() == []
    assert len(cloud.events("ssh_connect")) == 1


def test_a_repository_of_another_project_is_set_up_as_it_comes(
        cloud: CloudHome):
    """The workspace's key is tried first; no URL says the project."""
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    clone = cloud.git("clone", cloud.https_url(repo="core"))
    assert clone.status == 0, clone
    assert "registered on project LIB" in clone.err
    assert "no longer" not in clone.err
    cloud.forget_log()
    assert cloud.git("fetch", cwd=cloud.work / "core").status == 0
    assert cloud.requests() == []
    assert len(cloud.events("ssh_connect")) == 1
