"""Recurrent networks: one scan over time for each layer and direction, inside one operation."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .nn_activation import relu
from .nn_dropout import dropout_op
from .nn_rules import accumulator
from .op import op
from .pointwise_rules import scalar_name
from .promotion import cast

__all__ = ["GATES", "recurrent", "recurrent_cell"]

# Blocks of rows of a layer's weights.
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _times(x: Any, weight: Any) -> Any:
    """``x @ weight.T`` on the last dimension, the weight as it lies."""
    return lax.dot_general(x, weight, (((x.ndim - 1,), (1,)), ((), ())))


@functools.partial(jax.jit, static_argnums=0)
def _step(mode: str, h: Any, c: Any, given: Any, offset: Any, weight: Any, project: Any) -> tuple[Any, Any]:
    """The next hidden state (and cell) from the input's part of the gates.

    Traced and differentiated once for all lengths, directions and layers of a size, for it is jitted.

    Args:
        mode: the kind of network.
        h: hidden state (batch, hidden or projected size).
        c: cell of an LSTM, else None.
        given: the input's part (batch, gates), for all but the GRU with both biases.
        offset: the hidden part's bias of a GRU's candidate, else None.
        weight: (gates, size of h).
        project: weight of an LSTM's projection, or None.
    """
    own = _times(h, weight)
    if mode == "LSTM":
        i, f, g, o = jnp.split(given + own, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h if project is None else _times(h, project)), c
    if mode == "GRU":
        size = h.shape[-1]
        gates = jax.nn.sigmoid(given[..., : 2 * size] + own[..., : 2 * size])
        r, z = jnp.split(gates, 2, -1)
        candidate = jnp.tanh(given[..., 2 * size :] + r * (own[..., 2 * size :] + offset))
        return candidate + z * (h - candidate), None
    gates = given + own
    return (jnp.tanh(gates) if mode == "RNN_TANH" else relu.op.fn(gates)), None


def _scan(
    mode: str, reverse: bool, given: Any, offset: Any, h: Any, c: Any, weight: Any, project: Any, valid: Any
) -> tuple[Any, Any, Any]:
    """All hidden states (time, batch, size), the last one and the last cell; time runs backwards if ``reverse``."""

    def step(state: Any, now: Any) -> Any:
        h, c = state
        new_h, new_c = _step(mode, h, c, now[0], now[1], weight, project)
        if now[2] is not None:
            # A sequence that has ended, or not begun when time runs backwards, keeps its state.
            new_h = jnp.where(now[2], new_h, h)
            new_c = None if c is None else jnp.where(now[2], new_c, c)
        return (new_h, new_c), new_h

    (last, cell), states = lax.scan(step, (h, c), (given, offset, valid), reverse=reverse)
    return states, last, cell


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _layer(
    mode: str, reverse: bool, given: Any, offset: Any, h: Any, c: Any, weight: Any, project: Any, valid: Any
) -> tuple[Any, Any, Any]:
    """:func:`_scan` with a gradient whose part for ``weight`` is one product over all time steps.

    Differentiating the scan itself adds up that part in each step, the largest product of the backward pass T times.
    """
    return _scan(mode, reverse, given, offset, h, c, weight, project, valid)


@_layer.defjvp
def _layer_jvp(mode: str, reverse: bool, primals: Any, tangents: Any) -> Any:
    given, offset, h, c, weight, project, valid = primals
    d_given, d_offset, d_h, d_c, d_weight, d_project, _ = tangents

    def run(*free: Any) -> Any:
        given, offset, h, c, project = free
        return _scan(mode, reverse, given, offset, h, c, weight, project, valid)

    out, linear = jax.linearize(run, given, offset, h, c, project)
    # What the weight's change adds to the gates of each step enters where the input's part does.
    states = out[0]
    before = jnp.concatenate([states[1:], h[None]]) if reverse else jnp.concatenate([h[None], states[:-1]])
    change = _times(before, d_weight)
    if mode == "GRU":
        size = h.shape[-1]
        d_offset = d_offset + change[..., 2 * size :]
        change = jnp.concatenate([change[..., : 2 * size], jnp.zeros_like(change[..., 2 * size :])], -1)
    return out, linear(d_given + change, d_offset, d_h, d_c, d_project)


def _direction(mode: str, reverse: bool, x: Any, h: Any, c: Any, weights: Any, bias: bool, valid: Any) -> Any:
    """One layer in one direction."""
    w_ih, w_hh = weights[:2]
    b_ih: Any
    b_hh: Any
    b_ih, b_hh = weights[2:4] if bias else (None, None)
    project = weights[-1] if len(weights) in (3, 5) else None
    given = _times(x, w_ih)  # of all time steps in one product
    offset = None
    if bias:
        given = given + b_ih
        if mode != "GRU":
            given = given + b_hh
    if mode == "GRU":
        size = h.shape[-1]
        offset = jnp.zeros((*given.shape[:-1], size), given.dtype)
        if bias:
            given = given + jnp.concatenate([b_hh[: 2 * size], jnp.zeros_like(b_hh[2 * size :])])
            offset = offset + b_hh[2 * size :]
    return _layer(mode, reverse, given, offset, h, c, w_hh, project, valid)


def _same_dtype(x: Any, weight: Any) -> None:
    if x.dtype != weight.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {scalar_name(x)} and {scalar_name(weight)}"
        )


def _grad_name(*bound: Any) -> str:
    """What torch's composition of smaller operations ends with."""
    mode, batch_first, bidirectional = bound[4], bound[6], bound[9]
    if bound[1] is None and batch_first:
        return "TransposeBackward0" if mode == "LSTM" else "TransposeBackward1"
    if bound[1] is not None or bidirectional:
        return "CatBackward0"
    return "MkldnnRnnLayerBackward0" if mode == "LSTM" else "StackBackward0"


@op(grad_name=_grad_name, numbers=("dropout",))
def recurrent(
    input: Any,
    batch_sizes: Any,
    hx: Any,
    weights: Any,
    mode: str,
    batch: int,
    batch_first: bool,
    bias: bool,
    num_layers: int,
    bidirectional: bool,
    random_key: Any,
    dropout: float,
    ordinals: Any,
) -> Any:
    """A whole recurrent network; see :class:`jaxlearn.nn.LSTM` and its like.

    Args:
        input: (time, batch, features), with ``batch_first`` (batch, time, features), or packed (all steps, features).
        batch_sizes: (time,) of a packed input, else None.
        hx: the first hidden state (layers * directions, batch, size) and, for an LSTM, cell; None for zeros.
        weights: of each layer and direction in turn: ``w_ih, w_hh`` (``, b_ih, b_hh``) (``, w_hr``).
        mode: a key of GATES.
        batch: of the input.
        batch_first: whether the batch is the input's and output's first dimension.
        bias: whether the weights include biases.
        num_layers: number of layers.
        bidirectional: whether each layer also runs backwards in time.
        random_key: the step's key (2,) uint32 for dropout between layers, or None for none.
        dropout: its probability.
        ordinals: which masks of the step the layers take.

    Returns:
        The last layer's hidden states, the last hidden states of all layers, and for an LSTM their last cells.

    Raises:
        RuntimeError: the sequence is empty.
    """
    for x in (input, *(hx or ())):
        _same_dtype(x, weights[0])
    dtype = input.dtype
    x = accumulator(input)
    wide = [accumulator(w) for w in weights]
    valid = None
    if batch_sizes is not None:
        steps = jnp.arange(x.shape[0])
        ends = jnp.cumsum(batch_sizes)
        starts = ends - batch_sizes
        time = jnp.searchsorted(ends, steps, side="right")
        place = (time, steps - starts[time])
        valid = (jnp.arange(batch) < batch_sizes[:, None])[..., None]
        x = jnp.zeros((batch_sizes.shape[0], batch, x.shape[-1]), x.dtype).at[place].set(x)
    elif batch_first:
        x = jnp.swapaxes(x, 0, 1)
    if x.shape[0] == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    directions = 2 if bidirectional else 1
    count = len(wide) // (num_layers * directions)
    hidden = wide[1].shape[1]
    cells = wide[0].shape[0] // GATES[mode]
    last_h, last_c = [], []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            n = layer * directions + direction
            h = jnp.zeros((batch, hidden), x.dtype) if hx is None else accumulator(hx[0][n])
            c = None
            if mode == "LSTM":
                c = jnp.zeros((batch, cells), x.dtype) if hx is None else accumulator(hx[1][n])
            own = wide[n * count : (n + 1) * count]
            states, h, c = _direction(mode, direction == 1, x, h, c, own, bias, valid)
            outputs.append(states)
            last_h.append(h)
            last_c.append(c)
        x = outputs[0] if directions == 1 else jnp.concatenate(outputs, -1)
        if random_key is not None and layer + 1 < num_layers:
            x = dropout_op.op.fn(x, random_key, dropout, ordinals[layer])
    if batch_sizes is not None:
        x = x[place]
    elif batch_first:
        x = jnp.swapaxes(x, 0, 1)
    results = [x, jnp.stack(last_h)] + ([jnp.stack(last_c)] if mode == "LSTM" else [])
    return tuple(cast(r, dtype) for r in results)


_CELL_NAMES = {
    "RNN_TANH": "TanhBackward0",
    "RNN_RELU": "ReluBackward0",
    "GRU": "AddBackward0",
    "LSTM": "MulBackward0",
}


@op(grad_name=lambda *bound: _CELL_NAMES[bound[7]])
def recurrent_cell(input: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, mode: str) -> Any:
    """One step of a recurrent network; see :class:`jaxlearn.nn.LSTMCell` and its like.

    Args:
        input: (batch, features).
        h: hidden state (batch, size).
        c: cell of an LSTM (batch, size), else None.
        w_ih: (gates * size, features).
        w_hh: (gates * size, size).
        b_ih: (gates * size,), or None.
        b_hh: (gates * size,), or None.
        mode: a key of GATES.

    Returns:
        The next hidden state; for an LSTM a pair with the next cell.

    Raises:
        RuntimeError: sizes do not match.
    """
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}"
        )
    states: list[tuple[str, Any]] = [("0", h)] if c is None else [("0", h), ("1", c)]
    for label, state in states:
        if state.shape[0] != input.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{label} batch size {state.shape[0]}"
            )
        if state.shape[1] != w_hh.shape[1]:
            raise RuntimeError(
                f"hidden{label} has inconsistent hidden_size: got {state.shape[1]}, expected {w_hh.shape[1]}"
            )
    for given, w in ((input, w_ih), (h, w_hh)):
        _same_dtype(given, w)
    x, h_wide, wi, wh = (accumulator(v) for v in (input, h, w_ih, w_hh))
    given = _times(x, wi)
    size = h.shape[1]
    offset: Any = 0
    if b_ih is not None:
        given = given + accumulator(b_ih)
    if b_hh is not None and mode == "GRU":
        given = given.at[..., : 2 * size].add(accumulator(b_hh)[: 2 * size])
        offset = accumulator(b_hh)[2 * size :]
    elif b_hh is not None:
        given = given + accumulator(b_hh)
    cell = None if c is None else accumulator(c)
    new_h, new_c = _step(mode, h_wide, cell, given, offset, wh, None)
    return cast(new_h, input.dtype) if c is None else (cast(new_h, input.dtype), cast(new_c, input.dtype))
