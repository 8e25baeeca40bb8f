"""Transforms of samples: pictures together with their masks, bounding boxes, keypoints and labels.

They run on the host and draw torchvision's numbers from the same seed. Import the package by its name,
``from jaxlearn.vision.transforms import v2``. https://docs.pytorch.org/vision/stable/transforms.html
"""

from __future__ import annotations

from jaxlearn.vision.transforms import AutoAugmentPolicy as AutoAugmentPolicy
from jaxlearn.vision.transforms import InterpolationMode as InterpolationMode

from . import functional as functional
from ._augment import JPEG as JPEG
from ._augment import CutMix as CutMix
from ._augment import MixUp as MixUp
from ._augment import RandomErasing as RandomErasing
from ._color import RGB as RGB
from ._color import ColorJitter as ColorJitter
from ._color import Grayscale as Grayscale
from ._color import RandomAdjustSharpness as RandomAdjustSharpness
from ._color import RandomAutocontrast as RandomAutocontrast
from ._color import RandomChannelPermutation as RandomChannelPermutation
from ._color import RandomEqualize as RandomEqualize
from ._color import RandomGrayscale as RandomGrayscale
from ._color import RandomInvert as RandomInvert
from ._color import RandomPhotometricDistort as RandomPhotometricDistort
from ._color import RandomPosterize as RandomPosterize
from ._color import RandomSolarize as RandomSolarize
from ._container import Compose as Compose
from ._container import RandomApply as RandomApply
from ._container import RandomChoice as RandomChoice
from ._container import RandomOrder as RandomOrder
from ._geometry import CenterCrop as CenterCrop
from ._geometry import FiveCrop as FiveCrop
from ._geometry import Pad as Pad
from ._geometry import RandomResize as RandomResize
from ._geometry import RandomShortestSize as RandomShortestSize
from ._geometry import RandomZoomOut as RandomZoomOut
from ._geometry import Resize as Resize
from ._geometry import ScaleJitter as ScaleJitter
from ._geometry import TenCrop as TenCrop
from ._inputs import check_type as check_type
from ._inputs import get_bounding_boxes as get_bounding_boxes
from ._inputs import get_keypoints as get_keypoints
from ._inputs import has_all as has_all
from ._inputs import has_any as has_any
from ._inputs import query_chw as query_chw
from ._inputs import query_size as query_size
from ._meta import ClampBoundingBoxes as ClampBoundingBoxes
from ._meta import ClampKeyPoints as ClampKeyPoints
from ._meta import ConvertBoundingBoxFormat as ConvertBoundingBoxFormat
from ._meta import SetClampingMode as SetClampingMode
from ._misc import ConvertImageDtype as ConvertImageDtype
from ._misc import GaussianBlur as GaussianBlur
from ._misc import GaussianNoise as GaussianNoise
from ._misc import Identity as Identity
from ._misc import Lambda as Lambda
from ._misc import LinearTransformation as LinearTransformation
from ._misc import Normalize as Normalize
from ._misc import SanitizeBoundingBoxes as SanitizeBoundingBoxes
from ._misc import SanitizeKeyPoints as SanitizeKeyPoints
from ._misc import ToDtype as ToDtype
from ._misc import UniformTemporalSubsample as UniformTemporalSubsample
from ._random_geometry import ElasticTransform as ElasticTransform
from ._random_geometry import RandomAffine as RandomAffine
from ._random_geometry import RandomCrop as RandomCrop
from ._random_geometry import RandomHorizontalFlip as RandomHorizontalFlip
from ._random_geometry import RandomIoUCrop as RandomIoUCrop
from ._random_geometry import RandomPerspective as RandomPerspective
from ._random_geometry import RandomResizedCrop as RandomResizedCrop
from ._random_geometry import RandomRotation as RandomRotation
from ._random_geometry import RandomVerticalFlip as RandomVerticalFlip
from ._transform import Transform as Transform
from ._type_conversion import PILToTensor as PILToTensor
from ._type_conversion import ToImage as ToImage
from ._type_conversion import ToPILImage as ToPILImage
from ._type_conversion import ToPureTensor as ToPureTensor
from ._type_conversion import ToTensor as ToTensor

__all__ = [
    "JPEG",
    "RGB",
    "AutoAugmentPolicy",
    "CenterCrop",
    "ClampBoundingBoxes",
    "ClampKeyPoints",
    "ColorJitter",
    "Compose",
    "ConvertBoundingBoxFormat",
    "ConvertImageDtype",
    "CutMix",
    "ElasticTransform",
    "FiveCrop",
    "GaussianBlur",
    "GaussianNoise",
    "Grayscale",
    "Identity",
    "InterpolationMode",
    "Lambda",
    "LinearTransformation",
    "MixUp",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChannelPermutation",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomIoUCrop",
    "RandomOrder",
    "RandomPerspective",
    "RandomPhotometricDistort",
    "RandomPosterize",
    "RandomResize",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomShortestSize",
    "RandomSolarize",
    "RandomVerticalFlip",
    "RandomZoomOut",
    "Resize",
    "SanitizeBoundingBoxes",
    "SanitizeKeyPoints",
    "ScaleJitter",
    "SetClampingMode",
    "TenCrop",
    "ToDtype",
    "ToImage",
    "ToPILImage",
    "ToPureTensor",
    "ToTensor",
    "Transform",
    "UniformTemporalSubsample",
    "check_type",
    "functional",
    "get_bounding_boxes",
    "get_keypoints",
    "has_all",
    "has_any",
    "query_chw",
    "query_size",
]
