"""Statistics and calculus of sampled values: covariance, correlation, integrals and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._warnings import warn
from .linalg_rules import product
from .op import explained, op
from .pointwise import div, mul, sub
from .pointwise_rules import is_bool, is_complex, scalar_name, widened
from .promotion import cast, default_float, is_number, promote
from .shape_dims import wrap_dim, wrap_dims

__all__ = ["corrcoef", "cov", "cumulative_trapezoid", "gradient", "trapezoid", "trapz"]


def _covariance(input: Any, correction: int, fweights: Any, aweights: Any) -> Any:
    x = input if jnp.issubdtype(input.dtype, jnp.inexact) else cast(input, default_float())
    rows = x.reshape(1, -1) if x.ndim < 2 else x
    weights = None if fweights is None else fweights.reshape(-1)
    if aweights is not None:
        if not is_complex(x):
            aweights = cast(aweights, jnp.promote_types(aweights.dtype, x.dtype))
        weights = aweights.reshape(-1) if weights is None else mul(weights, aweights.reshape(-1))
    if weights is None:
        count = rows.shape[1]
        centre = jnp.sum(rows, axis=1, keepdims=True) / count if count else jnp.nan
        freedom: Any = max(count - correction, 0)
        centred = weighted = rows - centre
    else:
        total = jnp.sum(weights)
        centre = div(jnp.sum(mul(rows, weights), axis=1, keepdims=True), total)
        freedom = total
        if correction and aweights is None:
            freedom = total - correction
        elif correction:
            squares = jnp.sum(mul(weights, aweights.reshape(-1)))
            freedom = total - cast(correction, total.dtype) * squares / total
        freedom = jnp.maximum(freedom, 0)
        centred = sub(rows, centre)
        weighted = mul(centred, weights)
    return jnp.squeeze(div(product(*promote(centred, jnp.conj(weighted.T))), freedom))


def _check_weights(name: str, weights: Any, integral: bool, count: int) -> None:
    if weights is None:
        return
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} "
            "dimensions"
        )
    if integral == bool(jnp.issubdtype(weights.dtype, jnp.inexact)) or is_bool(weights):
        kind = "integral" if integral else "floating point"
        raise RuntimeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with {scalar_name(weights)} dtype"
        )
    if weights.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.size} != {count}"
        )


def _check_observations(name: str, input: Any) -> None:
    if input.ndim > 2:
        raise RuntimeError(
            f"{name}(): expected input to have two or fewer dimensions but got an input with {input.ndim} "
            "dimensions"
        )
    if is_bool(input):
        raise RuntimeError(f"{name}(): bool dtype is not supported for input")


def _warn_of_freedom(degrees: Any) -> None:
    if isinstance(degrees, (int, float)) and degrees <= 0:
        warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations."
        )


@op
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance matrix of variables, one a row, whose observations are the columns.

    https://docs.pytorch.org/docs/stable/generated/torch.cov.html

    Args:
        input: a matrix, or a vector of one variable's observations.
        correction: what is taken off the number of observations that sums are divided by.
        fweights: how often each observation was made, integers.
        aweights: how much each observation counts, floating point.

    Raises:
        RuntimeError: there are more than two dimensions, or the weights do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    _check_observations("cov", input)
    count = input.shape[1] if input.ndim == 2 else input.size
    _check_weights("fweights", fweights, True, count)
    _check_weights("aweights", aweights, False, count)
    if fweights is None and aweights is None:
        _warn_of_freedom(count - correction)
        return widened(lambda x: _covariance(x, correction, None, None), input)
    return _covariance(input, correction, fweights, aweights)


@op
def corrcoef(input: Any) -> Any:
    """The matrix of Pearson's correlation coefficients, :math:`C_{ij} / \\sqrt{C_{ii} C_{jj}}` of the covariances.

    https://docs.pytorch.org/docs/stable/generated/torch.corrcoef.html

    Args:
        input: a matrix whose rows are variables and whose columns are observations; or a vector.

    Raises:
        RuntimeError: there are more than two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.corrcoef(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    _check_observations("corrcoef", input)
    _warn_of_freedom((input.shape[1] if input.ndim == 2 else input.size) - 1)

    def coefficients(x: Any) -> Any:
        c = _covariance(x, 1, None, None)
        if not c.ndim:
            return c / c
        deviation = jnp.sqrt(jnp.diagonal(c).real)
        c = c / deviation[:, None] / deviation[None, :]
        if is_complex(c):
            return jnp.clip(c.real, -1, 1) + 1j * jnp.clip(c.imag, -1, 1)
        return jnp.clip(c, -1, 1)

    return widened(coefficients, input)


def _steps(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, Any, int]:
    """The values, and the distances between their places, of a shape that broadcasts with them."""
    if is_bool(y) or (x is not None and is_bool(x)):
        raise RuntimeError(
            f"{name}: received a bool input for {'y' if is_bool(y) else 'x'}, but bool is not supported"
        )
    dim = wrap_dim(dim, y.ndim)
    if x is None:
        return y, (1.0 if dx is None else dx), dim
    if not x.ndim or not y.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if d == dim else 1 for d in range(y.ndim)])
    else:
        n = max(x.ndim, y.ndim)
        x, y = (t.reshape((1,) * (n - t.ndim) + t.shape) for t in (x, y))
        dim = dim + n - y.ndim if y.ndim < n else dim
    if 0 in (x.shape[dim], y.shape[dim]):
        return y, jnp.diff(x, axis=dim), dim
    return y, jnp.diff(x, axis=dim), dim


def _pairs(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, Any, int]:
    """The sums of neighbouring values, and the distances between their places."""
    y, steps, dim = _steps(name, y, x, dx, dim)
    n = y.shape[dim]
    first, last = (
        (jax.lax.slice_in_dim(y, start, n - 1 + start, axis=dim) for start in (0, 1)) if n else (y, y)
    )
    return first + last, steps, dim


def _integral(name: str, y: Any, x: Any, dx: Any, dim: int) -> Any:
    sums, steps, dim = _pairs(name, y, x, dx, dim)
    if is_number(steps):
        return div(mul(jnp.sum(sums, axis=dim), steps), 2.0)
    return div(jnp.sum(mul(steps, sums), axis=dim), 2.0)


def _one_spacing(name: str, x: Any, dx: Any) -> None:
    if x is not None and dx is not None:
        raise TypeError(f"{name}() received an invalid combination of arguments: x and dx exclude each other")


@op(numbers=("dx",))
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral by the trapezoidal rule, :math:`\\sum_i \\tfrac12 (x_{i+1} - x_i)(y_i + y_{i+1})`.

    https://docs.pytorch.org/docs/stable/generated/torch.trapezoid.html

    Args:
        y: the values.
        x: their places; without them they lie ``dx`` apart.
        dx: the distance. Default: 1.
        dim: the dimension along which is integrated.

    Raises:
        RuntimeError: there is not one place for each value.

    Example::

        >>> import jaxlearn as torch
        >>> torch.trapezoid(torch.tensor([1.0, 5.0, 10.0]))
        tensor(10.5000)
    """
    _one_spacing("trapezoid", x, dx)
    return _integral("trapezoid", y, x, dx, dim)


@op(numbers=("dx",))
def trapz(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral by the trapezoidal rule; see :func:`trapezoid`.

    https://docs.pytorch.org/docs/stable/generated/torch.trapz.html

    Args:
        y: the values.
        x: their places; without them they lie ``dx`` apart.
        dx: the distance. Default: 1.
        dim: the dimension along which is integrated.

    Example::

        >>> import jaxlearn as torch
        >>> torch.trapz(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0]))
        tensor(4.)
    """
    _one_spacing("trapz", x, dx)
    return _integral("trapezoid", y, x, dx, dim)


@op(numbers=("dx",))
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The running sums of :func:`trapezoid`: one value less than there are in the dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html

    Args:
        y: the values.
        x: their places; without them they lie ``dx`` apart.
        dx: the distance. Default: 1.
        dim: the dimension along which is integrated.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cumulative_trapezoid(torch.tensor([1.0, 5.0, 10.0]))
        tensor([ 3.0000, 10.5000])
    """
    _one_spacing("cumulative_trapezoid", x, dx)
    sums, steps, dim = _pairs("cumulative_trapezoid", y, x, dx, dim)
    return div(jnp.cumsum(mul(steps, sums), axis=dim), 2.0)


def _slopes(y: Any, dim: int, places: Any, edge_order: int) -> Any:
    """Second-order differences inside, of ``edge_order`` at the two ends; ``places`` a distance or coordinates."""
    y = jnp.moveaxis(y, dim, -1)
    if not hasattr(places, "shape"):
        inner = (y[..., 2:] - y[..., :-2]) / (2 * places)
        if edge_order == 1:
            first, last = (y[..., 1:2] - y[..., :1]) / places, (y[..., -1:] - y[..., -2:-1]) / places
        else:
            first = (-1.5 * y[..., :1] + 2 * y[..., 1:2] - 0.5 * y[..., 2:3]) / places
            last = (1.5 * y[..., -1:] - 2 * y[..., -2:-1] + 0.5 * y[..., -3:-2]) / places
    else:
        steps = jnp.diff(places)
        a, b = steps[:-1], steps[1:]
        inner = (
            -b / (a * (a + b)) * y[..., :-2]
            + (b - a) / (a * b) * y[..., 1:-1]
            + a / (b * (a + b)) * y[..., 2:]
        )
        if edge_order == 1:
            first, last = (y[..., 1:2] - y[..., :1]) / steps[0], (y[..., -1:] - y[..., -2:-1]) / steps[-1]
        else:
            p, q = steps[0], steps[1]
            first = (
                -(2 * p + q) / (p * (p + q)) * y[..., :1]
                + (p + q) / (p * q) * y[..., 1:2]
                - p / (q * (p + q)) * y[..., 2:3]
            )
            p, q = steps[-2], steps[-1]
            last = (
                q / (p * (p + q)) * y[..., -3:-2]
                - (p + q) / (p * q) * y[..., -2:-1]
                + (2 * q + p) / (q * (p + q)) * y[..., -1:]
            )
    return jnp.moveaxis(jnp.concatenate([first, inner, last], -1), -1, dim)


@op(name="gradient")
def _gradient(input: Any, spacing: Any, dim: tuple[int, ...], edge_order: int) -> Any:
    x = input if jnp.issubdtype(input.dtype, jnp.inexact) else cast(input, default_float())

    def slopes(place: Any, d: int) -> Any:
        if hasattr(place, "shape"):
            place = cast(place, x.dtype if not is_complex(x) else place.dtype)
        return widened(lambda y: _slopes(y, d, place, edge_order), x)

    return tuple([slopes(place, d) for place, d in zip(spacing, dim, strict=True)])


@explained
def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The partial derivatives of a sampled function, estimated by second-order central differences.

    https://docs.pytorch.org/docs/stable/generated/torch.gradient.html

    Args:
        input: the samples.
        spacing: the distance between samples: one number, one for each dimension, or for each dimension a vector of
            coordinates. Default: 1.
        dim: the dimension(s) to derive by; all by default.
        edge_order: 1 or 2, the order of the estimate at the ends.

    Returns:
        One tensor for each dimension.

    Raises:
        RuntimeError: the spacing does not fit the dimensions, a dimension is too small, or ``edge_order`` is neither.

    Example::

        >>> import jaxlearn as torch
        >>> torch.gradient(torch.tensor([1.0, 2.0, 4.0, 8.0]))[0]
        tensor([1.0000, 1.5000, 3.0000, 4.0000])
    """
    if type(edge_order) is not int:
        raise TypeError(f"gradient(): argument 'edge_order' must be int, not {type(edge_order).__name__}")
    if getattr(spacing, "shape", None) == ():
        spacing = spacing.item()
    listed = isinstance(spacing, (tuple, list))
    if dim is None:
        dims: Sequence[int] = tuple(range(input.ndim))
    else:
        dims = wrap_dims(dim, input.ndim)
    if listed and len(spacing) != len(dims):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the "
            f"same length, but got a spacing argument of length {len(spacing)} and a dim argument of length "
            f"{len(dims)}."
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    places = tuple(spacing) if listed else (1 if spacing is None else spacing,) * len(dims)
    if any(input.shape[d] < edge_order + 1 for d in dims):
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    for d, place in zip(dims, places, strict=True):
        if hasattr(place, "shape") and np.prod(place.shape) != input.shape[d]:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have the same number of elements as its dimension, "
                f"but got {place.shape} for dimension {d}"
            )
    return _gradient(input, places, tuple(dims), edge_order)
