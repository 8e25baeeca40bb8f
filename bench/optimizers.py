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


def rows(quick: bool = False) -> Iterator[Row]:
    """Python overhead, bandwidth and peak memory of AdamW.

    Args:
        quick: fewer repetitions.
    """
    yield from _overhead(_REPETITIONS[quick])
    yield _bandwidth(5 if quick else 15)
    yield _peak()


def _parameters(shapes: Sequence[tuple[int, ...]]) -> tuple[list[Any], Any]:
    """Parameters with gradients that are on the device, and their optimizer."""
    import jaxlearn as torch

    params = [torch.nn.Parameter(torch.ones(*shape)) for shape in shapes]
    optimizer = torch.optim.AdamW(params, lr=1e-3)
    for p in params:
        p.grad = p.detach() * 0.5
    _wait(params)
    optimizer.step()
    _wait(params)
    return params, optimizer


def _wait(params: list[Any]) -> None:
    import jax

    jax.block_until_ready([p.detach().__jax_array__() for p in params])


def _by_hand(shapes: Sequence[tuple[int, ...]]) -> Callable[[], Any]:
    """The same update by Optax in one jitted function with donated parameters and state."""
    import jax
    import jax.numpy as jnp
    import optax

    rule = optax.adamw(1e-3)
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


def _median(step: Callable[[], Any], wait: Callable[[], Any], repetitions: int) -> float:
    """Milliseconds until the call returns; what it started is waited for outside."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
        wait()
    return statistics.median(times[repetitions // 5 :]) * 1e3


def _overhead(repetitions: int) -> Iterator[Row]:
    import jax

    params, optimizer = _parameters([(4, 4)] * _PARAMETERS)
    whole = _median(optimizer.step, lambda: _wait(params), repetitions)
    optimizer._finish_step = lambda: None  # recording alone; waiting computes it
    recording = _median(optimizer.step, lambda: _wait(params), repetitions)
    step = _by_hand([(4, 4)] * _PARAMETERS)
    hand = _median(step, lambda: jax.block_until_ready(step()), repetitions)
    detail = {"step, ms": round(whole, 3), "hand-written jax.jit call, ms": round(hand, 3)}
    yield Row(f"recording AdamW's step over {_PARAMETERS} parameters", round(recording, 3), "ms", 0.5, detail)
    yield Row(
        f"AdamW's step over {_PARAMETERS} parameters above a hand-written call", round(whole - hand, 3), "ms"
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
