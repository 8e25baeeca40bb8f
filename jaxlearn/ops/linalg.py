"""Products of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._dtypes import as_dtype
from .linalg_rules import c_name, flat_batch, flat_matrix, product, same_dtype
from .op import op
from .pointwise_rules import check_broadcast, check_tensors, is_complex, is_half, scalar_name
from .promotion import cast, promote

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "dot",
    "ger",
    "inner",
    "matmul",
    "mm",
    "mv",
    "outer",
    "vdot",
]


def _check_dot(input: Any, other: Any) -> None:
    if input.ndim != 1 or other.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {other.ndim}D tensors")
    if input.dtype != other.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {scalar_name(input)} and {scalar_name(other)}"
        )
    if input.shape != other.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{input.shape[0]}] and src [{other.shape[0]}] to have the same "
            f"number of elements, but got {input.shape[0]} and {other.shape[0]} elements respectively"
        )


@op(saves=("input", "tensor"))
def dot(input: Any, tensor: Any) -> Any:
    """Inner product of two vectors, :math:`\\sum_i x_i y_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.dot.html

    Args:
        input: shape (n,).
        tensor: shape (n,), of the same dtype.

    Raises:
        RuntimeError: other shapes or dtypes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.dot(torch.tensor([2.0, 3.0]), torch.tensor([4.0, 5.0]))
        tensor(23.)
    """
    check_tensors("dot", tensor=tensor)
    _check_dot(input, tensor)
    return product(input, tensor)


@op(saves=("input", "other"))
def vdot(input: Any, other: Any) -> Any:
    """Inner product of two vectors, the first one conjugated, :math:`\\sum_i \\bar x_i y_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.vdot.html

    Args:
        input: shape (n,).
        other: shape (n,), of the same dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.vdot(torch.tensor([2.0, 3.0]), torch.tensor([4.0, 5.0]))
        tensor(23.)
    """
    check_tensors("vdot", other=other)
    _check_dot(input, other)
    return product(jnp.conj(input), other)


def _check_mv(name: str, matrix: Any, vector: Any) -> None:
    if matrix.shape[1] != vector.shape[0]:
        rows, columns = matrix.shape
        raise RuntimeError(
            f"size mismatch, got input ({rows}), mat ({rows}x{columns}), vec ({vector.shape[0]})"
        )
    if matrix.dtype != vector.dtype:
        a, b = scalar_name(matrix), scalar_name(vector)
        raise RuntimeError(f"{name} input tensors must have the same dtype, but got {b}, {a}, and {b}")


@op(saves=("input", "vec"))
def mv(input: Any, vec: Any) -> Any:
    """Matrix times vector.

    https://docs.pytorch.org/docs/stable/generated/torch.mv.html

    Args:
        input: shape (n, m).
        vec: shape (m,), of the same dtype.

    Raises:
        RuntimeError: other shapes or dtypes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.mv(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    check_tensors("mv", vec=vec)
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}")
    _check_mv("addmv", input, vec)
    return product(input, vec)


def _check_mm(a: Any, b: Any) -> None:
    if a.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[-2]}x{a.shape[-1]} and {b.shape[-2]}x{b.shape[-1]})"
        )
    same_dtype(a, b)


def _in_dtype(out_dtype: Any, name: str, *factors: Any) -> tuple[Any, ...]:
    """The factors of a product whose result is to have a dtype."""
    if out_dtype is None:
        return factors
    wanted = as_dtype(out_dtype, name)._np
    if wanted != factors[0].dtype and not (is_half(factors[0].dtype) and wanted == jnp.float32):
        raise RuntimeError("out_dtype must be the same as input dtype or fp32 for fp16/bf16 inputs")
    return tuple([cast(x, wanted) for x in factors])


def _widened_to(input: Any, out_dtype: Any) -> Any:
    return input if out_dtype is None else cast(input, as_dtype(out_dtype, "addmm")._np)


@op(saves=("input", "mat2"))
def mm(input: Any, mat2: Any, out_dtype: Any = None) -> Any:
    """Matrix times matrix, :math:`\\sum_k A_{ik} B_{kj}`.

    https://docs.pytorch.org/docs/stable/generated/torch.mm.html

    Args:
        input: shape (n, k).
        mat2: shape (k, m), of the same dtype.
        out_dtype: of the result: that of the operands, or float32 for those of 16 bits, which are then added up in it
            without being rounded (torch does so on CUDA only).

    Raises:
        RuntimeError: other shapes or dtypes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.mm(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0], [1.0]]))
        tensor([[3.],
                [7.]])
    """
    check_tensors("mm", mat2=mat2)
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_mm(input, mat2)
    return product(*_in_dtype(out_dtype, "mm", input, mat2))


def _check_bmm(a: Any, b: Any) -> None:
    for i, x in enumerate((a, b), 1):
        if x.ndim != 3:
            raise RuntimeError(f"batch{i} must be a 3D tensor")
    if b.shape[:2] != (a.shape[0], a.shape[2]):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a.shape[0]}, {a.shape[2]}] but got: "
            f"[{b.shape[0]}, {b.shape[1]}]."
        )
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(a)} but found {scalar_name(b)}")


@op(saves=("input", "mat2"))
def bmm(input: Any, mat2: Any, out_dtype: Any = None) -> Any:
    """Matrix products, one for each item of a batch.

    https://docs.pytorch.org/docs/stable/generated/torch.bmm.html

    Args:
        input: shape (b, n, k).
        mat2: shape (b, k, m), of the same dtype.
        out_dtype: of the result; see :func:`mm`.

    Raises:
        RuntimeError: other shapes or dtypes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).flatten()
        tensor([3., 3.])
    """
    check_tensors("bmm", mat2=mat2)
    _check_bmm(input, mat2)
    return product(*_in_dtype(out_dtype, "bmm", input, mat2))


def _matmul_grad_name(input: Any, other: Any) -> str:
    dims = (len(input.shape), len(other.shape))
    names = {(1, 1): "Dot", (2, 1): "Mv", (1, 2): "Squeeze", (2, 2): "Mm", (2, 3): "Clone"}
    return names.get(dims, "UnsafeView") + ("Backward4" if dims == (1, 2) else "Backward0")


def _matmul_arrival(types: Sequence[Any]) -> Sequence[int]:
    """In torch batches pass through views, of which the second operand's is made last."""
    return (1, 0) if max(len(t.shape) for t in types) > 2 else (0, 1)


def _matmul_saves(input: Any, other: Any) -> list[str]:
    """The operands whose memory torch multiplies: it makes one batch or one matrix of several dimensions."""
    a, b = len(input.shape), len(other.shape)
    if a > 2 and b > 2:
        batch = np.broadcast_shapes(input.shape[:-2], other.shape[:-2])
        seen = [flat_batch(input, batch), flat_batch(other, batch)]
    else:
        seen = [a <= 2 or flat_matrix(input), b <= 2 or flat_matrix(other, True)]
    return [name for name, one in zip(("input", "other"), seen, strict=True) if one]


@op(saves=_matmul_saves, grad_name=_matmul_grad_name, arrival=_matmul_arrival)
def matmul(input: Any, other: Any) -> Any:
    """Matrix product in the last two dimensions, those before them broadcast; vectors count as a row or a column.

    https://docs.pytorch.org/docs/stable/generated/torch.matmul.html

    Args:
        input: shape (..., n, k), or (k,).
        other: shape (..., k, m), or (k,); of the same dtype.

    Raises:
        RuntimeError: the shapes do not fit or the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.matmul(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    check_tensors("matmul", other=other)
    a, b = input, other
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
        )
    if a.ndim == b.ndim == 1:
        _check_dot(a, b)
    elif a.ndim == 2 and b.ndim == 1:
        _check_mv("addmv", a, b)
    elif a.ndim >= 3 and b.ndim >= 3:
        check_broadcast(a.shape[:-2], b.shape[:-2])
        if a.shape[-1] != b.shape[-2]:
            lead = check_broadcast(a.shape[:-2], b.shape[:-2])
            count = 1
            for n in lead:
                count *= n
            raise RuntimeError(
                f"Expected size for first two dimensions of batch2 tensor to be: [{count}, {a.shape[-1]}] but got: "
                f"[{count}, {b.shape[-2]}]."
            )
        if a.dtype != b.dtype:
            raise RuntimeError(f"expected scalar type {scalar_name(a)} but found {scalar_name(b)}")
    else:
        _check_folded(a, b)
    if a.ndim > 2 and b.ndim == 2:
        # One product of two matrices, which XLA:CPU runs much faster than a batched one with a shared factor.
        rows = math.prod(a.shape[:-1])
        return product(a.reshape(rows, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[-1])
    return product(a, b)


def _check_folded(a: Any, b: Any) -> None:
    """At most two dimensions on one side: torch makes one product of two matrices of it."""
    rows = 1
    for n in a.shape[:-1]:
        rows *= n
    inner, columns = (b.shape[0], 1) if b.ndim == 1 else (b.shape[-2], b.shape[-1])
    if a.shape[-1] != inner:
        if b.ndim == 1:
            raise RuntimeError(
                f"size mismatch, got input ({rows}), mat ({rows}x{a.shape[-1]}), vec ({inner})"
            )
        if b.ndim > 2:
            raise RuntimeError(
                f"Expected size for first two dimensions of batch2 tensor to be: [{b.shape[0]}, {a.shape[-1]}] but "
                f"got: [{b.shape[0]}, {inner}]."
            )
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{a.shape[-1]} and {inner}x{columns})"
        )
    same_dtype(a, b)


@op(saves=("input", "vec2"), grad_name="MulBackward0")
def outer(input: Any, vec2: Any) -> Any:
    """Outer product of two vectors, :math:`x_i y_j`.

    https://docs.pytorch.org/docs/stable/generated/torch.outer.html

    Args:
        input: shape (n,).
        vec2: shape (m,).

    Raises:
        RuntimeError: other shapes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.outer(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]])
    """
    check_tensors("outer", vec2=vec2)
    for name, x in (("self", input), ("vec2", vec2)):
        if x.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
    a, b = promote(input, vec2)
    return a[:, None] * b


@op(saves=("input", "other"), grad_name="ViewBackward0")
def inner(input: Any, other: Any) -> Any:
    """Products summed over the last dimension of both tensors.

    https://docs.pytorch.org/docs/stable/generated/torch.inner.html

    Args:
        input: shape (..., k).
        other: shape (..., k), of the same dtype.

    Raises:
        RuntimeError: the last dimensions differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.inner(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
        tensor(11.)
    """
    check_tensors("inner", other=other)
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    if input.dtype != other.dtype:
        raise RuntimeError("both inputs should have same dtype")
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    k = input.shape[-1]
    left = input.reshape(math.prod(input.shape[:-1]), k)
    flat = product(left, other.reshape(math.prod(other.shape[:-1]), k).T)
    return flat.reshape(*input.shape[:-1], *other.shape[:-1])


def _combined(input: Any, factors: tuple[Any, Any], multiply: Any, beta: Any, alpha: Any) -> Any:
    """``beta * input + alpha * multiply(*factors)``, where a ``beta`` of 0 drops even NaN.

    Half types are rounded once, at the end.
    """
    if input.dtype != factors[0].dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {scalar_name(input)} and {scalar_name(factors[0])}"
        )
    if not is_complex(input) and (isinstance(beta, complex) or isinstance(alpha, complex)):
        raise RuntimeError("value cannot be converted to type float without overflow")
    if is_half(input.dtype):
        wide = _combined(
            cast(input, jnp.float32), tuple(cast(f, jnp.float32) for f in factors), multiply, beta, alpha
        )
        return cast(wide, input.dtype)
    term = multiply(*factors)
    try:
        fits = check_broadcast(input.shape, term.shape) == tuple(term.shape)
    except RuntimeError:
        fits = False
    if not fits:
        aligned = (1,) * (term.ndim - input.ndim) + tuple(input.shape)
        wrong = max((i for i in range(term.ndim) if aligned[i] not in (1, term.shape[i])), default=0)
        raise RuntimeError(
            f"The expanded size of the tensor ({term.shape[wrong]}) must match the existing size ({aligned[wrong]}) at "
            f"non-singleton dimension {wrong}.  Target sizes: {list(term.shape)}.  Tensor sizes: {list(input.shape)}"
        )

    def combine(x: Any, y: Any) -> Any:
        if beta is not None:
            b = cast(beta, x.dtype)
            x = jnp.where(b == 0, jnp.zeros_like(x), b * x)
        return x + (y if alpha is None else cast(alpha, y.dtype) * y)

    return combine(input, term)


def _like_second(input: Any, mat1: Any, mat2: Any) -> None:
    """Refuse a sum with a product of other dtypes."""
    for name, x in (("self", input), ("mat1", mat1)):
        if x.dtype != mat2.dtype:
            raise RuntimeError(
                f"{name} and mat2 must have the same dtype, but got {scalar_name(x)} and {scalar_name(mat2)}"
            )


def _older(factors: str) -> list[str]:
    """The orders of old of a sum with a product: the function's with the numbers where they multiply, the method's."""
    return [
        f"beta input {factors}",
        f"beta input alpha {factors}",
        f"input beta {factors}",
        f"input beta alpha {factors}",
    ]


@op(numbers=("beta", "alpha"), saves=("mat1", "mat2"), older=_older("mat1 mat2"))
def addmm(
    input: Any, mat1: Any, mat2: Any, *, beta: Any = None, alpha: Any = None, out_dtype: Any = None
) -> Any:
    """Sum with a matrix product, :math:`\\beta\\, input + \\alpha\\, A B`.

    https://docs.pytorch.org/docs/stable/generated/torch.addmm.html

    Args:
        input: broadcasts to shape (n, m).
        mat1: shape (n, k).
        mat2: shape (k, m).
        beta: a number; 0 drops ``input``, NaN included. Default: 1.
        alpha: a number. Default: 1.
        out_dtype: of the result; see :func:`mm`.

    Raises:
        RuntimeError: other shapes or dtypes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.addmm(torch.ones(2), torch.ones(2, 3), torch.ones(3, 2), alpha=2)
        tensor([[7., 7.],
                [7., 7.]])
    """
    for name, x in (("mat1", mat1), ("mat2", mat2)):
        if x.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {x.ndim}-D tensor")
    if out_dtype is None:
        _like_second(input, mat1, mat2)
    _check_mm(mat1, mat2)
    mat1, mat2 = _in_dtype(out_dtype, "addmm", mat1, mat2)
    return _combined(_widened_to(input, out_dtype), (mat1, mat2), product, beta, alpha)


@op(numbers=("beta", "alpha"), saves=("mat", "vec"), older=_older("mat vec"))
def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = None, alpha: Any = None) -> Any:
    """Sum with a product of matrix and vector, :math:`\\beta\\, input + \\alpha\\, A x`.

    https://docs.pytorch.org/docs/stable/generated/torch.addmv.html

    Args:
        input: broadcasts to shape (n,).
        mat: shape (n, m).
        vec: shape (m,).
        beta: a number; 0 drops ``input``, NaN included. Default: 1.
        alpha: a number. Default: 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.addmv(torch.ones(2), torch.ones(2, 3), torch.ones(3))
        tensor([4., 4.])
    """
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}")
    _check_mv("addmv", mat, vec)
    return _combined(input, (mat, vec), product, beta, alpha)


@op(numbers=("beta", "alpha"), saves=("batch1", "batch2"), older=_older("batch1 batch2"))
def baddbmm(
    input: Any, batch1: Any, batch2: Any, *, beta: Any = None, alpha: Any = None, out_dtype: Any = None
) -> Any:
    """Sum with batched matrix products, :math:`\\beta\\, input_i + \\alpha\\, A_i B_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.baddbmm.html

    Args:
        input: broadcasts to shape (b, n, m).
        batch1: shape (b, n, k).
        batch2: shape (b, k, m).
        beta: a number; 0 drops ``input``, NaN included. Default: 1.
        alpha: a number. Default: 1.
        out_dtype: of the result; see :func:`mm`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.baddbmm(torch.ones(1), torch.ones(1, 2, 3), torch.ones(1, 3, 2))
        tensor([[[4., 4.],
                 [4., 4.]]])
    """
    if out_dtype is None and input.dtype != batch1.dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {c_name(input)}, batch1: {c_name(batch1)}, batch2: "
            f"{c_name(batch2)}"
        )
    _check_bmm(batch1, batch2)
    batch1, batch2 = _in_dtype(out_dtype, "baddbmm", batch1, batch2)
    return _combined(_widened_to(input, out_dtype), (batch1, batch2), product, beta, alpha)


@op(numbers=("beta", "alpha"), saves=("batch1", "batch2"), older=_older("batch1 batch2"))
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = None, alpha: Any = None) -> Any:
    """Sum with the sum of a batch of matrix products, :math:`\\beta\\, input + \\alpha \\sum_i A_i B_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.addbmm.html

    Args:
        input: broadcasts to shape (n, m).
        batch1: shape (b, n, k).
        batch2: shape (b, k, m).
        beta: a number; 0 drops ``input``, NaN included. Default: 1.
        alpha: a number. Default: 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.addbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1))
        tensor([[7.]])
    """
    _like_second(input, batch1, batch2)
    _check_bmm(batch1, batch2)
    return _combined(input, (batch1, batch2), lambda a, b: jnp.sum(product(a, b), 0), beta, alpha)


@op(numbers=("beta", "alpha"), saves=("vec1", "vec2"), older=_older("vec1 vec2"))
def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = None, alpha: Any = None) -> Any:
    """Sum with an outer product, :math:`\\beta\\, input + \\alpha\\, x y^T`.

    https://docs.pytorch.org/docs/stable/generated/torch.addr.html

    Args:
        input: broadcasts to shape (n, m).
        vec1: shape (n,).
        vec2: shape (m,).
        beta: a number; 0 drops ``input``, NaN included. Default: 1.
        alpha: a number. Default: 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.addr(torch.zeros(2, 2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]])
    """
    if vec1.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError("addr: Expected 1-D argument vec1 and vec2")
    a, b, c = promote(input, vec1, vec2)
    return _combined(a, (b[:, None], c), jnp.multiply, beta, alpha)


ger = outer
