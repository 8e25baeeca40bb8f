"""Discrete Fourier transforms.

https://docs.pytorch.org/docs/stable/fft.html
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from .op import op
from .pointwise_rules import check_tensors_first, is_complex, is_half, scalar_name
from .promotion import floating
from .shape_dims import wrap_dim

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
]

# The transform the other way is scaled by what this one is not.
_OPPOSITE = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def _norm(norm: str | None) -> str:
    if norm is None:
        return "backward"
    if norm not in _OPPOSITE:
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    return norm


def _floating(x: Any) -> Any:
    x = floating(x)
    if is_half(x.dtype):
        raise RuntimeError(f"Unsupported dtype {scalar_name(x)}")
    return x


def _complex(x: Any) -> Any:
    x = _floating(x)
    return x if is_complex(x) else x.astype(jnp.complex64 if x.dtype == jnp.float32 else jnp.complex128)


def _size(n: Any) -> int:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")
    return operator.index(n)


def _one(name: str, x: Any, n: Any, dim: int) -> int:
    """The checks of a transform along one dimension; that dimension."""
    check_tensors_first(f"fft_{name}", x)
    if n is not None and (isinstance(n, float) or not hasattr(n, "__index__")):
        raise TypeError(f"fft_{name}(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    if not x.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, x.ndim)


def _several(name: str, x: Any, s: Any, dim: Any) -> tuple[list[int], list[int | None]]:
    """The dimensions of a transform along several, and the size asked for in each."""
    check_tensors_first(f"fft_{name}", x)
    sizes = None if s is None else list(s) if isinstance(s, (tuple, list)) else [s]
    if dim is None:
        if sizes is not None and len(sizes) > x.ndim:
            raise RuntimeError(
                f"Got shape with {len(sizes)} values but input tensor only has {x.ndim} dimensions."
            )
        dims = list(range(0 if sizes is None else x.ndim - len(sizes), x.ndim))
    else:
        given = dim if isinstance(dim, (tuple, list)) else [dim]
        dims = [wrap_dim(d, x.ndim) for d in given] if x.ndim else [_one(name, x, None, d) for d in given]
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
        if sizes is not None and len(sizes) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    for n in sizes or ():
        if n != -1:
            _size(n)
    wanted: list[int | None] = [None if n == -1 else n for n in sizes or [-1] * len(dims)]
    return dims, wanted


def _needs_axes(name: str, dims: Sequence[int]) -> None:
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")


def _transform(x: Any, dims: Sequence[int], sizes: Sequence[int | None], norm: str, forward: bool) -> Any:
    """A complex transform along several dimensions, one after the other."""
    step = jnp.fft.fft if forward else jnp.fft.ifft
    for d, n in zip(dims, sizes, strict=True):
        _size(x.shape[d] if n is None else n)
        x = step(x, n, d, norm)
    return x


def _r2c(x: Any, d: int, n: int | None, norm: str) -> Any:
    _size(x.shape[d] if n is None else n)
    return jnp.fft.rfft(x, n, d, norm)


def _c2r(x: Any, d: int, n: int | None, norm: str) -> Any:
    n = _size(2 * (x.shape[d] - 1) if n is None else n)
    return jnp.fft.irfft(x, n, d, norm)


def _of_reals(input: Any, size: Any, *rest: Any) -> tuple[str, ...]:
    """torch keeps a real input for its shape, unless it makes a longer or shorter one of it."""
    return () if input.dtype.kind == "c" or size is not None else ("input",)


def _by_kind(real: str, other: str) -> Any:
    """torch's name of the backward node, by whether the input is real."""
    return lambda input, *rest, **named: other if input.dtype.kind == "c" else real


@op(name="fft_fft", keeps=_of_reals, grad_name=_by_kind("FftR2CBackward0", "FftC2CBackward0"))
def fft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Discrete Fourier transform along one dimension, :math:`X_k = \\sum_j x_j e^{-2\\pi i jk/n}`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.fft.html

    Args:
        input: real or complex; integers are taken in the default floating dtype.
        n: cut the dimension to this size, or fill it up with zeros.
        dim: the dimension.
        norm: ``"forward"`` to divide by n, ``"ortho"`` by its root, ``"backward"`` (the default) by nothing.

    Raises:
        RuntimeError: n is less than 1, or there is no such normalization.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.fft(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    d = _one("fft", input, n, dim)
    return _transform(_complex(input), [d], [None if n is None else _size(n)], _norm(norm), True)


@op(name="fft_ifft", keeps=_of_reals, grad_name=_by_kind("ConjBackward0", "FftC2CBackward0"))
def ifft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Inverse of :func:`fft`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ifft.html

    Args:
        input: real or complex.
        n: cut the dimension to this size, or fill it up with zeros.
        dim: the dimension.
        norm: that of the transform to be inverted: ``"backward"`` (the default) to divide by n, ``"ortho"`` by its
            root, ``"forward"`` by nothing.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ifft(torch.tensor([4.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    d = _one("ifft", input, n, dim)
    return _transform(_complex(input), [d], [None if n is None else _size(n)], _norm(norm), False)


@op(name="fft_rfft", keeps=_of_reals, grad_name="FftR2CBackward0")
def rfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """:func:`fft` of real numbers: the first :math:`\\lfloor n/2 \\rfloor + 1` values, which determine the others.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.rfft.html

    Args:
        input: real.
        n: cut the dimension to this size, or fill it up with zeros.
        dim: the dimension.
        norm: as of :func:`fft`.

    Raises:
        RuntimeError: the input is complex.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.rfft(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """
    d = _one("rfft", input, n, dim)
    if is_complex(input):
        raise RuntimeError(f"rfft expects a real input tensor, but got {scalar_name(input)}")
    return _r2c(_floating(input), d, None if n is None else _size(n), _norm(norm))


@op(name="fft_irfft", grad_name="FftC2RBackward0")
def irfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Inverse of :func:`rfft`; real.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.irfft.html

    Args:
        input: half of a Hermitian signal.
        n: the result's size; :math:`2 (m - 1)` for the input's size m by default.
        dim: the dimension.
        norm: as of :func:`ifft`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.irfft(torch.fft.rfft(torch.tensor([1.0, 2.0, 3.0])), n=3)
        tensor([1., 2., 3.])
    """
    d = _one("irfft", input, n, dim)
    return _c2r(_complex(input), d, n, _norm(norm))


@op(name="fft_hfft", grad_name="FftC2RBackward0")
def hfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """:func:`fft` of a Hermitian signal, of which half is given; real.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.hfft.html

    Args:
        input: half of a Hermitian signal.
        n: the result's size; :math:`2 (m - 1)` for the input's size m by default.
        dim: the dimension.
        norm: as of :func:`fft`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.hfft(torch.tensor([1.0, 0.0, 0.0]))
        tensor([1., 1., 1., 1.])
    """
    d = _one("hfft", input, n, dim)
    return _c2r(jnp.conj(_complex(input)), d, n, _OPPOSITE[_norm(norm)])


@op(name="fft_ihfft", keeps=_of_reals, grad_name="ConjBackward0")
def ihfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Inverse of :func:`hfft`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ihfft.html

    Args:
        input: real.
        n: cut the dimension to this size, or fill it up with zeros.
        dim: the dimension.
        norm: as of :func:`ifft`.

    Raises:
        RuntimeError: the input is complex.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ihfft(torch.tensor([4.0, 0.0, 0.0, 0.0]))
        tensor([1.-0.j, 1.-0.j, 1.-0.j])
    """
    d = _one("ihfft", input, n, dim)
    if is_complex(input):
        raise RuntimeError(f"ihfft expects a real input tensor, but got {scalar_name(input)}")
    return jnp.conj(_r2c(_floating(input), d, None if n is None else _size(n), _OPPOSITE[_norm(norm)]))


def _fftn(name: str, input: Any, s: Any, dim: Any, norm: str | None, forward: bool) -> Any:
    dims, sizes = _several(name, input, s, dim)
    return _transform(_complex(input), dims, sizes, _norm(norm), forward)


def _rfftn(name: str, input: Any, s: Any, dim: Any, norm: str | None) -> Any:
    if is_complex(input):
        raise RuntimeError(f"{name} expects a real-valued input tensor, but got {scalar_name(input)}")
    dims, sizes = _several(name, input, s, dim)
    _needs_axes("rfftn", dims)
    half = _r2c(_floating(input), dims[-1], sizes[-1], _norm(norm))
    return _transform(half, dims[:-1], sizes[:-1], _norm(norm), True)


def _irfftn(name: str, input: Any, s: Any, dim: Any, norm: str | None) -> Any:
    dims, sizes = _several(name, input, s, dim)
    _needs_axes("irfftn", dims)
    x = _transform(_complex(input), dims[:-1], sizes[:-1], _norm(norm), False)
    return _c2r(x, dims[-1], sizes[-1], _norm(norm))


def _hfftn(name: str, input: Any, s: Any, dim: Any, norm: str | None) -> Any:
    dims, sizes = _several(name, input, s, dim)
    _needs_axes("hfftn", dims)
    x = _transform(_complex(input), dims[:-1], sizes[:-1], _norm(norm), True)
    return _c2r(jnp.conj(x), dims[-1], sizes[-1], _OPPOSITE[_norm(norm)])


def _ihfftn(name: str, input: Any, s: Any, dim: Any, norm: str | None) -> Any:
    if is_complex(input):
        raise RuntimeError(f"Only supports floating-point dtypes, but found: {scalar_name(input)}")
    dims, sizes = _several(name, input, s, dim)
    _needs_axes("ihfftn", dims)
    half = jnp.conj(_r2c(_floating(input), dims[-1], sizes[-1], _OPPOSITE[_norm(norm)]))
    return _transform(half, dims[:-1], sizes[:-1], _norm(norm), False)


@op(name="fft_fftn", grad_name="FftC2CBackward0")
def fftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """:func:`fft` along several dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.fftn.html

    Args:
        input: real or complex.
        s: the size of each dimension, to which it is cut or filled up; -1 to leave it.
        dim: the dimensions; by default the last ``len(s)``, or all.
        norm: as of :func:`fft`, n being the product of the sizes.

    Raises:
        RuntimeError: sizes and dimensions do not fit each other.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.fftn(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([[1.+0.j, 1.+0.j],
                [1.+0.j, 1.+0.j]])
    """
    return _fftn("fftn", input, s, dim, norm, True)


@op(name="fft_fft2", grad_name="FftC2CBackward0")
def fft2(input: Any, s: Any = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """:func:`fftn` along the last two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.fft2.html

    Args:
        input: real or complex.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`fftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.fft2(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([[1.+0.j, 1.+0.j],
                [1.+0.j, 1.+0.j]])
    """
    return _fftn("fft2", input, s, dim, norm, True)


@op(name="fft_ifftn", grad_name="FftC2CBackward0")
def ifftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """Inverse of :func:`fftn`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ifftn.html

    Args:
        input: real or complex.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`ifft`, n being the product of the sizes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ifftn(torch.tensor([[4.0, 0.0], [0.0, 0.0]]))
        tensor([[1.+0.j, 1.+0.j],
                [1.+0.j, 1.+0.j]])
    """
    return _fftn("ifftn", input, s, dim, norm, False)


@op(name="fft_ifft2", grad_name="FftC2CBackward0")
def ifft2(input: Any, s: Any = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """:func:`ifftn` along the last two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ifft2.html

    Args:
        input: real or complex.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`ifftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ifft2(torch.tensor([[4.0, 0.0], [0.0, 0.0]]))
        tensor([[1.+0.j, 1.+0.j],
                [1.+0.j, 1.+0.j]])
    """
    return _fftn("ifft2", input, s, dim, norm, False)


@op(name="fft_rfftn", keeps=_of_reals, grad_name="FftR2CBackward0")
def rfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """:func:`fftn` of real numbers, half of the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.rfftn.html

    Args:
        input: real.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`fftn`.

    Raises:
        RuntimeError: the input is complex.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.rfftn(torch.eye(3)).shape
        torch.Size([3, 2])
    """
    return _rfftn("rfftn", input, s, dim, norm)


@op(name="fft_rfft2", keeps=_of_reals, grad_name="FftR2CBackward0")
def rfft2(input: Any, s: Any = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """:func:`rfftn` along the last two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.rfft2.html

    Args:
        input: real.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`rfftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.rfft2(torch.eye(3)).shape
        torch.Size([3, 2])
    """
    return _rfftn("rfftn", input, s, dim, norm)


@op(name="fft_irfftn", grad_name="FftC2RBackward0")
def irfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """Inverse of :func:`rfftn`; real.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.irfftn.html

    Args:
        input: half of a signal that is Hermitian in the last dimension.
        s: the result's sizes.
        dim: the dimensions.
        norm: as of :func:`ifftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.irfftn(torch.fft.rfftn(torch.ones(2, 4)))
        tensor([[1., 1., 1., 1.],
                [1., 1., 1., 1.]])
    """
    return _irfftn("irfftn", input, s, dim, norm)


@op(name="fft_irfft2", grad_name="FftC2RBackward0")
def irfft2(input: Any, s: Any = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """:func:`irfftn` along the last two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.irfft2.html

    Args:
        input: half of a signal that is Hermitian in the last dimension.
        s: the result's sizes.
        dim: the dimensions.
        norm: as of :func:`irfftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.irfft2(torch.fft.rfft2(torch.ones(2, 4)))
        tensor([[1., 1., 1., 1.],
                [1., 1., 1., 1.]])
    """
    return _irfftn("irfft2", input, s, dim, norm)


@op(name="fft_hfftn", grad_name="FftC2RBackward0")
def hfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """:func:`fftn` of a signal that is Hermitian in the last dimension, of which half is given; real.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.hfftn.html

    Args:
        input: half of the signal.
        s: the result's sizes.
        dim: the dimensions.
        norm: as of :func:`fftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.hfftn(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [1., 1.]])
    """
    return _hfftn("hfftn", input, s, dim, norm)


@op(name="fft_hfft2", grad_name="FftC2RBackward0")
def hfft2(input: Any, s: Any = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """:func:`hfftn` along the last two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.hfft2.html

    Args:
        input: half of the signal.
        s: the result's sizes.
        dim: the dimensions.
        norm: as of :func:`hfftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.hfft2(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [1., 1.]])
    """
    return _hfftn("hfft2", input, s, dim, norm)


@op(name="fft_ihfftn", keeps=_of_reals, grad_name="FftC2CBackward0")
def ihfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """Inverse of :func:`hfftn`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ihfftn.html

    Args:
        input: real.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`ifftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ihfftn(torch.ones(2, 4)).shape
        torch.Size([2, 3])
    """
    return _ihfftn("ihfftn", input, s, dim, norm)


@op(name="fft_ihfft2", keeps=_of_reals, grad_name="FftC2CBackward0")
def ihfft2(input: Any, s: Any = None, dim: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """:func:`ihfftn` along the last two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ihfft2.html

    Args:
        input: real.
        s: the sizes.
        dim: the dimensions.
        norm: as of :func:`ihfftn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ihfft2(torch.ones(2, 4)).shape
        torch.Size([2, 3])
    """
    return _ihfftn("ihfft2", input, s, dim, norm)


def _shift(name: str, input: Any, dim: Any, sign: int) -> Any:
    check_tensors_first(f"fft_{name}", input)
    given = range(input.ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else [dim]
    if not input.ndim:
        raise RuntimeError("`shifts` required")
    dims = [wrap_dim(d, input.ndim) for d in given]
    halves = [n // 2 if sign > 0 else (n + 1) // 2 for n in (input.shape[d] for d in dims)]
    return jnp.roll(input, halves, dims)


@op(name="fft_fftshift", grad_name="RollBackward0")
def fftshift(input: Any, dim: Any = None) -> Any:
    """The frequencies in ascending order: zero in the middle rather than in front.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.fftshift.html

    Args:
        input: in the order of :func:`fftfreq`.
        dim: the dimensions; all by default.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.fftshift(torch.fft.fftfreq(4))
        tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shift("fftshift", input, dim, 1)


@op(name="fft_ifftshift", grad_name="RollBackward0")
def ifftshift(input: Any, dim: Any = None) -> Any:
    """Inverse of :func:`fftshift`.

    https://docs.pytorch.org/docs/stable/generated/torch.fft.ifftshift.html

    Args:
        input: frequencies in ascending order.
        dim: the dimensions; all by default.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fft.ifftshift(torch.arange(-2, 2))
        tensor([ 0,  1, -2, -1])
    """
    return _shift("ifftshift", input, dim, -1)
