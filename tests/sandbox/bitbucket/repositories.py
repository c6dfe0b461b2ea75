"""Real bare repositories, and the environment in which git serves them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

IMPORT = """\
commit refs/heads/main
committer Sandbox <sandbox@localhost> 1700000000 +0000
data <<END
Add a README
END
M 100644 inline README.md
data <<END
# {name}
END

"""


class Repositories:
    """The folder of repositories: ``git/<project>/<slug>.git``.

    On Cloud a workspace takes the place of the project.

    Each is made once in ``seed/`` and copied, so that a reset is a copy.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seed = folder / "seed"
        self.root = folder / "git"

    def environment(self, **extra: str) -> dict[str, str]:
        """Variables for every git program: no configuration but our own."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self._folder),
                "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_COUNT": "2",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
                "GIT_CONFIG_KEY_1": "http.receivepack",
                "GIT_CONFIG_VALUE_1": "true", **extra}

    def seed(self, places: list[tuple[str, str]]) -> None:
        """Make a repository with one commit for each (project, slug)."""
        paths = [self._seed / f"{key.lower()}/{slug}.git"
                 for key, slug in places]
        self._git("init", "--quiet", "--bare", "-b", "main", "--template=",
                  str(paths[0]))
        for path in paths[1:]:
            shutil.copytree(paths[0], path)
        for (key, slug), path in zip(places, paths):
            self._git("-C", str(path), "fast-import", "--quiet",
                      text=IMPORT.format(name=f"{key}/{slug}"))
        self.reset()

    def reset(self) -> None:
        """Put every repository back to its first commit."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._seed, self.root)

    def path(self, project: str, slug: str) -> Path:
        """Where a repository lies."""
        return self.root / project.lower() / f"{slug}.git"

    def _git(self, *words: str, text: str = "") -> None:
        subprocess.run(("git", *words), check=True, capture_output=True,
                       input=text.encode(), env=self.environment())
