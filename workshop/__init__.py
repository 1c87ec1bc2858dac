"""A workshop on serverless stream aggregation: the tools that stand in for AWS, and that teach."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("trade-risk-workshop")
except PackageNotFoundError:  # a checkout that was put on the path without being installed
    __version__ = "0+uninstalled"
