"""The hub of a class on Kubernetes: the same door as on one machine; the chart brings spawner and proxy.

Runs in the image of the hub, which has JupyterHub and the standard library alone.
"""

import os
from pathlib import Path
from typing import Any

from workshop.classroom.hub import door
from workshop.classroom.hub.plan import INSTRUCTOR, HubPlan
from workshop.classroom.invitation import checked_code

__all__ = ["configure"]

# Where the chart mounts what the hub keeps.
FOLDER = "/srv/jupyterhub"
# As long as the one that `workshop hub` makes: the door lets nobody wait who tries it.
SHORTEST_PASSWORD = 16
TEMPLATES = Path(door.__file__).parent / "templates"


def configure(c: Any, folder: str = FOLDER) -> None:
    """Let people in with the class's code and a password of their own, as the environment says.

    Raises:
        KeyError: the environment names no code or no password of the instructor.
        ValueError: the code is none, or the password is short enough to be guessed.
    """
    password = os.environ["WORKSHOP_HUB_PASSWORD"]
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(
            f"the instructor's password, `password` in the secret `workshop-class`, has {len(password)} "
            f"characters and needs {SHORTEST_PASSWORD}; make one with `openssl rand -base64 18`"
        )
    plan = HubPlan(
        folder=folder,
        host="",
        port=0,
        code=checked_code(os.environ["WORKSHOP_HUB_CODE"]),
        instructor_password=password,
        proxy="",
        seats=c.JupyterHub.get("active_server_limit") or HubPlan.seats,
        # What leads into a cluster makes one address of all learners.
        is_behind_proxy=True,
    )
    c.JupyterHub.authenticator_class = door.Door
    c.JupyterHub.default_url = door.first_page
    c.JupyterHub.template_paths = [str(TEMPLATES)]
    c.Authenticator.admin_users = {INSTRUCTOR}
    c.Authenticator.allow_all = True
    c.Door.plan = plan
