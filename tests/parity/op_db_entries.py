"""PyTorch's operator database as this project reads it: which operators, which parts, and what stands outside."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the operator database is torch's")
pytest.importorskip("expecttest", reason="torch.testing imports it")

__all__ = [
    "CHANCE",
    "DRAWN",
    "LEFT_OUT",
    "NOT_YET",
    "PARTS",
    "PHASES",
    "ROUNDING",
    "STRUCTURE_ONLY",
    "TIES",
    "database",
    "key_of",
    "missing",
    "parts_of",
]

SPARSE = "sparse tensors are not part of this library"
JITERATOR = "compiles CUDA source text"
INTERNAL = "internal name: not in torch's documentation, no program calls it"
KERNEL = "internal name of a CUDA kernel: it runs on no CPU"
SCALED = "internal name: float8 matrix product of a CUDA kernel"

# What this library does not have, by the database's name.
LEFT_OUT: dict[str, str] = {
    "sparse.mm": SPARSE,
    "sparse.sampled_addmm": SPARSE,
    "to_sparse": SPARSE,
    "jiterator_2inputs_2outputs": JITERATOR,
    "jiterator_4inputs_with_extra_args": JITERATOR,
    "jiterator_binary": JITERATOR,
    "jiterator_binary_return_by_ref": JITERATOR,
    "jiterator_unary": JITERATOR,
    "_batch_norm_with_update": INTERNAL,
    "_chunk_cat": INTERNAL,
    "_native_batch_norm_legit": INTERNAL,
    "_segment_reduce": INTERNAL,
    "_softmax_backward_data": INTERNAL,
    "_unsafe_masked_index": INTERNAL,
    "_unsafe_masked_index_put_accumulate": INTERNAL,
    "_upsample_bilinear2d_aa": INTERNAL,
    "constant_pad_nd": INTERNAL,
    "grid_sampler_2d": INTERNAL,
    "grid_sampler_3d": INTERNAL,
    "max_pool2d_with_indices_backward": INTERNAL,
    "native_batch_norm": INTERNAL,
    "native_dropout_backward": INTERNAL,
    "native_group_norm": INTERNAL,
    "native_layer_norm": INTERNAL,
    "slice": "aten's name of Python's own slices, which __getitem__ runs",
    "torch.ops.aten._safe_softmax.default": INTERNAL,
    "torch.ops.aten._efficient_attention_forward": KERNEL,
    "torch.ops.aten._flash_attention_forward": KERNEL,
    "torch._scaled_mm": SCALED,
    "torch._scaled_mm_v2": SCALED,
    "chalf": "complex32: neither JAX nor NumPy has it",
}

UNSET = "torch leaves the values unset"
MASK = "the mask is drawn inside the step by JAX (README, What differs from PyTorch): structure, shape and dtype only"

# Where the values mean nothing: structure, shape and dtype are compared.
STRUCTURE_ONLY: dict[str, str] = {
    "empty": UNSET,
    "empty_like": UNSET,
    "empty_permuted": UNSET,
    "empty_strided": UNSET,
    "new_empty": UNSET,
    "new_empty_strided": UNSET,
    "nn.functional.alpha_dropout": MASK,
    "nn.functional.dropout": MASK,
    "nn.functional.dropout2d": MASK,
    "nn.functional.dropout3d": MASK,
    "nn.functional.feature_alpha_dropout with_train": MASK,
    "nn.functional.multi_head_attention_forward": MASK,
    "nn.functional.rrelu": MASK,
}

# Values are compared unless this option of a sample is set: the mask is then drawn inside the step.
DRAWN: dict[str, str] = {"nn.functional.scaled_dot_product_attention": "dropout_p"}

SIGN = (
    "LAPACK's build decides the sign or phase of singular vectors and eigenvectors: magnitudes are compared"
)

# Vectors are defined up to their sign, or phase; the gradients compared are those of the samples' own invariants.
PHASES: dict[str, str] = {
    "linalg.eig": SIGN,
    "linalg.eigh": SIGN,
    "linalg.svd": SIGN,
    "pca_lowrank": SIGN,
    "svd": SIGN,
    "svd_lowrank": SIGN,
}

# torch's own rounding is the whole difference, key -> {part: why it is large}: the check compares both with a float64
# run, and ours must not be farther from that than torch, see ``op_db_compare.nearer``.
ROUNDING: dict[str, dict[str, str]] = {
    "__rpow__": {"complex64": "torch rounds the logarithm that it multiplies and exponentiates"},
    "addr": {"bfloat16": "torch rounds each product before the sum"},
    "baddbmm": {"complex64": "the product is rounded before it is multiplied by a complex number"},
    "cov": {
        "double backward": "torch computes with the float32 weights in float32",
        "float32": "its gradient by the weights is a difference of nearly equal numbers",
    },
    "erfinv": {"float32": "its gradient grows without bound towards 1"},
    "fft.hfft2": {"complex64": "sums of 360 products", "float32": "sums of 360 products"},
    "gradient": {"bfloat16": "torch rounds after each of several steps"},
    "ldexp": {"float32": "torch rounds the logarithm of 2 and two products"},
    "log_softmax": {"bfloat16": "torch rounds the logarithm of the sum before it subtracts"},
    "logcumsumexp": {
        "float32": "torch rounds exponentials and logarithms one after the other in the gradient"
    },
    "logit": {"bfloat16": "torch rounds the quotient before the logarithm"},
    "masked.log_softmax": {"bfloat16": "torch rounds the logarithm of the sum before it subtracts"},
    "masked.logsumexp": {"bfloat16": "torch rounds the logarithm of the sum before it adds the largest term"},
    "matrix_exp": {"complex64": "a sum of powers of a matrix", "float32": "a sum of powers of a matrix"},
    "nn.functional.layer_norm": {
        "float32": "of one element: its gradient is 0, a difference of equal numbers"
    },
    "nn.functional.conv_transpose3d": {
        "bfloat16": "torch rounds partial sums",
        "complex64": "sums of hundreds of products",
        "float32": "sums of hundreds of products",
    },
    "nn.functional.ctc_loss": {"float32": "logarithms of 50 steps add up to hundreds"},
    "nn.functional.grid_sample": {
        "bfloat16": "torch rounds places, weights and partial sums one after the other",
        "float32": "differences of reflected places, times their derivative",
    },
    "nn.functional.batch_norm": {"bfloat16": "torch rounds the scale and the shift before it applies them"},
    "nn.functional.bilinear": {"bfloat16": "torch rounds the product of the first two operands"},
    "nn.functional.conv1d": {"bfloat16": "torch rounds partial sums"},
    "nn.functional.instance_norm": {
        "bfloat16": "torch rounds the scale and the shift before it applies them"
    },
    "nn.functional.conv_transpose1d": {"bfloat16": "torch rounds partial sums"},
    "nn.functional.conv_transpose2d": {"bfloat16": "torch rounds partial sums"},
    "linalg.svd": {"float32": "its derivative divides by differences of singular values"},
    "svd": {"float32": "its derivative divides by differences of singular values"},
    "linalg.eigh": {"float32": "its derivative divides by differences of eigenvalues"},
    "triangular_solve": {"float32": "its derivative is a product of two solutions"},
    "nn.functional.adaptive_avg_pool3d": {"bfloat16": "torch rounds each sum"},
    "nn.functional.binary_cross_entropy_with_logits": {
        "bfloat16": "torch rounds after each of several steps"
    },
    "nn.functional.conv2d": {"bfloat16": "torch rounds partial sums"},
    "nn.functional.interpolate area": {"bfloat16": "torch rounds each sum"},
    "nn.functional.cosine_similarity": {"bfloat16": "torch rounds norms and products one after the other"},
    "nn.functional.linear_cross_entropy": {"bfloat16": "torch rounds the logits"},
    "linalg.multi_dot": {"float32": "products of five matrices"},
    "linalg.householder_product": {"float32": "products of many reflections"},
    "linalg.pinv hermitian": {"float32": "a pseudo-inverse, and its derivative of products of five matrices"},
    "linalg.lstsq": {"float32": "a pseudo-inverse, and its derivative of products of five matrices"},
    "linalg.lstsq grad_oriented": {
        "float32": "a pseudo-inverse, and its derivative of products of five matrices"
    },
    "special.hermite_polynomial_he": {"float32": "a recurrence whose terms cancel"},
    "special.log_ndtr": {"float32": "a quotient of the scaled error function"},
    "stft": {"float32": "sums over all pieces in the gradient of the window"},
}

# How much farther from the float64 run than torch these may be. The errors of torch and of ours are a few roundings of
# the same size, and which is the larger changes from sample to sample and from processor to processor (0.2 to 2.3 times
# torch's): the largest of so few says nothing about the method, so their root mean squares are compared.
CHANCE: dict[str, float] = dict.fromkeys(
    ("cov", "fft.hfft2", "linalg.multi_dot", "matrix_exp", "nn.functional.conv_transpose3d"), 3.0
)

# Where equal elements meet, torch leaves open which index it gives; the elements that the indices point to are compared
# (and that a sort's indices are all there): key -> the place of ``dim`` among the arguments, and torch's page.
TIES: dict[str, tuple[int, str]] = {
    "argsort": (0, "https://docs.pytorch.org/docs/stable/generated/torch.argsort.html"),
    "kthvalue": (1, "https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html"),
    "mode": (0, "https://docs.pytorch.org/docs/stable/generated/torch.mode.html"),
    "sort": (0, "https://docs.pytorch.org/docs/stable/generated/torch.sort.html"),
    "topk": (1, "https://docs.pytorch.org/docs/stable/generated/torch.topk.html"),
}

# Operators, or parts of them, that do not pass yet: key -> {part, or "all": reason}.
NOT_YET: dict[str, dict[str, str]] = {}

# What is checked of an operator.
PARTS = {
    "float32": "forward and gradient in float32 (forward in the first dtype it has, where it has no float32)",
    "double backward": "gradient of the gradient, float64",
    "int64": "forward",
    "bool": "forward",
    "float64": "forward",
    "bfloat16": "forward",
    "complex64": "forward",
    "errors": "the error inputs raise the same exception type, in the words that the database looks for",
    "variants": "the method, in-place, operator and alias forms the database lists",
    "out": "the result written to out=",
}
FORWARD = ("int64", "bool", "float64", "bfloat16", "complex64")


def key_of(op: Any) -> str:
    """The name an operator has in the tables: the database's, with its variant."""
    return f"{op.name} {op.variant_test_name}".strip()


@functools.cache
def database() -> dict[str, Any]:
    """The operators this library answers for, by key."""
    from torch.testing._internal.common_methods_invocations import op_db

    # Two entries, of batch_norm and bmm, repeat an operator for a GPU's kernels.
    return {
        key_of(op): op
        for op in op_db
        if op.name not in LEFT_OUT
        and op.variant_test_name != "triton_optimized"
        and op.supported_dtypes("cpu")
    }


def main_dtype(op: Any) -> Any:
    """float32, or the first dtype that the operator has on a CPU."""
    supported = op.supported_dtypes("cpu")
    first = (torch.float32, torch.int64, torch.float64, torch.complex64)
    return next(d for d in (*first, *sorted(supported, key=str)) if d in supported)


def parts_of(op: Any) -> Iterator[str]:
    """The parts that apply to an operator."""
    supported = {str(d).removeprefix("torch.") for d in op.supported_dtypes("cpu")}
    main = str(main_dtype(op)).removeprefix("torch.")
    yield "float32"
    if op.supports_autograd and op.supports_gradgrad and "float64" in supported:
        yield "double backward"
    for name in FORWARD:
        if name in supported and name != main:
            yield name
    if op.error_inputs_func is not None:
        yield "errors"
    if (
        any((op.method_variant, op.inplace_variant, op.operator_variant, op.inplace_operator_variant))
        or op.aliases
    ):
        yield "variants"
    if op.supports_out:
        yield "out"


def missing(key: str, part: str) -> str | None:
    """The reason why a part does not pass yet, if it is in the table."""
    entry = NOT_YET.get(key, {})
    return entry.get("all") or entry.get(part)
