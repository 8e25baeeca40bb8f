"""Distributions over vectors and matrices, and mixtures, against torch's."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import jaxlearn

from .distribution_programs import ASPECTS, Case, check, refusal
from .helper import same

pytestmark = pytest.mark.unoptimized

COVARIANCE = [[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 1.5]]
TRIL = [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-1.0, 0.3, 0.5]]
FACTOR = [[1.0, 0.5], [-0.3, 2.0], [0.7, 0.1]]
CASES: dict[str, Case] = {
    "Dirichlet": lambda t, leaf: t.distributions.Dirichlet(leaf([[0.3, 0.5, 0.9], [2.0, 5.0, 1.0]])),
    "Dirichlet of large ones": lambda t, leaf: t.distributions.Dirichlet(leaf([7.0, 20.0, 100.0, 0.05])),
    "MultivariateNormal": lambda t, leaf: t.distributions.MultivariateNormal(
        leaf([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]), leaf(COVARIANCE)
    ),
    "MultivariateNormal of a precision": lambda t, leaf: t.distributions.MultivariateNormal(
        leaf([0.0, 1.0, 2.0]), precision_matrix=leaf(COVARIANCE)
    ),
    "MultivariateNormal of triangles": lambda t, leaf: t.distributions.MultivariateNormal(
        leaf([[[0.0, 1.0, 2.0]]]), scale_tril=leaf([[TRIL], [TRIL]])
    ),
    "LowRankMultivariateNormal": lambda t, leaf: t.distributions.LowRankMultivariateNormal(
        leaf([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]), leaf(FACTOR), leaf([1.0, 0.5, 2.0])
    ),
    "Wishart": lambda t, leaf: t.distributions.Wishart(leaf([4.0, 6.0]), leaf([[2.0, 0.5], [0.5, 1.0]])),
    "Wishart of a precision": lambda t, leaf: t.distributions.Wishart(
        leaf(3.5), precision_matrix=leaf(COVARIANCE)
    ),
    "Wishart of a triangle": lambda t, leaf: t.distributions.Wishart(
        3, scale_tril=leaf([[2.0, 0.0], [0.5, 1.0]])
    ),
    "MixtureSameFamily": lambda t, leaf: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(leaf([[0.2, 0.8], [0.5, 0.5]])),
        t.distributions.Normal(leaf([[-1.0, 1.0], [0.0, 3.0]]), leaf([0.5, 2.0])),
    ),
    "MixtureSameFamily of vectors": lambda t, leaf: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(logits=leaf([0.3, -0.3])),
        t.distributions.Independent(
            t.distributions.Normal(leaf([[[-1.0, 1.0, 0.0], [0.0, 3.0, 2.0]]] * 2), leaf([0.5, 2.0, 1.0])), 1
        ),
    ),
    "MixtureSameFamily of counts": lambda t, leaf: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(leaf([0.3, 0.7])), t.distributions.Poisson(leaf([2.0, 20.0]))
    ),
}


@pytest.mark.filterwarnings("ignore:Singular sample detected")
@pytest.mark.parametrize("aspect", list(ASPECTS))
@pytest.mark.parametrize("name", list(CASES))
def test_same(name: str, aspect: str) -> None:
    check(CASES[name], aspect)


@pytest.mark.parametrize("name", ["Dirichlet", "MultivariateNormal", "MixtureSameFamily"])
def test_same_in_double_precision(name: str) -> None:
    check(CASES[name], "double")


REFUSED = {
    "Dirichlet of a number": lambda t: t.distributions.Dirichlet(t.tensor(1.0)),
    "Dirichlet of zero": lambda t: t.distributions.Dirichlet(t.tensor([1.0, 0.0])),
    "Dirichlet off the simplex": lambda t: t.distributions.Dirichlet(t.ones(2)).log_prob(
        t.tensor([0.5, 0.6])
    ),
    "Dirichlet of another size": lambda t: t.distributions.Dirichlet(t.ones(2)).log_prob(t.tensor([0.5])),
    "MultivariateNormal of a number": lambda t: t.distributions.MultivariateNormal(t.tensor(0.0), t.eye(1)),
    "MultivariateNormal of nothing": lambda t: t.distributions.MultivariateNormal(t.zeros(2)),
    "MultivariateNormal of two": lambda t: t.distributions.MultivariateNormal(t.zeros(2), t.eye(2), t.eye(2)),
    "MultivariateNormal of a vector": lambda t: t.distributions.MultivariateNormal(t.zeros(2), t.ones(2)),
    "MultivariateNormal of a vector, triangle": lambda t: t.distributions.MultivariateNormal(
        t.zeros(2), scale_tril=t.ones(2)
    ),
    "MultivariateNormal, not symmetric": lambda t: t.distributions.MultivariateNormal(
        t.zeros(2), t.tensor([[1.0, 0.5], [0.0, 1.0]])
    ),
    "MultivariateNormal, not definite": lambda t: t.distributions.MultivariateNormal(
        t.zeros(2), t.tensor([[1.0, 2.0], [2.0, 1.0]])
    ),
    "MultivariateNormal, no triangle": lambda t: t.distributions.MultivariateNormal(
        t.zeros(2), scale_tril=t.tensor([[1.0, 2.0], [2.0, 1.0]])
    ),
    "MultivariateNormal, batches": lambda t: t.distributions.MultivariateNormal(
        t.zeros(3, 2), t.eye(2).expand(2, 2, 2)
    ),
    "MultivariateNormal, a value of another size": lambda t: t.distributions.MultivariateNormal(
        t.zeros(2), t.eye(2)
    ).log_prob(t.zeros(3)),
    "LowRank of a number": lambda t: t.distributions.LowRankMultivariateNormal(
        t.tensor(0.0), t.ones(1, 1), t.ones(1)
    ),
    "LowRank of a vector": lambda t: t.distributions.LowRankMultivariateNormal(
        t.zeros(2), t.ones(2), t.ones(2)
    ),
    "LowRank, factor": lambda t: t.distributions.LowRankMultivariateNormal(
        t.zeros(2), t.ones(3, 1), t.ones(2)
    ),
    "LowRank, diagonal": lambda t: t.distributions.LowRankMultivariateNormal(
        t.zeros(2), t.ones(2, 1), t.ones(3)
    ),
    "LowRank, batches": lambda t: t.distributions.LowRankMultivariateNormal(
        t.zeros(3, 2), t.ones(2, 2, 1), t.ones(2)
    ),
    "LowRank, negative diagonal": lambda t: t.distributions.LowRankMultivariateNormal(
        t.zeros(2), t.ones(2, 1), -t.ones(2)
    ),
    "Wishart of nothing": lambda t: t.distributions.Wishart(t.tensor(3.0)),
    "Wishart of a vector": lambda t: t.distributions.Wishart(t.tensor(3.0), t.ones(2)),
    "Wishart of too few": lambda t: t.distributions.Wishart(t.tensor([1.0, 3.0]), t.eye(2)),
    "Wishart, not definite": lambda t: t.distributions.Wishart(3.0, -t.eye(2)),
    "Wishart, a value that is not": lambda t: t.distributions.Wishart(3.0, t.eye(2)).log_prob(-t.eye(2)),
    "Mixture of something else": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Bernoulli(0.5), t.distributions.Normal(t.zeros(2), 1.0)
    ),
    "Mixture of tensors": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(t.ones(2)), t.zeros(2)
    ),
    "Mixture, batches": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(t.ones(3, 2)), t.distributions.Normal(t.zeros(4, 2), 1.0)
    ),
    "Mixture, components": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(t.ones(3)), t.distributions.Normal(t.zeros(2), 1.0)
    ),
    "Mixture, a value that is NaN": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(t.ones(2)), t.distributions.Normal(t.zeros(2), 1.0)
    ).log_prob(t.tensor(float("nan"))),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_refused(name: str) -> None:
    refusal(REFUSED[name])


def test_gradient_of_dirichlet_samples_in_all_regions() -> None:
    """The approximations that torch uses, each on its own region and at its edges."""

    def program(torch: Any) -> Any:
        x = torch.linspace(0.005, 0.995, 40, dtype=torch.float64)[:, None, None]
        alpha = torch.tensor([0.05, 0.5, 1.0, 3.0, 6.5, 20.0, 300.0], dtype=torch.float64)
        return torch._dirichlet_grad(
            *[t.contiguous() for t in torch.broadcast_tensors(x, alpha[:, None], alpha[:, None] + alpha)]
        )

    same(program)


def test_dirichlet_samples_cannot_be_differentiated_twice() -> None:
    def program(torch: Any) -> Any:
        alpha = torch.tensor([1.0, 2.0], requires_grad=True)
        x = torch.distributions.Dirichlet(alpha).rsample()
        (gradient,) = torch.autograd.grad(x[0], alpha, create_graph=True)
        return torch.autograd.grad(gradient.sum(), alpha)

    same(program)


def test_squared_distances_of_every_batch() -> None:
    """Triangles whose batch is a part of the vectors', has ones in it, or none at all."""

    def program(torch: Any) -> Any:
        distance = torch.distributions.multivariate_normal._batch_mahalanobis
        x = torch.arange(2 * 3 * 4 * 2.0).reshape(2, 3, 4, 2) / 10
        L = torch.tensor([[1.0, 0.0], [0.5, 2.0]])
        scales = torch.arange(1.0, 25.0)
        results = []
        for shape in ((), (4,), (3, 4), (3, 1), (1, 4), (2, 1, 4), (2, 3, 4), (1, 1, 1), (2, 1, 1)):
            count = torch.Size(shape).numel()
            results.append(distance(L * scales[:count].reshape(*shape, 1, 1), x))
        return results

    same(program)


def test_wishart_warns_as_torch_does() -> None:
    """Of few degrees of freedom, and of samples drawn anew: torch draws the regular ones anew, and warns of them."""

    def program(torch: Any) -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.manual_seed(0)
            torch.distributions.Wishart(torch.tensor(1.5), torch.eye(2)).sample((2,))
        return [(w.category.__name__, str(w.message)) for w in caught]

    same(program)


def test_compiled_wishart_samples() -> None:
    """A difference from torch: a compiled step does not look at the samples, and draws all of them anew once."""

    @jaxlearn.compile
    def draw(scale: Any) -> Any:
        return jaxlearn.distributions.Wishart(jaxlearn.tensor(5.0), scale_tril=scale).sample((3,))

    first, second = (draw(jaxlearn.eye(2)) for _ in range(2))
    assert tuple(first.shape) == (3, 2, 2) and not jaxlearn.equal(first, second)
    assert (jaxlearn.linalg.eigvalsh(first) > 0).all()


def mixture_fit(torch: Any) -> Any:
    """Two normal distributions fitted to data; the losses and the means."""
    D = torch.distributions
    torch.manual_seed(0)
    data = torch.cat([torch.randn(50) * 0.5 - 2, torch.randn(50) + 3])
    logits = torch.zeros(2, requires_grad=True)
    means = torch.tensor([-1.0, 1.0], requires_grad=True)
    scales = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([logits, means, scales], lr=0.2)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        mixture = D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(means, scales.exp()))
        loss = -mixture.log_prob(data).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, means.detach()


def test_mixture_fit() -> None:
    same(mixture_fit)


def test_a_triangle_does_not_cut_the_step() -> None:
    """A normal distribution given by its triangle is fitted by one program a step."""

    def fit() -> None:
        torch = jaxlearn
        raw = torch.eye(3, requires_grad=True)
        optimizer = torch.optim.SGD([raw], lr=0.1)
        data = torch.ones(5, 3)
        for _ in range(4):
            optimizer.zero_grad()
            d = torch.distributions.MultivariateNormal(
                torch.zeros(3), scale_tril=raw.tril(), validate_args=False
            )
            loss = -d.log_prob(data).mean()
            loss.backward()
            optimizer.step()
            loss.item()

    fit()
    jaxlearn.reset_stats()
    fit()
    assert jaxlearn.stats()["compiles"] == 0
    assert jaxlearn.stats()["flushes"] <= 5
