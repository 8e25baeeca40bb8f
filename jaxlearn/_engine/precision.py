"""How precisely accelerators multiply float32 matrices; torch's default, exact float32, is not JAX's."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import jax

from .device import default_device

__all__ = ["get_float32_matmul_precision", "matmul_precision", "set_float32_matmul_precision"]

# torch's names -> JAX's.
_NAMES = {"highest": "highest", "high": "high", "medium": "default"}
_current = "highest"


def matmul_precision() -> Any:
    """The scope in which programs are traced. The CPU multiplies float32 exactly whatever is asked for."""
    if default_device().type == "cpu":
        return contextlib.nullcontext()
    return jax.default_matmul_precision(_NAMES[_current])


def get_float32_matmul_precision() -> str:
    """The precision of float32 matrix products: ``"highest"``, ``"high"`` or ``"medium"``.

    https://docs.pytorch.org/docs/stable/generated/torch.get_float32_matmul_precision.html
    """
    return _current


def set_float32_matmul_precision(precision: str) -> None:
    """Choose how accelerators multiply float32 matrices.

    ``"highest"`` is float32 itself, ``"high"`` TensorFloat32 or three bfloat16 products, ``"medium"`` what is fastest.
    Programs compiled before keep theirs until :func:`jaxlearn.clear_cache`.

    https://docs.pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html

    Args:
        precision: one of the three; another warns and changes nothing.

    Example::

        >>> import jaxlearn as torch
        >>> torch.set_float32_matmul_precision("high")
        >>> torch.get_float32_matmul_precision()
        'high'
        >>> torch.set_float32_matmul_precision("highest")
    """
    global _current
    if precision not in _NAMES:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; float32 matmul precision is unchanged.",
            stacklevel=2,
        )
        return
    _current = precision
