"""What an expression says, as values; attribute names are put in, values are not."""

from dataclasses import dataclass

__all__ = [
    "AddAction",
    "And",
    "Arithmetic",
    "Between",
    "BinaryComparison",
    "Condition",
    "DeleteAction",
    "FunctionCall",
    "Included",
    "Not",
    "Operand",
    "Or",
    "Path",
    "RemoveAction",
    "SetAction",
    "UpdateAction",
    "Value",
]


@dataclass(frozen=True, slots=True)
class Path:
    """A place in an item: an attribute's name, then names of map members and positions in lists."""

    parts: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"[{', '.join(f'[{part}]' if isinstance(part, int) else part for part in self.parts)}]"


@dataclass(frozen=True, slots=True)
class Value:
    """A placeholder of a value, with its colon."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function with its arguments."""

    function: str
    arguments: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum or a difference."""

    operator: str
    left: "Operand"
    right: "Operand"


Operand = Path | Value | FunctionCall | Arithmetic


@dataclass(frozen=True, slots=True)
class BinaryComparison:
    """`=`, `<>`, `<`, `<=`, `>` or `>=`."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """The operand lies between two bounds, or is one of them."""

    operand: Operand
    lower: Operand
    upper: Operand


@dataclass(frozen=True, slots=True)
class Included:
    """The operand is one of several."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """Both conditions hold."""

    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Or:
    """One of the conditions holds, or both do."""

    left: "Condition"
    right: "Condition"


Condition = BinaryComparison | Between | Included | FunctionCall | Not | And | Or


@dataclass(frozen=True, slots=True)
class SetAction:
    """Put a value at a path."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class RemoveAction:
    """Take away what is at a path."""

    path: Path


@dataclass(frozen=True, slots=True)
class AddAction:
    """Add to a number, or members to a set."""

    path: Path
    value: Value


@dataclass(frozen=True, slots=True)
class DeleteAction:
    """Take members out of a set."""

    path: Path
    value: Value


UpdateAction = SetAction | RemoveAction | AddAction | DeleteAction
