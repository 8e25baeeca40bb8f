"""``torch.backends.cuda``: how GPUs multiply matrices, and which attention kernels may be used."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import jax

from .._engine.precision import get_float32_matmul_precision, set_float32_matmul_precision

__all__ = [
    "cudnn_sdp_enabled",
    "enable_cudnn_sdp",
    "enable_flash_sdp",
    "enable_math_sdp",
    "enable_mem_efficient_sdp",
    "flash_sdp_enabled",
    "is_built",
    "is_flash_attention_available",
    "math_sdp_enabled",
    "matmul",
    "mem_efficient_sdp_enabled",
    "preferred_linalg_library",
    "sdp_kernel",
]


class _Matmul:
    """``torch.backends.cuda.matmul``: TensorFloat32 as a switch of ``set_float32_matmul_precision``."""

    allow_fp16_reduced_precision_reduction: bool = True
    allow_bf16_reduced_precision_reduction: bool = True

    @property
    def allow_tf32(self) -> bool:
        """Whether float32 matrices may be multiplied as TensorFloat32."""
        return get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, value: bool) -> None:
        set_float32_matmul_precision("high" if value else "highest")


matmul = _Matmul()


def is_built() -> bool:
    """Whether JAX was installed with its GPU plugin."""
    return any(d.platform == "gpu" for d in jax.devices())


class _Attention:
    """Which of torch's kernels for attention the program allows; XLA compiles one of its own."""

    flash = True
    mem_efficient = True
    math = True
    cudnn = True


def flash_sdp_enabled() -> bool:
    """Whether flash attention is allowed, as the program set it."""
    return _Attention.flash


def enable_flash_sdp(enabled: bool) -> None:
    """Allow flash attention: kept and without effect, as XLA compiles attention in its own way.

    Args:
        enabled: False to forbid it.
    """
    _Attention.flash = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """Whether memory-efficient attention is allowed, as the program set it."""
    return _Attention.mem_efficient


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Allow memory-efficient attention: kept and without effect, as XLA compiles attention in its own way.

    Args:
        enabled: False to forbid it.
    """
    _Attention.mem_efficient = bool(enabled)


def math_sdp_enabled() -> bool:
    """Whether attention as its formula is allowed, as the program set it."""
    return _Attention.math


def enable_math_sdp(enabled: bool) -> None:
    """Allow attention as its formula: kept and without effect, as XLA compiles attention in its own way.

    Args:
        enabled: False to forbid it.
    """
    _Attention.math = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """Whether cuDNN's attention is allowed, as the program set it."""
    return _Attention.cudnn


def enable_cudnn_sdp(enabled: bool) -> None:
    """Allow cuDNN's attention: kept and without effect, as XLA compiles attention in its own way.

    Args:
        enabled: False to forbid it.
    """
    _Attention.cudnn = bool(enabled)


def is_flash_attention_available() -> bool:
    """False: torch's kernel is not here; XLA compiles attention in its own way."""
    return False


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Iterator[dict[str, Any]]:
    """torch's older form of :func:`jaxlearn.nn.attention.sdpa_kernel`.

    Args:
        enable_flash: and the others: whether that kernel is allowed inside.
        enable_math: see above.
        enable_mem_efficient: see above.
        enable_cudnn: see above.

    Warns:
        FutureWarning: always, as torch does.
    """
    warnings.warn(
        "`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager will be removed. "
        "Please see `torch.nn.attention.sdpa_kernel()` for the new context manager, with updated signature.",
        FutureWarning,
        stacklevel=3,
    )
    kinds = _Attention
    before = kinds.flash, kinds.math, kinds.mem_efficient, kinds.cudnn
    kinds.flash, kinds.math, kinds.mem_efficient, kinds.cudnn = (
        enable_flash, enable_math, enable_mem_efficient, enable_cudnn
    )  # fmt: skip
    try:
        yield {}
    finally:
        kinds.flash, kinds.math, kinds.mem_efficient, kinds.cudnn = before


def preferred_linalg_library(backend: str | None = None) -> str:
    """The library for linear algebra on GPUs: XLA's choice.

    Args:
        backend: ``"default"`` or None; others of torch's are accepted and do not change that.

    Raises:
        RuntimeError: torch has no such library.
    """
    known = ("default", "cusolver", "magma")
    if backend is not None and backend not in known:
        raise RuntimeError(f"Unknown input value. Choose from: {', '.join(known)}.")
    return "default"
