"""Images: datasets, transforms and helpers, with torchvision's names.

https://docs.pytorch.org/vision/stable/
"""

from __future__ import annotations

from . import datasets as datasets
from . import transforms as transforms
from . import utils as utils

__all__ = ["datasets", "transforms", "utils"]
