"""Element by element: special functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special

from .op import op
from .pointwise_rules import in_float

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "lgamma",
    "polygamma",
]


def _digamma(x: Any) -> Any:
    # torch: minus infinity at +0, plus infinity at -0, NaN at the negative integers.
    return jnp.where(x == 0, jnp.copysign(jnp.inf, -x), jax.scipy.special.digamma(x))


@op(saves=("input",))
def erf(input: Any) -> Any:
    """Error function, :math:`\\frac{2}{\\sqrt\\pi} \\int_0^x e^{-t^2} dt`.

    https://docs.pytorch.org/docs/stable/generated/torch.erf.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.erf(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])
    """
    return in_float(jax.scipy.special.erf, input)


@op(saves=("input",))
def erfc(input: Any) -> Any:
    """Complementary error function, :math:`1 - \\mathrm{erf}(x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.erfc.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.erfc(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.1573])
    """
    return in_float(jax.scipy.special.erfc, input)


@op(saves=("input",))
def erfinv(input: Any) -> Any:
    """Inverse of the error function, infinite at -1 and 1.

    https://docs.pytorch.org/docs/stable/generated/torch.erfinv.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.erfinv(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769])
    """
    return in_float(jax.scipy.special.erfinv, input)


@op(saves=("input",))
def lgamma(input: Any) -> Any:
    """Logarithm of the absolute value of the gamma function, :math:`\\ln |\\Gamma(x)|`.

    https://docs.pytorch.org/docs/stable/generated/torch.lgamma.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lgamma(torch.tensor([3.0, 5.0]))
        tensor([0.6931, 3.1781])
    """
    return in_float(jax.scipy.special.gammaln, input)


@op(saves=("input",))
def digamma(input: Any) -> Any:
    """Derivative of :func:`lgamma`, :math:`\\Gamma'(x) / \\Gamma(x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.digamma.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.digamma(torch.tensor([1.0, 0.5]))
        tensor([-0.5772, -1.9635])
    """
    return in_float(_digamma, input)


@op(saves=("input",))
def i0(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 0.

    https://docs.pytorch.org/docs/stable/generated/torch.i0.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.i0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    return in_float(jax.scipy.special.i0, input)


@op(saves=("input",))
def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of :func:`digamma`.

    https://docs.pytorch.org/docs/stable/generated/torch.polygamma.html

    Args:
        n: order, 0 or more.
        input: any shape.

    Raises:
        RuntimeError: ``n`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
        tensor([1.6449, 4.9348])
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return in_float(_digamma if n == 0 else lambda x: jax.scipy.special.polygamma(n, x), input)
