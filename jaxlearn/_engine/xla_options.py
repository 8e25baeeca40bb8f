"""Options that programs are compiled with.

XLA:CPU copies what is both read and written over in place, unless the read is certain to come first. A weight is read
by the gradient of its layer's input, and no data flows from there to the weight's own update, so each step begins by
copying every weight but the first. With the analysis of when each of the two runs it does not: the step of an MLP
784-512-512-10, batch 64, takes 8 % less time.

An operation by itself is compiled with XLA's own choices.
"""

from __future__ import annotations

import jax

from .device import Device

__all__ = ["compiler_options", "operation_options", "without_unknown"]

_cpu: dict[str, bool | str] = {"xla_cpu_copy_insertion_use_region_analysis": True}
# Empty but in tests of thousands of small programs, which take most of their time to compile.
_operations: dict[str, bool | str] = {}


def compiler_options(device: Device) -> dict[str, bool | str]:
    """What ``jax.jit`` takes as ``compiler_options`` for a program on the device."""
    return dict(_cpu) if device.type == "cpu" else {}


def operation_options() -> dict[str, bool | str] | None:
    """The same for an operation by itself."""
    return dict(_operations) or None


def without_unknown(error: jax.errors.JaxRuntimeError) -> bool:
    """Leave out, from now on, the option that XLA says it does not have.

    Args:
        error: what a compilation has raised.

    Returns:
        Whether that was it, so that it is worth compiling again.
    """
    unknown = [name for name in _cpu if f"No such compile option: '{name}'" in str(error)]
    for name in unknown:
        del _cpu[name]
    return bool(unknown)
