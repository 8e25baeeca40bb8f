"""Tensors as instances of the user's subclasses of Tensor."""

from __future__ import annotations

from typing import Any

from .._overrides.subclasses import OverrideMethods
from ..ops.shape import alias
from .argument_kinds import refuse
from .methods_history import HistoryMethods
from .signatures import TENSOR_TYPES

__all__ = ["SubclassMethods", "as_class"]


def _check_class(cls: Any) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    if cls not in TENSOR_TYPES:
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your "
            "class inherits from Tensor."
        )


def as_class(cls: Any, tensor: Any) -> Any:
    """A new tensor's state in an instance of a subclass.

    Args:
        cls: the subclass.
        tensor: the tensor, which nobody else has.
    """
    result = object.__new__(cls)
    result.__dict__.update(tensor.__dict__)
    return result


class SubclassMethods(OverrideMethods, HistoryMethods):
    """What makes instances of subclasses."""

    def as_subclass(self, cls: Any) -> Any:
        """The tensor as an instance of a subclass: an alias of it, with the same history.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.as_subclass.html

        Args:
            cls: the subclass.

        Raises:
            TypeError: it is no class, or does not inherit from Tensor.

        Example::

            >>> import jaxlearn as torch
            >>> class MyTensor(torch.Tensor): pass
            >>> torch.ones(2).as_subclass(MyTensor)
            MyTensor([1., 1.])
        """
        _check_class(cls)
        view = self._view
        has_history = self._requires_grad or (
            view is not None and view.base is not None and view.base._requires_grad
        )
        return as_class(cls, alias(self) if has_history else self._alias())

    @staticmethod
    def _make_subclass(cls: Any, data: Any, require_grad: bool = False, **policies: Any) -> Any:
        """A leaf of a subclass on a tensor's storage; the one that a subclass's ``__new__`` returns.

        Args:
            cls: the subclass.
            data: the tensor.
            require_grad: whether it requires grad.
            policies: what torch's dispatcher is to leave to the subclass; nothing here.

        Raises:
            TypeError: it is no subclass of Tensor, or ``data`` no tensor.
            RuntimeError: a gradient is required of integers.

        Example::

            >>> import jaxlearn as torch
            >>> class Tagged(torch.Tensor):
            ...     def __new__(cls, data, tag):
            ...         tensor = torch.Tensor._make_subclass(cls, torch.as_tensor(data))
            ...         tensor.tag = tag
            ...         return tensor
            ...     def __init__(self, data, tag):
            ...         pass
            >>> Tagged([1.0], "a").tag
            'a'
        """
        if type(data) not in TENSOR_TYPES:
            raise refuse("_make_subclass", "data", "Tensor", data, 2)
        _check_class(cls)
        result = as_class(cls, data._alias())
        if require_grad:
            if not (data.is_floating_point() or data.is_complex()):
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            result._requires_grad = True
        return result
