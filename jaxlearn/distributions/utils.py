"""What distributions share: ``torch.distributions.utils``."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._autograd.modes import enable_grad
from .._dtypes import finfo, get_default_dtype
from .._engine.recorder import recorder
from .._tensor.core import TensorBase
from .._tensor.creation_data import tensor
from .._tensor.random import randn
from ..ops.joining import broadcast_tensors
from ..ops.nn_softmax import softmax
from ..ops.pointwise_exp import sigmoid

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

#: The Euler–Mascheroni constant.
euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors and numbers as tensors of one shape.

    Args:
        values: tensors, which broadcast; numbers get the type of the first tensor, the default dtype if there is none.

    Raises:
        ValueError: a value is neither.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.distributions.utils import broadcast_all
        >>> broadcast_all(torch.ones(2), 3)
        (tensor([1., 1.]), tensor([3., 3.]))
    """
    tensors = [v for v in values if isinstance(v, TensorBase)]
    if not all(isinstance(v, (TensorBase, int, float)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing "
            "__torch_function__."
        )
    if len(tensors) < len(values):
        like: Any = {"dtype": get_default_dtype()}
        if tensors:
            like = {"dtype": tensors[0].dtype, "device": tensors[0].device}
        values = tuple([v if isinstance(v, TensorBase) else tensor(v, **like) for v in values])
    return tuple(broadcast_tensors(*values))


def _standard_normal(shape: Sequence[int], dtype: Any, device: Any) -> Any:
    """Normal numbers of mean 0 and variance 1."""
    return randn(tuple(shape), dtype=dtype, device=device)


def _sum_rightmost(value: Any, dim: int) -> Any:
    """The sum over the last ``dim`` dimensions."""
    if dim == 0:
        return value
    return value.reshape(tuple(value.shape[:-dim]) + (-1,)).sum(-1)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """Probabilities of logits.

    Args:
        logits: log odds, or, along the last dimension, logarithms of probabilities up to a constant.
        is_binary: they are log odds.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.distributions.utils import logits_to_probs
        >>> logits_to_probs(torch.zeros(2))
        tensor([0.5000, 0.5000])
    """
    return sigmoid(logits) if is_binary else softmax(logits, dim=-1)


def clamp_probs(probs: Any) -> Any:
    """Probabilities at least the dtype's ``eps`` away from 0 and 1.

    Args:
        probs: the probabilities.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.distributions.utils import clamp_probs
        >>> clamp_probs(torch.tensor([0.0, 0.5]))
        tensor([1.1921e-07, 5.0000e-01])
    """
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """Logits of probabilities, which are moved away from 0 and 1 a little.

    Args:
        probs: the probabilities.
        is_binary: give log odds, else logarithms.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.distributions.utils import probs_to_logits
        >>> probs_to_logits(torch.tensor([0.5]), is_binary=True)
        tensor([0.])
    """
    probs = clamp_probs(probs)
    return probs.log() - (-probs).log1p() if is_binary else probs.log()


class lazy_property:
    """A property computed when it is first asked for, and an ordinary attribute from then on.

    Args:
        wrapped: the method that computes it; it does so with gradients on.
    """

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        functools.update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __get__(self, instance: Any, obj_type: Any = None) -> Any:
        if instance is None:
            return _lazy_property_and_property(self.wrapped)
        with enable_grad():
            value = self.wrapped(instance)
        # What a compiled function makes is not for objects that outlive the call.
        if recorder.capture is None:
            setattr(instance, self.wrapped.__name__, value)
        return value


class _lazy_property_and_property(lazy_property, property):
    """What a lazy property is on its class: also a property, to those who look for one."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        property.__init__(self, wrapped)


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The lower triangles of matrices, row by row.

    Args:
        mat: (..., n, n).
        diag: the highest diagonal that is taken, 0 for the main one.

    Raises:
        ValueError: there is no such diagonal.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.distributions.utils import tril_matrix_to_vec
        >>> tril_matrix_to_vec(torch.tensor([[1, 0], [2, 3]]))
        tensor([1, 2, 3])
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows, columns = np.tril_indices(n, diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """Lower triangular matrices of their elements, row by row.

    Args:
        vec: (..., number of elements).
        diag: the highest diagonal that is filled, 0 for the main one.

    Raises:
        ValueError: no square matrix has so many.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.distributions.utils import vec_to_tril_matrix
        >>> vec_to_tril_matrix(torch.tensor([1.0, 2.0, 3.0]))
        tensor([[1., 0.],
                [2., 3.]])
    """
    # The positive root of n**2 + (1 + 2 * diag) * n - |diag| * (diag + 1) - 2 * size = 0.
    size, b = vec.shape[-1], 1 + 2 * diag
    root = (math.sqrt(b**2 + 8 * size + 4 * abs(diag) * (diag + 1)) - b) / 2
    n = round(root)
    if n - root > finfo(vec.dtype).eps:
        raise ValueError(
            f"The size of last dimension is {size} which cannot be expressed as the lower triangular part of a square "
            "D x D matrix."
        )
    rows, columns = np.tril_indices(n, diag)
    matrix = vec.new_zeros((*vec.shape[:-1], n, n))
    matrix[..., rows, columns] = vec
    return matrix
