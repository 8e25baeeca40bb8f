"""The base of all vision datasets."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from jaxlearn.utils.data import Dataset

__all__ = ["StandardTransform", "VisionDataset"]


class VisionDataset(Dataset):
    """Base of datasets whose examples are images with targets.

    A subclass defines ``__getitem__`` and ``__len__``, and ``extra_repr`` for its own lines of ``repr``.
    Interface: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.VisionDataset.html

    Args:
        root: directory of the data; ``~`` is expanded in a string.
        transforms: function of an image and its target that returns both transformed.
        transform: function of an image alone.
        target_transform: function of a target alone.

    Raises:
        ValueError: ``transforms`` is given together with one of the other two.

    Example::

        >>> from jaxlearn.vision.datasets import VisionDataset
        >>> class Numbers(VisionDataset):
        ...     def __getitem__(self, index):
        ...         return index, index % 2
        ...     def __len__(self):
        ...         return 3
        >>> Numbers("data")
        Dataset Numbers
            Number of datapoints: 3
            Root location: data
    """

    _repr_indent = 4

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transforms: Callable[..., Any] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
    ) -> None:
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        self.transform = transform
        self.target_transform = target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __getitem__(self, index: int) -> Any:
        """The example at ``index``."""
        raise NotImplementedError

    def __len__(self) -> int:
        """The number of examples."""
        raise NotImplementedError

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """The examples at ``indices``, as a DataLoader asks for a batch."""
        return [self[index] for index in indices]

    def extra_repr(self) -> str:
        """Lines that a subclass adds to ``repr``."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines += self.extra_repr().splitlines()
        if self.transforms is not None:
            lines.append(repr(self.transforms))
        indent = " " * self._repr_indent
        return "\n".join([f"Dataset {type(self).__name__}", *(indent + line for line in lines)])


class StandardTransform:
    """A pair of functions, one for the image and one for its target, as one function of both.

    Args:
        transform: function of the image, or None to keep it.
        target_transform: function of the target, or None to keep it.

    Example::

        >>> from jaxlearn.vision.datasets import StandardTransform
        >>> StandardTransform(None, str)(0, 7)
        (0, '7')
    """

    def __init__(
        self,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        """Both transformed."""
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        for label, function in (
            ("Transform: ", self.transform),
            ("Target transform: ", self.target_transform),
        ):
            if function is not None:
                first, *rest = repr(function).splitlines()
                lines += [label + first, *(" " * len(label) + line for line in rest)]
        return "\n".join(lines)
