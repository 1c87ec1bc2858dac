"""Where the code of functions lies on disk: each bundle is unpacked once, under the digest of its content."""

import io
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path

from workshop.cloud.offline.runtime.invocations.functions import Bundle

__all__ = ["TaskRoots", "UnreadableBundleError"]


class UnreadableBundleError(Exception):
    """The function's code is not a zip file."""


class TaskRoots:
    """A private folder for the code and the temporary files of all environments. Thread-safe."""

    def __init__(self) -> None:
        self._base: Path | None = None
        self._lock = threading.Lock()

    def unpack(self, bundle: Bundle) -> Path:
        """Return the folder that holds the bundle's files.

        Raises:
            UnreadableBundleError: the content is not a zip file.
        """
        # A digest in base64 may hold a slash.
        folder = self.folder("code") / bundle.digest.replace("/", "_").replace("+", "-").rstrip("=")
        with self._lock:
            if not folder.exists():
                self._extract(bundle, folder)
        return folder

    def folder(self, *names: str) -> Path:
        """Return a folder below the private one; it exists afterwards."""
        with self._lock:
            if self._base is None:
                # Resolved: on macOS the temporary folder is reached through a link, and a handler's working
                # directory would differ from LAMBDA_TASK_ROOT.
                self._base = Path(tempfile.mkdtemp(prefix="workshop-lambda-")).resolve()
            folder = self._base.joinpath(*names)
            folder.mkdir(parents=True, exist_ok=True)
            return folder

    def remove(self) -> None:
        """Delete everything; what another process still holds open stays behind."""
        with self._lock:
            if self._base is not None:
                shutil.rmtree(self._base, ignore_errors=True)
            self._base = None

    def _extract(self, bundle: Bundle, folder: Path) -> None:
        # Unpacked beside and then renamed: a folder that exists is complete.
        unpacked = folder.with_name(f"{folder.name}.unpacking")
        try:
            with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
                archive.extractall(unpacked)
        except zipfile.BadZipFile as error:
            raise UnreadableBundleError(f"the code is not a zip file: {error}") from error
        unpacked.rename(folder)
