"""Every class of ``nn`` as a part of a Flax NNX module, against torch.

The classes are those of torch's module database and those that it lacks. Several are trained at once by one ``nnx.jit``
of ``nnx.value_and_grad`` and ``nnx.Optimizer``: results, gradients, parameters and buffers afterwards are torch's.
"""

from __future__ import annotations

import inspect
from typing import Any

import jax
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx

import jaxlearn

from .helper import array, compare, torch
from .module_samples import Sample, build, converted_to, leaves, loaded, run, spread, torch_state
from .test_module_db import EXTRA, INFO, absolute, all_samples

pytestmark = [
    pytest.mark.unoptimized,
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning"),
]

# Classes in one program.
TOGETHER = 9

NAMES = sorted([*INFO, *EXTRA])
GROUPS = [NAMES[i : i + TOGETHER] for i in range(0, len(NAMES), TOGETHER)]
RATE = 0.125
# A group takes seconds to compile; each class is compared by itself in test_module_db, in every run.
QUICK = GROUPS[::3]


# Modules of this package that take no part, each with its reason.
LEFT_OUT = {"DataParallel": "holds one module, of any class"}


class Mixed(nnx.Module):
    """Modules of both libraries side by side."""

    def __init__(self, modules: list[Any]) -> None:
        self.modules = nnx.List(modules)
        self.head = nnx.Linear(1, 1, rngs=nnx.Rngs(0))

    def __call__(self, calls: list[Any]) -> list[Any]:
        results = []
        for module, (inputs, named) in zip(self.modules, calls, strict=True):
            jaxlearn.manual_seed(11)
            results.append(None if inputs is None else module(*inputs, **named))
        return results


def chosen(name: str) -> Sample:
    return spread(all_samples(name, torch.float32), 1)[0]


def total(mixed: Mixed, calls: list[Any]) -> Any:
    """The loss and the results: as ``run`` weighs the results; the head takes part, so that it has a gradient too."""
    results = mixed(calls)
    loss = mixed.head(jax.numpy.ones(1)).sum()
    for r in leaves(results):
        if r.is_floating_point():
            weights = np.linspace(0.5, 1, r.numel()).reshape(tuple(r.shape))
            loss = loss + (r * jaxlearn.from_numpy(weights).to(r.dtype)).sum().jax()
    return loss, results


@pytest.mark.parametrize(
    "names",
    [pytest.param(g, id=f"{g[0]}...{g[-1]}", marks=() if g in QUICK else pytest.mark.slow) for g in GROUPS],
)
def test_classes(names: list[str], tmp_path: Any) -> None:
    samples = [chosen(name) for name in names]
    states = [torch_state(name, sample) for name, sample in zip(names, samples, strict=True)]
    modules, calls = [], []
    for name, sample, state in zip(names, samples, states, strict=True):
        module, inputs, named = build(name, sample, jaxlearn)
        if hasattr(module, "has_uninitialized_params"):
            module(*inputs, **named)
        converted_to(module, sample, jaxlearn)
        module.load_state_dict(loaded(state))
        modules.append(module.train(sample.training))
        calls.append((None if sample.inputs is None else inputs, named))
    mixed = Mixed(modules)
    check_structure(mixed, names)

    @nnx.jit
    def step(mixed: Mixed, optimizer: Any) -> Any:
        (_, results), gradients = nnx.value_and_grad(total, has_aux=True)(mixed, calls)
        optimizer.update(mixed, gradients)
        return results, gradients

    optimizer = nnx.Optimizer(mixed, optax.sgd(RATE), wrt=nnx.Param)
    with jaxlearn.use_key(jax.random.key(0)):
        results, gradients = step(mixed, optimizer)
    assert float(np.abs(gradients["head"]["kernel"].get_value()).sum()) > 0
    flat = dict(nnx.to_flat_state(gradients))
    for i, (name, sample, state) in enumerate(zip(names, samples, states, strict=True)):
        if calls[i][0] is None:
            continue
        expected = run(name, sample, torch, state)
        compare(
            detached(results[i]),
            detached(expected["result"]),
            atol=absolute(expected["result"]),
            where=name,
        )
        for path, gradient in expected["gradients"].items():
            keys = ("modules", i, *path.split("."))
            got = np.asarray(flat[keys].get_value())
            want = np.zeros_like(got) if gradient is None else array(gradient)
            atol = 1e-5 if gradient is None else absolute(gradient)
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=atol or 1e-7, err_msg=f"{name}: {path}")
            after = array(mixed.modules[i].get_parameter(path))
            np.testing.assert_allclose(after, array(state[path]) - RATE * got, rtol=1e-6, atol=1e-6)
        for path, buffer in expected["buffers"].items():
            compare(mixed.modules[i].get_buffer(path), buffer, where=f"{name}: {path}")
    check_states(mixed, tmp_path)


def test_every_module_takes_part() -> None:
    public = {name: getattr(jaxlearn.nn, name) for name in jaxlearn.nn.__all__}
    modules = {n for n, c in public.items() if inspect.isclass(c) and issubclass(c, jaxlearn.nn.Module)}
    assert modules - set(NAMES) == set(LEFT_OUT)


def detached(result: Any) -> Any:
    """The result without history, which nothing has that comes out of a JAX transformation."""
    if isinstance(result, (tuple, list)):
        items = [detached(item) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    return None if result is None else result.detach()


def check_structure(mixed: Mixed, names: list[str]) -> None:
    """NNX's paths are torch's names, and what is taken apart is put together again."""
    graphdef, state = nnx.split(mixed)
    again = nnx.merge(graphdef, jax.tree.map(lambda x: x, state))
    flat = {".".join(map(str, path)) for path, _ in nnx.to_flat_state(state)}
    for i, (name, old, new) in enumerate(zip(names, mixed.modules, again.modules, strict=True)):
        assert repr(new) == repr(old) and list(new.state_dict()) == list(old.state_dict()), name
        assert {f"modules.{i}.{key}" for key in old.state_dict()} <= flat, name
    nnx.display(mixed)


def check_states(mixed: Mixed, tmp_path: Any) -> None:
    """A checkpoint of the state comes back, and ``nnx.update`` writes it into the very tensors."""
    state = nnx.state(mixed)
    pure = nnx.to_pure_dict(state)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", pure)
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "state", pure)
    held = [dict(module.named_parameters()) for module in mixed.modules]
    before = [{k: array(v).copy() for k, v in module.state_dict().items()} for module in mixed.modules]
    nnx.update(mixed, jax.tree.map(np.zeros_like, state))
    assert not any(array(p).any() for module in mixed.modules for p in module.parameters())
    nnx.replace_by_pure_dict(state, restored)
    nnx.update(mixed, state)
    for module, tensors, values in zip(mixed.modules, held, before, strict=True):
        assert all(module.get_parameter(key) is p for key, p in tensors.items())
        for key, value in module.state_dict().items():
            np.testing.assert_array_equal(array(value), values[key])
