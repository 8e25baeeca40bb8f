"""Random functions and in-place draws give torch's numbers from torch's seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn

pytestmark = pytest.mark.unoptimized


@pytest.fixture
def same() -> Callable[..., None]:
    from tests.parity.helper import same as function

    return function


def tensors(torch: Any, requires_grad: bool = False) -> tuple[Any, Any, Any]:
    """The tensors that the programs are about: three dimensions, a matrix, a vector."""
    shapes = (2, 3, 4), (2, 3), (3,)
    return tuple(
        torch.tensor(np.arange(np.prod(s), dtype=np.float32).reshape(s)).requires_grad_(requires_grad)
        for s in shapes
    )


DRAWN = [
    "torch.randint(5,(2,)).dtype",
    "torch.randint(0,(2,))",
    "torch.randint(5,3,(2,))",
    "torch.randint(0,5,size=(2,)).shape",
    "torch.randint(5,[2],dtype=torch.float32).dtype",
    "torch.randperm(3).dtype",
    "torch.randperm(-1)",
    "torch.rand(2,dtype=torch.int64)",
    "torch.randn(2,dtype=torch.int64)",
    "torch.normal(0,1,(2,)).shape",
    "torch.normal(0.,1.,size=(2,)).shape",
    "torch.normal(torch.zeros(2),torch.ones(2)).shape",
    "torch.normal(torch.zeros(2)).shape",
    "torch.normal(0.0,torch.ones(2)).shape",
    "torch.bernoulli(torch.ones(2))",
    "torch.bernoulli(torch.ones(2)*2)",
    "torch.bernoulli(torch.ones(2),0.5).shape",
    "torch.bernoulli(torch.ones(2,dtype=torch.int64))",
    "torch.multinomial(torch.ones(3),5)",
    "torch.poisson(torch.ones(2)).shape",
    "torch.binomial(torch.full((5,),9.),torch.tensor([.1,.5,.9,1.,0.]))",
    "torch.binomial(torch.full((2,1),9.),torch.tensor([.1,.5]))",
    "torch.binomial(torch.ones(2),torch.ones(3))",
    "torch.binomial(torch.ones(2).long(),torch.ones(2))",
    "torch.rand_like(torch.ones(2,dtype=torch.int64))",
    "torch.randint_like(m,5).dtype",
    "torch.get_rng_state().shape",
    "torch.ones(2).uniform_(3,1)",
    "torch.ones(2).normal_(0,-1)",
    "torch.ones(2).random_(5,3)",
    "torch.rand(3,3)",
    "torch.randn(20)",
    "torch.randn(5)",
    "torch.randint(5,(3,))",
    "torch.randperm(10)",
    "torch.normal(2.,3.,(4,))",
    "torch.normal(torch.tensor(2.),3.,(4,))",
    "torch.normal(2.,torch.tensor(1.)+2,size=(20,))",
    "torch.normal(torch.arange(4.),torch.ones(4))",
    "torch.multinomial(torch.tensor([1.,2.,3.]),5,replacement=True)",
    "torch.multinomial(torch.tensor([1.,2.,3.]),2)",
    "torch.bernoulli(torch.full((5,),0.5))",
    "torch.empty(4,5).t().uniform_()",
    "torch.empty(4,5).t().normal_()",
    "torch.empty(8).random_(10)",
    "torch.empty(8).exponential_()",
    "torch.empty(8).geometric_(0.5)",
    "torch.empty(8).cauchy_()",
    "torch.empty(8).log_normal_()",
    "torch.empty(8).bernoulli_(0.3)",
    "torch.empty(3).bernoulli_(torch.tensor([0.,1.,.5]))",
    "torch.empty(3,dtype=torch.int64).random_()",
    "torch.poisson(torch.full((5,),3.))",
    "torch.rand_like(m)",
    "torch.randn_like(m)",
    "torch.randint_like(m,3,7)",
    "torch.rand(2,generator=torch.Generator().manual_seed(3))",
]


def evaluate(expression: str) -> Callable[[Any], Any]:
    """The program of an expression in ``torch``, ``x``, ``m`` and ``v``."""

    def program(torch: Any) -> Any:
        x, m, v = tensors(torch)
        return eval(expression, {"torch": torch, "np": np, "x": x, "m": m, "v": v})

    return program


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", DRAWN)
def test_drawn(same: Callable[..., None], expression: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        result = evaluate(expression)(torch)
        return None if isinstance(result, torch.Generator) else result

    same(program, message=True, rtol=0, atol=0)


def test_state_is_torchs_own(same: Callable[..., None]) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(7)
        torch.rand(5)
        state = torch.get_rng_state()
        first = torch.randn(20)
        torch.set_rng_state(state)
        return state, first, torch.randn(20), torch.initial_seed()

    same(program, rtol=0, atol=0)


def test_generators_are_independent(same: Callable[..., None]) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(1)
        g = torch.Generator().manual_seed(2)
        a = torch.rand(2, generator=g)
        b = torch.rand(2)
        c = torch.empty(3).normal_(generator=g)
        return a, b, c, torch.randperm(5, generator=g), g.initial_seed(), g.get_state()

    same(program, rtol=0, atol=0)


def test_golden_values_without_torch() -> None:
    jaxlearn.manual_seed(1729)
    assert [round(n, 4) for n in jaxlearn.rand(2, 2).reshape(-1).tolist()] == [0.3126, 0.3791, 0.3087, 0.0736]
    jaxlearn.manual_seed(0)
    assert jaxlearn.randint(0, 10, (4,)).tolist() == [4, 9, 3, 0]
    assert jaxlearn.default_generator.initial_seed() == 0


# How random numbers are drawn whose parameters ``p`` the step computes; the parameters need grad.
COMPUTED = {
    "normal": lambda torch, p: torch.normal(p, 2 * p),
    "normal around a number": lambda torch, p: torch.normal(1.5, p.expand(2, -1)),
    "normal of one deviation": lambda torch, p: torch.normal(p.expand(9, -1), 0.5),
    "bernoulli": lambda torch, p: torch.bernoulli(p),
    "multinomial": lambda torch, p: torch.multinomial(p, 1),
    "multinomial of rows": lambda torch, p: torch.multinomial(p.expand(3, -1), 2),
    "multinomial with replacement": lambda torch, p: torch.multinomial(p.expand(2, -1), 40, replacement=True),
    "multinomial in half precision": lambda torch, p: torch.multinomial(p.half(), 2),
    "multinomial of too many": lambda torch, p: torch.multinomial(p, 9),
    "multinomial of a batch": lambda torch, p: torch.multinomial(p.expand(2, 2, -1), 1),
    "poisson": lambda torch, p: torch.poisson(5 * p),
    "binomial": lambda torch, p: torch.binomial(torch.full_like(p, 30.0), p).detach(),
}


@pytest.mark.parametrize("draw", COMPUTED.values(), ids=list(COMPUTED))
@pytest.mark.parametrize("requires_grad", [False, True])
def test_drawn_of_computed(same: Callable[..., None], draw: Callable[..., Any], requires_grad: bool) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        weights = torch.tensor([0.5, 1.0, 0.25, 2.0, 0.125], requires_grad=requires_grad)
        drawn = draw(torch, weights.exp() / 8)
        if drawn.requires_grad:
            drawn.sum().backward()
        return drawn, weights.grad

    # A fused multiply-add rounds once where torch rounds twice.
    same(
        program,
        message=True,
        grad_fn=True,
        rtol=0 if "normal" not in draw.__code__.co_names else None,
        atol=0,
    )


def test_a_sample_of_computed_weights_is_part_of_the_step() -> None:
    """A difference from torch: weights that the step computes are not looked at (see README)."""
    weights = jaxlearn.ones(4, requires_grad=True)
    jaxlearn.reset_stats()
    drawn = jaxlearn.multinomial(weights.exp(), 2), jaxlearn.bernoulli(weights.sigmoid())
    bad = jaxlearn.multinomial(-weights.exp(), 2)
    assert jaxlearn.stats()["flushes"] == 0
    assert [tuple(t.shape) for t in drawn] == [(2,), (4,)] and tuple(bad.shape) == (2,)


def test_compiled_draws_are_fresh_and_follow_the_seed() -> None:
    @jaxlearn.compile
    def step(weights: Any) -> Any:
        p = weights.softmax(-1)
        return (
            jaxlearn.multinomial(p, 50, replacement=True),
            jaxlearn.bernoulli(p.expand(30, -1)),
            jaxlearn.poisson(weights.exp().expand(30, -1)),
            jaxlearn.binomial(jaxlearn.full((30, 4), 30.0), p.expand(30, -1)),
            jaxlearn.poisson(jaxlearn.full((50,), 4.0)),
        )

    def steps() -> list[Any]:
        jaxlearn.manual_seed(0)
        return [[t.numpy().tolist() for t in step(jaxlearn.tensor([0.0, 1.0, 2.0, 0.5]))] for _ in range(4)]

    jaxlearn.reset_stats()
    first, again = steps(), steps()
    assert first == again
    assert jaxlearn.stats()["compiles"] <= 2
    for drawn in zip(*first, strict=True):
        assert len({str(numbers) for numbers in drawn}) == 4, "the same numbers in two steps"
    rates, means = np.mean([d[2] for d in first], axis=(0, 1)), np.exp([0.0, 1.0, 2.0, 0.5])
    assert np.all(abs(rates - means) < 5 * np.sqrt(means / 120))


@pytest.mark.parametrize(
    "fill",
    [
        lambda torch, x: torch.nn.init.kaiming_uniform_(x),
        lambda torch, x: torch.nn.init.xavier_normal_(x),
        lambda torch, x: torch.nn.init.trunc_normal_(x),
        lambda torch, x: torch.multinomial(x.exp(), 3, replacement=True),
    ],
)
def test_order_of_memory(same: Callable[..., None], fill: Callable[[Any, Any], Any]) -> None:
    """What is drawn for a tensor follows its memory, not its rows."""

    def program(torch: Any) -> Any:
        torch.manual_seed(3)
        x = torch.randn(5, 3).t()
        return fill(torch, x)

    same(program)
