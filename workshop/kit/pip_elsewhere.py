"""Runs pip for another machine: `python pip_elsewhere.py MARKERS ARGUMENT...`, with the markers as JSON.

pip's `--platform` and `--python-version` choose wheels for another machine, but environment markers, and in
`pip install` also Requires-Python, are judged by the Python that pip runs on
(https://github.com/pypa/pip/issues/11664). So a kit for Windows that is made on Linux would lack what only
Windows needs. Here pip sees the other machine in these two places as well.
"""

import json
import sys

from pip._internal.cli.main import main
from pip._internal.resolution.resolvelib.candidates import RequiresPythonCandidate
from pip._vendor.packaging import markers


def look_from(elsewhere: dict[str, str]) -> None:
    """Let pip judge markers and Requires-Python as on a machine with these markers."""
    if not hasattr(markers, "default_environment"):
        sys.exit("this pip judges markers in another way; use the pip that came with Python")
    markers.default_environment = lambda: dict(elsewhere)
    version = tuple(int(number) for number in elsewhere["python_full_version"].split("."))
    made = RequiresPythonCandidate.__init__
    RequiresPythonCandidate.__init__ = lambda self, _: made(self, version)


if __name__ == "__main__":
    look_from(json.loads(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
