"""``torch._dynamo.config``: settings that programs assign to. None has an effect: programs are bounded in number all
together, an error in a compiled function is always raised, and there is nothing to be verbose about."""

from __future__ import annotations

cache_size_limit = 8
recompile_limit = 8
accumulated_cache_size_limit = 256
suppress_errors = False
verbose = False
dynamic_shapes = True
assume_static_by_default = True
automatic_dynamic_shapes = True
capture_scalar_outputs = False
capture_dynamic_output_shape_ops = False
optimize_ddp = True
inline_inbuilt_nn_modules = True
guard_nn_modules = True
allow_unspec_int_on_nn_module = False
specialize_int = False
