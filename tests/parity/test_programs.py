"""Programs in the manner of public PyTorch repositories, with only their imports changed, print PyTorch's text.

The programs are in ``programs/`` as they are written for PyTorch, with what torch prints beside them
(``python -m tests.parity.test_programs`` writes it anew). Text is compared character by character; numbers may differ
as sums in another order do, since the programs train, sample and solve.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from .test_tutorials import assert_same_text, printed, settable_backends, with_jaxlearn

pytestmark = pytest.mark.unoptimized

PROGRAMS = sorted(Path(__file__).with_name("programs").glob("*.py"))
# Their many programs take XLA seconds to compile, and what they use is in others too.
LONG = set(
    """
    adapters anchors_and_suppression cached_generation decoding graph_networks inference_library normalizing_flows
    proximal_policy reinforcement_pieces ring_cache variational
    """.split()
)

_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+)")

# A few steps of training carry differences of 1e-7 to 1e-5 of a value; what is near 0 is compared as a difference.
RELATIVE, ABSOLUTE = 2e-4, 2e-6


def _close(got: str, expected: str) -> bool:
    digits = max(len(s.partition("e")[0].partition(".")[2]) for s in (got, expected))
    last = 0.0 if "e" in got + expected else 1.01 * 10.0**-digits  # one unit of the last digit printed
    difference = abs(float(got) - float(expected))
    return difference <= max(ABSOLUTE, last, RELATIVE * abs(float(expected)))


def assert_same_output(got: str, expected: str) -> None:
    """Assert that two texts are the same but for rounding in their numbers."""
    ours, theirs = _NUMBER.findall(got), _NUMBER.findall(expected)
    if len(ours) == len(theirs) and all(map(_close, ours, theirs)):
        # Spaces beside a number depend on its width.
        strip = re.compile(r" *\0 *")
        got, expected = (strip.sub("\0", _NUMBER.sub("\0", text)) for text in (got, expected))
    assert_same_text(got, expected)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "program",
    [pytest.param(p, id=p.stem, marks=[pytest.mark.slow] if p.stem in LONG else []) for p in PROGRAMS],
)
def test_printed_text(program: Path, tmp_path: Path) -> None:
    got = printed(with_jaxlearn(program.read_text()), tmp_path)
    got = got.replace("<class 'jaxlearn.", "<class 'torch.")
    assert_same_output(got, program.with_suffix(".txt").read_text())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow  # of torch alone, and its version is pinned
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_golden_text_is_that_of_torch(program: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    assert_same_output(printed_by_torch(program, tmp_path), program.with_suffix(".txt").read_text())


def printed_by_torch(program: Path, folder: Path) -> str:
    """What the program prints with torch, whose compiler is left out: it takes minutes."""
    import torch

    with settable_backends(), torch.compiler.set_stance("force_eager"):
        return printed(program.read_text(), folder)


def test_a_wrong_number_or_word_is_seen() -> None:
    assert_same_output("loss 1.0001 at  -0.50", "loss 1.0000 at -0.50")
    for wrong in ("loss 1.0101 at -0.50", "loss 1.0000 at -0.50 now", "loss 2 at -0.50"):
        with pytest.raises(AssertionError):
            assert_same_output(wrong, "loss 1.0000 at -0.50")


def write_golden() -> None:
    """Run every program with torch and write what it prints."""
    for program in PROGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            program.with_suffix(".txt").write_text(printed_by_torch(program, Path(folder)))


if __name__ == "__main__":
    write_golden()
