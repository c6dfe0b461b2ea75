"""The editions of Bitbucket, each as the parts that differ."""

from __future__ import annotations

from dataclasses import dataclass

from .ca import NAMES
from .cloud_control import CloudControl
from .cloud_instance import CloudInstance
from .cloud_settings import CloudSettings
from .cloud_site import CloudSite
from .cloud_ssh import CloudSession
from .control import Control
from .datacenter_control import DatacenterControl
from .datacenter_instance import DatacenterInstance
from .datacenter_settings import DatacenterSettings
from .datacenter_site import DatacenterSite
from .datacenter_ssh import DatacenterSession
from .instance import Instance
from .settings import Settings
from .site import Site
from .ssh_session import CommandSession


@dataclass(frozen=True)
class Edition:
    """What the sandbox is put together from."""

    settings: type[Settings]
    instance: type[Instance]
    site: type[Site]
    session: type[CommandSession]
    control: type[Control]
    certificate: str = NAMES    # names that the web's certificate is for


EDITIONS = {
    "datacenter": Edition(DatacenterSettings, DatacenterInstance,
                          DatacenterSite, DatacenterSession,
                          DatacenterControl),
    "cloud": Edition(CloudSettings, CloudInstance, CloudSite, CloudSession,
                     CloudControl,
                     NAMES + ",DNS:bitbucket.org,DNS:api.bitbucket.org"),
}
