"""Matrix products of groups whose sizes are values, as layers of experts need them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from .linalg_rules import product
from .op import op
from .pointwise_rules import scalar_name

__all__ = ["grouped_mm"]


@op(grad_name="GroupedMmBackward0")
def grouped_mm(mat_a: Any, mat_b: Any, *, offs: Any = None, bias: Any = None, out_dtype: Any = None) -> Any:
    """Matrix products of groups of rows or columns, each with a matrix of its own, as layers of experts need them.

    With ``offs`` telling where each group ends: rows of a 2-D ``mat_a`` with the matrices of a 3-D ``mat_b``; the
    matrices of a 3-D ``mat_a`` with columns of a 2-D ``mat_b``; or columns of a 2-D ``mat_a`` with the same rows of a
    2-D ``mat_b``, which gives one product for each group. Without, the products of two batches. Rows and columns that
    belong to no group give zeros. Strides that are no multiple of 16 bytes are taken too.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.grouped_mm.html

    Args:
        mat_a: (n, k) or (groups, n, k); float32, bfloat16 or float16.
        mat_b: (k, m) or (groups, k, m).
        offs: the end of each group, int32 (groups,), in rising order; None if both have three dimensions.
        bias: None.
        out_dtype: None, or that of ``mat_a``.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or there is a bias.

    Example::

        >>> import jaxlearn as torch
        >>> experts = torch.ones(2, 3, 4)
        >>> ends = torch.tensor([2, 5], dtype=torch.int32)
        >>> torch.nn.functional.grouped_mm(torch.ones(5, 3), experts, offs=ends).shape
        torch.Size([5, 4])
    """
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    for name, mat in (("mat_a", mat_a), ("mat_b", mat_b)):
        if mat.ndim not in (2, 3):
            raise RuntimeError(f"{name} has to be 2 or 3d")
        if mat.dtype not in (jnp.float32, jnp.bfloat16, jnp.float16):
            raise RuntimeError(
                f"Expected {name} to be Float32, BFloat16 or Float16 matrix, got {scalar_name(mat)}"
            )
    both = mat_a.ndim == mat_b.ndim == 3
    if both != (offs is None):
        raise RuntimeError(
            "Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d"
        )
    if (mat_a.ndim, mat_b.ndim) != (2, 2) and mat_a.shape[-1] != mat_b.shape[-2]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    if offs is None:
        if mat_a.shape[0] != mat_b.shape[0]:
            raise RuntimeError("batched dimension has to match")
        return product(mat_a, mat_b)
    if offs.ndim != 1:
        raise RuntimeError("offs has to be 1D")
    if offs.dtype != jnp.int32:
        raise RuntimeError("Offsets have to be int32")
    for mat in (mat_a, mat_b):
        if mat.ndim == 3 and mat.shape[0] != offs.shape[0]:
            raise RuntimeError("matrix batch sizes have to match")
    if out_dtype is not None and out_dtype != mat_a.dtype:
        raise RuntimeError("Grouped gemm output dtype must match `mat_a` dtype")
    sizes = jnp.diff(offs, prepend=0)
    if mat_a.ndim == 2 and mat_b.ndim == 3:
        return lax.ragged_dot(mat_a, mat_b, sizes)
    if mat_a.ndim == 3:
        turned = lax.ragged_dot(mat_b.T, jnp.swapaxes(mat_a, 1, 2), sizes)
        return turned.T
    if mat_a.shape[1] != mat_b.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({mat_a.shape[0]}x{mat_a.shape[1]} and "
            f"{mat_b.shape[0]}x{mat_b.shape[1]})"
        )
    place = jnp.arange(mat_b.shape[0])
    inside = (place >= (offs - sizes)[:, None]) & (place < offs[:, None])
    return product(jnp.where(inside[:, None], mat_a, 0), mat_b)
