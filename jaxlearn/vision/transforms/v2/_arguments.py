"""Arguments of the transforms: sizes, angles, ranges, fill values."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from jaxlearn.vision.transforms._image import pair

SIZE_MESSAGE = "Please provide only two dimensions (h, w) for size."


def size_of(size: Any, message: str = SIZE_MESSAGE) -> Any:
    """Height and width of a size given as one number or two."""
    return pair(size, message)


def check_sequence(value: Any, name: str, lengths: tuple[int, ...] = (2,)) -> Any:
    """A sequence of one of some lengths.

    Raises:
        TypeError: it is none.
        ValueError: it has another length.
    """
    wanted = str(lengths[0]) if len(lengths) < 2 else " or ".join(map(str, lengths))
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be a sequence of length {wanted}.")
    if len(value) not in lengths:
        raise ValueError(f"{name} should be a sequence of length {wanted}.")
    return value


def angles_of(value: Any, name: str, lengths: tuple[int, ...] = (2,)) -> list[float]:
    """Bounds of angles, of one number those of plus and minus."""
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be positive.")
        value = [-value, value]  # type: ignore[operator]
    else:
        check_sequence(value, name, lengths)
    return [float(v) for v in value]


def two_numbers(value: Any, name: str) -> list[float]:
    """Two floats, of one number the same twice."""
    if not isinstance(value, (int, float, Sequence)):
        raise TypeError(f"{name} should be a number or a sequence of numbers. Got {type(value)}")
    given = list(value) if isinstance(value, Sequence) else [value]
    if len(given) not in (1, 2):
        raise ValueError(f"If {name} is a sequence its length should be 1 or 2. Got {len(given)}")
    for element in given:
        if not isinstance(element, (int, float)):
            raise ValueError(f"{name} should be a sequence of numbers. Got {type(element)}")
    return [float(v) for v in (given * 2)[:2]]


class Fill:
    """Fill values: one for all kinds of inputs, or one for each class of a dictionary.

    Args:
        fill: a number, one per channel, None, or the dictionary; its key ``"others"`` stands for all other classes.

    Raises:
        TypeError: a value is something else.
    """

    def __init__(self, fill: Any) -> None:
        given = fill if isinstance(fill, dict) else {"others": fill}
        for value in given.values():
            if value is not None and not isinstance(value, (numbers.Number, tuple, list)):
                raise TypeError(
                    "Got inappropriate fill arg, only Numbers, tuples, lists and dicts are allowed."
                )
        self._of = {
            kind: [float(v) for v in value] if isinstance(value, (tuple, list)) else value
            for kind, value in given.items()
        }

    def of(self, inpt: Any) -> Any:
        """The value for an input.

        Args:
            inpt: the input.
        """
        kind = type(inpt)
        return self._of[kind] if kind in self._of else self._of.get("others")


def check_padding(padding: Any) -> None:
    """Refuse what are no borders.

    Raises:
        ValueError: they are none.
    """
    sides = padding if isinstance(padding, (tuple, list)) else (padding,)
    if len(sides) not in (1, 2, 4) or not all(isinstance(side, int) for side in sides):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element of tuple or list, got {padding}.")
