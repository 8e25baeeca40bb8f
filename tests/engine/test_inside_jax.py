"""jaxlearn's tensors, modules and optimizers inside JAX's own transformations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxlearn as torch
from jaxlearn import nn

X = np.random.RandomState(0).rand(4, 3).astype("f")


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1))


def test_tensors_are_pytrees():
    x = torch.tensor(X)
    y = jax.jit(lambda x: {"a": x.sin(), "b": [x[0] * 2]})(x)
    assert type(y["a"]) is torch.Tensor and y["a"].allclose(x.sin()) and y["b"][0].equal(x[0] * 2)
    assert jax.vmap(lambda x: x.sum())(x).allclose(x.sum(1))
    assert jax.grad(lambda x: (x**3).sum().jax())(x).allclose(3 * x**2)
    total, rows = jax.lax.scan(lambda c, x: (c + x.sum(), x * c), torch.tensor(0.0), x)
    assert total.allclose(x.sum()) and rows.shape == (4, 3)


def test_a_jitted_function_leaves_parameters_as_they_were():
    """Values still on the host, or pending, are not made part of the user's program."""
    net = model().eval()
    net[0].weight.data.mul_(2)  # pending
    x = torch.tensor(X)
    inside = jax.jit(net)(x)
    assert net(x).allclose(inside, atol=1e-6) and type(net[3].bias.jax()) is type(jnp.zeros(1))
    assert net[0].weight.sum().item() == pytest.approx(float(net[0].weight.detach().numpy().sum()))


def test_batch_norm_updates_its_buffers_under_nnx():
    net, twin = model(), model()
    loss, grads = nnx.jit(nnx.value_and_grad(lambda net, x: (net(x) ** 2).mean().jax()))(net, torch.tensor(X))
    expected = (twin(torch.tensor(X)) ** 2).mean()
    expected.backward()
    assert float(loss) == pytest.approx(expected.item(), rel=1e-5)
    np.testing.assert_allclose(grads["0"]["weight"].get_value(), twin[0].weight.grad, rtol=1e-4, atol=1e-6)
    assert net[1].running_mean.allclose(twin[1].running_mean) and net[1].num_batches_tracked.item() == 1
    assert net[1].num_batches_tracked.dtype is torch.int64


def test_backward_and_optimizer_inside_jit():
    def step(net, x):
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    net, twin, x = model(), model(), torch.tensor(X)
    compiled = nnx.jit(step)
    for _ in range(3):
        assert compiled(net, x).item() == pytest.approx(step(twin, x).item(), rel=1e-4)
    assert net[0].weight.allclose(twin[0].weight, atol=1e-5)


def test_backward_inside_jit_by_functional_call():
    layer = nn.Linear(3, 1)

    @jax.jit
    def f(weight, x):
        p = nn.Parameter(weight)
        given = {"weight": p, "bias": layer.bias.detach()}
        loss = (torch.func.functional_call(layer, given, (torch.as_tensor(x),)) ** 2).sum()
        loss.backward()
        return loss, p.grad

    _, grad = f(layer.weight.jax(), X)
    (layer(torch.tensor(X)) ** 2).sum().backward()
    assert grad.allclose(layer.weight.grad, rtol=1e-4)


def test_backward_to_a_parameter_from_outside_says_what_to_do():
    layer = nn.Linear(3, 1)
    with pytest.raises(RuntimeError, match="make it an argument"):
        jax.jit(lambda x: layer(x).sum().backward())(torch.tensor(X))
    assert layer.weight.grad is None
    layer(torch.tensor(X)).sum().backward()
    assert layer.bias.grad.item() == 4.0

    @jax.jit
    def with_one_of_its_own(x):
        w = torch.ones(3, requires_grad=True)
        (w * x).sum().backward()
        return w.grad

    assert with_one_of_its_own(torch.tensor(X)).allclose(torch.tensor(X).sum(0))


def test_func_transforms_inside_jit():
    w, x = jnp.asarray(X[0]), jnp.asarray(X)

    @jax.jit
    def f(w, x):
        w, x = torch.as_tensor(w), torch.as_tensor(x)
        per_sample = torch.vmap(torch.func.grad(lambda x: (x**2 * w).sum()))(x)
        hessian = torch.func.hessian(lambda x: (x**3).sum() * w.sum())(x[0])
        y = torch.cond(x.sum() > 0, lambda x: x * w, lambda x: x, (x,))
        c, _ = torch.scan(lambda c, x: (c * w + x, c), w * 0, y)
        return per_sample, hessian, c

    per_sample, hessian, c = f(w, x)
    np.testing.assert_allclose(per_sample, 2 * x * w, rtol=1e-5)
    np.testing.assert_allclose(hessian, np.diag(6 * x[0] * w.sum()), rtol=1e-5)
    expected = np.zeros(3)
    for row in X:
        expected = expected * X[0] + row * X[0]
    np.testing.assert_allclose(c, expected, rtol=1e-5)


def test_jax_grad_keeps_to_no_grad_and_detach():
    def f(x):
        with torch.no_grad():
            quiet = x * 2
        return (x * x.detach() + x * quiet).sum().jax()

    assert jax.grad(f)(torch.ones(3)).tolist() == [3.0, 3.0, 3.0]


def test_jax_grad_goes_through_recorded_bodies():
    x = torch.tensor(X[0])

    def product(x):
        return torch.scan(lambda c, y: (c * y, c), torch.tensor(1.0), x)[0].jax()

    expected = torch.func.grad(lambda x: x.prod())(x)
    assert jax.grad(product)(x).allclose(expected)
    assert jax.grad(lambda x: torch.vmap(lambda y: y**2)(x).sum().jax())(x).allclose(2 * x)


def test_masks_in_jitted_functions_need_a_key():
    drop = nn.Dropout(0.5)
    x = torch.ones(200)
    with pytest.raises(RuntimeError, match="use_key"):
        jax.jit(drop)(x)

    @jax.jit
    def f(key, x):
        with torch.use_key(key):
            return drop(x), drop(x)

    a, b = f(jax.random.key(0), x)
    again, _ = f(jax.random.key(0), x)
    other, _ = f(jax.random.key(1), x)
    assert a.equal(again) and not a.equal(b) and not a.equal(other) and set(a.tolist()) == {0.0, 2.0}
    with torch.use_key(jax.random.key_data(jax.random.key(0))):  # outside of jit too
        assert drop(x).equal(a)
    # Without jit the function runs anew in each call, and so is the mask.
    first, second = [jax.grad(lambda x: drop(x).sum().jax())(x) for _ in range(2)]
    assert not first.equal(second)


def test_a_scan_over_steps_with_masks():
    net = nn.Sequential(nn.Linear(3, 50), nn.Dropout(0.5))

    def body(carry, key):
        with torch.use_key(key):
            return carry, (net(torch.as_tensor(X[:1])) == 0).sum()

    _, zeros = jax.lax.scan(body, 0, jax.random.split(jax.random.key(0), 4))
    assert len(set(zeros.tolist())) > 1


def test_random_numbers_while_tracing_warn():
    with pytest.warns(UserWarning, match="pass them as arguments"):
        jax.jit(lambda x: x + torch.rand(3))(torch.zeros(3))


def test_dtypes_are_torchs_and_the_users_setting_stays():
    f = jax.jit(lambda x: (torch.arange(3) + x.long(), x.double() / 3, x.sum()))
    whole, wide, narrow = f(torch.ones(3))
    assert whole.dtype is torch.int64 and wide.dtype is torch.float64 and narrow.dtype is torch.float32
    assert wide[0].item() == pytest.approx(1 / 3, abs=1e-15)
    assert not jax.config.jax_enable_x64 and jnp.zeros(1).dtype == jnp.float32


def test_writes_and_views_inside_jit():
    def f(x):
        y = x.clone()
        y[0] = 5
        y[:, 1] += y[:, 0]
        y[1].zero_()
        y.t().mul_(2)
        return y

    assert jax.jit(f)(torch.tensor(X)).allclose(f(torch.tensor(X)))


def test_writes_inside_jit_to_what_a_module_outside_owns():
    """As in Flax: the statistics would be left holding a tracer."""
    norm = torch.nn.BatchNorm1d(3)
    x = jnp.arange(12.0).reshape(4, 3)
    normalise = jax.jit(lambda x: norm(torch.as_tensor(x)).jax())
    with pytest.raises(RuntimeError, match="reached a parameter or buffer from outside"):
        normalise(x)
    assert norm.running_mean.tolist() == [0, 0, 0]

    def write(x):
        with torch.no_grad():
            norm.weight[0] = torch.as_tensor(x)[1, 0]
        return norm.weight.jax()

    with pytest.raises(RuntimeError, match="reached a parameter or buffer from outside"):
        jax.jit(write)(x)
    assert norm.weight.tolist() == [1, 1, 1]
    norm.eval()
    assert normalise(x).shape == (4, 3)
    given = {name: t.jax() for name, t in norm.named_buffers()}

    @jax.jit
    def train(buffers, x):
        held = {name: torch.as_tensor(b) for name, b in buffers.items()}
        y = torch.func.functional_call(norm.train(), held, (torch.as_tensor(x),))
        return y.jax(), {name: t.jax() for name, t in held.items()}

    _, found = train(given, x)
    np.testing.assert_allclose(found["running_mean"], [0.45, 0.55, 0.65], rtol=1e-6)
    assert norm.running_mean.tolist() == [0, 0, 0]


@pytest.mark.parametrize("use", [
    lambda x: x.sum().item(), lambda x: 1 if x.sum() > 0 else 2, lambda x: torch.nonzero(x), lambda x: x[x > 0],
    lambda x: x.tolist(), lambda x: x.numpy(),
])  # fmt: skip
def test_values_are_not_known_inside_jit(use):
    with pytest.raises(
        jax.errors.TracerArrayConversionError, match=r"test_inside_jax.py:\d+.*use torch.where"
    ):
        jax.jit(use)(torch.tensor(X))
    with pytest.raises(jax.errors.ConcretizationTypeError):
        jax.vmap(lambda a: use(torch.as_tensor(a)))(X)


def test_printing_inside_jit_shows_the_tracer(capsys):
    jax.jit(lambda x: print(x))(torch.ones(2))
    assert "tensor(" in capsys.readouterr().out
