"""What a change of StateTable adds to totals that are being rebuilt beside the ones in use.

`workshop reconcile --rebuild` begins a generation and marks ("touches") each item that is not in it; items
that are written from then on are in it as well. MapLambda sums what is in the generation a second time: an
image outside of it counts as absent there. Once every touch is summed, the two sums of a total differ by its
error, and by the same amount at any later time. No AWS, no time, no environment.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from common.aggregation import Change, Delta, Rebuilt, change_between
from common.trades import Trade

__all__ = ["rebuilding_change"]

Image = Mapping[str, Any] | None
NOTHING = Decimal(0)


def rebuilding_change(
    old_image: Image, new_image: Image, *, old: Trade | None, new: Trade | None, generation: int
) -> Change:
    """Return what a change does to the totals, and beside them to those of the generation."""
    plain = change_between(old, new)
    was_inside, is_inside = (_is_inside(image, generation) for image in (old_image, new_image))
    deltas = list(plain.deltas)
    if old and was_inside:
        deltas.append((old.path, Delta(NOTHING, 0, -Rebuilt(old.value, old.count))))
    if new and is_inside:
        deltas.append((new.path, Delta(NOTHING, 0, Rebuilt(new.value, new.count))))
    is_touch = is_inside and not was_inside and _content(old_image) == _content(new_image)
    if new and is_touch:
        deltas.append((new.path, Delta(NOTHING, 0, Rebuilt(NOTHING, 0, touches=1))))
    if new and not is_inside and (old is None or was_inside):
        deltas.append((new.path, Delta(NOTHING, 0, Rebuilt(NOTHING, 0, strays=1))))
    return Change(tuple(deltas), None if is_touch else plain.timestamp, is_touch)


def _is_inside(image: Image, generation: int) -> bool:
    return image is not None and image.get("Generation") == {"N": str(generation)}


def _content(image: Image) -> dict[str, Any] | None:
    return {name: image[name] for name in image if name != "Generation"} if image is not None else None
