"""The calls of several models; as ``torch.nn.parallel.parallel_apply``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["parallel_apply"]


def parallel_apply(
    modules: Sequence[Any],
    inputs: Sequence[Any],
    kwargs_tup: Sequence[dict[str, Any]] | None = None,
    devices: Sequence[Any] | None = None,
) -> list[Any]:
    """Call each model with its own arguments. What they compute is recorded and computed together.

    https://github.com/pytorch/pytorch/blob/main/torch/nn/parallel/parallel_apply.py

    Args:
        modules: the models.
        inputs: for each its argument, or the tuple or list of them.
        kwargs_tup: for each its keyword arguments.
        devices: accepted; a model computes where its parameters and arguments are.

    Raises:
        AssertionError: there are not as many models as arguments or devices.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.parallel.parallel_apply([torch.nn.ReLU(), torch.nn.Identity()], [torch.tensor([-1.0])] * 2)
        [tensor([0.]), tensor([-1.])]
    """
    for what, given in (("inputs", inputs), ("kwargs_tup", kwargs_tup), ("devices", devices)):
        if given is not None and len(given) != len(modules):
            raise AssertionError(
                f"The number of modules {len(modules)} is not equal to the number of {what} {len(given)}"
            )
    named = [{}] * len(modules) if kwargs_tup is None else kwargs_tup
    calls = zip(modules, inputs, named, strict=True)
    return [
        module(*(given if isinstance(given, (tuple, list)) else (given,)), **options)
        for module, given, options in calls
    ]
