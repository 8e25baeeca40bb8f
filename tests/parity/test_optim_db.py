"""All optimizers over torch's own samples: parameters after each step, state_dicts across, and errors."""

from __future__ import annotations

import copy
import re
import warnings

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import array, outcome, same, torch

common = pytest.importorskip(
    "torch.testing._internal.common_optimizers", reason="parity is checked against torch, a test dependency"
)

DB = {info.name: info for info in common.optim_db}
STEPS = 10

# Samples that cannot run here, with the reason.
LEFT_OUT = {
    ("SparseAdam", "dense params required"): "there are no sparse tensors",
    ("SparseAdam", "dense params required in param_groups"): "there are no sparse tensors",
}
# Optimizers that the library does not have yet.
NOT_YET: dict[str, str] = {}

RNG = np.random.RandomState(0)
X = RNG.randn(8, 4).astype(np.float32)
Y = RNG.randn(8, 3).astype(np.float32)
SHAPES = {"matrices": [(4, 5), (5, 3)], "all": [(4, 5), (5,), (5, 3), (3,), (2, 2, 3), ()]}
START = {
    name: [np.asarray(RNG.randn(*shape), np.float32) for shape in shapes] for name, shapes in SHAPES.items()
}


def samples():
    for name, info in DB.items():
        inputs = common._get_optim_inputs_including_global_cliquey_kwargs(
            "cpu", torch.float32, info, skip=("differentiable",)
        )
        for i, sample in enumerate(inputs):
            yield pytest.param(name, sample.kwargs, id=f"{name}-{i}-{sample.desc}")


def errors():
    for name, info in DB.items():
        for i, error in enumerate(info.optim_error_inputs_func("cpu", torch.float32)):
            desc = error.optimizer_error_input.desc
            yield pytest.param(name, i, id=f"{name}-{i}-{desc}")


SAMPLES = list(samples())


def converted(item, known=None):
    """The same with jaxlearn's tensors in place of torch's, gradients included."""
    known = {} if known is None else known
    if isinstance(item, torch.Tensor):
        if id(item) not in known:
            ours = jaxlearn.tensor(item.detach().numpy(), requires_grad=item.requires_grad)
            known[id(item)] = jaxlearn.nn.Parameter(ours) if isinstance(item, torch.nn.Parameter) else ours
            if item.grad is not None:
                known[id(item)].grad = jaxlearn.tensor(item.grad.numpy())
        return known[id(item)]
    if isinstance(item, dict):
        return {k: converted(v, known) for k, v in item.items()}
    if isinstance(item, (list, tuple)):
        return type(item)(converted(v, known) for v in item)
    return item


def parameters(library, name):
    arrays = START["matrices" if name == "Muon" else "all"]
    dtype = np.float64 if name == "LBFGS" else np.float32
    return [library.tensor(np.asarray(a, dtype), requires_grad=True) for a in arrays]


def bowl(params):
    """A convex function for LBFGS. On the network its iterations are chaotic: without a line search, differences of
    the last digit grow tenfold with each of the 20 iterations of a step, from the eighth on, in PyTorch itself too."""
    return sum(
        ((p - 1) ** 2 * (1 + 0.2 * i)).sum() + 0.1 * ((p - 1) ** 4).mean() for i, p in enumerate(params)
    )


def model(library, params):
    """A small network of the parameters, the odd ones in a term of their own."""
    if params[0].dtype == library.float64:
        return bowl(params)
    x, y = library.tensor(X), library.tensor(Y)
    if len(params) == 2:
        return (library.tanh(x @ params[0]) @ params[1] - y).pow(2).mean()
    w1, b1, w2, b2, cube, scalar = params
    out = library.tanh(x @ w1 + b1) @ w2 + b2
    return (out - y).pow(2).mean() + (cube * scalar).pow(2).mean() + (cube - 1).pow(2).mean()


def build(library, name, params, kwargs):
    kwargs = copy.deepcopy(kwargs) if library is torch else converted(kwargs)
    return getattr(library.optim, name)(params, **kwargs)


def one_step(library, name, params, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = model(library, params)
        loss.backward()
        if name == "SparseAdam" and library is torch:
            for p in params:
                p.grad = p.grad.to_sparse()
        return loss

    return optimizer.step(closure)


def close(ours, theirs, where):
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_allclose(
            array(a), array(b), rtol=1e-6, atol=1e-6, err_msg=f"{where}, parameter {i}"
        )


def same_layout(ours, theirs, where=""):
    """The same keys in the same order, the same kinds of values, tensors of the same dtype and shape."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, jaxlearn.Tensor), f"{where}: {type(ours)}"
        assert str(ours.dtype) == str(theirs.dtype), f"{where}: {ours.dtype}, torch's {theirs.dtype}"
        assert tuple(ours.shape) == tuple(theirs.shape), f"{where}: {ours.shape}, torch's {theirs.shape}"
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs), where
        for key in theirs:
            same_layout(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, (list, tuple)):
        assert type(ours) is type(theirs), where
        assert len(ours) == len(theirs), where
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            same_layout(a, b, f"{where}[{i}]")
    else:
        assert type(ours) is type(theirs), f"{where}: {type(ours)}, torch's {type(theirs)}"


def quick_samples():
    """The samples, those of LBFGS with another rate as slow: a program for each length of its history."""
    for sample in SAMPLES:
        slow = sample.id in ("LBFGS-1-non-default lr", "LBFGS-2-Tensor lr")
        yield pytest.param(*sample.values, id=sample.id, marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize(("name", "kwargs"), list(quick_samples()))
def test_ten_steps(name, kwargs):
    sides = []
    for library in (jaxlearn, torch):
        params = parameters(library, name)
        sides.append((library, params, build(library, name, params, kwargs)))
    (_, ours, optimizer), (_, theirs, reference) = sides
    for step in range(STEPS):
        losses = [one_step(library, name, params, own) for library, params, own in sides]
        close(ours, theirs, f"step {step}")
        assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-5, abs=1e-5)
    same_layout(optimizer.state_dict(), reference.state_dict())
    assert repr(optimizer) == repr(reference)


def first_of_each():
    """The samples, those after an optimizer's first as slow: test_ten_steps has their states' names and types."""
    seen = set()
    for sample in SAMPLES:
        name = sample.values[0]
        yield pytest.param(*sample.values, id=sample.id, marks=pytest.mark.slow) if name in seen else sample
        seen.add(name)


@pytest.mark.parametrize("direction", ["from_torch", "to_torch"])
@pytest.mark.parametrize(("name", "kwargs"), list(first_of_each()))
def test_a_run_continues_on_the_other_side(name, kwargs, direction, tmp_path):
    first, second = (torch, jaxlearn) if direction == "from_torch" else (jaxlearn, torch)
    params = parameters(first, name)
    optimizer = build(first, name, params, kwargs)
    for _ in range(3):
        one_step(first, name, params, optimizer)
    first.save(
        {"params": [p.detach() for p in params], "optimizer": optimizer.state_dict()}, tmp_path / "s.pth"
    )
    loaded = second.load(tmp_path / "s.pth")
    others = [p.clone().requires_grad_() for p in loaded["params"]]
    other = getattr(second.optim, name)(others)
    other.load_state_dict(loaded["optimizer"])
    for step in range(4):
        one_step(first, name, params, optimizer)
        one_step(second, name, others, other)
        close(
            others if second is jaxlearn else params,
            params if second is jaxlearn else others,
            f"step {step} after loading",
        )


def raised(library, name, sample, error_on):
    """The exception, or the warning, that the sample ends in."""
    params = sample.params
    if params is None:
        params = [torch.nn.Parameter(torch.randn(2, 3)) for _ in range(2)]
    kwargs = sample.kwargs
    if library is jaxlearn:
        params, kwargs = converted(params), converted(kwargs)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            optimizer = getattr(library.optim, name)(params, **kwargs)
            if error_on is common.OptimizerErrorEnum.STEP_ERROR:
                optimizer.step()
    except Exception as error:
        return type(error), str(error)
    return None


@pytest.mark.parametrize(("name", "i"), list(errors()))
def test_error_samples(name, i):
    error = DB[name].optim_error_inputs_func("cpu", torch.float32)[i]
    sample = error.optimizer_error_input
    if (name, sample.desc) in LEFT_OUT:
        pytest.skip(LEFT_OUT[name, sample.desc])
    expected = raised(torch, name, sample, error.error_on)
    got = raised(jaxlearn, name, sample, error.error_on)
    assert expected is not None
    assert expected[0] is error.error_type
    assert re.search(error.error_regex, expected[1])
    assert got == expected


def test_every_optimizer_of_torch_is_here():
    missing = {name for name in DB if not hasattr(jaxlearn.optim, name)}
    assert missing == set(NOT_YET)
    known = {
        (name, e.optimizer_error_input.desc)
        for name, info in DB.items()
        for e in info.optim_error_inputs_func("cpu", torch.float32)
    }
    assert set(LEFT_OUT) <= known


def differentiable_samples():
    for name, info in DB.items():
        if "differentiable" in info.supported_impls:
            inputs = common._get_optim_inputs_including_global_cliquey_kwargs(
                "cpu", torch.float32, info, skip=("foreach", "fused")
            )
            for i, sample in enumerate(inputs):
                if sample.kwargs.get("differentiable"):
                    yield pytest.param(name, sample.kwargs, id=f"{name}-{i}-{sample.desc}")


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "kwargs"), list(differentiable_samples()))
def test_derivatives_of_steps(name, kwargs):
    """Of two steps, where torch has them: it overwrites what some optimizers' second step needs of the first."""

    def program(library, steps):
        start = library.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
        p = start.clone()
        p.retain_grad()
        optimizer = build(library, name, [p], kwargs)
        grads = [library.tensor([[0.3, 0.5 + i], [-0.2, 0.1]], requires_grad=True) for i in range(steps)]
        for grad in grads:
            p.grad = grad
            optimizer.step()
        loss = (p * library.tensor([[2.0, 3.0], [1.0, -1.0]])).sum()
        found = library.autograd.grad(loss, [start, *grads], allow_unused=True)
        return p.detach(), [library.zeros(2, 2) if g is None else g for g in found]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps = 2 if outcome(lambda library: program(library, 2), torch)[1] is None else 1
        same(lambda library: program(library, steps))
