"""Distributions that are made of others, and relaxed and matrix-valued ones, like torch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

P3 = [0.2, 0.5, 0.3]
MADE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "logistic": lambda t, D, p: D.TransformedDistribution(
        D.Uniform(t.zeros(3), 1.0), [D.SigmoidTransform().inv, D.AffineTransform(p, p.exp())]
    ),
    "larger transform": lambda t, D, p: D.TransformedDistribution(
        D.Normal(t.tensor(0.5), 1.0), D.AffineTransform(p, 2.0)
    ),
    "vectors": lambda t, D, p: D.TransformedDistribution(
        D.Normal(p.expand(2, 3), 1.0), [D.ExpTransform(), D.StickBreakingTransform()]
    ),
    "a falling transform": lambda t, D, p: D.TransformedDistribution(
        D.Normal(p, 1.0), [D.AffineTransform(1.0, -2.0), D.ExpTransform()]
    ),
    "no transform": lambda t, D, p: D.TransformedDistribution(D.Normal(p, 1.0), []),
    "reshaped": lambda t, D, p: D.TransformedDistribution(
        D.Normal(p, 1.0), [D.ReshapeTransform((3,), (3, 1)), D.TanhTransform(cache_size=1)]
    ),
    "independent": lambda t, D, p: D.Independent(D.Normal(p.expand(2, 3), 1.0), 1),
    "independent of nothing": lambda t, D, p: D.Independent(D.Laplace(p, 1.0), 0),
    "independent of vectors": lambda t, D, p: D.Independent(D.LogisticNormal(p.expand(2, 3), 1.0), 1),
    "LogisticNormal": lambda t, D, p: D.LogisticNormal(p, t.tensor([1.0, 0.5, 2.0])),
    "LogisticNormal of a number": lambda t, D, p: D.LogisticNormal(p.sum(), 1.0),
    "RelaxedBernoulli": lambda t, D, p: D.RelaxedBernoulli(t.tensor(0.7), probs=p),
    "RelaxedBernoulli of logits": lambda t, D, p: D.RelaxedBernoulli(t.tensor([0.7]), logits=p),
    "LogitRelaxedBernoulli": lambda t, D, p: D.relaxed_bernoulli.LogitRelaxedBernoulli(t.tensor(2.0), p),
    "RelaxedOneHotCategorical": lambda t, D, p: D.RelaxedOneHotCategorical(t.tensor(0.7), probs=p),
    "RelaxedOneHotCategorical of logits": lambda t, D, p: D.RelaxedOneHotCategorical(
        t.tensor(2.2), logits=p.expand(2, 3)
    ),
    "ExpRelaxedCategorical": lambda t, D, p: D.relaxed_categorical.ExpRelaxedCategorical(t.tensor(2.0), p),
}


def or_error(program: Callable[[], Any]) -> Any:
    try:
        return program()
    except (NotImplementedError, AttributeError) as error:
        return type(error).__name__


@pytest.mark.parametrize("name", list(MADE))
def test_made_of_others(name: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(11)
        p = torch.tensor(P3, requires_grad=True)
        distribution = MADE[name](torch, torch.distributions, p)
        drawn = distribution.sample((2,))
        again = distribution.rsample((2,)) if distribution.has_rsample else distribution.sample((2,))
        density = distribution.log_prob(drawn)
        total = density.sum()
        if again.requires_grad:
            total = total + (again * torch.arange(1.0, again.numel() + 1).reshape(again.shape)).sum()
        total.backward()
        shares = torch.full_like(drawn[0], 0.3)
        rest = {
            "entropy": lambda: distribution.entropy(),
            "mean": lambda: distribution.mean,
            "mode": lambda: distribution.mode,
            "variance": lambda: distribution.variance,
            "cdf": lambda: distribution.cdf(drawn),
            "icdf": lambda: distribution.icdf(shares),
            "probs": lambda: distribution.probs,
            "logits": lambda: distribution.logits,
            "enumerate_support": lambda: distribution.enumerate_support(),
        }
        return drawn, again, density, p.grad, {k: or_error(f) for k, f in rest.items()}

    # Densities by way of logits and of what a stick leaves lose digits in single precision.
    same(program, rtol=5e-5, atol=1e-5)


@pytest.mark.parametrize("name", list(MADE))
def test_shapes(name: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(0)
        distribution = MADE[name](torch, torch.distributions, torch.tensor(P3))
        batch = (4, *distribution.batch_shape)
        expanded = distribution.expand(batch)
        return (
            repr(distribution),
            repr(expanded),
            (distribution.batch_shape, distribution.event_shape, expanded.batch_shape, expanded.event_shape),
            (distribution.has_rsample, distribution.has_enumerate_support),
            repr(distribution.support),
            distribution.support.event_dim,
            expanded.sample(),
            expanded.log_prob(distribution.sample()).shape,
        )

    same(program, rtol=1e-5)


ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "no transforms": lambda t, D: D.TransformedDistribution(D.Normal(0.0, 1.0), (1, 2)),
    "a list of others": lambda t, D: D.TransformedDistribution(D.Normal(0.0, 1.0), [1]),
    "too few dimensions": lambda t, D: D.TransformedDistribution(D.Normal(0.0, 1.0), D.SoftmaxTransform()),
    "a value outside": lambda t, D: D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform()).log_prob(
        t.tensor(-1.0)
    ),
    "independent of too many": lambda t, D: D.Independent(D.Normal(t.zeros(3), 1.0), 2),
    "enumeration of products": lambda t, D: D.Independent(D.Normal(t.zeros(3), 1.0), 1).enumerate_support(),
    "both arguments": lambda t, D: D.RelaxedBernoulli(t.tensor(1.0), t.tensor(0.5), t.tensor(0.5)),
    "a probability outside": lambda t, D: D.RelaxedBernoulli(t.tensor(1.0), t.tensor(1.5)),
    "one row": lambda t, D: D.LKJCholesky(1),
    "a negative concentration": lambda t, D: D.LKJCholesky(3, -1.0),
    "no Cholesky factor": lambda t, D: D.LKJCholesky(2, 1.0).log_prob(t.ones(2, 2)),
    "another size": lambda t, D: D.LKJCholesky(2, 1.0).log_prob(t.eye(3)),
}


@pytest.mark.parametrize("program", ERRORS.values(), ids=list(ERRORS))
def test_errors(program: Callable[[Any, Any], Any]) -> None:
    same(lambda torch: program(torch, torch.distributions), message=True)


@pytest.mark.parametrize(("dim", "concentration"), [(2, 1.0), (3, 0.5), (4, [0.5, 3.0])])
def test_lkj_cholesky(dim: int, concentration: Any) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(3)
        eta = torch.tensor(concentration, requires_grad=True)
        distribution = torch.distributions.LKJCholesky(dim, eta)
        drawn = distribution.sample((3,))
        density = distribution.log_prob(drawn)
        density.sum().backward()
        expanded = distribution.expand((2, *distribution.batch_shape))
        return (
            drawn,
            density,
            eta.grad,
            repr(distribution),
            (expanded.batch_shape, expanded.event_shape),
            expanded.sample(),
            repr(distribution.support),
        )

    same(program, rtol=1e-5)
