"""What a model consists of, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .module import Module
from .parameter import Parameter, is_lazy

__all__ = ["summary"]


def summary(model: Module) -> str:
    """A table of a model's modules and their own parameters, with totals.

    It also names the modules and parameters that the model does not know of, because they are in a plain list or
    dictionary: they are neither trained nor saved.

    Args:
        model: the model.

    Returns:
        The text.

    Raises:
        TypeError: ``model`` is no module.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
        >>> model.layers = [torch.nn.Linear(3, 1)]
        >>> print(torch.nn.summary(model))
        name     class       parameters
                 Sequential           0
        0        Linear               9
        1        ReLU                 0
        parameters: 9, trained: 9, buffers: 0
        not registered: layers is a list with 1 module; use nn.ModuleList
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary() takes a Module, not {type(model).__name__}")
    rows = [("name", "class", "parameters")]
    for path, module in model.named_modules():
        rows.append((path, module._get_name(), _count(module._parameters.values())))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    widths[0] += 4
    lines = [f"{name:{widths[0]}} {kind:{widths[1]}} {count:>{widths[2]}}" for name, kind, count in rows]
    parameters = list(model.parameters())
    trained = _count([p for p in parameters if p.requires_grad])
    lines.append(
        f"parameters: {_count(parameters)}, trained: {trained}, buffers: {_count(list(model.buffers()))}"
    )
    lines.extend(_unregistered(model))
    return "\n".join(lines)


def _count(tensors: Any) -> str:
    """The number of elements, as far as it is known."""
    present = [t for t in tensors if t is not None]
    known = sum([t.numel() for t in present if not is_lazy(t)])
    return f"{known}+?" if any(map(is_lazy, present)) else str(known)


def _unregistered(model: Module) -> Iterator[str]:
    known = {id(module) for module in model.modules()} | {id(p) for p in model.parameters()}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name in ("_parameters", "_buffers", "_modules") or not isinstance(
                value, (list, tuple, dict, set)
            ):
                continue
            items = [x for x in _leaves(value) if id(x) not in known]
            where = f"{path}.{name}" if path else name
            for kind, wrapper in ((Module, "Module"), (Parameter, "Parameter")):
                count = len([x for x in items if isinstance(x, kind)])
                if count:
                    container = "Dict" if isinstance(value, dict) else "List"
                    yield (
                        f"not registered: {where} is a {type(value).__name__} with {count} {wrapper.lower()}"
                        f"{'s' if count > 1 else ''}; use nn.{wrapper}{container}"
                    )


def _leaves(value: Any) -> Iterator[Any]:
    """The items of nested plain containers."""
    if isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    else:
        yield value
