"""Transforms of images: PIL images, tensors (..., C, H, W) and, where torchvision takes them, NumPy arrays.

They run on the host: Pillow transforms PIL images, NumPy transforms tensors, and the results of random decisions are
torchvision's for the same seed. https://docs.pytorch.org/vision/stable/transforms.html
"""

from __future__ import annotations

from . import functional as functional
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
from .geometry import CenterCrop as CenterCrop
from .geometry import Pad as Pad
from .geometry import Resize as Resize
from .interpolation import InterpolationMode as InterpolationMode
from .random_geometry import RandomCrop as RandomCrop
from .random_geometry import RandomHorizontalFlip as RandomHorizontalFlip
from .random_geometry import RandomResizedCrop as RandomResizedCrop
from .random_geometry import RandomRotation as RandomRotation
from .random_geometry import RandomVerticalFlip as RandomVerticalFlip

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomApply",
    "RandomChoice",
    "RandomCrop",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomOrder",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToPILImage",
    "ToTensor",
    "functional",
]
