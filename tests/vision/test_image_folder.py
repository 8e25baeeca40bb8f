"""Datasets of folders, and random images in place of a dataset, with torchvision's order, numbers and texts."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import jaxlearn
from jaxlearn.vision.datasets import DatasetFolder, FakeData, ImageFolder
from jaxlearn.vision.transforms import ToTensor


@pytest.fixture
def root(tmp_path):
    for place, name in enumerate(("dog/b.png", "dog/a.JPG", "dog/notes.txt", "cat/deep/c.bmp", "cat/z.png")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("x")
        else:
            Image.new("L", (4, 3), place).save(path)
    (tmp_path / "loose.png").write_bytes(b"")
    return tmp_path


def test_images_are_in_order_of_class_folder_and_name(root):
    data = ImageFolder(str(root))
    assert data.classes == ["cat", "dog"]
    assert data.class_to_idx == {"cat": 0, "dog": 1}
    relative = [(path.removeprefix(f"{root}/"), label) for path, label in data.samples]
    assert relative == [("cat/z.png", 0), ("cat/deep/c.bmp", 0), ("dog/a.JPG", 1), ("dog/b.png", 1)]
    assert data.imgs is data.samples
    assert data.targets == [0, 0, 1, 1]
    assert len(data) == 4
    image, label = data[1]
    assert (image.mode, image.size, label) == ("RGB", (4, 3), 0)
    np.testing.assert_array_equal(np.asarray(image), np.full((3, 4, 3), 3, np.uint8))
    assert repr(data) == f"Dataset ImageFolder\n    Number of datapoints: 4\n    Root location: {root}"


def test_transforms_and_loader(root):
    data = ImageFolder(root, ToTensor(), lambda label: label + 10)
    image, label = data[3]
    assert image.shape == (3, 3, 4)
    assert label == 11
    assert ImageFolder(root, loader=len)[0][0] == len(str(root / "cat/z.png"))


def test_files_chosen_by_extension_or_by_function(root):
    by_function = ImageFolder(root, is_valid_file=lambda path: path.endswith(("txt", "bmp")))
    assert [label for _, label in by_function.samples] == [0, 1]
    with pytest.raises(FileNotFoundError) as raised:
        DatasetFolder(root, len, (".txt", ".md"))
    assert str(raised.value) == (
        "Found no valid file for the classes cat. Supported extensions are: .txt, .md"
    )
    assert DatasetFolder(root, len, (".txt",), allow_empty=True).targets == [1]


def test_errors(root, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(FileNotFoundError) as raised:
        ImageFolder(empty)
    assert str(raised.value) == f"Couldn't find any class folder in {empty}."
    message = "Both extensions and is_valid_file cannot be None or not None at the same time"
    with pytest.raises(ValueError, match=message):
        DatasetFolder(root, len)
    with pytest.raises(ValueError, match=message):
        DatasetFolder(root, len, (".png",), is_valid_file=bool)
    with pytest.raises(ValueError, match="'class_to_index' must have at least one entry"):
        DatasetFolder.make_dataset(root, {}, (".png",))
    with pytest.raises(ValueError, match="The class_to_idx parameter cannot be None"):
        DatasetFolder.make_dataset(root, None, (".png",))


def test_fake_data_are_those_of_torchs_stream_and_leave_it_alone():
    reference = pytest.importorskip("torch")
    data = FakeData(size=5, image_size=(3, 8, 6), random_offset=7)
    before = jaxlearn.get_rng_state()
    image, label = data[2]
    assert bool((jaxlearn.get_rng_state() == before).all())
    reference.manual_seed(9)
    pixels = reference.randn(3, 8, 6).mul(255).byte().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(np.asarray(image), pixels)
    assert label == reference.randint(0, 10, size=(1,)).item()
    assert len(data) == 5
    with pytest.raises(IndexError, match="FakeData index out of range"):
        data[5]
