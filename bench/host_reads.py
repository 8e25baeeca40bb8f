"""What it costs to read the loss in the middle of a step, before ``backward()``, rather than after the step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import jaxlearn as torch

from .contenders import Case, Contender, torch_style_parts
from .measure import interleaved, summary, timed
from .report import Row

__all__ = ["rows"]

_CASES = (Case("lenet", "sgd", 64), Case("mlp", "sgd", 64), Case("gpt", "sgd", 16))
_LIMIT = 1.15
_WARM_UP = 10


def rows(quick: bool = False) -> Iterator[Row]:
    """One row per case.

    Args:
        quick: fewer pairs.
    """
    for case in _CASES:
        after, before = _loop(case, early=False), _loop(case, early=True)
        for run in (after, before):
            run(_WARM_UP)
        _, ratios = interleaved(
            timed(after), {"early": timed(before)}, rounds=3 if quick else 11, seconds=0.15 if quick else 0.4
        )
        measured, detail = summary(ratios["early"])
        yield Row(
            f"{case}: loss read before backward() ÷ after the step", round(measured, 4), "×", _LIMIT, detail
        )


def _loop(case: Case, *, early: bool) -> Contender:
    net, criterion, optimizer, data = torch_style_parts(torch, case)
    endless = itertools.cycle(data)

    def run(steps: int) -> list[float]:
        losses: list[Any] = []
        for x, y in itertools.islice(endless, steps):
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            if early:
                losses.append(loss.item())
            loss.backward()
            optimizer.step()
            if not early:
                losses.append(loss.item())
        # The last update is still running if nothing of it was read.
        next(iter(net.parameters())).sum().item()
        return losses

    return run
