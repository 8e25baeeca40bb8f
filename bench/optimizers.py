"""The optimizer's step by itself: its Python, the memory's speed it reaches, and the memory it needs."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .measure import in_child
from .report import Row

__all__ = ["rows"]

# ResNet-50 has as many parameters; they are small here, so that what is measured is not their arithmetic.
_PARAMETERS = 161
_LARGE = [(2000, 2000)] * 25  # a hundred million numbers
_REPETITIONS = {False: 200, True: 40}


_RULES: dict[str, dict[str, Any]] = {"SGD": {"lr": 1e-3, "momentum": 0.9}, "AdamW": {"lr": 1e-3}}


def rows(quick: bool = False) -> Iterator[Row]:
    """Python overhead, bandwidth and peak memory of the update.

    Args:
        quick: fewer repetitions.
    """
    for rule in _RULES:
        yield _overhead(rule, _REPETITIONS[quick])
    yield _bandwidth(5 if quick else 15)
    yield _peak()


def _parameters(shapes: Sequence[tuple[int, ...]], rule: str = "AdamW") -> tuple[list[Any], Any]:
    """Parameters with gradients that are on the device, and their optimizer."""
    import jaxlearn as torch

    params = [torch.nn.Parameter(torch.ones(*shape)) for shape in shapes]
    optimizer = getattr(torch.optim, rule)(params, **_RULES[rule])
    _wait(params)  # on the device, as those of the hand-written update are
    for p in params:
        p.grad = p.detach() * 0.5
    _wait([p.grad for p in params])
    optimizer.step()
    _wait(params)
    return params, optimizer


def _wait(params: list[Any]) -> None:
    import jax

    jax.block_until_ready([p.detach().__jax_array__() for p in params])


def _by_hand(shapes: Sequence[tuple[int, ...]], name: str = "AdamW") -> Callable[[], Any]:
    """The same update by Optax in one jitted function with donated parameters and state."""
    import jax
    import jax.numpy as jnp
    import optax

    rule = optax.adamw(1e-3) if name == "AdamW" else optax.sgd(1e-3, momentum=0.9)
    params = [jnp.ones(shape) for shape in shapes]
    grads = [p * 0.5 for p in params]
    held = [params, rule.init(params)]
    del params

    def update(params: Any, state: Any, grads: Any) -> Any:
        updates, state = rule.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    run = jax.jit(update, donate_argnums=(0, 1))

    def step() -> Any:
        held[:] = run(*held, grads)
        return held[0]

    return step


def _timed(step: Callable[[], Any]) -> float:
    """Milliseconds until the call returns; what it started goes on."""
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3


def _overhead(rule: str, repetitions: int) -> Row:
    """What a step adds to a hand-written call with the same arrays, in interleaved pairs."""
    import jax

    shapes = [(4, 4)] * _PARAMETERS
    params, optimizer = _parameters(shapes, rule)
    by_hand = _by_hand(shapes, rule)
    ours, hand = [], []
    for _ in range(repetitions):
        ours.append(_timed(optimizer.step))
        _wait(params)
        hand.append(_timed(by_hand))
        jax.block_until_ready(by_hand())
    pairs = list(zip(ours, hand, strict=True))[repetitions // 5 :]
    detail = {
        "step, ms": round(statistics.median(a for a, _ in pairs), 3),
        "hand-written jax.jit call, ms": round(statistics.median(b for _, b in pairs), 3),
    }
    extra = statistics.median(a - b for a, b in pairs)
    return Row(
        f"{rule}'s step over {_PARAMETERS} parameters above a hand-written call",
        round(extra, 3),
        "ms",
        0.5,
        detail,
    )


def _bandwidth(repetitions: int) -> Row:
    params, optimizer = _parameters(_LARGE)
    source = np.ones(100_000_000, np.float32)
    target = np.empty_like(source)
    updates, copies = [], []
    for _ in range(repetitions):
        start = time.perf_counter()
        optimizer.step()
        _wait(params)
        updates.append(time.perf_counter() - start)
        start = time.perf_counter()
        np.copyto(target, source)
        copies.append(time.perf_counter() - start)
    # Parameter, gradient and two moments are read, all but the gradient are written.
    update = 7 * source.nbytes / statistics.median(updates) / 1e9
    copy = 2 * source.nbytes / statistics.median(copies) / 1e9
    detail = {"update, GB/s": round(update, 2), "copy, GB/s": round(copy, 2)}
    return Row(
        "copy's bandwidth ÷ AdamW's on 100 million parameters", round(copy / update, 3), "×", 1 / 0.6, detail
    )


def _peak() -> Row:
    ours, hand = (float(in_child("-m", "bench.optimizers", kind)) for kind in ("ours", "hand"))
    detail = {"ours, MB": round(ours), "hand-written, MB": round(hand)}
    return Row(
        "peak memory of AdamW on 100 million parameters ÷ hand-written",
        round(ours / hand, 3),
        "×",
        1.02,
        detail,
    )


def main() -> None:
    """Print the process's peak memory in megabytes after a few steps."""
    import jax

    if sys.argv[1] == "ours":
        params, optimizer = _parameters(_LARGE)
        for _ in range(3):
            optimizer.step()
            _wait(params)
    else:
        step = _by_hand(_LARGE)
        for _ in range(4):
            jax.block_until_ready(step())
    # getrusage would tell the parent's peak, if that was higher.
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


if __name__ == "__main__":
    main()
