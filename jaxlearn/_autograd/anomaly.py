"""Anomaly detection: say which forward line made the operation whose gradient failed."""

from __future__ import annotations

import contextlib
import os
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._engine.graph import evaluate
from .gradient import Gradient
from .node import GradNode, watchers

__all__ = ["anomaly", "watch_gradients"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _Anomaly:
    """The mode, of the whole process as in torch."""

    enabled = False
    check_nan = True

    def __init__(self) -> None:
        self.running: GradNode | None = None  # the node whose gradient is being computed

    def switch(self, enabled: bool, check_nan: bool) -> None:
        """Turn the mode on or off."""
        if enabled and not self.enabled:
            watchers.append(self.remember)
        elif self.enabled and not enabled:
            watchers.remove(self.remember)
        self.enabled, self.check_nan = enabled, check_nan

    def remember(self, node: GradNode) -> None:
        """Note where in the user's program a node is made."""
        stack = traceback.extract_stack()
        while stack and stack[-1].filename.startswith(_PACKAGE):
            stack.pop()
        extra = node.more()
        extra.trace = "".join(stack.format())
        extra.parent = self.running

    def check(self, node: GradNode, gradients: list[Gradient | None]) -> None:
        """Look for NaN.

        Raises:
            RuntimeError: a gradient holds one.
        """
        if not (self.enabled and self.check_nan):
            return
        for i, gradient in enumerate(gradients):
            if gradient is None or gradient.value.aval.dtype.kind not in "fcV":
                continue
            array = np.asarray(evaluate(gradient.value))
            if np.isnan(array.astype(np.float32) if array.dtype.kind == "V" else array).any():
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


anomaly = _Anomaly()


@contextlib.contextmanager
def watch_gradients(node: GradNode) -> Iterator[None]:
    """In anomaly mode, warn of the forward line if the computation of a node's gradients fails."""
    if not anomaly.enabled:
        yield
        return
    before, anomaly.running = anomaly.running, node
    try:
        yield
    except BaseException:
        _report(node)
        raise
    finally:
        anomaly.running = before


def _report(node: GradNode) -> None:
    trace = None if node.extra is None else node.extra.trace
    if trace is None:
        _warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during "
            "forward pass for more information."
        )
        return
    _warn(f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{trace}")
    parent: Any = node.extra.parent if node.extra is not None else None
    while parent is not None:
        above = parent.extra
        if above is None or above.trace is None:
            _warn(
                f"\n\nPrevious calculation was induced by {parent.name()}. No forward pass information available. "
                "Enable detect anomaly during forward pass for more information."
            )
            return
        _warn(
            f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that induced the "
            f"previous calculation:\n{above.trace}"
        )
        parent = above.parent


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=2)
