"""The base of the tensors that know what they hold, and what operations on them return."""

from __future__ import annotations

from typing import Any

from jaxlearn import Tensor, as_tensor
from jaxlearn._C import DisableTorchFunctionSubclass
from jaxlearn.utils._pytree import tree_leaves

__all__ = ["TVTensor", "set_return_type", "wrap"]


class _Returned:
    """Whether operations return the tensors' own kind."""

    kind = False


class TVTensor(Tensor):
    """Base of the tensors that know what they hold.

    Operations return plain tensors, but for ``clone``, ``to``, ``detach``, ``requires_grad_`` and ``pin_memory``, which
    keep the kind; :func:`set_return_type` says otherwise.

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.TVTensor.html

    Args:
        data: as of :class:`jaxlearn.Tensor`.
        device: where it is to be.
    """

    @classmethod
    def _from_data(cls, data: Any, dtype: Any, device: Any, requires_grad: bool | None) -> Tensor:
        if requires_grad is None:
            requires_grad = data.requires_grad if isinstance(data, Tensor) else False
        return as_tensor(data, dtype=dtype, device=device).requires_grad_(requires_grad)

    @classmethod
    def wrap(cls, tensor: Tensor, like: Any, **kwargs: Any) -> Any:
        """A tensor as this kind, with what another of the kind tells besides its values.

        Args:
            tensor: the values.
            like: the other.
            kwargs: what to tell instead.
        """
        kind = tensor.as_subclass(cls)
        kind._describe(like, **kwargs)
        return kind

    def _describe(self, like: Any, **kwargs: Any) -> None:
        """Take over what ``like`` tells besides its values."""

    @classmethod
    def _wrapped(cls, result: Any, like: Any) -> Any:
        if isinstance(result, (tuple, list)):
            parts = [cls._wrapped(part, like) for part in result]
            return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
        if isinstance(result, Tensor) and not isinstance(result, cls):
            return cls.wrap(result, like)
        return result

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        with DisableTorchFunctionSubclass():
            result = func(*args, **(kwargs or {}))
        if _Returned.kind or (func in _KEEPING and isinstance(args[0], cls)):
            like = next(x for x in tree_leaves((args, kwargs)) if isinstance(x, cls))
            return cls._wrapped(result, like)
        # An operation in place returns its tensor, whatever its class.
        return result.as_subclass(Tensor) if isinstance(result, cls) else result

    def _told(self) -> str | None:
        """What the text tells besides the values; None for nothing at all."""
        return None

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override, unused-ignore]
        told = self._told()
        text = super().__repr__()
        return text if told is None else f"{text[:-1]}, {told})"

    def __deepcopy__(self, memo: Any) -> Any:
        return self.detach().clone().requires_grad_(self.requires_grad)


_KEEPING = {Tensor.clone, Tensor.to, Tensor.detach, Tensor.requires_grad_, Tensor.pin_memory}


class _ReturnType:
    """Puts the former choice back when a ``with`` block ends."""

    def __init__(self, former: bool) -> None:
        self._former = former

    def __enter__(self) -> _ReturnType:
        return self

    def __exit__(self, *_: object) -> None:
        _Returned.kind = self._former


def set_return_type(return_type: str) -> Any:
    """Choose what operations on these tensors return, for good or for a ``with`` block.

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.set_return_type.html

    Args:
        return_type: ``"Tensor"`` or ``"TVTensor"``.

    Raises:
        ValueError: it is neither.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import tv_tensors
        >>> image = tv_tensors.Image(torch.ones(1, 1, 2))
        >>> image + 2
        tensor([[[3., 3.]]])
        >>> with tv_tensors.set_return_type("TVTensor"):
        ...     image + 2
        Image([[[3., 3.]]], )
    """
    chosen = {"tensor": False, "tvtensor": True}.get(return_type.lower())
    if chosen is None:
        raise ValueError(f"return_type must be 'TVTensor' or 'Tensor', got {return_type}")
    former, _Returned.kind = _Returned.kind, chosen
    return _ReturnType(former)


def wrap(wrappee: Tensor, *, like: Any, **kwargs: Any) -> Any:
    """A tensor as the kind that another is of, with what the other tells besides its values.

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.wrap.html

    Args:
        wrappee: the values.
        like: the other.
        kwargs: what to tell instead, as ``canvas_size``.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import tv_tensors
        >>> tv_tensors.wrap(torch.ones(1, 1, 2), like=tv_tensors.Image(torch.zeros(1, 1, 2)))
        Image([[[1., 1.]]], )
    """
    kind = type(like)
    return kind.wrap(wrappee, like, **kwargs) if hasattr(kind, "wrap") else wrappee.as_subclass(kind)
