"""Short-time Fourier transforms, as arithmetic on arrays; their checks are in :mod:`jaxlearn._tensor.spectral`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .op import op
from .pointwise_rules import is_complex
from .promotion import promote

__all__ = ["centered", "envelope", "istft_frames", "stft_frames"]

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def centered(window: Any, n_fft: int, lib: Any = jnp) -> Any:
    """The window with zeros on both sides up to the length of the transform."""
    left = (n_fft - window.shape[0]) // 2
    return lib.pad(window, (left, n_fft - window.shape[0] - left))


def _starts(frames: int, hop: int, n_fft: int) -> Any:
    """For each frame, the places of its samples."""
    return np.arange(frames)[:, None] * hop + np.arange(n_fft)


def _whole(window: Any, n_fft: int) -> list[str]:
    """The window, if torch need not make it longer."""
    return ["window"] if window is not None and window.shape[0] == n_fft else []


def _saves(input: Any, window: Any, n_fft: int, *rest: Any) -> list[str]:
    _, _, pad, *_, aligned = rest
    return _whole(window, n_fft) if pad or aligned or window is None else ["input", *_whole(window, n_fft)]


def _keeps(
    input: Any, window: Any, n_fft: int, hop: int, length: int, pad: int, mode: str, *rest: Any
) -> list[str]:
    by_kernel = mode in ("reflect", "replicate") if pad else window is None and input.dtype.kind == "f"
    return ["input"] if by_kernel else []


@op(name="stft", saves=_saves, keeps=_keeps, grad_name="SqueezeBackward4")
def stft_frames(
    input: Any,
    window: Any,
    n_fft: int,
    hop: int,
    win_length: int,
    pad: int,
    pad_mode: str,
    normalized: bool,
    onesided: bool,
    aligned: bool,
) -> Any:
    """Transforms of overlapping pieces, shape (..., frequencies, frames)."""
    x = input
    if pad:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(pad, pad)], mode=_MODES[pad_mode])
    if aligned:
        frames = 1 + (x.shape[-1] - win_length) // hop
        left = (n_fft - win_length) // 2
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(left, n_fft - win_length - left)])
    else:
        frames = 1 + (x.shape[-1] - n_fft) // hop
    pieces = x[..., _starts(frames, hop, n_fft)]
    shape = jnp.ones(win_length, x.real.dtype) if window is None else window
    pieces, shape = promote(pieces, centered(shape, n_fft))
    pieces = pieces * shape
    transform = jnp.fft.rfft if onesided else jnp.fft.fft
    values = transform(pieces, norm="ortho" if normalized else None)
    return jnp.swapaxes(values, -1, -2)


def envelope(window: Any, frames: int, hop: int, n_fft: int) -> Any:
    """The squared windows of all frames added up, a NumPy array."""
    total = np.zeros(n_fft + hop * (frames - 1), window.dtype)
    np.add.at(total, _starts(frames, hop, n_fft), np.broadcast_to(window * window, (frames, n_fft)))
    return total


@op(
    name="istft",
    saves=lambda input, window, n_fft, *rest: _whole(window, n_fft),
    grad_name="SqueezeBackward1",
)
def istft_frames(
    input: Any,
    window: Any,
    n_fft: int,
    hop: int,
    win_length: int,
    bounds: tuple[int, int],
    normalized: bool,
    onesided: bool,
    return_complex: bool,
) -> Any:
    """The signal of which the input, shape (..., frequencies, frames), is the transform."""
    spectra = jnp.swapaxes(input, -1, -2)
    frames = spectra.shape[-2]
    norm = "ortho" if normalized else None
    if return_complex:
        pieces = jnp.fft.ifft(spectra, norm=norm)
    else:
        half = spectra if onesided else spectra[..., : n_fft // 2 + 1]
        pieces = jnp.fft.irfft(half, n_fft, norm=norm)
    shape = jnp.ones(win_length, input.real.dtype) if window is None else window
    shape = centered(shape, n_fft)
    pieces, shape = promote(pieces, shape)
    places = _starts(frames, hop, n_fft)
    length = n_fft + hop * (frames - 1)
    signal = jnp.zeros((*pieces.shape[:-2], length), pieces.dtype).at[..., places].add(pieces * shape)
    squares = jnp.broadcast_to(shape * shape, (frames, n_fft))
    total = jnp.zeros(length, shape.dtype).at[places].add(squares)
    first, last = bounds
    result = signal[..., first : min(last, length)] / total[first : min(last, length)]
    missing = max(last - max(length, first), 0)
    result = jnp.pad(result, [(0, 0)] * (result.ndim - 1) + [(0, missing)]) if missing else result
    return result if return_complex or not is_complex(result) else result.real
