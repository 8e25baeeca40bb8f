"""Initialisation of parameters: torch's functions on torch's random stream.

Everything is drawn and computed in NumPy on the host, and the tensor's storage is given the result: nothing compiles,
and the same seed gives the same numbers on every device.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _random
from .._tensor.generator import stream_of
from ._init_draw import draw_normal, draw_uniform
from ._init_fill import constant_ as constant_
from ._init_fill import dirac_ as dirac_
from ._init_fill import dtype_of, shape_of, write
from ._init_fill import eye_ as eye_
from ._init_fill import ones_ as ones_
from ._init_fill import zeros_ as zeros_
from ._init_gain import calculate_gain as calculate_gain
from ._init_gain import correct_fan as _calculate_correct_fan
from ._init_gain import fans as _calculate_fan_in_and_fan_out
from ._init_truncated import trunc_normal_ as trunc_normal_

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Fill with numbers uniform over [a, b).

    Args:
        tensor: to be filled; returned.
        a: lower bound.
        b: upper bound.
        generator: to draw from; default the global one.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(1729)
        >>> torch.nn.init.uniform_(torch.empty(2, 2))
        tensor([[0.3126, 0.3791],
                [0.3087, 0.0736]])
    """
    return write(tensor, draw_uniform(tensor, a, b, generator))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Fill with normal numbers.

    Args:
        tensor: to be filled; returned.
        mean: of the distribution.
        std: standard deviation.
        generator: to draw from; default the global one.
    """
    return write(tensor, draw_normal(tensor, mean, std, generator))


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    r"""Fill with numbers uniform over ±gain·√(6 / (fan_in + fan_out)).

    Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).

    Args:
        tensor: a weight, of two or more dimensions; returned.
        gain: a factor, see :func:`calculate_gain`.
        generator: to draw from; default the global one.
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return write(tensor, draw_uniform(tensor, -bound, bound, generator))


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    r"""Fill with normal numbers of standard deviation gain·√(2 / (fan_in + fan_out)).

    Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).

    Args:
        tensor: a weight, of two or more dimensions; returned.
        gain: a factor, see :func:`calculate_gain`.
        generator: to draw from; default the global one.
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    return write(tensor, draw_normal(tensor, 0.0, std, generator))


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float | None:
    if 0 in shape_of(tensor):
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    r"""Fill with numbers uniform over ±gain·√(3 / fan).

    He et al., Delving deep into rectifiers (2015).

    Args:
        tensor: a weight, of two or more dimensions; returned.
        a: the negative slope of the leaky ReLU that follows.
        mode: ``"fan_in"`` keeps the variance in the forward pass, ``"fan_out"`` in the backward pass.
        nonlinearity: the function that follows, see :func:`calculate_gain`.
        generator: to draw from; default the global one.
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return write(tensor, draw_uniform(tensor, -bound, bound, generator))


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    r"""Fill with normal numbers of standard deviation gain / √fan.

    He et al., Delving deep into rectifiers (2015).

    Args:
        tensor: a weight, of two or more dimensions; returned.
        a: the negative slope of the leaky ReLU that follows.
        mode: ``"fan_in"`` keeps the variance in the forward pass, ``"fan_out"`` in the backward pass.
        nonlinearity: the function that follows, see :func:`calculate_gain`.
        generator: to draw from; default the global one.
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return tensor if std is None else write(tensor, draw_normal(tensor, 0.0, std, generator))


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """Make a matrix with orthonormal rows or columns, times ``gain``; the dimensions after the first are flattened.

    Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2013).

    Args:
        tensor: of two or more dimensions; returned.
        gain: a factor.
        generator: to draw from; default the global one.

    Raises:
        ValueError: fewer than two dimensions.
    """
    shape = shape_of(tensor)
    if len(shape) < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if 0 in shape:
        return tensor
    if tensor.is_meta:
        return tensor
    kind = dtype_of(tensor)
    if kind.kind == "c":
        raise NotImplementedError(
            "Unlike NumPy, torch.sign doesn't support complex numbers. Please use torch.sgn instead."
        )
    matrix = _random.normal(stream_of(generator), (shape[0], math.prod(shape[1:])), 0.0, 1.0, kind)
    if matrix.itemsize < 4:
        name = "Half" if kind == np.float16 else "BFloat16"
        raise NotImplementedError(f"\"geqrf_cpu\" not implemented for '{name}'")
    wide = matrix.shape[0] < matrix.shape[1]
    q, r = np.linalg.qr(matrix.T if wide else matrix)
    q = q * np.sign(np.diagonal(r))  # makes the distribution uniform: Mezzadri, math-ph/0609050
    values = (q.T if wide else q).reshape(shape).astype(kind) * kind.type(gain)
    return write(tensor, np.ascontiguousarray(values))


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Fill with normal numbers and set a fraction of each column to zero.

    Martens, Deep learning via Hessian-free optimization (2010).

    Args:
        tensor: of two dimensions; returned.
        sparsity: the fraction of zeros in each column.
        std: standard deviation of the others.
        generator: to draw from; default the global one.

    Raises:
        ValueError: another number of dimensions.
    """
    shape = shape_of(tensor)
    if len(shape) != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    if tensor.is_meta:
        return tensor
    rows, columns = shape
    zeros = math.ceil(sparsity * rows)
    values = draw_normal(tensor, 0.0, std, generator)
    for column in range(columns):
        # torch draws the places from the global stream, whatever the generator.
        values[_random.randperm(_random.current_generator(), rows)[:zeros], column] = 0
    return write(tensor, values)


def _deprecated(function: Callable[..., Any]) -> Callable[..., Any]:
    """torch's former name of a function, without the underscore."""
    name = function.__name__

    def former(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    former.__name__ = former.__qualname__ = name[:-1]
    former.__doc__ = f"""Deprecated: :func:`{name}`.

    Args:
        args: as for :func:`{name}`.
        kwargs: the same by name.
    """
    return former


constant = _deprecated(constant_)
dirac = _deprecated(dirac_)
eye = _deprecated(eye_)
kaiming_normal = _deprecated(kaiming_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
normal = _deprecated(normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
uniform = _deprecated(uniform_)
xavier_normal = _deprecated(xavier_normal_)
xavier_uniform = _deprecated(xavier_uniform_)
