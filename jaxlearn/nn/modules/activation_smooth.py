"""Smooth activation functions."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module
from .activation import _inplace

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "LogSigmoid",
    "Mish",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
]


class ELU(Module):
    r"""x for x > 0, else α(eˣ - 1).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ELU.html

    Args:
        alpha: α.
        inplace: whether to write the result into the input.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.elu(input, self.alpha, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace, f"alpha={self.alpha}")


class SELU(Module):
    r"""scale·(max(0, x) + min(0, α(eˣ - 1))), with constants that keep mean 0 and variance 1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.SELU.html

    Args:
        inplace: whether to write the result into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.selu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace)


class CELU(Module):
    r"""max(0, x) + min(0, α(e^(x/α) - 1)).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html

    Args:
        alpha: α.
        inplace: whether to write the result into the input.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.celu(input, self.alpha, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace, f"alpha={self.alpha}")


class GELU(Module):
    r"""x·Φ(x), with Φ the normal distribution function.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.GELU.html

    Args:
        approximate: "tanh" for the approximation by tanh.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.GELU()(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    r"""x·σ(x).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.SiLU.html

    Args:
        inplace: whether to write the result into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.silu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace)


class Mish(Module):
    r"""x·tanh(log(1 + eˣ)).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Mish.html

    Args:
        inplace: whether to write the result into the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.mish(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return _inplace(self.inplace)


class Sigmoid(Module):
    r"""σ(x) = 1/(1 + e⁻ˣ).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Sigmoid()(torch.tensor([0.0]))
        tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.sigmoid(input)


class Tanh(Module):
    r"""tanh(x).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanh.html

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Tanh()(torch.tensor([0.0]))
        tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.tanh(input)


class LogSigmoid(Module):
    r"""log σ(x).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
    """

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.logsigmoid(input)


class Softplus(Module):
    r"""log(1 + e^(βx))/β, and x where βx is above the threshold.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html

    Args:
        beta: β.
        threshold: the threshold.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    r"""x/(1 + |x|).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Softsign.html
    """

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.softsign(input)


class Tanhshrink(Module):
    r"""x - tanh(x).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
    """

    def forward(self, input: Any) -> Any:
        """Apply the function to each element."""
        return F.tanhshrink(input)
