"""Modules of a bundle, loaded side by side with those of other bundles in one interpreter.

A function's `import common.storage` means the file in its own zip, and another function's means another file.
Here each set of modules has an import of its own: what the bundle holds is executed anew for this set, what
has a stand-in is replaced by it, and everything else is the interpreter's.
"""

import builtins
import copy
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

__all__ = ["ModuleSpace"]

CONTAINERS = (dict, list, set)


class ModuleSpace:
    """The modules of one execution environment; `sources` are compiled modules by dotted name.

    `mark` returns another value after a module has used what no other environment has: its variables, with
    its credentials, or chance.
    """

    def __init__(
        self,
        sources: Mapping[str, CodeType | SyntaxError],
        stand_ins: Mapping[str, Any],
        mark: Callable[[], Any] = lambda: None,
    ) -> None:
        self._sources = sources
        self._stand_ins = stand_ins
        self._mark = mark
        self._is_personal = False
        self._modules: dict[str, ModuleType] = {}
        self._pristine: dict[str, dict[str, Any]] = {}
        self._packages = {
            name.rsplit(".", depth)[0] for name in sources for depth in range(1, name.count(".") + 1)
        }
        self._builtins = {**vars(builtins), "__import__": self._import}

    def restore(self) -> None:
        """Make every module what it was when it had just been executed, as in a fresh interpreter.

        Much cheaper than executing it again. Good for modules whose global values are constants, plain
        containers, or caches of functions, as those of the workshop's bundles are. What has made a client or
        read a variable while it was executed is executed again.
        """
        if self._is_personal:
            self._modules.clear()
            self._pristine.clear()
            self._is_personal = False
        for name, module in self._modules.items():
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
            vars(module).clear()
            vars(module).update(_copied(self._pristine[name]))

    def load(self, name: str) -> ModuleType:
        """Return a module of the bundle, executed the first time.

        Raises:
            ModuleNotFoundError: the bundle does not hold it.
            SyntaxError: it is no Python.
        """
        if name not in self._modules:
            source = self._sources.get(name) or self._sources.get(f"{name}.__init__")
            if source is None and name not in self._packages:
                raise ModuleNotFoundError(f"No module named '{name}'", name=name)
            module = self._modules[name] = ModuleType(name)
            vars(module)["__builtins__"] = self._builtins
            if name in self._packages:
                module.__path__ = []
            if source is not None:
                self._execute(source, module)
            self._pristine[name] = _copied(vars(module))
            parent, _, last = name.rpartition(".")
            if parent:
                setattr(self.load(parent), last, module)
        return self._modules[name]

    def _execute(self, source: CodeType | SyntaxError, module: ModuleType) -> None:
        before = self._mark()
        try:
            if isinstance(source, SyntaxError):
                raise source  # noqa: TRY301 # as if it had just been compiled
            exec(source, vars(module))  # noqa: S102 - this is what an import does
        except BaseException:
            # As for the interpreter, what could not be imported is not there, and may be tried again.
            del self._modules[module.__name__]
            raise
        finally:
            self._is_personal = self._is_personal or self._mark() != before

    def _import(
        self,
        name: str,
        namespace: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        root = name.partition(".")[0]
        if level == 0 and root in self._stand_ins:
            return self._stand_in(name, root, fromlist)
        if level or not self._holds(root):
            return builtins.__import__(name, namespace, local, fromlist or (), level)
        module = self.load(name)
        for wanted in fromlist or ():
            if not hasattr(module, wanted) and self._holds(f"{name}.{wanted}"):
                self.load(f"{name}.{wanted}")
        return module if fromlist else self.load(root)

    def _stand_in(self, name: str, root: str, fromlist: Sequence[str] | None) -> Any:
        """Return what `import a.b` or `from a.b import c` means where `a` has a stand-in."""
        real, found = builtins.__import__(name, fromlist=fromlist or ()), self._stand_ins[root]
        if not fromlist or name == root:
            return found
        for part in name.split(".")[1:]:
            found = getattr(found, part, None)
        return real if found is None else found

    def _holds(self, name: str) -> bool:
        return name in self._packages or name in self._sources


def _copied(namespace: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: copy.deepcopy(value) if type(value) in CONTAINERS and name != "__builtins__" else value
        for name, value in namespace.items()
    }
