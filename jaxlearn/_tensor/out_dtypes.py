"""Which operations write only to an ``out=`` of the result's own dtype.

torch converts on the way into ``out=`` where its element-wise machinery computes the result, and has kernels that write
into ``out`` directly everywhere else.
"""

from __future__ import annotations

from typing import Any

__all__ = ["COMPUTED_IN_OUT", "check_out_dtype"]

# What is computed in the dtype of ``out=``, unless ``dtype=`` tells another.
COMPUTED_IN_OUT = frozenset({"cumprod", "cumsum", "nansum", "prod", "sum"})
_EXACT = COMPUTED_IN_OUT | frozenset(
    """
    abs addbmm addmm addmv alias_copy amax amin aminmax argmax argmin as_strided_copy avg_pool2d avg_pool3d baddbmm bmm
    bucketize clamp clamp_max clamp_min linalg_cholesky linalg_lu max.dim median.dim min.dim multinomial
    nanmedian.dim nonzero searchsorted
    ceil cholesky_ex complex conj_physical cross cummax cummin det diag diagonal_copy diff dot eigh
    eigvalsh expand_copy floor frac frexp gather gelu hardshrink heaviside histc histogram index_add
    index_copy index_reduce index_select inner inv inv_ex kthvalue ldl_factor ldl_factor_ex ldl_solve
    linear log_softmax logcumsumexp logsigmoid lu_factor lu_factor_ex lu_solve lu_unpack masked_select
    matmul matrix_norm mm mode msort multi_dot mv nan_to_num nanquantile narrow_copy neg norm ormqr
    permute_copy polar qr quantile renorm round scatter scatter_add scatter_reduce sgn sign slice_scatter
    slogdet softmax softplus softshrink solve solve_ex solve_triangular sort split_with_sizes_copy
    squeeze_copy svd svdvals t_copy take take_along_dim tensordot topk transpose_copy triangular_solve
    tril triu trunc unbind_copy unfold_copy unsqueeze_copy vdot vecdot vector_norm view_copy where
    """.split()
)

# What C++ calls the dtypes.
_C_NAMES = {
    "bfloat16": "c10::BFloat16",
    "complex128": "c10::complex<double>",
    "complex64": "c10::complex<float>",
    "float16": "c10::Half",
    "float32": "float",
    "float64": "double",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "int8": "signed char",
    "uint8": "unsigned char",
}


def check_out_dtype(out: Any, result: Any, function: str, arguments: Any = ()) -> None:
    """Refuse an ``out=`` of another dtype than the result's, where torch does.

    Raises:
        RuntimeError: the dtypes differ and the operation does not convert.
    """
    if out.dtype == result.dtype or not {function, function.removeprefix("linalg_")} & _EXACT:
        return
    if function == "abs" and arguments and arguments[0].is_complex():
        return  # the magnitudes have a dtype of their own, and are converted
    if function in ("amax", "amin"):
        raise RuntimeError(
            f"Expected the dtype for input and out to match, but got {result.dtype._scalar_name} for input's dtype and "
            f"{out.dtype._scalar_name} for out's dtype."
        )
    if function in ("complex", "polar"):
        raise RuntimeError(
            f"Expected object of scalar type {result.dtype._scalar_name} but got scalar type {out.dtype._scalar_name} "
            "for argument 'out'"
        )
    expected, given = (str(x.dtype).removeprefix("torch.") for x in (result, out))
    raise RuntimeError(
        f"Expected out tensor to have dtype {_C_NAMES.get(expected, expected)}, but got "
        f"{_C_NAMES.get(given, given)} instead"
    )
