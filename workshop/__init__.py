"""A workshop on serverless stream aggregation: the tools that stand in for AWS, and that teach."""

import sys
from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

# As soon as it finds this module, jsonschema builds a grammar of internationalized addresses. That takes
# seconds of JupyterLab's start, of a notebook's first chart and of the offline cloud's start. It does
# without where the module cannot be imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type] # None: importing it fails

try:
    __version__ = version("trade-risk-workshop")
except PackageNotFoundError:  # a checkout that was put on the path without being installed
    __version__ = "0+uninstalled"
