"""What torch says of a convolution whose operands and parameters do not fit, in its order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .linalg_rules import c_name
from .pointwise_rules import scalar_name

__all__ = [
    "check_bias_dtype",
    "check_convolution",
    "check_dtypes",
    "check_kernel",
    "check_places",
    "check_rank",
    "check_same",
    "expanded",
]

_FEW_DIMENSIONS = "weight should have at least three dimensions"
# The element types that torch leaves to oneDNN, which looks at them first.
_ONEDNN = {"Float", "Half", "BFloat16"}
# As many elements of one image are worth oneDNN's while.
_LARGE = 20480


def expanded(value: Any, n: int, name: str) -> tuple[int, ...]:
    """A convolution's parameter as ``n`` integers.

    Raises:
        RuntimeError: with torch's words.
    """
    values = (int(value),) * n if isinstance(value, (int, np.integer)) else tuple(int(v) for v in value)
    if len(values) == 1:
        values *= n
    if len(values) != n:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the convolution "
            f"dimensions, but got {name}={list(values)}"
        )
    return values


def _tuple(value: Any, n: int) -> tuple[int, ...]:
    return (int(value),) * n if isinstance(value, (int, np.integer)) else tuple(value)


def check_rank(name: str, n: int, input: Any) -> None:
    """Refuse an input that is neither a sample nor a batch.

    Raises:
        RuntimeError: with torch's words.
    """
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input.shape)}"
        )


def check_bias_dtype(input: Any, bias: Any) -> None:
    """Refuse a bias of another type than the input's.

    Raises:
        RuntimeError: with torch's words.
    """
    if bias is not None and bias.dtype != input.dtype:
        raise RuntimeError(f"Input type ({c_name(input)}) and bias type ({c_name(bias)}) should be the same")


def check_same(n: int, input: Any, weight: Any, stride: Any, dilation: Any) -> None:
    """What torch looks at first where the padding is to keep the sizes.

    Raises:
        RuntimeError: with torch's words.
    """
    if weight.ndim <= 2:
        raise RuntimeError(_FEW_DIMENSIONS)
    if weight.ndim != n + 2:
        sizes = list(input.shape) if input.ndim == n + 2 else [1, *input.shape]
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight{list(weight.shape)}, but "
            f"got {n + 2}-dimensional input of size {sizes} instead"
        )
    for name, values in (("stride", _tuple(stride, n)), ("dilation", _tuple(dilation, n))):
        if len(values) not in (1, n):
            raise RuntimeError(f"{name} cannot broadcast to {n} dimensions")
    if any(s != 1 for s in _tuple(stride, n)):
        raise RuntimeError("padding='same' is not supported for strided convolutions")


def check_convolution(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    output_padding: Any = None,
) -> tuple[tuple[int, ...], ...]:
    """torch's checks of a convolution's operands and parameters.

    Args:
        n: how many dimensions the windows have.
        input: a sample or a batch.
        weight: the kernels.
        bias: of the channels, or None.
        stride: step of the window.
        padding: on both sides.
        dilation: step within the window.
        groups: of the channels.
        output_padding: of a transposed convolution; None for one that is not.

    Returns:
        Stride, padding, dilation and the output's padding, an integer for each dimension.

    Raises:
        RuntimeError: with torch's words.
    """
    transpose = output_padding is not None
    if weight.ndim <= 2:
        raise RuntimeError(_FEW_DIMENSIONS)
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    dimensions = weight.ndim - 2
    names = ("stride", "padding", "dilation", "output_padding")
    given = [_tuple(v, n) for v in (stride, padding, dilation, output_padding if transpose else 0)]
    found = tuple(expanded(v, dimensions, name) for v, name in zip(given, names, strict=True))
    stride, padding, dilation, output_padding = found
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(output_padding) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) < 0:
        raise RuntimeError("dilation should be greater than zero")
    _check_sizes(n, input, weight, bias, groups, transpose)
    return found


def _check_sizes(n: int, input: Any, weight: Any, bias: Any, groups: int, transpose: bool) -> None:
    shape = list(weight.shape)
    sizes = list(input.shape) if input.ndim == n + 2 else [1, *input.shape]
    if weight.ndim != n + 2:
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight {shape}, but got "
            f"{n + 2}-dimensional input of size {sizes} instead"
        )
    if shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of "
            f"size {shape} instead"
        )
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight "
            f"of size [{shape}] instead"
        )
    if transpose:
        if sizes[1] != shape[0]:
            raise RuntimeError(
                f"Given transposed=1, weight of size {shape}, expected input{sizes} to have {shape[0]} channels, but "
                f"got {sizes[1]} channels instead"
            )
        outputs = shape[1] * groups
    else:
        outputs = shape[0]
        if sizes[1] != shape[1] * groups:
            raise RuntimeError(
                f"Given groups={groups}, weight of size {shape}, expected input{sizes} to have {shape[1] * groups} "
                f"channels, but got {sizes[1]} channels instead"
            )
    if bias is not None and (bias.ndim != 1 or bias.shape[0] != outputs):
        raise RuntimeError(
            f"Given{' transposed=1,' if transpose else ''} weight of size {shape}, expected bias to be 1-dimensional "
            f"with {outputs} elements, but got bias of size {list(bias.shape)} instead"
        )


def check_dtypes(n: int, input: Any, weight: Any, bias: Any, groups: int) -> None:
    """Refuse operands of several types.

    Raises:
        RuntimeError: with torch's words, which depend on whether oneDNN would have computed it.
    """
    kind = scalar_name(input)
    if input.dtype != weight.dtype:
        batch = input.shape[0] if input.ndim == n + 2 else 1
        large = batch > 1 or groups > 1 or math.prod(input.shape[:4]) > _LARGE
        large = large or (n > 1 and min(weight.shape[-2:]) > 3)
        if kind in _ONEDNN and (large or kind != "Float"):
            raise RuntimeError(
                f"Input type ({_type_name(kind)}) and weight type ({_type_name(scalar_name(weight))}) should be the "
                "same or input should be a MKLDNN tensor and weight is a dense tensor"
            )
        raise RuntimeError(f"expected scalar type {kind} but found {scalar_name(weight)}")
    if bias is not None and bias.dtype != input.dtype:
        raise RuntimeError(f"expected scalar type {kind} but found {scalar_name(bias)}")


def _type_name(kind: str) -> str:
    return "CPUBFloat16Type" if kind == "BFloat16" else f"torch.{kind}Tensor"


def check_kernel(kernel: Sequence[int]) -> None:
    """Refuse a kernel without elements.

    Raises:
        RuntimeError: with torch's words.
    """
    if 0 in kernel:
        height, width = (1, *kernel)[-2:]
        text = f" kernel_height: {height} kernel_width: {width}"
        if len(kernel) == 3:
            text = f": {' x '.join(map(str, kernel))} (TxHxW)"
        raise RuntimeError(f"kernel size should be greater than zero, but got{text}")


def check_places(x: Any) -> None:
    """Refuse sequences, images or volumes of no elements, unless there are none of them, or no channels.

    Raises:
        RuntimeError: with torch's words, which show sequences as images of one row.
    """
    if 0 in x.shape[2:] and 0 not in x.shape[:2]:
        shape = [*x.shape[:2], *((1,) if x.ndim == 3 else ()), *x.shape[2:]]
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {shape}"
        )
