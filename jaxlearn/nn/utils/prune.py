"""Pruning: parameters of which some elements are kept at zero; names as in ``torch.nn.utils.prune``.

A pruned parameter ``weight`` is the product of the parameter ``weight_orig`` and the buffer ``weight_mask``, computed
before each forward. Masks depend on values, so what is pending is computed when one is made.
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from ..._tensor.creation_constants import ones_like, zeros_like
from ..._tensor.random import rand, rand_like
from ...ops.reduction_moments import norm
from ...ops.reduction_order import kthvalue, topk
from ..computed import ComputedTensor
from .convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
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


class BasePruningMethod(ComputedTensor, ABC):
    """A way to choose the elements that are pruned; a hook before the forward of the modules it is applied to.

    A subclass has ``PRUNING_TYPE`` (``"unstructured"``: its masks are computed from the elements left by earlier ones,
    ``"structured"``: from the channels left along ``dim``, ``"global"``: from everything) and :meth:`compute_mask`.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.BasePruningMethod.html
    """

    _tensor_name: str
    PRUNING_TYPE: str

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
    return _along(dims, dim, mask.sum(dim=[d for d in range(dims) if d != dim]) != 0)


def _along(dims: int, dim: int, index: Any) -> tuple[Any, ...]:
    """An index of one dimension and all of the others."""
    places: list[Any] = [slice(None)] * dims
    places[dim] = index
    return tuple(places)


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 if isinstance(amount, numbers.Integral) else not 0.0 <= float(amount) <= 1.0:
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer"
        )


def _count(amount: Any, size: int) -> int:
    """How many of so many are to be pruned."""
    count = int(amount) if isinstance(amount, numbers.Integral) else round(amount * size)
    if count > size:
        raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
    return count


def _channels(t: Any, dim: int) -> int:
    """The number of channels along a dimension."""
    if len(t.shape) <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{t.shape} with {len(t.shape)} dims"
        )
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    return int(t.shape[dim])


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the mask.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.Identity.html
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far."""
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> Any:  # type: ignore[override]
        """Make a mask of ones; see :func:`identity`."""
        return super().apply(module, name)


class _Unstructured(BasePruningMethod):
    """Prunes single elements; a subclass tells which."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the elements chosen."""
        count = _count(self.amount, t.nelement())
        mask = default_mask.clone()
        if count != 0:
            mask.view(-1)[self._chosen(t, count)] = 0
        return mask

    def _chosen(self, t: Any, count: int) -> Any:
        """The flat indices of the elements to prune."""
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prunes elements at random.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.RandomUnstructured.html

    Args:
        amount: how many elements (int), or which part of them (float between 0 and 1).
    """

    def _chosen(self, t: Any, count: int) -> Any:
        return topk(rand_like(t).view(-1), k=count).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`random_unstructured`."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prunes the smallest elements.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.L1Unstructured.html

    Args:
        amount: how many elements (int), or which part of them (float between 0 and 1).
    """

    def _chosen(self, t: Any, count: int) -> Any:
        return topk(t.detach().abs().view(-1), k=count, largest=False).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`l1_unstructured`."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(BasePruningMethod):
    """Prunes whole channels at random.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.RandomStructured.html

    Args:
        amount: how many channels (int), or which part of them (float between 0 and 1).
        dim: the channels' dimension.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the channels drawn."""
        size = _channels(t, self.dim)
        count = _count(self.amount, size)
        if count == 0:
            return default_mask
        drawn = rand(size)
        mask = zeros_like(t)
        mask[_along(t.dim(), self.dim, drawn > kthvalue(drawn, k=count).values)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, dim: int = -1) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`random_structured`."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(BasePruningMethod):
    """Prunes the channels with the smallest norms.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.LnStructured.html

    Args:
        amount: how many channels (int), or which part of them (float between 0 and 1).
        n: the norm, as ``p`` of ``torch.norm``.
        dim: the channels' dimension.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the channels of small norm."""
        size = _channels(t, self.dim)
        count = _count(self.amount, size)
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        largest = topk(norm(t.detach(), p=self.n, dim=others), k=size - count, largest=True)
        if count == 0:
            return default_mask
        mask = zeros_like(t)
        mask[_along(t.dim(), self.dim, largest.indices)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
    ) -> Any:
        """Prune a parameter; see :func:`ln_structured`."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes by a given mask.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.CustomFromMask.html

    Args:
        mask: zero where the parameter is to be.
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Both masks together."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Any) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`custom_from_mask`."""
        return super().apply(module, name, mask=mask)


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
