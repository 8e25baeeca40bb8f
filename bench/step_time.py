"""A training step of jaxlearn and its peers against a hand-written JAX step."""

from __future__ import annotations

import importlib.util
import math
import statistics
from collections.abc import Iterator

from .contenders import CONTENDERS, Case
from .measure import Block, Worker, interleaved, summary, timed
from .models import LARGER
from .report import Row

__all__ = ["CHECKED_STEPS", "rows"]

CHECKED_STEPS = 5
_WARM_UP = 1.0  # seconds, or:
_WARM_UP_STEPS = 20
_SHORT = 0.02  # seconds of a step

_LIMITS = {
    64: {"imperative": 1.15, "compiled": 1.05, "Trainer.fit": 1.05},
    16: {"imperative": 1.15, "compiled": 1.05, "Trainer.fit": 1.05},
    8: {"imperative": 1.15, "compiled": 1.05, "Trainer.fit": 1.05},
    4: {"imperative": 1.5},
}
_CASES = (
    Case("lenet", "sgd", 64),
    Case("lenet", "adam", 64),
    Case("lenet", "adamw", 64),
    Case("mlp", "sgd", 64),
    Case("mlp", "adam", 64),
    Case("gpt", "sgd", 16),
    Case("gpt", "adamw", 16),
    Case("lstm", "sgd", 16),
    Case("resnet18", "sgd", 8),
    Case("resnet18", "adamw", 8),
    Case("lenet", "sgd", 4),
    Case("lenet", "adam", 4),
)
_PEERS = {"flax nnx": "flax", "equinox": "equinox", "torch eager": "torch"}
_SMALL_ONLY = {"flax nnx", "equinox"}  # the larger models are not written for them
_REFERENCE = "hand-written"


def rows(quick: bool = False) -> Iterator[Row]:
    """One row per case and contender.

    Args:
        quick: fewer pairs, for a look rather than a figure.
    """
    for case in _CASES:
        yield from _case(case, quick)


def _case(case: Case, quick: bool) -> Iterator[Row]:
    run = CONTENDERS[_REFERENCE](case)
    losses = run(CHECKED_STEPS)
    reference = timed(run)
    _warm_up(reference)

    blocks: dict[str, Block] = {}
    workers = []
    for name, make in CONTENDERS.items():
        if name == _REFERENCE or (name in _PEERS and importlib.util.find_spec(_PEERS[name]) is None):
            continue
        if case.model in LARGER and name in _SMALL_ONLY:
            continue
        if name == "torch eager":
            worker = Worker(name, case.model, case.optimizer, str(case.batch))
            workers.append(worker)
            own, blocks[name] = worker.losses, worker
        else:
            run = make(case)
            own, blocks[name] = run(CHECKED_STEPS), timed(run)
        _same_work(name, case, own, losses)
        _warm_up(blocks[name])

    # A shared machine's speed changes within seconds. The hand-written MLP against itself: 0.96 to 1.02 with many short
    # blocks, 0.95 to 1.07 with few long ones.
    rounds, seconds = (21, 0.1) if reference(1) < _SHORT else (7, 0.3)
    if quick:
        rounds, seconds = 3, 0.15
    times, ratios = interleaved(reference, blocks, rounds=rounds, seconds=seconds)
    for worker in workers:
        worker.close()
    base = statistics.median(times)
    for name, values in ratios.items():
        measured, detail = summary(values)
        detail["hand-written step, ms"] = round(base * 1e3, 4)
        limit = _LIMITS[case.batch].get(name)
        yield Row(f"{case}: {name} ÷ hand-written", round(measured, 4), "×", limit, detail)


def _warm_up(block: Block) -> None:
    block(max(1, min(_WARM_UP_STEPS, round(_WARM_UP / block(1)))))


def _same_work(name: str, case: Case, own: list[float], losses: list[float]) -> None:
    """A contender that trains something else would win or lose for nothing."""
    for ours, theirs in zip(own, losses, strict=False):
        if not math.isclose(ours, theirs, rel_tol=1e-3):
            raise AssertionError(f"{case}: {name} has the losses {own}, the hand-written step {losses}")
