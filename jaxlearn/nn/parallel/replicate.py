"""Copies of a model that share its parameters; as ``torch.nn.parallel.replicate``."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy as shallow
from typing import Any

from ..module import Module

__all__ = ["replicate"]


def replicate(network: Any, devices: Sequence[Any], detach: bool = False) -> list[Any]:
    """A model for each device, whose parameters and buffers are those of the one given.

    Gradients of all replicas add up in the model's own parameters, as those of torch's replicas do.
    https://github.com/pytorch/pytorch/blob/main/torch/nn/parallel/replicate.py

    Args:
        network: the model.
        devices: the devices; parameters stay where they are, as a tensor has one device here.
        detach: whether the replicas' parameters have no history.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.nn.Linear(2, 1)
        >>> first, second = torch.nn.parallel.replicate(model, [0, 1])
        >>> first is second, first.weight is model.weight
        (False, True)
    """
    return [_replica(network, detach, {}) for _ in devices]


def _replica(module: Module, detach: bool, made: dict[int, Any]) -> Any:
    # A module that stands in two places of the model stands in the same two of its replica.
    if id(module) not in made:
        copy = made[id(module)] = shallow(module)
        for registry in ("_parameters", "_buffers", "_modules"):
            copy.__dict__[registry] = module.__dict__[registry].copy()
        for name, child in module._modules.items():
            copy._modules[name] = None if child is None else _replica(child, detach, made)
        if detach:
            for name, parameter in module._parameters.items():
                copy._parameters[name] = None if parameter is None else parameter.detach()
    return made[id(module)]
