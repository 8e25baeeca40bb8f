"""Kullback-Leibler divergences against torch's: every pair that torch registers, and how it chooses among them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
import torch as reference

import jaxlearn.distributions

from .helper import same

pytestmark = pytest.mark.unoptimized

PAIRS = sorted((p.__name__, q.__name__) for p, q in reference.distributions.kl._KL_REGISTRY)

# Two distributions of each kind, of shapes that broadcast; ``leaf`` makes parameters that need grad.
MATRIX = [[2.0, 0.5], [0.5, 1.0]]
MAKERS: dict[str, Callable[[Any, Callable[..., Any]], Any]] = {
    "Bernoulli": lambda D, leaf: (D.Bernoulli(leaf([0.2, 0.7])), D.Bernoulli(logits=leaf([0.5, -1.0]))),
    "Beta": lambda D, leaf: (D.Beta(leaf([0.7, 2.0]), leaf([1.5, 3.0])), D.Beta(leaf([2.0]), leaf([0.4]))),
    "Binomial": lambda D, leaf: (D.Binomial(7, leaf([0.2, 0.7])), D.Binomial(7, logits=leaf([0.5, -1.0]))),
    "Categorical": lambda D, leaf: (
        D.Categorical(leaf([[0.2, 0.8], [0.5, 0.5]])),
        D.Categorical(logits=leaf([[0.5, -1.0], [0.0, 2.0]])),
    ),
    "Cauchy": lambda D, leaf: (D.Cauchy(leaf([0.0, 1.0]), leaf([0.5, 2.0])), D.Cauchy(leaf([2.0]), 1.0)),
    "ContinuousBernoulli": lambda D, leaf: (
        D.ContinuousBernoulli(leaf([0.2, 0.7])),
        D.ContinuousBernoulli(logits=leaf([0.3, -1.0])),
    ),
    "Dirichlet": lambda D, leaf: (D.Dirichlet(leaf([[0.5, 2.0], [3.0, 1.0]])), D.Dirichlet(leaf([1.5, 0.7]))),
    "Exponential": lambda D, leaf: (D.Exponential(leaf([0.5, 2.0])), D.Exponential(leaf([1.5]))),
    "Gamma": lambda D, leaf: (D.Gamma(leaf([0.5, 2.0]), leaf([1.0, 3.0])), D.Gamma(leaf([1.5]), leaf([0.7]))),
    "Geometric": lambda D, leaf: (D.Geometric(leaf([0.2, 0.7])), D.Geometric(logits=leaf([0.5, -1.0]))),
    "Gumbel": lambda D, leaf: (D.Gumbel(leaf([0.0, 1.0]), leaf([0.5, 2.0])), D.Gumbel(leaf([2.0]), 1.5)),
    "HalfNormal": lambda D, leaf: (D.HalfNormal(leaf([0.5, 2.0])), D.HalfNormal(leaf([1.5]))),
    "Independent": lambda D, leaf: (
        D.Independent(D.Normal(leaf([[0.0, 1.0], [2.0, 3.0]]), 1.0), 1),
        D.Independent(D.Laplace(leaf([[0.5, -1.0], [0.0, 2.0]]), 2.0), 1),
    ),
    "Laplace": lambda D, leaf: (D.Laplace(leaf([0.0, 1.0]), leaf([0.5, 2.0])), D.Laplace(leaf([2.0]), 1.5)),
    "LowRankMultivariateNormal": lambda D, leaf: (
        D.LowRankMultivariateNormal(leaf([[0.0, 1.0], [2.0, 0.0]]), leaf([[1.0], [0.5]]), leaf([1.0, 2.0])),
        D.LowRankMultivariateNormal(leaf([0.5, 0.0]), leaf([[0.3], [2.0]]), leaf([0.5, 1.0])),
    ),
    "MultivariateNormal": lambda D, leaf: (
        D.MultivariateNormal(leaf([[0.0, 1.0], [2.0, 0.0]]), leaf(MATRIX)),
        D.MultivariateNormal(leaf([0.5, 0.0]), scale_tril=leaf([[[1.0, 0.0], [0.3, 0.5]]])),
    ),
    "Normal": lambda D, leaf: (
        D.Normal(leaf([0.0, 1.0]), leaf([0.5, 2.0])),
        D.Normal(leaf([2.0]), leaf([1.5])),
    ),
    "OneHotCategorical": lambda D, leaf: (
        D.OneHotCategorical(leaf([[0.2, 0.8], [0.5, 0.5]])),
        D.OneHotCategorical(logits=leaf([[0.5, -1.0], [0.0, 2.0]])),
    ),
    "Pareto": lambda D, leaf: (
        D.Pareto(leaf([0.5, 2.0]), leaf([1.5, 3.0])),
        D.Pareto(leaf([0.25, 3.0]), leaf([2.5, 0.7])),
    ),
    "Poisson": lambda D, leaf: (D.Poisson(leaf([0.5, 2.0])), D.Poisson(leaf([1.5]))),
    "TransformedDistribution": lambda D, leaf: (
        D.LogNormal(leaf([0.0, 1.0]), leaf([0.5, 2.0])),
        D.LogNormal(leaf([2.0]), leaf([1.5])),
    ),
    # The second lies around the first in one place, and both within the unit interval only there.
    "Uniform": lambda D, leaf: (
        D.Uniform(leaf([0.1, -1.0]), leaf([0.9, 3.0])),
        D.Uniform(leaf([-0.5, 0.0]), leaf([1.5, 2.0])),
    ),
}


def test_every_pair_is_registered() -> None:
    library = jaxlearn.distributions
    pairs = [
        (p.__name__, q.__name__)
        for p, q in library.kl._KL_REGISTRY
        if all(getattr(library, kind.__name__, None) is kind for kind in (p, q))  # not an example's own
    ]
    assert sorted(pairs) == PAIRS


@pytest.mark.parametrize("name", sorted({p for p, _ in PAIRS} & set(MAKERS)))
def test_pairs(name: str) -> None:
    """All divergences from one kind, with the gradients of all of them: one program."""

    def program(torch: Any) -> Any:
        leaves: list[Any] = []

        def leaf(numbers: Any) -> Any:
            leaves.append(torch.tensor(numbers, requires_grad=True))
            return leaves[-1]

        first = MAKERS[name](torch.distributions, leaf)[0]
        results = {}
        for p, q in PAIRS:
            if p == name:
                others = MAKERS[q](torch.distributions, leaf)
                for i, other in enumerate(others if p != "Independent" else (first,)):
                    results[f"{q} {i}"] = torch.distributions.kl_divergence(first, other)
        parts = [r for r in results.values() if r.requires_grad]
        if parts:
            sum(
                (r.masked_fill(~r.isfinite(), 0) * torch.linspace(0.5, 1.5, r.numel())).sum() for r in parts
            ).backward()  # type: ignore[union-attr]
        return results, [t.grad for t in leaves]

    # Entropies and moments add up to values of about 1 here, in another order than torch's.
    same(program, rtol=1e-5)


def test_certain_and_impossible_outcomes() -> None:
    def program(torch: Any) -> Any:
        D, kl = torch.distributions, torch.distributions.kl_divergence
        edges = torch.tensor([0.0, 0.5, 1.0])
        p, q = edges[:, None].expand(3, 3), edges.expand(3, 3)
        rows = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
        return (
            kl(D.Bernoulli(p), D.Bernoulli(q)),
            kl(D.Categorical(rows), D.Categorical(rows.flip(0))),
            kl(
                D.Binomial(torch.tensor([5.0, 4.0]), torch.tensor(0.3)),
                D.Binomial(4, torch.tensor([0.3, 0.5])),
            ),
            kl(D.Normal(0.0, 1.0), D.Normal(0.0, 1.0)),
            kl(D.Gamma(2.0, 3.0), D.Gamma(2.0, 3.0)),
            kl(D.Poisson(2.0), D.Poisson(2.0)),
        )

    same(program)


def refused(torch: Any, p: Any, q: Any) -> Any:
    try:
        return torch.distributions.kl_divergence(p, q)
    except (NotImplementedError, ValueError) as error:
        return type(error).__name__, str(error)


def test_refused() -> None:
    def program(torch: Any) -> Any:
        D = torch.distributions

        class Family(D.ExponentialFamily):
            arg_constraints = MappingProxyType({})

        one, two = torch.zeros(2), torch.zeros(3)
        return [
            refused(torch, p, q)
            for p, q in (
                (D.Cauchy(0.0, 1.0), D.Normal(0.0, 1.0)),
                (D.Normal(0.0, 1.0), D.Poisson(1.0)),
                (Family(), D.Normal(0.0, 1.0)),
                (D.Binomial(3, torch.tensor(0.5)), D.Binomial(4, torch.tensor(0.5))),
                (D.LogNormal(0.0, 1.0), D.Pareto(1.0, 1.0)),
                (D.Independent(D.Normal(one, 1.0), 1), D.Independent(D.Normal(torch.zeros(1, 2), 1.0), 2)),
                (D.MultivariateNormal(one, torch.eye(2)), D.MultivariateNormal(two, torch.eye(3))),
                (
                    D.MultivariateNormal(one, torch.eye(2)),
                    D.LowRankMultivariateNormal(two, torch.ones(3, 1), torch.ones(3)),
                ),
                (
                    D.LowRankMultivariateNormal(one, torch.ones(2, 1), torch.ones(2)),
                    D.LowRankMultivariateNormal(two, torch.ones(3, 1), torch.ones(3)),
                ),
            )
        ]

    same(program)


def test_exponential_families_of_the_users() -> None:
    """The Bregman divergence, for a family without a function of its own."""

    def program(torch: Any) -> Any:
        class Rate(torch.distributions.ExponentialFamily):
            arg_constraints = MappingProxyType({})

            def __init__(self, rate: Any) -> None:
                self.rate = rate
                super().__init__(rate.shape)

            @property
            def _natural_params(self) -> Any:
                return (-self.rate,)

            def _log_normalizer(self, x: Any) -> Any:
                return -torch.log(-x)

        a, b = (torch.tensor(n, requires_grad=True) for n in ([0.5, 2.0], [1.5, 1.5]))
        result = torch.distributions.kl_divergence(Rate(a), Rate(b))
        result.sum().backward()
        return result, b.grad

    same(program)


def test_the_closest_pair_is_chosen_and_ambiguity_told() -> None:
    def program(torch: Any) -> Any:
        D = torch.distributions

        class Base(D.Distribution):
            def __init__(self) -> None:
                super().__init__(validate_args=False)

        class Left(Base):
            pass

        class Right(Left):
            pass

        def answer(number: float) -> Callable[[Any, Any], Any]:
            return lambda p, q: number

        D.register_kl(Base, Base)(answer(0.0))
        D.register_kl(Left, Base)(answer(1.0))
        results = [D.kl_divergence(Right(), Right()), D.kl_divergence(Base(), Right())]
        D.register_kl(Base, Right)(answer(2.0))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            results += [D.kl_divergence(Right(), Right()), D.kl_divergence(Left(), Left())]
            results.append(D.kl_divergence(Right(), Right()))
        results += [(w.category.__name__, str(w.message)) for w in caught]
        D.register_kl(Left, Right)(answer(3.0))
        results.append(D.kl_divergence(Right(), Right()))
        for pair in [pair for pair in D.kl._KL_REGISTRY if Base in pair[0].__mro__]:
            del D.kl._KL_REGISTRY[pair]
        D.kl._KL_MEMOIZE.clear()
        return results

    same(program)


def test_no_classes() -> None:
    same(lambda torch: torch.distributions.register_kl(3, torch.distributions.Normal))


def autoencoder(torch: Any, compiled: bool = False) -> Any:
    """A variational autoencoder; its losses, and how its decoder ends."""
    D, nn = torch.distributions, torch.nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
            self.decoder = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 8))

        def forward(self, x: Any) -> Any:
            mean, spread = self.encoder(x).chunk(2, -1)
            posterior = D.Normal(mean, nn.functional.softplus(spread))
            likelihood = D.Bernoulli(logits=self.decoder(posterior.rsample()))
            prior = D.Normal(torch.zeros_like(mean), torch.ones_like(spread))
            return D.kl_divergence(posterior, prior).sum(-1) - likelihood.log_prob(x).sum(-1)

    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = model(x).mean()
        loss.backward()
        optimizer.step()
        return loss

    run = torch.compile(step) if compiled else step
    losses = [run((torch.arange(32 * 8).reshape(32, 8) % (3 + i) == 0).float()).detach() for i in range(8)]
    return losses, model.decoder[2].bias.detach()


def test_variational_autoencoder() -> None:
    # As far as the eighth of eight steps.
    same(autoencoder, rtol=1e-5)


def test_variational_autoencoder_compiled_and_how_many_programs() -> None:
    imperative = autoencoder(jaxlearn)
    jaxlearn.reset_stats()
    compiled = autoencoder(jaxlearn, compiled=True)
    for got, expected in zip(compiled[0], imperative[0], strict=True):
        assert math.isclose(got.item(), expected.item(), rel_tol=1e-5)
    assert jaxlearn.stats()["compiles"] <= 3


def test_what_prints_with_a_result_names_torchs_last_operation() -> None:
    def program(torch: Any) -> Any:
        D = torch.distributions
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        normals = [
            D.MultivariateNormal(a, covariance_matrix=torch.diag(a)),
            D.MultivariateNormal(torch.ones(3, 2), scale_tril=torch.eye(2)),
        ]
        return (
            D.Dirichlet(a).entropy(),
            D.Beta(a, a).entropy(),
            [n.entropy() for n in normals],
            [D.kl_divergence(p, q) for p in normals for q in normals],
            D.LowRankMultivariateNormal(a, torch.ones(2, 1), a).entropy(),
            D.kl_divergence(D.Gamma(a, a), D.Exponential(a)),
            D.kl_divergence(D.Beta(a, a), D.Gamma(a, a)),
        )

    same(program, grad_fn=True)
