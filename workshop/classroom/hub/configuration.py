"""What JupyterHub reads: `jupyterhub -f configuration.py`, with the plan named in the environment."""

import socket
from pathlib import Path
from typing import Any

from workshop.classroom.hub.door import Door, first_page
from workshop.classroom.hub.plan import INSTRUCTOR, HubPlan
from workshop.classroom.hub.spawner import SeatSpawner

HERE = Path(__file__).resolve().parent


def configure(c: Any, plan: HubPlan) -> None:
    """Set JupyterHub up for a class."""
    folder = Path(plan.folder)
    c.JupyterHub.bind_url = f"http://{plan.host}:{plan.port}"
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{free_port()}"
    c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
    c.JupyterHub.authenticator_class = Door
    c.JupyterHub.spawner_class = SeatSpawner
    c.JupyterHub.default_url = first_page
    c.JupyterHub.template_paths = [str(HERE / "templates")]
    # The door counts learners; one more, so that the instructor's own seat takes none of theirs.
    c.JupyterHub.active_server_limit = plan.seats + 1
    # A class begins at one moment: beyond a limit JupyterHub shows an error, so seats queue in the spawner.
    c.JupyterHub.concurrent_spawn_limit = 0
    c.JupyterHub.init_spawners_timeout = 5
    c.ConfigurableHTTPProxy.command = [plan.proxy]
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{free_port()}"
    c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
    c.Authenticator.admin_users = {INSTRUCTOR}
    c.Authenticator.allow_all = True
    c.Door.plan = plan
    c.SeatSpawner.plan = plan


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if "get_config" in globals():
    configure(globals()["get_config"](), HubPlan.read())
