"""examples/mnist_loop.py is a PyTorch program: with the imports exchanged, torch prints the same."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import jaxlearn

SOURCE = Path(__file__).resolve().parents[2] / "examples" / "mnist_loop.py"
DRAW = np.random.default_rng(0)
IMAGES = DRAW.standard_normal((112, 1, 28, 28), dtype=np.float32)
LABELS = DRAW.integers(0, 10, 112)


def digits(library):
    """In place of torchvision: a dataset of the library's tensors, and transforms that nobody calls."""

    class MNIST(library.utils.data.Dataset):
        def __init__(self, root, train, transform, download):
            self.count = 112 if train else 48

        def __len__(self):
            return self.count

        def __getitem__(self, index):
            return library.from_numpy(IMAGES[index]), int(LABELS[index])

    module = ModuleType("digits")
    module.datasets = SimpleNamespace(MNIST=MNIST)
    module.transforms = SimpleNamespace(Compose=list, ToTensor=object, Normalize=lambda mean, std: None)
    return module


def printed(library, monkeypatch, capsys, tmp_path):
    source = SOURCE.read_text().replace(
        "import jaxlearn.vision as torchvision", "import digits as torchvision"
    )
    assert "import digits" in source
    source = source.replace("jaxlearn.", f"{library.__name__}.").replace(
        "import jaxlearn as", f"import {library.__name__} as"
    )
    monkeypatch.setitem(sys.modules, "digits", digits(library))
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "example"}
    exec(compile(source, str(SOURCE), "exec"), namespace)
    namespace["main"](["--epochs", "2", "--batch-size", "16", "--lr", "0.05", "--output", "out"])
    return capsys.readouterr().out


@pytest.fixture
def weights_file(tmp_path):
    return tmp_path / "out" / "lenet.pth"


def test_torch_prints_the_same(monkeypatch, capsys, tmp_path, weights_file):
    torch = pytest.importorskip("torch", reason="the reference")
    ours = printed(jaxlearn, monkeypatch, capsys, tmp_path)
    saved = jaxlearn.load(weights_file)
    theirs = printed(torch, monkeypatch, capsys, tmp_path)
    assert ours == theirs
    assert ours.count("test accuracy") == 2
    # Each library reads the other's file.
    for name, value in torch.load(weights_file).items():
        np.testing.assert_allclose(saved[name].numpy(), value.numpy(), rtol=1e-3, atol=1e-5)
