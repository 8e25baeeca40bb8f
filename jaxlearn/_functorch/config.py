"""``torch._functorch.config``: settings that programs assign to. None has an effect: XLA keeps what gradients need."""

from __future__ import annotations

activation_memory_budget = 1.0
aggressive_recomputation = False
donated_buffer = True
functionalize_rng_ops = False
recompute_views = False
