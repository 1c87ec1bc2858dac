"""Programs of Jupyter's are run as they are, without what costs their start seconds."""

import subprocess
import sys
from importlib.metadata import version

from workshop.kit.jupyter import jupyter_command


def test_a_program_runs_with_its_arguments() -> None:
    """What follows the program's name is the program's own."""
    ran = subprocess.run(
        jupyter_command("jupyterlab", "--version"), capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == version("jupyterlab")


def test_no_grammar_is_built_for_nobody() -> None:
    """Whoever imports the workshop can read notebooks without waiting for a grammar of addresses."""
    program = "import sys, workshop, nbformat; print(sorted({'jsonschema', 'lark'} & sys.modules.keys()))"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "['jsonschema']\n"
