"""How JupyterLab is set up for the course, on a laptop and at a seat of a class: variables and options."""

import json
import os
import sys
from pathlib import Path

from workshop.course.progress import CourseProgress
from workshop.settings import home_folder

__all__ = ["ipython_folder", "lab_options", "lab_variables", "page_to_open"]

FIRST_NOTEBOOK = "00"

# Files of `labconfig/`. The first leaves out the part of JupyterLab that asks PyPI for updates, and learners
# whether they want its news; the second one shows long lines of code as a whole, also in a narrow window.
LAB_CONFIGURATION = {
    "page_config.json": {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    "default_setting_overrides.json": {
        "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineNumbers": False, "lineWrap": True}}
    },
}
# What a kernel runs first. It imports nothing of the workshop before something goes wrong.
KERNEL_STARTUP = """
def _tell(running, *error, **more):
    from workshop.notebook.views.values import tell_error

    return tell_error(running, *error, **more)

get_ipython().set_custom_exc((Exception, KeyboardInterrupt), _tell)
del _tell
"""


def page_to_open(root: Path) -> str:
    """Return the path below `root` of the notebook where the learner stopped, the first one before that."""
    stopped = CourseProgress(home_folder()).last_notebook or FIRST_NOTEBOOK
    pages = sorted((root / "notebooks").glob(f"{stopped}_*.ipynb"))
    return f"notebooks/{pages[0].name}" if pages else "notebooks"


def lab_options(root: Path) -> list[str]:
    """Return the arguments of a server that shows the checkout `root`."""
    return [
        f"--ServerApp.root_dir={root}",
        # In a container people are root; who may use the server is decided elsewhere, by a token or a hub.
        "--ServerApp.allow_root=True",
        # Nothing leaves this machine: no catalogue of extensions either.
        "--LabApp.extension_manager=readonly",
    ]


def lab_variables() -> dict[str, str]:
    """Return the variables by which notebooks, and the terminal inside JupyterLab, meet the same commands."""
    return {
        "WORKSHOP_HOME": str(home_folder()),
        "JUPYTER_CONFIG_PATH": _first_in("JUPYTER_CONFIG_PATH", _lab_configuration()),
        "PATH": _first_in("PATH", Path(sys.executable).parent),
        "IPYTHONDIR": os.environ.get("IPYTHONDIR") or str(ipython_folder()),
    }


def ipython_folder() -> Path:
    """Write how a kernel tells errors before a notebook's first cell has run; return IPython's folder."""
    folder = home_folder() / "jupyter" / "ipython"
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "workshop.py").write_text(KERNEL_STARTUP, encoding="utf-8")
    return folder


def _lab_configuration() -> Path:
    """Write how the workshop sets JupyterLab up; what people chose themselves stays. Return the folder."""
    folder = home_folder() / "jupyter"
    (folder / "labconfig").mkdir(parents=True, exist_ok=True)
    for name, content in LAB_CONFIGURATION.items():
        (folder / "labconfig" / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def _first_in(variable: str, folder: Path) -> str:
    """Return a search path of the environment with a folder put before it."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get(variable)])])
