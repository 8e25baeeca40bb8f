"""Regions of a feature pyramid."""

from __future__ import annotations

import math

import numpy as np

import jaxlearn as torch
from jaxlearn.vision import ops

BOXES = [
    torch.tensor([[10.0, 10.0, 60.0, 70.0], [0.0, 0.0, 250.0, 240.0], [5.0, 30.0, 120.0, 90.0]]),
    torch.tensor([[20.0, 20.0, 235.0, 255.0]]),
]
SIZES = [(256, 256), (240, 256)]


def pyramid(requires_grad=False):
    torch.manual_seed(0)
    return {
        name: torch.rand(2, 3, side, side, requires_grad=requires_grad)
        for name, side in (("0", 64), ("1", 32), ("2", 16), ("pool", 8))
    }


def test_each_region_is_cut_out_of_the_level_of_its_size():
    maps = pyramid()
    pooled = ops.MultiScaleRoIAlign(["0", "1", "2"], 4, 2)(maps, BOXES, SIZES)
    assert pooled.shape == (4, 3, 4, 4)
    row = 0
    for image, boxes in enumerate(BOXES):
        for box in boxes:
            x1, y1, x2, y2 = box.tolist()
            level = math.floor(4 + math.log2(math.sqrt((x2 - x1) * (y2 - y1)) / 224))
            level = min(max(level, 2), 4)
            alone = maps[str(level - 2)][image : image + 1]
            expected = ops.roi_align(alone, [box[None]], 4, 0.5**level, 2)
            np.testing.assert_allclose(pooled[row].numpy(), expected[0].numpy(), rtol=1e-6)
            row += 1


def test_one_level_and_other_scales():
    maps = pyramid()
    one = ops.MultiScaleRoIAlign(["1"], (2, 3), 2)(maps, BOXES, SIZES)
    np.testing.assert_allclose(
        one.numpy(), ops.roi_align(maps["1"], BOXES, (2, 3), 1 / 8, 2).numpy(), rtol=1e-6
    )
    fine = ops.MultiScaleRoIAlign(["0", "1"], 2, 2, canonical_scale=10_000)(maps, BOXES, SIZES)
    np.testing.assert_allclose(fine.numpy(), ops.roi_align(maps["0"], BOXES, 2, 1 / 4, 2).numpy(), rtol=1e-6)


def test_gradients_reach_the_levels_used_and_other_boxes_compile_nothing():
    pool = ops.MultiScaleRoIAlign(["0", "1", "2"], 2, 2)
    for shift in range(3):
        if shift == 2:
            torch.reset_stats()
        maps = pyramid(requires_grad=True)
        boxes = [b * (1 - 0.4 * shift) for b in BOXES]
        pool(maps, boxes, SIZES).sum().backward()
        assert float(maps["0"].grad.sum()) > 0
    assert torch.stats()["compiles"] == 0
    assert maps["pool"].grad is None


def test_text():
    assert repr(ops.MultiScaleRoIAlign(["0"], 7, 2)) == (
        "MultiScaleRoIAlign(featmap_names=['0'], output_size=(7, 7), sampling_ratio=2)"
    )
