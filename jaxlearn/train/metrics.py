"""What is measured besides the loss: functions of outputs and targets, computed on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["METRICS", "Metric", "accuracy", "named_metrics"]

#: Outputs and targets of a batch -> a value for each element, or their mean.
Metric = Callable[[Any, Any], Any]


def accuracy(outputs: Any, targets: Any) -> Any:
    """Whether the largest output is the target's.

    Args:
        outputs: scores (N, C, ...).
        targets: class indices (N, ...), or scores of the shape of ``outputs``.

    Returns:
        Booleans (N, ...); their mean is the accuracy.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.train import accuracy
        >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
        tensor([ True, False])
    """
    if targets.dim() == outputs.dim():
        targets = targets.argmax(1)
    return outputs.argmax(1) == targets


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def named_metrics(metrics: Iterable[str | Metric] | Mapping[str, Metric]) -> dict[str, Metric]:
    """Metrics by name.

    Args:
        metrics: names of :data:`METRICS`, functions, or functions by name.

    Raises:
        ValueError: a name is not known.
    """
    if isinstance(metrics, Mapping):
        return dict(metrics)
    named = {}
    for metric in metrics:
        if callable(metric):
            named[getattr(metric, "__name__", type(metric).__name__)] = metric
        elif metric in METRICS:
            named[metric] = METRICS[metric]
        else:
            raise ValueError(
                f"unknown metric {metric!r}: known are {', '.join(METRICS)}; give a function for any other"
            )
    return named
