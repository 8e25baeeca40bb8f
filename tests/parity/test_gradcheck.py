"""gradcheck and gradgradcheck against torch: what they accept, what they find, what they say."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

DATA = np.random.RandomState(0).randn(2, 2)


def leaf(torch, dtype="float64"):
    return torch.tensor(DATA, dtype=getattr(torch, dtype), requires_grad=True)


def complex_leaf(torch):
    return torch.tensor(DATA[0] + 1j * DATA[1], requires_grad=True)


def function(torch, forward, backward, **more):
    names = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("F", (torch.autograd.Function,), names | more).apply


def wrong(torch):
    return function(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 3)


def cut(torch):
    """Its gradient is right, the gradient of that is not."""

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    return function(torch, forward, lambda ctx, g: g * 2 * ctx.saved_tensors[0].detach())


def wavering(torch):
    calls = []

    def backward(ctx, g):
        calls.append(1)
        return g * 2 * (1 + len(calls) * 1e-9)

    return function(torch, lambda ctx, x: x * 2, backward)


def conjugate_forgotten(torch):
    return function(torch, lambda ctx, x: x * 2j, lambda ctx, g: g * 2j)


def nonzero_for_zero(torch):
    return function(
        torch, lambda ctx, x: (x * 2, x * 3), lambda ctx, g, h: g * 2 + h * 3 + (g == 0) * (h == 0) * 1.0
    )


def check(torch, f, *inputs, **options):
    return torch.autograd.gradcheck(f, inputs, **options)


def twice(torch, f, *inputs, **options):
    return torch.autograd.gradgradcheck(f, inputs, **options)


def closure(torch):
    """The input is reached without the argument."""
    x = leaf(torch)
    return check(torch, lambda _: x.sin() * 2, x)


def held(torch, x):
    """A factor that is the input's, and has no gradient."""
    with torch.no_grad():
        y = x * 2
    return x * y


CASES = {
    "forward through no_grad": lambda t: check(
        t, lambda x: held(t, x), leaf(t), check_forward_ad=True, check_backward_ad=False
    ),
    "backward through no_grad": lambda t: check(t, lambda x: held(t, x), leaf(t)),
    "gradients of nothing": lambda t: twice(t, lambda x: x[:0] * 2, leaf(t)),
    "matrix product": lambda t: check(t, lambda a, b: a @ b, leaf(t), leaf(t)),
    "one tensor": lambda t: t.autograd.gradcheck(t.sin, leaf(t)),
    "several outputs": lambda t: check(t, lambda a: (a.sin(), a.exp() * 2), leaf(t)),
    "another argument": lambda t: check(t, lambda a, n: a**n, leaf(t), 3),
    "closure": closure,
    "wrong": lambda t: check(t, wrong(t), leaf(t)),
    "wrong, no exception": lambda t: check(t, wrong(t), leaf(t), raise_exception=False),
    "right, fast": lambda t: check(t, lambda a, b: (a * b).tanh(), leaf(t), leaf(t), fast_mode=True),
    "not the same twice": lambda t: check(t, wavering(t), leaf(t)),
    "not quite the same twice": lambda t: check(t, wavering(t), leaf(t), nondet_tol=1e-5),
    "nothing requires grad": lambda t: check(t, t.sin, t.tensor(DATA)),
    "no differentiable output": lambda t: check(t, lambda a: a.argmax(), leaf(t)),
    "detached output": lambda t: check(t, lambda a: a.detach() * 2, leaf(t)),
    "output that is no tensor": lambda t: check(t, lambda a: 3, leaf(t)),
    "coarse step": lambda t: check(t, t.sin, leaf(t), eps=1e-1, atol=1e-9, raise_exception=False),
    "stride 0": lambda t: check(t, t.sin, leaf(t)[:, :1].expand(2, 2)),
    "batched": lambda t: check(t, lambda a: a.sin() * a, leaf(t), check_batched_grad=True),
    "forward mode": lambda t: check(t, lambda a: a.sin() * a, leaf(t), check_forward_ad=True),
    "forward mode alone": lambda t: check(t, t.sin, leaf(t), check_forward_ad=True, check_backward_ad=False),
    "batched forward mode": lambda t: check(
        t, t.sin, leaf(t), check_forward_ad=True, check_batched_forward_grad=True
    ),
    "batched forward mode without": lambda t: check(t, t.sin, leaf(t), check_batched_forward_grad=True),
    "no mode": lambda t: check(t, t.sin, leaf(t), check_backward_ad=False),
    "no forward mode": lambda t: check(t, wrong(t), leaf(t), check_forward_ad=True, check_backward_ad=False),
    "complex": lambda t: check(t, lambda z: z * z.exp(), complex_leaf(t)),
    "complex to real": lambda t: check(t, lambda z: z.abs(), complex_leaf(t)),
    "complex, forward mode": lambda t: check(t, lambda z: z * z, complex_leaf(t), check_forward_ad=True),
    "complex, wrong": lambda t: check(t, conjugate_forgotten(t), complex_leaf(t)),
    "not zero for zero": lambda t: check(t, nonzero_for_zero(t), leaf(t)),
    "twice": lambda t: twice(t, lambda a, b: (a @ b).exp(), leaf(t), leaf(t)),
    "twice, wrong": lambda t: twice(t, cut(t), leaf(t), raise_exception=False),
    "twice, gradient given": lambda t: t.autograd.gradgradcheck(lambda a: a**3, (leaf(t),), (leaf(t),)),
    "twice, forward over backward": lambda t: twice(t, t.sin, leaf(t), check_fwd_over_rev=True),
    "twice, nothing": lambda t: twice(t, t.sin, leaf(t), check_rev_over_rev=False),
}


@pytest.mark.parametrize("name", CASES)
def test_same_as_torch(name):
    def run(torch):
        try:
            return CASES[name](torch)
        except RuntimeError as error:  # each library has a GradcheckError of its own
            return type(error).__name__, str(error).split("\n")[0]

    same(run, message=True)


@pytest.mark.filterwarnings("ignore:Input #0 requires gradient")
def test_single_precision_is_warned_of_and_fails_with_the_matrices():
    x = leaf(jaxlearn, "float32")
    with (
        pytest.warns(UserWarning, match="is not a double precision floating point or complex"),
        pytest.raises(
            jaxlearn.autograd.gradcheck.__globals__["GradcheckError"], match=r"numerical:tensor\(\[\["
        ),
    ):
        check(jaxlearn, jaxlearn.sin, x)


def test_fast_mode_shows_all_derivatives():
    with pytest.raises(
        RuntimeError, match=r"Jacobian mismatch for output 0 with respect to input 0,"
    ) as error:
        check(jaxlearn, wrong(jaxlearn), leaf(jaxlearn), fast_mode=True)
    assert "Analytical:\ntensor([[3., 0., 0., 0.]" in str(error.value)


def undefined(torch, results):
    """A Function that is given undefined gradients, and makes something of them."""

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return (x * 2, x * 3)[:results] if results > 1 else x * 2

    def backward(ctx, *grads):
        if all(g is None for g in grads):
            return torch.ones(2, 2, dtype=torch.float64)
        return sum(g * (2 + i) for i, g in enumerate(grads) if g is not None)

    return function(torch, forward, backward)


@pytest.mark.parametrize("results", [1, 2])
def test_undefined_gradients(results):
    same(
        lambda torch: torch.autograd.gradcheck(
            undefined(torch, results), (leaf(torch),), raise_exception=False
        )
    )
    same(lambda torch: torch.autograd.gradcheck(
        undefined(torch, results), (leaf(torch),), check_undefined_grad=False
    ))  # fmt: skip
    same(lambda torch: torch.autograd.gradcheck(
        function(torch, unmaterialized, lambda ctx, g: g * 2), (leaf(torch),)
    ), message=True)  # fmt: skip


def unmaterialized(ctx, x):
    ctx.set_materialize_grads(False)
    return x * 2


@pytest.mark.parametrize(
    "options", [{}, {"check_rev_over_rev": False, "check_fwd_over_rev": True}, {"fast_mode": True}]
)
def test_second_gradients_of_a_number(options):
    same(
        lambda torch: torch.autograd.gradgradcheck(lambda x: (x.sin(), x.sum()), (leaf(torch),), **options),
        message=True,
    )


@pytest.mark.parametrize(
    "options", [{}, {"fast_mode": True}, {"gen_non_contig_grad_outputs": True}, {"check_batched_grad": True}]
)
def test_random_numbers_after_a_check_are_torchs(options):
    def run(torch):
        torch.manual_seed(0)
        torch.autograd.gradgradcheck(lambda x: (x.sin(), x.sum()), (leaf(torch),), **options)
        first = torch.rand(2)
        torch.autograd.gradcheck(torch.sin, (leaf(torch),), check_batched_grad=True)
        torch.autograd.gradgradcheck(torch.sin, (complex_leaf(torch),))
        return first, torch.rand(2)

    same(run)
