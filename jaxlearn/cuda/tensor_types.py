"""``torch.cuda.FloatTensor`` and its kind: tensors on a GPU, see :mod:`jaxlearn._tensor.legacy_types`."""

from __future__ import annotations

from .. import _dtypes as dtypes
from .._tensor.legacy_types import TensorType

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


class BFloat16Tensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.bfloat16`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.bfloat16


class BoolTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.bool`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.bool


class ByteTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.uint8`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.uint8


class CharTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.int8`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.int8


class DoubleTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.float64`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.float64


class FloatTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.float32`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.float32


class HalfTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.float16`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.float16


class IntTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.int32`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.int32


class LongTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.int64`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.int64


class ShortTensor(metaclass=TensorType, device="cuda"):
    """Tensors of ``torch.int16`` on a GPU."""

    __module__ = "torch.cuda"
    dtype = dtypes.int16
