"""Questions about objects and tensors that are answered without computing."""

from __future__ import annotations

from typing import Any

from .. import _dtypes as dtypes
from ..ops.comparison import all_equal, same_on_host
from ..ops.op import HOST_ELEMENTS, explained
from ..ops.pointwise_rules import check_tensors
from ..ops.promotion import result_dtype as promoted
from ..ops.shape import conj_view
from .dispatch import TENSOR_TYPES, host_array_of, plain

__all__ = [
    "equal",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_inference",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "numel",
    "result_type",
]


def _tensor(function: str, input: Any) -> Any:
    if type(input) not in TENSOR_TYPES:
        raise TypeError(
            f"{function}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    return input


@explained
def equal(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and elements.

    https://docs.pytorch.org/docs/stable/generated/torch.equal.html

    Args:
        input: a tensor.
        other: another.

    Returns:
        A Python ``bool``; the values are computed for it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
        True
    """
    if type(other) is not type(input):
        check_tensors("equal", other=other)
    if type(input) in TENSOR_TYPES and type(other) in TENSOR_TYPES:
        first, second = host_array_of(input), host_array_of(other)
        if first is not None and second is not None and first.dtype == second.dtype:
            if first.shape != second.shape:
                return False
            if first.size <= HOST_ELEMENTS:
                return same_on_host(first, second)
    return bool(input.shape == other.shape and all_equal(input, other))


def is_tensor(obj: Any, /) -> bool:
    """Whether the object is a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.is_tensor.html

    Args:
        obj: anything.
    """
    return type(obj) in TENSOR_TYPES


def is_floating_point(input: Any) -> bool:
    """Whether the elements are floating point numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.is_floating_point.html

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.
    """
    return bool(_tensor("is_floating_point", input).is_floating_point())


def is_complex(input: Any) -> bool:
    """Whether the elements are complex numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.is_complex.html

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.
    """
    return bool(_tensor("is_complex", input).is_complex())


def is_signed(input: Any) -> bool:
    """Whether the elements' type has negative numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_signed.html

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.
    """
    return bool(_tensor("is_signed", input).dtype.is_signed)


def is_conj(input: Any) -> bool:
    """Whether the tensor is a view of the conjugates of the numbers in memory.

    https://docs.pytorch.org/docs/stable/generated/torch.is_conj.html

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.
    """
    _tensor("is_conj", input)
    view = input._view
    return view is not None and sum(op is conj_view.op for op, _ in view.steps) % 2 == 1


def is_neg(input: Any) -> bool:
    """Whether a negation is still to be done: never, as it is done at once here.

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.
    """
    _tensor("is_neg", input)
    return False


def is_inference(input: Any) -> bool:
    """Whether the tensor was made in inference mode.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_inference.html

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.
    """
    return bool(_tensor("is_inference", input).is_inference())


def is_nonzero(input: Any) -> bool:
    """Whether the only element is not zero.

    https://docs.pytorch.org/docs/stable/generated/torch.is_nonzero.html

    Args:
        input: a tensor of one element.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: it has none or several elements.
    """
    return bool(_tensor("is_nonzero", input))


def is_same_size(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape.

    Args:
        input: a tensor.
        other: another.

    Raises:
        TypeError: one of them is no tensor.
    """
    return bool(_tensor("is_same_size", input).shape == _tensor("is_same_size", other).shape)


def numel(input: Any) -> int:
    """The number of elements.

    https://docs.pytorch.org/docs/stable/generated/torch.numel.html

    Args:
        input: a tensor.

    Raises:
        TypeError: it is none.

    Example::

        >>> import jaxlearn as torch
        >>> torch.numel(torch.zeros(2, 3))
        6
    """
    return int(_tensor("numel", input).numel())


@explained
def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype of an arithmetic operation's result on these operands.

    https://docs.pytorch.org/docs/stable/generated/torch.result_type.html

    Args:
        tensor1: a tensor or number.
        tensor2: a tensor or number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.result_type(torch.tensor([1, 2]), 1.0)
        torch.float32
    """
    operands = [
        x._current().aval.struct if type(x) in TENSOR_TYPES else plain(x, True) for x in (tensor1, tensor2)
    ]
    return dtypes.from_numpy_dtype(promoted(*operands))
