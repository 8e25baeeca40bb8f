"""Graphs whose sizes vary are computed in NumPy: the same values as XLA's, and few compiles."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn._engine.host_loops import NESTED
from jaxlearn._engine.host_program import HostProgram, _Foreign, host_program
from jaxlearn._engine.host_rules import RULES
from jaxlearn._engine.program import clear_cache
from jaxlearn._engine.signature import Signature

pytestmark = pytest.mark.unoptimized

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4)).astype(np.float32)
UNIT = RNG.uniform(0.05, 0.95, (3, 4)).astype(np.float32)
WHOLE = RNG.integers(-5, 6, (3, 4))
SPECIAL = np.array([0.0, -0.0, 1.5, -2.5, np.nan, np.inf, -np.inf, 3e38, -7e9], np.float32)
INDEX = np.array([[2, 0], [-1, 3], [5, 1], [0, 9]])
CUBE = RNG.standard_normal((2, 3, 4)).astype(np.float32)


def gathered(mode):
    numbers = lax.GatherDimensionNumbers((1,), (0,), (0, 1))
    return lambda x, i: lax.gather(x, i, numbers, (1, 2), mode=mode)


def scattered(mode, function):
    numbers = lax.ScatterDimensionNumbers((1,), (0,), (0, 1))
    return lambda x, i, u: function(x, i, u, numbers, mode=mode)


def loop(reverse=False, **options):
    def step(carry, x):
        total, count = carry
        total = jnp.tanh(total * 0.5 + x)
        return (total, count * 3), (total.sum(), {"before": carry[0], "count": count})

    return lambda x, y: lax.scan(step, (y, jnp.int32(7)), x, reverse=reverse, **options)


def recurrence(reverse):
    def step(weight, h, x):
        h = jnp.where(x[:1] > 0, jnp.tanh(h @ weight + x), h)
        return h, lax.dynamic_update_slice(h, jax.nn.sigmoid(h[:2]), (1,))

    def loss(weight, h, x):
        h, rows = lax.scan(lambda h, x: step(weight, h, x), h, x, reverse=reverse)
        return h.sum() + (rows**2 * jnp.arange(rows.size).reshape(rows.shape)).sum()

    return jax.value_and_grad(loss, (0, 1, 2))


# Doubles: sums of many products, in whichever order.
PICTURE = RNG.standard_normal((2, 4, 7, 6))
KERNEL = RNG.standard_normal((8, 4, 3, 2))
CONVOLUTIONS = {
    "plain": {},
    "of strides": {"strides": (2, 3), "padding": ((1, 1), (0, 2))},
    "of a kernel with holes": {"rhs_dilation": (2, 1), "strides": (1, 2), "padding": ((0, 3), (1, 0))},
    "of a picture with holes": {"lhs_dilation": (2, 3), "padding": ((2, 1), (1, 4))},
    "that crops": {"padding": ((-1, 1), (2, -2))},
}


def convolution(strides=(1, 1), padding=((0, 0), (0, 0)), **options):
    """A convolution and its gradients."""

    def run(x, weight):
        out, pull = jax.vjp(lambda *a: lax.conv_general_dilated(*a, strides, padding, **options), x, weight)
        return out, pull(jnp.sin(out))

    return run


UNARY = (
    "abs acos asin asinh atan cbrt ceil cos cosh erf erfc exp exp2 expm1 floor is_finite log log1p logistic neg round "
    "rsqrt sign sin sinh sqrt square tan tanh"
).split()
BINARY = "add atan2 div eq ge gt le lt max min mul ne pow rem sub".split()
CASES = {
    **{name: (getattr(lax, name), UNIT) for name in UNARY},
    **{
        f"{name} of special": (getattr(lax, name), SPECIAL) for name in ("abs", "exp", "floor", "log", "sign")
    },
    "acosh": (lax.acosh, UNIT + 1),
    "atanh": (lax.atanh, UNIT),
    "erf_inv": (lax.erf_inv, UNIT),
    "half to even": (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), SPECIAL),
    **{name: (getattr(lax, name), UNIT, X) for name in BINARY},
    **{f"{f.__name__} of longs": (f, WHOLE, WHOLE[::-1].copy()) for f in (lax.add, lax.mul)},
    "extrema of NaN": (lambda x, y: (lax.max(x, y), lax.min(x, y)), SPECIAL, SPECIAL[::-1].copy()),
    **{f"{f.__name__} of ints": (f, WHOLE, WHOLE[::-1].copy()) for f in (lax.div, lax.rem)},
    "halves": (lax.round, SPECIAL),
    "stop": (lax.stop_gradient, X),
    "whole power": (lambda x: (x**3, lax.integer_pow(x, -2)), X),
    "number power": (lambda x: lax.pow(x, np.int32(2)), X),
    "bits": (lambda x, y: (x & y, x | y, x ^ y, ~x), WHOLE, WHOLE[::-1].copy()),
    "truth": (lambda x: (~(x > 0), (x > 0) & (x < 1)), X),
    "float to int": (lambda x: x.astype(np.int32), SPECIAL),
    "float to long": (lambda x: x.astype(np.int64), SPECIAL),
    "float to byte": (lambda x: x.astype(np.uint8), SPECIAL),
    "long to int": (lambda x: x.astype(np.int32), np.array([2**40 + 5, -1])),
    "to bool": (lambda x: x.astype(bool), SPECIAL),
    "clamp": (lambda x: lax.clamp(np.float32(-1), x, np.float32(2)), SPECIAL),
    "select": (lambda x: jnp.where(x > 0, x, 7.0), X),
    "broadcast": (lambda x: jnp.broadcast_to(x[:, None], (3, 5, 4)), X),
    "squeeze": (lambda x: lax.squeeze(x[None], (0,)), X),
    "reshape": (lambda x: x.reshape(2, 6).T, X),
    "join": (lambda x: (jnp.concatenate([x, x], 1), jnp.split(x, [1, 3], 1)), X),
    "stack": (lambda x, y: jnp.stack([x, y], 1), X, UNIT),
    "gradient by whole numbers": (
        lambda x, i: jax.vjp(lambda x, i: x[i].sum(), x, i)[1](np.float32(1))[0],
        X,
        INDEX[:1],
    ),
    "extrema of nothing": (
        lambda x, i: [f(y[:0], (0,)) for f in (lax.reduce_max, lax.reduce_min) for y in (x, i, i > 0)],
        X,
        WHOLE,
    ),
    "unstack": (lambda x: (jnp.unstack(x), jnp.unstack(x, axis=1), jnp.unstack(x[0])), X),
    "total order": (
        lambda x, y: (jnp.searchsorted(jnp.sort(x), y), jnp.searchsorted(jnp.sort(x), y, side="right")),
        SPECIAL,
        np.concatenate([SPECIAL, X[0]]),
    ),
    "total order of ints": (lambda x, y: jnp.searchsorted(jnp.sort(x), y, side="right"), WHOLE[0], WHOLE),
    "next": (lambda x, y: (lax.nextafter(x, y) - x) * 1e7, SPECIAL, SPECIAL[::-1].copy()),
    **{f"loop, reverse={r}": (loop(r), X, UNIT[0]) for r in (False, True)},
    "loop of special": (loop(unroll=2), np.stack([SPECIAL, X.ravel()[:9]]), SPECIAL[::-1].copy()),
    "loop over nothing": (loop(), X[:0], UNIT[0]),
    "loop without rows": (lambda n: lax.scan(lambda c, _: (c * c + 1, c > 9), n, None, length=7), WHOLE),
    "counted loop": (lambda x: lax.fori_loop(2, 9, lambda i, c: c.at[i % 3].mul(i), x), WHOLE[0]),
    "loop in a loop": (
        lambda x: lax.scan(lambda c, row: lax.scan(lambda c, e: (c + e, c * e), c, row), np.float32(0), x),
        X,
    ),
    **{
        f"gradient of a loop, reverse={r}": (recurrence(r), CUBE[0, :, :3], X[0, :3], X[:, 1:])
        for r in (False, True)
    },
    "branches": (
        lambda x: lax.map(lambda i: lax.switch(i, [jnp.sin, lambda v: v * 2, jnp.negative], X[0]), x),
        np.array([-1, 0, 1, 2, 5]),
    ),
    "branch": (lambda x: lax.cond(x.sum() > 0, jnp.sin, lambda v: loop()(v, v[0])[1][1]["before"], x), X),
    "slice": (lambda x: x[1:, ::2], X),
    "dynamic slice": (lambda x, i: lax.dynamic_slice(x, (i, -1), (2, 2)), X, np.int64(7)),
    "dynamic update": (lambda x, i: lax.dynamic_update_slice(x, x[:1, :2], (i, 1)), X, np.int64(2)),
    "pad": (lambda x: lax.pad(x, np.float32(9), ((1, 0, 2), (0, 2, 0))), X),
    "crop": (
        lambda x: (lax.pad(x, x[0, 0], ((-1, 2, 1), (1, -2, 2))), lax.pad(x, x[0, 0], ((-3, 0, 0),) * 2)),
        X,
    ),
    **{
        f"convolution {name}": (convolution(**options), PICTURE, KERNEL)
        for name, options in CONVOLUTIONS.items()
    },
    "convolution of channels": (convolution(feature_group_count=2), PICTURE, KERNEL[:, :2]),
    "convolution in depth": (convolution((1, 1), feature_group_count=4), PICTURE, KERNEL[:, :1]),
    "convolution of ints": (
        lambda x, w: lax.conv(x, w, (1, 2), "SAME"),
        RNG.integers(-5, 6, (2, 3, 5, 6)),
        RNG.integers(-5, 6, (4, 3, 3, 2)),
    ),
    "convolution with channels behind": (
        lambda x, w: lax.conv_general_dilated(
            x, w, (2,), ((1, 2),), dimension_numbers=("NWC", "WIO", "NWC"), lhs_dilation=(3,)
        ),
        CUBE,
        CUBE.reshape(3, 4, 2),
    ),
    "flip": (lambda x: x[:, ::-1], X),
    "iota": (lambda x: x + jnp.arange(4), X),
    "reductions": (lambda x: (x.sum(0), x.max(), x.min(1), x.prod(1), (x > 0).any(0), (x > 0).all(1)), X),
    "sum of bytes": (lambda x: x.sum(), WHOLE.astype(np.uint8)),
    "where extreme": (lambda x: (jnp.argmax(x), jnp.argmin(x)), SPECIAL),
    "running": (lambda x: (jnp.cumsum(x, 1), lax.cumprod(x, 0, reverse=True), lax.cummax(x, 1)), X),
    "sort": (lambda x: (jnp.sort(x), jnp.argsort(x), jnp.argsort(x, descending=True)), SPECIAL),
    "product": (lambda x: x @ x.T, X),
    "batched product": (lambda x: jnp.einsum("bij,bkj->kbi", x, x), CUBE),
    "product of ints": (lambda x: x @ x.T, WHOLE),
    "take": (lambda x, i: jnp.take(x, i, axis=0), X, np.array([2, 0, -1, 7])),
    "take along": (lambda x, i: jnp.take_along_axis(x, i, axis=1), X, np.array([[0], [3], [2]])),
    "advanced index": (lambda x: x[jnp.array([0, 1]), :, jnp.array([3, 2])], CUBE),
    **{f"gather {m}": (gathered(m), X, INDEX) for m in ("clip", "fill")},
    "gather of one": (lambda x, i: jnp.take_along_axis(x, i, axis=0)[0], X[0], np.array([2])),
    "element": (lambda x, i: (x[i], x.at[i].set(9.0), x.at[i].add(1.0)), X[0], np.int64(2)),
    "missing element": (lambda x, i: x.at[i].get(mode="fill"), X[0], np.int64(9)),
    "gather of ints": (gathered("fill"), WHOLE, INDEX),
    **{
        f"{f.__name__} {m}": (scattered(m, f), X, INDEX, RNG.standard_normal((4, 2)).astype(np.float32))
        for m in ("clip", "drop")
        for f in (lax.scatter_add, lax.scatter_mul, lax.scatter_min, lax.scatter_max)
    },
    "scatter": (lambda x: x.at[jnp.array([0, 2, 9])].set(1.0, mode="drop"), X),
    "gradient": (jax.grad(lambda x: jax.nn.log_softmax(x)[:, 1].sum() + jnp.tanh(x).mean()), X),
}


def in_numpy(function, *arrays):
    closed, out = jax.make_jaxpr(function, return_shape=True)(*arrays)
    return HostProgram(closed, jax.tree.structure(out))(arrays)


@pytest.mark.parametrize("case", CASES)
def test_numpy_gives_what_xla_gives(case):
    function, *arrays = CASES[case]
    with jax.enable_x64(True):
        got, expected = in_numpy(function, *arrays), jax.jit(function)(*arrays)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert not any(np.shares_memory(a, x) for x in arrays)
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6)


def test_every_rule_is_tried():
    tried = set()

    def look(jaxpr):
        for eqn in jaxpr.eqns:
            tried.add(eqn.primitive.name)
            for part in jax.tree.leaves(list(eqn.params.values()), is_leaf=lambda x: hasattr(x, "eqns")):
                if hasattr(getattr(part, "jaxpr", part), "eqns"):
                    look(getattr(part, "jaxpr", part))

    with jax.enable_x64(True):
        for function, *arrays in CASES.values():
            look(jax.make_jaxpr(function)(*arrays).jaxpr)
    assert {*RULES, *NESTED} - tried <= {"add_any", "copy", "copy_p", "cummin"}


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True) for _ in range(2)
        )
        self.head = nn.Linear(8, 11)

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def test_a_growing_text_compiles_each_operation_for_few_lengths():
    clear_cache()
    torch.manual_seed(0)
    model = Attention().eval()
    ids = torch.tensor([[1, 2, 3]])

    def generate(ids, count):
        with torch.no_grad():
            for _ in range(count):
                ids = torch.cat([ids, model(ids)[:, -1:].argmax(-1)], 1)
                ids.tolist()
        return ids

    generate(ids, 2)
    torch.reset_stats()
    text = generate(ids, 16)
    assert torch.stats()["op_compiles"] < 40
    assert torch.stats()["compiles"] <= 2
    for length in (7, 15):
        with torch.no_grad():
            by_numpy = model(text[:, :length]).numpy()
            by_xla = torch.compile(model)(text[:, :length]).numpy()
        np.testing.assert_allclose(by_numpy, by_xla, rtol=1e-5, atol=1e-6)
    before = torch.stats()["op_compiles"]
    assert generate(ids, 16).tolist() == text.tolist()
    assert torch.stats()["op_compiles"] == before


def test_gradients_for_many_widths_are_compiled_for_few_of_them():
    clear_cache()
    torch.manual_seed(0)
    model = Attention()

    def backward(ids):
        loss = nn.functional.cross_entropy(model(ids).flatten(0, 1), ids.flatten())
        model.zero_grad()
        loss.backward()
        return loss

    torch.reset_stats()
    for width in (4, 5, 6, 7, 8, 9):
        ids = torch.arange(2 * width).reshape(2, width) % 11
        backward(ids).item()
    assert torch.stats()["compiles"] == 2
    assert torch.stats()["op_by_op"] == 4
    by_numpy = [p.grad.numpy() for p in model.parameters()]
    torch.compile(backward)(ids)
    for parameter, expected in zip(model.parameters(), by_numpy, strict=True):
        np.testing.assert_allclose(expected, parameter.grad.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_for_many_lengths_are_compiled_for_few_of_them(kind):
    clear_cache()
    torch.manual_seed(0)
    model = getattr(nn, kind)(2, 3, bidirectional=True)

    def backward(x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths)
        out, _ = nn.utils.rnn.pad_packed_sequence(model(packed)[0])
        model.zero_grad()
        loss = (out**2).sum()
        loss.backward()
        return loss

    counts = []
    for length in (3, 4, 5, 6, 7, 8, 9, 10):
        torch.reset_stats()
        x, lengths = torch.randn(length, 2, 2), [length, 2]
        loss = backward(x, lengths).item()
        counts.append(torch.stats()["compiles"] + torch.stats()["op_compiles"])
    assert counts[-3:] == [0, 0, 0]
    by_numpy = [p.grad.numpy() for p in model.parameters()]
    clear_cache()
    torch.reset_stats()
    by_xla = backward(x, lengths).item()
    assert torch.stats()["compiles"] == 1
    np.testing.assert_allclose(loss, by_xla, rtol=1e-5)
    for parameter, expected in zip(model.parameters(), by_numpy, strict=True):
        np.testing.assert_allclose(expected, parameter.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_convolutions_for_many_sizes_are_compiled_for_few_of_them():
    clear_cache()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 4, 3, 2, 1), nn.MaxPool2d(2), nn.ConvTranspose2d(4, 2, 3, 2, groups=2))

    def backward(x):
        model.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        return loss.item()

    counts = []
    for size in (8, 9, 10, 11, 12):
        torch.reset_stats()
        x = torch.randn(2, 2, size, size)
        loss = backward(x)
        counts.append(torch.stats()["compiles"] + torch.stats()["op_compiles"])
    assert counts == [1, 1, 0, 0, 0]
    by_numpy = [p.grad.numpy() for p in model.parameters()]
    clear_cache()
    np.testing.assert_allclose(loss, backward(x), rtol=1e-5)
    for parameter, expected in zip(model.parameters(), by_numpy, strict=True):
        np.testing.assert_allclose(expected, parameter.grad.numpy(), rtol=1e-4, atol=1e-5)


def test_a_loop_that_takes_longer_than_compiling_it_is_left_to_xla():
    def program(size, length):
        def fn(x):
            return lax.scan(lambda c, _: (jnp.tanh(c @ x), None), x, None, length=length)[0]

        closed, out = jax.make_jaxpr(fn, return_shape=True)(jax.ShapeDtypeStruct((size, size), np.float32))
        return HostProgram(closed, jax.tree.structure(out))

    assert program(8, 20).seconds < program(8, 200).seconds < program(80, 200).seconds
    for size, length in ((8, 100_000), (2000, 10)):
        with pytest.raises(_Foreign):
            program(size, length)


def test_a_graph_of_many_sizes_is_compiled_when_one_of_them_stays():
    clear_cache()

    def step(size):
        x = y = torch.ones(size, requires_grad=True)
        for _ in range(5):
            y = torch.sin(torch.cumsum(y, 0))
        y.sum().backward()
        return x.grad.tolist()

    for size in (30_000, 30_001, 30_002, 30_003):
        step(size)
    torch.reset_stats()
    for _ in range(200):
        last = step(30_003)
        if torch.stats()["compiles"]:
            break
    assert torch.stats()["compiles"] == 1
    assert 0 < torch.stats()["op_by_op"] < 199
    np.testing.assert_allclose(step(30_003), last, rtol=1e-4)


def test_a_long_graph_of_many_sizes_may_have_more_operations_for_xla_alone():
    clear_cache()
    turns = torch.ones(3, 2, requires_grad=True)
    turns.grad = torch.zeros(3, 2)

    def step(size):
        x = y = torch.ones(size, requires_grad=True)
        for _ in range(50):
            y = torch.sin(y)
        # Complex numbers, of the same shapes each time: eight operations with their gradients.
        parts = [torch.view_as_complex(turns[:n]).abs().sum() for n in (2, 3)]
        (y.sum() + parts[0] + parts[1]).backward()
        return x.grad.tolist()

    torch.reset_stats()
    for size in (3, 4, 5, 6, 7):
        step(size)
    assert torch.stats()["compiles"] == 2


def signature_of(function, size):
    """The signature of an operation on a vector, with nothing known about it but its function's name."""
    tensor = torch.ones(size)._current().aval
    op = SimpleNamespace(refuses=False)
    return Signature(function.__name__, function, [tensor], [float], op=op)


def test_operations_of_many_sizes_are_traced_once_for_each():
    traced = []

    def scaled_softmax(x, factor):
        traced.append(x.shape)
        return jax.nn.softmax(x * factor)

    for size in (3, 4, 5):
        program = host_program(signature_of(scaled_softmax, size))
        found = program([np.arange(size, dtype=np.float32), 0.5])
        np.testing.assert_allclose(found, jax.nn.softmax(np.arange(size) * 0.5), rtol=1e-5)
        assert found.dtype == np.float32
    assert traced == [(3,), (3,), (4,), (5,)]


def test_loops_stay_loops_in_operations_of_many_sizes():
    def known_loop(x, factor):
        return lax.fori_loop(0, 40, lambda i, y: jnp.tanh(y * factor), x)

    def longer_from_four(x, factor):
        rounds = 10 if x.size < 4 else 400
        return lax.fori_loop(0, rounds, lambda i, y: jnp.tanh(y * factor), x) if rounds > 10 else x * factor

    for function in (known_loop, longer_from_four):
        for size in (3, 4, 5):
            signature = signature_of(function, size)
            kept, _ = signature.trace()
            assert len(kept.jaxpr.eqns) < 20
            assert host_program(signature_of(function, size)) is not None


def test_errors_of_operations_of_many_sizes_are_their_own():
    def at_most_four(x, factor):
        if x.size > 4:
            raise TypeError(f"{x.size} elements are too many")
        return x * factor

    assert host_program(signature_of(at_most_four, 3)) is not None
    with pytest.raises(TypeError, match="5 elements are too many"):
        signature_of(at_most_four, 5)
