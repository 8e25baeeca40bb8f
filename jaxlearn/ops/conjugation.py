"""Conjugates of complex numbers written out; :func:`jaxlearn.conj` shows them as a view."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .op import op

__all__ = ["conj_physical"]


def _host(input: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.conj(input) if input.dtype.kind == "c" else input.copy()


@op(host=_host)
def conj_physical(input: Any) -> Any:
    """The conjugates of complex numbers, in memory of their own.

    https://docs.pytorch.org/docs/stable/generated/torch.conj_physical.html

    Args:
        input: the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.conj_physical(torch.tensor([1 + 2j]))
        tensor([1.-2.j])
    """
    return jnp.conj(input)
