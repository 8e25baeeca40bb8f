"""The critic's step of WGAN-GP on an MLP: a gradient's norm in the loss, so backward goes through a backward.

Improved training of Wasserstein GANs, https://arxiv.org/abs/1704.00028.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxlearn as torch

from .contenders import Contender
from .measure import interleaved, summary, timed
from .report import Row

__all__ = ["rows"]

_SIZES = (784, 512, 512, 1)
_BATCH = 64
_PENALTY = 10.0
_STEPS = 5
_WARM_UP = 10


def rows(quick: bool = False) -> Iterator[Row]:
    """The imperative and the compiled step against plain JAX.

    Args:
        quick: fewer pairs.
    """
    reference = _hand_written()
    expected = reference(_STEPS)
    contenders = {}
    for name, run in {"imperative": _torch_style(False), "compiled": _torch_style(True)}.items():
        for ours, theirs in zip(run(_STEPS), expected, strict=True):
            if not math.isclose(ours, theirs, rel_tol=1e-3, abs_tol=1e-4):
                raise AssertionError(f"{name} has the loss {ours}, the hand-written step {theirs}")
        run(_WARM_UP)
        contenders[name] = timed(run)
    reference(_WARM_UP)
    rounds, seconds = (3, 0.15) if quick else (11, 0.4)
    # First as the scheduler places XLA's workers: once held, they stay where they are.
    alone = {"imperative": contenders["imperative"]}
    _, free = interleaved(timed(reference), alone, rounds=rounds, seconds=seconds, hold=False)
    _, ratios = interleaved(timed(reference), contenders, rounds=rounds, seconds=seconds)
    for name, values in ratios.items():
        measured, detail = summary(values)
        yield Row(f"WGAN-GP critic, MLP: {name} ÷ hand-written", round(measured, 4), "×", 1.2, detail)
    measured, detail = summary(free["imperative"])
    what = "WGAN-GP critic, MLP: imperative ÷ hand-written, XLA's workers on any core"
    yield Row(what, round(measured, 4), "×", None, detail)


def _data() -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray, np.ndarray, np.ndarray]:
    """Weights and biases, real and generated samples, and the mixing ratios."""
    draw = np.random.default_rng(0)
    layers = []
    for inputs, outputs in itertools.pairwise(_SIZES):
        bound = 1 / np.sqrt(inputs)
        weight = draw.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
        layers.append((weight, np.zeros(outputs, np.float32)))
    # Arrays of their own, as a loader and a generator hand them out; two views of one may change with each other.
    real, fake = (draw.random((_BATCH, _SIZES[0]), dtype=np.float32) for _ in range(2))
    return layers, real, fake, draw.random((_BATCH, 1), dtype=np.float32)


def _hand_written() -> Contender:
    layers, real, fake, mix = _data()
    parameters = [(jnp.asarray(w), jnp.asarray(b)) for w, b in layers]
    transform = optax.sgd(0.001, momentum=0.9)
    state = transform.init(parameters)

    def critic(parameters: Any, x: jax.Array) -> jax.Array:
        for w, b in parameters[:-1]:
            x = jax.nn.leaky_relu(x @ w.T + b, 0.2)
        w, b = parameters[-1]
        return x @ w.T + b

    def loss_of(parameters: Any, real: jax.Array, fake: jax.Array, mix: jax.Array) -> jax.Array:
        between = mix * real + (1 - mix) * fake
        slopes = jax.grad(lambda x: critic(parameters, x).sum())(between)
        norms = jnp.sqrt((slopes * slopes).sum(1))
        difference = critic(parameters, fake).mean() - critic(parameters, real).mean()
        return difference + _PENALTY * ((norms - 1) ** 2).mean()

    def step(parameters: Any, state: Any, real: Any, fake: Any, mix: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, real, fake, mix)
        updates, state = transform.update(gradients, state, parameters)
        return optax.apply_updates(parameters, updates), state, loss

    jitted = jax.jit(step, donate_argnums=(0, 1))

    def run(steps: int) -> list[float]:
        nonlocal parameters, state
        losses = []
        for _ in range(steps):
            parameters, state, loss = jitted(parameters, state, real, fake, mix)
            losses.append(float(loss))
        return losses

    return run


def _torch_style(compiled: bool) -> Contender:
    layers, *arrays = _data()
    nn = torch.nn
    critic = nn.Sequential(
        nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 512), nn.LeakyReLU(0.2), nn.Linear(512, 1)
    )
    values = [array for layer in layers for array in layer]
    critic.load_state_dict({k: torch.from_numpy(v) for k, v in zip(critic.state_dict(), values, strict=True)})
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.001, momentum=0.9)
    samples = [torch.from_numpy(a) for a in arrays]

    def step(real: Any, fake: Any, mix: Any) -> Any:
        optimizer.zero_grad()
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = ((slopes.pow(2).sum(1).sqrt() - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + _PENALTY * penalty
        loss.backward()
        optimizer.step()
        return loss.detach()

    run_step: Any = torch.compile(step) if compiled else step

    def run(steps: int) -> list[float]:
        return [run_step(*samples).item() for _ in range(steps)]

    return run
