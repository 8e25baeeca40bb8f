"""Forward mode with dual tensors: https://docs.pytorch.org/docs/stable/autograd.html#forward-mode-automatic-differentiation

A dual tensor is an alias of its primal whose operations are recorded as for backward; :func:`unpack_dual` carries the
tangents forward through what was recorded. So results of dual tensors require grad, which in PyTorch they do not, and
under ``no_grad``, where nothing is recorded, they have no tangent.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._autograd.gradient import Gradient, of_tensor, tensor_of
from .._autograd.levels import InputNode, nodes_since, push_forward
from .._autograd.node import edge_if_any, next_sequence

__all__ = [
    "UnpackedDualTensor",
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


class _Dual:
    """The level: what was made dual since it was entered."""

    begins = False  # a dual tensor is written to like any other

    def __init__(self) -> None:
        self.start = next_sequence()
        self.open = True
        self.nodes: list[InputNode] = []
        self.tangents: list[Gradient] = []

    def reaches(self, tensor: Any) -> bool:
        """Whether a tensor depends on a dual one."""
        made = set(map(id, self.nodes))
        node = tensor._grad_fn
        return node is not None and any(id(n) in made for n in nodes_since([node], self.start))

    def plain(self, tensor: Any) -> Any:
        """The tensor without this level: it keeps a history that leads to something outside."""
        alias = tensor.detach()
        node = tensor._grad_fn
        if node is None or not tensor._requires_grad:
            return tensor if node is None else alias
        for inner in nodes_since([node], self.start):
            for edge in inner.edges:
                if edge is not None and (type(edge) is not tuple or edge[0].sequence < self.start):
                    alias._grad_fn, alias._output_nr, alias._requires_grad = node, tensor._output_nr, True
                    return alias
        return alias


_levels: list[_Dual] = []


def enter_dual_level() -> int:
    """Begin forward mode; :class:`dual_level` does it as a context.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.enter_dual_level.html

    Returns:
        The level's number, 0.

    Raises:
        RuntimeError: it has begun already.
    """
    if _levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _levels.append(_Dual())
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End forward mode: all tangents are gone.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.forward_ad.exit_dual_level.html

    Args:
        level: the number that :func:`enter_dual_level` returned.

    Raises:
        RuntimeError: it has not begun, or this is not its number.
    """
    if not _levels:
        raise RuntimeError("Dual level must be a positive number.")
    if level not in (None, 0):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    _levels.pop().open = False


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
    if not _levels or (level is not None and level < 0):
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
    dual = _levels[-1]
    if dual.reaches(tangent):
        raise RuntimeError(
            "Setting a forward grad that itself has a forward gradient at the same level0 is not supported."
        )
    if dual.reaches(tensor):
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
            "supported."
        )
    node = InputNode(tensor._current(), edge_if_any(tensor))
    node.level = dual
    dual.nodes.append(node)
    dual.tangents.append(of_tensor(tangent))
    alias = tensor.detach()
    alias._grad_fn, alias._requires_grad = node, True
    return alias


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
    if not _levels:
        return UnpackedDualTensor(_outside(tensor), None)
    dual = _levels[-1]
    tangent = None
    if level is not None and level < 0:
        return UnpackedDualTensor(dual.plain(tensor), None)
    if level and dual.reaches(tensor):
        raise RuntimeError("Invalid level given to _fw_primal")
    if tensor.requires_grad and tensor._grad_fn is not None:
        (tangent,) = push_forward([tensor], dual.nodes, dual.tangents, dual.start)
    found = None if tangent is None else dual.plain(tensor_of(tangent))
    return UnpackedDualTensor(dual.plain(tensor), found)


def _outside(tensor: Any) -> Any:
    """A tensor after its level has ended."""
    node = tensor._grad_fn
    if node is None:
        return tensor
    for inner in nodes_since([node], 0):
        if any(e is not None and type(e) is not tuple for e in inner.edges):
            return tensor
    return tensor.detach()
