"""What detectors and image models are made of, with torchvision's names.

https://docs.pytorch.org/vision/stable/ops.html
"""

from __future__ import annotations

from .boxes import batched_nms as batched_nms
from .boxes import box_area as box_area
from .boxes import box_convert as box_convert
from .boxes import box_iou as box_iou
from .boxes import clip_boxes_to_image as clip_boxes_to_image
from .boxes import complete_box_iou as complete_box_iou
from .boxes import distance_box_iou as distance_box_iou
from .boxes import generalized_box_iou as generalized_box_iou
from .boxes import masks_to_boxes as masks_to_boxes
from .boxes import nms as nms
from .boxes import remove_small_boxes as remove_small_boxes
from .dropping import DropBlock2d as DropBlock2d
from .dropping import DropBlock3d as DropBlock3d
from .dropping import StochasticDepth as StochasticDepth
from .dropping import drop_block2d as drop_block2d
from .dropping import drop_block3d as drop_block3d
from .dropping import stochastic_depth as stochastic_depth
from .feature_pyramid_network import FeaturePyramidNetwork as FeaturePyramidNetwork
from .losses import complete_box_iou_loss as complete_box_iou_loss
from .losses import distance_box_iou_loss as distance_box_iou_loss
from .losses import generalized_box_iou_loss as generalized_box_iou_loss
from .losses import sigmoid_focal_loss as sigmoid_focal_loss
from .misc import MLP as MLP
from .misc import Conv2dNormActivation as Conv2dNormActivation
from .misc import Conv3dNormActivation as Conv3dNormActivation
from .misc import FrozenBatchNorm2d as FrozenBatchNorm2d
from .misc import Permute as Permute
from .misc import SqueezeExcitation as SqueezeExcitation
from .multi_scale import MultiScaleRoIAlign as MultiScaleRoIAlign
from .regions import RoIAlign as RoIAlign
from .regions import RoIPool as RoIPool
from .regions import roi_align as roi_align
from .regions import roi_pool as roi_pool

__all__ = [
    "MLP",
    "Conv2dNormActivation",
    "Conv3dNormActivation",
    "DropBlock2d",
    "DropBlock3d",
    "FeaturePyramidNetwork",
    "FrozenBatchNorm2d",
    "MultiScaleRoIAlign",
    "Permute",
    "RoIAlign",
    "RoIPool",
    "SqueezeExcitation",
    "StochasticDepth",
    "batched_nms",
    "box_area",
    "box_convert",
    "box_iou",
    "clip_boxes_to_image",
    "complete_box_iou",
    "complete_box_iou_loss",
    "distance_box_iou",
    "distance_box_iou_loss",
    "drop_block2d",
    "drop_block3d",
    "generalized_box_iou",
    "generalized_box_iou_loss",
    "masks_to_boxes",
    "nms",
    "remove_small_boxes",
    "roi_align",
    "roi_pool",
    "sigmoid_focal_loss",
    "stochastic_depth",
]
