"""JAX functions inside jaxlearn programs, and jaxlearn programs inside JAX's own transformations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxlearn as torch

X = np.random.RandomState(0).rand(3, 4).astype("f")


# -- jax_function -----------------------------------------------------------------------------------------------------


def test_pytrees_numbers_and_static_arguments():
    calls = []

    @torch.jax_function(static_argnums=2, static_argnames="axis")
    def f(tree, scale, times, mode="sum", axis=0):
        calls.append((mode, axis))
        x, y = tree["x"], tree["pair"][1]
        return {"a": jnp.tile(x, times) * scale, "b": (getattr(jnp, mode)(y, axis), jnp.argmax(x))}

    x = torch.tensor(X)
    tree = {"x": x[0], "pair": (None, X)}
    out = f(tree, 2.0, 3, axis=1)
    assert type(out["a"]) is torch.Tensor and out["a"].equal(torch.cat([x[0]] * 3) * 2)
    assert out["b"][0].equal(x.sum(1)) and out["b"][1].item() == int(X[0].argmax())
    for scale in (3.0, 4.0):  # a number is an operand: nothing is traced again
        f(tree, scale, 3, axis=1)["a"].tolist()
    traced = len(calls)
    assert f(tree, 5.0, 3, axis=1)["a"].equal(torch.cat([x[0]] * 3) * 5) and len(calls) == traced
    f(tree, 5.0, times=2, mode="max")
    assert calls[-1] == ("max", 0)
    with pytest.raises(TypeError, match="unhashable"):
        f(tree, 1.0, [1])


def test_gradients_flow_to_tensors():
    f = torch.jax_function(lambda x, y, n: (jnp.sin(x) * y**n, jnp.floor(x).astype(jnp.int32)))
    x, y = torch.tensor(X, requires_grad=True), torch.tensor(X[0], requires_grad=True)
    value, whole = f(x * 2, y, 3)
    assert value.requires_grad and not whole.requires_grad and whole.dtype is torch.int32
    (value * torch.tensor(X)).sum().backward()
    expected = jax.grad(lambda x, y: (jnp.sin(x * 2) * y**3 * X).sum(), (0, 1))(X, X[0])
    np.testing.assert_allclose(x.grad, expected[0], rtol=1e-5)
    np.testing.assert_allclose(y.grad, expected[1], rtol=1e-5)
    with torch.no_grad():
        assert not f(x, y, 2)[0].requires_grad
    (g,) = torch.autograd.grad(f(x, y, 2)[0].sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    np.testing.assert_allclose(second, -np.sin(X) * X[0] ** 2, rtol=1e-4, atol=1e-6)


def test_rules_of_the_functions_own():
    @jax.custom_vjp
    def clipped(x):
        return x * 2

    clipped.defvjp(lambda x: (clipped(x), None), lambda _, g: (jnp.clip(g, -1, 1) * 100,))
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (torch.jax_function(clipped)(x) * torch.tensor([0.5, 7.0])).sum().backward()
    assert x.grad.tolist() == [50.0, 100.0]


def test_recorded_in_the_steps_program():
    w = torch.nn.Parameter(torch.tensor(X[0]))
    optimizer = torch.optim.SGD([w], lr=0.1)
    calls = []

    @torch.jax_function
    def loss_of(x, w):
        calls.append(1)
        return jnp.mean((x @ w - 1) ** 2)

    def step(x):
        optimizer.zero_grad()
        loss = loss_of(x, w) * 2
        loss.backward()
        optimizer.step()
        return loss.detach()

    losses = []
    for run in (step, torch.compile(step)):
        w.data = torch.tensor(X[0])
        losses.append([run(torch.tensor(X)).item() for _ in range(4)])
    assert losses[0] == pytest.approx(losses[1]) and losses[0][-1] < losses[0][0]
    traced = len(calls)
    before = torch.stats()
    step(torch.tensor(X)).item()
    after = torch.stats()
    assert len(calls) == traced and after["compiles"] == before["compiles"]
    assert after["op_compiles"] == before["op_compiles"]


def test_inside_transforms():
    f = torch.jax_function(lambda x, y: jnp.sum(jnp.sin(x) * y))
    x, y = torch.tensor(X), torch.tensor(X[0])
    assert torch.vmap(f, in_dims=(0, None))(x, y).allclose((x.sin() * y).sum(1))
    assert torch.vmap(torch.func.grad(f), in_dims=(0, None))(x, y).allclose(x.cos() * y)
    assert torch.func.jvp(lambda x: f(x, y), (x[0],), (y,))[1].allclose((x[0].cos() * y * y).sum())
    hessian = torch.func.hessian(lambda x: f(x, y))(x[0])
    assert hessian.allclose(torch.diag(-x[0].sin() * y))


def test_precision_is_the_users_unless_an_argument_has_64_bits():
    f = torch.jax_function(lambda x: (x + jnp.ones(2), jnp.arange(2)))
    narrow, places = f(torch.zeros(2))
    assert narrow.dtype is torch.float32 and places.dtype is torch.int32
    wide, places = f(torch.zeros(2, dtype=torch.float64))
    assert wide.dtype is torch.float64 and places.dtype is torch.int64
    with jax.enable_x64(True):
        assert f(torch.zeros(2, dtype=torch.float16))[0].dtype is torch.float64
    assert not jax.config.jax_enable_x64


def test_random_keys_and_other_jax_arrays_are_arguments():
    f = torch.jax_function(lambda key, x: x * jax.random.bernoulli(key, 0.5, x.shape))
    key = jax.random.key_data(jax.random.key(0))
    x = torch.ones(100, requires_grad=True)
    a, b = f(key, x), f(key, x)
    assert a.equal(b) and 20 < a.sum().item() < 80
    a.sum().backward()
    assert x.grad.equal(a.detach())
