"""Recurrent networks as functions; torch has them on its top level only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._tensor.dispatch import TENSOR_TYPES
from ..._tensor.step_key import step_key
from ...ops.nn_recurrent import recurrent, recurrent_cell

__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "network",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]


def network(
    mode: str,
    input: Any,
    batch_sizes: Any,
    hx: Any,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool = False,
) -> tuple[Any, ...]:
    """A recurrent network; ``hx`` may be None for zeros.

    Args:
        mode: ``"LSTM"``, ``"GRU"``, ``"RNN_TANH"`` or ``"RNN_RELU"``.
        input: (time, batch, features), with ``batch_first`` (batch, time, features), or packed (all steps, features).
        batch_sizes: of a packed input, else None; on the host.
        hx: the first hidden state, for an LSTM a pair of it and the first cell; or None.
        params: the weights of all layers and directions.
        has_biases: whether they include biases.
        num_layers: number of layers.
        dropout: probability of an element to be dropped between layers.
        train: whether anything is dropped.
        bidirectional: whether the layers run in both directions.
        batch_first: whether the input's first dimension is the batch.
    """
    if batch_sizes is None:
        batch = input.shape[0 if batch_first else 1]
    else:
        batch = int(batch_sizes[0])
        batch_sizes = batch_sizes.to(input.device)
    states = hx if hx is None else list(hx) if mode == "LSTM" else [hx]
    key, ordinals = None, None
    if train and dropout > 0 and num_layers > 1:
        drawn = [step_key() for _ in range(num_layers - 1)]
        key, ordinals = drawn[0][0], [ordinal for _, ordinal in drawn]
    return recurrent(
        input,
        batch_sizes,
        states,
        list(params),
        mode,
        batch,
        batch_first,
        has_biases,
        num_layers,
        bidirectional,
        key,
        float(dropout),
        ordinals,
    )


def _either(mode: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """A call of a padded or a packed network: the latter has ``batch_sizes`` in second place and no ``batch_first``."""
    packed = (
        "data" in kwargs or "batch_sizes" in kwargs or (len(args) > 3 and isinstance(args[3], (list, tuple)))
    )
    if packed:
        if "data" in kwargs:
            kwargs["input"] = kwargs.pop("data")
        return network(mode, *args, **kwargs)
    if args:
        input, *args = args
    else:
        input = kwargs.pop("input")
    return network(mode, input, None, *args, **kwargs)


def lstm(*args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
    """An LSTM, :class:`jaxlearn.nn.LSTM`, on given weights.

    ``lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`` or, of a packed
    sequence, ``lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)``.

    Args:
        args: as above; ``hx`` is a pair of hidden state and cell, ``params`` a list of all layers' weights.
        kwargs: the same by name.

    Returns:
        Output, last hidden state and last cell.

    Example::

        >>> import jaxlearn as torch
        >>> net = torch.nn.LSTM(3, 4)
        >>> x, state = torch.ones(5, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4))
        >>> out, h, c = torch.lstm(x, state, list(net.parameters()), True, 1, 0.0, False, False, False)
        >>> out.shape
        torch.Size([5, 2, 4])
    """
    return _either("LSTM", args, kwargs)


def gru(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """A gated recurrent network, :class:`jaxlearn.nn.GRU`, on given weights.

    Args:
        args: as for :func:`lstm`; ``hx`` is the hidden state.
        kwargs: the same by name.

    Returns:
        Output and last hidden state.
    """
    return _either("GRU", args, kwargs)


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """An Elman network with tanh, :class:`jaxlearn.nn.RNN`, on given weights.

    Args:
        args: as for :func:`lstm`; ``hx`` is the hidden state.
        kwargs: the same by name.

    Returns:
        Output and last hidden state.
    """
    return _either("RNN_TANH", args, kwargs)


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """An Elman network with ReLU, :class:`jaxlearn.nn.RNN`, on given weights.

    Args:
        args: as for :func:`lstm`; ``hx`` is the hidden state.
        kwargs: the same by name.

    Returns:
        Output and last hidden state.
    """
    return _either("RNN_RELU", args, kwargs)


def lstm_cell(
    input: Any, hx: Sequence[Any], w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, Any]:
    """One step of an LSTM; see :class:`jaxlearn.nn.LSTMCell`.

    Args:
        input: (batch, features).
        hx: hidden state and cell, each (batch, size).
        w_ih: (4 * size, features).
        w_hh: (4 * size, size).
        b_ih: (4 * size,).
        b_hh: (4 * size,).

    Returns:
        The next hidden state and cell.

    Raises:
        RuntimeError: sizes do not match.
    """
    if type(hx) in TENSOR_TYPES:
        raise TypeError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor")
    return recurrent_cell(input, hx[0], hx[1], w_ih, w_hh, b_ih, b_hh, "LSTM")


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of a gated recurrent network; see :class:`jaxlearn.nn.GRUCell`.

    Args:
        input: (batch, features).
        hx: hidden state (batch, size).
        w_ih: (3 * size, features).
        w_hh: (3 * size, size).
        b_ih: (3 * size,).
        b_hh: (3 * size,).

    Raises:
        RuntimeError: sizes do not match.
    """
    return recurrent_cell(input, hx, None, w_ih, w_hh, b_ih, b_hh, "GRU")


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of an Elman network with tanh; see :class:`jaxlearn.nn.RNNCell`.

    Args:
        input: (batch, features).
        hx: hidden state (batch, size).
        w_ih: (size, features).
        w_hh: (size, size).
        b_ih: (size,).
        b_hh: (size,).

    Raises:
        RuntimeError: sizes do not match.
    """
    return recurrent_cell(input, hx, None, w_ih, w_hh, b_ih, b_hh, "RNN_TANH")


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of an Elman network with ReLU; see :class:`jaxlearn.nn.RNNCell`.

    Args:
        input: (batch, features).
        hx: hidden state (batch, size).
        w_ih: (size, features).
        w_hh: (size, size).
        b_ih: (size,).
        b_hh: (size,).

    Raises:
        RuntimeError: sizes do not match.
    """
    return recurrent_cell(input, hx, None, w_ih, w_hh, b_ih, b_hh, "RNN_RELU")
