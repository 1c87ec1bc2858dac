"""Expressions are parsed once, not for each call.

AWS evaluates a comparison of two different types as false, and accepts any white space between the tokens of
an expression. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html

moto parses each condition two or three times per call, walks the tree of an update expression ten times
through abstract classes, fails on a line break in a condition, and answers 500 when `#Version < :v` meets a
string or when a condition is malformed, such as `#Version < :v OR`.

Changed: trees are cached by their text and inspected without `abc`; values are substituted when a condition
is evaluated; a comparison that Python cannot make is false; a malformed condition is a ValidationException.
Everything else is accepted, refused and answered as before.
"""

import copy
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from moto.dynamodb import comparisons
from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.parsing.ast_nodes import (
    DepthFirstTraverser,
    Node,
    NodeDepthLeftTypeFetcher,
    UpdateExpressionValue,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import (
    ActionCountValidator,
    NoneExistingPathChecker,
    OverlappingPathsValidator,
    UpdateHashRangeKeyValidator,
    Validator,
)

from workshop.cloud.offline.overlay.correct import corrects

REMEMBERED = 512
COMPARISONS = ("OpLessThan", "OpGreaterThan", "OpLessThanOrEqual", "OpGreaterThanOrEqual", "FuncBetween")
# They check names and structure without looking at the item, so once per expression is enough.
OF_FORM = (ActionCountValidator, OverlappingPathsValidator, UpdateHashRangeKeyValidator)
# moto's lexer of conditions takes spaces only.
_WHITE_SPACE = str.maketrans("\t\r\n", "   ")
_MOTO_PARSE_CONDITION = ConditionExpressionParser.parse
_MOTO_MAKE_OPERAND = ConditionExpressionParser._make_operand
_MOTO_MAKE_UPDATE = UpdateExpressionParser.make.__func__


class _AnyValues(dict[str, Any]):
    """Stands in for the values while a tree is built, so that one tree serves all values."""

    def __missing__(self, name: str) -> dict[str, str]:
        return {"S": name}


@lru_cache(maxsize=REMEMBERED)
def _condition_tree(expression: str, names: tuple[tuple[str, str], ...]) -> tuple[Any, list[str], list[str]]:
    """Return the root of the parsed condition, the names it uses, and the value placeholders it uses."""
    parser = ConditionExpressionParser(expression, dict(names), _AnyValues())
    roots: list[Any] = []
    # moto's `parse` ends by turning the root into an operation; here the root itself is wanted.
    parser._make_op_condition = roots.append
    try:
        _MOTO_PARSE_CONDITION(parser)
    except (IndexError, ValueError) as error:
        raise MockValidationException(f"Invalid ConditionExpression: Syntax error; {error}") from error
    return roots[0], parser.expr_attr_names_found, parser.expr_attr_values_found


@corrects(ConditionExpressionParser, "parse")
def _parse_condition(self: Any) -> Any:
    if not self.condition_expression:
        return _MOTO_PARSE_CONDITION(self)
    expression = self.condition_expression.translate(_WHITE_SPACE)
    names = tuple((self.expression_attribute_names or {}).items())
    root, names_found, values_found = _condition_tree(expression, names)
    if not set(values_found) <= set(self.expression_attribute_values or ()):
        return _MOTO_PARSE_CONDITION(self)  # moto words the error about the missing value
    self.expr_attr_names_found.extend(names_found)
    self.expr_attr_values_found.extend(values_found)
    return self._make_op_condition(root)


@corrects(ConditionExpressionParser, "_make_operand")
def _make_operand(self: Any, node: Any) -> Any:
    if node.kind == self.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        return AttributeValue(self.expression_attribute_values[node.text])
    return _MOTO_MAKE_OPERAND(self, node)


@corrects(UpdateExpressionParser, "make", kind=classmethod)
@lru_cache(maxsize=REMEMBERED)
def _update_tree(parser: Any, expression: str) -> Any:
    tree = _MOTO_MAKE_UPDATE(parser, expression)
    # The validator gets copies of the tree, and these two go along: by them it knows what to skip.
    tree.text = expression
    tree.kinds = frozenset(map(type, NodeDepthLeftTypeFetcher(Node, tree)))
    return tree


@lru_cache(maxsize=REMEMBERED)
def _form_is_valid(_expression: str, _names: Any, _keys: Any) -> list[bool]:
    """Return a list that is empty until an expression with these names and keys was found well formed.

    A mutable value in the cache, since the answer is known only after the validators have run.
    """
    return []


@corrects(Validator, "validate")
def _validate(self: Any) -> Any:
    """Run the validators whose node types occur; those that check the form only, once per expression."""
    tree = self.node_to_validate
    kinds = tree.kinds
    names = tuple((self.expression_attribute_names or {}).items())
    well_formed = _form_is_valid(tree.text, names, tuple(self.table.table_key_attrs))
    for processor in self.processors:
        if well_formed and isinstance(processor, OF_FORM):
            continue
        if _concerns(processor, kinds):
            tree = processor.traverse(tree)
    if not well_formed:
        # Only when no processor has raised: a refused expression is judged again the next time.
        well_formed.append(True)
    return tree


_CONCERNS: dict[tuple[type, frozenset[type]], bool] = {}


def _concerns(processor: Any, kinds: frozenset[type]) -> bool:
    """Return whether a tree of these kinds of nodes has any that the processor works on."""
    key = (type(processor), kinds)
    if key not in _CONCERNS:
        wanted = processor.nodes_to_be_processed()
        if isinstance(processor, NoneExistingPathChecker):
            wanted = UpdateExpressionValue  # the only place where a path that does not exist can turn up
        _CONCERNS[key] = any(_is_a(kind, wanted) for kind in kinds)
    return _CONCERNS[key]


@corrects(Node, "__deepcopy__")
def _deep_copy_tree(self: Any, memo: dict[int, Any]) -> Any:
    """Copy a tree of nodes; the validator does so before it puts values into it."""
    clone = object.__new__(type(self))
    clone.__dict__.update(self.__dict__)
    # Parents are copied before their children, so only the root finds none.
    clone.parent = memo.get(id(self.parent))
    memo[id(self)] = clone
    if self.children is not None:
        clone.children = [copy.deepcopy(child, memo) for child in self.children]
    return clone


# Abstract classes are slow to answer whether another class derives from them.
_is_a: Callable[[Any, Any], bool] = cache(issubclass)


@corrects(DepthFirstTraverser, "traverse_node_recursively")
def _traverse(self: Any, node: Any, child_id: int = -1) -> Any:
    """Process nodes bottom up, as moto does, with cached class checks."""
    if not _is_a(type(node), Node):
        return node
    for position, child in enumerate(node.children or ()):
        self.pre_processing_of_child(node, position)
        self.traverse_node_recursively(child, position)
    if "kinds" not in self.__dict__:
        self.kinds = self.nodes_to_be_processed()
    if not _is_a(type(node), self.kinds):
        return node
    parent = node.parent
    result = self.process(node)
    result.parent = parent
    if parent is not None:
        parent.children[child_id] = result
    return result


def _false_if_incomparable(evaluate: Any) -> Any:
    def expr(self: Any, item: Any) -> Any:
        try:
            return evaluate(self, item)
        except TypeError:
            return False

    return expr


for _name in COMPARISONS:
    _compare = getattr(comparisons, _name)
    corrects(_compare, "expr")(_false_if_incomparable(_compare.expr))
