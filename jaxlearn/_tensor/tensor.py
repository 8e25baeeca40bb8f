"""The Tensor class: the core with one mixin for each family of operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.value import concrete
from .cell import Cell
from .core import TensorBase, register_pytree
from .dispatch import TENSOR_TYPES
from .methods_conversion import ConversionMethods
from .methods_indexing import IndexingMethods
from .methods_linalg import LinalgMethods
from .methods_memory import MemoryMethods
from .methods_nn import NNMethods
from .methods_pointwise import PointwiseMethods
from .methods_random import RandomMethods
from .methods_reduction import ReductionMethods
from .methods_shape import ShapeMethods
from .methods_spectral import SpectralMethods

__all__ = ["Tensor"]


class Tensor(
    PointwiseMethods,
    ReductionMethods,
    LinalgMethods,
    NNMethods,
    ShapeMethods,
    MemoryMethods,
    IndexingMethods,
    ConversionMethods,
    RandomMethods,
    SpectralMethods,
    TensorBase,
):
    """An array of elements of one type, with a gradient if asked for.

    Calling the class makes a tensor of the default dtype, of given sizes (its elements zero) or of data;
    :func:`jaxlearn.tensor` is the function to use.
    https://docs.pytorch.org/docs/stable/tensors.html

    Args:
        data: sizes as integers, or a sequence, array or tensor of data.

    Example::

        >>> import jaxlearn as torch
        >>> torch.Tensor(2, 3).shape
        torch.Size([2, 3])
        >>> torch.Tensor([1, 2])
        tensor([1., 2.])
    """

    __module__ = "jaxlearn"  # where it is public: print(type(t))

    def __new__(cls, *data: Any) -> Any:
        t = object.__new__(cls)
        t._cell = Cell(concrete(_legacy(data)))
        return t

    def __init__(self, *data: Any) -> None:
        pass


def _legacy(data: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """The array that the constructor's arguments mean: sizes or data."""
    dtype = dtypes.get_default_dtype()._np
    if len(data) == 1 and not isinstance(data[0], (int, np.integer)):
        source = data[0]
        if type(source) in TENSOR_TYPES:
            source = source.detach().numpy(force=True)
        if isinstance(source, tuple) and hasattr(source, "numel"):  # a torch.Size
            return np.zeros(tuple(source), dtype)
        return np.array(source, dtype=dtype)
    return np.zeros(tuple(int(n) for n in data) if data else (0,), dtype)


register_pytree(Tensor)
