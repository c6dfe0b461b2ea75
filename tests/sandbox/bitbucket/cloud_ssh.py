"""Cloud's SSH: its greetings, its commands and its messages."""

from __future__ import annotations

import json

from .cloud_instance import CloudInstance
from .cloud_world import Repo
from .ssh_session import PROGRAMS, CommandSession
from .world import READ

NO_SHELL = "You can use git to connect to Bitbucket. Shell access is disabled"
ACCOUNT_GREETING = f"authenticated via ssh key.\n{NO_SHELL}\n"
# UNCONFIRMED: what lies between the two sentences that were reported.
ACCESS_KEY_GREETING = f"""\
authenticated via a deploy key.

{NO_SHELL}.

This deploy key has read access to the following repositories:

"""
ELSEWHERE = ("repository access denied. deployment key is not associated with "
             "the requested repository.")
# UNCONFIRMED for LFS, and for a push of an account that may only read.
DENIED = "repository access denied."
LFS = "git-lfs-authenticate"


class CloudSession(CommandSession):
    """One command of Cloud, or the greeting where there is none."""

    instance: CloudInstance

    def shell_requested(self) -> bool:
        """No command: there is a greeting instead of a shell."""
        return True

    async def obey(self, words: list[str]) -> int:
        """git's programs, ``host_key_info``, and nothing."""
        if not self._command:
            return self._greet()
        if words == ["host_key_info"]:
            self.tell(self.instance.known_hosts())
            return 0
        if words[:1] == [LFS] and len(words) == 3:
            return self._lfs(words[1])
        if len(words) != 2 or words[0] not in PROGRAMS:
            # UNCONFIRMED: what an unknown command gets.
            self.say("Unsupported command\n")
            return 1
        return await self._git(words[0], words[1])

    def _greet(self) -> int:
        """Who has come in; UNCONFIRMED: what stands for a project's key."""
        key = self.login.key
        if key.user:
            self.tell(ACCOUNT_GREETING)
            return 0
        self.tell(ACCESS_KEY_GREETING + "".join(
            f"{repo.path}: {deploy_key.label} -- {deploy_key.comment}\n"
            for deploy_key in key.deploy_keys
            for repo in self._repos(deploy_key.place)))
        return self.instance.settings.access_key_greeting_status

    def _repos(self, place: object) -> list[Repo]:
        if isinstance(place, Repo):
            return [place]
        return self.instance.world.repos_of(place)

    async def _git(self, program: str, path: str) -> int:
        words = path.strip("/").removesuffix(".git").split("/")
        repo = self.instance.world.repo(*words) if len(words) == 2 else None
        problem = self._problem(repo, PROGRAMS[program])
        if problem:
            return self._deny(problem)
        return await self.serve(program, repo.folder, repo.slug)

    def _lfs(self, path: str) -> int:
        """Where the files are, for an account; not for an access key."""
        answer = self.instance.settings.lfs_answer
        problem = DENIED if not self.login.key.user else self._problem(
            self.instance.world.repo(
                *path.strip("/").removesuffix(".git").split("/")), READ)
        if problem or not answer:
            return self._deny(problem or DENIED)
        self.tell(json.dumps(answer) + "\n")
        return 0

    def _problem(self, repo: Repo | None, least: int) -> str:
        """Why this key may not do this; empty when it may."""
        key, settings = self.login.key, self.instance.settings
        if not key.user:
            places = [k.place for k in key.deploy_keys]
            if repo is None or not any(place in (repo, repo.project)
                                       for place in places):
                return ELSEWHERE
            return settings.push_refused_message if least > READ else ""
        user = self.instance.world.users[key.user]
        level = self.instance.world.user_level(user, repo) if repo else 0
        if level < READ:
            return settings.account_denied_message
        return DENIED if level < least else ""

    def _deny(self, message: str) -> int:
        if self.instance.settings.conq_prefix:
            message = "conq: " + message
        self.say(message + "\n")
        return self.instance.settings.denied_status
