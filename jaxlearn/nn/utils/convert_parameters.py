"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp

from ..._tensor.dispatch import TENSOR_TYPES
from ..._tensor.typename import typename
from ...ops.op import op

__all__ = ["parameters_to_vector", "vector_to_parameters"]


@op(name="parameters_to_vector", grad_name="CatBackward0")
def _joined(tensors: Any) -> Any:
    """The elements of all tensors, one after the other."""
    return jnp.concatenate([t.reshape(-1) for t in tensors])


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """The elements of all parameters in one vector.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html

    Args:
        parameters: tensors, all on one device.

    Returns:
        A tensor of one dimension.

    Raises:
        ValueError: there are none.
    """
    tensors = list(parameters)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    return _joined(tensors)


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give the parameters the elements of a vector.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html

    Args:
        vec: a tensor of one dimension, as :func:`parameters_to_vector` gives it.
        parameters: tensors, all on one device.

    Raises:
        TypeError: ``vec`` is no tensor.
    """
    if type(vec) not in TENSOR_TYPES:
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vec[start : start + count].view(parameter.shape).data
        start += count
