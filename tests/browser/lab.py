"""JupyterLab as `workshop start` starts it, on a copy of the checkout."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import nbformat

from tests.browser.served import Served
from tests.course.notebooks.checkouts import Checkout
from tests.ports import free_port

THEME_SETTINGS = "lab/api/settings/@jupyterlab/apputils-extension:themes"


class Lab(Served):
    """A running `workshop start`; use it as a context manager."""

    def __init__(self, checkout: Checkout) -> None:
        ports = ("--port", str(free_port()), "--lab-port", str(free_port()))
        super().__init__(checkout, "start", "--no-browser", *ports)

    @property
    def address(self) -> str:
        """The address that the command prints, and opens in the learner's browser."""
        return re.search(r"http\S+token=\S+", self.said)[0]

    def address_of(self, notebook: str) -> str:
        """Return the address of a notebook, opened alone."""
        base, token = re.fullmatch(r"(http://[^/]+)/\S+token=(\S+)", self.address).groups()
        return f"{base}/lab/tree/notebooks/{notebook}.ipynb?reset&token={token}"

    def choose_theme(self, theme: str) -> None:
        """Set `light` or `dark` as a learner does under Settings; it holds for pages opened afterwards."""
        document = {"raw": json.dumps({"theme": f"JupyterLab {theme.title()}"})}
        self.call("PUT", THEME_SETTINGS, document)

    def start_kernel(self, notebook: str) -> Path:
        """Start the kernel that a notebook's page will find, and return its connection file."""
        path = f"notebooks/{notebook}.ipynb"
        wanted = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        kernel = self.call("POST", "api/sessions", wanted)["kernel"]["id"]
        return self.checkout.kernels / f"kernel-{kernel}.json"

    def save(self, notebook: str, content: nbformat.NotebookNode) -> None:
        """Save what its owner has run, so that JupyterLab trusts it and shows its outputs as they are."""
        for cell in content.cells:
            if cell.cell_type == "code":
                cell.metadata["trusted"] = True
        model = {"type": "notebook", "format": "json", "content": content}
        self.call("PUT", f"api/contents/notebooks/{notebook}.ipynb", model)

    def is_idle(self) -> bool:
        """Say whether a kernel runs and no kernel has anything to do."""
        states = [session["kernel"]["execution_state"] for session in self.call("GET", "api/sessions")]
        return bool(states) and set(states) == {"idle"}

    def end_kernels(self) -> None:
        """End what notebooks left running."""
        for session in self.call("GET", "api/sessions"):
            self.call("DELETE", f"api/sessions/{session['id']}")

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Make a call to JupyterLab's server."""
        base, token = re.fullmatch(r"(http://[^/]+)/\S+token=(\S+)", self.address).groups()
        body = None if document is None else json.dumps(document).encode()
        request = Request(f"{base}/{path}", body, {"Authorization": f"token {token}"}, method=method)  # noqa: S310 - our own server
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None
