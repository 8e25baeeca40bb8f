"""Fashion-MNIST and Kuzushiji-MNIST: found where torchvision and TFDS keep them, on sets of MNIST's form."""

from __future__ import annotations

import dataclasses
import gzip

import numpy as np
import pytest

from jaxlearn.vision.datasets import KMNIST, FashionMNIST
from jaxlearn.vision.datasets._idx import encode_idx, read_idx
from jaxlearn.vision.datasets._integrity import Balanced, LabelledImages
from jaxlearn.vision.datasets._tfds_store import TFDSStore

COUNTS = {"train": 30, "test": 10}


def splits_of(seed):
    rng = np.random.default_rng(seed)
    return {
        split: LabelledImages(
            rng.integers(0, 256, (count, 28, 28), dtype=np.uint8), rng.permutation(np.arange(count) % 10)
        )
        for split, count in COUNTS.items()
    }


SPLITS = splits_of(0)


def write_raw(root, cls, splits=SPLITS):
    folder = root / cls.__name__ / "raw"
    folder.mkdir(parents=True)
    for split, names in cls._origin.files.items():
        for name, array in zip(names, splits[split], strict=True):
            (folder / f"{name}.gz").write_bytes(gzip.compress(b"".join(encode_idx(array.astype(np.uint8)))))
    return folder


def assert_is_split(dataset, split):
    np.testing.assert_array_equal(dataset.data.numpy(), SPLITS[split].images)
    np.testing.assert_array_equal(dataset.targets.numpy(), SPLITS[split].labels)


@pytest.fixture(params=[FashionMNIST, KMNIST])
def cls(request, monkeypatch):
    """The class, whose canonical data are as small as the ones above."""
    cls = request.param
    identity = Balanced(cls._origin.canonical.name, COUNTS, classes=10)
    origin = dataclasses.replace(cls._origin, canonical=identity, url="http://127.0.0.1:9/")
    monkeypatch.setattr(cls, "_origin", origin)
    return cls


def test_raw_layout_is_read_and_kept_for_tfds(cls, tmp_path):
    import tensorflow_datasets as tfds

    write_raw(tmp_path, cls)
    assert_is_split(cls(tmp_path), "train")
    assert_is_split(cls(str(tmp_path), train=False), "test")
    stored = tfds.data_source(cls._origin.canonical.name, data_dir=tmp_path, download=False)["test"]
    assert [int(example["label"]) for example in stored] == SPLITS["test"].labels.tolist()


@pytest.mark.parametrize("shuffled", [False, True])
def test_tfds_dataset_is_put_into_canonical_order(cls, tmp_path, monkeypatch, shuffled):
    import tensorflow_datasets as tfds

    if shuffled:
        as_tfds_does = tfds.core.DatasetInfo
        monkeypatch.setattr(
            tfds.core, "DatasetInfo", lambda **kwargs: as_tfds_does(**kwargs | {"disable_shuffling": False})
        )
    TFDSStore(tmp_path, cls._origin.canonical).save(SPLITS, replace=False)
    assert_is_split(cls(tmp_path), "train")
    raw = tmp_path / cls.__name__ / "raw" / "t10k-labels-idx1-ubyte"
    assert read_idx(raw).tolist() == SPLITS["test"].labels.tolist()


def test_other_data_are_refused(cls, tmp_path):
    other = {split: data._replace(labels=np.zeros_like(data.labels)) for split, data in SPLITS.items()}
    write_raw(tmp_path, cls, other)
    with pytest.raises(RuntimeError, match="the train labels are not 10 classes of 3 examples each"):
        cls(tmp_path)
    short = {split: LabelledImages(data.images[1:], data.labels[1:]) for split, data in SPLITS.items()}
    write_raw(tmp_path / "short", cls, short)
    with pytest.raises(
        RuntimeError, match=r"the train labels have shape \(29,\), the canonical ones \(30,\)"
    ):
        cls(tmp_path / "short")


def test_nothing_found_lists_every_source(cls, tmp_path):
    with pytest.raises(RuntimeError, match=r"Dataset not found. You can use download=True to download it"):
        cls(tmp_path)
    with pytest.raises(RuntimeError) as raised:
        cls(tmp_path, download=True)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith(f"{cls.__name__} could not be had from any source")
    assert [line.partition(":")[0] for line in lines[1:]] == [
        f"  - TFDS dataset in {tmp_path / cls._origin.canonical.name}",
        f"  - raw IDX files in {tmp_path / cls.__name__ / 'raw'}",
        "  - TFDS's download from http",
    ]


def test_classes_are_tfdss():
    import tensorflow_datasets as tfds

    for cls in (FashionMNIST, KMNIST):
        builder = tfds.builder(cls._origin.canonical.name)
        assert builder.info.features["label"].names == cls.classes
        assert builder.URL == cls._origin.url


def test_repr_and_class_numbers(cls, tmp_path):
    write_raw(tmp_path, cls)
    data = cls(tmp_path, train=False)
    assert repr(data) == (
        f"Dataset {cls.__name__}\n    Number of datapoints: 10\n    Root location: {tmp_path}\n    Split: Test"
    )
    assert list(data.class_to_idx.values()) == list(range(10))
    image, label = data[3]
    assert (image.size, type(label)) == ((28, 28), int)
