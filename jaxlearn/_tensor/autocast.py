"""Autocasting: which operations take their operands in a narrower type, which in float32, by torch's lists.

The rules work on the operation's name when it is called, so one list serves functions, methods and modules. The cast is
an operation of its own in the graph: gradients flow through it, and XLA makes one of equal ones.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import modes
from ..ops.conversion import convert
from ..ops.op import Op
from .dispatch import TENSOR_TYPES

__all__ = ["Settings", "enabled", "settings", "switch"]

# https://docs.pytorch.org/docs/stable/amp.html#autocast-op-reference
_PRODUCTS = frozenset(
    """
    addbmm addmm baddbmm bmm chain_matmul conv1d conv2d conv3d conv_transpose1d conv_transpose2d
    conv_transpose3d einsum linalg_multi_dot linalg_vecdot linear matmul matrix_power mm prelu
    scaled_dot_product_attention tensordot
    """.split()
)
_LOSSES = frozenset(
    """
    binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss hinge_embedding_loss
    huber_loss kl_div l1_loss margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss nll_loss
    poisson_nll_loss smooth_l1_loss soft_margin_loss triplet_margin_loss
    """.split()
)
_EXACT_ON_CPU = frozenset(
    """
    adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d binary_cross_entropy cdist cholesky_ex
    cholesky_inverse_ex cholesky_solve fft_fft fft_fft2 fft_fftn fft_hfft fft_ifft fft_ifft2 fft_ifftn
    fft_ihfft fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfft2 fft_rfftn geqrf grid_sampler
    linalg_cholesky_ex linalg_cond linalg_eig linalg_eigh linalg_eigvals linalg_eigvalsh
    linalg_householder_product linalg_inv_ex linalg_lstsq linalg_matrix_rank linalg_pinv linalg_qr
    linalg_solve_ex linalg_svd linalg_svdvals max_pool3d nanquantile ormqr polar prod qr quantile stft svd
    trace view_as_complex
    """.split()
)
_EXACT_ON_CUDA = frozenset(
    """
    acos asin cosh cosine_similarity cumprod cumsum dist erfinv exp expm1 group_norm layer_norm log log10
    log1p log2 log_softmax logsumexp norm pdist pow prod reciprocal renorm rsqrt sinh softmax softmin
    softplus sum tan
    """.split()
)
_NARROW = {"cpu": _PRODUCTS, "cuda": _PRODUCTS | {"addmv", "addr", "mv"}}
_WIDE = {"cpu": _LOSSES | _EXACT_ON_CPU, "cuda": _LOSSES | _EXACT_ON_CUDA}
_WIDEST = {
    "cpu": frozenset({"cat", "index_copy", "stack"}),
    "cuda": frozenset(
        "addcdiv addcmul atan2 bilinear cat cross dot grid_sampler index_put scatter_add stack".split()
    ),
}


# The kinds of recurrent layers and cells whose results torch gives in the narrow dtype on the CPU; the others, which it
# puts together of products and sums, come out in float32.
_RECURRENT = {
    "recurrent": ("LSTM", "RNN_TANH", "RNN_RELU"),
    "recurrent_cell": ("RNN_TANH", "RNN_RELU"),
}


class Settings(NamedTuple):
    """What is switched on: pairs of a device type and its narrow dtype."""

    enabled: tuple[tuple[str, dtypes.dtype], ...]

    def arguments(self, op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of an operation as autocasting has them."""
        for device, narrow in self.enabled:
            rules = "cpu" if device == "cpu" else "cuda"
            name = op.name
            if name in _RECURRENT:
                mode = next(a for a in args if type(a) is str)
                name = "linear" if rules == "cuda" or mode in _RECURRENT[name] else "mse_loss"
            if name in _NARROW[rules]:
                args = _cast(args, device, narrow)
            elif name in _WIDE[rules]:
                args = _cast(args, device, dtypes.float32)
            elif name in _WIDEST[rules]:
                args = _cast(args, device, _widest(args, device, narrow))
        return args


def _eligible(x: Any, device: str) -> bool:
    if type(x) not in TENSOR_TYPES:
        return False
    aval = x._current().aval
    return aval.device.type == device and aval.dtype.kind in "fV" and aval.dtype != np.float64


def _cast(args: Sequence[Any], device: str, dtype: dtypes.dtype) -> tuple[Any, ...]:
    cast: list[Any] = []
    for a in args:
        if type(a) in (tuple, list):
            a = type(a)(_cast(a, device, dtype))
        elif _eligible(a, device) and a.dtype is not dtype:
            a = convert(a, dtype)
        cast.append(a)
    return tuple(cast)


def _widest(args: Sequence[Any], device: str, narrow: dtypes.dtype) -> dtypes.dtype:
    for a in args:
        if type(a) in (tuple, list):
            if _widest(a, device, narrow) is dtypes.float32:
                return dtypes.float32
        elif _eligible(a, device) and a.dtype is dtypes.float32:
            return dtypes.float32
    return narrow


class _PerThread(threading.local):
    """What is set beside the switches; ``nesting`` counts the contexts entered."""

    def __init__(self) -> None:
        self.dtypes = {"cpu": dtypes.bfloat16, "cuda": dtypes.float16, "tpu": dtypes.bfloat16}
        self.cache = True
        self.nesting = 0


settings = _PerThread()


def enabled(device: str) -> bool:
    """Whether operations on the device type are autocast in this thread."""
    return modes.autocast is not None and any(d == device for d, _ in modes.autocast.enabled)


def switch(device: str, on: bool) -> None:
    """Switch autocasting on or off for a device type, in this thread; on, to the dtype that is set for it."""
    before = () if modes.autocast is None else modes.autocast.enabled
    after = [(d, t) for d, t in before if d != device]
    if on:
        after.append((device, settings.dtypes[device]))
    modes.autocast = Settings(tuple(sorted(after, key=lambda pair: pair[0]))) if after else None
