"""Functions of ``nn.functional`` in the form that torch has on its top level: other orders, numbers for reductions."""

from __future__ import annotations

from typing import Any

from ..._autograd.modes import no_grad
from ..._tensor.argument_kinds import integer, number, tensor, truth
from ...ops.nn_conv import conv1d
from ...ops.nn_embedding import renormalized
from ...ops.nn_grid import grid_samples
from ...ops.nn_loss_regression import kl_div as kl_divergence
from ...ops.nn_pool_adaptive import adaptive_max_pool1d as _adaptive_max_pool1d
from ...ops.nn_rearrange import channel_shuffle
from ...ops.op import explained
from . import losses_classification as _classes
from . import losses_ctc as _ctc
from . import losses_ranking as _ranking
from . import losses_regression as _regression
from . import normalization as _normalization
from . import sparse as _sparse
from .dropout import alpha_dropout as _alpha_dropout
from .dropout import dropout as _dropout
from .dropout import dropout2d as _dropout2d
from .dropout import feature_alpha_dropout as _feature_alpha_dropout

__all__ = [
    "adaptive_max_pool1d",
    "alpha_dropout",
    "alpha_dropout_",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "conv_tbc",
    "cosine_embedding_loss",
    "ctc_loss",
    "dropout",
    "dropout_",
    "embedding",
    "embedding_renorm_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "grid_sampler",
    "hinge_embedding_loss",
    "instance_norm",
    "kl_div",
    "margin_ranking_loss",
    "native_channel_shuffle",
    "poisson_nll_loss",
    "triplet_margin_loss",
]


def _reduction(given: Any) -> str:
    """The name of a reduction's number; others than the two are none, as in torch."""
    return {1: "mean", 2: "sum"}.get(integer("loss", "reduction", given), "none")


def _drop(name: str, p: Any, train: Any) -> float:
    """The probability, with torch's checks of these functions.

    Raises:
        RuntimeError: it is no probability.
    """
    chosen: float = number(name, "p", p)
    truth(name, "train", train)
    if not 0 <= chosen <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {chosen:g}")
    return float(chosen)


@explained
def adaptive_max_pool1d(input: Any, output_size: Any) -> Any:
    """Maxima over nearly equal windows, and their positions; see :func:`jaxlearn.nn.functional.adaptive_max_pool1d`.

    Args:
        input: (N, C, L) or (C, L).
        output_size: how many windows there are.
    """
    return _adaptive_max_pool1d(input, output_size, True)


@explained
def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropout for SELU networks; see :func:`jaxlearn.nn.functional.alpha_dropout`.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _alpha_dropout(input, _drop("alpha_dropout", p, train), train)


@explained
def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """:func:`alpha_dropout` written into the input, which is returned.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _alpha_dropout(input, _drop("alpha_dropout_", p, train), train, True)


@explained
def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Any:
    """Batch normalisation; see :func:`jaxlearn.nn.functional.batch_norm`.

    Args:
        input: (N, C, *).
        weight: factors (C,), or None.
        bias: offsets (C,), or None.
        running_mean: (C,), or None.
        running_var: (C,), or None.
        training: use the batch's statistics.
        momentum: weight of the batch in the new running statistics.
        eps: added to the variance.
        cudnn_enabled: accepted.
    """
    return _normalization.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


@explained
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 0
) -> Any:
    """Cross entropy of scores; see :func:`jaxlearn.nn.functional.binary_cross_entropy_with_logits`.

    Args:
        input: scores, any shape.
        target: probabilities, of the same shape.
        weight: factors of the losses, or None.
        pos_weight: factors of the positive part, or None.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
    """
    tensor("binary_cross_entropy_with_logits", "target", target)
    return _classes.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight=pos_weight, reduction=_reduction(reduction)
    )


@explained
def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """Convolution of sequences (time, batch, channels).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_tbc.html

    Args:
        input: (T, N, C).
        weight: (K, C, out channels).
        bias: (out channels,).
        pad: zeros added on both sides.

    Example::

        >>> import jaxlearn as torch
        >>> torch.conv_tbc(torch.ones(5, 2, 3), torch.ones(2, 3, 4), torch.zeros(4)).shape
        torch.Size([4, 2, 4])
    """
    found = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad)
    return found.permute(2, 0, 1)


@explained
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0
) -> Any:
    """Loss of pairs by their angle; see :func:`jaxlearn.nn.functional.cosine_embedding_loss`.

    Args:
        input1: (N, D) or (D,).
        input2: of the same shape.
        target: 1 or -1, (N,) or (,).
        margin: of pairs that do not belong together.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
    """
    return _ranking.cosine_embedding_loss(input1, input2, target, margin, reduction=_reduction(reduction))


@explained
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Any:
    """Connectionist temporal classification; see :func:`jaxlearn.nn.functional.ctc_loss`.

    Args:
        log_probs: (T, N, C), or (T, C).
        targets: (N, S), or all one behind the other.
        input_lengths: (N,).
        target_lengths: (N,).
        blank: the class of nothing.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
        zero_infinity: infinite losses count as 0.
    """
    return _ctc.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, _reduction(reduction), zero_infinity
    )


@explained
def dropout(input: Any, p: float, train: bool) -> Any:
    """Elements zeroed with probability ``p``, the others scaled; see :func:`jaxlearn.nn.functional.dropout`.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _dropout(input, _drop("dropout", p, train), train)


@explained
def dropout_(input: Any, p: float, train: bool) -> Any:
    """:func:`dropout` written into the input, which is returned.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _dropout(input, _drop("dropout_", p, train), train, True)


@explained
def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """The rows of a table; :func:`jaxlearn.nn.functional.embedding` with its first arguments the other way round.

    Args:
        weight: (rows, features).
        indices: int32 or int64, any shape.
        padding_idx: the row that receives no gradient, -1 for none.
        scale_grad_by_freq: divide each row's gradient by how often its index occurs.
        sparse: accepted; gradients are dense.
    """
    padding = None if padding_idx == -1 else padding_idx
    return _sparse.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


@explained
def embedding_renorm_(input: Any, indices: Any, max_norm: float, norm_type: float) -> Any:
    """The table with the rows at the indices scaled down to ``max_norm``, in place.

    Args:
        input: (rows, features); returned.
        indices: int32 or int64, any shape.
        max_norm: greatest norm.
        norm_type: its exponent.
    """
    with no_grad():
        input.copy_(renormalized(indices, input.detach(), float(max_norm), float(norm_type)))
    return input


@explained
def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """Alpha dropout of whole channels; see :func:`jaxlearn.nn.functional.feature_alpha_dropout`.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _feature_alpha_dropout(input, _drop("feature_alpha_dropout", p, train), train)


@explained
def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """:func:`feature_alpha_dropout` written into the input, which is returned.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _feature_alpha_dropout(input, _drop("feature_alpha_dropout_", p, train), train, True)


@explained
def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropout of whole channels; see :func:`jaxlearn.nn.functional.dropout2d`.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _dropout2d(input, _drop("feature_dropout", p, train), train)


@explained
def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """:func:`feature_dropout` written into the input, which is returned.

    Args:
        input: floating tensor.
        p: probability.
        train: whether anything is dropped.
    """
    return _dropout2d(input, _drop("feature_dropout_", p, train), train, True)


@explained
def grid_sampler(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """The input at given places; see :func:`jaxlearn.nn.functional.grid_sample`.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, ..., 2) or (N, ..., 3).
        interpolation_mode: 0 bilinear, 1 nearest, 2 bicubic.
        padding_mode: 0 zeros, 1 border, 2 reflection.
        align_corners: whether -1 and 1 are the centres of the corner pixels.
    """
    mode = ("bilinear", "nearest", "bicubic")[interpolation_mode]
    return grid_samples(input, grid, mode, ("zeros", "border", "reflection")[padding_mode], align_corners)


@explained
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = 0) -> Any:
    """Hinge loss of distances; see :func:`jaxlearn.nn.functional.hinge_embedding_loss`.

    Args:
        input: distances, any shape.
        target: 1 or -1, of the same shape.
        margin: of pairs that do not belong together.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
    """
    return _ranking.hinge_embedding_loss(input, target, margin, reduction=_reduction(reduction))


@explained
def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Any:
    """Instance normalisation; see :func:`jaxlearn.nn.functional.instance_norm`.

    Args:
        input: (N, C, *).
        weight: factors (C,), or None.
        bias: offsets (C,), or None.
        running_mean: (C,), or None.
        running_var: (C,), or None.
        use_input_stats: normalise with the input's statistics.
        momentum: weight of the batch in the new running statistics.
        eps: added to the variance.
        cudnn_enabled: accepted.
    """
    return _normalization.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


@explained
def kl_div(input: Any, target: Any, reduction: int = 0, *, log_target: bool = False) -> Any:
    """Kullback-Leibler divergence; see :func:`jaxlearn.nn.functional.kl_div`.

    Args:
        input: log probabilities, any shape.
        target: probabilities, of the same shape.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
        log_target: whether the target holds logarithms.
    """
    return kl_divergence(input, target, _reduction(reduction), log_target)


@explained
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 0
) -> Any:
    """Loss of rankings; see :func:`jaxlearn.nn.functional.margin_ranking_loss`.

    Args:
        input1: any shape.
        input2: of the same shape.
        target: 1 or -1.
        margin: by which one is to be greater.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
    """
    return _ranking.margin_ranking_loss(input1, input2, target, margin, reduction=_reduction(reduction))


@explained
def native_channel_shuffle(input: Any, groups: int) -> Any:
    """:func:`jaxlearn.nn.functional.channel_shuffle` under another name.

    Args:
        input: (N, C, *).
        groups: a divisor of C.
    """
    return channel_shuffle(input, groups)


@explained
def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """Poisson likelihood; see :func:`jaxlearn.nn.functional.poisson_nll_loss`.

    Args:
        input: logarithms of the rate (or rates), any shape.
        target: counts, of the same shape.
        log_input: the input holds logarithms.
        full: add Stirling's approximation.
        eps: added to rates before their logarithm.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
    """
    return _regression.poisson_nll_loss(
        input, target, log_input, full, eps=eps, reduction=_reduction(reduction)
    )


@explained
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Any:
    """Loss of triplets; see :func:`jaxlearn.nn.functional.triplet_margin_loss`.

    Args:
        anchor: (N, D) or (D,).
        positive: of the same shape.
        negative: of the same shape.
        margin: by which the negative is to be farther.
        p: of the norm.
        eps: added to the differences.
        swap: use the distance of positive and negative where it is smaller.
        reduction: 0 for none, 1 for the mean, 2 for the sum.
    """
    return _ranking.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction=_reduction(reduction)
    )
