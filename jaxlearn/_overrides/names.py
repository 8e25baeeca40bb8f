"""Which functions can be overridden, and how torch hands over a call of each."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

__all__ = [
    "BINARY",
    "NEVER",
    "ONLY_BY_MODES",
    "OPERATORS",
    "SPACES",
    "calls_in_python",
    "looks_at_arguments",
    "members",
    "public_functions",
]

# Of these modules, and of Tensor; where two have the same function, it goes by the later one's name.
SPACES = ("autograd", "special", "fft", "linalg", "torch", "functional", "nn.functional", "nn.init")

# What no override sees: settings, questions about types and the library itself, and what takes the program's functions.
NEVER: dict[str, set[str]] = {
    "torch": set(
        """
        are_deterministic_algorithms_enabled associative_scan autocast_decrement_nesting autocast_increment_nesting
        broadcast_shapes clear_autocast_cache clear_cache compile cond from_dlpack from_numpy get_autocast_cpu_dtype
        get_autocast_dtype get_autocast_gpu_dtype get_default_device get_default_dtype get_deterministic_debug_mode
        get_float32_matmul_precision get_num_interop_threads get_num_threads get_printoptions get_rng_state
        initial_seed is_anomaly_check_nan_enabled is_anomaly_enabled is_autocast_cache_enabled
        is_autocast_cpu_enabled is_autocast_enabled is_deterministic_algorithms_warn_only_enabled is_grad_enabled
        is_index_check_enabled is_inference_mode_enabled is_storage is_tensor is_warn_always_enabled jax_function load
        manual_seed reset_stats save scan seed set_autocast_cache_enabled set_autocast_cpu_dtype
        set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype set_default_device
        set_default_dtype set_default_tensor_type set_deterministic_debug_mode set_float32_matmul_precision
        set_flush_denormal set_index_check set_num_interop_threads set_num_threads set_printoptions set_rng_state
        set_warn_always stats to_dlpack typename use_deterministic_algorithms use_key vmap while_loop
        """.split()
    ),
    "functional": {"broadcast_shapes"},
    "nn.functional": set("grouped_mm sigmoid tanh upsample upsample_bilinear upsample_nearest".split()),
    "fft": {"fftfreq", "rfftfreq"},
    "Tensor": set(
        """
        __new__ __init__ __init_subclass__ __copy__ __delitem__ __iter__ __jax_array__ __torch_function__ as_subclass
        jax _make_subclass _make_wrapper_subclass
        """.split()
    ),
}

# What takes no tensor, or needs none: a mode sees it, a class's override does not count.
ONLY_BY_MODES = set(
    """
    arange as_strided as_tensor asarray bartlett_window blackman_window can_cast empty empty_permuted empty_strided eye
    fill frombuffer full hamming_window hann_window kaiser_window linspace logspace normal ones promote_types
    rand rand_like randint randint_like randn randn_like randperm range result_type scalar_tensor sparse_coo_tensor
    tensor tril_indices
    triu_indices vander zeros
    """.split()
)
# Of these torch does not even look at the arguments.
_BLIND = set("as_tensor asarray frombuffer tensor".split())

# Modules of whose functions few can be overridden; the others are made of these and of methods.
_FEW = {"nn.init": {"constant_", "kaiming_uniform_", "normal_", "uniform_"}, "autograd": {"grad"}}

# Private names of Tensor that can be overridden nevertheless.
_PRIVATE = {"_base", "_is_view", "_version"}

# The methods that stand for operators in an override's eyes.
OPERATORS = {
    "__abs__": "abs", "__add__": "add", "__ge__": "ge", "__gt__": "gt", "__iadd__": "add_",
    "__ifloordiv__": "floor_divide_", "__imod__": "remainder_", "__imul__": "mul_", "__isub__": "sub_",
    "__itruediv__": "div_", "__le__": "le", "__lt__": "lt", "__matmul__": "matmul", "__mod__": "remainder",
    "__mul__": "mul", "__ne__": "ne", "__neg__": "neg", "__pos__": "positive", "__radd__": "add",
    "__rand__": "bitwise_and", "__rmul__": "mul", "__ror__": "bitwise_or", "__rxor__": "bitwise_xor", "__sub__": "sub",
    "__truediv__": "div", "ndimension": "dim", "nelement": "numel", "__rdiv__": "__rtruediv__",
}  # fmt: skip

# Operators of two operands, which leave what they cannot do to the other one.
BINARY = {
    f"__{side}{name}__"
    for side in ("", "r", "i")
    for name in (
        "add", "and", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv", "xor"
    )
} | {"__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__ne__"}  # fmt: skip

# Functions that torch has in Python. They hand over what is required by position and all the rest by keyword, whichever
# way they were called, and their overrides are told of plain tensors among the arguments too.
_IN_PYTHON = {
    "torch": {"lobpcg"},
    "functional": set(
        """
        atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod cdist chain_matmul einsum lu
        meshgrid norm pca_lowrank split stft svd_lowrank tensordot unique unique_consecutive unravel_index
        """.split()
    ),
    "nn.functional": set(
        """
        adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool1d_with_indices
        adaptive_max_pool2d adaptive_max_pool2d_with_indices adaptive_max_pool3d adaptive_max_pool3d_with_indices
        affine_grid alpha_dropout batch_norm binary_cross_entropy binary_cross_entropy_with_logits celu
        cosine_embedding_loss cross_entropy ctc_loss dropout dropout1d dropout2d dropout3d elu embedding
        embedding_bag feature_alpha_dropout fold fractional_max_pool2d fractional_max_pool2d_with_indices
        fractional_max_pool3d fractional_max_pool3d_with_indices gaussian_nll_loss glu grid_sample group_norm
        gumbel_softmax hardsigmoid hardswish hardtanh hinge_embedding_loss huber_loss instance_norm interpolate
        kl_div l1_loss layer_norm leaky_relu linear_cross_entropy local_response_norm log_softmax lp_pool1d
        lp_pool2d lp_pool3d margin_ranking_loss max_pool1d max_pool1d_with_indices max_pool2d
        max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d mish
        mse_loss multi_head_attention_forward multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss
        nll_loss normalize pad poisson_nll_loss relu relu6 rms_norm rrelu selu silu smooth_l1_loss soft_margin_loss
        softmax softmin softsign tanhshrink threshold triplet_margin_loss triplet_margin_with_distance_loss unfold
        """.split()
    ),
    **_FEW,
    "Tensor": set(
        """
        __array__ __array_wrap__ __contains__ __deepcopy__ __dlpack__ __dlpack_device__ __floordiv__ __format__ __ipow__
        __len__ __pow__ __reduce_ex__ __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rpow__
        __rrshift__ __rsub__ __rtruediv__ backward dim_order is_shared istft lu norm register_hook
        register_post_accumulate_grad_hook share_memory_ split stft storage unique unique_consecutive
        """.split()
    ),
}


def calls_in_python(space: str, name: str) -> bool:
    """Whether torch has a function in Python.

    Args:
        space: one of :data:`SPACES`, or "Tensor".
        name: the function's.
    """
    return name in _IN_PYTHON.get(space, ())


def looks_at_arguments(space: str, name: str) -> bool:
    """Whether an argument's override counts."""
    return not (space == "torch" and name in _BLIND)


def public_functions(space: str, module: Any) -> Iterator[tuple[str, Any]]:
    """A module's functions that can be overridden, by name.

    Args:
        space: one of :data:`SPACES`.
        module: the module of that name.
    """
    root = __name__.partition(".")[0]
    for name, found in vars(module).items():
        if name.startswith("_") or type(found) is not types.FunctionType or name in NEVER.get(space, ()):
            continue
        if not found.__module__.startswith(root) or name not in _FEW.get(space, {name}):
            continue
        yield name, found


def members(tensor: type) -> Iterator[tuple[str, Any]]:
    """The methods and properties of Tensor that can be overridden, by name."""
    root = __name__.partition(".")[0]
    seen: set[str] = set()
    for kind in tensor.__mro__:
        if not kind.__module__.startswith(root):
            continue
        for name, found in vars(kind).items():
            private = name.startswith("_") and not (name.startswith("__") and name.endswith("__"))
            if name in seen or name in NEVER["Tensor"] or (private and name not in _PRIVATE):
                continue
            if type(found) is types.FunctionType or type(found) is property:
                seen.add(name)
                yield name, found
