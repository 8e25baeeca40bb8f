"""Piecewise linear activation functions, and how a layer shows that it works in place."""

from __future__ import annotations

import warnings
from typing import Any

from .. import functional as F
from ..init import constant_
from ..module import Module
from ._common import new_parameter

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


def _inplace(inplace: bool, before: str = "") -> str:
    """How a layer's text shows that it works in place, after its other arguments."""
    if not inplace:
        return before
    return f"{before}, inplace=True" if before else "inplace=True"


class ReLU(Module):
    r"""max(x, 0).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html

    Args:
        inplace: whether to write the result into the input.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace)


class LeakyReLU(Module):
    r"""x for x > 0, else slope·x.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html

    Args:
        negative_slope: the slope.
        inplace: whether to write the result into the input.
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.leaky_relu(input, self.negative_slope, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace, f"negative_slope={self.negative_slope}")


class Hardswish(Module):
    r"""x·min(max(x + 3, 0), 6)/6.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardswish.html

    Args:
        inplace: whether to write the result into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.hardswish(input, inplace=self.inplace)


class Hardsigmoid(Module):
    r"""min(max(x + 3, 0), 6)/6.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html

    Args:
        inplace: whether to write the result into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.hardsigmoid(input, inplace=self.inplace)


class Softshrink(Module):
    r"""x moved by λ towards 0, and 0 for |x| ≤ λ.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Softshrink.html

    Args:
        lambd: λ.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return str(self.lambd)


class Hardshrink(Module):
    r"""x for |x| > λ, else 0.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html

    Args:
        lambd: λ.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"{self.lambd}"


class Threshold(Module):
    r"""x for x > threshold, else value.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Threshold.html

    Args:
        threshold: the threshold.
        value: the value.
        inplace: whether to write the result into the input.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.threshold(input, self.threshold, self.value, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace, f"threshold={self.threshold}, value={self.value}")


class RReLU(Module):
    r"""x for x > 0, else slope·x, the slope drawn from U(lower, upper) in training and their mean otherwise.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.RReLU.html

    Args:
        lower: least slope.
        upper: greatest slope.
        inplace: whether to write the result into the input.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.rrelu(input, self.lower, self.upper, self.training, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace, f"lower={self.lower}, upper={self.upper}")


class Hardtanh(Module):
    r"""x kept within [min_val, max_val].

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html

    Args:
        min_val: the least value.
        max_val: the greatest value.
        inplace: whether to write the result into the input.
        min_value: old name of ``min_val``.
        max_value: old name of ``max_val``.

    Raises:
        AssertionError: ``max_val`` is not above ``min_val``.
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            warnings.warn(
                "keyword argument `min_value` is deprecated and renamed to `min_val`",
                FutureWarning,
                stacklevel=2,
            )
            min_val = min_value
        if max_value is not None:
            warnings.warn(
                "keyword argument `max_value` is deprecated and renamed to `max_val`",
                FutureWarning,
                stacklevel=2,
            )
            max_val = max_value
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace
        if max_val <= min_val:
            raise AssertionError(f"max_val ({max_val}) must be greater than min_val ({min_val})")

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace, f"min_val={self.min_val}, max_val={self.max_val}")


class ReLU6(Hardtanh):
    r"""min(max(x, 0), 6).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU6.html

    Args:
        inplace: whether to write the result into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Whether it works in place."""
        return _inplace(self.inplace)


class PReLU(Module):
    r"""x for x > 0, else a·x, with a learnt slope a (``weight``).

    He et al. (2015); https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html

    Args:
        num_parameters: 1, or one slope for each channel.
        init: the first slope.
        device: of the parameter.
        dtype: of the parameter.
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = new_parameter(num_parameters, device, dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slope back to what it was first."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """Apply the function to each element of (N, C, ...)."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of slopes."""
        return f"num_parameters={self.num_parameters}"
