"""Recurrent networks and packed sequences against torch, beyond the samples of the module database."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn

from .helper import same

pytestmark = [pytest.mark.unoptimized, pytest.mark.filterwarnings("ignore::UserWarning")]

LENGTHS = [3, 5, 2]


def sequences(torch, dtype="float32"):
    rng = np.random.default_rng(0)
    return [
        torch.tensor(rng.normal(size=(n, 3)).astype(dtype), requires_grad=dtype == "float32") for n in LENGTHS
    ]


PACKING = {
    "pad": lambda torch, r: r.pad_sequence(sequences(torch)),
    "pad left": lambda torch, r: r.pad_sequence(sequences(torch), True, -1.5, "left"),
    "pad integers": lambda torch, r: r.pad_sequence(
        [torch.tensor([1, 2]), torch.tensor([3])], padding_value=7
    ),
    "pack": lambda torch, r: r.pack_sequence(sequences(torch), enforce_sorted=False),
    "pack sorted": lambda torch, r: r.pack_sequence(sorted(sequences(torch), key=len, reverse=True)),
    "pack padded": lambda torch, r: r.pack_padded_sequence(
        torch.arange(24.0).reshape(2, 4, 3), torch.tensor([4, 2]), batch_first=True
    ),
    "round trip": lambda torch, r: r.pad_packed_sequence(r.pack_sequence(sequences(torch), False)),
    "total length": lambda torch, r: r.pad_packed_sequence(
        r.pack_sequence(sequences(torch), False), True, 9.0, 7
    ),
    "unpack": lambda torch, r: r.unpack_sequence(r.pack_sequence(sequences(torch), False)),
    "unpad": lambda torch, r: r.unpad_sequence(torch.arange(12).reshape(4, 3), torch.tensor([4, 1, 2])),
    "invert": lambda torch, r: r.invert_permutation(torch.tensor([2, 0, 1])),
    "double": lambda torch, r: r.pack_sequence(sequences(torch), False).double(),
    "lengths differ": lambda torch, r: r.pack_padded_sequence(torch.ones(4, 2), [4]),
    "not sorted": lambda torch, r: r.pack_padded_sequence(torch.ones(4, 2), [2, 4]),
    "length 0": lambda torch, r: r.pack_padded_sequence(torch.ones(4, 2), [4, 0]),
    "nothing": lambda torch, r: r.pack_padded_sequence(torch.ones(0, 2), [4, 0]),
    "lengths 2-D": lambda torch, r: r.pack_padded_sequence(torch.ones(4, 2), torch.tensor([[2, 4]])),
    "no sequences": lambda torch, r: r.pad_sequence([]),
    "other sizes": lambda torch, r: r.pad_sequence([torch.ones(2, 3), torch.ones(2, 4)]),
    "side": lambda torch, r: r.pad_sequence([torch.ones(2)], padding_side="x"),
    "no iterable": lambda torch, r: r.pad_sequence(3),
    "total too short": lambda torch, r: r.pad_packed_sequence(
        r.pack_sequence(sequences(torch), False), total_length=2
    ),
}


@pytest.mark.parametrize("name", PACKING)
def test_packing(name):
    same(lambda torch: PACKING[name](torch, torch.nn.utils.rnn), message=True)


# With a first state or without one.
NETWORKS = {
    "LSTM(3, 4, batch_first=True, bidirectional=True)": False,
    "LSTM(3, 5, 2, proj_size=2)": True,
    "GRU(3, 4, bidirectional=True)": True,
    "GRU(3, 4, bias=False)": False,
    "RNN(3, 4, nonlinearity='relu')": True,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_packed(name):
    """A packed batch with sequences of different lengths: output, states, all gradients."""

    def program(torch):
        torch.manual_seed(0)
        net = eval("nn." + name, {"nn": torch.nn})
        inputs = sequences(torch)
        packed = torch.nn.utils.rnn.pack_sequence(inputs, enforce_sorted=False)
        first = None
        if NETWORKS[name]:
            layers = net.num_layers * (2 if net.bidirectional else 1)
            first = torch.linspace(-1, 1, layers * 3 * (net.proj_size or net.hidden_size))
            first = first.reshape(layers, 3, -1).requires_grad_()
            if net.mode == "LSTM":
                first = (first, torch.linspace(0, 1, layers * 3 * net.hidden_size).reshape(layers, 3, -1))
        out, last = net(packed, first)
        padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(out)
        parts = [padded, *(last if isinstance(last, tuple) else (last,))]
        total = sum((p * torch.linspace(0.5, 1, p.numel()).reshape(p.shape)).sum() for p in parts)
        total.backward()
        grads = [x.grad for x in inputs] + [p.grad for p in net.parameters()]
        return parts, lengths, out.data, grads

    # float32 gradients summed over time in another order than torch's
    same(program, atol=3e-5)


def test_functions():
    """The networks as functions of torch's top level, with positional and named arguments."""

    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.LSTM(3, 4, 2)
        x, h, c = torch.rand(5, 2, 3), torch.rand(2, 2, 4), torch.rand(2, 2, 4)
        params = list(net.parameters())
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, [5, 3])
        gru = list(torch.nn.GRU(3, 4, bias=False).parameters())
        cell = torch.nn.LSTMCell(3, 4)
        return (
            torch.lstm(x, (h, c), params, True, 2, 0.0, False, False, False),
            torch.lstm(packed.data, packed.batch_sizes, (h, c), params, True, 2, 0.0, False, False),
            torch.gru(x, h[:1], gru, False, 1, 0.0, False, False, False),
            torch.lstm_cell(x[0], (h[0], c[0]), *cell.parameters()),
            torch.gru_cell(x[0], h[0], *gru),
            torch.rnn_tanh_cell(x[0], h[0], gru[0][:4], gru[1][:4]),
        )

    same(program)


def test_dropout_between_layers():
    """With probability 1 the second layer sees zeros; the masks of the layers differ; evaluation drops nothing."""

    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.GRU(3, 4, 2, dropout=1.0)
        x = torch.rand(5, 2, 3)
        return net(x), net.eval()(x)

    same(program)
    net = jaxlearn.nn.LSTM(3, 64, 3, dropout=0.5)
    first, second = net(jaxlearn.ones(4, 2, 3))[0], net(jaxlearn.ones(4, 2, 3))[0]
    assert not jaxlearn.equal(first, second)


def test_weight_gradient_is_one_product():
    """Two loops over time, forward and backward; the weights' gradients are no part of them."""
    import jax

    from jaxlearn.ops.nn_recurrent import recurrent

    def loss(weights):
        out = recurrent.op.fn(np.ones((5, 2, 3), np.float32), None, None, weights, "LSTM", 2, False, True, 1, False,
                              None, 0.0, None)  # fmt: skip
        return out[0].sum()

    weights = [np.ones(s, np.float32) for s in ((16, 3), (16, 4), (16,), (16,))]
    text = jax.jit(jax.grad(loss)).lower(weights).as_text()
    assert text.count("stablehlo.while") == 2
    loops = text.split("stablehlo.while")[1:]
    assert all(
        "tensor<16x4xf32>, tensor<16x4xf32>" not in loop.split("stablehlo.return")[0] for loop in loops
    )
