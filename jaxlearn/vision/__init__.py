"""Images: datasets, models, operations, transforms and helpers, with torchvision's names.

https://docs.pytorch.org/vision/stable/
"""

from __future__ import annotations

from . import datasets as datasets
from . import io as io
from . import models as models
from . import ops as ops
from . import transforms as transforms
from . import utils as utils
from . import version as version
from .version import __version__ as __version__

__all__ = ["__version__", "datasets", "io", "models", "ops", "transforms", "utils", "version"]
