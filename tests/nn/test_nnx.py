"""Modules as Flax NNX modules: split, merge, jit, gradients, optimizers, and mixing with NNX's own modules."""

from __future__ import annotations

import copy

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


class Scale(nn.Module):
    """Parameters, a missing one, buffers (one a view), a plain tensor, lists and static attributes."""

    def __init__(self, features):
        super().__init__()
        self.features = features
        self.sizes = [1, 2]
        self.weight = nn.Parameter(torch.arange(1.0, features + 1))
        self.register_parameter("bias", None)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("positions", torch.arange(6.0).view(2, 3)[1], persistent=False)
        self.table = torch.ones(features)

    def forward(self, x):
        self.calls.add_(1.0)
        return x * self.weight * self.table


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.z = Scale(3)
        self.a = Scale(3)
        self.zz = self.z

    def forward(self, x):
        return self.a(self.z(x))


X = jnp.ones((2, 3))


def test_split_and_merge():
    net = Net().eval()
    graphdef, params, rest = nnx.split(net, nnx.Param, ...)
    assert set(params) == {"a", "z"} and type(params["z"]["weight"]) is nn.Parameter
    assert set(rest["z"]) == {"calls", "positions", "table"}
    assert isinstance(rest["z"]["calls"], nnx.BatchStat)
    again = nnx.merge(graphdef, params, rest)
    assert isinstance(again, Net) and again.zz is again.z and not again.training
    assert list(again._modules) == ["z", "a", "zz"] and again.z._parameters.keys() == {"weight", "bias"}
    assert again.z.bias is None and again.z._non_persistent_buffers_set == {"positions"}
    assert again.z.sizes == [1, 2]
    assert again.z.positions.tolist() == [3.0, 4.0, 5.0]


def test_clone_and_update():
    net = Net()
    clone = nnx.clone(net)
    nnx.update(clone, jax.tree.map(lambda x: x * 0, nnx.state(clone)))
    assert clone.z.weight.tolist() == [0.0, 0.0, 0.0] and clone.z.positions.tolist() == [0.0, 0.0, 0.0]
    assert net.z.weight.tolist() == [1.0, 2.0, 3.0]


def test_jit_updates_the_very_tensors():
    net = Net()
    weight, calls, positions, hooks = net.z.weight, net.z.calls, net.z.positions, net.z._forward_hooks

    @nnx.jit
    def forward(net, x):
        return net(x)

    assert np.allclose(forward(net, X), np.array([1.0, 4.0, 9.0]) * np.ones((2, 3)))
    forward(net, X)
    assert net.z.calls is calls and calls.item() == 2.0
    assert net.z.weight is weight and net.z.positions is positions and net.z._forward_hooks is hooks
    assert type(net.z.calls) is torch.Tensor and net.zz is net.z


def test_gradients_and_optimizer():
    net = Net()
    frozen = net.a.weight.requires_grad_(False)
    optimizer = nnx.Optimizer(net, optax.sgd(0.1), wrt=nnx.Param)

    @nnx.jit
    def step(net, optimizer, x):
        loss, grads = nnx.value_and_grad(lambda net: net(x).sum())(net)
        optimizer.update(net, grads)
        return loss

    assert float(step(net, optimizer, X)) == 28.0
    assert np.allclose(net.z.weight.tolist(), [1.0 - 0.2, 2.0 - 0.4, 3.0 - 0.6])
    assert net.a.weight is frozen and not frozen.requires_grad and net.z.weight.requires_grad
    # and on with torch's way, on the same parameters
    net(torch.ones(2, 3)).sum().backward()
    assert np.allclose(net.z.weight.grad.tolist(), np.array(net.a.weight.tolist()) * 2)


def test_modules_inside_each_other():
    class Outer(nnx.Module):
        def __init__(self):
            self.first = nnx.Linear(3, 3, rngs=nnx.Rngs(0))
            self.scale = Scale(3)

        def __call__(self, x):
            return self.scale(self.first(x))

    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = Scale(3)
            self.first = nnx.Linear(3, 3, rngs=nnx.Rngs(0))
            self.drop = nnx.Dropout(0.5, deterministic=True)

        def forward(self, x):
            return self.first(self.scale(x))

    run = nnx.jit(lambda module, x: module(x))
    outer, inner = Outer(), Inner()
    assert run(outer, X).shape == (2, 3) and outer.scale.calls.item() == 1.0
    assert run(inner, X).shape == (2, 3) and inner.scale.calls.item() == 1.0
    assert set(nnx.state(inner, nnx.Param)) == {"first", "scale"}
    assert list(inner.state_dict()) == ["scale.weight", "scale.calls"]
    assert inner.train() is inner and not inner.drop.deterministic
    inner.eval()
    assert inner.drop.deterministic


def test_modes_and_copies_inside_flax():
    class Outer(nnx.Module):
        def __init__(self):
            self.inner = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5))

    outer = Outer()
    outer.eval()
    assert not any(module.training for module in outer.inner.modules())
    copied = copy.deepcopy(outer)
    assert copied.inner[0].weight is not outer.inner[0].weight
    outer.train()
    assert all(module.training for module in outer.inner.modules())
    # To everyone but Flax the attribute that it does this by is one like any other.
    assert not hasattr(outer.inner, "use_running_average")
    outer.inner.use_running_average = 3
    assert outer.inner.use_running_average == 3 and outer.inner.training


def test_abstract_state_and_text():
    abstract = nnx.eval_shape(Net)
    assert nnx.state(abstract)["z"]["weight"].get_raw_value().shape == (3,)
    nnx.display(Net())


def test_a_second_call_compiles_nothing():
    net, traces = Net(), []

    @nnx.jit
    def forward(net, x):
        traces.append(1)
        return net(x)

    for _ in range(3):
        forward(net, X)
    forward(Net(), X)
    assert len(traces) == 1
    net.eval()
    forward(net, X)
    assert len(traces) == 2


def test_tensors_pass_through_jit():
    net = nn.Sequential(nn.Linear(3, 4), nn.Flatten(), nn.BatchNorm1d(4))
    x = torch.arange(6.0).view(2, 3)
    out = nnx.jit(lambda net, x: net(x))(net, x)
    assert type(out) is torch.Tensor and out.shape == (2, 4)
    assert net[2].num_batches_tracked.item() == 1 and net[2].num_batches_tracked.dtype is torch.int64
