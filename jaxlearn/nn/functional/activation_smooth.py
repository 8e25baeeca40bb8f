"""Smooth activations with torch's ``inplace`` argument."""

from __future__ import annotations

from typing import Any

from ...ops import nn_activation_smooth as smooth
from ._arguments import written

__all__ = ["celu", "elu", "mish", "selu", "silu"]


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    r"""Exponential linear unit: :math:`x` above 0, :math:`\alpha(e^x - 1)` below.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.elu.html

    Args:
        input: tensor of any shape, floating.
        alpha: minus the limit at minus infinity.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.elu(torch.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return written(input, smooth.elu, alpha) if inplace else smooth.elu(input, alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    r"""Scaled ELU, :math:`s(\max(0, x) + \min(0, \alpha(e^x - 1)))`, which keeps mean 0 and variance 1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.selu.html

    Args:
        input: tensor of any shape, floating.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.selu(torch.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return written(input, smooth.selu) if inplace else smooth.selu(input)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    r"""Continuously differentiable ELU, :math:`\max(0, x) + \min(0, \alpha(e^{x/\alpha} - 1))`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.celu.html

    Args:
        input: tensor of any shape, floating.
        alpha: minus the limit at minus infinity, not 0.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: ``alpha`` is 0.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.celu(torch.tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.0000])
    """
    return written(input, smooth.celu, alpha) if inplace else smooth.celu(input, alpha)


def silu(input: Any, inplace: bool = False) -> Any:
    r"""Sigmoid linear unit, also called swish: :math:`x \sigma(x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.silu.html

    Args:
        input: tensor of any shape, floating.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.silu(torch.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])
    """
    return written(input, smooth.silu) if inplace else smooth.silu(input)


def mish(input: Any, inplace: bool = False) -> Any:
    r"""Mish, :math:`x \tanh(\ln(1 + e^x))`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mish.html

    Args:
        input: tensor of any shape, floating.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.mish(torch.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.9440])
    """
    return written(input, smooth.mish) if inplace else smooth.mish(input)
