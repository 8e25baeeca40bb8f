"""The transforms as functions, with torchvision's names.

https://docs.pytorch.org/vision/stable/transforms.html#functional-transforms
"""

from __future__ import annotations

from ._color import adjust_brightness as adjust_brightness
from ._color import adjust_contrast as adjust_contrast
from ._color import adjust_hue as adjust_hue
from ._color import adjust_saturation as adjust_saturation
from ._color import rgb_to_grayscale as rgb_to_grayscale
from ._color import to_grayscale as to_grayscale
from ._convert import convert_image_dtype as convert_image_dtype
from ._convert import normalize as normalize
from ._convert import pil_to_tensor as pil_to_tensor
from ._convert import to_pil_image as to_pil_image
from ._convert import to_tensor as to_tensor
from ._crop import center_crop as center_crop
from ._crop import crop as crop
from ._crop import five_crop as five_crop
from ._crop import get_dimensions as get_dimensions
from ._crop import get_image_size as get_image_size
from ._crop import hflip as hflip
from ._crop import pad as pad
from ._crop import ten_crop as ten_crop
from ._crop import vflip as vflip
from ._filter import erase as erase
from ._filter import gaussian_blur as gaussian_blur
from ._resample import resize as resize
from ._resample import resized_crop as resized_crop
from ._resample import rotate as rotate
from ._tone import adjust_gamma as adjust_gamma
from ._tone import adjust_sharpness as adjust_sharpness
from ._tone import autocontrast as autocontrast
from ._tone import equalize as equalize
from ._tone import invert as invert
from ._tone import posterize as posterize
from ._tone import solarize as solarize
from ._warp import affine as affine
from ._warp import perspective as perspective
from .interpolation import InterpolationMode as InterpolationMode

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
    "convert_image_dtype",
    "crop",
    "equalize",
    "erase",
    "five_crop",
    "gaussian_blur",
    "get_dimensions",
    "get_image_size",
    "hflip",
    "invert",
    "normalize",
    "pad",
    "perspective",
    "pil_to_tensor",
    "posterize",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "solarize",
    "ten_crop",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]
