"""Single steps of recurrent networks."""

from __future__ import annotations

import math
from typing import Any

from .. import init
from ..functional import recurrent as F
from ..module import Module
from ..parameter import Parameter
from ._common import new_parameter, on_tensors

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """What :class:`RNNCell`, :class:`LSTMCell` and :class:`GRUCell` share.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        bias: whether there are biases.
        num_chunks: blocks of ``hidden_size`` rows of the weights, one for each gate.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> from jaxlearn import nn
        >>> nn.RNNCellBase(3, 4, True, num_chunks=3).weight_ih.shape
        torch.Size([12, 3])
    """

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = new_parameter((rows, input_size), device, dtype)
        self.weight_hh = new_parameter((rows, hidden_size), device, dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, new_parameter((rows,), device, dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew, uniform over ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text

    def _check_input(self, input: Any) -> bool:
        """Whether the input is a batch."""
        if input.dim() not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 1D or 2D, got {input.dim()}D instead"
            )
        return bool(input.dim() == 2)

    def _zeros(self, input: Any) -> Any:
        return input.new_zeros(input.size(0), self.hidden_size)

    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh


class _OneStateCell(RNNCellBase):
    """A cell whose only state is the hidden one."""

    def _next(self, input: Any, hx: Any) -> Any:
        raise NotImplementedError

    @on_tensors
    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next hidden state.

        Args:
            input: (batch, features), or (features,).
            hx: the hidden state (batch, size), or (size,); default zeros.

        Raises:
            ValueError: an argument has another number of dimensions.
            RuntimeError: sizes do not match.
        """
        batched = self._check_input(input)
        if hx is not None and hx.dim() not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected hidden to be 1D or 2D, got {hx.dim()}D instead"
            )
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hx = self._zeros(input)
        elif not batched:
            hx = hx.unsqueeze(0)
        result = self._next(input, hx)
        return result if batched else result.squeeze(0)


class RNNCell(_OneStateCell):
    r"""One step of Elman's network, :math:`h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        bias: whether there are biases.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.RNNCell(10, 20)(torch.ones(3, 10)).shape
        torch.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def _next(self, input: Any, hx: Any) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        cell = F.rnn_tanh_cell if self.nonlinearity == "tanh" else F.rnn_relu_cell
        return cell(input, hx, *self._weights())


class GRUCell(_OneStateCell):
    """One step of a gated recurrent network; the formulas are :class:`GRU`'s.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        bias: whether there are biases.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.GRUCell(10, 20)(torch.ones(3, 10)).shape
        torch.Size([3, 20])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def _next(self, input: Any, hx: Any) -> Any:
        return F.gru_cell(input, hx, *self._weights())


class LSTMCell(RNNCellBase):
    """One step of a long short-term memory; the formulas are :class:`LSTM`'s.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state and of the cell.
        bias: whether there are biases.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> h, c = torch.nn.LSTMCell(10, 20)(torch.ones(3, 10))
        >>> h.shape, c.shape
        (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    @on_tensors
    def forward(self, input: Any, hx: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """The next hidden state and cell.

        Args:
            input: (batch, features), or (features,).
            hx: hidden state and cell, each (batch, size), or (size,); default zeros.

        Raises:
            ValueError: an argument has another number of dimensions.
            RuntimeError: sizes do not match.
        """
        batched = self._check_input(input)
        for i, value in enumerate(() if hx is None else hx):
            if value.dim() not in (1, 2):
                raise ValueError(f"LSTMCell: Expected hx[{i}] to be 1D or 2D, got {value.dim()}D instead")
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            zeros = self._zeros(input)
            hx = (zeros, zeros)
        elif not batched:
            hx = (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        h, c = F.lstm_cell(input, hx, *self._weights())
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))
