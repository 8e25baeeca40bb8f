"""Forward mode with dual tensors: https://docs.pytorch.org/docs/stable/autograd.html#forward-mode-automatic-differentiation

A dual tensor is an alias of its primal whose operations are recorded as for backward; :func:`unpack_dual` carries the
tangents forward through what was recorded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._autograd.duals import DualLevel
from .._autograd.links import follow, levels
from .._autograd.modes import modes
from .._naming import type_name
from .._tensor.creation_constants import zeros_like
from .._tensor.layout import strides_of

__all__ = [
    "UnpackedDualTensor",
    "_set_fwd_grad_enabled",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]


class UnpackedDualTensor(NamedTuple):
    """What :func:`unpack_dual` returns.

    Args:
        primal: the values.
        tangent: their derivatives along the tangents of the dual tensors that they depend on; None without any.
    """

    primal: Any
    tangent: Any


def enter_dual_level() -> int:
    """Begin forward mode; :class:`dual_level` does it as a context.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.enter_dual_level.html

    Returns:
        The level's number, 0.

    Raises:
        RuntimeError: it has begun already.
    """
    if levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    DualLevel().enter()
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End forward mode: all tangents are gone.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.exit_dual_level.html

    Args:
        level: the number that :func:`enter_dual_level` returned.

    Raises:
        RuntimeError: it has not begun, or this is not its number.
    """
    if not levels:
        raise RuntimeError("Dual level must be a positive number.")
    if level not in (None, 0):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    levels[-1].leave()


class dual_level:
    """Context of forward mode, in which tensors may have tangents.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.dual_level.html

    Example::

        >>> import jaxlearn as torch
        >>> import jaxlearn.autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(torch.tensor(3.0), torch.tensor(1.0))
        ...     fwAD.unpack_dual(x * x).tangent
        tensor(6.)
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *exc: object) -> None:
        exit_dual_level()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """An alias of a tensor that carries a tangent.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.make_dual.html

    Args:
        tensor: the values.
        tangent: the direction to differentiate along, of the same shape.
        level: the level's number.

    Raises:
        RuntimeError: outside :class:`dual_level`, the shapes differ, the tensor has a tangent already, or the
            tangent has one; or there is no such level.
        ValueError: one of them is neither floating nor complex.

    Example::

        >>> import jaxlearn as torch
        >>> import jaxlearn.autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     fwAD.unpack_dual(fwAD.make_dual(torch.tensor(3.0), torch.tensor(1.0)))
        UnpackedDualTensor(primal=tensor(3.), tangent=tensor(1.))
    """
    if not levels or (level is not None and level < 0):
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for name, t in (("primal", tensor), ("tangent", tangent)):
        if not (t.is_floating_point() or t.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {t.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )
    if tangent.dtype != tensor.dtype:
        tangent = tangent.to(tensor.dtype)
    if level:
        raise RuntimeError("Invalid level given to _make_dual")
    dual = levels[-1]
    if dual.tangent(tangent) is not None:
        raise RuntimeError(
            "Setting a forward grad that itself has a forward gradient at the same level0 is not supported."
        )
    if dual.tangent(tensor) is not None:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
            "supported."
        )
    if strides_of(tangent._current().aval) != strides_of(tensor._current().aval):
        laid_out = zeros_like(tensor.detach())
        tangent = laid_out.copy_(tangent)
    return dual.begin(tensor, tangent)


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """A tensor's values and its tangent.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.unpack_dual.html

    Args:
        tensor: dual or not.
        level: the level's number.

    Example::

        >>> import jaxlearn as torch
        >>> import jaxlearn.autograd.forward_ad as fwAD
        >>> fwAD.unpack_dual(torch.tensor(3.0))
        UnpackedDualTensor(primal=tensor(3.), tangent=None)
    """
    _ = tensor.grad_fn  # a view's history is made anew after a write to its base
    if not levels:
        return UnpackedDualTensor(tensor, None)
    dual = levels[-1]
    tangent = dual.tangent(tensor)
    if level is not None and level < 0:
        tangent = None
    elif level and tangent is not None:
        raise RuntimeError("Invalid level given to _fw_primal")
    return UnpackedDualTensor(dual.plain(tensor), tangent)


class _set_fwd_grad_enabled:
    """Say whether operations on dual tensors carry tangents forward: at once, and as a context back again at its end.

    Args:
        mode: False to let results have no tangents.

    Example::

        >>> import jaxlearn as torch
        >>> import jaxlearn.autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(torch.tensor(3.0), torch.tensor(1.0))
        ...     with fwAD._set_fwd_grad_enabled(False):
        ...         y = x * x
        ...     fwAD.unpack_dual(y).tangent is None
        True
    """

    def __init__(self, mode: bool) -> None:
        if type(mode) is not bool:
            raise TypeError(f"enabled must be a bool (got {type_name(mode)})")
        self._before = modes.carries
        _carry(mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _carry(self._before)

    def clone(self) -> _set_fwd_grad_enabled:
        """Another context of the mode in force."""
        return type(self)(modes.carries)


def _carry(mode: bool) -> None:
    modes.carries = mode
    follow(levels[-1] if mode and levels else None)
