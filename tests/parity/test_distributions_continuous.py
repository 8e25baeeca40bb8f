"""Univariate continuous distributions: samples from a seed, densities, moments and their gradients, like torch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import jaxlearn

from .distributions_continuous import CASES, OUTSIDE, REFUSED
from .helper import same, torch

pytestmark = pytest.mark.unoptimized

ALL = [
    pytest.param(name, parameters, value, id=f"{name}-{i}")
    for name, cases in CASES.items()
    for i, (parameters, value) in enumerate(cases)
]
FIRST = [pytest.param(name, *cases[0], id=name) for name, cases in CASES.items()]


def tensors(torch: Any, parameters: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {k: torch.tensor(v, **options) if isinstance(v, list) else v for k, v in parameters.items()}


def make(torch: Any, name: str, parameters: dict[str, Any]) -> Any:
    return getattr(torch.distributions, name)(**parameters)


def or_error(program: Callable[[], Any]) -> Any:
    """The result, or the type of the error that says that there is none."""
    try:
        return program()
    except NotImplementedError as error:
        return type(error).__name__


@pytest.mark.parametrize(("name", "parameters", "value"), ALL)
def test_samples(name: str, parameters: dict[str, Any], value: list[float]) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(7)
        leaves = tensors(torch, parameters, requires_grad=True)
        distribution = make(torch, name, leaves)
        drawn = distribution.sample((2,))
        if distribution.has_rsample:
            again = distribution.rsample((4,))
            again.sum().backward()
        else:
            again = or_error(lambda: distribution.rsample((4,)))
        # and the stream goes on from the same place
        return drawn, again, [leaf.grad for leaf in leaves.values()], torch.rand(2)

    # Beta's and StudentT's gradients pass through differences that lose digits in single precision.
    same(program, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "parameters", "value"), ALL)
def test_densities_and_moments(name: str, parameters: dict[str, Any], value: list[float]) -> None:
    def program(torch: Any) -> Any:
        # torch's GeneralizedPareto.log_prob compares with a number of the default dtype, and refuses all others.
        dtype = torch.float32 if name == "GeneralizedPareto" else torch.float64
        leaves = tensors(torch, parameters, dtype=dtype, requires_grad=True)
        distribution = make(torch, name, leaves)
        x = torch.tensor(value, dtype=dtype, requires_grad=True)
        shares = torch.tensor([0.1, 0.5, 0.95], dtype=dtype)
        functions: dict[str, Callable[[], Any]] = {
            "log_prob": lambda: distribution.log_prob(x),
            "entropy": lambda: distribution.entropy(),
            "perplexity": lambda: distribution.perplexity(),
            "cdf": lambda: distribution.cdf(x),
            "icdf": lambda: distribution.icdf(shares),
            "mean": lambda: distribution.mean,
            "mode": lambda: distribution.mode,
            "variance": lambda: distribution.variance,
            "stddev": lambda: distribution.stddev,
        }
        results = {key: or_error(function) for key, function in functions.items()}
        weights = torch.tensor([1.0, -0.5, 2.0], dtype=dtype)
        total: Any = 0.0
        for key in ("log_prob", "entropy", "cdf", "icdf", "mean", "variance"):
            result = results[key]
            if not isinstance(result, str) and result.requires_grad:
                # Where a moment is infinite or missing there is no gradient to compare.
                total = total + torch.where(torch.isfinite(result), result, 0.0).mul(weights).sum()
        total.backward()
        gradients = [leaf.grad for leaf in (*leaves.values(), x)]
        return results, gradients

    same(program)


@pytest.mark.parametrize(("name", "parameters", "value"), FIRST)
def test_shapes_and_expansion(name: str, parameters: dict[str, Any], value: list[float]) -> None:
    def program(torch: Any) -> Any:
        distribution = make(torch, name, tensors(torch, parameters))
        expanded = distribution.expand((2, 3))
        torch.manual_seed(0)
        number = make(torch, name, {k: v[0] for k, v in parameters.items()})
        return (
            repr(distribution),
            repr(expanded),
            repr(number),
            (expanded.batch_shape, expanded.event_shape, number.batch_shape),
            (distribution.has_rsample, distribution.has_enumerate_support),
            repr(distribution.support),
            expanded.sample(),
            expanded.log_prob(torch.tensor(value)),
            number.sample((3,)),
            number.log_prob(torch.tensor(value[0])),
            sorted(distribution.arg_constraints),
            [repr(c) for _, c in sorted(distribution.arg_constraints.items())],
        )

    same(program)


@pytest.mark.parametrize("name", list(CASES))
def test_double_precision_samples(name: str) -> None:
    def program(torch: Any) -> Any:
        torch.manual_seed(1)
        return make(torch, name, tensors(torch, CASES[name][0][0], dtype=torch.float64)).sample((20,))

    same(program)


def whole_message(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        try:
            return repr(program(torch))
        except ValueError as error:
            return str(error)

    return run


@pytest.mark.parametrize(
    ("name", "parameters"), [(name, p) for name, refused in REFUSED.items() for p in refused]
)
def test_refused_parameters(name: str, parameters: dict[str, Any]) -> None:
    same(whole_message(lambda torch: make(torch, name, tensors(torch, parameters))))


@pytest.mark.parametrize("name", list(OUTSIDE))
def test_refused_values(name: str) -> None:
    parameters = CASES[name][0][0]

    def program(torch: Any) -> Any:
        return make(torch, name, tensors(torch, parameters)).log_prob(torch.tensor(OUTSIDE[name]))

    same(whole_message(program))


def test_a_compiled_step_draws_and_scores() -> None:
    """What the step computes is neither looked at nor read; numbers drawn by rejection come from JAX."""
    D = jaxlearn.distributions
    raw = jaxlearn.tensor([0.1, -0.3, 0.2], requires_grad=True)

    def step(x: Any) -> Any:
        raw.grad = None
        positive = raw.exp()
        families = [
            D.Normal(raw, positive),
            D.Laplace(raw, positive),
            D.Gumbel(raw, positive),
            D.LogNormal(raw, positive),
            D.Weibull(positive, positive),
        ]
        loss = sum((d.rsample() * x).sum() + d.log_prob(x).sum() for d in families)
        loss.backward()
        return loss, raw.grad

    jaxlearn.manual_seed(3)
    x = jaxlearn.tensor([0.5, 1.0, 2.0])
    eager = [[t.detach().tolist() for t in step(x)] for _ in range(3)]
    compiled = jaxlearn.compile(step)
    jaxlearn.manual_seed(3)
    for loss, grad in eager:
        got = [t.detach().tolist() for t in compiled(x)]
        assert got[0] == pytest.approx(loss, rel=1e-5) and got[1] == pytest.approx(grad, rel=1e-5)


def test_compiled_rejection_samples_follow_their_distribution() -> None:
    D = jaxlearn.distributions

    @jaxlearn.compile
    def step(a: Any) -> Any:
        gamma, angle = D.Gamma(a.exp(), 2.0).rsample((4000,)), D.VonMises(a, a.exp()).sample((4000,))
        gamma.mean().backward()
        return gamma, angle

    jaxlearn.manual_seed(0)
    a = jaxlearn.tensor([0.5, 1.0], requires_grad=True)
    (gamma, angle), (other, _) = step(a), step(a)
    assert not jaxlearn.equal(gamma, other)
    shape = a.detach().exp()
    assert jaxlearn.allclose(gamma.mean(0), shape / 2, rtol=0.1)
    assert jaxlearn.allclose(gamma.var(0), shape / 4, rtol=0.2)
    assert jaxlearn.allclose(a.grad, shape / 2, rtol=0.2)  # twice half of the mean's slope
    assert jaxlearn.allclose(angle.sin().mean(0).atan2(angle.cos().mean(0)), a.detach(), atol=0.1)


def test_generalized_pareto_in_double_precision() -> None:
    """A difference from torch, which refuses it for the dtype of a number that it compares with (see README)."""

    def program(torch: Any) -> Any:
        distribution = torch.distributions.GeneralizedPareto(
            torch.zeros(2, dtype=torch.float64), 1.0, torch.tensor([0.5, 0.0], dtype=torch.float64)
        )
        return distribution.log_prob(torch.ones(2, dtype=torch.float64))

    with pytest.raises(RuntimeError, match="Double did not match Float"):
        program(torch)
    # -3 log(1 + 1 / 2), and -1
    assert program(jaxlearn).tolist() == pytest.approx([-3 * math.log(1.5), -1.0])


def test_a_compiled_step_leaves_a_distribution_made_outside_as_it_was() -> None:
    D = jaxlearn.distributions
    prior = D.VonMises(jaxlearn.zeros(2), jaxlearn.tensor([1.0, 2.0]))  # makes its variance when asked for

    @jaxlearn.compile
    def step(x: Any) -> Any:
        return prior.log_prob(x) * prior.variance

    x = jaxlearn.tensor([0.5, -0.5])
    first, second = step(x), step(x)
    assert "variance" not in vars(prior)
    assert jaxlearn.allclose(first, prior.log_prob(x) * prior.variance) and jaxlearn.equal(first, second)
