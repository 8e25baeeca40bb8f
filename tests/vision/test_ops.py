"""``vision.ops`` against numbers that torchvision 0.28 gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn.vision import ops
from jaxlearn.vision.ops.feature_pyramid_network import LastLevelMaxPool, LastLevelP6P7

pytestmark = pytest.mark.unoptimized

BOXES = [[0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 3.0, 6.0], [2.5, 0.0, 9.0, 2.0]]
OTHERS = [[0.0, 1.0, 4.0, 5.0], [1.0, 1.0, 3.0, 6.0]]


def near(got: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(got.detach().flatten().numpy(), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("box_iou", [0.6, 0.3, 0.444444, 1.0, 0.0545455, 0.0222222]),
        ("generalized_box_iou", [0.6, 0.133333, 0.344444, 1.0, -0.334343, -0.509028]),
        ("distance_box_iou", [0.57561, 0.256731, 0.438347, 1.0, -0.115855, -0.180903]),
        ("complete_box_iou", [0.57561, 0.250971, 0.43125, 1.0, -0.124719, -0.260812]),
    ],
)
def test_overlap_of_each_with_each(name: str, expected: list[float]) -> None:
    near(getattr(ops, name)(torch.tensor(BOXES), torch.tensor(OTHERS)), expected)


@pytest.mark.parametrize(
    ("name", "loss", "gradient"),
    [
        (
            "generalized_box_iou_loss",
            [0.674242, 1.61905],
            [-0.13688, -0.0604913, -0.0112776, -0.159435, 0.0555556, -0.00680272, -0.119048, -0.047619],
        ),
        (
            "distance_box_iou_loss",
            [0.638986, 1.29412],
            [-0.0765991, -0.0921316, -0.0350078, -0.146615, -0.00553633, 0.0131488, -0.0470588, -0.0352941],
        ),
        (
            "complete_box_iou_loss",
            [0.639948, 1.29442],
            [-0.0775804, -0.0911503, -0.0340265, -0.147596, -0.00503901, 0.0129499, -0.0475562, -0.0350952],
        ),
    ],
)
def test_losses_of_overlaps(name: str, loss: list[float], gradient: list[float]) -> None:
    boxes = torch.tensor(BOXES[:2], requires_grad=True)
    result = getattr(ops, name)(boxes, torch.tensor([[1.0, 1.0, 4.0, 6.0], [5.0, 5.0, 7.0, 8.0]]))
    near(result, loss)
    result.sum().backward()
    near(boxes.grad, gradient)
    with pytest.raises(ValueError, match="Supported reduction modes: 'none', 'mean', 'sum'"):
        getattr(ops, name)(boxes, boxes, reduction="max")


def test_formats() -> None:
    boxes = torch.tensor(BOXES)
    for fmt in ("xyxy", "xywh", "cxcywh"):
        converted = ops.box_convert(boxes, "xyxy", fmt)
        near(ops.box_convert(converted, fmt, "xyxy"), [side for box in BOXES for side in box])
        near(ops.box_area(converted, fmt), [16.0, 10.0, 13.0])
        near(ops.box_iou(converted, converted, fmt).diagonal(), [1.0, 1.0, 1.0])
    near(ops.box_convert(boxes[2:], "xyxy", "cxcywh"), [5.75, 1.0, 6.5, 2.0])
    near(ops.box_convert(boxes[2:], "xyxy", "xywh"), [2.5, 0.0, 6.5, 2.0])
    assert ops.box_area(boxes.to(torch.uint8)).dtype == torch.int32
    near(ops.clip_boxes_to_image(boxes, (3, 5)), [0, 0, 4, 3, 1, 1, 3, 3, 2.5, 0, 5, 2])
    assert ops.remove_small_boxes(boxes, 2.5).tolist() == [0]
    masks = torch.stack([torch.eye(4), torch.zeros(4, 4)])
    assert ops.masks_to_boxes(masks).tolist() == [[0.0, 0.0, 3.0, 3.0], [0.0, 0.0, 0.0, 0.0]]
    with pytest.raises(ValueError, match="given in_fmt corners and out_fmt xyxy"):
        ops.box_convert(boxes, "corners", "xyxy")


def test_suppression() -> None:
    rng = np.random.RandomState(0)
    corners = (rng.rand(1100, 2) * 9).astype(np.float32)
    boxes = np.concatenate([corners, corners + 1 + rng.rand(1100, 2).astype(np.float32) * 4], 1)
    scores, labels = rng.rand(1100).astype(np.float32), rng.randint(0, 3, 1100)

    def kept(places: Any, limit: float) -> list[int]:
        """Box by box, with the general definition of overlap."""
        overlap = ops.box_iou(torch.tensor(boxes), torch.tensor(boxes)).numpy()
        result: list[int] = []
        for place in sorted(places, key=lambda place: -scores[place]):
            if all(overlap[place, other] <= limit for other in result):
                result.append(place)
        return result

    arguments = torch.tensor(boxes), torch.tensor(scores), torch.tensor(labels)
    assert ops.nms(*arguments[:2], 0.3).tolist() == kept(range(1100), 0.3)
    for size in (300, 1100):  # classes moved apart, and class by class
        classes = [[place for place in range(size) if labels[place] == label] for label in range(3)]
        chosen = [place for places in classes for place in kept(places, 0.5)]
        expected = sorted(chosen, key=lambda place: -scores[place])
        assert ops.batched_nms(*(part[:size] for part in arguments), 0.5).tolist() == expected
    nothing = torch.zeros(0, 4)
    assert ops.batched_nms(nothing, nothing[:, 0], nothing[:, 0].long(), 0.5).shape == (0,)
    assert ops.nms(nothing, nothing[:, 0], 0.5).dtype == torch.int64
    with pytest.raises(RuntimeError, match="boxes should be a 2d tensor, got 1D"):
        ops.nms(torch.ones(4), torch.ones(1), 0.5)


@pytest.mark.parametrize(
    ("sampling_ratio", "aligned", "second", "gradient"),
    [
        (
            2,
            False,
            [-0.731913, -0.525602, 0.236372, -0.458992, -0.430788, 0.224364, -0.607592, -0.751781],
            [
                -0.000622359,
                0.0541302,
                0.280078,
                0.0416821,
                0.0,
                -0.704993,
                -0.676882,
                0.438588,
                0.0837272,
                0.0,
            ],
        ),
        (
            -1,  # the second region's bins have one sample across, the first one's two
            False,
            [-0.740296, -0.569712, 0.298599, -0.489892, -0.486247, 0.236724, -0.584687, -0.811051],
            [
                -0.000622359,
                0.0541302,
                0.280078,
                0.0416821,
                0.0,
                -0.72801,
                -0.741366,
                0.473597,
                0.0837272,
                0.0,
            ],
        ),
        (
            2,
            True,
            [-0.718504, -0.413018, -0.0662974, -0.455612, -0.0991688, 0.303155, -0.764092, -0.689117],
            [-0.209835, 0.566239, 0.494881, 0.0, 0.0, -1.6953, -0.626005, 0.0782627, 0.0, 0.0],
        ),
    ],
)
def test_roi_align(sampling_ratio: int, aligned: bool, second: list[float], gradient: list[float]) -> None:
    first = {
        False: [-0.00610156, 0.631548, -0.723797, -0.251041, 0.671566, 0.604091, -0.172435, 0.527838],
        True: [0.112085, 0.703156, -0.69089, -0.111352, 0.731116, 0.542661, -0.0326437, 0.623168],
    }
    regions = torch.tensor([[0.0, 0.5, 0.2, 3.1, 2.9], [0.0, -0.5, 1.0, 2.0, 4.5]])
    features = torch.arange(40.0).reshape(1, 2, 4, 5).sin().requires_grad_()
    layer = ops.RoIAlign(2, 0.8, sampling_ratio, aligned)
    got = layer(features, regions)
    near(got, first[aligned] + second)
    got.square().sum().backward()
    near(features.grad.flatten()[:10], gradient)
    near(layer(features, [regions[:, 1:]]), first[aligned] + second)
    if sampling_ratio > 0:
        near(torch.compile(layer)(features.detach(), regions), first[aligned] + second)


def test_roi_align_takes_nothing_from_more_than_a_pixel_outside() -> None:
    regions = [torch.tensor([[-4.0, 0.0, 4.0, 2.0], [9.0, 9.0, 12.0, 12.0]])]
    got = ops.roi_align(torch.ones(1, 1, 4, 5), regions, (1, 4), sampling_ratio=1)
    near(got, [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])


def test_roi_pool() -> None:
    features = torch.arange(20.0).reshape(1, 1, 4, 5).requires_grad_()
    regions = torch.tensor([[0.5, 0.2, 3.1, 2.9], [-2.0, 1.0, 2.0, 9.0], [7.0, 7.0, 9.0, 9.0]])
    pooled = ops.RoIPool((2, 2), 1.0)(features, [regions])
    # Rounded away from 0 at the half; the second one's left and lower parts, and all of the third, are outside.
    near(pooled, [7, 8, 17, 18, 15, 17, 0, 0, 0, 0, 0, 0])
    pooled.sum().backward()
    assert features.grad.sum() == 6 and features.grad[0, 0, 3, 2] == 2


def test_dropping() -> None:
    torch.manual_seed(3)
    near(ops.stochastic_depth(torch.ones(5, 1), 0.4, "row"), [1.666667, 1.666667, 0.0, 1.666667, 0.0])
    torch.manual_seed(3)
    near(ops.StochasticDepth(0.4, "batch")(torch.ones(5, 1)), [1.666667] * 5)
    torch.manual_seed(3)
    near(ops.drop_block2d(torch.ones(1, 2, 5, 4), 0.3, 3), [0.0, 0.0, 0.0, 1.290323] * 3 + [1.290323] * 28)
    torch.manual_seed(3)
    volume = torch.ones(1, 1, 3, 3, 4)
    near(ops.DropBlock3d(0.3, 3, inplace=True)(volume), [0.0, 0.0, 0.0, 4.0] * 9)
    near(volume, [0.0, 0.0, 0.0, 4.0] * 9)
    assert ops.DropBlock3d(0.3, 3).eval()(volume) is volume
    with pytest.raises(ValueError, match=r"block size should be odd\. Got 2 which is even\."):
        ops.drop_block2d(torch.ones(1, 1, 4, 4), 0.5, 2)
    with pytest.raises(ValueError, match="mode has to be either 'batch' or 'row', but got rows"):
        ops.stochastic_depth(torch.ones(2), 0.5, "rows")


def test_pyramid() -> None:
    maps = {"a": torch.ones(1, 2, 4, 4), "b": torch.ones(1, 3, 2, 2)}
    torch.manual_seed(1)
    pyramid = ops.FeaturePyramidNetwork([2, 3], 2, LastLevelMaxPool())
    assert list(pyramid.state_dict())[:2] == ["inner_blocks.0.0.weight", "inner_blocks.0.0.bias"]
    assert [*pyramid(maps)] == ["a", "b", "pool"]
    near(torch.stack([each.sum() for each in pyramid(maps).values()]), [5.07144, 1.13263, -0.229737])
    torch.manual_seed(1)
    pyramid = ops.FeaturePyramidNetwork([2, 3], 2, LastLevelP6P7(3, 2))
    assert [*pyramid(maps)] == ["a", "b", "p6", "p7"]
    near(torch.stack([each.sum() for each in pyramid(maps).values()]), [1.04489, 0.248079, 1.25993, 0.280517])


def test_blocks() -> None:
    torch.manual_seed(2)
    block = ops.Conv2dNormActivation(
        3, 2, (3, 5), 2, dilation=2, norm_layer=None, activation_layer=torch.nn.SiLU
    )
    assert (block[0].padding, block[0].bias is not None, block.out_channels) == ((2, 4), True, 2)
    near(block(torch.ones(1, 3, 6, 6)).sum(), [-0.995181])
    torch.manual_seed(2)
    near(ops.SqueezeExcitation(4, 2)(torch.ones(1, 4, 2, 2)).sum(), [7.7355])
    torch.manual_seed(2)
    mlp = ops.MLP(4, [5, 3], norm_layer=torch.nn.LayerNorm, activation_layer=torch.nn.GELU)
    near(mlp(torch.ones(1, 4)), [-0.596272, 0.204229, 0.0130189])
    near(
        ops.sigmoid_focal_loss(
            torch.tensor([0.3, -1.2, 2.0]), torch.tensor([1.0, 0, 0]), alpha=-1, gamma=1.5
        ),
        [0.153895, 0.029321, 1.75819],
    )


def test_frozen_normalisation_takes_the_trained_ones_state() -> None:
    trained = torch.nn.BatchNorm2d(3)
    with torch.no_grad():
        trained.weight.normal_()
    images = torch.randn(4, 3, 2, 2)
    trained(images)
    frozen = ops.FrozenBatchNorm2d(3)
    assert not list(frozen.parameters())
    assert str(frozen.load_state_dict(trained.state_dict())) == "<All keys matched successfully>"
    near(frozen(images), trained.eval()(images).flatten().tolist())
