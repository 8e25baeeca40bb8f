"""What ``nn.functional`` does beyond values: second derivatives, running statistics, in-place forms, random masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn.nn import functional as F

from .helper import compare, same, torch
from .nn_functional_cases import draw, labels, other, share

pytestmark = pytest.mark.unoptimized

# Functions with a derivative of their own, and one whose derivative is not differentiated further by accident.
TWICE: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": lambda t, x: t.nn.functional.cross_entropy(x, t.tensor(labels(5, 4))),
    "softmax": lambda t, x: t.nn.functional.softmax(x, -1) ** 2,
    "log_softmax": lambda t, x: t.nn.functional.log_softmax(x, -1) ** 2,
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, (5,)) ** 3,
    "batch_norm": lambda t, x: t.nn.functional.batch_norm(x, None, None, training=True) ** 3,
    "group_norm": lambda t, x: t.nn.functional.group_norm(x.reshape(2, 2, 5), 2) ** 3,
    "max_pool2d": lambda t, x: t.nn.functional.max_pool2d(x.reshape(1, 4, 5), 2) ** 2,
    "conv2d": lambda t, x: t.nn.functional.conv2d(x.reshape(1, 1, 4, 5), t.tensor(draw(2, 1, 2, 2))) ** 3,
    "depthwise": lambda t, x: t.nn.functional.conv1d(x[None], t.tensor(draw(4, 1, 3)), groups=4) ** 3,
    "elu": lambda t, x: t.nn.functional.elu(x),
    "gelu": lambda t, x: t.nn.functional.gelu(x),
    "hardswish": lambda t, x: t.nn.functional.hardswish(x),
    "huber_loss": lambda t, x: t.nn.functional.huber_loss(x, t.tensor(other(4, 5))),
    "normalize": lambda t, x: t.nn.functional.normalize(x) ** 3,
    "binary_cross_entropy": lambda t, x: t.nn.functional.binary_cross_entropy(
        t.sigmoid(x), t.tensor(share(4, 5))
    ),
}


def second_derivative(library: Any, name: str) -> Any:
    x = library.tensor(draw(4, 5), requires_grad=True)
    (first,) = library.autograd.grad(TWICE[name](library, x).sum(), x, create_graph=True)
    (first * library.tensor(other(4, 5))).sum().backward()
    return first.detach(), x.grad


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return {name: second_derivative(jaxlearn, name) for name in TWICE}


@pytest.mark.parametrize("name", TWICE)
def test_second_derivative(name: str, recorded: dict[str, Any]) -> None:
    compare(recorded[name], second_derivative(torch, name), rtol=2e-5, atol=2e-5)


def test_running_statistics() -> None:
    def program(t: Any) -> Any:
        mean, var = t.zeros(3), t.ones(3)
        x = t.tensor(draw(4, 3, 5), requires_grad=True)
        for momentum in (0.1, 0.5):
            y = t.nn.functional.batch_norm(x, mean, var, training=True, momentum=momentum)
        z = t.nn.functional.batch_norm(x, mean, var)
        return y, z, mean, var

    same(program, grad_fn=True)


def test_running_statistics_of_instances() -> None:
    def program(t: Any) -> Any:
        mean, var = t.zeros(3), t.ones(3)
        y = t.nn.functional.instance_norm(t.tensor(draw(4, 3, 5)), mean, var, momentum=0.3)
        return (
            y,
            mean,
            var,
            t.nn.functional.instance_norm(t.tensor(draw(4, 3, 5)), mean, var, use_input_stats=False),
        )

    same(program)


def test_an_empty_batch_leaves_statistics() -> None:
    def program(torch: Any) -> Any:
        module = torch.nn.BatchNorm1d(3, momentum=0.3)
        module.running_mean.add_(2)
        x = torch.zeros(0, 3, 4, requires_grad=True)
        y = module(x)
        y.sum().backward()
        return (
            y,
            module.running_mean,
            module.running_var,
            module.num_batches_tracked,
            x.grad,
            module.weight.grad,
        )

    same(program)


def test_failing_batch_norm_leaves_statistics() -> None:
    mean, var = jaxlearn.zeros(3), jaxlearn.ones(3)
    with pytest.raises(RuntimeError, match="weight should contain 3 elements not 4"):
        F.batch_norm(jaxlearn.ones(2, 3), mean, var, jaxlearn.ones(4), training=True)
    assert mean.tolist() == [0, 0, 0]
    assert var.tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "silu", "hardtanh"])
def test_inplace(name: str) -> None:
    def program(t: Any) -> Any:
        leaf = t.tensor(draw(4), requires_grad=True)
        x = leaf * 2
        y = getattr(t.nn.functional, name)(x, inplace=True)
        assert y is x
        return x

    same(program)


def test_inplace_on_leaf_is_refused() -> None:
    def program(t: Any) -> Any:
        return t.nn.functional.relu(t.ones(2, requires_grad=True), inplace=True)

    same(program, message=True)


def test_max_norm_rescales_the_table() -> None:
    def program(t: Any) -> Any:
        table = t.tensor(3 * draw(5, 3))
        return t.nn.functional.embedding(t.tensor([1, 3, 1]), table, max_norm=1.0), table

    same(program)


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 1.0])
def test_dropout(p: float) -> None:
    jaxlearn.manual_seed(0)
    x = jaxlearn.ones(200, 100, requires_grad=True)
    y = F.dropout(x, p)
    y.sum().backward()
    values = y.detach().numpy()
    assert set(np.unique(values)) <= {np.float32(0), np.float32(1 / (1 - p)) if p < 1 else np.float32(0)}
    assert abs((values == 0).mean() - p) < 0.02  # five standard deviations of 20,000 draws
    if p > 0:
        assert y.grad_fn.name() == "MulBackward0"
        np.testing.assert_array_equal(x.grad.numpy(), values)


def test_dropout_masks_are_fresh_and_follow_the_seed() -> None:
    def masks() -> list[Any]:
        jaxlearn.manual_seed(3)
        x = jaxlearn.ones(64)
        first = [F.dropout(x), F.dropout(x)]
        return [*(m.tolist() for m in first), F.dropout(x).tolist()]

    a, b = masks(), masks()
    assert a == b
    assert len({tuple(m) for m in a}) == 3


def test_dropout_in_eval_is_the_input() -> None:
    x = jaxlearn.ones(3)
    for function in (F.dropout, F.alpha_dropout, F.feature_alpha_dropout):
        assert function(x, 0.5, False) is x


def test_channel_dropout_zeroes_whole_channels() -> None:
    y = F.dropout2d(jaxlearn.ones(20, 10, 3, 3)).numpy().reshape(200, 9)
    assert (y == y[:, :1]).all()
    assert 0.3 < (y[:, 0] == 0).mean() < 0.7


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    jaxlearn.manual_seed(1)
    y = F.alpha_dropout(jaxlearn.randn(100_000), 0.3, True).numpy()
    assert abs(y.mean()) < 0.03
    assert abs(y.std() - 1) < 0.03


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_draws_torchs_noise(hard: bool) -> None:
    def program(torch: Any) -> Any:
        F = torch.nn.functional
        torch.manual_seed(3)
        x = torch.linspace(-1, 1, 20).view(5, 4).requires_grad_()
        results = [
            F.gumbel_softmax(x.t(), 0.7, hard),
            F.gumbel_softmax(x, hard=hard, dim=0),
            F.gumbel_softmax(x.half(), hard=hard),
            torch.rand(1),
        ]
        (results[0] * torch.arange(5.0)).sum().backward()
        return results, x.grad

    same(program, grad_fn=True)


def test_gumbel_softmax_is_drawn_anew_in_each_compiled_step() -> None:
    x = jaxlearn.linspace(-1, 1, 8).view(2, 4)
    jaxlearn.manual_seed(3)
    expected = [F.gumbel_softmax(x).tolist() for _ in range(3)]
    step = jaxlearn.compile(lambda x: F.gumbel_softmax(x))
    jaxlearn.manual_seed(3)
    np.testing.assert_allclose([step(x).tolist() for _ in range(3)], expected, rtol=1e-6)


def test_gumbel_softmax_in_a_jax_transformation_follows_the_key_given() -> None:
    import jax

    @jax.jit
    def draw(key: Any, x: Any) -> Any:
        with jaxlearn.use_key(key):
            return F.gumbel_softmax(x, hard=True)

    logits = jaxlearn.log(jaxlearn.tensor([0.2, 0.8])).expand(5000, 2)
    hard, again = [draw(jax.random.key(seed), logits).numpy() for seed in (0, 1)]
    np.testing.assert_allclose(hard.sum(1), 1, rtol=1e-6)
    assert abs(hard[:, 1].mean() - 0.8) < 0.03
    assert (hard != again).any()


def test_class_outside_on_the_device_is_not_silent() -> None:
    large = jaxlearn.ones(70000, dtype=jaxlearn.int64)  # a small one would be summed on the host
    target = jaxlearn.tensor([0, 1]) + large.sum()
    loss = F.cross_entropy(jaxlearn.zeros(2, 3), target, reduction="none")
    assert np.isnan(loss.numpy()).all()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_dtypes(dtype: str) -> None:
    def program(t: Any) -> Any:
        f, kind = t.nn.functional, getattr(t, dtype)
        x, w = t.tensor(draw(4, 5)).to(kind), t.tensor(draw(3, 5)).to(kind)
        image, kernel = t.tensor(draw(1, 2, 5, 5)).to(kind), t.tensor(draw(3, 2, 3, 3)).to(kind)
        return [
            f.linear(x, w), f.conv2d(image, kernel), f.max_pool2d(image, 2), f.avg_pool2d(image, 2), f.gelu(x),
            f.layer_norm(x, (5,)), f.softmax(x, 1), f.cross_entropy(x, t.tensor(labels(5, 4))), f.mse_loss(x, x * 2),
        ]  # fmt: skip

    same(program)


def test_golden_values() -> None:
    """A run of torch 2.13.0, so that the core is checked where torch is not installed."""
    x = jaxlearn.arange(8.0).reshape(2, 4) / 4 - 1
    assert F.cross_entropy(x, jaxlearn.tensor([1, 3])).item() == pytest.approx(1.3000164, rel=1e-6)
    assert F.mse_loss(x, x * 2).item() == pytest.approx(0.34375, rel=1e-6)
    assert F.layer_norm(x, (4,)).tolist()[0] == pytest.approx(
        [-1.3415549, -0.4471850, 0.4471850, 1.3415549], rel=1e-5
    )
    assert F.gelu(x).tolist()[0] == pytest.approx([-0.1586553, -0.1699704, -0.1542688, -0.1003234], rel=1e-5)
    assert F.max_pool2d(x.reshape(1, 2, 4), 2).tolist() == [[[0.25, 0.75]]]
