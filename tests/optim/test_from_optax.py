"""Optax transformations as optimizers, and optimizers as Optax transformations in plain JAX."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxlearn as torch

RNG = np.random.RandomState(0)
W = RNG.randn(4, 3).astype(np.float32)
B = RNG.randn(3).astype(np.float32)
X = RNG.randn(5, 4).astype(np.float32)


def loss_of(params):
    return jnp.mean((jnp.tanh(X @ params["w"] + params["b"]) - 0.3) ** 2)


def model():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor(W))
            self.b = torch.nn.Parameter(torch.tensor(B))

        def forward(self, x):
            return ((torch.tanh(x @ self.w + self.b) - 0.3) ** 2).mean()

    return Model()


def in_jax(tx, steps=6):
    """The parameters after each step of the transformation in plain JAX."""
    params = {"w": jnp.asarray(W), "b": jnp.asarray(B)}
    state = tx.init(params)

    @jax.jit
    def step(params, state):
        updates, state = tx.update(jax.grad(loss_of)(params), state, params)
        return optax.apply_updates(params, updates), state

    trace = []
    for _ in range(steps):
        params, state = step(params, state)
        trace.append({k: np.asarray(v) for k, v in params.items()})
    return trace


def in_torch(net, optimizer, steps=6, scheduler=None):
    trace = []
    for _ in range(steps):
        optimizer.zero_grad()
        net(torch.tensor(X)).backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        trace.append({k: p.detach().numpy().copy() for k, p in net.named_parameters()})
    return trace


# Optax's own bias corrections, 1 - beta**count, lose digits in plain JAX's 32 bits: 0.001 is known to 6e-5 of itself.
OPTAX = 2e-5


def close(got, expected, tolerance=1e-6):
    for i, (g, e) in enumerate(zip(got, expected, strict=True)):
        for key in e:
            np.testing.assert_allclose(
                g[key], e[key], rtol=tolerance, atol=tolerance, err_msg=f"step {i}, {key}"
            )


TRANSFORMATIONS = {
    "adamw": lambda: optax.adamw(0.05),
    "lion": lambda: optax.lion(0.01),
    "clipped": lambda: optax.chain(optax.clip_by_global_norm(0.1), optax.adam(0.05)),
    "schedule inside": lambda: optax.sgd(optax.exponential_decay(0.5, 2, 0.5), momentum=0.9),
    "masked": lambda: optax.adamw(0.05, weight_decay=0.5, mask={"w": True, "b": False}),
    "labels": lambda: optax.multi_transform(
        {"slow": optax.sgd(0.01), "fast": optax.adam(0.1)}, {"w": "slow", "b": "fast"}
    ),
    "accumulated": lambda: optax.MultiSteps(optax.sgd(0.5), 2).gradient_transformation(),
    "injected": lambda: optax.inject_hyperparams(optax.rmsprop)(learning_rate=0.05),
    "lookahead state": lambda: optax.contrib.schedule_free_sgd(0.1),
    "factored": lambda: optax.adafactor(0.05, min_dim_size_to_factor=2),
}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_the_same_as_in_jax(name):
    net = model()
    optimizer = torch.optim.from_optax(TRANSFORMATIONS[name](), net.named_parameters())
    close(in_torch(net, optimizer), in_jax(TRANSFORMATIONS[name]()), OPTAX)


@pytest.mark.parametrize("name", ["adamw", "schedule inside", "labels"])
def test_state_dicts(name):
    net = model()
    optimizer = torch.optim.from_optax(TRANSFORMATIONS[name](), net.named_parameters())
    in_torch(net, optimizer, 3)
    state = pickle.loads(pickle.dumps(copy.deepcopy(optimizer.state_dict())))
    assert list(state["state"]) == [0, 1]
    other_net = copy.deepcopy(net)
    other = torch.optim.from_optax(TRANSFORMATIONS[name](), other_net.named_parameters())
    other.load_state_dict(state)
    close(in_torch(other_net, other, 3), in_torch(net, optimizer, 3))


def test_names_of_state():
    net = model()
    optimizer = torch.optim.from_optax(optax.adam(0.1))(net.parameters())
    in_torch(net, optimizer, 2)
    state = optimizer.state_dict()["state"]
    assert list(state[0]) == ["count", "mu", "nu"]
    assert state[0]["count"].item() == 2
    assert state[1]["mu"].shape == (3,)


def test_a_function_has_options():
    net = model()
    make = torch.optim.from_optax(optax.adamw, weight_decay=0.1)
    optimizer = make(
        [{"params": [net.w], "lr": 0.01}, {"params": [net.b], "weight_decay": 0.0}], lr=0.05, b1=0.8
    )
    assert [g["lr"] for g in optimizer.param_groups] == [0.01, 0.05]
    labels = {"w": "w", "b": "b"}
    reference = optax.multi_transform(
        {"w": optax.adamw(0.01, b1=0.8, weight_decay=0.1), "b": optax.adamw(0.05, b1=0.8, weight_decay=0.0)},
        labels,
    )
    close(in_torch(net, optimizer), in_jax(reference), OPTAX)


def test_options_change_at_no_compile():
    net = model()
    optimizer = torch.optim.from_optax(optax.adamw, net.parameters(), lr=0.05)
    scheduler = torch.optim.lr_scheduler.OptaxLR(optimizer, optax.exponential_decay(0.05, 1, 0.5))
    in_torch(net, optimizer, 2, scheduler)
    torch.reset_stats()
    in_torch(net, optimizer, 3, scheduler)
    optimizer.param_groups[0]["weight_decay"] = 0.3
    optimizer.param_groups[0]["b1"] = 0.5
    in_torch(net, optimizer, 2, scheduler)
    assert torch.stats()["compiles"] == 0


def test_in_a_compiled_function():
    net, other = model(), model()
    optimizer = torch.optim.from_optax(optax.adam(0.05), net.named_parameters())
    reference = torch.optim.from_optax(optax.adam(0.05), other.named_parameters())

    @torch.compile
    def step(x):
        optimizer.zero_grad()
        loss = net(x)
        loss.backward()
        optimizer.step()
        return loss.detach()

    for _ in range(5):
        step(torch.tensor(X))
    in_torch(other, reference, 5)
    np.testing.assert_allclose(net.w.detach().numpy(), other.w.detach().numpy(), rtol=1e-6, atol=1e-6)


def test_mistakes():
    w = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(TypeError, match="unexpected keyword argument 'momentun'"):
        torch.optim.from_optax(optax.sgd, [w], lr=0.1, momentun=0.9)
    with pytest.raises(TypeError, match="missing the argument 'lr'"):
        torch.optim.from_optax(optax.sgd, [w])
    with pytest.raises(TypeError, match=r"expected an optax\.GradientTransformation"):
        torch.optim.from_optax(3, [w])
    with pytest.raises(ValueError, match="empty parameter list"):
        torch.optim.from_optax(optax.sgd(0.1), [])


OPTIMIZERS = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("ASGD", {"lr": 0.1}),
    ("Adadelta", {"lr": 1.0}),
    ("Adafactor", {"lr": 0.1, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.1}),
    ("Adamax", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Rprop", {"lr": 0.1}),
    ("SparseAdam", {"lr": 0.1}),
]


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_to_optax(name, options):
    net = model()
    optimizer = getattr(torch.optim, name)(net.parameters(), **options)
    close(in_torch(net, optimizer), in_jax(optimizer.to_optax()))


def test_to_optax_of_groups():
    net = model()
    # jax.tree orders a dictionary by its keys: b before w.
    optimizer = torch.optim.Adam([{"params": [net.b], "lr": 0.1}, {"params": [net.w]}], lr=0.02)
    rule = optimizer.to_optax()
    close(in_torch(net, optimizer), in_jax(rule))
    with pytest.raises(ValueError, match="has 2 parameters"):
        rule.init({"w": jnp.ones(2)})


def test_there_and_back():
    net = model()
    rule = optax.adam(0.05)
    optimizer = torch.optim.from_optax(rule, net.parameters())
    assert optimizer.to_optax() is rule
    again = torch.optim.from_optax(
        torch.optim.RAdam(net.parameters(), lr=0.1).to_optax(), net.named_parameters()
    )
    other = model()
    close(in_torch(net, again), in_torch(other, torch.optim.RAdam(other.parameters(), lr=0.1)))


EXTRA = {
    "polyak_sgd": lambda: optax.polyak_sgd(),
    "backtracking": lambda: optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(15)),
    "lbfgs": lambda: optax.lbfgs(memory_size=3),
    "plateau": lambda: optax.chain(optax.adam(0.05), optax.contrib.reduce_on_plateau(factor=0.5, patience=1)),
}


def with_closure(net, optimizer, x, steps):
    trace, losses = [], []
    for _ in range(steps):

        def closure():
            optimizer.zero_grad()
            loss = net(x)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure))
        trace.append({k: p.detach().numpy().copy() for k, p in net.named_parameters()})
    return trace, [loss.item() for loss in losses]


@pytest.mark.parametrize("name", EXTRA)
def test_extra_arguments(name):
    """The loss, the gradient and the loss as a function come from the closure."""
    params, rule = {"w": jnp.asarray(W), "b": jnp.asarray(B)}, EXTRA[name]()
    state, expected, values = rule.init(params), [], []

    @jax.jit
    def step(params, state):
        value, grad = jax.value_and_grad(loss_of)(params)
        updates, state = rule.update(grad, state, params, value=value, grad=grad, value_fn=loss_of)
        return optax.apply_updates(params, updates), state, value

    for _ in range(4):
        params, state, value = step(params, state)
        expected.append({k: np.asarray(v) for k, v in params.items()})
        values.append(float(value))
    net = model()
    optimizer = torch.optim.from_optax(EXTRA[name](), net.named_parameters())
    torch.reset_stats()
    trace, losses = with_closure(net, optimizer, torch.tensor(X), 4)
    # The line search's steps are of 64 bits here, of 32 in plain JAX: the digits lost grow with each of its steps.
    close(trace, expected, 1e-4)
    np.testing.assert_allclose(losses, values, rtol=1e-4)
    assert torch.stats()["compiles"] <= 2  # the first state comes from the host
    # the batch is an operand of the function too
    torch.reset_stats()
    with_closure(net, optimizer, torch.tensor(X[::-1].copy()), 2)
    assert torch.stats()["compiles"] == 0


def test_a_mask_among_the_options():
    net = model()
    mask = {"w": True, "b": False}
    optimizer = torch.optim.from_optax(
        optax.adamw, net.named_parameters(), lr=0.05, weight_decay=0.5, mask=mask
    )
    expected = in_jax(optax.adamw(0.05, weight_decay=0.5, mask=mask))
    close(in_torch(net, optimizer, 3), expected[:3], OPTAX)
    close(in_torch(*copy.deepcopy((net, optimizer)), 1), in_torch(net, optimizer, 1))


def test_a_line_search_needs_the_loss_as_a_function():
    net = model()
    optimizer = torch.optim.from_optax(optax.lbfgs(), net.named_parameters())

    def closure():
        loss = net(torch.tensor(X))
        loss.backward()
        loss.item()
        return loss

    with pytest.raises(RuntimeError, match="needs the loss as a function"):
        optimizer.step(closure)


@pytest.mark.parametrize("how", ["pickle", "deepcopy"])
def test_copies(how):
    net = model()
    optimizer = torch.optim.from_optax(optax.adamw, net.parameters(), lr=0.05, b1=0.8)
    in_torch(net, optimizer, 2)
    pair = (net, optimizer) if how == "deepcopy" else ([*net.parameters()], optimizer)
    torch.reset_stats()
    other, again = copy.deepcopy(pair) if how == "deepcopy" else pickle.loads(pickle.dumps(pair))
    assert type(again) is type(optimizer)
    assert repr(again) == repr(optimizer)
    if how == "pickle":
        params, other = other, model()
        other.w, other.b = params
    close(in_torch(other, again, 2), in_torch(net, optimizer, 2))
    assert torch.stats()["compiles"] == 0
