"""What a program raises when a device's memory is used up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

__all__ = ["OutOfMemoryError", "new_array", "raise_device_error"]


class OutOfMemoryError(RuntimeError):
    """A device's memory does not hold what a program needs; ``torch.cuda.OutOfMemoryError`` is the same class.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.OutOfMemoryError.html

    Example::

        >>> import jaxlearn as torch
        >>> try:
        ...     raise torch.OutOfMemoryError("too large a batch")
        ... except torch.cuda.OutOfMemoryError:
        ...     print("a smaller one")
        a smaller one
    """


def new_array(sizes: Sequence[int], dtype: Any) -> np.ndarray[Any, Any]:
    """An array of zeros on the host.

    Raises:
        RuntimeError: there is no memory for it, or the number of its bytes does not fit 64 bits.
    """
    try:
        return np.zeros(sizes, dtype)
    except MemoryError:
        size = math.prod(sizes) * np.dtype(dtype).itemsize
        raise RuntimeError(
            f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {size} bytes."
        ) from None
    except ValueError:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(sizes)}") from None


def raise_device_error(error: Exception) -> NoReturn:
    """Raise XLA's error again, as :class:`OutOfMemoryError` where it tells that memory is used up."""
    text = str(error)
    if "RESOURCE_EXHAUSTED" in text or "Out of memory" in text:
        raise OutOfMemoryError(text) from error
    raise error
