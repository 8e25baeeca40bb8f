"""``torch.backends.cudnn``: settable, without effect (see :mod:`jaxlearn.backends`)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = [
    "allow_tf32",
    "benchmark",
    "benchmark_limit",
    "deterministic",
    "enabled",
    "flags",
    "is_acceptable",
    "is_available",
    "set_flags",
    "version",
]

benchmark: bool = False
benchmark_limit: int | None = None
deterministic: bool = False
enabled: bool = True
allow_tf32: bool = True
fp32_precision: str = "none"
depthwise_kernel: str = "auto"


def is_available() -> bool:
    """Whether cuDNN is used by the program itself: XLA decides, so False."""
    return False


def version() -> None:
    """No cuDNN of its own: None, as in a CPU build of torch."""


def is_acceptable(tensor: Any) -> bool:
    """Whether cuDNN would take a tensor: False, see :func:`is_available`.

    Args:
        tensor: the tensor.
    """
    return False


def set_flags(
    _enabled: bool | None = None,
    _benchmark: bool | None = None,
    _benchmark_limit: int | None = None,
    _deterministic: bool | None = None,
    _allow_tf32: bool | None = None,
    _fp32_precision: str | None = "none",
    _depthwise_kernel: str | None = None,
) -> tuple[Any, ...]:
    """Set several of the switches; returns what they were.

    Args:
        _enabled: and the others: the switch of that name; None leaves it.
    """
    global allow_tf32, benchmark, benchmark_limit, depthwise_kernel, deterministic, enabled, fp32_precision
    before = (
        enabled, benchmark, benchmark_limit, deterministic, allow_tf32, fp32_precision, depthwise_kernel
    )  # fmt: skip
    enabled = enabled if _enabled is None else _enabled
    benchmark = benchmark if _benchmark is None else _benchmark
    benchmark_limit = benchmark_limit if _benchmark_limit is None else _benchmark_limit
    deterministic = deterministic if _deterministic is None else _deterministic
    allow_tf32 = allow_tf32 if _allow_tf32 is None else _allow_tf32
    fp32_precision = fp32_precision if _fp32_precision is None else _fp32_precision
    depthwise_kernel = depthwise_kernel if _depthwise_kernel is None else _depthwise_kernel
    return before


@contextlib.contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
    fp32_precision: str = "none",
    depthwise_kernel: str = "auto",
) -> Iterator[None]:
    """Context in which the switches are these.

    Args:
        enabled: and the others: the switch of that name.
        benchmark: see above.
        benchmark_limit: see above.
        deterministic: see above.
        allow_tf32: see above.
        fp32_precision: see above.
        depthwise_kernel: see above.

    Example::

        >>> import jaxlearn as torch
        >>> before = torch.backends.cudnn.deterministic
        >>> with torch.backends.cudnn.flags(enabled=True, deterministic=True):
        ...     print(torch.backends.cudnn.deterministic)
        True
        >>> torch.backends.cudnn.deterministic == before
        True
    """
    before = set_flags(
        enabled, benchmark, benchmark_limit, deterministic, allow_tf32, fp32_precision, depthwise_kernel
    )
    try:
        yield
    finally:
        _restore(before)


def _restore(before: tuple[Any, ...]) -> None:
    global benchmark_limit
    set_flags(*before)
    benchmark_limit = before[2]
