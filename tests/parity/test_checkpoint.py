"""Checkpoints: torch's results and errors, the same gradients and masks as without, and really less memory."""

from __future__ import annotations

import contextlib

import jax
import numpy as np
import pytest

import jaxlearn
from jaxlearn._engine import program as programs
from jaxlearn.utils.checkpoint import checkpoint, checkpoint_sequential, set_checkpoint_early_stop
from tests.parity.helper import same, torch

pytestmark = pytest.mark.unoptimized

DATA = np.random.RandomState(0).randn(3, 4)


def tools(library):
    return torch.utils.checkpoint if library is torch else jaxlearn.utils.checkpoint


def leaf(torch, scale=1.0):
    return torch.tensor(DATA * scale, requires_grad=True)


def part(x, w):
    return (x.sin() * w).exp() * x


@pytest.mark.parametrize("reentrant", [True, False])
def test_same_gradients_as_torch(reentrant):
    def run(torch):
        x, w = leaf(torch), leaf(torch, 0.5)
        y = tools(torch).checkpoint(part, x * 1, w, use_reentrant=reentrant)
        z = tools(torch).checkpoint(lambda t: (t * w, t.cos(), 3), y, use_reentrant=reentrant)
        ((z[0] + z[1]) * z[2]).sum().backward()
        return x.grad, w.grad, y.requires_grad, z[0].requires_grad

    same(run)


@pytest.mark.parametrize("reentrant", [True, False])
def test_sequence_of_modules_as_in_torch(reentrant):
    def run(torch):
        torch.manual_seed(0)
        layers = [torch.nn.Linear(4, 4), torch.nn.Tanh(), torch.nn.Linear(4, 4), torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers, torch.nn.Linear(4, 1))
        x = torch.tensor(DATA.astype(np.float32), requires_grad=True)
        y = tools(torch).checkpoint_sequential(model, 2, x, use_reentrant=reentrant)
        y.pow(2).mean().backward()
        return y, x.grad, [p.grad for p in model.parameters()]

    same(run)


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("outside", [False, True])
def test_the_repetition_casts_as_the_call_did(reentrant, outside):
    def run(torch):
        torch.manual_seed(0)
        first, second = torch.nn.Linear(4, 8), torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Tanh())
        x = torch.linspace(-1, 1, 12).reshape(3, 4)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = tools(torch).checkpoint(second, first(x), use_reentrant=reentrant)
        with torch.autocast("cpu", enabled=outside):
            y.float().sum().backward()
        return y, first.weight.grad, second[0].weight.grad, second[0].bias.grad

    # Sums of rounded products: bfloat16 has 8 bits.
    same(run, rtol=1e-2, atol=1e-2)


def test_gradients_of_gradients_and_asked_for_gradients():
    def run(torch):
        x, w = leaf(torch), leaf(torch, 0.5)
        y = tools(torch).checkpoint(part, x, w, use_reentrant=False)
        gx, gw = torch.autograd.grad(y.sum(), [x, w], create_graph=True)
        (h,) = torch.autograd.grad((gx * gw).sum(), x)
        return gx, gw, h

    same(run)


def test_keyword_arguments_nesting_and_functions():
    def run(torch):
        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx, grad):
                return grad * 3 * ctx.saved_tensors[0] ** 2

        check = tools(torch).checkpoint

        def inner(t, scale):
            return (Cube.apply(t.sin()) * scale).cos()

        def outer(t, *, scale):
            return check(inner, t * scale, scale, use_reentrant=False).exp() * t.sin()

        x, scale = leaf(torch), leaf(torch, 0.3)
        y = check(outer, x, scale=scale, use_reentrant=False)
        y.sum().backward(retain_graph=True)
        first = x.grad.clone()
        y.sum().backward()
        return first, x.grad, scale.grad

    same(run)


def test_contexts_are_entered():
    def run(torch):
        log = []

        @contextlib.contextmanager
        def noted(name):
            log.append(name)
            yield

        x = leaf(torch)
        y = tools(torch).checkpoint(
            lambda t: t.sin().exp(),
            x,
            use_reentrant=False,
            context_fn=lambda: (noted("forward"), noted("again")),
        )
        log.append("called")
        y.sum().backward()
        return log, x.grad

    same(run)


def test_early_stop_leaves_out_the_end():
    def run(torch):
        log = []

        def f(t):
            y = t.sin()
            log.append("first")
            y = y.exp()
            y = y + 1
            log.append("second")
            return y

        x = leaf(torch)
        tools(torch).checkpoint(f, x, use_reentrant=False).sum().backward()
        log.append("whole")
        with tools(torch).set_checkpoint_early_stop(False):
            y = tools(torch).checkpoint(f, x, use_reentrant=False)
        y.sum().backward()
        return log

    same(run)


def stops_where_torch_does(torch, f, *shape):
    log = []
    x = torch.arange(1.0, 7.0).reshape(2, 3).requires_grad_()
    with contextlib.suppress(ValueError):
        tools(torch).checkpoint(lambda t: f(torch, t, log.append), x, use_reentrant=False).sum().backward()
    return log, x.grad


def keeps_results(torch, x, log):
    y = x.sin()
    log("sin")
    y = y.exp()
    log("exp")
    return y + 1


def keeps_little(torch, x, log):
    y = torch.cat([(x + 1).reshape(-1), x.mean(0)])
    log("cat")
    y = y / 3
    log("divided")
    y = y.relu().mean()
    log("mean")
    return y


def keeps_nothing(torch, x, log):
    y = x * 2
    log("doubled")
    return y.t().mean()


def tells_why(torch, x, log):
    try:
        return x.sin() * 2
    except Exception as error:
        log(type(error).__name__)
        raise


@pytest.mark.parametrize("f", [keeps_results, keeps_little, keeps_nothing, tells_why])
def test_the_repetition_ends_with_what_torch_saves_last(f):
    same(lambda torch: stops_where_torch_does(torch, f))


@pytest.mark.parametrize("reentrant", [False, True])
def test_running_statistics_count_the_repetition(reentrant):
    def run(torch):
        norm = torch.nn.BatchNorm1d(3)
        x = torch.arange(12.0).reshape(4, 3).requires_grad_()
        (tools(torch).checkpoint(norm, x, use_reentrant=reentrant) * x.detach()).sum().backward()
        return norm.running_mean, norm.running_var, norm.num_batches_tracked, norm.weight.grad

    same(run)


def test_without_gradients_the_function_is_just_called():
    def run(torch):
        with torch.no_grad():
            y = tools(torch).checkpoint(part, leaf(torch), leaf(torch), use_reentrant=False)
        return y

    same(run)


def no_input_requires(torch):
    x = torch.tensor(DATA)
    w = leaf(torch)
    tools(torch).checkpoint(lambda t: t * w, x, use_reentrant=True).sum().backward()


def grad_with_reentrant(torch):
    x = leaf(torch)
    torch.autograd.grad(tools(torch).checkpoint(torch.sin, x, use_reentrant=True).sum(), x)


def other_shape_again(torch):
    calls = []

    def f(t):
        calls.append(1)
        return (t[:2] if len(calls) > 1 else t).sin().sum()

    tools(torch).checkpoint(f, leaf(torch), use_reentrant=False).backward()


def fewer_again(torch):
    calls = []

    def f(t):
        calls.append(1)
        return t.sin() if len(calls) > 1 else t.sin().cos()

    tools(torch).checkpoint(f, leaf(torch), use_reentrant=False).sum().backward()


ERRORS = {
    "inputs of no gradient": no_input_requires,
    "grad() with use_reentrant": grad_with_reentrant,
    "keyword with use_reentrant": lambda t: tools(t).checkpoint(part, leaf(t), w=leaf(t), use_reentrant=True),
    "context with use_reentrant": lambda t: tools(t).checkpoint(
        part, leaf(t), leaf(t), use_reentrant=True, context_fn=lambda: None
    ),
    "unknown check": lambda t: tools(t).checkpoint(
        part, leaf(t), leaf(t), use_reentrant=False, determinism_check="x"
    ),
    "sequence with a keyword": lambda t: tools(t).checkpoint_sequential([], 1, leaf(t), True, more=1),
}


@pytest.mark.filterwarnings("ignore:None of the inputs")
@pytest.mark.parametrize("name", ERRORS)
def test_same_error_as_torch(name):
    same(ERRORS[name], message=True)


@pytest.mark.parametrize("program", [other_shape_again, fewer_again])
def test_a_recomputation_that_differs_is_an_error(program):
    for library in (torch, jaxlearn):
        with pytest.raises(tools(library).CheckpointError, match=r"torch\.utils\.checkpoint: "):
            program(library)


def test_the_form_should_be_named():
    for library in (torch, jaxlearn):
        with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed explicitly"):
            tools(library).checkpoint(part, leaf(library), leaf(library))


WIDTH, BATCH, DEPTH = 32, 512, 4


def model(dropout):
    jaxlearn.manual_seed(0)
    nn = jaxlearn.nn
    return nn.ModuleList(
        nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * WIDTH, WIDTH)
        )
        for _ in range(DEPTH)
    )


def step(blocks, x, reentrant, read=False):
    """Loss and gradients of one step; ``reentrant`` None means without checkpoints."""
    jaxlearn.manual_seed(7)
    h = x
    for block in blocks:
        h = h + (block(h) if reentrant is None else checkpoint(block, h, use_reentrant=reentrant))
    loss = (h * h).mean()
    if read:
        loss.item()
    loss.backward()
    return loss, [p.grad for p in blocks.parameters()]


def batch():
    array = np.random.RandomState(1).randn(BATCH, WIDTH).astype(np.float32)
    return jaxlearn.tensor(array, requires_grad=True)


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("read", [False, True], ids=["unread", "loss read before backward"])
def test_dropout_masks_are_the_same_again(reentrant, read):
    loss, grads = step(model(0.3), batch(), None)
    again, checked = step(model(0.3), batch(), reentrant, read)
    assert loss.item() == again.item()
    for a, b in zip(grads, checked, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-8)


def test_random_numbers_drawn_on_the_host_are_the_same_again():
    def run(torch):
        torch.manual_seed(3)
        x = leaf(torch)
        y = tools(torch).checkpoint(lambda t: t * torch.rand(3, 4).double() * t, x, use_reentrant=False)
        y.sum().backward()
        return y, x.grad, torch.rand(2)

    same(run)


def test_in_a_compiled_step_each_call_has_masks_of_its_own():
    blocks, x = model(0.3), batch()

    def eager():
        for p in blocks.parameters():
            p.grad = None
        h = x
        for block in blocks:
            h = h + checkpoint(block, h, use_reentrant=False)
        loss = (h * h).mean()
        loss.backward()
        return loss.detach()

    compiled = jaxlearn.compile(eager)
    first, second = compiled().item(), compiled().item()
    assert first != second
    # The gradient belongs to the masks of its own forward: a small step down must meet the predicted loss.
    jaxlearn.manual_seed(5)
    loss = compiled()
    grads = [p.grad for p in blocks.parameters()]
    predicted = sum((g * g).sum().item() for g in grads)
    with jaxlearn.no_grad():
        for p, g in zip(blocks.parameters(), grads, strict=True):
            p -= 1e-3 * g
    jaxlearn.manual_seed(5)
    np.testing.assert_allclose((loss - compiled()).item(), 1e-3 * predicted, rtol=0.02)


class Measured:
    """A jitted function that tells how much memory XLA sets aside for its intermediate results."""

    def __init__(self, jitted):
        self.jitted = jitted
        self.bytes = 0

    def __call__(self, *args):
        self.bytes = self.jitted.lower(*args).compile().memory_analysis().temp_size_in_bytes
        return self.jitted(*args)

    def clear_cache(self):
        self.jitted.clear_cache()


def temporary_bytes(reentrant):
    """What one step's program sets aside."""
    programs.clear_cache()
    blocks, x = model(0.0), batch()
    for _ in range(2):  # the second time the program is there, and can be watched
        for p in blocks.parameters():
            p.grad = None
        loss, grads = step(blocks, x, reentrant)
        x.grad = None
        for made in programs._programs.values():
            made.parts[0].stage.jitted = Measured(made.parts[0].stage.jitted)
        loss.item()
        del grads
    measured = [made.parts[0].stage.jitted for made in programs._programs.values()]
    return max(jitted.bytes for jitted in measured if isinstance(jitted, Measured))


def test_a_checkpointed_step_needs_less_memory():
    plain = temporary_bytes(None)
    # Of each block the hidden layer and its activation are kept: 2 x 4 x WIDTH x BATCH floats in each of the blocks.
    assert plain > DEPTH * 2 * 4 * WIDTH * BATCH * 4
    for reentrant in (False, True):
        assert temporary_bytes(reentrant) < 0.5 * plain


def test_the_step_stays_one_program():
    blocks, x = model(0.1), batch()
    for _ in range(2):
        before = jaxlearn.stats()["flushes"]
        step(blocks, x, False)[0].item()
        assert jaxlearn.stats()["flushes"] == before + 1


def test_sequential_in_a_function_without_modules():
    x = leaf(jaxlearn)
    y = checkpoint_sequential([jaxlearn.sin, jaxlearn.cos, jaxlearn.exp], 3, x, use_reentrant=False)
    y.sum().backward()
    expected = leaf(jaxlearn)
    jaxlearn.exp(jaxlearn.cos(jaxlearn.sin(expected))).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), expected.grad.numpy())


def test_inside_jit():
    def f(array):
        x = jax.tree.unflatten(jax.tree.structure(jaxlearn.ones(1)), [array]).requires_grad_()
        with set_checkpoint_early_stop(True):
            y = checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False)
        y.sum().backward()
        return x.grad.jax()

    x = DATA.astype(np.float32)
    np.testing.assert_allclose(jax.jit(f)(x), np.exp(np.sin(x)) * np.cos(x), rtol=1e-5)
