"""MNIST from the network: the real data, whichever source has them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jaxlearn.vision.datasets import MNIST

pytestmark = pytest.mark.network

READ_WITH_TFDS = """
import sys
import tensorflow_datasets as tfds
splits = tfds.data_source("mnist", data_dir=sys.argv[1], download=False)
print([int(splits[name][i]["label"]) for name in ("train", "test") for i in range(8)])
print(len(splits["train"]), len(splits["test"]), "tensorflow" in sys.modules, "torch" in sys.modules)
"""


def test_download_prepares_a_root_that_this_class_tfds_and_torchvision_read(tmp_path):
    train = MNIST(tmp_path, download=True)
    assert len(train) == 60000
    assert [train[i][1] for i in range(8)] == [5, 0, 4, 1, 9, 2, 1, 3]

    test = MNIST(tmp_path, train=False)
    assert len(test) == 10000
    assert [test[i][1] for i in range(8)] == [7, 2, 1, 0, 4, 1, 4, 9]

    read = subprocess.run(
        [sys.executable, "-c", READ_WITH_TFDS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert read.stdout.splitlines() == [
        "[5, 0, 4, 1, 9, 2, 1, 3, 7, 2, 1, 0, 4, 1, 4, 9]",
        "60000 10000 False False",
    ]
    raw = sorted(path.name for path in (tmp_path / "MNIST" / "raw").iterdir())
    assert raw == [
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
