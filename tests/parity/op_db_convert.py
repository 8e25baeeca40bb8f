"""The operator database's samples and callables, said in jaxlearn."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import torch

import jaxlearn

__all__ = ["Absent", "fresh", "ours", "resolve", "sharing", "tensors_of", "variants"]


class Absent(Exception):
    """jaxlearn has no such name."""


def look_up(path: str) -> Any:
    """The public object of a dotted name."""
    found: Any = jaxlearn
    for piece in path.split("."):
        try:
            found = getattr(found, piece)
        except AttributeError:
            raise Absent(f"jaxlearn.{path}") from None
    return found


def seeded(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The database's ``wrapper_set_seed``, for jaxlearn."""
    state = jaxlearn.get_rng_state()
    try:
        jaxlearn.manual_seed(42)
        return op(*args, **kwargs)
    finally:
        jaxlearn.set_rng_state(state)


def translated(function: Any) -> Any:
    """A Python function of the database with ``torch`` meaning jaxlearn, also in the functions it encloses."""
    scope = {**function.__globals__, "torch": jaxlearn, "wrapper_set_seed": seeded}
    cells = tuple(types.CellType(callable_of(cell.cell_contents)) for cell in function.__closure__ or ())
    twin = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    twin.__kwdefaults__ = function.__kwdefaults__
    return twin


def callable_of(value: Any) -> Any:
    """jaxlearn's object for a function or plain value of torch."""
    if isinstance(value, functools.partial):
        return functools.partial(callable_of(value.func), *ours(value.args), **ours(value.keywords))
    if isinstance(value, types.FunctionType) and value.__module__.startswith("torch.testing."):
        return translated(value)
    if isinstance(value, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        return look_up(f"Tensor.{value.__name__}")
    if isinstance(value, types.GetSetDescriptorType):
        return look_up(f"Tensor.{value.__name__}")
    if callable(value) and not isinstance(value, type) and hasattr(value, "__name__"):
        return look_up(public_name(value))
    return value


def public_name(value: Any) -> str:
    """Where torch shows a function: its module's name, internal parts of it left out."""
    module = (getattr(value, "__module__", None) or "").removeprefix("torch").strip(".")
    if not module or module.startswith("_"):
        builtin = {"_linalg": "linalg", "_special": "special", "_fft": "fft", "_nn": "nn.functional"}
        last = module.rsplit(".", 1)[-1]
        prefix = {"linalg_": "linalg.", "special_": "special.", "fft_": "fft."}
        for start, path in prefix.items():
            if value.__name__.startswith(start):
                return path + value.__name__.removeprefix(start)
        module = builtin.get(last, "")
    return f"{module}.{value.__name__}".strip(".")


def resolve(op: Any) -> Callable[..., Any]:
    """jaxlearn's form of an operator: by the database's name, or its own Python wrapper said in jaxlearn.

    Raises:
        Absent: jaxlearn has no such name.
    """
    function = op.op
    if isinstance(function, types.FunctionType) and function.__module__.startswith("torch.testing."):
        return callable_of(function)
    if isinstance(function, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        return look_up(f"Tensor.{function.__name__}")
    try:
        return look_up(op.name)
    except Absent:
        if hasattr(torch.Tensor, op.name) and not hasattr(torch, op.name):
            return look_up(f"Tensor.{op.name}")
        raise


def variants(op: Any) -> dict[str, Any]:
    """The database's other forms of an operator: what it is -> torch's callable."""
    found = {
        "method": op.method_variant,
        "in-place": op.inplace_variant,
        "operator": op.operator_variant,
        "in-place operator": op.inplace_operator_variant,
    }
    for alias in op.aliases:
        found[f"alias {alias.name}"] = alias.op
        found[f"alias method {alias.name}"] = alias.method_variant
        found[f"alias in-place {alias.name}"] = alias.inplace_variant
    return {name: form for name, form in found.items() if form is not None}


def array_of(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """A torch tensor's values in NumPy, in memory of their own."""
    tensor = tensor.detach().resolve_conj().resolve_neg().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16).copy()
    return tensor.clone().numpy()  # of the clone: the memory of a tensor that was asked cannot be resized


def fresh(value: Any) -> Any:
    """A sample's value with tensors of its own, leaves that require grad where the sample's do."""
    if isinstance(value, torch.Tensor):
        twin = value.detach().clone()
        return twin.requires_grad_(value.requires_grad)
    if isinstance(value, torch.Size):
        return value
    if isinstance(value, (tuple, list)):
        return type(value)(fresh(v) for v in value)
    if isinstance(value, dict):
        return {k: fresh(v) for k, v in value.items()}
    if isinstance(value, slice):
        return slice(fresh(value.start), fresh(value.stop), fresh(value.step))
    return value


def ours(value: Any) -> Any:
    """A sample's value in jaxlearn."""
    if isinstance(value, torch.Tensor):
        twin = jaxlearn.tensor(array_of(value))
        return twin.requires_grad_() if value.requires_grad else twin
    if isinstance(value, jaxlearn.Tensor):
        return value
    if isinstance(value, torch.Size):
        return jaxlearn.Size(value)
    if isinstance(value, (tuple, list)):
        return type(value)(ours(v) for v in value)
    if isinstance(value, dict):
        return {k: ours(v) for k, v in value.items()}
    if isinstance(value, slice):
        return slice(ours(value.start), ours(value.stop), ours(value.step))
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return look_up(str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return jaxlearn.device(str(value))
    if isinstance(value, torch.Generator):
        return jaxlearn.Generator().manual_seed(value.initial_seed())
    if isinstance(value, torch.nn.Module):
        return look_up(f"nn.{type(value).__name__}")()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: ours(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return look_up(f"nn.{type(value).__name__}")(**fields)
    if isinstance(value, np.ndarray) or value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    return callable_of(value)


class Memory:
    """One storage that several tensors of a sample show, in jaxlearn."""

    def __init__(self, tensor: torch.Tensor) -> None:
        count = tensor.untyped_storage().nbytes() // tensor.element_size()
        self.base = jaxlearn.tensor(array_of(tensor.detach().as_strided((count,), (1,), 0)))


def sharing(value: Any) -> Any:
    """A sample's value in which tensors that share memory, or are not dense in it, are jaxlearn's views already."""
    stores: dict[int, Memory] = {}
    empty: dict[int, Any] = {}  # a tensor without elements has no memory to be known by

    def convert(value: Any) -> Any:
        if isinstance(value, torch.Tensor) and not value.requires_grad:
            if not value.numel():
                return empty.setdefault(id(value), ours(value))
            place = value.untyped_storage().data_ptr()
            if place not in stores:
                stores[place] = Memory(value)
            base = stores[place].base
            if value.shape == base.shape and value.is_contiguous():
                return base
            return base.as_strided(tuple(value.shape), tuple(value.stride()), value.storage_offset())
        if isinstance(value, torch.Size):
            return value
        if isinstance(value, (tuple, list)):
            return type(value)(convert(v) for v in value)
        if isinstance(value, dict):
            return {k: convert(v) for k, v in value.items()}
        return value

    return convert(value)


def tensors_of(value: Any) -> list[Any]:
    """The tensors in a value, of either library, in order."""
    if isinstance(value, (torch.Tensor, jaxlearn.Tensor)):
        return [value]
    if isinstance(value, (torch.Size, jaxlearn.Size)):
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [t for v in value for t in tensors_of(v)]
    return []
