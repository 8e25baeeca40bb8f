"""What a distribution is asked for, each as a program to be run with either library.

A case is a function ``(torch, leaf) -> distribution`` whose parameters are made by ``leaf(numbers)``. Only the program
of the gradients needs theirs, and it asks for all at once, because each graph with a backward is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .helper import same

__all__ = ["ASPECTS", "Case", "check", "refusal"]

Case = Callable[[Any, Callable[..., Any]], Any]


def build(torch: Any, case: Case, dtype: str = "float32") -> tuple[Any, list[Any]]:
    """The distribution and the tensors that it was made of."""
    leaves: list[Any] = []

    def leaf(numbers: Any) -> Any:
        leaves.append(torch.tensor(numbers, dtype=getattr(torch, dtype)))
        return leaves[-1]

    return case(torch, leaf), leaves


def attempt(program: Callable[[], Any]) -> Any:
    """What the program gives, or its exception, without the library's name."""
    try:
        return program()
    except Exception as error:
        return type(error).__name__, str(error).replace("jaxlearn.", "torch.")


def shapes(torch: Any, case: Case) -> Any:
    d, _ = build(torch, case)
    return (
        repr(d),
        tuple(d.batch_shape),
        tuple(d.event_shape),
        d.has_rsample,
        d.has_enumerate_support,
        attempt(lambda: repr(d.support)),
        attempt(lambda: (d.support.event_dim, d.support.is_discrete)),
        sorted(d.arg_constraints),
        d.sample().requires_grad,
    )


def samples(torch: Any, case: Case) -> Any:
    """Samples, and that the generator stands where torch's does afterwards."""
    d, _ = build(torch, case)
    torch.manual_seed(0)
    first = d.sample(), d.sample((3,)), d.sample(torch.Size([2, 1])), attempt(lambda: d.rsample((2,)))
    return *first, d.expand((2, *d.batch_shape)).sample(), torch.rand(2)


def values(torch: Any, case: Case) -> Any:
    """Everything that is computed, and parameters that follow from the others."""
    d, _ = build(torch, case)
    torch.manual_seed(1)
    value = d.sample((3,))
    results = [d.log_prob(value), d.log_prob(value[0]), attempt(d.entropy), attempt(d.perplexity)]
    results += [attempt(lambda: d.cdf(value)), attempt(lambda: d.icdf(value))]
    for name in ("mean", "mode", "variance", "stddev"):
        results.append(attempt(lambda name=name: getattr(d, name)))
    for name in ("probs", "logits", "scale_tril", "covariance_matrix", "precision_matrix"):
        if hasattr(d, name):
            results += [getattr(d, name), repr(d)]
    return results


def gradients(torch: Any, case: Case) -> Any:
    """The gradients of all of it."""

    def differentiable(t: Any, leaf: Any) -> Any:
        return case(t, lambda numbers: leaf(numbers).requires_grad_())

    d, leaves = build(torch, differentiable)
    torch.manual_seed(1)
    value = d.sample((3,))
    results = [d.log_prob(value)]
    # torch's samples of a Wishart distribution have a gradient that it then cannot compute.
    if d.has_rsample and type(d).__name__ != "Wishart":
        results.append(d.rsample((2,)))
    for name in ("mean", "variance", "entropy"):
        result = attempt(lambda name=name: getattr(d, name))
        results.append(attempt(result) if callable(result) else result)
    parts = [r for r in results if not isinstance(r, tuple) and r.requires_grad]
    if parts:
        # Each element has a weight of its own, infinite ones none.
        weighted = [
            (r.masked_fill(~r.isfinite(), 0).reshape(-1) * torch.linspace(0.5, 1.5, r.numel())).sum()
            for r in parts
        ]
        sum(weighted).backward()  # type: ignore[union-attr]
    return [leaf.grad for leaf in leaves]


def enumerations(torch: Any, case: Case) -> Any:
    d, _ = build(torch, case)
    return attempt(d.enumerate_support), attempt(lambda: d.enumerate_support(expand=False))


def expansions(torch: Any, case: Case) -> Any:
    d, _ = build(torch, case)
    torch.manual_seed(0)
    value = d.sample()
    e = d.expand([3, *d.batch_shape])
    return repr(e), tuple(e.batch_shape), e.log_prob(value), e.mean, attempt(e.entropy), type(e) is type(d)


def double(torch: Any, case: Case) -> Any:
    d, _ = build(torch, case, "float64")
    torch.manual_seed(2)
    value = d.sample((2,))
    return value, d.log_prob(value), d.mean


ASPECTS: dict[str, Callable[[Any, Case], Any]] = {
    "shapes": shapes,
    "samples": samples,
    "values": values,
    "gradients": gradients,
    "enumerations": enumerations,
    "expansions": expansions,
}


def check(case: Case, aspect: str, **tolerances: float) -> None:
    """Assert that an aspect of a distribution is the same with both libraries."""
    program = double if aspect == "double" else ASPECTS[aspect]
    same(lambda torch: program(torch, case), **tolerances)


def refusal(program: Callable[[Any], Any]) -> None:
    """Assert that both libraries refuse in the same words, to the last line."""

    def told(torch: Any) -> Any:
        result = attempt(lambda: program(torch))
        assert isinstance(result, tuple) and isinstance(result[0], str), f"not refused: {result}"
        return result

    same(told)
