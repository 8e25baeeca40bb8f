"""Padding: with a constant, mirrored, with the border's values, or around."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .host import direct_constant_pad
from .op import op
from .promotion import cast

__all__ = ["pad"]

# What is said of an input that negative padding leaves nothing of.
_TOO_SMALL = (
    "input (W: {}) is too small. Calculated output W: {}",
    "input (H: {}, W: {}{end}) is too small. Calculated output H: {} W: {}",
    "input (D: {} H: {}, W: {}) is too small. Calculated output D: {} H: {} W: {}",
)
_KERNELS = {"reflect": "reflection", "replicate": "replication"}
_JAX_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}

_SUPPORTED = """Supported combinations for non-constant padding:
  - 2D or 3D input: padding size = 2 (pads last dimension)
  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)
  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"""


def _check(x: Any, padding: tuple[int, ...], mode: str, value: float | None) -> None:
    if len(padding) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(padding) > 2 * x.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(padding)} and input of dimension {x.ndim}"
        )
    if mode == "constant":
        return
    if value not in (None, 0):
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _JAX_MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    n = len(padding) // 2
    if n > 3 or x.ndim not in (n + 1, n + 2):
        raise NotImplementedError(
            f"Padding size {len(padding)} is not supported for {x.ndim}D input tensor.\n{_SUPPORTED}"
        )
    if mode in _KERNELS and x.dtype == np.bool_:
        raise NotImplementedError(f"\"{_KERNELS[mode]}_pad{n}d\" not implemented for 'Bool'")
    if mode != "circular" and 0 in x.shape[x.ndim - n - 1 :]:
        raise RuntimeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(x.shape)}"
        )
    out = [x.shape[-1 - axis] + padding[2 * axis] + padding[2 * axis + 1] for axis in range(n)][::-1]
    if mode in _KERNELS and max(out) < 1:
        raise RuntimeError(
            _TOO_SMALL[n - 1].format(*x.shape[-n:], *out, end=" " if mode == "replicate" else "")
        )
    if mode in _KERNELS and min(out) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(out)}: {[*x.shape[: x.ndim - n], *out]}"
        )
    for axis in range(n):
        low, high = padding[2 * axis : 2 * axis + 2]
        dim = x.ndim - 1 - axis
        size = x.shape[dim]
        if mode == "reflect" and max(low, high) >= size:
            raise RuntimeError(
                f"Argument #{4 + 2 * axis}: Padding size should be less than the corresponding input dimension, but "
                f"got: padding ({low}, {high}) at dimension {dim} of input {list(x.shape)}"
            )
        if mode == "circular" and max(low, high) > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")


def _name(input: Any, pad: tuple[int, ...], mode: str = "constant", value: Any = None) -> str:
    n = len(pad) // 2
    return {
        "reflect": f"ReflectionPad{n}DBackward0",
        "replicate": f"ReplicationPad{n}DBackward0",
        "circular": "torch::autograd::CopySlices",
    }.get(mode, "ConstantPadNdBackward0")


def _keeps(input: Any, pad: tuple[int, ...], mode: str, value: Any) -> tuple[str, ...]:
    return ("input",) if mode in ("reflect", "replicate") else ()


@op(grad_name=_name, keeps=_keeps, direct=direct_constant_pad)
def pad(input: Any, pad: tuple[int, ...], mode: str = "constant", value: float | None = None) -> Any:
    r"""The input with elements added before and after, last dimension first; negative numbers cut off.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html

    Args:
        input: tensor; for the modes other than ``"constant"`` (N, C, *) or (C, *).
        pad: pairs (before, after) for the last dimension, the last but one, ...
        mode: ``"constant"``, ``"reflect"`` (mirrored without the border), ``"replicate"`` or ``"circular"``.
        value: the constant. Default: 0.

    Returns:
        The padded tensor.

    Raises:
        RuntimeError: the padding does not fit the input.
        NotImplementedError: the mode is unknown or not defined for this number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.pad(torch.tensor([1.0, 2.0]), (1, 2))
        tensor([0., 1., 2., 0., 0.])
        >>> torch.nn.functional.pad(torch.tensor([[1.0, 2.0, 3.0]]), (2, 0), mode="reflect")
        tensor([[3., 2., 1., 2., 3.]])
    """
    if not isinstance(mode, str):
        raise TypeError(f"pad(): argument 'mode' (position 3) must be str, not {type(mode).__name__}")
    _check(input, pad, mode, value)
    pairs = [(0, 0)] * input.ndim
    for axis in range(len(pad) // 2):
        pairs[input.ndim - 1 - axis] = (pad[2 * axis], pad[2 * axis + 1])
    if mode == "constant":
        for size, (low, high) in zip(input.shape, pairs, strict=True):
            if size + low + high < 0 or size + min(low, 0) < 0:
                raise RuntimeError("narrow(): length must be non-negative.")
        fill = cast(0 if value is None else value, input.dtype)
        return lax.pad(input, fill, [(low, high, 0) for low, high in pairs])
    if mode == "circular":
        # What is cut off does not come around.
        kept = tuple(
            slice(max(-low, 0), size - max(-high, 0))
            for size, (low, high) in zip(input.shape, pairs, strict=True)
        )
        return jnp.pad(input[kept], [(max(low, 0), max(high, 0)) for low, high in pairs], mode="wrap")
    grown = jnp.pad(input, [(max(low, 0), max(high, 0)) for low, high in pairs], mode=_JAX_MODES[mode])
    cut = [
        slice(max(-low, 0), size - max(-high, 0))
        for size, (low, high) in zip(grown.shape, pairs, strict=True)
    ]
    return grown[tuple(cut)]
