"""einops on tensors: `rearrange`, `reduce`, `repeat`, `einsum`, `pack` and `unpack` take them as they take PyTorch's.

einops asks a backend per library for a handful of operations, and finds a backend as a subclass of its own base class
whose library has been imported. Ours is defined when einops is imported: einops stays optional, and neither import
waits for the other.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ._tensor.creation_data import from_numpy
from ._tensor.creation_ranges import arange
from ._tensor.tensor import Tensor
from .ops.joining import cat, stack
from .ops.linalg_tensor import einsum

__all__: list[str] = []

_BACKENDS = "einops._backends"

_defined: list[type] = []  # a class knows its subclasses only as long as somebody keeps them


def _define_backend(einops: ModuleType) -> None:
    """Add our backend to einops' module of backends."""
    base: Any = einops.AbstractBackend

    class JaxlearnBackend(base):
        framework_name = __package__

        def is_appropriate_type(self, tensor: object) -> bool:
            return isinstance(tensor, Tensor)

        def from_numpy(self, x: Any) -> Tensor:
            tensor = from_numpy(x)
            return tensor.requires_grad_() if self.is_float_type(tensor) else tensor

        def to_numpy(self, x: Tensor) -> Any:
            return x.detach().cpu().numpy()

        def arange(self, start: int, stop: int) -> Tensor:
            return arange(start, stop)

        def transpose(self, x: Tensor, axes: Sequence[int]) -> Tensor:
            return x.permute(axes)

        def reduce(self, x: Tensor, operation: str, axes: Sequence[int]) -> Tensor:
            if operation in ("min", "max"):
                return getattr(x, f"a{operation}")(dim=axes)
            if operation in ("sum", "mean"):
                return getattr(x, operation)(dim=axes)
            for axis in sorted(axes, reverse=True):  # any, all and prod take one dimension
                x = getattr(x, operation)(dim=axis)
            return x

        def stack_on_zeroth_dimension(self, tensors: list[Tensor]) -> Tensor:
            return stack(tensors)

        def add_axis(self, x: Tensor, new_position: int) -> Tensor:
            return x.unsqueeze(new_position)

        def add_axes(self, x: Tensor, n_axes: int, pos2len: dict[int, int]) -> Tensor:
            for position in pos2len:
                x = x.unsqueeze(position)
            return x.expand([pos2len.get(axis, -1) for axis in range(n_axes)])

        def tile(self, x: Tensor, repeats: Sequence[int]) -> Tensor:
            return x.repeat(repeats)

        def concat(self, tensors: list[Tensor], axis: int) -> Tensor:
            return cat(tensors, dim=axis)

        def is_float_type(self, x: Tensor) -> bool:
            return x.is_floating_point()

        def einsum(self, pattern: str, *x: Tensor) -> Tensor:
            return einsum(pattern, *x)

    _defined.append(JaxlearnBackend)


class _WhenImported(MetaPathFinder):
    """Waits for the import of einops, finds nothing itself, and leaves."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != _BACKENDS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_define(module: ModuleType) -> None:
            execute(module)
            _define_backend(module)

        spec.loader.exec_module = execute_and_define  # type: ignore[method-assign]
        return spec


if _BACKENDS in sys.modules:
    _define_backend(sys.modules[_BACKENDS])
else:
    sys.meta_path.insert(0, _WhenImported())
