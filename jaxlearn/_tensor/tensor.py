"""The Tensor class: the core with one mixin for each family of operations."""

from __future__ import annotations

from typing import Any

from .. import _dtypes as dtypes
from .._engine.value import concrete
from .._overrides.methods import own_methods
from ..ops.shape import alias
from .cell import cell_of
from .core import TensorBase, register_pytree
from .creation_value import host_value
from .devices import resolve_device
from .dispatch import TENSOR_TYPES
from .legacy_types import legacy_array
from .methods_conversion import ConversionMethods
from .methods_indexing import IndexingMethods
from .methods_linalg import LinalgMethods
from .methods_memory import MemoryMethods
from .methods_nn import NNMethods
from .methods_pointwise import PointwiseMethods
from .methods_python import PythonMethods
from .methods_random import RandomMethods
from .methods_reduction import ReductionMethods
from .methods_shape import ShapeMethods
from .methods_spectral import SpectralMethods
from .methods_subclass import as_class

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
    PythonMethods,
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

    def __new__(cls, *data: Any, device: Any = None) -> Any:
        if len(data) == 1 and type(data[0]) in TENSOR_TYPES:
            return as_class(cls, alias(data[0]))
        t = object.__new__(cls)
        array = legacy_array(data, dtypes.get_default_dtype())
        t._cell = cell_of(concrete(array) if device is None else host_value(array, resolve_device(device)))
        return t

    def __init__(self, *data: Any, **kwargs: Any) -> None:
        pass  # a subclass's own __new__ may take whatever it likes


own_methods(Tensor)
register_pytree(Tensor)
