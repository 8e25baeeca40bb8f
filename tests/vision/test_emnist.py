"""EMNIST: its splits read from raw files and from the archive, on sets of its form."""

from __future__ import annotations

import gzip
import hashlib
import zipfile

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn.vision.datasets import EMNIST
from jaxlearn.vision.datasets._idx import encode_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
LABELS = np.array([1, 5, 26, 3, 2, 9], dtype=np.uint8)
NAMES = "emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"


def contents():
    return [b"".join(encode_idx(array)) for array in (IMAGES, LABELS)]


@pytest.mark.parametrize("packed", [False, True])
def test_raw_files_are_read(tmp_path, packed):
    folder = tmp_path / "EMNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in zip(NAMES, contents(), strict=True):
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    data = EMNIST(tmp_path, split="letters", train=True)
    np.testing.assert_array_equal(data.data.numpy(), IMAGES)
    assert data.targets.tolist() == LABELS.tolist() and data.targets.dtype == torch.int64
    assert data.classes[data[2][1]] == "z" and len(data) == 6
    assert data.class_to_idx["a"] == 1 and "Split: Train" in repr(data)
    loader = torch.utils.data.DataLoader(data, batch_size=4, collate_fn=list)
    assert [label for _, label in next(iter(loader))] == [1, 5, 26, 3] and data[0][0].size == (28, 28)
    with pytest.raises(RuntimeError, match="emnist-letters-test-images-idx3-ubyte"):
        EMNIST(tmp_path, "letters", train=False)


def test_the_archive_is_unpacked_and_checked(tmp_path, monkeypatch):
    archive = tmp_path / "made.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in zip(NAMES, contents(), strict=True):
            file.writestr(f"gzip/{name}.gz", gzip.compress(content))
    monkeypatch.setattr(EMNIST, "url", archive.as_uri())
    with pytest.raises(RuntimeError, match="is not EMNIST's archive"):
        EMNIST(tmp_path / "wrong", "letters", download=True)
    monkeypatch.setattr(EMNIST, "md5", hashlib.md5(archive.read_bytes()).hexdigest())
    assert len(EMNIST(tmp_path / "right", "letters", download=True)) == 6
    archive.unlink()  # what is there is not fetched again
    assert len(EMNIST(tmp_path / "right", "letters", download=True)) == 6


def test_splits():
    sizes = {split: len(EMNIST.classes_split_dict[split]) for split in EMNIST.splits}
    assert sizes == {"byclass": 62, "bymerge": 47, "balanced": 47, "letters": 27, "digits": 10, "mnist": 10}
    with pytest.raises(ValueError, match="Unknown value 'capitals' for argument"):
        EMNIST("data", "capitals")


def test_damaged_files_are_told(tmp_path):
    folder = tmp_path / "EMNIST" / "raw"
    folder.mkdir(parents=True)
    images, labels = contents()
    (folder / NAMES[0]).write_bytes(images[:-1])
    (folder / NAMES[1]).write_bytes(labels)
    with pytest.raises(RuntimeError, match="EMNIST is damaged: "):
        EMNIST(tmp_path, "letters")
