"""Transforms of images: PIL images, tensors (..., C, H, W) and, where torchvision takes them, NumPy arrays.

They run on the host: Pillow transforms PIL images, NumPy transforms tensors, and the results of random decisions are
torchvision's for the same seed. https://docs.pytorch.org/vision/stable/transforms.html
"""

from __future__ import annotations

from . import functional as functional
from .augment import AutoAugment as AutoAugment
from .augment import AutoAugmentPolicy as AutoAugmentPolicy
from .augment import RandAugment as RandAugment
from .augment import TrivialAugmentWide as TrivialAugmentWide
from .color import ColorJitter as ColorJitter
from .color import Grayscale as Grayscale
from .color import RandomGrayscale as RandomGrayscale
from .containers import Compose as Compose
from .containers import Lambda as Lambda
from .containers import RandomApply as RandomApply
from .containers import RandomChoice as RandomChoice
from .containers import RandomOrder as RandomOrder
from .conversion import ConvertImageDtype as ConvertImageDtype
from .conversion import Normalize as Normalize
from .conversion import PILToTensor as PILToTensor
from .conversion import ToPILImage as ToPILImage
from .conversion import ToTensor as ToTensor
from .filters import GaussianBlur as GaussianBlur
from .filters import RandomErasing as RandomErasing
from .geometry import CenterCrop as CenterCrop
from .geometry import FiveCrop as FiveCrop
from .geometry import Pad as Pad
from .geometry import Resize as Resize
from .geometry import TenCrop as TenCrop
from .interpolation import InterpolationMode as InterpolationMode
from .random_geometry import RandomCrop as RandomCrop
from .random_geometry import RandomHorizontalFlip as RandomHorizontalFlip
from .random_geometry import RandomResizedCrop as RandomResizedCrop
from .random_geometry import RandomRotation as RandomRotation
from .random_geometry import RandomVerticalFlip as RandomVerticalFlip
from .random_warp import RandomAffine as RandomAffine
from .random_warp import RandomPerspective as RandomPerspective
from .tone import RandomAdjustSharpness as RandomAdjustSharpness
from .tone import RandomAutocontrast as RandomAutocontrast
from .tone import RandomEqualize as RandomEqualize
from .tone import RandomInvert as RandomInvert
from .tone import RandomPosterize as RandomPosterize
from .tone import RandomSolarize as RandomSolarize

__all__ = [
    "AutoAugment",
    "AutoAugmentPolicy",
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "FiveCrop",
    "GaussianBlur",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandAugment",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomOrder",
    "RandomPerspective",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSolarize",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
    "ToPILImage",
    "ToTensor",
    "TrivialAugmentWide",
    "functional",
]
