"""One training step in each framework: forward, loss, backward, update, and the loss read on the host.

A contender is a function that takes a number of steps, runs them and returns the losses.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .models import batches, equinox_model, jax_model, nnx_model, torch_style_model

__all__ = ["CONTENDERS", "Case", "Contender", "torch_style_parts"]

Contender = Callable[[int], list[float]]
NAMES = {"lenet": "LeNet", "mlp": "MLP", "gpt": "GPT", "lstm": "LSTM", "resnet18": "ResNet-18"}


@dataclasses.dataclass(frozen=True)
class Case:
    """What is trained.

    Args:
        model: a key of NAMES.
        optimizer: "sgd" (with momentum), "adam" or "adamw".
        batch: the batch's size.
    """

    model: str
    optimizer: str
    batch: int

    def __str__(self) -> str:
        return f"{NAMES[self.model]} batch {self.batch}, {self.optimizer}"


def _rate(case: Case) -> float:
    """The rate of Adam and AdamW.

    With 1e-3 the losses of ResNet-18 from given weights part after three steps, those of torch from the hand-written
    ones too: rounding decides the sign of the first steps. With 1e-4 they agree to 1e-5, and are 1e-2 from those
    untrained.
    """
    return 1e-4 if case.model == "resnet18" else 1e-3


def _optax(case: Case) -> Any:
    import optax

    return {
        "sgd": lambda: optax.sgd(0.01, momentum=0.9),
        "adam": lambda: optax.adam(_rate(case)),
        "adamw": lambda: optax.adamw(_rate(case), weight_decay=0.01),
    }[case.optimizer]()


def _int32_batches(case: Case) -> Any:
    """Endless batches with the labels that JAX programs use."""
    return itertools.cycle([(x, y.astype(np.int32)) for x, y in batches(case.model, case.batch)])


def hand_written_parts(case: Case) -> tuple[Any, tuple[Any, Any, Any]]:
    """Plain JAX: one jitted step with Optax and its state: parameters, the optimizer's state, buffers, all donated."""
    import jax
    import optax

    transform = _optax(case)
    parameters, buffers, model = jax_model(case.model)

    def loss_of(parameters: Any, buffers: Any, x: Any, y: Any) -> Any:
        scores, buffers = model(parameters, buffers, x)
        return optax.softmax_cross_entropy_with_integer_labels(scores, y).mean(), buffers

    def step(parameters: Any, state: Any, buffers: Any, x: Any, y: Any) -> tuple[Any, Any]:
        (loss, buffers), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, buffers, x, y)
        updates, state = transform.update(gradients, state, parameters)
        return (optax.apply_updates(parameters, updates), state, buffers), loss

    return jax.jit(step, donate_argnums=(0, 1, 2)), (parameters, transform.init(parameters), buffers)


def hand_written(case: Case) -> Contender:
    """The hand-written step."""
    step, state = hand_written_parts(case)
    data = _int32_batches(case)

    def run(steps: int) -> list[float]:
        nonlocal state
        losses = []
        for x, y in itertools.islice(data, steps):
            state, loss = step(*state, x, y)
            losses.append(float(loss))
        return losses

    return run


def nnx(case: Case) -> Contender:
    """Flax NNX: ``nnx.jit`` of a step on a module and an ``nnx.Optimizer``, both donated."""
    import optax
    from flax import nnx

    net = nnx_model(case.model)
    optimizer = nnx.Optimizer(net, _optax(case), wrt=nnx.Param)
    data = _int32_batches(case)

    def loss_of(net: Any, x: Any, y: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(net(x), y).mean()

    def step(net: Any, optimizer: Any, x: Any, y: Any) -> Any:
        loss, gradients = nnx.value_and_grad(loss_of)(net, x, y)
        optimizer.update(net, gradients)
        return loss

    jitted = nnx.jit(step, donate_argnums=(0, 1))

    def run(steps: int) -> list[float]:
        return [float(jitted(net, optimizer, x, y)) for x, y in itertools.islice(data, steps)]

    return run


def equinox(case: Case) -> Contender:
    """Equinox: ``eqx.filter_jit`` of a step with Optax, arguments donated."""
    import equinox as eqx
    import jax
    import optax

    transform = _optax(case)
    net = equinox_model(case.model)
    state = transform.init(eqx.filter(net, eqx.is_array))
    data = _int32_batches(case)

    def loss_of(net: Any, x: Any, y: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(net)(x), y).mean()

    @eqx.filter_jit(donate="all-except-first")
    def step(batch: Any, net: Any, state: Any) -> tuple[Any, Any, Any]:
        loss, gradients = eqx.filter_value_and_grad(loss_of)(net, *batch)
        updates, state = transform.update(gradients, state, eqx.filter(net, eqx.is_array))
        return eqx.apply_updates(net, updates), state, loss

    def run(steps: int) -> list[float]:
        nonlocal net, state
        losses = []
        for batch in itertools.islice(data, steps):
            net, state, loss = step(batch, net, state)
            losses.append(float(loss))
        return losses

    return run


def torch_style_parts(torch: Any, case: Case) -> tuple[Any, Any, Any, Any]:
    """Model, criterion, optimizer and batches of a PyTorch-style library."""
    net = torch_style_model(torch, case.model)
    optimizer = {
        "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
        "adam": lambda parameters: torch.optim.Adam(parameters, lr=_rate(case)),
        "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=_rate(case), weight_decay=0.01),
    }[case.optimizer](net.parameters())
    data = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in batches(case.model, case.batch)]
    return net, torch.nn.CrossEntropyLoss(), optimizer, data


def _eager_loop(torch: Any, case: Case) -> Contender:
    net, criterion, optimizer, data = torch_style_parts(torch, case)
    endless = itertools.cycle(data)

    def run(steps: int) -> list[float]:
        losses = []
        for x, y in itertools.islice(endless, steps):
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return run


def torch_eager(case: Case) -> Contender:
    """The plain PyTorch loop on torch."""
    import torch

    return _eager_loop(torch, case)


def imperative(case: Case) -> Contender:
    """The same plain PyTorch loop on jaxlearn."""
    import jaxlearn

    return _eager_loop(jaxlearn, case)


def compiled(case: Case, clear_last: bool = False) -> Contender:
    """The PyTorch step under ``jaxlearn.compile``; the gradients can be asked for after it unless cleared last."""
    import jaxlearn

    net, criterion, optimizer, data = torch_style_parts(jaxlearn, case)
    endless = itertools.cycle(data)

    @jaxlearn.compile
    def step(x: Any, y: Any) -> Any:
        if not clear_last:
            optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        if clear_last:
            optimizer.zero_grad()
        return loss

    def run(steps: int) -> list[float]:
        return [step(x, y).item() for x, y in itertools.islice(endless, steps)]

    return run


def trainer(case: Case) -> Contender:
    """``Trainer.fit`` over the batches, its loss recorded each step."""
    import jaxlearn
    from jaxlearn.train import Trainer

    net, criterion, optimizer, data = torch_style_parts(jaxlearn, case)
    fit = Trainer(net, criterion, optimizer, progress=False)

    def run(steps: int) -> list[float]:
        fit.fit([data[i % len(data)] for i in range(steps)], epochs=1)
        return []

    return run


CONTENDERS: dict[str, Callable[[Case], Contender]] = {
    "hand-written": hand_written,
    "imperative": imperative,
    "compiled": compiled,
    "compiled, zero_grad() last": functools.partial(compiled, clear_last=True),
    "Trainer.fit": trainer,
    "flax nnx": nnx,
    "equinox": equinox,
    "torch eager": torch_eager,
}
