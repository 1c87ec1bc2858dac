"""What runs at a seat: the learner's own offline cloud, and JupyterLab behind the hub, until the hub ends it.

``python -Pm workshop.classroom.hub.seat IDLE_SECONDS``, in the learner's copy of the course.
"""

import os
import subprocess
import sys
from pathlib import Path

from workshop.cloud import background
from workshop.kit.jupyter import jupyter_command
from workshop.kit.lab import lab_options, lab_variables, page_to_open

__all__ = ["main"]

# A kernel that nobody uses gives its memory back before the seat ends.
KERNELS_IDLE = 0.5


def main() -> int:
    """Run the seat; return JupyterLab's exit code."""
    idle = int(sys.argv[1])
    root = Path.cwd()
    # Any port: the machine has one loopback for the whole class.
    cloud = background.start(0)
    try:
        server = jupyter_command(
            "jupyterhub.singleuser",
            *lab_options(root),
            f"--ServerApp.default_url=/lab/tree/{page_to_open(root)}",
            f"--ServerApp.shutdown_no_activity_timeout={idle}",
            f"--MappingKernelManager.cull_idle_timeout={int(idle * KERNELS_IDLE)}",
        )
        variables = {"WORKSHOP_CLOUD": "offline", "AWS_ENDPOINT_URL": cloud.url or "", **lab_variables()}
        return subprocess.run(server, env={**os.environ, **variables}, check=False).returncode
    finally:
        background.stop()


if __name__ == "__main__":
    sys.exit(main())
