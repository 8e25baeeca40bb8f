"""``torch._inductor.config``: settings that programs assign to. None has an effect: XLA chooses, fuses and tunes."""

from __future__ import annotations

import types

coordinate_descent_tuning = False
epilogue_fusion = True
force_fuse_int_mm_with_mul = False
freezing = False
fx_graph_cache = True
max_autotune = False
max_autotune_gemm = False
max_autotune_gemm_backends = "ATEN,TRITON,CPP"
shape_padding = True
triton = types.SimpleNamespace(cudagraphs=False, cudagraph_trees=True, unique_kernel_names=True)
cpp = types.SimpleNamespace(threads=-1)
cuda = types.SimpleNamespace()
trace = types.SimpleNamespace(enabled=False)
