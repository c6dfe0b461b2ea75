"""Settings: everything that can be chosen when the sandbox starts or later.

One dataclass an edition holds the command line's options and the switches of
``POST /set``; here is what they have in common.  A setting whose fact is
UNCONFIRMED by any published source has its most plausible value as default and
the other forms beside it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass
class Settings:
    """The behaviour that both editions have."""

    # Changing these would move addresses.
    fixed: ClassVar[tuple[str, ...]] = (
        "host", "public_https_port", "public_ssh_port")

    host: str = "localhost"
    public_https_port: int = 0  # in addresses, where a proxy is in front;
    public_ssh_port: int = 0    # 0: the port that is listened on

    latency: float = 0.0
    clock_days: float = 0.0
    key_delay: float = 0.0
    page_cap: int = 1000
    page_loop: str = ""         # "" | "stuck" | "back" | "forever"
    ssh_enabled: bool = True
    server_sig_algs: bool = True    # False: BSERV-13013, RSA fails
    ssh_banner: str = ""
    git_v2_over_https: bool = True  # older servers: version 0 alone
    push_refused_message: str = ""

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
            if name in self.fixed:
                raise ValueError(f"'{name}' is fixed once started")
            check_type(name, getattr(type(self)(), name), value)
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
    if type(value) is not type(default):
        raise ValueError(f"'{name}' takes a {type(default).__name__}")
