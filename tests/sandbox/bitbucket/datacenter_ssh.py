"""Data Center's SSH: its commands and its messages."""

from __future__ import annotations

from .datacenter_instance import DatacenterInstance
from .datacenter_world import Repo
from .ssh_session import PROGRAMS, CommandSession
from .world import READ, Caller

NOT_FOUND = ("Repository not found\nThe requested repository does not exist, "
             "or you do not have permission to access it.\n")


class DatacenterSession(CommandSession):
    """One command of Data Center."""

    instance: DatacenterInstance

    async def obey(self, words: list[str]) -> int:
        """git's programs and ``whoami``."""
        if words == ["whoami"]:
            self.tell(self._whoami() + "\n")
            return 0
        if len(words) != 2 or words[0] not in PROGRAMS:
            # UNCONFIRMED: what an unknown command gets; there is no shell.
            self.say("Unsupported command\n")
            return 1
        return await self._git(words[0], words[1])

    async def _git(self, program: str, path: str) -> int:
        settings = self.instance.settings
        repo = self._repo(path)
        level = self._level(repo) if repo else 0
        if level < READ:
            self.say(NOT_FOUND)
            return settings.not_found_status
        if level < PROGRAMS[program]:
            self.say(settings.push_refused_message + "\n")
            return 1
        return await self.serve(program, repo.folder, repo.slug)

    def _whoami(self) -> str:
        """The user; for an access key the form is UNCONFIRMED."""
        key = self.login.key
        if key.user:
            return key.user
        answer = self.instance.settings.whoami_access_key
        return key.label if answer is None else answer

    def _repo(self, path: str) -> Repo | None:
        words = path.strip("/").removesuffix(".git").split("/")
        if len(words) != 2:
            return None
        return self.instance.world.repo(*words)

    def _level(self, repo: Repo) -> int:
        """What the key may do with the repository."""
        key = self.login.key
        if key.user is None:
            return self.instance.keyring.level(key, repo)
        user = self.instance.world.users[key.user]
        return self.instance.world.level(Caller(user), repo.project, repo)
