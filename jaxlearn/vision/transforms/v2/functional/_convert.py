"""Between PIL images, arrays and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn import Tensor, from_numpy
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms import functional as v1
from jaxlearn.vision.transforms._image import is_pil


def to_image(inpt: Any) -> Any:
    """A PIL image, an array (H, W, C) or a tensor as an :class:`~jaxlearn.vision.tv_tensors.Image` of the same numbers.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.to_image.html

    Args:
        inpt: the picture.

    Raises:
        TypeError: it is none of them.

    Example::

        >>> import numpy as np
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.to_image(np.zeros((4, 5, 3), np.uint8)).shape
        torch.Size([3, 4, 5])
    """
    if isinstance(inpt, np.ndarray):
        array = inpt if inpt.ndim > 2 else np.atleast_3d(inpt)
        return tv_tensors.Image(from_numpy(array).permute((2, 0, 1)).contiguous())
    if is_pil(inpt):
        return tv_tensors.Image(v1.pil_to_tensor(inpt))
    if isinstance(inpt, Tensor):
        return tv_tensors.Image(inpt.as_subclass(Tensor))
    raise TypeError(
        f"Input can either be a pure Tensor, a numpy array, or a PIL image, but got {type(inpt)} instead."
    )


pil_to_tensor = v1.pil_to_tensor
to_pil_image = v1.to_pil_image
to_tensor = v1.to_tensor
