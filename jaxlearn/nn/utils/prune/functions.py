"""Pruning a module's parameters, and making it permanent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...._tensor.creation_constants import ones_like
from ..convert_parameters import parameters_to_vector
from .container import BasePruningMethod, PruningContainer
from .methods import (
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    RandomStructured,
    RandomUnstructured,
)

__all__ = [
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def identity(module: Any, name: str) -> Any:
    """Give a parameter a mask without pruning it.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.identity.html

    Args:
        module: whose parameter it is.
        name: of the parameter.

    Returns:
        The module.
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any) -> Any:
    """Prune elements of a parameter at random; which ones is torch's choice from the same seed.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.random_unstructured.html

    Args:
        module: whose parameter it is.
        name: of the parameter.
        amount: how many elements (int), or which part of them (float between 0 and 1).

    Returns:
        The module.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.utils import prune
        >>> layer = prune.random_unstructured(torch.nn.Linear(2, 3), "weight", amount=4)
        >>> (layer.weight == 0).sum(), list(layer.state_dict())
        (tensor(4), ['bias', 'weight_orig', 'weight_mask'])
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:
    """Prune the smallest elements of a parameter.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.l1_unstructured.html

    Args:
        module: whose parameter it is.
        name: of the parameter.
        amount: how many elements (int), or which part of them (float between 0 and 1).
        importance_scores: how much each element matters; by default its value.

    Returns:
        The module.
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: Any, dim: int) -> Any:
    """Prune whole channels of a parameter at random.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.random_structured.html

    Args:
        module: whose parameter it is.
        name: of the parameter.
        amount: how many channels (int), or which part of them (float between 0 and 1).
        dim: the channels' dimension.

    Returns:
        The module.
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
) -> Any:
    """Prune the channels of a parameter with the smallest norms.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.ln_structured.html

    Args:
        module: whose parameter it is.
        name: of the parameter.
        amount: how many channels (int), or which part of them (float between 0 and 1).
        n: the norm, as ``p`` of ``torch.norm``.
        dim: the channels' dimension.
        importance_scores: how much each element matters; by default its value.

    Returns:
        The module.
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters together: the method chooses among the elements of all.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.global_unstructured.html

    Args:
        parameters: pairs of a module and a parameter's name.
        pruning_method: a class of methods with ``PRUNING_TYPE = "unstructured"``.
        importance_scores: by such pairs, how much each element matters; by default its value.
        kwargs: the method's arguments, such as ``amount``.

    Raises:
        TypeError: the method is of another type, or an argument is of the wrong kind.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    tensors = [getattr(module, name) for module, name in pairs]
    matters = parameters_to_vector([scores.get(pair, t) for pair, t in zip(pairs, tensors, strict=True)])
    masks = [
        getattr(module, f"{name}_mask", ones_like(t))
        for (module, name), t in zip(pairs, tensors, strict=True)
    ]
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of '
            f"type {method.PRUNING_TYPE}"
        )
    final = PruningContainer(method).compute_mask(matters, parameters_to_vector(masks))
    start = 0
    for (module, name), t in zip(pairs, tensors, strict=True):
        custom_from_mask(module, name, mask=final[start : start + t.numel()].view_as(t))
        start += t.numel()


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    """Prune a parameter by a given mask.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.custom_from_mask.html

    Args:
        module: whose parameter it is.
        name: of the parameter.
        mask: zero where the parameter is to be.

    Returns:
        The module.
    """
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Any, name: str) -> Any:
    """Make a pruned parameter an ordinary one again, which keeps its zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.remove.html

    Args:
        module: whose parameter it is.
        name: of the parameter.

    Returns:
        The module.

    Raises:
        ValueError: it is not pruned.
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Any) -> bool:
    """Whether a parameter of a module, or of one in it, is pruned.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.is_pruned.html

    Args:
        module: the module.
    """
    return any(
        isinstance(hook, BasePruningMethod)
        for part in module.modules()
        for hook in part._forward_pre_hooks.values()
    )
