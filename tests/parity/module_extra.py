"""Samples of the modules that torch's module database lacks.

An entry is a list of constructor arguments and shapes of the inputs, none for a module that is not called: ``-3,4`` is
an input without gradient, ``i10:3,4`` integers below 10, ``u10,1:3,4`` integers below 10 that differ within each of the
first 1 dimensions, ``o0,2`` the numbers themselves; ``eval`` at the end asks for evaluation mode.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .helper import torch
from .module_samples import Sample

EXTRA: dict[str, list[str]] = {
    "AdaptiveLogSoftmaxWithLoss": [
        "(8, 10, [3, 6]) | 5,8 i10:5",
        "(8, 10, cutoffs=[4], div_value=2.0, head_bias=True) | 5,8 i10:5",
        "(6, 9, [2, 4, 7], 1.5) | 4,6 i9:4",
    ],
    "AlphaDropout": ["() | 3,4 | eval", "(0.0) | 3,4"],
    "ChannelShuffle": ["(2) | 1,4,2,2", "(3) | 2,6,3"],
    "Container": ["(a=nn.Linear(1, 2)) |"],
    "CosineSimilarity": ["() | 3,4 3,4", "(dim=0, eps=1e-4) | 3,4 3,4"],
    "CrossMapLRN2d": ["(3) | 2,5,3,3", "(2, alpha=0.1, beta=0.5, k=2) | 1,4,3,3"],
    "Dropout": ["(0.5) | 3,4 | eval", "(0.0) | 3,4", "(1.0) | 3,4", "(p=0.3, inplace=True) | -3,4 | eval"],
    "Dropout1d": ["(0.5) | 2,3,4 | eval", "(0.0) | 2,3,4", "(1.0) | 3,4"],
    "Dropout2d": ["(0.5) | 2,3,4,4 | eval", "(0.0) | 2,3,4,4", "(1.0) | 2,3,4,4"],
    "Dropout3d": ["(0.5) | 2,3,2,2,2 | eval", "(0.0) | 2,3,2,2,2", "(1.0) | 2,3,2,2,2"],
    "EmbeddingBag": [
        "(10, 3) | i10:4,2",
        "(10, 3, mode='sum', padding_idx=2) | i10:4,5",
        "(10, 3, mode='max', max_norm=1.0) | i10:3,4",
        "(10, 3, mode='sum', include_last_offset=True, scale_grad_by_freq=True) | i10:7 o0,3,3,7",
        "(10, 3, mode='mean', norm_type=1.0, max_norm=0.5) | i10:6 o0,2,4",
        "(10, 3, mode='sum', dtype=torch.float64) | i10:6 o0,2,4",
    ],
    "FeatureAlphaDropout": ["() | 2,3,4 | eval", "(0.0) | 2,3,4"],
    "Flatten": ["() | 2,3,4", "(0, 1) | 2,3,4", "(start_dim=2, end_dim=-1) | 2,3,4,5"],
    "Fold": ["((4, 5), (2, 2)) | 1,4,12", "(6, 3, dilation=1, padding=1, stride=2) | 2,18,9", "(4, 2) | 8,9"],
    "Hardsigmoid": ["() | 3,4", "(inplace=True) | -3,4"],
    "Identity": ["() | 2,3", "(3, unused=1) | 2"],
    "LazyBatchNorm1d": ["() | 4,3", "(momentum=None) | 4,3,5", "(affine=False) | 4,3"],
    "LazyBatchNorm2d": ["() | 4,3,2,2", "(track_running_stats=False) | 4,3,2,2"],
    "LazyBatchNorm3d": ["(eps=1e-3) | 4,3,2,2,2"],
    # With affine=True torch's cannot be called once a state was loaded: num_features stays 0.
    "LazyInstanceNorm1d": [
        "(affine=False) | 4,3,5",
        "(affine=False, track_running_stats=False) | 2,3,5 | eval",
    ],
    "LazyInstanceNorm2d": ["(affine=False) | 4,3,2,2"],
    "LazyInstanceNorm3d": ["(affine=False, momentum=0.5) | 4,3,2,2,2"],
    "LazyLinear": ["(3) | 2,4", "(3, bias=False) | 4", "(2, dtype=torch.float32) | 2,3,4"],
    "MaxUnpool1d": ["(2) | 1,2,3 u6,2:1,2,3", "(2, stride=2) | 2,3 u6,1:2,3"],
    "MaxUnpool2d": ["(2) | 1,2,3,3 u36,2:1,2,3,3", "((2, 2), stride=(2, 2)) | 2,3,2 u24,1:2,3,2"],
    "MaxUnpool3d": ["(2) | 1,2,2,2,2 u64,2:1,2,2,2,2"],
    "Module": ["() |"],
    "ModuleDict": ["() |", "({'a': nn.Linear(1, 2), 'b': nn.ReLU()}) |"],
    "ModuleList": ["() |", "([nn.Linear(1, 2), nn.Linear(1, 2), nn.ReLU()]) |"],
    "NLLLoss2d": ["() |"],
    "PairwiseDistance": ["() | 3,4 3,4", "(1.0, keepdim=True) | 3,4 3,4", "(3, eps=1e-2) | 4 4"],
    "ParameterDict": ["() |", "({'b': nn.Parameter(torch.ones(2)), 'a': torch.ones(1, 3)}) |"],
    "ParameterList": ["() |", "([nn.Parameter(torch.ones(2, 3)), torch.ones(2), 3]) |"],
    "PixelShuffle": ["(2) | 1,4,3,3", "(3) | 2,18,2,2"],
    "PixelUnshuffle": ["(2) | 1,1,4,4", "(3) | 2,2,6,3"],
    "RNNBase": [
        "('LSTM', 3, 4, num_layers=2, bidirectional=True, proj_size=2) |",
        "('GRU', 3, 4, bias=False) |",
    ],
    "RNNCellBase": ["(3, 4, True, 4) |"],
    "RReLU": ["() | 3,4 | eval", "(0.1, 0.1) | 3,4", "(0.2, 0.3, inplace=True) | -3,4 | eval"],
    "Sequential": ["() | 3", "(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2)) | 5,3"],
    "SyncBatchNorm": ["(3) | 4,3,2,2 | eval", "(3, affine=False, momentum=0.3) | 4,3 | eval"],
    "TransformerDecoder": [
        "(nn.TransformerDecoderLayer(4, 2, 8, 0.0), 2) | 3,2,4 5,2,4",
        "(nn.TransformerDecoderLayer(4, 2, 8, 0.0, norm_first=True), 1, nn.LayerNorm(4)) | 2,3,4 5,3,4",
    ],
    "TripletMarginLoss": [
        "() | 3,4 3,4 3,4",
        "(margin=0.5, p=1, swap=True, reduction='sum') | 3,4 3,4 3,4",
        "(reduction='none') | 4 4 4",
    ],
    "TripletMarginWithDistanceLoss": [
        "() | 3,4 3,4 3,4",
        "(distance_function=nn.functional.pairwise_distance, margin=0.3, swap=True, reduction='sum') | 3,4 3,4 3,4",
        "(distance_function=nn.CosineSimilarity(), reduction='none') | 3,4 3,4 3,4",
    ],
    "Unflatten": ["(1, (2, 3)) | 2,6", "(-1, (2, -1)) | 2,3,4"],
    "Unfold": ["((2, 3)) | 1,2,4,5", "(2, dilation=2, padding=1, stride=2) | 2,2,5,5", "(2) | 3,4,4"],
    "Upsample": [
        "(3) | 1,2,4",
        "(scale_factor=2, mode='bilinear', align_corners=True) | 1,2,3,3",
        "(size=(4, 5), mode='bicubic') | 1,2,3,3",
        "(scale_factor=2.5, mode='trilinear', recompute_scale_factor=True) | 1,1,2,3,2",
        "(scale_factor=(2, 3)) | 1,2,3,3",
        "(scale_factor=1.5, mode='linear') | 1,2,5",
    ],
    "UpsamplingBilinear2d": ["(5) | 1,2,3,3", "(scale_factor=2) | 1,2,3,3"],
    "UpsamplingNearest2d": ["(5) | 1,2,3,3", "(scale_factor=(2, 3)) | 1,2,3,3"],
}


def _input(text: str, rng: np.random.Generator) -> Any:
    kind, rest = text[0], text[1:]
    if kind == "i":
        below, _, shape = rest.partition(":")
        return torch.from_numpy(rng.integers(0, int(below), [int(n) for n in shape.split(",")]))
    if kind == "o":
        return torch.tensor([int(n) for n in rest.split(",")])
    if kind == "u":
        limits, _, shape = rest.partition(":")
        below, lead = (int(n) for n in limits.split(","))
        dims = [int(n) for n in shape.split(",")]
        count = math.prod(dims[lead:])
        rows = [rng.permutation(below)[:count] for _ in range(math.prod(dims[:lead]))]
        return torch.from_numpy(np.stack(rows).reshape(dims))
    x = torch.from_numpy(rng.normal(size=[int(n) for n in text.lstrip("-").split(",")]).astype(np.float32))
    return x if kind == "-" else x.requires_grad_()


def extra_samples(name: str) -> list[Sample]:
    """The samples of an entry of EXTRA."""
    found = []
    for text in EXTRA[name]:
        call, inputs, *mode = (part.strip() for part in text.split("|"))
        rng = np.random.default_rng(0)
        tensors = tuple(_input(part, rng) for part in inputs.split()) or None
        found.append(Sample(call, {}, tensors, {}, mode != ["eval"]))
    return found
