"""The type of ``__version__``: a string that compares as a version."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

__all__ = ["TorchVersion"]


class TorchVersion(str):
    """A version as text, ordered by :pep:`440`: ``"2.9"`` comes before ``"2.13"``.

    Compared with a string, a tuple or list of numbers, or a ``packaging.version.Version``; with a string that is no
    version, as strings are.

    Example::

        >>> import jaxlearn as torch
        >>> torch.__version__ >= "2.9", torch.__version__ >= (1, 8)
        (True, True)
        >>> torch.__version__.split(".")[:2]
        ['2', '13']
    """

    def _compared(self, other: Any, relation: Callable[[Any, Any], bool]) -> Any:
        from packaging.version import InvalidVersion, Version

        if isinstance(other, (tuple, list)):
            other = ".".join(map(str, other))
        elif not isinstance(other, (str, Version)):
            return NotImplemented
        try:
            return relation(Version(self), Version(str(other)))
        except InvalidVersion:
            return relation(str(self), str(other))

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compared(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, operator.ge)

    def __eq__(self, other: object) -> Any:
        return self._compared(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compared(other, operator.ne)

    __hash__ = str.__hash__
