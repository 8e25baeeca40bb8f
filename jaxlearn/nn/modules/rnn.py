"""Recurrent networks over whole sequences."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from ..._tensor.dispatch import TENSOR_TYPES
from ...ops.nn_recurrent import GATES
from .. import init
from ..functional.recurrent import network
from ..module import Module
from ..parameter import Parameter
from ..utils.rnn import PackedSequence
from ._common import new_parameter, on_tensors

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]


class RNNBase(Module):
    """What :class:`RNN`, :class:`LSTM` and :class:`GRU` share: parameters, checks and text.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNBase.html

    Args:
        mode: ``"LSTM"``, ``"GRU"``, ``"RNN_TANH"`` or ``"RNN_RELU"``.
        input_size: features of the input.
        hidden_size: features of the hidden state.
        num_layers: layers, each on top of the one before.
        bias: whether there are biases.
        batch_first: whether input and output are (batch, time, features) rather than (time, batch, features).
        dropout: probability of an element to be dropped between layers, in training.
        bidirectional: whether each layer also runs backwards in time.
        proj_size: size that an LSTM's hidden state is projected to; 0 for none.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        TypeError: an argument has another type.
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        _check_dropout(dropout, num_layers)
        _check_types(bias=(bias, bool), batch_first=(batch_first, bool), input_size=(input_size, int))
        if input_size <= 0:
            raise ValueError("input_size must be greater than zero")
        _check_types(hidden_size=(hidden_size, int))
        if hidden_size <= 0:
            raise ValueError("hidden_size must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if not isinstance(mode, str) or mode not in GATES:
            raise ValueError("Unrecognized RNN mode: " + mode)
        rows = GATES[mode] * hidden_size
        size = proj_size or hidden_size
        directions = 2 if bidirectional else 1
        # The parameters' names by layer and direction; programs in use read it under this name.
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            features = input_size if layer == 0 else size * directions
            for suffix in ("", "_reverse")[:directions]:
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (rows, features),
                    "weight_hh": (rows, size),
                }
                if bias:
                    shapes.update(bias_ih=(rows,), bias_hh=(rows,))
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = []
                for name, shape in shapes.items():
                    names.append(f"{name}_l{layer}{suffix}")
                    self.register_parameter(names[-1], new_parameter(shape, device, dtype))
                self._all_weights.append(names)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew, uniform over ±1/√hidden_size."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing is to be done: XLA lays the parameters out for each program itself."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        # Not from a cache: a parameter may be replaced, or computed by a parametrization.
        return [getattr(self, name) for names in self._all_weights for name in names]

    def check_input(self, input: Any, batch_sizes: Any) -> None:
        """Refuse an input of another dtype, number of dimensions or size.

        Args:
            input: the padded or packed input.
            batch_sizes: of a packed input, else None.

        Raises:
            ValueError: the dtype is not the weights'.
            RuntimeError: the shape does not fit.
        """
        weight = self._flat_weights[0]
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        expected = 2 if batch_sizes is not None else 3
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def get_expected_hidden_size(self, input: Any, batch_sizes: Any) -> tuple[int, int, int]:
        """The shape that the hidden state has to have.

        Args:
            input: the padded or packed input.
            batch_sizes: of a packed input, else None.
        """
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def _state_size(self, input: Any, batch_sizes: Any, size: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0) if self.batch_first else input.size(1)
        return (self.num_layers * (2 if self.bidirectional else 1), batch, size)

    def check_hidden_size(
        self,
        hx: Any,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        """Refuse a state of another shape.

        Args:
            hx: the state.
            expected_hidden_size: its shape.
            msg: the error's text, with two places for the shapes.

        Raises:
            RuntimeError: the shape is another one.
        """
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Any, hidden: Any, batch_sizes: Any) -> None:
        """Refuse inputs and states that do not fit; ``hidden`` may be None.

        Args:
            input: the padded or packed input.
            hidden: the hidden state.
            batch_sizes: of a packed input, else None.
        """
        self.check_input(input, batch_sizes)
        if hidden is not None:
            self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Any) -> Any:
        """The state with its batch in another order.

        Args:
            hx: the state.
            permutation: the order, or None for the same.
        """
        return hx if permutation is None or hx is None else hx.index_select(1, permutation)

    def _run(self, input: Any, hx: Any, batch_sizes: Any) -> tuple[Any, Any]:
        output, *last = network(
            self.mode,
            input,
            batch_sizes,
            hx,
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            bool(self.bidirectional),
            self.batch_first and batch_sizes is None,
        )
        return output, tuple(last) if self.mode == "LSTM" else last[0]

    def _on_packed(self, packed: PackedSequence, hx: Any) -> tuple[Any, Any]:
        """The forward pass of a packed sequence."""
        data, batch_sizes, order, back = packed
        hx = self.permute_hidden(hx, order)
        self._check_packed(data, hx, batch_sizes)
        output, last = self._run(data, hx, batch_sizes)
        return PackedSequence(output, batch_sizes, order, back), self.permute_hidden(last, back)

    def _check_packed(self, data: Any, hx: Any, batch_sizes: Any) -> None:
        self.check_forward_args(data, hx, batch_sizes)

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size != 0:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first is not False:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            text += f", bidirectional={self.bidirectional}"
        return text


def _check_dropout(dropout: Any, num_layers: int) -> None:
    if not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1 or isinstance(dropout, bool):  # type: ignore[operator]
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:  # type: ignore[operator]
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )


def _check_types(**given: tuple[Any, type]) -> None:
    for name, (value, kind) in given.items():
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")


class _OneState(RNNBase):
    """A network whose only state is the hidden one."""

    _wrong_dimensions: str

    @on_tensors
    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Run over a sequence.

        Args:
            input: (time, batch, features), (batch, time, features) with ``batch_first``, (time, features), or packed.
            hx: the first hidden state (layers * directions, batch, size), without batch for an input without one;
                default zeros.

        Returns:
            The last layer's hidden states (time, batch, directions * size), and the last hidden state of all layers.

        Raises:
            ValueError: the input has another number of dimensions or another dtype.
            RuntimeError: shapes do not fit.
        """
        if isinstance(input, PackedSequence):
            return self._on_packed(input, hx)
        dims = input.dim()
        if dims not in (2, 3):
            raise ValueError(self._wrong_dimensions.format(dims))
        batch_dim = 0 if self.batch_first else 1
        if dims == 2:
            input = input.unsqueeze(batch_dim)
        if hx is not None:
            if hx.dim() != dims:
                kind = "batched 3-D" if dims == 3 else "unbatched 2-D"
                raise RuntimeError(
                    f"For {kind} input, hx should also be {dims}-D but got {hx.dim()}-D tensor"
                )
            if dims == 2:
                hx = hx.unsqueeze(1)
        self.check_forward_args(input, hx, None)
        output, last = self._run(input, hx, None)
        return (output, last) if dims == 3 else (output.squeeze(batch_dim), last.squeeze(1))


def _refuse_projection(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(_OneState):
    r"""Elman's recurrent network, :math:`h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})`.

    Finding structure in time, https://doi.org/10.1207/s15516709cog1402_1;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        num_layers: layers, each on top of the one before; default 1.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        bias: whether there are biases; default True.
        batch_first: whether input and output are (batch, time, features) rather than (time, batch, features).
        dropout: probability of an element to be dropped between layers, in training.
        bidirectional: whether each layer also runs backwards in time.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        TypeError: an argument has another type.
        ValueError: an argument is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> output, last = torch.nn.RNN(10, 20, 2)(torch.ones(5, 3, 10))
        >>> output.shape, last.shape
        (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    _wrong_dimensions = "RNN: Expected input to be 2D or 3D, got {}D tensor instead"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__("RNN_TANH" if nonlinearity == "tanh" else "RNN_RELU", *args, **kwargs)
        self.nonlinearity = nonlinearity


class GRU(_OneState):
    r"""Gated recurrent network.

    .. math::
        r_t, z_t = \sigma(W_i x_t + b_i + W_h h_{t-1} + b_h), \quad
        n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})), \quad
        h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    Learning phrase representations using RNN encoder-decoder, https://arxiv.org/abs/1406.1078;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html

    Args:
        input_size: features of the input.
        hidden_size: features of the hidden state.
        num_layers: layers, each on top of the one before; default 1.
        bias: whether there are biases; default True.
        batch_first: whether input and output are (batch, time, features) rather than (time, batch, features).
        dropout: probability of an element to be dropped between layers, in training.
        bidirectional: whether each layer also runs backwards in time.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        TypeError: an argument has another type.
        ValueError: an argument is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> output, last = torch.nn.GRU(10, 20, batch_first=True)(torch.ones(3, 5, 10))
        >>> output.shape, last.shape
        (torch.Size([3, 5, 20]), torch.Size([1, 3, 20]))
    """

    _wrong_dimensions = "GRU: Expected input to be 2D or 3D, got {}D instead"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    r"""Long short-term memory.

    .. math::
        i_t, f_t, o_t = \sigma(W_i x_t + b_i + W_h h_{t-1} + b_h), \quad
        g_t = \tanh(W_{ig} x_t + b_{ig} + W_{hg} h_{t-1} + b_{hg}), \quad
        c_t = f_t \odot c_{t-1} + i_t \odot g_t, \quad h_t = o_t \odot \tanh(c_t)

    With ``proj_size`` the hidden state is :math:`W_{hr} h_t`. https://doi.org/10.1162/neco.1997.9.8.1735;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html

    Args:
        input_size: features of the input.
        hidden_size: features of the cell, and of the hidden state if it is not projected.
        num_layers: layers, each on top of the one before; default 1.
        bias: whether there are biases; default True.
        batch_first: whether input and output are (batch, time, features) rather than (time, batch, features).
        dropout: probability of an element to be dropped between layers, in training.
        bidirectional: whether each layer also runs backwards in time.
        proj_size: size that the hidden state is projected to; 0 for none.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        TypeError: an argument has another type.
        ValueError: an argument is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> output, (h, c) = torch.nn.LSTM(10, 20, 2, bidirectional=True)(torch.ones(5, 3, 10))
        >>> output.shape, h.shape, c.shape
        (torch.Size([5, 3, 40]), torch.Size([4, 3, 20]), torch.Size([4, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Any, batch_sizes: Any) -> tuple[int, int, int]:
        """The shape that the cell has to have.

        Args:
            input: the padded or packed input.
            batch_sizes: of a packed input, else None.
        """
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Any, hidden: Any, batch_sizes: Any) -> None:
        """Refuse inputs and states that do not fit; ``hidden`` may be None.

        Args:
            input: the padded or packed input.
            hidden: hidden state and cell.
            batch_sizes: of a packed input, else None.
        """
        self.check_input(input, batch_sizes)
        self._check_states(input, hidden, batch_sizes)

    def _check_states(self, input: Any, hidden: Any, batch_sizes: Any) -> None:
        if hidden is None:
            return
        self.check_hidden_size(
            hidden[0], self.get_expected_hidden_size(input, batch_sizes), "Expected hidden[0] size {}, got {}"
        )
        self.check_hidden_size(
            hidden[1], self.get_expected_cell_size(input, batch_sizes), "Expected hidden[1] size {}, got {}"
        )

    def _check_packed(self, data: Any, hx: Any, batch_sizes: Any) -> None:
        # torch leaves a packed LSTM's input to the product of matrices, which refuses another dtype too.
        if type(hx) in TENSOR_TYPES:
            raise TypeError(
                "lstm() received an invalid combination of arguments - got (Tensor, Tensor, Tensor, list, bool, int, "
                "float, bool, bool), but expected one of:"
            )
        if data.size(-1) != self.input_size:
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({data.size(0)}x{data.size(-1)} and "
                f"{self.input_size}x{4 * self.hidden_size})"
            )
        self._check_states(data, hx, batch_sizes)

    def permute_hidden(self, hx: Any, permutation: Any) -> Any:
        """Hidden state and cell with their batch in another order.

        Args:
            hx: the two.
            permutation: the order, or None for the same.
        """
        if permutation is None or hx is None:
            return hx
        return hx[0].index_select(1, permutation), hx[1].index_select(1, permutation)

    @on_tensors
    def forward(self, input: Any, hx: tuple[Any, Any] | None = None) -> tuple[Any, tuple[Any, Any]]:
        """Run over a sequence.

        Args:
            input: (time, batch, features), (batch, time, features) with ``batch_first``, (time, features), or packed.
            hx: the first hidden state (layers * directions, batch, size) and the first cell, without batch for an
                input without one; default zeros.

        Returns:
            The last layer's hidden states (time, batch, directions * size), and the last hidden state and cell of all
            layers.

        Raises:
            ValueError: the input has another number of dimensions or another dtype.
            RuntimeError: shapes do not fit.
        """
        if isinstance(input, PackedSequence):
            return self._on_packed(input, hx)
        dims = input.dim()
        if dims not in (2, 3):
            raise ValueError(f"LSTM: Expected input to be 2D or 3D, got {dims}D instead")
        batch_dim = 0 if self.batch_first else 1
        if dims == 2:
            input = input.unsqueeze(batch_dim)
        if hx is not None:
            if hx[0].dim() != dims or hx[1].dim() != dims:
                kind = "batched 3-D" if dims == 3 else "unbatched 2-D"
                raise RuntimeError(
                    f"For {kind} input, hx and cx should also be {dims}-D but got "
                    f"({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
                )
            if dims == 2:
                hx = (hx[0].unsqueeze(1), hx[1].unsqueeze(1))
        self.check_forward_args(input, hx, None)
        output, last = self._run(input, hx, None)
        if dims == 3:
            return output, last
        return output.squeeze(batch_dim), (last[0].squeeze(1), last[1].squeeze(1))
