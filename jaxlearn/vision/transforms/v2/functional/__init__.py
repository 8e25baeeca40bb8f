"""The transforms of version 2 as functions, with torchvision's names.

Each takes images (plain tensors, PIL images and :mod:`jaxlearn.vision.tv_tensors`), and where it moves pixels masks,
bounding boxes and keypoints too. https://docs.pytorch.org/vision/stable/transforms.html#functional-transforms
"""

from __future__ import annotations

from jaxlearn.vision.transforms.interpolation import InterpolationMode as InterpolationMode

from ._boxes import clamp_bounding_boxes as clamp_bounding_boxes
from ._boxes import clamp_keypoints as clamp_keypoints
from ._boxes import convert_bounding_box_format as convert_bounding_box_format
from ._color import adjust_brightness as adjust_brightness
from ._color import adjust_contrast as adjust_contrast
from ._color import adjust_gamma as adjust_gamma
from ._color import adjust_hue as adjust_hue
from ._color import adjust_saturation as adjust_saturation
from ._color import adjust_sharpness as adjust_sharpness
from ._color import autocontrast as autocontrast
from ._color import equalize as equalize
from ._color import grayscale_to_rgb as grayscale_to_rgb
from ._color import invert as invert
from ._color import permute_channels as permute_channels
from ._color import posterize as posterize
from ._color import rgb_to_grayscale as rgb_to_grayscale
from ._color import solarize as solarize
from ._color import to_grayscale as to_grayscale
from ._convert import pil_to_tensor as pil_to_tensor
from ._convert import to_image as to_image
from ._convert import to_pil_image as to_pil_image
from ._convert import to_tensor as to_tensor
from ._dispatch import is_pure_tensor as is_pure_tensor
from ._dispatch import register_kernel as register_kernel
from ._geometry import center_crop as center_crop
from ._geometry import crop as crop
from ._geometry import five_crop as five_crop
from ._geometry import horizontal_flip as horizontal_flip
from ._geometry import pad as pad
from ._geometry import resize as resize
from ._geometry import resized_crop as resized_crop
from ._geometry import ten_crop as ten_crop
from ._geometry import vertical_flip as vertical_flip
from ._meta import get_dimensions as get_dimensions
from ._meta import get_num_channels as get_num_channels
from ._meta import get_num_frames as get_num_frames
from ._meta import get_size as get_size
from ._misc import convert_image_dtype as convert_image_dtype
from ._misc import erase as erase
from ._misc import gaussian_blur as gaussian_blur
from ._misc import gaussian_noise as gaussian_noise
from ._misc import jpeg as jpeg
from ._misc import normalize as normalize
from ._misc import to_dtype as to_dtype
from ._misc import uniform_temporal_subsample as uniform_temporal_subsample
from ._sanitize import sanitize_bounding_boxes as sanitize_bounding_boxes
from ._sanitize import sanitize_keypoints as sanitize_keypoints
from ._warp import affine as affine
from ._warp import elastic as elastic
from ._warp import perspective as perspective
from ._warp import rotate as rotate

hflip = horizontal_flip
vflip = vertical_flip
get_image_size = get_size
get_image_num_channels = get_num_channels

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "adjust_sharpness",
    "affine",
    "autocontrast",
    "center_crop",
    "clamp_bounding_boxes",
    "clamp_keypoints",
    "convert_bounding_box_format",
    "convert_image_dtype",
    "crop",
    "elastic",
    "equalize",
    "erase",
    "five_crop",
    "gaussian_blur",
    "gaussian_noise",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "get_num_channels",
    "get_num_frames",
    "get_size",
    "grayscale_to_rgb",
    "hflip",
    "horizontal_flip",
    "invert",
    "is_pure_tensor",
    "jpeg",
    "normalize",
    "pad",
    "permute_channels",
    "perspective",
    "pil_to_tensor",
    "posterize",
    "register_kernel",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "sanitize_bounding_boxes",
    "sanitize_keypoints",
    "solarize",
    "ten_crop",
    "to_dtype",
    "to_grayscale",
    "to_image",
    "to_pil_image",
    "to_tensor",
    "uniform_temporal_subsample",
    "vertical_flip",
    "vflip",
]
