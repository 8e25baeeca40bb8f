"""Window functions under torch's names: ``torch.signal.windows``.

https://docs.pytorch.org/docs/stable/signal.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._tensor.creation_value import finish, float_dtype, host_value
from .._tensor.devices import resolve_device
from ..layouts import strided
from ..ops.creation import linspace_values

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def _check(name: str, M: Any, dtype: Any, layout: Any) -> dtypes.dtype:
    """The dtype of a window; torch's checks, all in the name of the function that computes it."""
    wanted = float_dtype(dtype, name)
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout not in (None, strided):
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if wanted not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {wanted}")
    return wanted


def _places(first: float, step: float, M: int, dtype: dtypes.dtype) -> Any:
    return linspace_values(first, first + (M - 1) * step, M, dtype._np)


def _made(array: Any, dtype: dtypes.dtype, device: Any, requires_grad: bool) -> Any:
    return finish(host_value(array.astype(dtype._np), resolve_device(device)), requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Sum of cosines, :math:`\\sum_i (-1)^i a_i \\cos\\frac{2\\pi i k}{M - 1}`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.general_cosine.html

    Args:
        M: how many values.
        a: the heights of the waves, the constant first.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: there are no heights, the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.general_cosine(3, a=[0.5, 0.5])
        tensor([0., 1., 0.])
    """
    wanted = _check("general_cosine", M, dtype, layout)
    if M == 0:
        return _made(np.empty(0), wanted, device, requires_grad)
    if M == 1:
        return _made(np.ones(1), wanted, device, requires_grad)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    heights = list(a)
    if not heights:
        raise ValueError("Coefficients cannot be empty")
    k = _places(0, 2 * math.pi / (M - 1 if sym else M), M, wanted)
    signed = np.array([(-1) ** i * w for i, w in enumerate(heights)], wanted._np)
    waves = np.cos(np.arange(len(heights))[:, None].astype(wanted._np) * k)
    return _made((signed[:, None] * waves).sum(0), wanted, device, requires_grad)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Raised cosine, :math:`\\alpha - (1 - \\alpha) \\cos\\frac{2\\pi k}{M - 1}`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.general_hamming.html

    Args:
        M: how many values.
        alpha: the mean.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.general_hamming(3, alpha=0.5)
        tensor([0., 1., 0.])
    """
    return general_cosine(
        M,
        a=[alpha, 1.0 - alpha],
        sym=sym,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Hamming window, :math:`0.54 - 0.46 \\cos\\frac{2\\pi k}{M - 1}`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.hamming.html

    Args:
        M: how many values.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.hamming(3)
        tensor([0.0800, 1.0000, 0.0800])
    """
    return general_hamming(
        M, alpha=0.54, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Hann window, :math:`\\frac12 (1 - \\cos\\frac{2\\pi k}{M - 1})`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.hann.html

    Args:
        M: how many values.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.hann(3)
        tensor([0., 1., 0.])
    """
    return general_hamming(
        M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Blackman window: :func:`general_cosine` with the heights 0.42, 0.5 and 0.08.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.blackman.html

    Args:
        M: how many values.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.blackman(5)
        tensor([-1.4901e-08,  3.4000e-01,  1.0000e+00,  3.4000e-01, -1.4901e-08])
    """
    _check("blackman", M, dtype, layout)
    heights = [0.42, 0.5, 0.08]
    return general_cosine(
        M, a=heights, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Nuttall window of four terms (minimum 4-term Blackman-Harris): a :func:`general_cosine`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.nuttall.html

    Args:
        M: how many values.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.nuttall(3)
        tensor([3.6280e-04, 1.0000e+00, 3.6280e-04])
    """
    heights = [0.3635819, 0.4891775, 0.1365995, 0.0106411]
    return general_cosine(
        M, a=heights, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Bartlett window: a triangle, :math:`1 - |\\frac{2k}{M - 1} - 1|`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.bartlett.html

    Args:
        M: how many values.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.bartlett(3)
        tensor([0., 1., 0.])
    """
    wanted = _check("bartlett", M, dtype, layout)
    if M < 2:
        return _made(np.ones(M), wanted, device, requires_grad)
    k = _places(-1, 2 / (M - 1 if sym else M), M, wanted)
    return _made(1 - np.abs(k), wanted, device, requires_grad)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Cosine window, :math:`\\sin\\frac{\\pi (k + 1/2)}{M}`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.cosine.html

    Args:
        M: how many values.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the length is negative or the dtype another one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.cosine(3)
        tensor([0.5000, 1.0000, 0.5000])
    """
    wanted = _check("cosine", M, dtype, layout)
    step = math.pi / (M if sym or M < 2 else M + 1) if M else 0.0
    return _made(np.sin(_places(0.5 * step, step, M, wanted)), wanted, device, requires_grad)


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Exponential window, :math:`e^{-|k - c| / \\tau}`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.exponential.html

    Args:
        M: how many values.
        center: where it is 1, for windows that are not symmetric; by default the middle.
        tau: how fast it decays.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: ``tau`` is not positive, or a symmetric window has a center.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.exponential(3)
        tensor([0.3679, 1.0000, 0.3679])
    """
    wanted = _check("exponential", M, dtype, layout)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    middle = (M - 1 if sym or M < 2 else M) / 2 if center is None else center
    k = _places(-middle / tau, 1 / tau, M, wanted)
    return _made(np.exp(-np.abs(k)), wanted, device, requires_grad)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Gaussian window, :math:`e^{-\\frac12 ((k - \\frac{M - 1}{2}) / \\sigma)^2}`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.gaussian.html

    Args:
        M: how many values.
        std: the standard deviation.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: ``std`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.gaussian(3)
        tensor([0.6065, 1.0000, 0.6065])
    """
    wanted = _check("gaussian", M, dtype, layout)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    step = 1 / (std * math.sqrt(2))
    first = -(M - 1 if sym or M < 2 else M) / 2
    k = _places(first * step, step, M, wanted)
    return _made(np.exp(-(k**2)), wanted, device, requires_grad)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Kaiser window, :math:`I_0\\left(\\beta\\sqrt{1 - (\\frac{2k}{M-1} - 1)^2}\\right) / I_0(\\beta)`.

    https://docs.pytorch.org/docs/stable/generated/torch.signal.windows.kaiser.html

    Args:
        M: how many values.
        beta: how narrow it is.
        sym: False for a periodic window: one that fits together with copies of itself.
        dtype: ``float32`` or ``float64``; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: ``beta`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signal.windows.kaiser(3, beta=0.0)
        tensor([1., 1., 1.])
    """
    wanted = _check("kaiser", M, dtype, layout)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M < 2:
        return _made(np.ones(M), wanted, device, requires_grad)
    import scipy.special

    step = 2.0 * beta / (M - 1 if sym else M)
    last = min(beta, -beta + (M - 1) * step)
    k = linspace_values(-beta, last, M, wanted._np)
    height = wanted._np.type(beta)

    def bessel(x: Any) -> Any:
        return scipy.special.i0e(x) * np.exp(x)  # infinite as soon as torch's, which is before SciPy's i0

    with np.errstate(over="ignore", invalid="ignore"):
        array = bessel(np.sqrt(height * height - k**2)) / bessel(height)
    return _made(array, wanted, device, requires_grad)
