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

__all__ = [
    "__version__",
    "datasets",
    "get_image_backend",
    "io",
    "models",
    "ops",
    "set_image_backend",
    "transforms",
    "utils",
    "version",
]


def get_image_backend() -> str:
    """The name of the package that loads images: ``"PIL"``.

    Example::

        >>> from jaxlearn import vision
        >>> vision.get_image_backend()
        'PIL'
    """
    return "PIL"


def set_image_backend(backend: str) -> None:
    """Choose the package that loads images. There is one.

    Args:
        backend: ``"PIL"``.

    Raises:
        ValueError: another is asked for.
    """
    if backend != "PIL":
        raise ValueError(f"Invalid backend '{backend}'. Options are 'PIL'")
