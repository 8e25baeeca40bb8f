"""Bad arguments of ``nn.functional``: torch's exception types, its wording and its warnings. Nothing is computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import jaxlearn

from .helper import torch

Program = Callable[[Any, Any], Any]


# Each is called with the library and its ``nn.functional``; the message's first line must be torch's.
SAME_MESSAGE: dict[str, Program] = {
    "linear": lambda t, F: F.linear(t.ones(3, 4), t.ones(5, 3)),
    "linear None": lambda t, F: F.linear(t.ones(3, 4), None),
    "avg_pool1d empty": lambda t, F: F.avg_pool1d(t.ones(0, 6), 2),
    "avg_pool2d empty": lambda t, F: F.avg_pool2d(t.ones(2, 0, 6, 6), 2),
    "avg_pool3d empty": lambda t, F: F.avg_pool3d(t.ones(1, 1, 4, 0, 4), 2),
    "lp_pool1d empty": lambda t, F: F.lp_pool1d(t.ones(0, 7), 2, 2),
    "unfold empty": lambda t, F: F.unfold(t.ones(1, 0, 4, 4), 2),
    "fold empty": lambda t, F: F.fold(t.ones(0, 9), 4, 2),
    "fold dims": lambda t, F: F.fold(t.ones(9), 4, 2),
    "max_unpool1d dims": lambda t, F: F.max_unpool1d(t.ones(3), t.zeros(3, dtype=t.int64), 2),
    "max_unpool2d dims": lambda t, F: F.max_unpool2d(t.ones(3, 3), t.zeros(3, 3, dtype=t.int64), 2),
    "soft margin target": lambda t, F: F.soft_margin_loss(t.ones(2), t.ones(2, requires_grad=True)),
    "multilabel target": lambda t, F: F.multilabel_margin_loss(t.ones(3), t.tensor([3, 0, 1])),
    "ctc empty": lambda t, F: F.ctc_loss(t.ones(0, 3, 5), t.ones(3, 4).long(), (5, 5, 5), (1, 1, 1)),
    "ctc lengths": lambda t, F: F.ctc_loss(t.ones(3, 5), t.ones(3, 4).long(), (5, 5, 5), (1, 1, 1)),
    "ctc too long": lambda t, F: F.ctc_loss(t.ones(4, 3, 5), t.ones(3, 4).long(), (5, 5, 5), (1, 1, 1)),
    "embedding_bag no last offset": lambda t, F: F.embedding_bag(
        t.zeros(0).long(), t.ones(3, 2), t.zeros(0).long(), include_last_offset=True
    ),
    "linear 3-D": lambda t, F: F.linear(t.ones(2, 3, 4), t.ones(5, 3)),
    "linear bias": lambda t, F: F.linear(t.ones(3, 4), t.ones(5, 4), t.ones(6)),
    "linear dtype": lambda t, F: F.linear(t.ones(3, 4).double(), t.ones(5, 4)),
    "linear 0-D": lambda t, F: F.linear(t.ones(()), t.ones(5, 4)),
    "bilinear": lambda t, F: F.bilinear(t.ones(3, 4), t.ones(3, 3), t.ones(5, 4, 2)),
    "conv2d dims": lambda t, F: F.conv2d(t.ones(2, 3), t.ones(4, 3, 3, 3)),
    "conv1d dims": lambda t, F: F.conv1d(t.ones(2), t.ones(4, 3, 3)),
    "conv2d channels": lambda t, F: F.conv2d(t.ones(1, 3, 28, 28), t.ones(6, 1, 5, 5)),
    "conv2d kernel": lambda t, F: F.conv2d(t.ones(1, 1, 2, 2), t.ones(6, 1, 5, 5)),
    "conv2d groups": lambda t, F: F.conv2d(t.ones(1, 4, 8, 8), t.ones(6, 2, 5, 5), groups=4),
    "conv2d no groups": lambda t, F: F.conv2d(t.ones(1, 4, 8, 8), t.ones(6, 2, 5, 5), groups=0),
    "conv2d dtype": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8).double(), t.ones(6, 1, 5, 5)),
    "conv2d bias": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), t.ones(5)),
    "conv2d bias dtype": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), t.ones(6).double()),
    "conv2d stride": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), stride=0),
    "conv2d strides": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), stride=(1, 1, 1)),
    "conv2d padding": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), padding=-1),
    "conv2d same": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), padding="same", stride=2),
    "conv2d word": lambda t, F: F.conv2d(t.ones(1, 1, 8, 8), t.ones(6, 1, 5, 5), padding="foo"),
    "conv_transpose2d channels": lambda t, F: F.conv_transpose2d(t.ones(1, 3, 8, 8), t.ones(4, 3, 3, 3)),
    "conv_transpose2d output": lambda t, F: F.conv_transpose2d(t.ones(1, 3, 8, 8), t.ones(3, 4, 3, 3), None, 1, 0, 1),
    "max_pool2d dims": lambda t, F: F.max_pool2d(t.ones(2, 3), 2),
    "max_pool2d small": lambda t, F: F.max_pool2d(t.ones(2, 3, 1, 1), 2),
    "max_pool2d padding": lambda t, F: F.max_pool2d(t.ones(2, 3, 8, 8), 2, padding=2),
    "max_pool2d stride": lambda t, F: F.max_pool2d(t.ones(2, 3, 8, 8), 2, 0),
    "max_pool2d kernel": lambda t, F: F.max_pool2d(t.ones(2, 3, 8, 8), (2, 2, 2)),
    "max_pool2d empty": lambda t, F: F.max_pool2d(t.ones(2, 3, 0, 8), 2),
    "max_pool1d dims": lambda t, F: F.max_pool1d(t.ones(2, 3, 8, 8), 2),
    "max_pool1d small": lambda t, F: F.max_pool1d(t.ones(2, 3, 8), 9),
    "max_pool1d padding": lambda t, F: F.max_pool1d(t.ones(2, 3, 8), 2, padding=2),
    "avg_pool2d dims": lambda t, F: F.avg_pool2d(t.ones(2, 3), 2),
    "avg_pool2d divisor": lambda t, F: F.avg_pool2d(t.ones(2, 3, 8, 8), 2, divisor_override=0),
    "adaptive_avg_pool2d dims": lambda t, F: F.adaptive_avg_pool2d(t.ones(2, 3), 2),
    "adaptive_avg_pool2d size": lambda t, F: F.adaptive_avg_pool2d(t.ones(2, 3, 4, 4), (1, 2, 3)),
    "adaptive_avg_pool2d negative": lambda t, F: F.adaptive_avg_pool2d(t.ones(2, 3, 4, 4), -1),
    "adaptive_max_pool2d dims": lambda t, F: F.adaptive_max_pool2d(t.ones(2, 3), 2),
    "batch_norm one": lambda t, F: F.batch_norm(t.ones(1, 3), None, None, training=True),
    "batch_norm none": lambda t, F: F.batch_norm(t.ones(2, 3), None, None),
    "batch_norm size": lambda t, F: F.batch_norm(t.ones(2, 3), t.ones(4), t.ones(4)),
    "batch_norm weight": lambda t, F: F.batch_norm(t.ones(2, 3), t.ones(3), t.ones(3), t.ones(4)),
    "layer_norm": lambda t, F: F.layer_norm(t.ones(2, 3), (4,)),
    "layer_norm weight": lambda t, F: F.layer_norm(t.ones(2, 3), (3,), t.ones(4)),
    "layer_norm none": lambda t, F: F.layer_norm(t.ones(2, 3), ()),
    "layer_norm dtype": lambda t, F: F.layer_norm(t.ones(2, 3), (3,), t.ones(3).double()),
    "group_norm": lambda t, F: F.group_norm(t.ones(2, 3, 4), 2),
    "group_norm one": lambda t, F: F.group_norm(t.ones(1, 2), 2),
    "group_norm weight": lambda t, F: F.group_norm(t.ones(2, 4, 4), 2, t.ones(3)),
    "instance_norm one": lambda t, F: F.instance_norm(t.ones(2, 3, 1)),
    "rms_norm": lambda t, F: F.rms_norm(t.ones(2, 3), (4,)),
    "embedding range": lambda t, F: F.embedding(t.tensor([5]), t.ones(5, 3)),
    "embedding negative": lambda t, F: F.embedding(t.tensor([-1]), t.ones(5, 3)),
    "embedding float": lambda t, F: F.embedding(t.ones(2), t.ones(5, 3)),
    "embedding padding": lambda t, F: F.embedding(t.tensor([1]), t.ones(5, 3), padding_idx=5),
    "embedding weight": lambda t, F: F.embedding(t.tensor([1]), t.ones(5)),
    "embedding list": lambda t, F: F.embedding([1], t.ones(5, 2)),
    "one_hot range": lambda t, F: F.one_hot(t.tensor([1, 5]), 3),
    "one_hot negative": lambda t, F: F.one_hot(t.tensor([-1])),
    "one_hot float": lambda t, F: F.one_hot(t.ones(2)),
    "dropout p": lambda t, F: F.dropout(t.ones(2), 1.5),
    "dropout1d dims": lambda t, F: F.dropout1d(t.ones(2)),
    "dropout integer": lambda t, F: F.dropout(t.ones(3).long()),
    "relu bool": lambda t, F: F.relu(t.tensor([True])),
    "relu list": lambda t, F: F.relu([1.0]),
    "elu integer": lambda t, F: F.elu(t.tensor([1])),
    "gelu word": lambda t, F: F.gelu(t.ones(2), approximate="foo"),
    "hardtanh": lambda t, F: F.hardtanh(t.ones(2), 1, -1),
    "glu odd": lambda t, F: F.glu(t.ones(3)),
    "prelu": lambda t, F: F.prelu(t.ones(2, 3), t.ones(2)),
    "softshrink": lambda t, F: F.softshrink(t.ones(2), -1),
    "softmax dim": lambda t, F: F.softmax(t.ones(2, 3), 2),
    "softmax integer": lambda t, F: F.softmax(t.tensor([1, 2]), 0),
    "celu": lambda t, F: F.celu(t.ones(2), 0.0),
    "mse reduction": lambda t, F: F.mse_loss(t.ones(4), t.ones(4), reduction="foo"),
    "smooth_l1 beta": lambda t, F: F.smooth_l1_loss(t.ones(4), t.ones(4), beta=-1.0),
    "huber delta": lambda t, F: F.huber_loss(t.ones(4), t.ones(4), delta=0.0),
    "mse weight": lambda t, F: F.mse_loss(t.ones(4), t.ones(4), weight=t.ones(3)),
    "l1 integer": lambda t, F: F.l1_loss(t.tensor([1]), t.tensor([1])),
    "nll batch": lambda t, F: F.nll_loss(t.ones(3, 5), t.tensor([1, 2, 3, 4])),
    "cross_entropy batch": lambda t, F: F.cross_entropy(t.ones(3, 5), t.tensor([1, 2, 3, 4])),
    "cross_entropy class": lambda t, F: F.cross_entropy(t.ones(3, 5), t.tensor([1, 2, 12])),
    "cross_entropy negative": lambda t, F: F.cross_entropy(t.ones(3, 5), t.tensor([1, 2, -1])),
    "cross_entropy float": lambda t, F: F.cross_entropy(t.ones(3, 5), t.ones(3)),
    "cross_entropy int32": lambda t, F: F.cross_entropy(t.ones(3, 5), t.ones(3).int()),
    "cross_entropy weight": lambda t, F: F.cross_entropy(t.ones(3, 5), t.tensor([1, 2, 3]), t.ones(4)),
    "cross_entropy smoothing": lambda t, F: F.cross_entropy(t.ones(3, 5), t.tensor([1, 2, 3]), label_smoothing=2.0),
    "cross_entropy 1-D": lambda t, F: F.cross_entropy(t.ones(5), t.tensor([1, 2])),
    "cross_entropy spatial": lambda t, F: F.cross_entropy(t.ones(2, 3, 4, 4), t.zeros(2, 4, 5).long()),
    "cross_entropy spatial dims": lambda t, F: F.cross_entropy(t.ones(2, 3, 4, 4), t.zeros(2, 4).long()),
    "cross_entropy 3": lambda t, F: F.cross_entropy(t.ones(2, 3, 4), t.zeros(2, 5).long()),
    "cross_entropy integer probabilities": lambda t, F: F.cross_entropy(t.ones(3, 5), t.zeros(3, 5).long()),
    "cross_entropy ignored probabilities": lambda t, F: F.cross_entropy(t.ones(3, 5), t.ones(3, 5), ignore_index=1),
    "nll multi-target": lambda t, F: F.nll_loss(t.ones(3, 5), t.zeros(3, 5).long()),
    "bce size": lambda t, F: F.binary_cross_entropy(t.ones(4, 1), t.ones(4)),
    "bce range": lambda t, F: F.binary_cross_entropy(t.tensor([2.0]), t.ones(1)),
    "bce target range": lambda t, F: F.binary_cross_entropy(t.ones(1), t.tensor([-1.0])),
    "bce dtype": lambda t, F: F.binary_cross_entropy(t.ones(4), t.ones(4).long()),
    "bce logits size": lambda t, F: F.binary_cross_entropy_with_logits(t.ones(4, 1), t.ones(4)),
    "gaussian_nll size": lambda t, F: F.gaussian_nll_loss(t.ones(4), t.ones(4), t.ones(3)),
    "gaussian_nll negative": lambda t, F: F.gaussian_nll_loss(t.ones(4), t.ones(4), -t.ones(4)),
    "margin_ranking dims": lambda t, F: F.margin_ranking_loss(t.ones(4, 1), t.ones(4), t.ones(4)),
    "triplet dims": lambda t, F: F.triplet_margin_loss(t.ones(4, 2), t.ones(4, 2), t.ones(2)),
    "multi_margin": lambda t, F: F.multi_margin_loss(t.ones(3, 5), t.tensor([1, 2])),
    "multi_margin p": lambda t, F: F.multi_margin_loss(t.ones(3, 5), t.tensor([1, 2, 3]), p=3),
    "cosine_similarity": lambda t, F: F.cosine_similarity(t.ones(3, 4), t.ones(3, 5)),
    "pad odd": lambda t, F: F.pad(t.ones(2, 3), (1,)),
    "pad long": lambda t, F: F.pad(t.ones(3), (1, 1, 1, 1)),
    "pad reflect": lambda t, F: F.pad(t.ones(2, 3, 4), (4, 1), "reflect"),
    "pad dims": lambda t, F: F.pad(t.ones(2, 3), (1, 1, 1, 1), "reflect"),
    "pad word": lambda t, F: F.pad(t.ones(2, 3), (1, 1), "foo"),
    "pad circular": lambda t, F: F.pad(t.ones(1, 3, 4), (5, 1), "circular"),
    "interpolate none": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2)),
    "interpolate both": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2), 2, 2),
    "interpolate mode": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2), 2, mode="foo"),
    "interpolate corners": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2), 2, align_corners=True),
    "interpolate linear": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2), 2, mode="linear"),
    "interpolate size": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2), (2, 2, 2)),
    "interpolate zero": lambda t, F: F.interpolate(t.ones(1, 1, 2, 2), 0),
    "unfold small": lambda t, F: F.unfold(t.ones(1, 1, 2, 2), 3),
    "fold": lambda t, F: F.fold(t.ones(1, 5, 4), (3, 3), 2),
    "fold windows": lambda t, F: F.fold(t.ones(1, 4, 5), (3, 3), 2),
    "pixel_shuffle": lambda t, F: F.pixel_shuffle(t.ones(1, 3, 2, 2), 2),
    "pixel_unshuffle": lambda t, F: F.pixel_unshuffle(t.ones(1, 1, 3, 3), 2),
    "channel_shuffle": lambda t, F: F.channel_shuffle(t.ones(1, 3, 2, 2), 2),
    "attention dtype": lambda t, F: F.scaled_dot_product_attention(t.ones(2, 3), t.ones(2, 3).double(), t.ones(2, 3)),
    "attention dims": lambda t, F: F.scaled_dot_product_attention(t.ones(3), t.ones(3), t.ones(3)),
    "attention causal": lambda t, F: F.scaled_dot_product_attention(
        t.ones(1, 2, 3), t.ones(1, 2, 3), t.ones(1, 2, 3), t.ones(2, 2), is_causal=True
    ),
}  # fmt: skip


def raised(library: Any, program: Program) -> Exception:
    with pytest.raises(Exception) as caught:  # its type is compared
        program(library, library.nn.functional)
    return caught.value


@pytest.mark.parametrize("name", SAME_MESSAGE)
def test_same_error(name: str) -> None:
    expected = raised(torch, SAME_MESSAGE[name])
    got = raised(jaxlearn, SAME_MESSAGE[name])
    assert type(got) is type(expected)
    assert str(got).split("\n")[0] == str(expected).split("\n")[0]


SAME_WARNING: dict[str, Program] = {
    "mse size": lambda t, F: F.mse_loss(t.ones(4, 1), t.ones(4)),
    "l1 size": lambda t, F: F.l1_loss(t.ones(4, 1), t.ones(4)),
    "size_average": lambda t, F: F.mse_loss(t.ones(4), t.ones(4), size_average=False),
    "reduce": lambda t, F: F.nll_loss(t.ones(2, 3), t.tensor([0, 1]), reduce=False),
    "elementwise_mean": lambda t, F: F.mse_loss(t.ones(4), t.ones(4), reduction="elementwise_mean"),
    "softmax": lambda t, F: F.softmax(t.ones(2, 3)),
    "log_softmax": lambda t, F: F.log_softmax(t.ones(2, 3)),
    "softmin": lambda t, F: F.softmin(t.ones(2, 3)),
    "kl_div": lambda t, F: F.kl_div(t.ones(2), t.ones(2)),
    "dropout2d": lambda t, F: F.dropout2d(t.ones(2, 3, 4), training=False),
    "dropout3d": lambda t, F: F.dropout3d(t.ones(2), training=False),
    "upsample": lambda t, F: F.upsample(t.ones(1, 1, 2, 2), scale_factor=2),
}


@pytest.mark.parametrize("name", SAME_WARNING)
def test_same_warning(name: str) -> None:
    texts = []
    for library in (torch, jaxlearn):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = SAME_WARNING[name](library, library.nn.functional)
        texts.append([(w.category, str(w.message)) for w in caught])
        texts[-1].append((tuple, str(tuple(result.shape))))
    assert texts[1] == texts[0]
