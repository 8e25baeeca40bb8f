"""Flax NNX modules in jaxlearn models: against the same modules trained by Flax itself."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).rand(8, 6, 6, 1).astype("f")


class Net(nnx.Module):
    """Convolution, running statistics, masks, a list of layers, a raw array and a setting."""

    def __init__(self, rngs):
        self.conv = nnx.Conv(1, 4, (3, 3), use_bias=False, rngs=rngs)
        self.bn = nnx.BatchNorm(4, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.blocks = nnx.List([nnx.Linear(4, 4, rngs=rngs) for _ in range(2)])
        self.table = jnp.arange(4.0)
        self.power = 2

    def __call__(self, x, scale=1.0):
        x = self.drop(nnx.relu(self.bn(self.conv(x)))).mean((1, 2)) + self.table
        for block in self.blocks:
            x = x + nnx.relu(block(x)) * scale
        return x

    def features(self, x, flag):
        return {"conv": self.conv(x), "flag": None} if flag else None


class Whole(nnx.Module):
    def __init__(self, net, out):
        self.net, self.out = net, out

    def __call__(self, x):
        return self.out(self.net(x))


def pair():
    """The model in jaxlearn and in Flax."""
    torch.manual_seed(0)
    net = Net(nnx.Rngs(0))
    model = nn.Sequential(nn.from_flax(net), nn.Linear(4, 2))
    out = nnx.Linear(4, 2, rngs=nnx.Rngs(0))
    out.kernel[...] = jnp.asarray(model[1].weight.detach().numpy().T)
    out.bias[...] = jnp.asarray(model[1].bias.detach().numpy())
    return model, Whole(net, out)


def flax_trainer(whole):
    optimizer = nnx.Optimizer(whole, optax.sgd(0.1, 0.9), wrt=nnx.Param)

    @nnx.jit
    def step(whole, optimizer, x):
        loss, gradients = nnx.value_and_grad(lambda m: (m(x) ** 2).mean())(whole)
        optimizer.update(whole, gradients)
        return loss

    return lambda x: float(step(whole, optimizer, jnp.asarray(x)))


def trainer(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def test_names_and_text():
    model, _ = pair()
    net = model[0]
    assert list(net.state_dict()) == [
        *["table", "blocks.0.bias", "blocks.0.kernel", "blocks.1.bias", "blocks.1.kernel"],
        *["bn.bias", "bn.scale", "bn.mean", "bn.var", "conv.kernel", "drop.rngs.count", "drop.rngs.key"],
    ]
    assert {n for n, _ in net.named_parameters()} == {
        *["blocks.0.bias", "blocks.0.kernel", "blocks.1.bias", "blocks.1.kernel"],
        *["bn.bias", "bn.scale", "conv.kernel"],
    }
    assert repr(nn.from_flax(nnx.Linear(2, 3, rngs=nnx.Rngs(0)))) == (
        "nnx.Linear(in_features=2, out_features=3, use_bias=True, bias=(3,), kernel=(2, 3))"
    )
    assert "(bn): nnx.BatchNorm(num_features=4" in repr(model) and "(0): Net(" in repr(model)
    assert net.get_parameter("blocks.1.kernel") is net.blocks._modules["1"].kernel


@pytest.mark.parametrize("compiled", [False, True])
def test_trained_as_by_flax(compiled):
    """Same losses with the same masks; running statistics and streams go on; one program, compiled once."""
    model, whole = pair()
    step, theirs, x = trainer(model), flax_trainer(whole), torch.tensor(X)
    if compiled:
        step = torch.compile(step)
    counts = []
    for _ in range(5):
        assert step(x).item() == pytest.approx(theirs(X), rel=1e-4)
        counts.append(torch.stats()["compiles"])
    assert counts[-1] == counts[2]
    net = model[0]
    np.testing.assert_allclose(net.bn.var.numpy(), whole.net.bn.var[...], rtol=1e-4)
    np.testing.assert_allclose(
        net.blocks._modules["0"].kernel.detach().numpy(),
        whole.net.blocks[0].kernel[...],
        rtol=1e-3,
        atol=1e-5,
    )
    assert net.drop.rngs.count.item() == 5 == int(whole.net.drop.rngs.count[...])
    model.eval(), whole.eval()
    np.testing.assert_allclose(model(x).detach().numpy(), whole(jnp.asarray(X)), rtol=1e-3, atol=1e-5)
    assert not model[0].drop.training and model(x).equal(model(x))
    back = net.to_flax()
    np.testing.assert_allclose(back(jnp.asarray(X)), net(x).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_modes_of_parts():
    model, _ = pair()
    net, x = model[0], torch.tensor(X)
    net.drop.eval()
    mean = net.bn.mean.clone()
    assert net(x).equal(net(x)) and not net.bn.mean.equal(mean)
    net.bn.eval()
    mean = net.bn.mean.clone()
    net(x)
    assert net.bn.mean.equal(mean)
    net.train()
    assert not net(x).equal(net(x))
    asleep = nn.from_flax(nnx.Dropout(0.5, deterministic=True, rngs=nnx.Rngs(0)))
    assert not asleep.training and asleep(x).equal(x) and not asleep.train()(x).equal(x)


def test_states_and_copies(tmp_path):
    model, _ = pair()
    x = torch.tensor(X)
    model(x)
    other = nn.Sequential(nn.from_flax(Net(nnx.Rngs(3))), nn.Linear(4, 2))
    torch.save(model.state_dict(), tmp_path / "state.pth")
    assert str(other.load_state_dict(torch.load(tmp_path / "state.pth"))) == "<All keys matched successfully>"
    copies = [other, copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    expected = model(x)
    for each in copies:
        assert each(x).equal(expected) and repr(each) == repr(model)
    copies[1][0].conv.kernel.data.zero_()
    assert model[0].conv.kernel.abs().sum() > 0
    with pytest.raises(RuntimeError, match=r'Missing key.*"0\.bn\.mean"'):
        other.load_state_dict({k: v for k, v in model.state_dict().items() if k != "0.bn.mean"})


def test_functions_of_jax_are_pickled():
    model = nn.from_flax(nnx.Sequential(nnx.Linear(3, 4, rngs=nnx.Rngs(0)), nnx.relu, jnp.tanh, jax.nn.gelu))
    x = torch.ones(2, 3)
    assert pickle.loads(pickle.dumps(model))(x).equal(model(x))


def test_arguments_and_results():
    net = nn.from_flax(Net(nnx.Rngs(0))).eval()
    x = torch.tensor(X)
    found = net.call("features", x, True)
    assert found["flag"] is None and found["conv"].shape == (8, 6, 6, 4) and found["conv"].requires_grad
    assert net.call("features", x, flag=False) is None
    assert not net(x, scale=2.0).equal(net(x, scale=torch.tensor(1.0)))
    assert isinstance(net(X), jax.Array)
    embedding = nn.from_flax(nnx.Embed(5, 3, rngs=nnx.Rngs(0)))
    rows = embedding(torch.tensor([[1, 4]]))
    assert rows.dtype is torch.float32 and rows.equal(embedding.embedding[[1, 4]][None])
    assert embedding.call("attend", rows).shape == (1, 2, 5)
    rows.sum().backward()
    assert embedding.embedding.grad.sum(1).tolist() == [0.0, 3.0, 0.0, 0.0, 3.0]


def test_recurrent_attention_and_constrained_layers():
    x = torch.rand(2, 5, 4)
    lstm = nn.from_flax(nnx.RNN(nnx.LSTMCell(4, 3, rngs=nnx.Rngs(0))))
    lstm(x).sum().backward()
    assert all(p.grad is not None for p in lstm.parameters())
    rngs = nnx.Rngs(0)
    lstm(x, rngs=rngs)
    assert int(rngs.default.count[...]) == 1, "a stream among the arguments goes on"
    cell = nn.from_flax(nnx.LSTMCell(4, 3, rngs=nnx.Rngs(0)))
    (c, h), y = cell((torch.zeros(2, 3), torch.zeros(2, 3)), x[:, 0])
    assert h.equal(y) and c.shape == (2, 3)
    attention = nn.from_flax(nnx.MultiHeadAttention(2, 4, dropout_rate=0.5, decode=False, rngs=nnx.Rngs(0)))
    assert not attention(x).equal(attention(x)) and attention.eval()(x).equal(attention(x))
    spectral = nn.from_flax(nnx.SpectralNorm(nnx.Linear(4, 3, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(0)))
    u = spectral.get_buffer("batch_stats.kernel.u").clone()
    spectral(x)
    assert not spectral.get_buffer("batch_stats.kernel.u").equal(u)
    weighted = nn.from_flax(nnx.WeightNorm(nnx.Linear(4, 3, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(0)))
    assert torch.allclose(weighted.eval()(x), weighted.train()(x)), (
        "arrays that are in no variable stay arrays"
    )


def test_variables_that_come_with_a_call():
    class Counting(nnx.Module):
        def __call__(self, x):
            if not hasattr(self, "seen"):
                self.seen = nnx.BatchStat(jnp.zeros(()))
            self.seen[...] += 1
            self.sow(nnx.Intermediate, "inputs", x)
            return x * self.seen[...]

    model = nn.from_flax(Counting())
    x = torch.ones(2)
    assert list(model.state_dict()) == []
    with pytest.warns(DeprecationWarning):
        assert [model(x).tolist() for _ in range(3)] == [[1, 1], [2, 2], [3, 3]]
    assert model.state_dict() == {"seen": torch.tensor(3.0)} and model.intermediates["inputs"][0].equal(x)


def test_other_precisions_and_frozen_parameters():
    net = nn.from_flax(Net(nnx.Rngs(0)))
    net.double()
    assert net(torch.tensor(X).double()).dtype is torch.float64
    assert net.drop.rngs.count.dtype is torch.uint32
    net.float().conv.requires_grad_(False)
    net(torch.tensor(X)).sum().backward()
    assert net.conv.kernel.grad is None and net.bn.scale.grad is not None


def test_inside_jax():
    model, _ = pair()
    graphdef, state = nnx.split(model)
    again = nnx.merge(graphdef, state).eval()
    x = torch.tensor(X)
    np.testing.assert_allclose(
        nnx.jit(lambda model, x: model(x))(model.eval(), x).numpy(), again(x).detach().numpy(), rtol=1e-5
    )
    model.train()
    gradients = nnx.jit(nnx.grad(lambda model, x: model(x).sum().jax()))(model, x)
    assert gradients["0"]["conv"]["kernel"].get_value().shape == (3, 3, 1, 4)
    assert model[0].drop.rngs.count.item() == 1
    assert torch.vmap(again)(x[None])[0].allclose(again(x), atol=1e-6)


class Configured(nnx.Module):
    """Settings in a dictionary, which Python cannot hash."""

    def __init__(self, rngs, factor):
        self.lin = nnx.Linear(2, 3, rngs=rngs)
        self.settings = {"factor": factor, "sizes": [2, 3]}

    def __call__(self, x):
        return self.lin(x) * self.settings["factor"]


def test_settings_in_a_dictionary():
    one, two = (nn.from_flax(Configured(nnx.Rngs(0), factor)) for factor in (1.0, 2.0))
    x = torch.ones(1, 2)
    for model in (one, two, copy.deepcopy(two)):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = model(x)
        before.sum().backward()
        optimizer.step()
        assert not torch.equal(model(x), before)
    assert torch.equal(two(x), pickle.loads(pickle.dumps(two))(x))
    fresh = [nn.from_flax(Configured(nnx.Rngs(0), factor)) for factor in (1.0, 2.0)]
    assert torch.allclose(fresh[0](x) * 2, fresh[1](x))


def test_trainer():
    from jaxlearn.train import Trainer

    model, _ = pair()
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.zeros(8, 2))
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    before = model[0].conv.kernel.detach().clone()
    Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1)).fit(loader, epochs=2)
    assert not model[0].conv.kernel.equal(before) and model[0].drop.rngs.count.item() == 4


@pytest.mark.parametrize("given", [nn.Linear(1, 1), 3, nnx.Linear])
def test_what_is_no_flax_module(given):
    with pytest.raises(TypeError, match="from_flax"):
        nn.from_flax(given)
