"""What a way of pruning is, and several of them applied to one parameter, each to what the earlier ones have left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from ...._tensor.creation_constants import ones_like
from ...computed import ComputedTensor

__all__ = ["BasePruningMethod", "PruningContainer", "along"]


# Where the classes are found.
_PACKAGE = __name__.rpartition(".")[0]


class BasePruningMethod(ComputedTensor, ABC):
    """A way to choose the elements that are pruned; a hook before the forward of the modules it is applied to.

    A subclass has ``PRUNING_TYPE`` (``"unstructured"``: its masks are computed from the elements left by earlier ones,
    ``"structured"``: from the channels left along ``dim``, ``"global"``: from everything) and :meth:`compute_mask`.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.BasePruningMethod.html
    """

    _tensor_name: str
    PRUNING_TYPE: str
    __module__ = _PACKAGE

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith(f"{_PACKAGE}."):
            cls.__module__ = _PACKAGE

    def __call__(self, module: Any, inputs: Any) -> None:
        self.put(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask for a tensor.

        Args:
            t: how much each element matters.
            default_mask: what earlier methods have left.
        """

    def apply_mask(self, module: Any) -> Any:
        """The module's pruned tensor.

        Args:
            module: which the method has been applied to.
        """
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, f"{self._tensor_name}_orig")
        return getattr(module, f"{self._tensor_name}_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune a parameter; one that is pruned already is pruned further.

        Args:
            module: whose parameter it is.
            name: of the parameter.
            args, kwargs: the method's own.
            importance_scores: how much each element matters; by default its value.

        Returns:
            The method, in a :class:`PruningContainer` with the earlier ones if there are.
        """
        method = _added(module, cls(*args, **kwargs), name)
        tensor = getattr(module, name)
        if importance_scores is None:
            importance_scores = tensor
        elif importance_scores.shape != tensor.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got "
                f"{importance_scores.shape} vs {tensor.shape}"
            )
        first = not isinstance(method, PruningContainer)
        if first:
            module.register_parameter(f"{name}_orig", tensor)
            del module._parameters[name]
            default_mask = ones_like(tensor)
        else:
            default_mask = getattr(module, f"{name}_mask").detach().clone()
        try:
            module.register_buffer(
                f"{name}_mask", method.compute_mask(importance_scores, default_mask=default_mask)
            )
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if first:
                module.register_parameter(name, getattr(module, f"{name}_orig"))
                del module._parameters[f"{name}_orig"]
            raise
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A tensor pruned by this method.

        Args:
            t: the tensor.
            default_mask: what earlier methods have left; default everything.
            importance_scores: how much each element matters; by default its value.
        """
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        default_mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(importance_scores, default_mask=default_mask)

    def remove(self, module: Any) -> None:
        """Make the pruned tensor a parameter again, which keeps its zeros.

        Args:
            module: which the method has been applied to.
        """
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(f"{name}_orig")
        original.data = weight.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def _added(module: Any, method: BasePruningMethod, name: str) -> BasePruningMethod:
    """The method for the module's tensor, together with those that are there, whose hook is taken away."""
    method._tensor_name = name
    hooks = module._forward_pre_hooks
    found = [n for n, h in hooks.items() if isinstance(h, BasePruningMethod) and h._tensor_name == name]
    if len(found) > 1:
        raise AssertionError(
            f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}. Use a "
            "PruningContainer."
        )
    if not found:
        return method
    old = hooks[found[0]]
    del hooks[found[0]]
    container = old if isinstance(old, PruningContainer) else PruningContainer(old)
    container.add_pruning_method(method)
    return container


class PruningContainer(BasePruningMethod):
    """Several pruning methods for one tensor, applied one after the other.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.PruningContainer.html

    Args:
        args: the methods.
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method for the same tensor.

        Args:
            method: the method.

        Raises:
            TypeError: it is no pruning method.
            ValueError: it is for another tensor.
        """
        if method is not None and not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to "
                f"PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The last method's mask for what the earlier ones have left, together with theirs.

        Args:
            t: how much each element matters.
            default_mask: the mask so far.

        Raises:
            ValueError: the method's ``PRUNING_TYPE`` is unknown.
        """
        method = self._pruning_methods[-1]
        part = _left(method, t, default_mask)
        new_mask = default_mask.to(dtype=t.dtype)
        if new_mask is default_mask:
            new_mask = new_mask.clone()
        new_mask[part] = method.compute_mask(t[part], default_mask=default_mask[part]).to(
            dtype=new_mask.dtype
        )
        return new_mask


def _left(method: Any, t: Any, mask: Any) -> Any:
    """The index of what a mask leaves for a method."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE == "global":
        return (slice(None),) * t.dim()
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError(
            'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
        )
    dims = t.dim()
    dim = method.dim + dims if method.dim < 0 else method.dim
    if dim < 0:
        raise IndexError(f"Index is out of bounds for tensor with dimensions {dims}")
    return along(dims, dim, mask.sum(dim=[d for d in range(dims) if d != dim]) != 0)


def along(dims: int, dim: int, index: Any) -> tuple[Any, ...]:
    """An index of one dimension and all of the others."""
    places: list[Any] = [slice(None)] * dims
    places[dim] = index
    return tuple(places)
