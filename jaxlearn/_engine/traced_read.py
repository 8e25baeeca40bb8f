"""The error for a value that is read on the host inside one of JAX's transformations."""

from __future__ import annotations

import jax

from .lines import user_line

__all__ = ["TracedRead"]


class TracedRead(
    jax.errors.TracerBoolConversionError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
):
    """A value was asked for inside the user's own ``jax.jit``, ``jax.grad`` or ``jax.vmap``, where nobody knows it.

    It is each of the errors that JAX itself may raise for it, as programs catch those.
    """

    def __init__(self, tracer: jax.core.Tracer) -> None:
        TypeError.__init__(
            self,
            f"{user_line()}: a tensor's value was read on the host (item(), float(), bool(), tolist(), numpy(), an "
            "`if` on a tensor, or an operation whose result's size depends on values) inside a JAX transformation "
            f"(jax.jit, jax.grad, jax.vmap, ...), where it is {tracer.aval.str_short()} without a value. Return the "
            "tensor and read it outside, use torch.where or torch.cond for a choice between values, or give what does "
            "not vary as an ordinary or static argument",
        )
