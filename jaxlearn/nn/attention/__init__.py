"""How attention is computed; names as in ``torch.nn.attention``."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator
from typing import Any

from . import bias as bias

__all__ = ["SDPBackend", "bias", "sdpa_kernel"]


class SDPBackend(enum.Enum):
    """The kernels between which torch chooses for scaled dot product attention.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.SDPBackend.html
    """

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextlib.contextmanager
def sdpa_kernel(
    backends: list[SDPBackend] | SDPBackend, set_priority: bool = False
) -> Iterator[dict[str, Any]]:
    """A context that names the kernels wanted for scaled dot product attention.

    XLA compiles attention together with the step around it: there is one way to compute it, whichever kernel is named.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.sdpa_kernel.html

    Args:
        backends: one or several.
        set_priority: whether their order counts.

    Raises:
        AssertionError: ``backends`` is neither a backend nor a list.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.attention import SDPBackend, sdpa_kernel
        >>> x = torch.ones(1, 2, 4)
        >>> with sdpa_kernel(SDPBackend.MATH):
        ...     torch.nn.functional.scaled_dot_product_attention(x, x, x).shape
        torch.Size([1, 2, 4])
    """
    if not isinstance(backends, (list, SDPBackend)):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got "
            f"{type(backends).__name__}"
        )
    yield {}
