"""Modules as functions of their parameters and buffers."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._tensor.dispatch import TENSOR_TYPES
from ..ops.joining import stack

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in place of its parameters and buffers, and of attributes that are tensors.

    The module itself is unchanged afterwards; what it writes in place, it writes to the tensors given.
    https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html

    Args:
        module: the module.
        parameter_and_buffer_dicts: tensors by their names, or a tuple of such dicts; what is not named stays.
        args: the call's arguments: a tuple, or the only one.
        kwargs: its keyword arguments.
        tie_weights: parameters that are the same under several names stay the same.
        strict: every parameter and buffer must be given, and nothing else.

    Returns:
        What the module returns.

    Raises:
        ValueError: a name is in several dicts, tied names have several tensors, or there is something other than dicts.
        RuntimeError: ``strict``, and names are missing or unknown.
        TypeError: something given, or in whose place it is, is no tensor.
        AttributeError: there is no module of a name.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.Linear(2, 1)
        >>> given = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
        >>> torch.func.functional_call(layer, given, (torch.tensor([1.0, 2.0]),))
        tensor([3.])
    """
    given = _merged(parameter_and_buffer_dicts)
    with _replaced(module, given, tie_weights, strict):
        positional = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*positional, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous"
        )
    return {name: tensor for d in dicts for name, tensor in d.items()}


def _tied(module: Any) -> list[set[str]]:
    """The names of parameters and buffers that are the same tensor."""
    groups: dict[int, set[str]] = {}
    for table in (
        module.named_parameters(remove_duplicate=False),
        module.named_buffers(remove_duplicate=False),
    ):
        for name, tensor in table:
            groups.setdefault(id(tensor), set()).add(name)
    return [names for names in groups.values() if len(names) > 1]


@contextlib.contextmanager
def _replaced(module: Any, given: dict[str, Any], tie_weights: bool, strict: bool) -> Iterator[None]:
    """Put the tensors in the place of the module's, and the module's own back at the end."""
    given = dict(given)
    if tie_weights:
        for names in _tied(module):
            named = [name for name in names if name in given]
            if len({id(given[name]) for name in named}) > 1:
                raise ValueError(
                    f"functional_call got multiple values for keys {sorted(named)}, which are tied. Consider using "
                    "tie_weights=False"
                )
            if named:
                given.update(dict.fromkeys(names, given[named[0]]))
    if strict:
        _check_all(module, given)
    owners = [(*_owner(module, name), tensor) for name, tensor in given.items()]
    undo: list[Callable[[], None]] = []
    try:
        for owner, name, tensor in owners:
            undo.append(_put(owner, name, tensor))
        yield
    finally:
        for back in reversed(undo):
            back()


def _owner(module: Any, path: str) -> tuple[Any, str]:
    """The module inside a module that has a tensor, and the tensor's name there."""
    prefix, _, name = path.rpartition(".")
    if not path:
        raise KeyError('tensor name can\'t be empty string ""')
    passed = ""
    for part in prefix.split(".") if prefix else ():
        if not hasattr(module, part):
            raise AttributeError(f"{module._get_name()} has no attribute `{part}`")
        module, passed = getattr(module, part), f"{passed}.{part}".lstrip(".")
        if not hasattr(module, "_parameters"):
            raise TypeError(f"submodule `{passed}`: {module} is not an instance of torch.nn.Module")
    return module, name


def _put(module: Any, name: str, tensor: Any) -> Callable[[], None]:
    """Put a tensor in the place of a module's own, or of an attribute; what puts that back."""
    if tensor is not None and type(tensor) not in TENSOR_TYPES:
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    for table in (module._parameters, module._buffers):
        if name in table:
            before, table[name] = table[name], tensor
            return functools.partial(table.__setitem__, name, before)
    had = hasattr(module, name)
    held = getattr(module, name, None)
    if held is not None and type(held) not in TENSOR_TYPES:
        raise TypeError(f"attribute `{name}`: {held} is not an instance of torch.Tensor")
    setattr(module, name, tensor)
    return functools.partial(setattr, module, name, held) if had else functools.partial(delattr, module, name)


def _check_all(module: Any, given: dict[str, Any]) -> None:
    names = {n for n, _ in module.named_parameters(remove_duplicate=False)}
    names |= {n for n, _ in module.named_buffers(remove_duplicate=False)}
    unexpected, missing = sorted(given.keys() - names), sorted(names - given.keys())
    lines = []
    for what, keys in (("Unexpected", unexpected), ("Missing", missing)):
        if keys:
            lines.append(f"\n\t{what} key(s): " + ", ".join(f"'{k}'" for k in keys) + ".")
    if lines:
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:" + "".join(lines))


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of several models of one class, stacked, as ``vmap`` takes an ensemble.

    https://docs.pytorch.org/docs/stable/generated/torch.func.stack_module_state.html

    Args:
        models: a sequence of modules of the same class and mode.

    Returns:
        Two dicts by name: parameters, which are new leaves that require grad, and buffers.

    Raises:
        RuntimeError: there is no model, they differ in class or mode, or in which parameters require grad.

    Example::

        >>> import jaxlearn as torch
        >>> params, buffers = torch.func.stack_module_state([torch.nn.Linear(2, 3) for _ in range(4)])
        >>> params["weight"].shape, buffers
        (torch.Size([4, 3, 2]), {})
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({bool(m.training) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    params = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return (
        {name: _stacked([p[name] for p in params], name) for name in params[0]},
        {name: _stacked([b[name] for b in buffers], name) for name in buffers[0]},
    )


def _stacked(tensors: list[Any], name: str) -> Any:
    requires = {bool(t.requires_grad) for t in tensors}
    if len(requires) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    result = stack([t.detach() for t in tensors])
    return result.requires_grad_() if requires == {True} else result


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Make the batch norms of a model use each batch's own statistics, without running ones.

    Under ``vmap`` there is no place where running statistics of several samples could be written.
    https://docs.pytorch.org/docs/stable/func.batch_norm.html

    Args:
        root: the model; it is changed in place and returned.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.func.replace_all_batch_norm_modules_(torch.nn.BatchNorm1d(2))
        >>> model.running_mean is None
        True
    """
    for module in root.modules():
        if getattr(module, "track_running_stats", False) and "running_mean" in module._buffers:
            module.running_mean = None
            module.running_var = None
            module.num_batches_tracked = None
            module.track_running_stats = False
    return root
