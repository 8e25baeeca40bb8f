"""What all optimizers have in common, against torch: groups, names, hooks, dictionaries, tensors as options."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import compare, same

pytestmark = pytest.mark.unoptimized

RNG = np.random.RandomState(1)
W = RNG.randn(3, 2).astype(np.float32)
B = RNG.randn(2).astype(np.float32)
NAMES = ["Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop",
         "SGD"]  # fmt: skip
# What the base class does for all of them; each compiles several programs for it, so a few stand for the others.
FEW = [n if n in ("AdamW", "Adafactor", "SGD") else pytest.param(n, marks=pytest.mark.slow) for n in NAMES]
CLOSE = {"rtol": 1e-6, "atol": 1e-6}


def two(library):
    return [library.nn.Parameter(library.tensor(W)), library.nn.Parameter(library.tensor(B))]


def give(library, params, k=1.0):
    for p in params:
        p.grad = k * library.cos(p.detach()) + 0.1


def steps(library, optimizer, params, count=3):
    trace = []
    for i in range(count):
        give(library, params, 1 + 0.3 * i)
        optimizer.step()
        trace.append([p.detach().clone() for p in params])
    return trace


def settings(group):
    return {k: v for k, v in group.items() if k != "params"}


def test_named_parameters():
    def program(library):
        model = library.nn.Sequential(library.nn.Linear(2, 2), library.nn.Linear(2, 1))
        optimizer = library.optim.SGD(model.named_parameters(), lr=0.1, momentum=0.9)
        state = optimizer.state_dict()
        plain = library.optim.SGD(model.parameters(), lr=0.2)
        plain.load_state_dict(state)
        named = library.optim.SGD(model.named_parameters(), lr=0.2)
        named.load_state_dict(library.optim.SGD(model.parameters(), lr=0.3).state_dict())
        return state, plain.param_groups[0]["param_names"], settings(named.param_groups[0]), repr(optimizer)

    same(program)


def test_groups_are_the_callers_dictionaries():
    def program(library):
        w, b = two(library)
        first, second = {"params": w, "lr": 0.5}, {"params": iter([b])}
        optimizer = library.optim.Adam([first], lr=0.1)
        optimizer.add_param_group(second)
        held = [optimizer.param_groups[0] is first, optimizer.param_groups[1] is second]
        return held, [sorted(g) for g in optimizer.param_groups], [len(g["params"]) for g in (first, second)]

    same(program)


@pytest.mark.parametrize("name", FEW)
def test_groups_with_options_of_their_own(name):
    def program(library):
        w, b = two(library)
        optimizer = getattr(library.optim, name)([{"params": [w], "lr": 0.05}, {"params": [b]}], lr=0.01)
        trace = steps(library, optimizer, [w, b])
        c = library.nn.Parameter(library.ones(2, 2))
        optimizer.add_param_group({"params": [c], "lr": 0.2})
        trace += steps(library, optimizer, [w, b, c])
        return trace, optimizer.state_dict()

    same(program, **CLOSE)


@pytest.mark.parametrize("name", FEW)
def test_parameters_that_join_later(name):
    """A parameter whose gradient comes later counts its steps from then on."""

    def program(library):
        w, b = two(library)
        optimizer = getattr(library.optim, name)([w, b], lr=0.05)
        trace = steps(library, optimizer, [w], 2)
        trace += steps(library, optimizer, [w, b], 2)
        w.grad = None
        trace += steps(library, optimizer, [b], 2)
        together = getattr(library.optim, name)([w, b], lr=0.05)
        trace += steps(library, together, [w, b], 2)
        w.grad = None
        trace += steps(library, together, [b], 2)
        trace += steps(library, together, [w, b], 2)
        counts = [together.state[p].get("step") for p in (w, b)]
        state = optimizer.state_dict()
        other = getattr(library.optim, name)([w, b], lr=0.9)
        other.load_state_dict(copy.deepcopy(state))
        trace += steps(library, other, [w, b], 2)
        return trace, counts, {k: v.get("step") for k, v in other.state_dict()["state"].items()}

    same(program, **CLOSE)


@pytest.mark.parametrize("name", [*NAMES, "Muon", pytest.param("LBFGS", marks=pytest.mark.slow)])
def test_tensor_rate(name):
    def program(library):
        w = two(library)[0]
        lr = library.tensor(0.05)
        optimizer = getattr(library.optim, name)([w], lr=lr)

        def closure():
            optimizer.zero_grad()
            loss = ((w - 1) ** 2).sum()
            loss.backward()
            return loss

        trace = []
        for i in range(4):
            optimizer.step(closure)
            trace.append(w.detach().clone())
            lr.fill_(0.01 * (i + 1))
        return trace, optimizer.param_groups[0]["lr"], repr(optimizer)

    same(program, **CLOSE)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "Adafactor"])
@pytest.mark.parametrize("options", [{}, {"maximize": True, "weight_decay": 0.1}], ids=["plain", "decay"])
def test_complex_parameters(name, options):
    if name == "Rprop":
        options = {k: v for k, v in options.items() if k != "weight_decay"}

    def program(library):
        z = library.nn.Parameter(library.complex(library.tensor(W), library.tensor(W[::-1].copy())))
        optimizer = getattr(library.optim, name)([z], lr=0.05, **options)
        trace = []
        for i in range(5):
            z.grad = z.detach() * (0.5 + 0.1 * i) - 0.2
            optimizer.step()
            trace.append(z.detach().clone())
        return trace, optimizer.state_dict()

    same(program, **CLOSE)


def test_complex_lbfgs():
    def program(library):
        z = library.nn.Parameter(library.complex(library.tensor(W), library.tensor(W[::-1].copy())))
        optimizer = library.optim.LBFGS([z], line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            loss = ((z - 1j).abs() ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        return z.detach()

    same(program, **CLOSE)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_other_precisions(name, dtype):
    def program(library):
        params = [library.nn.Parameter(p.detach().to(getattr(library, dtype))) for p in two(library)]
        optimizer = getattr(library.optim, name)(params, lr=0.05)
        return steps(library, optimizer, params)

    # bfloat16: torch rounds after each operation, the program at its end; a few units of the last place in 3 steps.
    same(program, **(CLOSE if dtype == "float64" else {"rtol": 3e-2, "atol": 2e-2}))


DIFFERENTIABLE = {
    "Adadelta": ({"square_avg": 0.5, "acc_delta": 0.2}, {"lr": 0.9, "weight_decay": 0.1}),
    "Adagrad": ({"sum": 0.5}, {"lr": 0.1, "weight_decay": 0.1}),
    "Adam": ({"exp_avg": 0.3, "exp_avg_sq": 0.5, "max_exp_avg_sq": 0.4}, {"lr": 0.1, "amsgrad": True}),
    "AdamW": ({"exp_avg": 0.3, "exp_avg_sq": 0.5}, {"lr": 0.1, "weight_decay": 0.1}),
    "Adamax": ({"exp_avg": 0.3, "exp_inf": 0.5}, {"lr": 0.1, "weight_decay": 0.1}),
    "ASGD": ({"ax": 0.3}, {"lr": 0.1, "weight_decay": 0.1}),
    "NAdam": ({"exp_avg": 0.3, "exp_avg_sq": 0.5}, {"lr": 0.1, "weight_decay": 0.1}),
    "RAdam": ({"exp_avg": 0.3, "exp_avg_sq": 0.5}, {"lr": 0.1, "weight_decay": 0.1}),
    "RMSprop": (
        {"square_avg": 0.5, "momentum_buffer": 0.2, "grad_avg": 0.1},
        {"lr": 0.1, "momentum": 0.9, "centered": True},
    ),
    "Rprop": ({"prev": 0.3, "step_size": 0.2}, {"lr": 0.1}),
    "SGD": ({"momentum_buffer": 0.3}, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_differentiable(name):
    """Gradients of parameters and state after a step by those before it, and by the gradient."""
    state, options = DIFFERENTIABLE[name]

    def program(library):
        start = library.tensor(W, dtype=library.float64, requires_grad=True)
        grad = library.tensor(np.abs(W) + 0.1, dtype=library.float64, requires_grad=True)
        before = {
            k: library.full((3, 2), v, dtype=library.float64, requires_grad=True) for k, v in state.items()
        }
        p = start.clone()
        p.grad = grad
        optimizer = getattr(library.optim, name)([p], differentiable=True, **options)
        if name != "SGD":
            optimizer.state[p]["step"] = library.tensor(10.0, dtype=library.float64)
        if name == "NAdam":
            optimizer.state[p]["mu_product"] = library.tensor(0.5, dtype=library.float64)
        if name == "ASGD":
            optimizer.state[p]["eta"] = library.tensor(0.1, dtype=library.float64)
            optimizer.state[p]["mu"] = library.tensor(1.0, dtype=library.float64)
        optimizer.state[p].update({k: v.clone() for k, v in before.items()})
        optimizer.step()
        after = [p, *[optimizer.state[p][k] for k in state]]
        total = sum((a * (i + 1)).sum() for i, a in enumerate(after))
        inputs = [start, grad, *before.values()]
        return [a.detach() for a in after], library.autograd.grad(total, inputs, allow_unused=True)

    same(program, **CLOSE)


def test_the_rate_as_a_parameter():
    def program(library):
        w = library.tensor(W, requires_grad=True)
        lr = library.tensor(0.1, requires_grad=True)
        p = w.clone()
        p.grad = library.cos(w)
        library.optim.SGD([p], lr=lr, differentiable=True).step()
        (p * p).sum().backward()
        return p.detach(), w.grad, lr.grad

    same(program)


def test_a_leaf_cannot_be_updated_with_history():
    def program(library):
        w = two(library)[0]
        give(library, [w])
        library.optim.Adam([w], differentiable=True).step()

    same(program, message=True)


def test_hooks():
    def program(library):
        from importlib import import_module

        base = import_module(library.__name__ + ".optim.optimizer")
        calls = []
        w = two(library)[0]
        optimizer = library.optim.SGD([w], lr=0.1)
        handles = [
            base.register_optimizer_step_pre_hook(
                lambda o, a, k: calls.append(("global pre", len(a), sorted(k)))
            ),
            base.register_optimizer_step_post_hook(
                lambda o, a, k: calls.append(("global post", len(a), sorted(k)))
            ),
            optimizer.register_step_pre_hook(lambda o, a, k: calls.append(("pre", o is optimizer))),
            optimizer.register_step_post_hook(lambda o, a, k: calls.append("post")),
            optimizer.register_state_dict_pre_hook(lambda o: calls.append("saving")),
            optimizer.register_state_dict_post_hook(lambda o, s: {**s, "more": 1}),
            optimizer.register_state_dict_post_hook(lambda o, s: calls.append("first"), prepend=True),
            optimizer.register_load_state_dict_pre_hook(
                lambda o, s: {k: v for k, v in s.items() if k != "more"}
            ),
            optimizer.register_load_state_dict_post_hook(lambda o: calls.append("loaded")),
        ]
        give(library, [w])
        optimizer.step()
        optimizer.step(closure=lambda: 3.0)
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
        for handle in handles:
            handle.remove()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
        return calls, sorted(state)

    same(program)


def test_a_pre_hook_may_replace_the_arguments():
    def program(library):
        w = two(library)[0]
        optimizer = library.optim.SGD([w], lr=0.1)
        optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7.0), {}))
        return optimizer.step()

    same(program)

    def wrong(library):
        optimizer = library.optim.SGD([two(library)[0]], lr=0.1)
        optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
        optimizer.step()

    same(wrong)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad", "NAdam"])
@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_copies(name, how):
    def program(library):
        params = two(library)
        optimizer = getattr(library.optim, name)(params, lr=0.1)
        steps(library, optimizer, params, 2)
        if how == "deepcopy":
            other, others = copy.deepcopy((optimizer, params))
        else:
            other = pickle.loads(pickle.dumps(optimizer))
            others = other.param_groups[0]["params"]
        return steps(library, other, others, 2), steps(library, optimizer, params, 1), other.state_dict()

    same(program, **CLOSE)


def test_zero_grad():
    def program(library):
        params = two(library)
        optimizer = library.optim.SGD(params, lr=0.1)
        give(library, params)
        held = params[0].grad
        optimizer.zero_grad(set_to_none=False)
        zeros = [p.grad.clone() for p in params], held.clone(), held is params[0].grad
        optimizer.zero_grad()
        return zeros, [p.grad for p in params]

    same(program)


def test_loading_does_not_share():
    def program(library):
        params = two(library)
        optimizer = library.optim.SGD(params, lr=0.1, momentum=0.9)
        steps(library, optimizer, params)
        saved = copy.deepcopy(optimizer.state_dict())
        other = library.optim.SGD(two(library), lr=0.5, momentum=0.5)
        before = saved["state"][0]["momentum_buffer"].clone()
        other.load_state_dict(saved)
        other.param_groups[0]["lr"] = 3.0
        steps(library, other, other.param_groups[0]["params"])
        return saved["param_groups"], before

    same(program, **CLOSE)


def test_older_states_with_numbers_for_steps():
    def program(library):
        params = two(library)
        optimizer = library.optim.Adam(params, lr=0.1)
        steps(library, optimizer, params)
        state = copy.deepcopy(optimizer.state_dict())
        for entry in state["state"].values():
            entry["step"] = float(entry["step"])
        other = library.optim.Adam(params, lr=0.1)
        other.load_state_dict(state)
        return steps(library, other, params), other.state_dict()["state"][0]["step"]

    same(program, **CLOSE)


def test_continuing_in_place_of_state_written_by_hand():
    def program(library):
        params = two(library)
        optimizer = library.optim.Adam(params, lr=0.1)
        steps(library, optimizer, params, 2)
        for p in params:
            optimizer.state[p]["step"] = library.tensor(50.0)
            optimizer.state[p]["exp_avg"] = library.zeros_like(p)
        return steps(library, optimizer, params, 2)

    same(program, **CLOSE)


def unfinished(library):
    class Unfinished(library.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

    return Unfinished(two(library))


ERRORS = {
    "no step": lambda library: unfinished(library).step(),
    "no dictionary": lambda library: library.optim.SGD(two(library)).add_param_group([1]),
    "a group without params": lambda library: library.optim.SGD([{"lr": 0.1}]),
    "a set": lambda library: library.optim.SGD([{"params": set(two(library))}]),
    "a number": lambda library: library.optim.SGD(3),
    "some names": lambda library: library.optim.SGD([("w", two(library)[0]), two(library)[1]]),
    "names in one group": lambda library: library.optim.SGD(
        [{"params": [("w", two(library)[0])]}, {"params": [two(library)[1]]}]
    ),
    "NaN rate, SGD takes it": lambda library: (
        library.optim.SGD(two(library), lr=float("nan")).defaults["lr"] > 0
    ),
    "fused and foreach": lambda library: library.optim.Adam(two(library), fused=True, foreach=True),
    "fused and differentiable": lambda library: library.optim.SGD(
        two(library), fused=True, differentiable=True
    ),
    "state of a larger model": lambda library: library.optim.Adam(two(library)).load_state_dict(
        library.optim.Adam([*two(library), *two(library)]).state_dict()
    ),
    "no state": lambda library: library.optim.Adam(two(library)).load_state_dict(
        {"param_groups": [{"params": [0, 1]}]}
    ),
    "a closure that returns nothing": lambda library: library.optim.LBFGS(two(library)).step(lambda: None),
    "no closure": lambda library: library.optim.LBFGS(two(library)).step(),
    "groups for LBFGS": lambda library: library.optim.LBFGS([{"params": p} for p in two(library)]),
    "an unknown line search": lambda library: line_search(library, "golden"),
    "iterations of Muon": lambda library: given(library, library.optim.Muon, two(library)[:1], ns_steps=100),
    "two coefficients": lambda library: given(
        library, library.optim.Muon, two(library)[:1], ns_coefficients=(1.0, 2.0)
    ),
    "betas of one": lambda library: library.optim.Adam(two(library), betas=(0.9,)),
}


def given(library, make, params, **options):
    optimizer = make(params, **options)
    give(library, params)
    optimizer.step()


def line_search(library, name):
    w = two(library)[0]

    def closure():
        loss = (w * w).sum()
        loss.backward()
        return loss

    library.optim.LBFGS([w], line_search_fn=name).step(closure)


@pytest.mark.parametrize("what", ERRORS)
def test_same_error_as_torch(what):
    same(ERRORS[what], message=True)


@pytest.mark.parametrize("names", [True, False])
def test_duplicates_warn(names):
    def program(library):
        w = two(library)[0]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            optimizer = library.optim.SGD([w, w], lr=0.1)
        return [str(c.message) for c in caught], len(optimizer.param_groups[0]["params"])

    same(program)


def test_a_failed_step_changes_nothing():
    """Adafactor refuses the complex parameter of its second group when the first has been looked at."""
    w = jaxlearn.nn.Parameter(jaxlearn.tensor(W))
    z = jaxlearn.nn.Parameter(jaxlearn.ones(2, dtype=jaxlearn.complex64))
    optimizer = jaxlearn.optim.Adafactor([{"params": [w]}, {"params": [z]}], lr=0.1)
    w.grad, z.grad = jaxlearn.ones_like(w), jaxlearn.ones_like(z)
    with pytest.raises(RuntimeError, match="complex"):
        optimizer.step()
    compare_unchanged(w, optimizer)
    optimizer = jaxlearn.optim.Adam([w], lr=0.1)

    def closure():
        raise KeyError("no data")

    with pytest.raises(KeyError):
        optimizer.step(closure)
    compare_unchanged(w, optimizer)


def compare_unchanged(w, optimizer):
    np.testing.assert_array_equal(w.detach().numpy(), W)
    assert not optimizer.state


def test_a_state_that_does_not_fit_changes_nothing():
    params = two(jaxlearn)
    optimizer = jaxlearn.optim.Adam(params, lr=0.1)
    steps(jaxlearn, optimizer, params)
    before = copy.deepcopy(optimizer.state_dict())
    other = jaxlearn.optim.Adam([*two(jaxlearn), *two(jaxlearn)], lr=0.7)
    with pytest.raises(ValueError, match="size of optimizer's group"):
        optimizer.load_state_dict(other.state_dict())
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    for i in (0, 1):
        for name, value in before["state"][i].items():
            assert jaxlearn.equal(after["state"][i][name], value)


def test_capturable_is_accepted():
    """torch refuses it on the CPU, at the step; programs are captured here on every device."""

    def program(library, capturable):
        params = two(library)
        options = {"capturable": True} if capturable else {}
        return steps(library, library.optim.NAdam(params, lr=0.1, **options), params)

    import torch

    compare(program(jaxlearn, True), program(torch, False), **CLOSE)
