"""Modules of a bundle, loaded side by side with those of other bundles in one interpreter.

A function's `import common.storage` means the file in its own zip, and another function's means another file.
Here each set of modules has an import of its own: what the bundle holds is executed anew for this set, what
has a stand-in is replaced by it, and everything else is the interpreter's.
"""

import builtins
import copy
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

__all__ = ["ModuleSpace"]

CONTAINERS = (dict, list, set, bytearray, Counter, OrderedDict, defaultdict, deque)


class ModuleSpace:
    """The modules of one execution environment; `sources` are compiled modules by dotted name.

    `mark` returns another value after a module has used what no other environment has: its variables, with
    its credentials, its time, or chance.
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
        self._loading = 0
        self._modules: dict[str, ModuleType] = {}
        # The modules' contents when all had been executed; nothing where they must be executed again.
        self._pristine: dict[str, dict[str, Any]] = {}
        self._packages = {
            name.rsplit(".", depth)[0] for name in sources for depth in range(1, name.count(".") + 1)
        }
        # Those of `site` close the standard input of this process.
        ends = {"exit": sys.exit, "quit": sys.exit}
        self._builtins = {**vars(builtins), **ends, "__import__": self._import}

    def restore(self) -> None:
        """Make every module what it was when it had just been executed, as in a fresh interpreter.

        Much cheaper than executing it again. Good for modules whose global values are constants, plain
        containers, or caches of functions, as those of the workshop's bundles are. Everything is executed
        again after a module has made a client, read a variable or the time, or drawn a number while it was
        executed, if it holds what cannot be copied, and if a module was loaded late, by a handler.
        """
        if self._modules.keys() != self._pristine.keys():
            self._modules.clear()
            self._pristine.clear()
            self._is_personal = False
        fresh = _copied(self._pristine)
        for name, module in self._modules.items():
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
            vars(module).clear()
            vars(module).update(fresh[name])

    def load(self, name: str) -> ModuleType:
        """Return a module of the bundle, executed the first time.

        Raises:
            ModuleNotFoundError: the bundle does not hold it.
            SyntaxError: it is no Python.
        """
        if name not in self._modules:
            self._loading += 1
            try:
                self._load(name)
            finally:
                self._loading -= 1
            if not self._loading:
                self._keep_pristine()
        return self._modules[name]

    def _load(self, name: str) -> None:
        source = self._sources.get(name) or self._sources.get(f"{name}.__init__")
        if source is None and name not in self._packages:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        module = self._modules[name] = ModuleType(name)
        vars(module)["__builtins__"] = self._builtins
        if name in self._packages:
            module.__path__ = []
        if source is not None:
            self._execute(source, module)
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(self.load(parent), last, module)

    def _keep_pristine(self) -> None:
        """Note what all modules hold together, once none is being loaded any more."""
        self._is_personal = self._is_personal or bool(self._pristine)
        self._pristine = {}
        if not self._is_personal:
            try:
                self._pristine = _copied({name: vars(module) for name, module in self._modules.items()})
            except Exception:  # noqa: BLE001 - whatever a value raises that will not be copied
                self._is_personal = True

    def _execute(self, source: CodeType | SyntaxError, module: ModuleType) -> None:
        before = self._mark()
        try:
            if isinstance(source, SyntaxError):
                # As if it had just been compiled: one error for all would keep every traceback.
                raise type(source)(*source.args)  # noqa: TRY301
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


def _copied(namespaces: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return copies of modules' contents; what two of them hold together, the copies do as well."""
    known: dict[int, Any] = {}
    return {
        module: {
            name: copy.deepcopy(value, known)
            if type(value) in CONTAINERS and name != "__builtins__"
            else value
            for name, value in namespace.items()
        }
        for module, namespace in namespaces.items()
    }
