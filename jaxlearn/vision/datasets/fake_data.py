"""Random images in place of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jaxlearn.vision.datasets.vision_dataset import VisionDataset

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """Images of normal numbers with random labels; an index always gives the same example, torchvision's.

    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html

    Args:
        size: number of examples.
        image_size: of an image: channels, height, width.
        num_classes: number of classes.
        transform: function of the PIL image.
        target_transform: function of the label, a tensor without dimensions; returns such a tensor.
        random_offset: added to the index to give the seed.

    Example::

        >>> from jaxlearn.vision import datasets
        >>> image, label = datasets.FakeData(size=4, image_size=(3, 8, 6))[0]
        >>> image.size
        (6, 8)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """The image, a PIL image unless ``transform`` makes it something else, and its label, an int."""
        from jaxlearn import Generator, randint, randn
        from jaxlearn.vision.transforms.functional import to_pil_image

        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        # A stream of its own gives the numbers of the global one with this seed, and leaves that one alone.
        generator = Generator().manual_seed(index + self.random_offset)
        image: Any = randn(*self.image_size, generator=generator)
        target: Any = randint(0, self.num_classes, (1,), generator=generator)[0]
        image = to_pil_image(image)
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target.item()
