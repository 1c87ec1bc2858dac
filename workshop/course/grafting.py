"""Replaces one function of a Python file by another version, with the imports and helpers that it needs.

Works on source text: everything that the function does not use stays as it is, line for line.
"""

import ast
import builtins
from collections.abc import Iterator

__all__ = ["function_text", "graft"]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Named = FunctionNode | ast.ClassDef | ast.Assign | ast.AnnAssign


def function_text(text: str, name: str) -> str:
    """Return the source of a top-level function with its decorators.

    Raises:
        LookupError: there is no such function.
        SyntaxError: the text is not Python.
    """
    node = _definitions(ast.parse(text)).get(name)
    if not isinstance(node, FunctionNode):
        raise LookupError(name)  # noqa: TRY004 - no function has this name
    return _source(text, node)


def graft(text: str, name: str, *, donor: str, like: str | None = None) -> str:
    """Return `text` with the function of a name taken from `donor`.

    Imports, constants and functions that it uses come with it where they are missing. Those that are there
    are replaced only if `donor` has others than `like`, the text that a learner began with.

    Raises:
        LookupError: `donor` has no such function.
        SyntaxError: one of the texts is not Python.
    """
    function_text(donor, name)
    for each in _needed(text, name, donor=donor, like=donor if like is None else like):
        text = _put(text, each, _source(donor, _definitions(ast.parse(donor))[each]), before=name)
    return _with_imports(text, name, donor)


def _needed(text: str, name: str, *, donor: str, like: str) -> list[str]:
    """Return the names to take over, each after the names that it uses."""
    offered, there = _definitions(ast.parse(donor)), _definitions(ast.parse(text))
    known = _definitions(ast.parse(like))
    order: list[str] = []

    def visit(each: str) -> None:
        if each in order or each not in offered:
            return
        is_new = each not in there or each not in known
        if not is_new and each != name and _source(donor, offered[each]) == _source(like, known[each]):
            return
        for used in _names_in(offered[each]):
            if used != each:
                visit(used)
        if each not in order:
            order.append(each)

    visit(name)
    return order


def _put(text: str, name: str, source: str, *, before: str) -> str:
    """Replace a definition, or add it in front of another one, at the end if that is not there either."""
    there = _definitions(ast.parse(text))
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if name in there:
        first, last = _lines_of(there[name])
        return "".join([*lines[: first - 1], source, *lines[last:]])
    gap = "\n\n" if source.startswith(("def ", "async ", "class ", "@")) else "\n"
    if before not in there:
        return "".join([*lines, gap, source])
    first, _ = _lines_of(there[before])
    return "".join([*lines[: first - 1], source, gap, *lines[first - 1 :]])


def _with_imports(text: str, name: str, donor: str) -> str:
    """Add the imports of `donor` for names that the function and what came with it use."""
    tree = ast.parse(text)
    definitions = _definitions(tree)
    bound = {*definitions, *(bound for _, bound in _imports(tree)), *dir(builtins)}
    reached, wanted = {name}, [name]
    while wanted:
        for used in _names_in(definitions[wanted.pop()]):
            if used in definitions and used not in reached:
                reached.add(used)
                wanted.append(used)
    names = {each for place in reached for each in _names_in(definitions[place])} - bound
    missing = [line for line, each in _imports(ast.parse(donor)) if each in names]
    if not missing:
        return text
    lines = text.splitlines(keepends=True)
    at = max(
        (node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)),
        default=0,
    )
    if not at and tree.body and ast.get_docstring(tree) is not None:
        at = tree.body[0].end_lineno or 0
    return "".join([*lines[:at], *(f"{line}\n" for line in dict.fromkeys(missing)), *lines[at:]])


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield a line and the name that it binds, for each name that is imported."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                one = (
                    ast.Import([alias])
                    if isinstance(node, ast.Import)
                    else ast.ImportFrom(node.module, [alias], 0)
                )
                yield (
                    ast.unparse(ast.fix_missing_locations(one)),
                    alias.asname or alias.name.partition(".")[0],
                )


def _definitions(tree: ast.Module) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found[node.name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
    return found


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _lines_of(node: Named) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)]), node.end_lineno or node.lineno


def _source(text: str, node: Named) -> str:
    first, last = _lines_of(node)
    source = "".join(text.splitlines(keepends=True)[first - 1 : last])
    return source if source.endswith("\n") else f"{source}\n"
