"""Layers with inputs for them: the table of the tests of results and gradients.

An entry is a constructor call and the shapes of the inputs: ``p`` stands for probabilities along dimension 1, ``n`` for
an input without gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LAYERS = """
Linear(3, 4) | 2,3
Bilinear(2, 3, 4) | 5,2 5,3
Identity() | 2
Conv1d(2, 4, 3, padding=1, padding_mode="circular") | 2,2,7
Conv2d(4, 6, 3, stride=2, padding=1, groups=2) | 2,4,8,8
Conv2d(2, 3, 3, padding="same", padding_mode="reflect") | 1,2,6,6
Conv3d(1, 2, 2) | 1,1,4,4,4
ConvTranspose1d(4, 2, 3) | 1,4,5
ConvTranspose2d(4, 2, 3, stride=2, output_padding=1, groups=2) | 1,4,4,4
ConvTranspose3d(2, 1, 2) | 1,2,3,3,3
MaxPool1d(2) | 2,3,8
MaxPool2d(3, stride=2, padding=1) | 2,3,8,8
MaxPool3d(2) | 1,2,4,4,4
AvgPool1d(2) | 2,3,8
AvgPool2d(3, stride=2, padding=1, count_include_pad=False) | 2,3,8,8
AvgPool3d(2) | 1,2,4,4,4
LPPool1d(2, 3) | 2,3,9
LPPool2d(2.0, 3) | 1,2,9,9
AdaptiveAvgPool1d(3) | 2,3,8
AdaptiveAvgPool2d((None, 3)) | 2,3,8,8
AdaptiveAvgPool3d(1) | 1,2,4,4,4
AdaptiveMaxPool1d(2) | 2,3,7
AdaptiveMaxPool2d(2) | 2,3,7,7
BatchNorm1d(3) | 4,3
BatchNorm2d(3, momentum=None) | 4,3,5,5
BatchNorm3d(3, affine=False) | 2,3,2,2,2
BatchNorm2d(3, track_running_stats=False) | 4,3,2,2
BatchNorm1d(3).eval() | 4,3
InstanceNorm1d(3, affine=True) | 2,3,5
InstanceNorm2d(3, track_running_stats=True) | 2,3,4,4
LayerNorm((2, 3)) | 4,2,3
GroupNorm(2, 4) | 2,4,5
RMSNorm(4) | 3,4
LocalResponseNorm(2) | 2,4,3
Dropout(0.5).eval() | 3,4
Dropout(0.0) | 3,4
Flatten() | 2,3,4
Unflatten(1, (2, 3)) | 2,6
ReLU() | 3,4
ReLU6() | 3,4
LeakyReLU(0.2) | 3,4
RReLU().eval() | 3,4
ELU(2.0) | 3,4
SELU() | 3,4
CELU() | 3,4
GELU() | 3,4
GELU("tanh") | 3,4
SiLU() | 3,4
Mish() | 3,4
Hardtanh() | 3,4
Hardswish() | 3,4
Hardsigmoid() | 3,4
Hardshrink(0.3) | 3,4
Sigmoid() | 3,4
Tanh() | 3,4
Tanhshrink() | 3,4
Softmax(1) | 3,4
LogSoftmax(1) | 3,4
Softmin(0) | 3,4
Softmax2d() | 1,2,3,4
Softplus(2.0) | 3,4
Softsign() | 3,4
Softshrink() | 3,4
LogSigmoid() | 3,4
PReLU(4) | 3,4
GLU() | 3,4
Threshold(0.1, 20.0) | 3,4
L1Loss() | 3,4 3,4
MSELoss(reduction="sum") | 3,4 3,4
SmoothL1Loss(beta=0.5) | 3,4 3,4
HuberLoss(delta=0.5) | 3,4 3,4
CrossEntropyLoss(label_smoothing=0.1) | 3,4 p3,4
KLDivLoss(log_target=True) | 3,4 3,4
PoissonNLLLoss() | 3,4 3,4
BCEWithLogitsLoss() | 3,4 p3,4
MultiLabelSoftMarginLoss() | 3,4 p3,4
MarginRankingLoss(0.2) | 4 4 n4
TripletMarginLoss() | 3,4 3,4 3,4
SoftMarginLoss() | 3,4 n3,4
ConstantPad1d(1, 2.0) | 1,2,3
ZeroPad2d((1, 2, 0, 1)) | 1,2,3,3
ReflectionPad2d(1) | 1,2,3,3
ReplicationPad3d(1) | 1,1,3,3,3
CircularPad2d(1) | 1,2,3,3
Upsample(scale_factor=2, mode="bilinear", align_corners=True) | 1,2,3,3
UpsamplingNearest2d(5) | 1,2,3,3
PixelShuffle(2) | 1,4,3,3
PixelUnshuffle(2) | 1,1,4,4
ChannelShuffle(2) | 1,4,2,2
CosineSimilarity() | 3,4 3,4
PairwiseDistance() | 3,4 3,4
Unfold((2, 3)) | 1,2,4,5
Fold((4, 5), (2, 2)) | 1,4,12
Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)) | 5,3
""".strip().split("\n")

# Layers whose output comes with states or weights, and those that compute with Tensor methods.
NESTED = [
    [
        "LSTM(3, 4, bidirectional=True) | 5,2,3",
        "GRU(3, 4) | 5,2,3",
        "LSTMCell(3, 4) | 2,3",
        "RNNCell(3, 4) | 2,3",
    ],
    ["MultiheadAttention(4, 2) | 3,2,4 3,2,4 3,2,4", "TransformerEncoderLayer(4, 2, 8, 0.0) | 3,2,4"],
    [
        "TransformerDecoderLayer(4, 2, 8, 0.0) | 3,2,4 5,2,4",
        "CrossMapLRN2d(3) | 1,4,2,2",
        "SyncBatchNorm(3) | 4,3",
        "TripletMarginWithDistanceLoss() | 3,4 3,4 3,4",
    ],
]

GROUPS = [LAYERS[i : i + 16] for i in range(0, len(LAYERS), 16)]


def parts(entry: str) -> tuple[str, list[str]]:
    """The constructor call and the inputs' descriptions."""
    call, _, inputs = entry.partition(" | ")
    return call, inputs.split()


def make(entry: str, library: Any) -> Any:
    """The layer, from the same seed in either library."""
    library.manual_seed(7)
    return eval("nn." + parts(entry)[0], {"nn": library.nn})


def arrays(entry: str) -> list[np.ndarray[Any, Any]]:
    """The inputs, always the same."""
    rng = np.random.default_rng(0)
    found = []
    for description in parts(entry)[1]:
        x = rng.normal(size=[int(n) for n in description.lstrip("pn").split(",")]).astype(np.float32)
        if description[0] == "p":
            x = np.exp(x) / np.exp(x).sum(1, keepdims=True)
        found.append(x)
    return found


def tensors(entry: str, library: Any) -> list[Any]:
    """The inputs as tensors, with gradients unless marked ``n``."""
    return [
        library.from_numpy(x).requires_grad_(not description.startswith("n"))
        for x, description in zip(arrays(entry), parts(entry)[1], strict=True)
    ]
