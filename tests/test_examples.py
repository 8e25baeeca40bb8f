"""Every example runs from its ``main`` with tiny settings, on made-up digits in place of MNIST."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxlearn.vision.datasets
from jaxlearn.utils.data import Dataset

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"

# The command line that makes each example small; "{tmp}" is the test's own folder.
TINY = {
    "mnist": ["--epochs", "1", "--root", "{tmp}/data", "--output", "{tmp}/runs"],
    "mnist_loop": ["--epochs", "1", "--root", "{tmp}/data", "--output", "{tmp}/runs"],
}

# What the README's program prints with torch 2.13.0.
README_LOSSES = [2.34025478, 2.2243154, 2.2266686, 2.25256944, 2.2025919]


class FewDigits(Dataset):
    """Stands in for MNIST: 64 images whose brightest block tells the digit."""

    classes = tuple(str(digit) for digit in range(10))

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        draw = np.random.default_rng(int(train))
        self.labels = draw.integers(0, 10, 64)
        self.images = draw.integers(0, 64, (64, 28, 28), dtype=np.uint8)
        for image, digit in zip(self.images, self.labels, strict=True):
            image[2 * digit : 2 * digit + 8, 8:20] = 255
        self.transform = transform
        self.target_transform = target_transform

    @property
    def data(self) -> Any:
        return jaxlearn.from_numpy(self.images)

    @property
    def targets(self) -> Any:
        return jaxlearn.from_numpy(self.labels)

    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        from PIL import Image

        image, label = Image.fromarray(self.images[index]), int(self.labels[index])
        return (
            image if self.transform is None else self.transform(image),
            label if self.target_transform is None else self.target_transform(label),
        )


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_has_a_test() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(TINY)


@pytest.mark.parametrize("name", TINY)
def test_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(jaxlearn.vision.datasets, "MNIST", FewDigits)
    monkeypatch.chdir(tmp_path)
    load(name).main([option.format(tmp=tmp_path) for option in TINY[name]])
    assert "loss" in capsys.readouterr().out.lower()


def test_the_readmes_program_learns(capsys: pytest.CaptureFixture[str]) -> None:
    """Its losses are those of torch 2.13.0."""
    program = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert program is not None
    exec(program[1], {"__name__": "readme"})
    losses = [float(line) for line in capsys.readouterr().out.split()]
    assert losses == pytest.approx(README_LOSSES, rel=1e-5)
