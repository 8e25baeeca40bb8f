"""Tensors that know what they hold: images, videos, masks, bounding boxes and keypoints.

The transforms of :mod:`jaxlearn.vision.transforms.v2` treat each kind in its own way.
https://docs.pytorch.org/vision/stable/tv_tensors.html
"""

from __future__ import annotations

from ._base import TVTensor as TVTensor
from ._base import set_return_type as set_return_type
from ._base import wrap as wrap
from ._boxes import BoundingBoxes as BoundingBoxes
from ._boxes import BoundingBoxFormat as BoundingBoxFormat
from ._images import Image as Image
from ._images import Mask as Mask
from ._images import Video as Video
from ._keypoints import KeyPoints as KeyPoints

__all__ = [
    "BoundingBoxFormat",
    "BoundingBoxes",
    "Image",
    "KeyPoints",
    "Mask",
    "TVTensor",
    "Video",
    "set_return_type",
    "wrap",
]
