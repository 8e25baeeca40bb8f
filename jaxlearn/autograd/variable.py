"""``Variable``: what tensors with gradients were called before PyTorch 0.4; today a plain tensor."""

from __future__ import annotations

from typing import Any

from .._warnings import warn

__all__ = ["Variable"]


def Variable(data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
    """The tensor itself, as an alias; kept for programs written before PyTorch 0.4.

    https://docs.pytorch.org/docs/stable/autograd.html#variable-deprecated

    Args:
        data: the tensor.
        requires_grad: whether gradients are wanted.
        volatile: accepted and ignored, as in torch.

    Example::

        >>> import jaxlearn as torch
        >>> torch.autograd.Variable(torch.ones(1), requires_grad=True)
        tensor([1.], requires_grad=True)
    """
    if volatile:
        warn("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.")
    variable = data.detach()
    variable.requires_grad = requires_grad
    return variable
