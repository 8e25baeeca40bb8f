"""What a program raises when a device's memory is used up."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["OutOfMemoryError", "raise_device_error"]


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


def raise_device_error(error: Exception) -> NoReturn:
    """Raise XLA's error again, as :class:`OutOfMemoryError` where it tells that memory is used up."""
    text = str(error)
    if "RESOURCE_EXHAUSTED" in text or "Out of memory" in text:
        raise OutOfMemoryError(text) from error
    raise error
