"""Run one of Jupyter's programs as `python -m` does, spared what `workshop` spares those who import it.

`python -m workshop.kit.jupyter jupyterlab …` is `python -m jupyterlab …`, seconds faster.
"""

import runpy
import sys

__all__ = ["jupyter_command"]


def jupyter_command(program: str, *arguments: str) -> list[str]:
    """Return the command line of a program, a module's name, with its arguments."""
    return [sys.executable, "-m", __name__, program, *arguments]


if __name__ == "__main__":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
