"""Fourier transforms, short-time ones and windows: values, gradients, second gradients, dtypes and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same, torch

pytestmark = pytest.mark.unoptimized

REAL = np.random.RandomState(0).randn(3, 4, 6)
COMPLEX = REAL + 1j * np.random.RandomState(1).randn(3, 4, 6)

ONE = "fft ifft rfft irfft hfft ihfft".split()
TWO = "fft2 ifft2 rfft2 irfft2 hfft2 ihfft2".split()
MANY = "fftn ifftn rfftn irfftn hfftn ihfftn".split()
REAL_ONLY = {"rfft", "ihfft", "rfft2", "ihfft2", "rfftn", "ihfftn"}


def test_every_name_of_torch_is_there() -> None:
    functions = [
        n for n, f in vars(torch.fft).items() if callable(f) and not n.startswith("_") and n != "Tensor"
    ]
    assert sorted(jaxlearn.fft.__all__) == sorted(functions)
    assert sorted(jaxlearn.signal.windows.__all__) == sorted(torch.signal.windows.__all__)


def derivatives(lib: Any, fn: Any, *arrays: Any) -> Any:
    """The results, the gradients of their weighted sum of squares and the gradients of those."""
    leaves = [lib.tensor(a, requires_grad=True) for a in arrays]
    out = fn(*leaves)
    flat = lib.stack([out.real, out.imag], -1) if out.is_complex() else out
    total = (flat**3 * lib.arange(1, flat.numel() + 1).reshape(flat.shape)).sum() / flat.numel()
    first = lib.autograd.grad(total, leaves, create_graph=True)
    second = lib.autograd.grad(sum((g.abs() ** 2).sum() for g in first), leaves)
    return out, [g.detach() for g in first], second


CALLS: dict[str, list[dict[str, Any]]] = {
    "one": [
        {},
        {"n": 4, "norm": "ortho"},
        {"n": 9, "dim": 1, "norm": "forward"},
        {"dim": -3, "norm": "backward"},
    ],
    "two": [{}, {"s": (3, 5), "norm": "ortho"}, {"s": (-1, 4), "dim": (0, 2), "norm": "forward"}],
    "many": [
        {},
        {"s": (3,)},
        {"dim": (2, 0), "norm": "ortho"},
        {"s": (2, 3, 4), "norm": "forward"},
        {"dim": 1},
    ],
}


@pytest.mark.parametrize("name", ONE + TWO + MANY)
def test_transforms(name: str) -> None:
    calls = CALLS["one" if name in ONE else "two" if name in TWO else "many"]

    def program(lib: Any) -> Any:
        f = getattr(lib.fft, name)
        arrays = [REAL] if name in REAL_ONLY else [REAL, COMPLEX]
        values = [f(lib.tensor(a), **k) for a in arrays for k in calls]
        return values, [derivatives(lib, lambda x: f(x, **calls[1]), a) for a in arrays]

    # Second gradients are sums of products of three transforms.
    same(program, rtol=1e-6)
    same(lambda lib: getattr(lib.fft, name)(lib.arange(12).reshape(3, 4)))
    same(lambda lib: getattr(lib.fft, name)(lib.ones(2, 4).bool()))


@pytest.mark.parametrize(
    "name", ["fft", "rfft", "irfft", "hfft", "ihfft", "ifft", "fftn", "rfftn", "irfftn", "hfftn", "fftshift"]
)
@pytest.mark.parametrize("kind", ["float", "cfloat"])
def test_backward_names(name: str, kind: str) -> None:
    if kind == "cfloat" and name in REAL_ONLY:
        same(lambda lib: getattr(lib.fft, name)(lib.ones(2, 4, dtype=lib.cfloat)), message=True)
    else:
        x = np.ones((2, 4), np.float32 if kind == "float" else np.complex64)
        same(lambda lib: getattr(lib.fft, name)(lib.tensor(x, requires_grad=True)), grad_fn=True)


@pytest.mark.parametrize("size", [1, 4, 5])
def test_frequencies_and_shifts(size: int) -> None:
    def program(lib: Any) -> Any:
        x = lib.arange(size * 3).reshape(size, 3)
        return [
            lib.fft.fftfreq(size),
            lib.fft.fftfreq(size, 0.3, dtype=lib.float64),
            lib.fft.rfftfreq(size, d=2),
            lib.fft.rfftfreq(size, dtype=lib.half),
            lib.fft.fftshift(x),
            lib.fft.fftshift(x, 0),
            lib.fft.ifftshift(x, (0, -1)),
            lib.fft.fftshift(lib.ones(3).requires_grad_()),
        ]

    same(program, rtol=0, atol=0)


ERRORS = {
    "no size": lambda t: t.fft.fft(t.ones(4, 5), 0),
    "negative size": lambda t: t.fft.fft(t.ones(4, 5), -1),
    "no such dim": lambda t: t.fft.fft(t.ones(4, 5), n=3, dim=2),
    "norm": lambda t: t.fft.ifft(t.ones(4), norm="foo"),
    "0-d": lambda t: t.fft.fft(t.tensor(1.0)),
    "one value": lambda t: t.fft.irfft(t.ones(4, 1)),
    "empty": lambda t: t.fft.rfft(t.zeros(0)),
    "fft2 of a vector": lambda t: t.fft.fft2(t.zeros(3)),
    "too many sizes": lambda t: t.fft.fftn(t.ones(4, 5), s=(2, 3, 4)),
    "sizes and dims": lambda t: t.fft.fftn(t.ones(4, 5), s=(2,), dim=(0, 1)),
    "twice": lambda t: t.fft.fftn(t.ones(4, 5), dim=(0, 0)),
    "size 0": lambda t: t.fft.rfftn(t.ones(4, 5), s=(0, 3)),
    "size -2": lambda t: t.fft.irfftn(t.ones(4, 5), s=(-2, 3)),
    "no axes": lambda t: t.fft.rfftn(t.ones(4, 5), dim=()),
    "no axes of hfftn": lambda t: t.fft.hfftn(t.ones(4, 5), dim=()),
    "no axes of fftn": lambda t: t.fft.fftn(t.ones(4, 5), dim=()),
    "half": lambda t: t.fft.fft(t.ones(4).half()),
    "n is a float": lambda t: t.fft.fft(t.ones(4), 2.5),
    "no tensor": lambda t: t.fft.fft([1.0]),
    "frequencies' dtype": lambda t: t.fft.fftfreq(4, dtype=t.int64),
    "frequencies' number": lambda t: t.fft.fftfreq(-1),
    "shift of a number": lambda t: t.fft.fftshift(t.tensor(1.0)),
    "shift's dim": lambda t: t.fft.fftshift(t.ones(2), 3),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    same(ERRORS[name], message=True)


X = np.random.RandomState(2).randn(2, 60)
STFT: dict[str, Any] = {
    "plain": lambda t, x, w: t.stft(x, 16, return_complex=True),
    "window": lambda t, x, w: t.stft(x, 16, 5, window=w[:16], return_complex=True),
    "short window": lambda t, x, w: t.stft(x, 16, 4, 11, w[:11], return_complex=True),
    "constant": lambda t, x, w: t.stft(x[0], 16, pad_mode="constant", window=w[:16], return_complex=True),
    "replicate": lambda t, x, w: t.stft(x, 15, pad_mode="replicate", window=w[:15], return_complex=True),
    "not centered": lambda t, x, w: t.stft(x, 16, center=False, window=w[:16], return_complex=True),
    "aligned": lambda t, x, w: t.stft(
        x, 16, 4, 10, w[:10], center=False, align_to_window=True, return_complex=True
    ),
    "two-sided": lambda t, x, w: t.stft(
        x, 16, window=w[:16], onesided=False, normalized=True, return_complex=True
    ),
    "complex": lambda t, x, w: t.stft(x + 1j * x.flip(-1), 16, window=w[:16]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", STFT)
def test_stft(name: str) -> None:
    w = np.hanning(17)[:16] + 0.1
    if name == "plain":
        same(lambda lib: derivatives(lib, lambda x: STFT[name](lib, x, None), X))
    else:
        same(lambda lib: derivatives(lib, lambda x, w: STFT[name](lib, x, w), X, w), rtol=1e-6)


ISTFT: dict[str, Any] = {
    "plain": lambda t, s, w: t.istft(s, 16),
    "window": lambda t, s, w: t.istft(s, 16, 4, window=w),
    "shorter": lambda t, s, w: s.istft(16, 4, window=w, length=37),
    "longer": lambda t, s, w: t.istft(s, 16, 4, window=w, length=100),
    "short window": lambda t, s, w: t.istft(s, 16, 4, 12, w[:12]),
    "not centered": lambda t, s, w: t.istft(s, 16, 4, window=w, center=False),
    "normalized": lambda t, s, w: t.istft(s, 16, 4, window=w, normalized=True),
    "two-sided": lambda t, s, w: t.istft(t.cat([s, s[:, 1:-1]], 1), 16, 4, window=w),
    "complex": lambda t, s, w: t.istft(t.cat([s, s[:, 1:-1]], 1), 16, 4, window=w, return_complex=True),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ISTFT)
def test_istft(name: str) -> None:
    spectrum = np.random.RandomState(3).randn(2, 9, 8) + 1j * np.random.RandomState(4).randn(2, 9, 8)
    w = np.hanning(17)[:16] + 0.1
    if name == "plain":
        same(lambda lib: derivatives(lib, lambda s: ISTFT[name](lib, s, None), spectrum))
    else:
        same(lambda lib: derivatives(lib, lambda s, w: ISTFT[name](lib, s, w), spectrum, w), rtol=1e-6)


STFT_ERRORS = {
    "return_complex": lambda t, x, s: x.stft(16),
    "one-sided complex": lambda t, x, s: t.stft(x.to(t.complex64), 16, onesided=True),
    "padding": lambda t, x, s: t.stft(x, 200, return_complex=True),
    "n_fft": lambda t, x, s: t.stft(x, 200, center=False, return_complex=True),
    "hop": lambda t, x, s: t.stft(x, 16, hop_length=0, return_complex=True),
    "win_length": lambda t, x, s: t.stft(x, 16, win_length=20, return_complex=True),
    "window": lambda t, x, s: t.stft(x, 16, window=t.ones(5), return_complex=True),
    "3-d": lambda t, x, s: t.stft(t.ones(2, 2, 100), 16, return_complex=True),
    "integers": lambda t, x, s: t.stft(t.ones(100, dtype=t.int64), 16, return_complex=True),
    "aligned and centered": lambda t, x, s: t.stft(x, 16, align_to_window=True, return_complex=True),
    "no overlap": lambda t, x, s: t.istft(s, 16, 4, window=t.hann_window(16), center=False),
    "complex from half": lambda t, x, s: t.istft(s, 16, 4, return_complex=True),
    "real": lambda t, x, s: t.istft(s.real, 16),
    "frequencies": lambda t, x, s: t.istft(s, 20),
    "two-sided": lambda t, x, s: t.istft(s, 16, 4, onesided=False),
    "hop of istft": lambda t, x, s: t.istft(s, 16, 17),
    "win_length of istft": lambda t, x, s: t.istft(s, 16, 4, 17),
    "window of istft": lambda t, x, s: t.istft(s, 16, 4, 8, window=t.ones(16)),
    "dims": lambda t, x, s: t.istft(s[None, None], 16),
    "complex window": lambda t, x, s: t.istft(s, 16, 4, window=t.ones(16, dtype=t.complex64)),
    "nothing": lambda t, x, s: t.istft(s[:, :0], 16),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", STFT_ERRORS)
def test_stft_errors(name: str) -> None:
    same(
        lambda lib: STFT_ERRORS[name](lib, lib.ones(100), lib.ones(9, 26, dtype=lib.complex64)), message=True
    )


WINDOWS: dict[str, Any] = {
    "hann": lambda t, n, p: t.hann_window(n, p),
    "hamming": lambda t, n, p: t.hamming_window(n, p, 0.5, 0.4),
    "blackman": lambda t, n, p: t.blackman_window(n, periodic=p, dtype=t.float64),
    "bartlett": lambda t, n, p: t.bartlett_window(n, periodic=p),
    "kaiser": lambda t, n, p: t.kaiser_window(n, p, 5.0),
    "half": lambda t, n, p: (t.hann_window(n, p, dtype=t.half), t.bartlett_window(n, p, dtype=t.bfloat16)),
    "signal hann": lambda t, n, p: t.signal.windows.hann(n, sym=p),
    "signal hamming": lambda t, n, p: t.signal.windows.hamming(n, sym=p, dtype=t.float64),
    "signal general": lambda t, n, p: t.signal.windows.general_hamming(n, alpha=0.3, sym=p),
    "signal cosines": lambda t, n, p: t.signal.windows.general_cosine(n, a=(0.4, 0.3, 0.2), sym=p),
    "signal blackman": lambda t, n, p: t.signal.windows.blackman(n, sym=p),
    "signal nuttall": lambda t, n, p: t.signal.windows.nuttall(n, sym=p),
    "signal bartlett": lambda t, n, p: t.signal.windows.bartlett(n, sym=p),
    "signal cosine": lambda t, n, p: t.signal.windows.cosine(n, sym=p),
    "signal exponential": lambda t, n, p: t.signal.windows.exponential(n, sym=p, tau=2.0),
    "signal gaussian": lambda t, n, p: t.signal.windows.gaussian(n, sym=p, std=1.5, requires_grad=True),
    "signal kaiser": lambda t, n, p: t.signal.windows.kaiser(n, sym=p, beta=6.0),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_windows(name: str) -> None:
    same(lambda lib: [WINDOWS[name](lib, n, p) for n in (0, 1, 2, 7, 8) for p in (True, False)])


WINDOW_ERRORS = {
    "negative": lambda t: t.hann_window(-2),
    "integers": lambda t: t.hann_window(5, dtype=t.int64),
    "length": lambda t: t.hann_window(5.0),
    "complex": lambda t: t.hann_window(5, dtype=t.complex64),
    "M": lambda t: t.signal.windows.hann(-1),
    "dtype": lambda t: t.signal.windows.bartlett(3, dtype=t.int64),
    "beta": lambda t: t.signal.windows.kaiser(5, beta=-1),
    "std": lambda t: t.signal.windows.gaussian(5, std=0),
    "center": lambda t: t.signal.windows.exponential(5, center=2.0),
    "tau": lambda t: t.signal.windows.exponential(5, tau=0),
    "no heights": lambda t: t.signal.windows.general_cosine(5, a=[]),
    "heights": lambda t: t.signal.windows.general_cosine(5, a=3),
}


@pytest.mark.parametrize("name", WINDOW_ERRORS)
def test_window_errors(name: str) -> None:
    same(WINDOW_ERRORS[name], message=True)
