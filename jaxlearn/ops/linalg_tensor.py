"""Sums of products over chosen dimensions: einsum and its relatives."""

from __future__ import annotations

import itertools
import math
import string
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import opt_einsum  # type: ignore[import-untyped]

from .._warnings import warn_once
from .linalg_rules import product
from .op import op
from .pointwise import mul
from .pointwise_rules import check_broadcast, check_tensors, is_half, operands, scalar_name
from .promotion import cast, promote
from .reduction_rules import wrap_dim

__all__ = ["cross", "einsum", "kron", "linalg_cross", "tensordot", "trace", "vecdot"]


def einsum(equation: Any, *operands: Any) -> Any:
    """Sum of products given by a formula in subscripts.

    https://docs.pytorch.org/docs/stable/generated/torch.einsum.html

    Args:
        equation: ``"ij,jk->ik"``: the dimensions' names of each operand, then those of the result; ``...`` stands for
            the remaining ones. Without ``->`` the names that occur once are the result's, in the order of the alphabet.
        operands: a tensor for each part of the formula, all of one dtype.

    Raises:
        RuntimeError: the formula does not fit the operands.

    Example::

        >>> import jaxlearn as torch
        >>> torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(3, 2))
        tensor([[3., 3.],
                [3., 3.]])
    """
    if not operands:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    if not isinstance(equation, str):
        if isinstance(equation, (int, float)):
            raise TypeError(
                f"einsum(): argument 'equation' (position 1) must be str, not {type(equation).__name__}"
            )
        # The other way of writing: operand, list of numbers, operand, list of numbers, ..., numbers of the result.
        equation, operands = _from_numbers((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        return einsum(equation, *operands[0])
    for i, operand in enumerate(operands):
        if isinstance(operand, (str, int, float, complex, list, tuple, dict)) or operand is None:
            raise TypeError(f"expected Tensor as element {i} in argument 1, but got {type(operand).__name__}")
    return _einsum(equation, list(operands))


# Subscripts by number: here the capitals come first.
_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _from_numbers(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    def letter(number: Any) -> str:
        if number is Ellipsis:
            return "..."
        if 0 <= number < len(_LETTERS):
            return _LETTERS[number]
        raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")

    def letters(numbers: Sequence[Any]) -> str:
        return "".join(letter(n) for n in numbers)

    count = len(args) // 2
    equation = ",".join(letters(args[2 * i + 1]) for i in range(count))
    if len(args) % 2:
        equation += "->" + letters(args[-1])
    return equation, tuple(args[2 * i] for i in range(count))


def _einsum_grad_name(equation: str, tensors: Any) -> str:
    return "ViewBackward0" if len(tensors) > 1 else "SumBackward1"


@op(name="einsum", grad_name=_einsum_grad_name)
def _einsum(equation: str, tensors: Any) -> Any:
    if len(tensors) > 2:
        # torch looks for the best order with the same library, whose complaints come first.
        opt_einsum.contract_path(equation.replace(" ", ""), *(x.shape for x in tensors), shapes=True)
    parts = _parts(equation, len(tensors))
    arrow = "->" in equation
    sizes: dict[str, int] = {}
    for i, (part, x) in enumerate(zip(parts, tensors, strict=True)):
        names = part.replace("...", "")
        if len(names) > x.ndim or (len(names) != x.ndim and "..." not in part):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(names)}) "
                + ("is more than" if "..." in part else "does not match")
                + f" the number of dimensions ({x.ndim}) for operand {i}"
                + ("" if "..." in part else " and no ellipsis was given")
            )
    _check_result(equation, "".join(parts))
    equation = equation.replace(" ", "")
    terms, _, result = equation.partition("->")
    covered: list[int] = []
    for i, (part, x) in enumerate(zip(parts, tensors, strict=True)):
        before, _, after = part.partition("...")
        shape = [*x.shape[: len(before)], *x.shape[x.ndim - len(after) :]] if "..." in part else x.shape
        middle = list(x.shape[len(before) : x.ndim - len(after)]) if "..." in part else []
        own: dict[str, int] = {}
        for name, size in zip(before + after, shape, strict=True):
            if own.setdefault(name, size) != size:
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for operand {i} but the sizes don't match, {size} != "
                    f"{own[name]}"
                )
            known = sizes.get(name, 1)
            if size not in (1, known) and known != 1:
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {size} for operand {i} which does not broadcast with "
                    f"previously seen size {known}"
                )
            sizes[name] = known if size == 1 else size
        for d in range(1, min(len(covered), len(middle)) + 1):
            if covered[-d] != middle[-d] and 1 not in (covered[-d], middle[-d]):
                raise RuntimeError(
                    f"einsum(): dimension {max(len(covered), len(middle)) - d} covered by ellipsis in operand {i}has "
                    f"size {middle[-d]} which does not broadcast with previously seen ellipsis with size {covered[-d]} "
                    "for the respective dimension"
                )
        covered = list(np.broadcast_shapes(tuple(covered), tuple(middle)))
    dtype = tensors[0].dtype
    for x in tensors[1:]:
        if x.dtype != dtype:
            raise RuntimeError(f"expected scalar type {scalar_name(tensors[0])} but found {scalar_name(x)}")
    if dtype == np.bool_ and any(c not in result and terms.count(c) > 1 for c in sizes) and len(tensors) > 1:
        raise NotImplementedError("\"bmm\" not implemented for 'Bool'")
    # JAX takes a dimension of size 1 beside a longer one of the same name for a mistake, torch for a broadcast.
    tensors = [_without_ones(part, x, sizes) for part, x in zip(parts, tensors, strict=True)]
    if not arrow and "..." in terms:
        once = sorted(c for c in set(terms) if c.isalpha() and terms.count(c) == 1)
        equation = f"{terms}->...{''.join(once)}"
    if is_half(dtype):
        return cast(jnp.einsum(equation, *tensors, preferred_element_type=jnp.float32), dtype)
    return jnp.einsum(equation, *tensors)


def _parts(equation: str, count: int) -> list[str]:
    """The operands' subscripts, if they are subscripts."""
    parts = [""]
    at, end = 0, equation.find("->") if "->" in equation else len(equation)
    while at < end:
        mark = equation[at]
        if mark == ".":
            if "..." in parts[-1]:
                raise RuntimeError(
                    f"einsum(): found '.' for operand {len(parts) - 1} for which an ellipsis was already found"
                )
            if equation[at : min(at + 3, end)] != "...":
                raise RuntimeError(
                    f"einsum(): found '.' for operand {len(parts) - 1} that is not part of any ellipsis"
                )
            parts[-1] += "..."
            at += 2
        elif mark == ",":
            parts.append("")
            if len(parts) > count:
                raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
        elif mark != " ":
            parts[-1] += _subscript(equation, at)
        at += 1
    if len(parts) < count:
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    return parts


def _subscript(equation: str, at: int) -> str:
    if equation[at] in _LETTERS:
        return equation[at]
    raise RuntimeError(
        f"einsum(): invalid subscript given at index {at} in the equation string, subscripts must be in [a-zA-Z]"
    )


def _check_result(equation: str, known: str) -> None:
    """Refuse a result whose subscripts are not each some operand's, once."""
    at = equation.find("->") + 2 if "->" in equation else len(equation)
    seen = ""
    while at < len(equation):
        if equation[at] == ".":
            if "." in seen:
                raise RuntimeError("einsum(): found '.' for output but an ellipsis (...) was already found")
            if equation[at : at + 3] != "...":
                raise RuntimeError("einsum(): found '.' for output that is not part of any ellipsis (...)")
            at += 2
        elif equation[at] != " ":
            name = _subscript(equation, at)
            if name in seen:
                raise RuntimeError(f"einsum(): output subscript {name} appears more than once in the output")
            if name not in known:
                raise RuntimeError(
                    f"einsum(): output subscript {name} does not appear in the equation for any input operand"
                )
        seen += equation[at]
        at += 1


def _without_ones(part: str, x: Any, sizes: dict[str, int]) -> Any:
    before, ellipsis, after = part.partition("...")
    if not ellipsis:
        before, after = part, ""
    middle = x.shape[len(before) : x.ndim - len(after)]
    shape = (*(sizes[c] for c in before), *middle, *(sizes[c] for c in after))
    return x if shape == x.shape else jnp.broadcast_to(x, shape)


def tensordot(a: Any, b: Any, dims: Any = 2, *, out: Any = None) -> Any:
    """Products summed over pairs of dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.tensordot.html

    Args:
        a: a tensor.
        b: another of the same dtype.
        dims: how many of the last dimensions of ``a`` meet the first ones of ``b``, or a pair of lists of dimensions,
            or a tensor of these numbers.

    Raises:
        IndexError: a dimension is out of range.
        RuntimeError: the sizes of a pair differ, or a dimension comes twice.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensordot(torch.ones(2, 3), torch.ones(3, 4), dims=1)
        tensor([[3., 3., 3., 3.],
                [3., 3., 3., 3.]])
    """
    if hasattr(dims, "tolist"):
        dims = dims.tolist()
    return _tensordot(a, b, dims) if out is None else _tensordot(a, b, dims, out=out)


def _seen_by_tensordot(a: Any, b: Any, dims: Any) -> list[str]:
    """The operands whose memory torch multiplies: those that it need not copy to make matrices of them."""
    of_a, of_b = (range(-dims, 0), range(dims)) if isinstance(dims, int) else dims
    # Where a pair has a 1, torch sums the other first.
    summed_a = any(b.shape[j] == 1 for j in of_b)
    summed_b = any(a.shape[i] == 1 and b.shape[j] != 1 for i, j in zip(of_a, of_b, strict=True))
    found = ["a"] if not summed_a and _is_matrix(a.shape, of_a) else []
    return [*found, "b"] if not summed_b and _is_matrix(b.shape, of_b) else found


def _is_matrix(shape: Sequence[int], over: Sequence[int]) -> bool:
    """Whether dense memory shows a matrix of these dimensions and the others."""
    whole = [d for d, n in enumerate(shape) if n != 1]
    order = [d % len(shape) for d in over]
    groups = [[d for d in whole if d not in order], [d for d in order if d in whole]]
    return all(whole.index(d) + 1 == whole.index(e) for g in groups for d, e in itertools.pairwise(g))


@op(name="tensordot", grad_name="ViewBackward0", saves=_seen_by_tensordot)
def _tensordot(a: Any, b: Any, dims: Any) -> Any:
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        of_a, of_b = list(range(-dims, 0)), list(range(dims))
    elif not isinstance(dims, (list, tuple)) or len(dims) != 2:
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists, "
            f"but got dims={dims}"
        )
    else:
        for i, (name, given) in enumerate(zip(("dims_self", "dims_other"), dims, strict=True)):
            if not isinstance(given, (list, tuple)):
                raise TypeError(
                    f"tensordot(): argument '{name}' (position {i + 3}) must be tuple of ints, not "
                    f"{type(given).__name__}"
                )
        of_a, of_b = list(dims[0]), list(dims[1])
    if len(of_a) != len(of_b):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype != b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    for d, ndim in [(d, a.ndim) for d in of_a] + [(d, b.ndim) for d in of_b]:
        wrap_dim(d, ndim)
    for i, j in zip(of_a, of_b, strict=True):
        # A dimension of size 1 is stretched to its partner: the partner can be summed right away.
        if a.shape[i] == 1:
            b = jnp.sum(b, axis=j, keepdims=True, dtype=b.dtype)
        elif b.shape[j] == 1:
            a = jnp.sum(a, axis=i, keepdims=True, dtype=a.dtype)
        if a.shape[i] != b.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} and second has size "
                f"{b.shape[j]} in dim {j}"
            )
    of_a, of_b = [wrap_dim(d, a.ndim) for d in of_a], [wrap_dim(d, b.ndim) for d in of_b]
    for dims in (of_a, of_b):
        repeated = next((d for d in dims if dims.count(d) > 1), None)
        if repeated is not None:
            raise RuntimeError(f"dim {repeated} appears multiple times in the list of dims")
    rest_a = [d for d in range(a.ndim) if d not in of_a]
    rest_b = [d for d in range(b.ndim) if d not in of_b]
    n = math.prod(a.shape[d] for d in of_a)
    rows, columns = [a.shape[d] for d in rest_a], [b.shape[d] for d in rest_b]
    left = a.transpose(*rest_a, *of_a).reshape(math.prod(rows), n)
    right = b.transpose(*of_b, *rest_b).reshape(n, math.prod(columns))
    return product(left, right).reshape(rows + columns)


@op(grad_name="UnsafeViewBackward0")
def kron(input: Any, other: Any) -> Any:
    """Kronecker product: each element of ``input`` times the whole of ``other``.

    https://docs.pytorch.org/docs/stable/generated/torch.kron.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.kron(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 10.0]))
        tensor([ 1., 10.,  2., 20.])
    """
    check_tensors("kron", other=other)
    a, b = promote(input, other)
    ndim = max(a.ndim, b.ndim)
    a, b = (x.reshape((1,) * (ndim - x.ndim) + x.shape) for x in (a, b))
    outer = mul(
        jnp.expand_dims(a, tuple(range(1, 2 * ndim, 2))), jnp.expand_dims(b, tuple(range(0, 2 * ndim, 2)))
    )
    return outer.reshape([m * n for m, n in zip(a.shape, b.shape, strict=True)])


@op(grad_name="LinalgCrossBackward0", saves=("input", "other"))
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """Vector product in three dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.cross.html

    Args:
        input: a tensor with a dimension of size 3.
        other: another that broadcasts with it.
        dim: that dimension; the first of size 3 by default.

    Raises:
        RuntimeError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cross(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    if dim is None:
        warn_once(
            "Using torch.cross without specifying the dim arg is deprecated.\n"
            "Please either pass the dim explicitly or simply use torch.linalg.cross.\n"
            "The default value of dim will change to agree with that of linalg.cross in a future release."
        )
        places = [i for i, n in enumerate(input.shape) if n == 3]
        if not places:
            raise RuntimeError("no dimension of size 3 in input")
        dim = places[0]
    if input.dtype != other.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(input)} but found {scalar_name(other)}")
    return linalg_cross.op.fn(input, other, dim=dim)


@op(name="linalg_cross", saves=("input", "other"))
def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """Vector product in three dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_cross.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        input: a tensor with a dimension of size 3.
        other: another that broadcasts with it.
        dim: that dimension.

    Raises:
        RuntimeError: the dimension has another size.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.cross(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    check_tensors("linalg_cross", other=other)
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    d = wrap_dim(dim, input.ndim)
    if input.shape[d] != 3 or other.shape[d] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[d]} and {other.shape[d]}"
        )
    check_broadcast(input.shape, other.shape)
    a, b = promote(input, other)
    return jnp.cross(a, b, axis=d)


@op
def trace(input: Any) -> Any:
    """Sum of the diagonal of a matrix, :math:`\\sum_i A_{ii}`.

    https://docs.pytorch.org/docs/stable/generated/torch.trace.html

    Args:
        input: shape (n, m).

    Raises:
        RuntimeError: other shapes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.trace(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor(5.)
    """
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    x = input if jnp.issubdtype(input.dtype, jnp.inexact) else cast(input, np.int64)
    return jnp.trace(x)


@op(name="linalg_vecdot", saves=("x", "y"), grad_name="SumBackward1")
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Inner products along a dimension, the first operand conjugated.

    https://docs.pytorch.org/docs/stable/generated/torch.vecdot.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        x: a tensor.
        y: another that broadcasts with it.
        dim: the dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.vecdot(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]))
        tensor([11.])
    """
    a, b = operands("linalg_vecdot", x, y)
    return jnp.sum(jnp.conj(a) * b, axis=wrap_dim(dim, max(a.ndim, b.ndim)))
