"""What torch says where a function of ``nn.functional`` hands wrong arguments on to the one that computes.

torch's functions there are Python and call one in C, whose parser refuses what does not fit: under that function's
name, with its order of arguments. The arguments are taken from the frame of the function that failed, so that a call
that succeeds costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import FrameType
from typing import Any

__all__ = ["enclosing", "first_uses", "inner_call"]

_STATISTICS = "Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var"
_POOL = "Tensor input, IntArrayRef[1] kernel_size, IntArrayRef[1]? stride, IntArrayRef[1] padding, "
_POOL += "IntArrayRef[1] dilation, bool ceil_mode"
_TWO = "Tensor input, Tensor target"
# The function inside and its parameters, by the function of ``nn.functional``. Behind an equals sign stands what the
# latter calls it; a star is for what it makes a pair of, an exclamation mark for what it chooses itself.
_INNER = {
    "batch_norm": f"batch_norm: Tensor input, {_STATISTICS}, bool training, double momentum, double eps",
    "cosine_embedding_loss": "cosine_embedding_loss: Tensor input1, Tensor input2, Tensor target, double margin",
    "cross_entropy": f"cross_entropy_loss: {_TWO}, Tensor? weight, int64_t reduction!, int64_t ignore_index, "
    "double label_smoothing",
    "embedding": "embedding: Tensor weight, Tensor indices=input, int64_t? padding_idx, bool scale_grad_by_freq, "
    "bool sparse",
    "embedding_bag": "embedding_bag: Tensor weight, Tensor indices=input, Tensor? offsets, bool scale_grad_by_freq, "
    "int64_t mode!, bool sparse, Tensor? per_sample_weights, bool include_last_offset, int64_t? padding_idx",
    "fold": "col2im: Tensor input, IntArrayRef[2] output_size*, IntArrayRef[2] kernel_size*, IntArrayRef[2] dilation*, "
    "IntArrayRef[2] padding*, IntArrayRef[2] stride*",
    "group_norm": "group_norm: Tensor input, int64_t num_groups, Tensor? weight, Tensor? bias, double eps",
    "hinge_embedding_loss": f"hinge_embedding_loss: {_TWO}, double margin",
    "huber_loss": f"huber_loss: {_TWO}, int64_t reduction!, double delta",
    "instance_norm": f"instance_norm: Tensor input, {_STATISTICS}, bool use_input_stats, double momentum, double eps",
    "kl_div": f"kl_div: {_TWO}",
    "layer_norm": "layer_norm: Tensor input, IntArrayRef normalized_shape, Tensor? weight, Tensor? bias, double eps",
    "logsigmoid": "log_sigmoid: Tensor input",
    "margin_ranking_loss": "margin_ranking_loss: Tensor input1, Tensor input2, Tensor target, double margin",
    "max_pool1d": f"max_pool1d: {_POOL}",
    "max_pool2d": f"max_pool2d: {_POOL}",
    "max_pool3d": f"max_pool3d: {_POOL}",
    "multi_margin_loss": f"multi_margin_loss: {_TWO}, Scalar p, Scalar margin, Tensor? weight",
    "multilabel_margin_loss": f"multilabel_margin_loss: {_TWO}",
    "nll_loss": f"nll_loss_nd: {_TWO}, Tensor? weight, int64_t reduction!, int64_t ignore_index",
    "pad": "pad: Tensor input, IntArrayRef pad, c10::string_view mode, double? value",
    "poisson_nll_loss": f"poisson_nll_loss: {_TWO}, bool log_input, bool full, double eps",
    "rms_norm": "rms_norm: Tensor input, IntArrayRef normalized_shape, Tensor? weight, double? eps",
    "smooth_l1_loss": f"smooth_l1_loss: {_TWO}, int64_t reduction!, double beta",
    "soft_margin_loss": f"soft_margin_loss: {_TWO}",
    "triplet_margin_loss": "triplet_margin_loss: Tensor anchor, Tensor positive, Tensor negative, double margin, "
    "double p, double eps, bool swap",
    "unfold": "im2col: Tensor input, IntArrayRef[2] kernel_size*, IntArrayRef[2] dilation*, IntArrayRef[2] padding*, "
    "IntArrayRef[2] stride*",
}
# What the functions that torch has wholly in Python ask of an argument first: what is no tensor has no such attribute.
_FIRST = {
    **dict.fromkeys(("lp_pool1d", "lp_pool2d", "lp_pool3d"), "input.pow"),
    **{f"adaptive_{kind}_pool{n}d": "input.size" for kind in ("avg", "max") for n in (2, 3)},
    **{f"adaptive_max_pool{n}d_with_indices": "input.size" for n in (2, 3)},
    **dict.fromkeys(
        (
            "binary_cross_entropy",
            "binary_cross_entropy_with_logits",
            "huber_loss",
            "l1_loss",
            "mse_loss",
            "smooth_l1_loss",
        ),
        "target.size input.size",
    ),
    "glu": "input.dim",
    "group_norm": "input.dim",
    "local_response_norm": "input.dim",
    "margin_ranking_loss": "input1.dim input2.dim target.dim",
    "max_unpool1d": "indices.unsqueeze",
    "softsign": "input.abs",
    "tanhshrink": "input.tanh",
}


def first_uses(name: str) -> list[list[str]]:
    """The arguments that a function of ``nn.functional`` looks at first in torch, each with the attribute it asks for.

    Args:
        name: the function's.
    """
    return [use.split(".") for use in _FIRST.get(name, "").split()]


def inner_call(name: str, values: Mapping[str, Any]) -> tuple[str, str, tuple[Any, ...]] | None:
    """The call in C that a function of ``nn.functional`` makes in torch.

    Args:
        name: the function's.
        values: its arguments by name.

    Returns:
        The name of the function inside, its signature and its arguments; None if none is known.
    """
    if name not in _INNER:
        return None
    inner, text = _INNER[name].split(": ", 1)
    args = []
    for part in text.split(", "):
        word = part.rsplit(" ", 1)[1]
        value = 0 if word.endswith("!") else values[word.rstrip("*").rpartition("=")[2]]
        args.append((value, value) if word.endswith("*") and not isinstance(value, (tuple, list)) else value)
    return inner, re.sub(r"=\w+|[*!]", "", text), tuple(args)


def enclosing(frame: FrameType | None, package: str) -> tuple[str, Mapping[str, Any]] | None:
    """The function of ``nn.functional`` that an operation which failed was called by, and its arguments.

    Args:
        frame: of the operation.
        package: the name of this library.
    """
    while frame is not None and frame.f_globals.get("__name__", "").startswith(package + "."):
        if frame.f_globals["__name__"].startswith(package + ".nn.functional.") and (
            frame.f_code.co_name in _INNER or frame.f_code.co_name in _FIRST
        ):
            return frame.f_code.co_name, frame.f_locals
        frame = frame.f_back
    return None
