"""How tensors are printed: precision, summary and line width."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

__all__ = ["OPTIONS", "get_printoptions", "printoptions", "set_printoptions"]


@dataclasses.dataclass
class _PrintOptions:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


OPTIONS: Final = _PrintOptions()

# precision, threshold, edgeitems, linewidth
_PROFILES: Final[dict[str | None, tuple[int, float, int, int]]] = {
    "default": (4, 1000, 3, 80),
    "short": (2, 1000, 2, 80),
    "full": (4, math.inf, 3, 80),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: Literal["default", "short", "full"] | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed; what is left out stays, except ``sci_mode``, which becomes automatic again.

    See https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html

    Args:
        precision: digits after the decimal point (4 at the start).
        threshold: the most elements that are all printed (1000); a larger tensor is summarised.
        edgeitems: items printed at each end of a summarised dimension (3).
        linewidth: characters per line (80).
        profile: "default", "short" (2 digits, 2 edge items) or "full" (never summarise), applied first.
        sci_mode: True for scientific notation, False for none, None to choose by the values.

    Example::

        >>> set_printoptions(precision=2)
        >>> get_printoptions()["precision"]
        2
        >>> set_printoptions(profile="default")
    """
    if profile in _PROFILES:
        OPTIONS.precision, OPTIONS.threshold, OPTIONS.edgeitems, OPTIONS.linewidth = _PROFILES[profile]
    if precision is not None:
        OPTIONS.precision = precision
    if threshold is not None:
        OPTIONS.threshold = threshold
    if edgeitems is not None:
        OPTIONS.edgeitems = edgeitems
    if linewidth is not None:
        OPTIONS.linewidth = linewidth
    OPTIONS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The present print options, as keyword arguments for :func:`set_printoptions`.

    Example::

        >>> get_printoptions()
        {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dataclasses.asdict(OPTIONS)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Change the print options inside a ``with`` block.

    Args:
        options: those of :func:`set_printoptions`.

    Example::

        >>> with printoptions(precision=2):
        ...     get_printoptions()["precision"]
        2
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)
