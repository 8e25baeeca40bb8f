"""Tutorials and other programs for PyTorch, with only their imports changed, print its text character by character.

The programs are in ``tutorials/`` as they are written for PyTorch. What torch prints stands beside them
(``python -m tests.parity.test_tutorials`` writes it anew).
"""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import runpy
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.unoptimized

PROGRAMS = sorted(Path(__file__).with_name("tutorials").glob("*.py"))
# Their many programs take XLA seconds to compile, and what they use is in others too.
LONG = set("adversarial classifier contrastive diffusion high_level schedules super_resolution".split())

_IMPORTS = (
    (re.compile(r"^import torch$", re.MULTILINE), "import jaxlearn as torch"),
    (re.compile(r"^(import|from) torch\b", re.MULTILINE), r"\1 jaxlearn"),
)


def with_jaxlearn(source: str) -> str:
    """The program with its imports changed and nothing else."""
    for pattern, replacement in _IMPORTS:
        source = pattern.sub(replacement, source)
    return source


def printed(source: str, folder: Path) -> str:
    """What the program prints, run as a main program in the folder."""
    script = folder / "program.py"
    script.write_text(source)
    text = io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(text):
            runpy.run_path(str(script), run_name="__main__")
    finally:
        os.chdir(before)
    return text.getvalue()


@contextlib.contextmanager
def settable_backends() -> Iterator[None]:
    """Let programs set torch's switches, which torch's own test modules freeze once imported, and set them back."""
    import torch

    with getattr(torch.backends, "__allow_nonbracketed_mutation")(), torch.backends.cudnn.flags(enabled=True):
        yield


def assert_same_text(got: str, expected: str) -> None:
    difference = difflib.unified_diff(
        expected.splitlines(), got.splitlines(), "torch", "jaxlearn", n=2, lineterm=""
    )
    assert got == expected, "\n" + "\n".join(difference)


@pytest.mark.parametrize(
    "program",
    [pytest.param(p, id=p.stem, marks=[pytest.mark.slow] if p.stem in LONG else []) for p in PROGRAMS],
)
def test_printed_text(program: Path, tmp_path: Path) -> None:
    got = printed(with_jaxlearn(program.read_text()), tmp_path)
    got = got.replace("<class 'jaxlearn.", "<class 'torch.")  # the one word that must differ
    assert_same_text(got, program.with_suffix(".txt").read_text())


@pytest.mark.slow  # of torch alone, and its version is pinned
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_golden_text_is_that_of_torch(program: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with settable_backends():
        got = printed(program.read_text(), tmp_path)
    assert_same_text(got, program.with_suffix(".txt").read_text())


def test_digits_that_the_tutorial_itself_shows() -> None:
    text = next(p for p in PROGRAMS if p.stem == "tensors").with_suffix(".txt").read_text()
    assert "A random tensor:\ntensor([[0.3126, 0.3791],\n        [0.3087, 0.0736]])" in text
    assert "Determinant of r:\ntensor(-0.5703)" in text
    assert "Average and standard deviation of r:\n(tensor(0.7217), tensor(0.1247))" in text


def test_a_grid_of_images_is_shown() -> None:
    import jaxlearn as torch
    import jaxlearn.vision as torchvision
    import jaxlearn.vision.transforms as transforms

    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))]
    )
    pixels = np.arange(4 * 6 * 5 * 3, dtype=np.uint8).reshape(4, 6, 5, 3)
    images = torch.stack([transform(p) for p in pixels])
    grid = torchvision.utils.make_grid(images) / 2 + 0.5
    npimg = grid.numpy()
    shown = np.transpose(npimg, (1, 2, 0))
    assert shown.shape == npimg.transpose((1, 2, 0)).shape == (10, 30, 3)
    mean = np.array([0.4914, 0.4822, 0.4465], dtype=np.float32)
    std = np.array([0.2470, 0.2435, 0.2616], dtype=np.float32)
    for i in range(4):
        expected = (pixels[i].astype(np.float32) / 255 - mean) / std / 2 + 0.5
        np.testing.assert_allclose(shown[2:8, 2 + 7 * i : 7 + 7 * i], expected, rtol=1e-5, atol=1e-6)
    assert (shown[:2] == 0.5).all()
    assert (shown[:, :2] == 0.5).all()


def write_golden() -> None:
    """Run every tutorial with torch and write what it prints."""
    for program in PROGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            program.with_suffix(".txt").write_text(printed(program.read_text(), Path(folder)))


if __name__ == "__main__":
    write_golden()
