"""Selective checkpoints: torch's results, operations and errors; what is kept is not computed again, the rest is."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest

import jaxlearn
from jaxlearn._engine import program as programs
from tests.parity.helper import same, torch

DATA = np.random.RandomState(0).rand(4, 4).astype(np.float32)


def tools(library):
    return torch.utils.checkpoint if library is torch else jaxlearn.utils.checkpoint


def leaf(torch, scale=1.0):
    return torch.tensor(DATA * scale, requires_grad=True)


def function(torch, x, y):
    return torch.sigmoid(torch.matmul(torch.matmul(x, y), y)) * y


def selective(torch, what, f, *args, **kwargs):
    """A checkpoint with a policy or a list of operations."""
    t = tools(torch)
    contexts = functools.partial(t.create_selective_checkpoint_contexts, what, **kwargs)
    return t.checkpoint(f, *args, use_reentrant=False, context_fn=contexts)


def test_results_and_calls_of_the_policy():
    def run(torch):
        t, calls = tools(torch), []

        def policy(ctx, op, *args, **kwargs):
            calls.append(
                (str(op), op.name(), ctx.is_recompute, tuple(ctx.op_output.shape), tuple(args[0].shape))
            )
            mine = op == torch.ops.aten.mm.default
            return t.CheckpointPolicy.MUST_SAVE if mine else t.CheckpointPolicy.PREFER_RECOMPUTE

        x, y = leaf(torch), leaf(torch, 0.5)
        out = selective(torch, policy, functools.partial(function, torch), x, y)
        out.sum().backward()
        return out, x.grad, y.grad, calls

    same(run)


@pytest.mark.parametrize("kept", ["mm", "sigmoid", "mul"])
def test_a_list_of_operations(kept):
    def run(torch):
        x, y = leaf(torch), leaf(torch, 0.5)
        form = "Tensor" if kept == "mul" else "default"
        ops = [getattr(getattr(torch.ops.aten, kept), form)]
        out = selective(torch, ops, functools.partial(function, torch), x, y)
        gx, gy = torch.autograd.grad(out.sum(), [x, y])
        return out, gx, gy

    same(run)


def test_operations_of_a_model_have_torchs_names():
    def run(torch):
        torch.manual_seed(0)
        nn, names = torch.nn, []
        model = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 4), nn.Softmax(-1), nn.LayerNorm(4))

        def policy(ctx, op, *args, **kwargs):
            names.append(str(op))
            return tools(torch).CheckpointPolicy.PREFER_SAVE

        y = selective(torch, policy, lambda x: (model(x).sum(-1) - x.mean(0)).pow(2), leaf(torch))
        y.sum().backward()
        return names, model[0].weight.grad

    same(run)


def twice(torch):
    x = leaf(torch)
    y = selective(torch, [torch.ops.aten.mm.default], lambda x: torch.mm(x, x).sin(), x).sum()
    y.backward(retain_graph=True)
    y.backward()


def mutated(torch, **options):
    def f(x):
        a = torch.mm(x, x)
        b = a.sin()
        a.add_(1)
        return b + a.cos()

    selective(torch, [torch.ops.aten.mm.default], f, leaf(torch), **options).sum().backward()


def more_again(torch):
    calls = []

    def f(x):
        calls.append(1)
        return (x.exp() if len(calls) > 1 else x).sin().sum()

    selective(torch, [torch.ops.aten.mm.default], f, leaf(torch)).backward()


def debugged(torch):
    t = tools(torch)
    contexts = functools.partial(t.create_selective_checkpoint_contexts, [])
    t.checkpoint(torch.sin, leaf(torch), use_reentrant=False, context_fn=contexts, debug=True)


ERRORS = {
    "second backward": twice,
    "overwritten": mutated,
    "other operations again": more_again,
    "a packet": lambda torch: tools(torch).create_selective_checkpoint_contexts([torch.ops.aten.mm]),
    "no operation": lambda torch: tools(torch).create_selective_checkpoint_contexts([3]),
    "no function": lambda torch: tools(torch).create_selective_checkpoint_contexts(3),
    "with debug": debugged,
    "unknown operation": lambda torch: torch.ops.aten.no_such_operation,
    "unknown form": lambda torch: torch.ops.aten.mm.out_of_the_blue,
}


@pytest.mark.parametrize("name", ERRORS)
def test_same_error_as_torch(name):
    def run(torch):
        try:
            ERRORS[name](torch)
        except Exception as error:
            text = re.sub(r"<class '.*?'>", "<class>", str(error).split("\n")[0])
            return type(error).__name__, text
        return None

    same(run)


def test_overwritten_all_the_same():
    same(lambda torch: mutated(torch, allow_cache_entry_mutation=True))


def test_names():
    def run(torch):
        t, aten = tools(torch), torch.ops.aten
        return (
            [str(p) for p in t.CheckpointPolicy],
            aten.detach.default in t.SAC_IGNORED_OPS,
            repr(aten.mm.default),
            str(aten.add.Tensor),
            aten.add.Tensor.name(),
            aten.mm.default(torch.ones(2, 2), torch.ones(2, 2)),
            aten.mm is aten.mm.default.overloadpacket,
            t.get_device_states(torch.ones(2)),
        )

    same(run)


def test_random_states_of_devices_are_the_generators():
    t = jaxlearn.utils.checkpoint
    jaxlearn.manual_seed(3)
    state = jaxlearn.get_rng_state()
    jaxlearn.rand(3)
    t.set_device_states([0], [state])
    assert jaxlearn.equal(jaxlearn.get_rng_state(), state)


class Counted:
    """A jitted function that tells how many products its program has, and its temporary memory."""

    def __init__(self, jitted):
        self.jitted = jitted
        self.products = self.bytes = 0

    def __call__(self, *args):
        compiled = self.jitted.lower(*args).compile()
        text = compiled.as_text()
        self.products = len(re.findall(r"= f32\S* (?:dot|custom-call)\(", text))
        self.bytes = compiled.memory_analysis().temp_size_in_bytes
        return self.jitted(*args)

    def clear_cache(self):
        self.jitted.clear_cache()


WIDTH, WIDER, DEPTH = 64, 1024, 4


def measured(kept):
    """Products in a step's program, and its temporary memory: without checkpoint (None), or with these kept."""
    programs.clear_cache()
    generator = np.random.RandomState(0)
    x = jaxlearn.tensor(generator.rand(256, WIDTH).astype(np.float32))

    def weights(*shape):
        arrays = [generator.rand(*shape).astype(np.float32) / 64 for _ in range(DEPTH)]
        return [jaxlearn.tensor(a, requires_grad=True) for a in arrays]

    into, back = weights(WIDTH, WIDER), weights(WIDER, WIDTH)

    def block(x, w, v):
        return jaxlearn.mm(jaxlearn.mm(x, w).sin().exp(), v)

    for _ in range(2):  # the second time the program is there, and can be watched
        y = x
        for w, v in zip(into, back, strict=True):
            y = block(y, w, v) if kept is None else selective(jaxlearn, kept, block, y, w, v)
        grads = jaxlearn.autograd.grad(y.sum(), [*into, *back])
        for made in programs._programs.values():
            made.parts[0].stage.jitted = Counted(made.parts[0].stage.jitted)
        grads[0].sum().item()
        jitted = [made.parts[0].stage.jitted for made in programs._programs.values()]
        found = [counted for counted in jitted if isinstance(counted, Counted)]
    return max(f.products for f in found), max(f.bytes for f in found)


def test_what_is_kept_is_not_computed_again_and_the_rest_is():
    aten = jaxlearn.ops.aten
    products, plain = measured(None)
    assert products == 6 * DEPTH - 1  # two forward, four backward; the first input needs no gradient
    again, least = measured([])
    once, between = measured([aten.mm.default])
    assert once == products  # no product a second time
    assert again > products
    assert least < between < plain
