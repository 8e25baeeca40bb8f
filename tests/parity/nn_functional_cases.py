"""Programs that call one function of ``torch.nn.functional`` each; run with both libraries by the tests beside.

A case is a function of ``F`` and of tensors; the numbers are drawn by NumPy from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Case = tuple[Callable[..., Any], list[np.ndarray[Any, Any]]]
CASES: dict[str, Case] = {}
# One ulp more or less in the sums of the largest cases.
LOOSE = {"conv2d_channels": 1e-5}


def draw(*shape: int) -> np.ndarray[Any, Any]:
    """Numbers that depend on the shape alone."""
    return np.random.RandomState(sum(shape) * 31 + len(shape)).randn(*shape).astype(np.float32)


def other(*shape: int) -> np.ndarray[Any, Any]:
    """Other numbers of the same shape."""
    return np.random.RandomState(sum(shape) * 31 + len(shape) + 1000).randn(*shape).astype(np.float32)


def share(*shape: int) -> np.ndarray[Any, Any]:
    """Numbers between 0 and 1."""
    return np.random.RandomState(sum(shape) + 7).uniform(0.05, 0.95, shape).astype(np.float32)


def labels(classes: int, *shape: int) -> np.ndarray[Any, Any]:
    return np.random.RandomState(classes).randint(0, classes, shape)


def case(name: str, program: Callable[..., Any], *arrays: np.ndarray[Any, Any]) -> None:
    assert name not in CASES
    CASES[name] = (program, list(arrays))


# Activations at their kinks and at values where naive formulas overflow.
KINKS = np.array(
    [-100, -30, -6, -3, -1.5, -1, -0.5, -0.1, -0.0, 0.0, 0.1, 0.5, 1, 1.5, 3, 6, 25, 100, np.nan], np.float32
)
for name in (
    "relu relu6 leaky_relu elu selu celu gelu silu mish hardtanh hardswish hardsigmoid softplus softsign logsigmoid "
    "tanhshrink softshrink hardshrink sigmoid tanh"
).split():
    case(name, lambda F, x, name=name: getattr(F, name)(x), KINKS)
case("gelu_tanh", lambda F, x: F.gelu(x, approximate="tanh"), KINKS)
case("elu_alpha", lambda F, x: F.elu(x, 0.5), KINKS)
case("celu_alpha", lambda F, x: F.celu(x, 2.0), KINKS)
case("threshold", lambda F, x: F.threshold(x, 0.5, -2.0), KINKS)
case("softplus_beta", lambda F, x: F.softplus(x, 2.0, 5.0), KINKS)
case("prelu", lambda F, x, w: F.prelu(x, w), draw(2, 3, 4), draw(3))
case("prelu_one", lambda F, x, w: F.prelu(x, w), draw(5), draw(1))
case("glu", lambda F, x: F.glu(x, 1), draw(2, 4, 3))
case("rrelu_eval", lambda F, x: F.rrelu(x), draw(5))
for name in ("softmax", "log_softmax", "softmin"):
    case(name, lambda F, x, name=name: getattr(F, name)(x, -1), draw(3, 4))
    case(name + "_first", lambda F, x, name=name: getattr(F, name)(x, 0), draw(3, 4, 2))
case("log_softmax_large", lambda F, x: F.log_softmax(x, 0), np.array([1e4, -1e4, 3.0], np.float32))

# Linear maps.
W, B = draw(5, 4), draw(5)
for n, shape in enumerate([(4,), (3, 4), (2, 3, 4), (2, 2, 3, 4)], 1):
    case(f"linear{n}", lambda F, x, w: F.linear(x, w), draw(*shape), W)
    case(f"linear{n}_bias", lambda F, x, w, b: F.linear(x, w, b), draw(*shape), W, B)
case("bilinear", lambda F, a, b, w, c: F.bilinear(a, b, w, c), draw(3, 4), draw(3, 2), draw(5, 4, 2), B)

# Convolutions: few products per output and many, strides, padding, dilation, groups, without batch.
case("conv1d", lambda F, x, w, b: F.conv1d(x, w, b, 2, 1), draw(2, 3, 9), draw(4, 3, 3), draw(4))
case("conv1d_few", lambda F, x, w: F.conv1d(x, w, None, 1, 2, 2), draw(2, 2, 9), draw(4, 2, 3))
case("conv2d", lambda F, x, w, b: F.conv2d(x, w, b, padding=2), draw(2, 1, 8, 8), draw(4, 1, 5, 5), draw(4))
case(
    "conv2d_channels",
    lambda F, x, w, b: F.conv2d(x, w, b, (2, 1), (1, 0)),
    draw(2, 8, 9, 8),
    draw(6, 8, 3, 3),
    draw(6),
)
case(
    "conv2d_dilated",
    lambda F, x, w: F.conv2d(x, w, dilation=2, padding="same"),
    draw(2, 3, 7, 7),
    draw(4, 3, 3, 3),
)
case("conv2d_groups", lambda F, x, w: F.conv2d(x, w, groups=2), draw(2, 8, 6, 6), draw(4, 4, 3, 3))
case(
    "conv2d_depthwise",
    lambda F, x, w, b: F.conv2d(x, w, b, padding=1, groups=4),
    draw(2, 4, 6, 5),
    draw(4, 1, 3, 3),
    draw(4),
)
case("conv2d_multiplier", lambda F, x, w: F.conv2d(x, w, groups=3), draw(2, 3, 6, 5), draw(6, 1, 3, 3))
case(
    "conv2d_many",
    lambda F, x, w, b: F.conv2d(x, w, b, padding=1),
    draw(2, 3, 7, 6),
    draw(16, 3, 3, 3),
    draw(16),
)
case("conv2d_unbatched", lambda F, x, w: F.conv2d(x, w), draw(3, 6, 6), draw(4, 3, 3, 3))
case("conv2d_valid", lambda F, x, w: F.conv2d(x, w, padding="valid"), draw(1, 3, 6, 6), draw(4, 3, 3, 3))
case("conv3d", lambda F, x, w: F.conv3d(x, w, padding=1), draw(1, 2, 4, 4, 4), draw(3, 2, 3, 3, 3))
case(
    "conv_transpose1d",
    lambda F, x, w, b: F.conv_transpose1d(x, w, b, 2, 1, 1),
    draw(2, 3, 5),
    draw(3, 4, 3),
    draw(4),
)
case(
    "conv_transpose2d",
    lambda F, x, w: F.conv_transpose2d(x, w, None, 2, 1),
    draw(2, 3, 4, 4),
    draw(3, 4, 4, 4),
)
case(
    "conv_transpose2d_groups",
    lambda F, x, w: F.conv_transpose2d(x, w, None, 2, 1, 1, 2, 2),
    draw(2, 4, 4, 4),
    draw(4, 3, 3, 3),
)
case("conv_transpose3d", lambda F, x, w: F.conv_transpose3d(x, w), draw(1, 2, 3, 3, 3), draw(2, 2, 2, 2, 2))

# Pooling, with ties: after ReLU many maxima are equal, and the first one gets the gradient.
TIED = np.maximum(np.round(draw(2, 3, 8, 8)), 0)
case("max_pool1d", lambda F, x: F.max_pool1d(x, 2), draw(2, 3, 8))
case("max_pool2d", lambda F, x: F.max_pool2d(x, 2), TIED)
case("max_pool2d_odd", lambda F, x: F.max_pool2d(x, 2), TIED[..., :7, :5].copy())
case("max_pool2d_overlap", lambda F, x: F.max_pool2d(x, 3, 2, 1), TIED)
case("max_pool2d_ceil", lambda F, x: F.max_pool2d(x, 3, 2, 0, 1, True), TIED)
case("max_pool2d_dilated", lambda F, x: F.max_pool2d(x, 2, 1, 0, 2), TIED)
case("max_pool2d_large", lambda F, x: F.max_pool2d(x, 5, 3), TIED)
case("max_pool2d_unbatched", lambda F, x: F.max_pool2d(x, 2), TIED[0])
case("max_pool2d_indices", lambda F, x: F.max_pool2d(x, 3, 2, 1, return_indices=True), TIED)
case("max_pool3d", lambda F, x: F.max_pool3d(x, 2), draw(1, 2, 4, 4, 4))
case("avg_pool1d", lambda F, x: F.avg_pool1d(x, 3, 2, 1), draw(2, 3, 8))
case("avg_pool2d", lambda F, x: F.avg_pool2d(x, 2), draw(2, 3, 8, 8))
case("avg_pool2d_pad", lambda F, x: F.avg_pool2d(x, 3, 2, 1, True, False), draw(2, 3, 8, 8))
case("avg_pool2d_ceil", lambda F, x: F.avg_pool2d(x, 3, 2, 1, True), draw(2, 3, 8, 8))
case("avg_pool2d_large", lambda F, x: F.avg_pool2d(x, 5, 1, divisor_override=3), draw(2, 3, 8, 8))
case("avg_pool3d", lambda F, x: F.avg_pool3d(x, 2), draw(1, 2, 4, 4, 4))
case("adaptive_avg_pool1d", lambda F, x: F.adaptive_avg_pool1d(x, 3), draw(2, 3, 8))
case("adaptive_avg_pool2d", lambda F, x: F.adaptive_avg_pool2d(x, (3, 2)), draw(2, 3, 8, 8))
case("adaptive_avg_pool2d_one", lambda F, x: F.adaptive_avg_pool2d(x, 1), draw(2, 3, 8, 8))
case("adaptive_avg_pool2d_none", lambda F, x: F.adaptive_avg_pool2d(x, (None, 4)), draw(2, 3, 8, 8))
case("adaptive_avg_pool3d", lambda F, x: F.adaptive_avg_pool3d(x, 2), draw(1, 2, 4, 4, 4))
case("adaptive_max_pool1d", lambda F, x: F.adaptive_max_pool1d(x, 3, True), draw(2, 3, 8))
case("adaptive_max_pool2d", lambda F, x: F.adaptive_max_pool2d(x, (3, 5), True), draw(2, 3, 8, 7))
case("adaptive_max_pool2d_even", lambda F, x: F.adaptive_max_pool2d(x, 2), TIED)
case("lp_pool2d", lambda F, x: F.lp_pool2d(x, 2, 2), draw(2, 3, 4, 4))
case(
    "max_unpool2d", lambda F, x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), draw(2, 3, 4, 4)
)

# Normalisation.
case(
    "batch_norm",
    lambda F, x, w, b: F.batch_norm(x, None, None, w, b, True),
    draw(4, 3, 5, 5),
    draw(3),
    other(3),
)
case("batch_norm_plain", lambda F, x: F.batch_norm(x, None, None, training=True), draw(6, 3))
case(
    "batch_norm_eval",
    lambda F, x, w, b, m, v: F.batch_norm(x, m.detach(), v.detach(), w, b),
    draw(4, 3, 5),
    draw(3),
    other(3),
    draw(3),
    share(3),
)
case("layer_norm", lambda F, x, w, b: F.layer_norm(x, (4, 5), w, b), draw(3, 4, 5), draw(4, 5), other(4, 5))
case("layer_norm_plain", lambda F, x: F.layer_norm(x, (5,)), draw(3, 4, 5))
case("group_norm", lambda F, x, w, b: F.group_norm(x, 2, w, b), draw(2, 4, 3, 3), draw(4), other(4))
case(
    "instance_norm", lambda F, x, w, b: F.instance_norm(x, weight=w, bias=b), draw(2, 4, 5), draw(4), other(4)
)
case("rms_norm", lambda F, x, w: F.rms_norm(x, (5,), w), draw(3, 5), draw(5))
case("normalize", lambda F, x: F.normalize(x), np.concatenate([draw(3, 4), np.zeros((1, 4), np.float32)]))
case("normalize_one", lambda F, x: F.normalize(x, 1.0, -1), draw(3, 4))
case("local_response_norm", lambda F, x: F.local_response_norm(x, 3, 0.1), draw(2, 5, 3))

# Look-ups.
case("embedding", lambda F, i, w: F.embedding(i, w), labels(5, 2, 4), draw(5, 3))
case("embedding_padding", lambda F, i, w: F.embedding(i, w, padding_idx=-2), labels(5, 2, 4), draw(5, 3))
case(
    "embedding_by_freq",
    lambda F, i, w: F.embedding(i, w, scale_grad_by_freq=True),
    labels(5, 2, 4),
    draw(5, 3),
)
case("one_hot", lambda F, i: F.one_hot(i, 6), labels(5, 2, 3))
case("one_hot_inferred", lambda F, i: F.one_hot(i), labels(5, 2, 3))
for mode in ("sum", "mean", "max"):
    case(
        f"embedding_bag_{mode}",
        lambda F, i, w, o, mode=mode: F.embedding_bag(i, w, o, mode=mode),
        labels(5, 6),
        draw(5, 3),
        np.array([0, 2, 2]),
    )

# Losses, in all reductions.
X, Y, T = draw(4, 3), other(4, 3), labels(3, 4)
IGNORED = np.array([0, -100, 2, 1])
for how in ("none", "mean", "sum"):
    for name in ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"):
        case(
            f"{name}_{how}",
            lambda F, x, y, name=name, how=how: getattr(F, name)(x, y, reduction=how),
            np.append(X, Y[:1], 0),
            np.append(Y, Y[:1], 0),
        )
    case(
        f"nll_loss_{how}",
        lambda F, x, t, w, how=how: F.nll_loss(x, t, w.detach(), reduction=how),
        X,
        T,
        share(3),
    )
    case(f"nll_loss_ignored_{how}", lambda F, x, t, how=how: F.nll_loss(x, t, reduction=how), X, IGNORED)
    case(
        f"nll_loss_2d_{how}",
        lambda F, x, t, how=how: F.nll_loss(x, t, ignore_index=1, reduction=how),
        draw(2, 3, 4, 2),
        labels(3, 2, 4, 2),
    )
    case(
        f"nll_loss_3_{how}",
        lambda F, x, t, how=how: F.nll_loss(x, t, reduction=how),
        draw(2, 3, 4),
        labels(3, 2, 4),
    )
    case(f"cross_entropy_{how}", lambda F, x, t, how=how: F.cross_entropy(x, t, reduction=how), 9 * X, T)
    case(
        f"cross_entropy_weight_{how}",
        lambda F, x, t, w, how=how: F.cross_entropy(x, t, w.detach(), reduction=how),
        X,
        IGNORED,
        share(3),
    )
    case(
        f"cross_entropy_2d_{how}",
        lambda F, x, t, how=how: F.cross_entropy(x, t, reduction=how),
        draw(2, 3, 4, 2),
        labels(3, 2, 4, 2),
    )
    case(
        f"cross_entropy_one_{how}",
        lambda F, x, t, how=how: F.cross_entropy(x, t, reduction=how),
        draw(3),
        labels(3),
    )
    case(
        f"cross_entropy_smooth_{how}",
        lambda F, x, t, w, how=how: F.cross_entropy(x, t, w.detach(), reduction=how, label_smoothing=0.1),
        X,
        IGNORED,
        share(3),
    )
    case(
        f"cross_entropy_soft_{how}",
        lambda F, x, y, w, how=how: F.cross_entropy(x, y, w.detach(), reduction=how, label_smoothing=0.2),
        X,
        share(4, 3),
        share(3),
    )
    case(
        f"binary_cross_entropy_{how}",
        lambda F, x, y, w, how=how: F.binary_cross_entropy(x, y, w.detach(), reduction=how),
        share(4, 3),
        share(3, 3)[:1].repeat(4, 0),
        share(3),
    )
    case(
        f"binary_cross_entropy_with_logits_{how}",
        lambda F, x, y, w, how=how: F.binary_cross_entropy_with_logits(
            x, y, w.detach(), reduction=how, pos_weight=w.detach()
        ),
        40 * X,
        share(4, 3),
        share(3),
    )
    case(
        f"kl_div_{how}",
        lambda F, x, y, how=how: F.kl_div(x, y.detach(), reduction=how),
        X,
        share(4, 3) - share(4, 3).min(),
    )
    case(f"kl_div_log_{how}", lambda F, x, y, how=how: F.kl_div(x, y, reduction=how, log_target=True), X, Y)
    case(
        f"poisson_nll_loss_{how}",
        lambda F, x, y, how=how: F.poisson_nll_loss(x, y.detach(), full=True, reduction=how),
        X,
        np.abs(3 * Y),
    )
    case(
        f"gaussian_nll_loss_{how}",
        lambda F, x, y, v, how=how: F.gaussian_nll_loss(x, y, v, full=True, reduction=how),
        X,
        Y,
        share(4, 3),
    )
    sign = np.sign(Y)
    case(
        f"hinge_embedding_loss_{how}",
        lambda F, x, y, how=how: F.hinge_embedding_loss(x, y.detach(), reduction=how),
        X,
        sign,
    )
    case(
        f"margin_ranking_loss_{how}",
        lambda F, a, b, y, how=how: F.margin_ranking_loss(a, b, y.detach(), 0.1, reduction=how),
        X,
        Y,
        sign,
    )
    case(
        f"cosine_embedding_loss_{how}",
        lambda F, a, b, y, how=how: F.cosine_embedding_loss(a, b, y.detach(), reduction=how),
        X,
        Y,
        sign[:, 0],
    )
    case(
        f"triplet_margin_loss_{how}",
        lambda F, a, b, c, how=how: F.triplet_margin_loss(a, b, c, swap=True, reduction=how),
        X,
        Y,
        X[::-1].copy(),
    )
    case(
        f"triplet_margin_with_distance_loss_{how}",
        lambda F, a, b, c, how=how: F.triplet_margin_with_distance_loss(a, b, c, reduction=how),
        X,
        Y,
        X[::-1].copy(),
    )
    case(
        f"soft_margin_loss_{how}",
        lambda F, x, y, how=how: F.soft_margin_loss(x, y.detach(), reduction=how),
        X,
        sign,
    )
    case(
        f"multilabel_soft_margin_loss_{how}",
        lambda F, x, y, how=how: F.multilabel_soft_margin_loss(x, y.detach(), reduction=how),
        X,
        (sign > 0).astype(np.float32),
    )
    case(
        f"multilabel_margin_loss_{how}",
        lambda F, x, t, how=how: F.multilabel_margin_loss(x, t, reduction=how),
        X,
        np.array([[0, -1, 1], [2, 1, -1], [-1, 0, 1], [0, 1, 2]]),
    )
    case(
        f"multi_margin_loss_{how}",
        lambda F, x, t, how=how: F.multi_margin_loss(x, t, 2, 0.5, reduction=how),
        X,
        T,
    )
case("smooth_l1_loss_beta", lambda F, x, y: F.smooth_l1_loss(x, y, beta=0.3), X, Y)
case("huber_loss_delta", lambda F, x, y: F.huber_loss(x, y, delta=0.3), X, Y)
case("mse_loss_weight", lambda F, x, y, w: F.mse_loss(x, y, weight=w.detach()), X, Y, share(4, 3))
case("kl_div_batchmean", lambda F, x, y: F.kl_div(x, y.detach(), reduction="batchmean"), X, share(4, 3))
case("cross_entropy_all_ignored", lambda F, x, t: F.cross_entropy(x, t), X, np.full(4, -100))
case(
    "binary_cross_entropy_ends",
    lambda F, x, y: F.binary_cross_entropy(x, y.detach()),
    np.array([0, 1, 0, 1, 0.5], np.float32),
    np.array([0, 1, 1, 0, 1], np.float32),
)
case(
    "poisson_nll_loss_rate", lambda F, x, y: F.poisson_nll_loss(x, y.detach(), False), share(4, 3), np.abs(Y)
)
case("cosine_similarity", lambda F, a, b: F.cosine_similarity(a, b), X, Y)
case("cosine_similarity_broadcast", lambda F, a, b: F.cosine_similarity(a, b, -1), X[:, None], Y[None])
case("pairwise_distance", lambda F, a, b: F.pairwise_distance(a, b), X, Y)
case("pairwise_distance_one", lambda F, a, b: F.pairwise_distance(a, b, 1.0, keepdim=True), X, Y)

# Padding, resizing, rearranging.
P = draw(2, 3, 4, 5)
case("pad", lambda F, x: F.pad(x, (1, -2, 0, 2)), P)
case("pad_value", lambda F, x: F.pad(x, (1, 1), value=2.5), P)
for mode in ("reflect", "replicate", "circular"):
    case(f"pad_{mode}", lambda F, x, mode=mode: F.pad(x, (2, 1, 3, 0), mode), P)
    case(f"pad_{mode}_1d", lambda F, x, mode=mode: F.pad(x, (2, 1), mode), P[0])
for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
    case(f"interpolate_{mode}", lambda F, x, mode=mode: F.interpolate(x, scale_factor=2, mode=mode), P)
    case(f"interpolate_{mode}_size", lambda F, x, mode=mode: F.interpolate(x, (7, 3), mode=mode), P)
    case(
        f"interpolate_{mode}_factor",
        lambda F, x, mode=mode: F.interpolate(x, scale_factor=(1.7, 0.6), mode=mode),
        P,
    )
for mode in ("bilinear", "bicubic"):
    case(
        f"interpolate_{mode}_aligned",
        lambda F, x, mode=mode: F.interpolate(x, (7, 3), mode=mode, align_corners=True),
        P,
    )
    case(
        f"interpolate_{mode}_antialias",
        lambda F, x, mode=mode: F.interpolate(x, (2, 3), mode=mode, antialias=True),
        P,
    )
case("interpolate_linear", lambda F, x: F.interpolate(x, 9, mode="linear"), P[0])
case(
    "interpolate_trilinear",
    lambda F, x: F.interpolate(x, (3, 5, 4), mode="trilinear"),
    P[:, :, None].repeat(2, 2),
)
case("unfold", lambda F, x: F.unfold(x, (2, 3), 1, 1, 2), P)
case("fold", lambda F, x: F.fold(x, (4, 5), (2, 3), 1, 0, 1), draw(2, 12, 9))
case("pixel_shuffle", lambda F, x: F.pixel_shuffle(x, 2), draw(2, 8, 3, 2))
case("pixel_unshuffle", lambda F, x: F.pixel_unshuffle(x, 2), draw(2, 2, 4, 6))

# Attention.
Q, K, V = draw(2, 3, 4, 5), other(2, 3, 6, 5), draw(2, 3, 6, 5)
case("attention", lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v), Q, K, V)
case("attention_causal", lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), Q, K, V)
case(
    "attention_mask",
    lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m, scale=0.3),
    Q,
    K,
    V,
    np.tri(4, 6, dtype=bool),
)
case(
    "attention_bias",
    lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m.detach()),
    Q,
    K,
    V,
    draw(4, 6),
)
case("attention_three", lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v), Q[0], K[0], V[0])
case(
    "attention_gqa",
    lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
    draw(2, 4, 4, 5),
    other(2, 2, 6, 5),
    draw(2, 2, 6, 5),
)
