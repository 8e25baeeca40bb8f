"""Options that programs are compiled with: XLA's own.

``xla_cpu_copy_insertion_use_region_analysis`` would spare the copies of weights that a step both reads and writes over
(an MLP 784-512-512-10, batch 64, whose gradients are not handed out takes 6 % less time with it). But the XLA of jax
0.10.2 then writes over zeros that are still to be read in an embedding's gradient, where its emitters do not build the
fusions.
"""

from __future__ import annotations

__all__ = ["compiler_options"]

# Empty but in tests of thousands of small programs, which take most of their time to compile.
_options: dict[str, bool | str] = {}


def compiler_options() -> dict[str, bool | str] | None:
    """What ``jax.jit`` takes as ``compiler_options``."""
    return dict(_options) or None
