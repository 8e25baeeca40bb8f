"""``nn.utils.parametrize`` and the parametrizations against torch: names, text, errors, and several training steps."""

from __future__ import annotations

import copy
import pickle

import pytest

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized


def classes(torch):
    """Parametrizations of one tensor, of several, and faulty ones."""
    nn = torch.nn

    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).T

        def right_inverse(self, a):
            return a.triu()

    class RankOne(nn.Module):
        def forward(self, x, y):
            return x.unsqueeze(-1) @ y.unsqueeze(-2)

        def right_inverse(self, z):
            return z[:, 0].clone(), z[0].clone()

    class Double(nn.Module):
        def forward(self, x):
            return 2 * x

    class Faulty(nn.Module):
        def __init__(self, forward, inverse=None):
            super().__init__()
            self.f = forward
            if inverse is not None:
                self.right_inverse = inverse

        def forward(self, *xs):
            return self.f(*xs)

    return Symmetric, RankOne, Double, Faulty


def trained(torch, model, x, steps=4):
    """The losses of some steps of momentum SGD, and the state afterwards."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, dict(model.state_dict())


def symmetric(torch):
    Symmetric, _, Double, _ = classes(torch)
    P = torch.nn.utils.parametrize
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 3)
    P.register_parametrization(layer, "weight", Symmetric())
    P.register_parametrization(layer, "bias", Double())
    P.register_parametrization(layer, "bias", Double())
    text = repr(layer)
    names = [n for n, _ in layer.named_parameters()], list(layer.state_dict()), type(layer).__name__
    layer.weight = torch.arange(9.0).reshape(3, 3)
    assigned = layer.weight.detach().clone()
    kinds = P.is_parametrized(layer), P.is_parametrized(layer, "bias"), P.is_parametrized(layer, "other")
    assert P.type_before_parametrizations(layer) is torch.nn.Linear and isinstance(layer, torch.nn.Linear)
    result = trained(torch, layer, torch.ones(2, 3))
    P.remove_parametrizations(layer, "weight", leave_parametrized=True)
    between = repr(layer)
    P.remove_parametrizations(layer, "bias", leave_parametrized=False)
    assert type(layer) is torch.nn.Linear
    return text, names, assigned, kinds, result, between, repr(layer), dict(layer.named_parameters())


def several(torch):
    _, RankOne, _, _ = classes(torch)
    P = torch.nn.utils.parametrize
    torch.manual_seed(0)
    layer = P.register_parametrization(torch.nn.Linear(3, 2), "weight", RankOne())
    result = repr(layer), layer.weight, trained(torch, layer, torch.ones(2, 3))
    other = torch.nn.Linear(3, 2)
    P.transfer_parametrizations_and_params(layer, other)
    assert other.parametrizations.weight.original0 is layer.parametrizations.weight.original0
    P.remove_parametrizations(layer, "weight")
    return *result, dict(layer.state_dict()), dict(other.state_dict()), other(torch.ones(1, 3))


def on_a_buffer(torch):
    _, _, Double, _ = classes(torch)
    norm = torch.nn.BatchNorm1d(2).eval()
    torch.nn.utils.parametrize.register_parametrization(norm, "running_mean", Double())
    return repr(norm), dict(norm.state_dict()), norm(torch.ones(3, 2)), norm.parametrizations.training


def cached(torch):
    P = torch.nn.utils.parametrize
    torch.manual_seed(0)
    layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
    with P.cached():
        with P.cached():
            first = layer.weight
        assert layer.weight is first
        copied = copy.deepcopy(layer)
        assert copied.weight is not first
    assert layer.weight is not first
    ((copied.weight - 1) ** 2).sum().backward()
    assert layer.parametrizations.weight.original.grad is None
    torch.nn.utils.parametrize.remove_parametrizations(copied, "weight")
    return layer.weight, copied.weight, type(copied).__name__


@pytest.mark.parametrize("program", [symmetric, several, on_a_buffer])
def test_programs(program):
    same(program)


def test_cached_and_copied():
    """Removing the parametrization of a copy leaves the original's, which torch takes away as well."""
    cached(jaxlearn)


def spectral(torch):
    torch.manual_seed(0)
    N = torch.nn.utils.parametrizations
    model = torch.nn.Sequential(
        N.spectral_norm(torch.nn.Conv1d(2, 3, 2), n_power_iterations=2),
        N.spectral_norm(torch.nn.ConvTranspose1d(3, 2, 2)),
        N.spectral_norm(torch.nn.Linear(4, 3), "bias"),
    )
    text = repr(model), [n for n, _ in model.named_buffers()]
    result = trained(torch, model, torch.arange(16.0).reshape(2, 2, 4) / 16)
    model.eval()
    return text, result, model(torch.ones(1, 2, 4)), model(torch.ones(1, 2, 4))


def weight(torch, old=False):
    torch.manual_seed(0)
    norm = torch.nn.utils.weight_norm if old else torch.nn.utils.parametrizations.weight_norm
    model = torch.nn.Sequential(
        norm(torch.nn.Conv1d(2, 3, 2)),
        norm(torch.nn.Conv1d(3, 2, 1), "weight", 1),
        norm(torch.nn.Linear(3, 3), dim=None),
        norm(torch.nn.Linear(3, 3), dim=1),
    )
    return repr(model), trained(torch, model, torch.arange(16.0).reshape(2, 2, 4) / 16), model[0].weight


@pytest.mark.filterwarnings("ignore::FutureWarning")
def old_weight(torch):
    found = weight(torch, old=True)
    layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 3), "weight")
    names = list(layer.state_dict()), repr(layer)
    torch.nn.utils.remove_weight_norm(layer)
    new = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
    state = torch.nn.utils.weight_norm(torch.nn.Linear(2, 3)).state_dict()
    return found, names, dict(layer.state_dict()), repr(new.load_state_dict(state)), dict(new.state_dict())


def old_spectral(torch):
    torch.manual_seed(0)
    norm = torch.nn.utils.spectral_norm
    model = torch.nn.Sequential(
        norm(torch.nn.Conv1d(2, 3, 2), n_power_iterations=2), norm(torch.nn.ConvTranspose1d(3, 2, 2))
    )
    text = repr(model), list(model.state_dict()), dict(model.state_dict()._metadata["0"])
    result = trained(torch, model, torch.arange(16.0).reshape(2, 2, 4) / 16)
    copied = copy.deepcopy(torch.nn.Sequential(norm(torch.nn.Linear(2, 2))))
    torch.nn.utils.remove_spectral_norm(model[0])
    hooks = len(model[0]._state_dict_hooks), len(model[0]._forward_pre_hooks)
    again = norm(torch.nn.ConvTranspose1d(3, 2, 2))
    return (
        text,
        result,
        hooks,
        dict(model.state_dict()),
        again.load_state_dict(model[1].state_dict()),
        copied(torch.ones(1, 2)),
    )


def old_spectral_state(torch):
    """A state from before it had the right singular vector."""
    torch.manual_seed(0)
    layer = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3))
    layer(torch.ones(1, 2))
    state = dict(layer.state_dict())
    state["weight"] = layer.weight.detach().clone()
    del state["weight_v"]
    other = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3))
    other.load_state_dict(state)
    return dict(other.state_dict()), other.eval()(torch.ones(1, 2))


@pytest.mark.parametrize(
    ("shape", "orthogonal_map", "base"),
    [
        ((3, 3), None, True),
        ((3, 3), "cayley", True),
        ((3, 3), "householder", True),
        ((3, 3), "householder", False),
        ((4, 2), None, True),
        ((2, 4), "matrix_exp", True),
        ((2, 4), "cayley", False),
        ((2, 4, 2), "householder", False),
    ],
)
def test_orthogonal(shape, orthogonal_map, base):
    def program(torch):
        torch.manual_seed(0)

        class Layer(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.randn(*shape))

            def forward(self, x):
                return x * self.weight

        layer = torch.nn.utils.parametrizations.orthogonal(
            Layer(), orthogonal_map=orthogonal_map, use_trivialization=base
        )
        square = torch.linalg.qr(torch.randn(shape[-1], shape[-1])).Q
        text = repr(layer)
        result = trained(torch, layer, torch.ones(shape), steps=3)
        if len(shape) == 2 and (base or orthogonal_map in ("householder", None)) and shape[0] == shape[1]:
            layer.weight = square
        return text, result, layer.weight

    # Products of a dozen float32 matrices; torch's own test allows 1e-4 relative to the matrix's norm.
    same(program, rtol=1e-4, atol=2e-5)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("program", [spectral, weight, old_weight, old_spectral, old_spectral_state])
def test_training(program):
    # Four steps of float32; the pseudo-inverse of a float32 product in the last.
    same(program, rtol=2e-5)


REGISTERED = {
    "no tensor": lambda torch, P, F: P.register_parametrization(torch.nn.Linear(2, 2), "w", F(lambda x: x)),
    "shape": lambda torch, P, F: P.register_parametrization(
        torch.nn.Linear(2, 2), "weight", F(lambda x: x[0])
    ),
    "dtype": lambda torch, P, F: P.register_parametrization(
        torch.nn.Linear(2, 2), "weight", F(lambda x: x.double())
    ),
    "result": lambda torch, P, F: P.register_parametrization(torch.nn.Linear(2, 2), "weight", F(lambda x: 3)),
    "inverse dtype": lambda torch, P, F: P.register_parametrization(
        torch.nn.Linear(2, 2), "weight", F(lambda x: x, lambda x: x.double())
    ),
    "inverse result": lambda torch, P, F: P.register_parametrization(
        torch.nn.Linear(2, 2), "weight", F(lambda x: x, lambda x: 3)
    ),
    "inverse parts": lambda torch, P, F: P.register_parametrization(
        torch.nn.Linear(2, 2), "weight", F(lambda x, y: x, lambda x: (x, 3))
    ),
    "second shape": lambda torch, P, F: P.register_parametrization(
        P.register_parametrization(torch.nn.Linear(2, 2), "weight", F(lambda x: x)),
        "weight",
        F(lambda x: x[0]),
    ),
    "second inverse": lambda torch, P, F: P.register_parametrization(
        P.register_parametrization(torch.nn.Linear(2, 2), "weight", F(lambda x: x)),
        "weight",
        F(lambda x: x, lambda x: x[0]),
    ),
    "no inverse": lambda torch, P, F: P.register_parametrization(
        torch.nn.Linear(2, 2), "weight", F(lambda x: x)
    ).__setattr__("weight", torch.ones(2, 2)),
    "empty": lambda torch, P, F: P.ParametrizationList([], torch.ones(2)),
    "not parametrized": lambda torch, P, F: P.remove_parametrizations(torch.nn.Linear(2, 2), "weight"),
    "several": lambda torch, P, F: P.remove_parametrizations(
        torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)), "weight", leave_parametrized=False
    ),
    "pickled": lambda torch, P, F: pickle.dumps(
        torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2))
    ),
    "a parameter assigned": lambda torch, P, F: torch.nn.utils.parametrizations.weight_norm(
        torch.nn.Linear(2, 2)
    ).__setattr__("weight", torch.nn.Parameter(torch.ones(2, 2))),
    "spectral dimension": lambda torch, P, F: torch.nn.utils.parametrizations.spectral_norm(
        torch.nn.Linear(2, 2), dim=2
    ),
    "spectral steps": lambda torch, P, F: torch.nn.utils.parametrizations.spectral_norm(
        torch.nn.Linear(2, 2), n_power_iterations=0
    ),
    "spectral name": lambda torch, P, F: torch.nn.utils.parametrizations.spectral_norm(
        torch.nn.Linear(2, 2), "w"
    ),
    "orthogonal name": lambda torch, P, F: torch.nn.utils.parametrizations.orthogonal(
        torch.nn.Linear(2, 2), "w"
    ),
    "orthogonal vector": lambda torch, P, F: torch.nn.utils.parametrizations.orthogonal(
        torch.nn.Linear(2, 2), "bias"
    ),
    "orthogonal map": lambda torch, P, F: torch.nn.utils.parametrizations.orthogonal(
        torch.nn.Linear(2, 2), orthogonal_map="qr"
    ),
    "orthogonal complex": lambda torch, P, F: torch.nn.utils.parametrizations.orthogonal(
        torch.nn.Linear(2, 2, dtype=torch.complex64), orthogonal_map="householder"
    ),
    "orthogonal assigned": lambda torch, P, F: torch.nn.utils.parametrizations.orthogonal(
        torch.nn.Linear(2, 2), use_trivialization=False
    ).__setattr__("weight", torch.eye(2)),
    "twice": lambda torch, P, F: torch.nn.utils.weight_norm(
        torch.nn.utils.weight_norm(torch.nn.Linear(2, 2))
    ),
    "spectral twice": lambda torch, P, F: torch.nn.utils.spectral_norm(
        torch.nn.utils.spectral_norm(torch.nn.Linear(2, 2)), "weight"
    ),
    "old lazy": lambda torch, P, F: torch.nn.utils.weight_norm(torch.nn.LazyLinear(2)),
    "spectral lazy": lambda torch, P, F: torch.nn.utils.spectral_norm(torch.nn.LazyLinear(2)),
    "old none": lambda torch, P, F: torch.nn.utils.spectral_norm(torch.nn.Linear(2, 2, bias=False), "bias"),
    "remove weight": lambda torch, P, F: torch.nn.utils.remove_weight_norm(torch.nn.Linear(2, 2)),
    "remove spectral": lambda torch, P, F: torch.nn.utils.remove_spectral_norm(torch.nn.Linear(2, 2)),
}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", REGISTERED)
def test_mistakes(name):
    same(
        lambda torch: REGISTERED[name](torch, torch.nn.utils.parametrize, classes(torch)[3]) and None,
        message=name != "spectral twice",
    )


@pytest.mark.parametrize("old", [False, True])
def test_a_step_compiles_once(old):
    """The singular vectors are written in the step's program, and no step makes another one."""
    torch = jaxlearn
    norm = torch.nn.utils.spectral_norm if old else torch.nn.utils.parametrizations.spectral_norm
    model = torch.nn.Sequential(norm(torch.nn.Linear(3, 4)), torch.nn.ReLU(), norm(torch.nn.Linear(4, 1)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = {k: v.clone() for k, v in model.named_buffers()}
    counts = []
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.ones(2, 3)).sum().backward()
        optimizer.step()
        model[0].bias.sum().item()
        counts.append(torch.stats()["compiles"])
    assert counts[-1] == counts[1]
    assert all(not v.equal(before[k]) for k, v in model.named_buffers() if v.numel() > 1)


def test_inside_compile_and_nnx():
    from flax import nnx

    torch = jaxlearn
    N = torch.nn.utils.parametrizations
    torch.manual_seed(0)
    model = torch.nn.Sequential(N.spectral_norm(torch.nn.Linear(3, 4)), N.weight_norm(torch.nn.Linear(4, 2)))
    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step(model, optimizer, x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss.detach()

    compiled = torch.compile(lambda x: step(model, optimizer, x))
    other = torch.optim.SGD(twin.parameters(), lr=0.1)
    x = torch.ones(2, 3)
    for _ in range(3):
        assert compiled(x).item() == pytest.approx(step(twin, other, x).item(), rel=1e-5)
    u = model[0].parametrizations.weight[0]._u
    assert u.equal(twin[0].parametrizations.weight[0]._u)
    graphdef, state = nnx.split(model)
    assert nnx.merge(graphdef, state).eval()(x).equal(model.eval()(x))
    model.train(), twin.train()
    nnx.jit(lambda model, x: model(x))(model, x)
    twin(x)
    assert model[0].parametrizations.weight[0]._u.allclose(twin[0].parametrizations.weight[0]._u)
