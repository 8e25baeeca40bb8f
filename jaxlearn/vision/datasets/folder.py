"""Datasets of files whose folders are their classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from jaxlearn.vision.datasets.vision_dataset import VisionDataset

__all__ = ["IMG_EXTENSIONS", "DatasetFolder", "ImageFolder", "default_loader"]

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""How the names of image files end."""

Path = str | os.PathLike[str]


class DatasetFolder(VisionDataset):
    """The files ``<root>/<class>/.../<file>``, classes and files in the order of their names.

    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.DatasetFolder.html

    ``classes`` lists the names of the classes, ``class_to_idx`` gives their numbers, ``samples`` lists each file's
    path with its class, ``targets`` the classes alone.

    Args:
        root: the folder with a folder for each class.
        loader: function of a path that gives the sample.
        extensions: how the names of the files end, in small letters.
        transform: function of the sample.
        target_transform: function of the label.
        is_valid_file: in place of ``extensions``, function of a path that says whether the file belongs.
        allow_empty: whether a class may be without files.

    Raises:
        FileNotFoundError: there is no class, or one without files.
        ValueError: both or none of ``extensions`` and ``is_valid_file`` are given.

    Example::

        >>> import os, tempfile
        >>> from jaxlearn.vision import datasets
        >>> with tempfile.TemporaryDirectory() as root:
        ...     for name in ("cat", "dog"):
        ...         os.mkdir(os.path.join(root, name))
        ...         with open(os.path.join(root, name, "a.txt"), "w") as file:
        ...             _ = file.write(name)
        ...     data = datasets.DatasetFolder(root, lambda path: open(path).read(), (".txt",))
        ...     data[1]
        ('dog', 1)
    """

    def __init__(
        self,
        root: Path,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        folder = os.fspath(self.root)  # type: ignore[arg-type]
        classes, class_to_idx = self.find_classes(folder)
        self.samples = self.make_dataset(folder, class_to_idx, extensions, is_valid_file, allow_empty)
        self.loader = loader
        self.extensions = extensions
        self.classes = classes
        self.class_to_idx = class_to_idx
        self.targets = [label for _, label in self.samples]

    @staticmethod
    def make_dataset(
        directory: Path,
        class_to_idx: dict[str, int],
        extensions: tuple[str, ...] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """Each file's path with the number of its class.

        Args:
            directory: the folder with a folder for each class.
            class_to_idx: the numbers of the classes by their names.
            extensions: how the names of the files end.
            is_valid_file: in place of ``extensions``, function of a path that says whether the file belongs.
            allow_empty: whether a class may be without files.
        """
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        if not class_to_idx:
            raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
        if (extensions is None) == (is_valid_file is None):
            raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
        samples: list[tuple[str, int]] = []
        empty = []
        for name in sorted(class_to_idx):
            paths = _files_under(os.path.join(os.path.expanduser(directory), name))
            if is_valid_file is not None:
                chosen = [path for path in paths if is_valid_file(path)]
            else:
                chosen = [path for path in paths if path.lower().endswith(extensions or ())]
            samples += [(path, class_to_idx[name]) for path in chosen]
            if not chosen:
                empty.append(name)
        if empty and not allow_empty:
            text = f"Found no valid file for the classes {', '.join(empty)}. "
            if extensions is not None:
                listed = extensions if isinstance(extensions, str) else ", ".join(extensions)
                text += f"Supported extensions are: {listed}"
            raise FileNotFoundError(text)
        return samples

    def find_classes(self, directory: Path) -> tuple[list[str], dict[str, int]]:
        """The names of the classes, and their numbers by name; a subclass may choose others.

        Args:
            directory: the folder with a folder for each class.
        """
        with os.scandir(directory) as entries:
            classes = sorted(entry.name for entry in entries if entry.is_dir())
        if not classes:
            raise FileNotFoundError(f"Couldn't find any class folder in {os.fspath(directory)}.")
        return classes, {name: index for index, name in enumerate(classes)}

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """The sample and its class, each through its transform."""
        path, target = self.samples[index]
        sample = self.loader(path)
        if self.transform is not None:
            sample = self.transform(sample)
        if self.target_transform is not None:
            return sample, self.target_transform(target)
        return sample, target


def default_loader(path: str) -> Any:
    """The file as a PIL image of mode RGB.

    Args:
        path: of the file.
    """
    from PIL import Image

    # Opened here because Pillow would leave a file that it opened itself to the garbage collector.
    with open(path, "rb") as file:
        return Image.open(file).convert("RGB")


class ImageFolder(DatasetFolder):
    """The images ``<root>/<class>/.../<image>``, classes and images in the order of their names.

    https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html

    As :class:`DatasetFolder`; ``imgs`` is another name of ``samples``.

    Args:
        root: the folder with a folder for each class.
        transform: function of the PIL image.
        target_transform: function of the label.
        loader: function of a path that gives the image.
        is_valid_file: function of a path that says whether the file belongs; default by its extension.
        allow_empty: whether a class may be without images.

    Raises:
        FileNotFoundError: there is no class, or one without images.

    Example::

        >>> import os, tempfile
        >>> from PIL import Image
        >>> from jaxlearn.vision import datasets
        >>> with tempfile.TemporaryDirectory() as root:
        ...     os.mkdir(os.path.join(root, "cat"))
        ...     Image.new("L", (4, 3)).save(os.path.join(root, "cat", "1.png"))
        ...     image, label = datasets.ImageFolder(root)[0]
        >>> image.mode, image.size, label
        ('RGB', (4, 3), 0)
    """

    def __init__(
        self,
        root: Path,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples


def _files_under(folder: str) -> Sequence[str]:
    return [
        os.path.join(place, name)
        for place, _, names in sorted(os.walk(folder, followlinks=True))
        for name in sorted(names)
    ]
