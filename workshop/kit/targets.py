"""The machines that a kit is for: which wheels they take, and what environment markers say there."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

from workshop.errors import ConfigurationError
from workshop.kit.manifest import PYTHONS

__all__ = ["PLATFORMS", "KitTarget", "chosen_targets"]

# The oldest systems served: Debian 10, Ubuntu 20.04 and RHEL 8 have glibc 2.28; macOS 12 is of 2021.
NEWEST_GLIBC_MINOR = 28
OLDEST_GLIBC_MINOR = {"x86_64": 5, "aarch64": 17}
OLDEST_MACOS = (12, 0)
OLDER_MANYLINUX = {12: "manylinux2010", 17: "manylinux2014", 5: "manylinux1"}

# What markers call each: sys_platform, os_name, platform_system, platform_machine.
PLATFORMS = {
    "linux-x86-64": ("linux", "posix", "Linux", "x86_64"),
    "linux-arm64": ("linux", "posix", "Linux", "aarch64"),
    "macos-arm64": ("darwin", "posix", "Darwin", "arm64"),
    "macos-x86-64": ("darwin", "posix", "Darwin", "x86_64"),
    "windows-x86-64": ("win32", "nt", "Windows", "AMD64"),
}


@dataclass(frozen=True)
class KitTarget:
    """One kind of machine: a platform, such as `macos-arm64`, and a Python, such as `3.12`."""

    platform: str
    python: str

    def __str__(self) -> str:
        return f"{self.platform}, Python {self.python}"

    @property
    def markers(self) -> dict[str, str]:
        """What environment markers see there."""
        sys_platform, os_name, system, machine = PLATFORMS[self.platform]
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": os_name,
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": system,
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": sys_platform,
        }

    @property
    def platform_tags(self) -> list[str]:
        """The platform tags of wheels that install there, the best first."""
        sys_platform, _, _, machine = PLATFORMS[self.platform]
        if sys_platform == "darwin":
            return list(mac_platforms(OLDEST_MACOS, machine))
        if sys_platform == "win32":
            return ["win_amd64"]
        tags = []
        for minor in range(NEWEST_GLIBC_MINOR, OLDEST_GLIBC_MINOR[machine] - 1, -1):
            tags.append(f"manylinux_2_{minor}_{machine}")
            if minor in OLDER_MANYLINUX:
                tags.append(f"{OLDER_MANYLINUX[minor]}_{machine}")
        return [*tags, f"linux_{machine}"]

    @property
    def pip_platforms(self) -> list[str]:
        """What pip is told: of macOS it knows by itself what came before."""
        return self.platform_tags[: 1 if self.platform.startswith("macos") else None]

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """All tags of wheels that install there."""
        version = tuple(int(number) for number in self.python.split("."))
        interpreter = f"cp{version[0]}{version[1]}"
        own = cpython_tags(version, [interpreter], self.platform_tags)
        return frozenset([*own, *compatible_tags(version, interpreter, self.platform_tags)])


def chosen_targets(platforms: Iterable[str], pythons: Iterable[str]) -> list[KitTarget]:
    """Return a target for each platform and each Python; all that there are where none is named.

    Raises:
        ConfigurationError: there is no such platform, or the workshop does not run on such a Python.
    """
    names, versions = list(platforms) or list(PLATFORMS), list(pythons) or list(PYTHONS)
    for wrong in sorted(set(names) - set(PLATFORMS)):
        raise ConfigurationError(f"no kit is for `{wrong}`; choose from: {', '.join(PLATFORMS)}")
    for wrong in sorted(set(versions) - set(PYTHONS)):
        raise ConfigurationError(f"no kit is for Python `{wrong}`; choose from: {', '.join(PYTHONS)}")
    return [KitTarget(name, version) for name in dict.fromkeys(names) for version in dict.fromkeys(versions)]
