"""Reductions, running sums and order: values, dtypes, named results, gradients at ties and zeros, errors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import jaxlearn
from jaxlearn.ops import reduction, reduction_moments

pytestmark = pytest.mark.unoptimized

NAN, INF = float("nan"), float("inf")
F = np.float32
X = np.array([[0.5, -1.5, 2.25, 0.75], [3.5, 0.25, -2.0, 1.25], [-0.5, 4.0, 1.0, -3.25]], F)


@pytest.fixture
def same() -> Callable[..., None]:
    from tests.parity.helper import same as function

    return function


def with_gradients(library: Any, functions: dict[str, Any], array: Any) -> Any:
    """Every function's results and the gradient at the array, each with a leaf of its own, in one program."""
    results, inputs, total = {}, {}, 0
    for name, function in functions.items():
        inputs[name] = library.tensor(array).requires_grad_()
        result = function(library, inputs[name])
        results[name] = result if not isinstance(result, tuple) else tuple(result)
        for part in result if isinstance(result, tuple) else [result]:
            if part.requires_grad:
                weights = library.arange(1, part.numel() + 1).reshape(part.shape).to(part.dtype)
                total = total + (part * weights / part.numel()).sum()
    total.backward()  # type: ignore[attr-defined]
    return results, {name: leaf.grad for name, leaf in inputs.items()}


SUMS = {
    "sum": lambda t, x: t.sum(x),
    "sum dim": lambda t, x: x.sum(1, keepdim=True),
    "sum dims": lambda t, x: x.sum((0, -1)),
    "sum dtype": lambda t, x: x.sum(0, dtype=t.float64).float(),
    "mean": lambda t, x: x.mean(),
    "mean dim": lambda t, x: x.mean(dim=[0]),
    "nansum": lambda t, x: t.nansum(x, 0),
    "nanmean": lambda t, x: t.nanmean(x, 1),
    "prod": lambda t, x: x.prod(),
    "prod dim": lambda t, x: x.prod(1),
    "logsumexp": lambda t, x: x.logsumexp(1, keepdim=True),
    "logsumexp dims": lambda t, x: x.logsumexp((0, 1)),
    "var": lambda t, x: x.var(),
    "var 0": lambda t, x: t.var(x, 1, correction=0),
    "std": lambda t, x: x.std(1, keepdim=True),
    "std biased": lambda t, x: x.std(unbiased=False),
    "std_mean": lambda t, x: t.std_mean(x, 0),
    "var_mean": lambda t, x: t.var_mean(x),
    "norm": lambda t, x: x.norm(),
    "norm 1": lambda t, x: t.norm(x, 1, 1),
    "norm 3": lambda t, x: t.norm(x, p=3, dim=0, keepdim=True),
    "norm 1.5": lambda t, x: t.norm(x, p=1.5),
    "norm 0.5": lambda t, x: t.norm(x, p=0.5),
    "norm inf": lambda t, x: t.norm(x, p=float("inf"), dim=1),
    "norm -inf": lambda t, x: t.norm(x, p=-float("inf"), dim=1),
    "norm dims": lambda t, x: t.norm(x, dim=(0, 1)),
    "dist": lambda t, x: t.dist(x, t.ones(4), 2),
    "cumsum": lambda t, x: x.cumsum(1),
    "cumprod": lambda t, x: x.cumprod(0),
    "logcumsumexp": lambda t, x: t.logcumsumexp(x, 1),
    "diff": lambda t, x: t.diff(x, n=2),
}


def test_sums(same: Any) -> None:
    same(lambda lib: with_gradients(lib, SUMS, X), grad_fn=True, rtol=1e-5)


ORDER = {
    "max": lambda t, x: t.max(x),
    "max dim": lambda t, x: t.max(x, 1),
    "min dim": lambda t, x: x.min(0, keepdim=True),
    "max other": lambda t, x: t.max(x, t.ones(4)),
    "amax": lambda t, x: x.amax((0, 1)),
    "amin": lambda t, x: x.amin(1, keepdim=True),
    "aminmax": lambda t, x: t.aminmax(x, dim=1),
    "sort": lambda t, x: x.sort(),
    "sort down": lambda t, x: x.sort(0, descending=True),
    "topk": lambda t, x: x.topk(2),
    "topk small": lambda t, x: x.topk(3, 0, largest=False),
    "kthvalue": lambda t, x: x.kthvalue(2, 1),
    "median": lambda t, x: x.median(),
    "median dim": lambda t, x: x.median(1, keepdim=True),
    "nanmedian": lambda t, x: t.nanmedian(x, 0),
    "mode": lambda t, x: x.mode(1),
    "cummax": lambda t, x: x.cummax(1),
    "cummin": lambda t, x: x.cummin(0),
    "quantile": lambda t, x: x.quantile(0.3, dim=1),
    "quantiles": lambda t, x: t.quantile(x, t.tensor([0.1, 0.9]), dim=0, keepdim=True),
    "nanquantile": lambda t, x: t.nanquantile(x, 0.5, dim=1),
}


def test_order(same: Any) -> None:
    def program(lib: Any) -> Any:
        results, grads = with_gradients(lib, ORDER, X)
        # torch's name of the last step of a composite operation; checked apart from the values
        names = {
            n: (r[0] if isinstance(r, tuple) else r).grad_fn.name()
            for n, r in results.items()
            if n != "quantiles"
        }
        return results, grads, names

    same(program)


def test_gradient_conventions(same: Any) -> None:
    """Equal elements, zeros in products and norms, deviations of 0."""
    flat = np.array([[2.0, 2.0, 1.0], [0.0, 0.0, 0.0], [0.0, 3.0, 3.0]], F)
    functions = {
        "max": lambda t, x: x.max(),
        "max dim": lambda t, x: x.max(1).values,
        "min": lambda t, x: x.min(),
        "amax": lambda t, x: x.amax(1),
        "prod": lambda t, x: x.prod(),
        "prod dim": lambda t, x: x.prod(1),
        "cumprod": lambda t, x: x.cumprod(1),
        "std": lambda t, x: x.std(1),
        "var": lambda t, x: x.var(1),
        "norm": lambda t, x: x.norm(dim=1),
        "norm 1": lambda t, x: x.norm(1, dim=1),
        "norm 3": lambda t, x: x.norm(3, dim=1),
        "norm inf": lambda t, x: x.norm(float("inf"), dim=1),
        "norm 0": lambda t, x: x.norm(0, dim=1) + x.sum() * 0,
        "cummax": lambda t, x: x.cummax(1).values,
        "logsumexp": lambda t, x: (x * -float("inf")).nan_to_num(neginf=-1e4).logsumexp(1),
    }
    same(lambda lib: with_gradients(lib, functions, flat))


def test_second_derivatives() -> None:
    x = np.array([0.5, 1.5, -2.0])

    def second(function: Any) -> Any:
        with jax.enable_x64(True):
            return np.asarray(jax.jit(jax.hessian(function))(x))

    n = np.sqrt((x**2).sum())
    norm = second(lambda v: reduction_moments.norm.op.fn(v))
    np.testing.assert_allclose(norm, (np.eye(3) - np.outer(x, x) / n**2) / n, rtol=1e-6)
    var = second(lambda v: reduction_moments.var.op.fn(v))
    np.testing.assert_allclose(var, 2 / 2 * (np.eye(3) - 1 / 3), atol=1e-9)
    prod = second(lambda v: reduction.prod.op.fn(v * np.array([0.0, 1.0, 1.0])))
    assert np.isfinite(prod).all()


VALUES = """i.sum()
b.sum(1)
i.int().sum(0)
x.sum(0, dtype=torch.int64)
x.sum([])
x.sum(dim=None, keepdim=True)
i.mean(dtype=torch.float32)
i.prod()
b.prod(0)
x.half().sum()
x.half().mean(1)
x.bfloat16().std(0)
x.all()
x.any(0)
i.all(1)
i.byte().all()
i.byte().any(0)
x.all((0, 1))
x.count_nonzero()
i.count_nonzero(0)
b.cumsum(0)
i.int().cumsum(1)
b.cumprod(0)
b.max()
x.argmax()
x.argmin(1)
x.argmax(keepdim=True)
x.argmax(0, True)
i.median()
x.std((0, 1), correction=2)
x.var([0], False)
torch.ones(1).std()
x.std(1, True, True)
torch.norm(x, p=0)
torch.norm(x, "fro", dim=1)
torch.norm(x, p=1, dtype=torch.float64)
torch.norm(x, "nuc")
i.logsumexp(0)
torch.empty(0).sum()
torch.empty(0).mean()
torch.empty(0, 3).sum(0)
torch.tensor(3.0).sum(0)
torch.tensor(3.0).argmax(0)
torch.tensor(3.0).cumsum(0)
tuple(torch.tensor(3.0).max(0))
tuple(torch.empty(0, 3).max(1))
x.argsort(1, True)
x.argsort(stable=True, dim=0)
tuple(i.topk(2, largest=False))
tuple(torch.tensor([1.0, float("nan"), 3.0, 1.0, 3.0]).sort(descending=True, stable=True))
tuple(torch.tensor([1.0, float("nan"), 3.0, 1.0, 3.0]).sort(stable=True))
tuple(torch.tensor([1.0, float("nan"), 3.0, 1.0, 3.0]).max(0))
tuple(torch.tensor([1.0, float("nan"), 3.0, 1.0, 3.0]).min(0))
tuple(torch.tensor([1.0, float("nan"), 3.0, 1.0, 3.0]).cummax(0))
tuple(torch.tensor([1.0, 3.0, 3.0, 1.0]).cummin(0))
torch.tensor([1.0, float("nan"), 3.0]).median()
torch.tensor([1.0, float("nan"), 3.0]).nanmedian()
torch.tensor([1.0, float("nan"), 3.0]).quantile(0.5)
torch.tensor([1.0, float("nan"), 3.0]).nanquantile(0.5)
torch.tensor([1.0, float("nan"), 3.0]).argmax()
tuple(torch.tensor([[3, 1, 2, 1], [5, 5, 2, 2]]).mode())
x.quantile(torch.tensor([0.1, 0.5]), dim=1)
x.quantile(0.4, interpolation="nearest")
x.quantile(0.4, interpolation="midpoint", dim=0, keepdim=True)
tuple(b.sort())
tuple(b.cummax(0))
i.cumsum_(0)
b.diff()
torch.max(x, axis=1)[0]
torch.max(x, dim=1, keepdim=True)[1]""".split("\n")

ERRORS = """x.sum(3)
x.sum((0, 0))
i.mean()
b.mean(0)
x.max(5)
torch.empty(0).max()
torch.empty(0, 3).max(0)
torch.empty(0).argmax()
torch.empty(0, 3).amax(0)
b.argmax()
x.argmax(dim=(0, 1))
torch.tensor(3.0).sum(1)
torch.tensor(3.0).max(-2)
i.std()
x.norm("bad")
i.norm()
x.cumsum(5)
x.cumsum(dim=(0, 1))
b.median()
x.quantile(1.5)
i.quantile(0.5)
x.quantile(torch.tensor([0.1], dtype=torch.float64))
x.topk(5)
x.kthvalue(9)
x.sort(3)
i.nanmean()""".split("\n")


def setting(lib: Any) -> dict[str, Any]:
    x = lib.tensor(X)
    return {"torch": lib, "x": x, "i": lib.arange(12).reshape(3, 4), "b": x > 0.5}


@pytest.mark.parametrize("text", ERRORS)
def test_errors(same: Any, text: str) -> None:
    same(lambda lib: eval(text, setting(lib)), message=True)


def test_values(same: Any) -> None:
    for text in VALUES:
        same(lambda lib, text=text: eval(text, setting(lib)))


NAMED = [
    "torch.max(x, 1)",
    "x.min(0)",
    "x.sort()",
    "x.topk(2)",
    "x.median(1)",
    "x.kthvalue(1)",
    "x.mode()",
    "x.cummax(0)",
]


def test_named_results(same: Any) -> None:
    for text in [*NAMED, "torch.aminmax(x)", "torch.var_mean(x, 0)"]:
        same(lambda lib, text=text: repr(eval(text, setting(lib))))
    same(lambda lib: [torch_like.values for torch_like in [lib.tensor(X).max(1), lib.tensor(X).sort()]])


def test_mean_is_a_quotient() -> None:
    """The sum divided by the count, in one rounding each."""
    x = (np.random.RandomState(0).rand(500, 7) * 10).astype(F)
    with jax.enable_x64(True):
        mean, total = jax.jit(lambda v: (reduction.mean.op.fn(v, 1), reduction.sum.op.fn(v, 1)))(x)
    assert (np.asarray(mean) == np.asarray(total) / F(7)).all()


def test_golden() -> None:
    """Values printed by torch 2.13.0; these need no torch."""
    x = jaxlearn.tensor([[1.0, 5.0, 2.0], [4.0, 4.0, 0.5]])
    assert repr(jaxlearn.max(x, 1)) == (
        "torch.return_types.max(\nvalues=tensor([5., 4.]),\nindices=tensor([1, 0]))"
    )
    assert x.sum().item() == 16.5
    assert x.mean(0).tolist() == [2.5, 4.5, 1.25]
    np.testing.assert_allclose(x.std().item(), 1.837117314338684, rtol=1.3e-6)
    assert x.argmax(1).tolist() == [1, 0]
    assert jaxlearn.topk(x, 2).indices.tolist() == [[1, 2], [0, 1]]
    with pytest.raises(
        IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 3\)"
    ):
        x.sum(3)


@pytest.mark.parametrize("function", ["norm", "linalg.norm", "linalg.vector_norm", "linalg.matrix_norm"])
def test_the_order_of_a_norm_may_be_a_tensor(function: str) -> None:
    torch = pytest.importorskip("torch")

    def norm(torch: Any) -> float:
        return float(operator.attrgetter(function)(torch)(torch.ones(2, 3), torch.tensor(1.0)))

    assert norm(jaxlearn) == norm(torch)
