"""The two clouds: an AWS account, or the offline cloud on this machine."""

from workshop.cloud.connection import Cloud, connect
from workshop.cloud.temporary import temporary_cloud

__all__ = ["Cloud", "connect", "temporary_cloud"]
