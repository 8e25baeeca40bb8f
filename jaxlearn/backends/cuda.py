"""``torch.backends.cuda``: how GPUs multiply matrices, and which attention kernels may be used."""

from __future__ import annotations

import jax

from .._engine.precision import get_float32_matmul_precision, set_float32_matmul_precision

__all__ = ["is_built", "matmul"]


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
