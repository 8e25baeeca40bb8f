"""Functions that make tensors of frequencies and of window functions, rounded at each step as torch does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from ..ops.op import explained
from .argument_kinds import integer, number, truth
from .creation_value import finish, float_dtype, host_value
from .devices import resolve_device

__all__ = [
    "bartlett_window",
    "blackman_window",
    "fftfreq",
    "hamming_window",
    "hann_window",
    "kaiser_window",
    "rfftfreq",
]


def _length(function: str, name: str, n: Any) -> int:
    return integer(function, name, n, 1)


def _frequencies(
    function: str, n: Any, d: float, places: Any, dtype: Any, device: Any, requires_grad: bool, out: Any
) -> Any:
    wanted = float_dtype(dtype, f"fft_{function}")
    if not (wanted.is_floating_point or wanted.is_complex):
        raise RuntimeError(f"{function} requires a floating point or complex dtype")
    if wanted.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{wanted._scalar_name}'")
    size = _length(f"fft_{function}", "n", n)
    if size < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {size}: [{size}]")
    wide = np.dtype(np.float64 if wanted is dtypes.float64 else np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = wide.type(np.float64(1.0) / (size * d))
    array = (places(size).astype(wide) * step).astype(wanted._np)
    return finish(host_value(array, resolve_device(device)), requires_grad, out)


def _both_signs(n: int) -> Any:
    return np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)])


@explained(name="fft_fftfreq")
def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The frequencies of the values that :func:`fft` returns, :math:`k / (n d)`, the negative ones last.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.fftfreq.html

    Args:
        n: the length of the signal.
        d: the distance of its samples.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: the dtype is an integer's.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.fftfreq(4)
        tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    return _frequencies("fftfreq", n, d, _both_signs, dtype, device, requires_grad, out)


@explained(name="fft_rfftfreq")
def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The frequencies of the values that :func:`rfft` returns, :math:`k / (n d)`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.rfftfreq.html

    Args:
        n: the length of the signal.
        d: the distance of its samples.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: the dtype is an integer's.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.rfftfreq(4)
        tensor([0.0000, 0.2500, 0.5000])
    """
    return _frequencies("rfftfreq", n, d, lambda n: np.arange(n // 2 + 1), dtype, device, requires_grad, out)


class _Steps:
    """Elementwise arithmetic that rounds numbers and each step to a dtype, half types computed in float32."""

    def __init__(self, values: Any, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.wide = np.dtype(np.float32 if self.dtype.itemsize < 4 else self.dtype)
        self.values = np.asarray(values).astype(self.dtype)

    def then(self, step: Any) -> _Steps:
        with np.errstate(invalid="ignore"):
            return _Steps(step(self.values.astype(self.wide)), self.dtype)

    def times(self, number: float) -> _Steps:
        return self.then(lambda x: x * self.rounded(number))

    def plus(self, number: float) -> _Steps:
        return self.then(lambda x: x + self.rounded(number))

    def rounded(self, number: float) -> Any:
        return self.dtype.type(number).astype(self.wide)

    def cos(self) -> _Steps:
        return self.then(np.cos)


def _window(
    function: str, length: Any, periodic: bool, shape: Any, dtype: Any, device: Any, requires_grad: bool
) -> Any:
    """``shape(places, count)`` of the places 0, 1, ... and their number, which is one more if periodic."""
    wanted = float_dtype(dtype, function)
    n = _length(function, "window_length", length)
    truth(function, "periodic", periodic, 2)
    if not (wanted.is_floating_point or wanted.is_complex):
        raise RuntimeError(
            f"{function} expects floating point dtypes, got: TensorOptions(dtype={wanted._scalar_name.lower()} "
            "int, device=cpu, layout=Strided (default), requires_grad=false (default), pinned_memory=false, "
            "memory_format=(nullopt))"
        )
    if wanted.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{wanted._scalar_name}'")
    if n < 0:
        raise RuntimeError(f"{function} requires non-negative window_length, got window_length={n}")
    if n < 2:
        array = np.ones(n, wanted._np)
    else:
        count = n + 1 if periodic else n
        array = shape(_Steps(np.arange(count), wanted._np), count).values[:n]
    return finish(host_value(array, resolve_device(device)), requires_grad)


def _raised_cosine(alpha: float, beta: float) -> Any:
    return lambda x, n: x.times(2 * math.pi / (n - 1)).cos().times(-beta).plus(alpha)


@explained
def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Hann window, :math:`\\frac12 (1 - \\cos\\frac{2\\pi k}{N - 1})`.

    https://docs.pytorch.org/docs/stable/generated/torch.hann_window.html

    Args:
        window_length: how many values.
        periodic: drop the last value of a window that is one longer, so that copies of it fit together.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: the length is negative or the dtype an integer's.

    Example::

        >>> import jaxlearn as torch
        >>> torch.hann_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window(
        "hann_window", window_length, periodic, _raised_cosine(0.5, 0.5), dtype, device, requires_grad
    )


@explained
def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Hamming window, :math:`\\alpha - \\beta \\cos\\frac{2\\pi k}{N - 1}`.

    https://docs.pytorch.org/docs/stable/generated/torch.hamming_window.html

    Args:
        window_length: how many values.
        periodic: as of :func:`hann_window`.
        alpha: the mean.
        beta: the height of the wave.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Example::

        >>> import jaxlearn as torch
        >>> torch.hamming_window(4)
        tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    shape = _raised_cosine(number("hamming_window", "alpha", alpha), number("hamming_window", "beta", beta))
    return _window("hamming_window", window_length, periodic, shape, dtype, device, requires_grad)


def _blackman(x: _Steps, n: int) -> _Steps:
    x = x.times(math.pi / (n - 1))
    first, second = x.times(4).cos().times(0.08), x.times(2).cos().times(0.5)
    return first.then(lambda a: a - second.values.astype(a.dtype)).plus(0.42)


@explained
def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Blackman window, :math:`0.42 - 0.5 \\cos\\frac{2\\pi k}{N - 1} + 0.08 \\cos\\frac{4\\pi k}{N - 1}`.

    https://docs.pytorch.org/docs/stable/generated/torch.blackman_window.html

    Args:
        window_length: how many values.
        periodic: as of :func:`hann_window`.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Example::

        >>> import jaxlearn as torch
        >>> torch.blackman_window(4)[2]
        tensor(1.)
    """
    return _window("blackman_window", window_length, periodic, _blackman, dtype, device, requires_grad)


def _triangle(x: _Steps, n: int) -> _Steps:
    rises = x.times(2 / (n - 1))
    falls = rises.times(-1).plus(2)
    return _Steps(np.where(np.arange(n) < ((n - 1) >> 1) + 1, rises.values, falls.values), x.dtype)


@explained
def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Bartlett window: a triangle from 0 to 1 and back.

    https://docs.pytorch.org/docs/stable/generated/torch.bartlett_window.html

    Args:
        window_length: how many values.
        periodic: as of :func:`hann_window`.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bartlett_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("bartlett_window", window_length, periodic, _triangle, dtype, device, requires_grad)


@explained
def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Kaiser window, :math:`I_0\\left(\\beta\\sqrt{1 - (\\frac{2k}{N-1} - 1)^2}\\right) / I_0(\\beta)`.

    https://docs.pytorch.org/docs/stable/generated/torch.kaiser_window.html

    Args:
        window_length: how many values.
        periodic: as of :func:`hann_window`.
        beta: how narrow the window is.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Example::

        >>> import jaxlearn as torch
        >>> torch.kaiser_window(4, beta=0.0)
        tensor([1., 1., 1., 1.])
    """

    def shape(x: _Steps, n: int) -> _Steps:
        import scipy.special

        def values(k: Any) -> Any:
            place = k.astype(np.float64) * 2 / (n - 1) - 1
            return scipy.special.i0(beta * np.sqrt(1 - place**2)) / scipy.special.i0(beta)

        return x.then(values)

    return _window("kaiser_window", window_length, periodic, shape, dtype, device, requires_grad)
