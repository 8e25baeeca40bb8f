"""Short-time Fourier transform and its inverse: torch's arguments, defaults and checks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.recorder import recorder
from .._warnings import warn_once
from ..ops.op import explained
from ..ops.shape_rearrange import view_as_real
from ..ops.stft import centered, envelope, istft_frames, stft_frames
from .typename import typename

__all__ = ["istft", "stft"]


def _flag(value: Any) -> str:
    return "None" if value is None else str(int(value)) if isinstance(value, bool) else str(value)


def _window_text(window: Any) -> str:
    return "None" if window is None else f"{typename(window)}{{{list(window.shape)}}}"


def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:
    """Short-time Fourier transform: the transforms of overlapping pieces of a signal.

    .. math:: X_{f,t} = \\sum_{k=0}^{n-1} w_k\\, x_{t h + k}\\, e^{-2\\pi i k f / n}

    https://docs.pytorch.org/docs/stable/generated/torch.stft.html

    Args:
        input: the signal, shape (..., time) with at most one dimension before it.
        n_fft: the length of a piece, n.
        hop_length: from piece to piece, h; a quarter of ``n_fft`` by default.
        win_length: the length of the window, filled up with zeros to ``n_fft``; ``n_fft`` by default.
        window: the window w; ones by default.
        center: pad the signal so that piece t is centered at sample t h.
        pad_mode: how; as of :func:`jaxlearn.nn.functional.pad`.
        normalized: divide by the root of ``n_fft``.
        onesided: give half of the frequencies, which is all there is to know; the default unless signal or window are
            complex.
        return_complex: False for real and imaginary parts in a last dimension; to be given for real signals.
        align_to_window: without centering, let the first window rather than the first piece begin with the signal.

    Returns:
        Shape (..., frequencies, pieces).

    Raises:
        RuntimeError: lengths that do not fit each other, or a one-sided transform of complex numbers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.stft(torch.ones(8), 4, window=torch.hann_window(4), return_complex=True).shape
        torch.Size([3, 9])
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    is_complex = input.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if return_complex is None:
        if not is_complex:
            raise RuntimeError(
                "stft requires the return_complex parameter be given for real inputs, and will further require that "
                "return_complex=True in a future PyTorch release."
            )
        return_complex = True
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    shape = tuple(input.shape)
    pad = n_fft // 2 if center else 0
    if pad and pad_mode not in ("constant", "reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {pad_mode}")
    if pad_mode == "reflect" and pad and len(shape) < 3 and pad >= (shape[-1] if shape else 1):
        extended = [1] * (3 - len(shape)) + list(shape)
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
            f"({pad}, {pad}) at dimension 2 of input {extended}"
        )
    padded = [*shape[:-1], shape[-1] + 2 * pad] if shape else []

    def refuse(reason: str) -> RuntimeError:
        return RuntimeError(
            f"stft({typename(input)}{padded}, n_fft={n_fft}, hop_length={hop}, win_length={length}, "
            f"window={_window_text(window)}, normalized={int(normalized)}, onesided={_flag(onesided)}, "
            f"return_complex={int(return_complex)}, align_to_window={_flag(align_to_window)}) : {reason}"
        )

    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise refuse("expected a tensor of floating point or complex values")
    if not 1 <= len(shape) <= 2:
        raise refuse("expected a 1D or 2D tensor")
    if not 0 < n_fft <= padded[-1]:
        raise refuse(f"expected 0 < n_fft < {padded[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise refuse(f"expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise refuse(f"expected 0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and tuple(window.shape) != (length,):
        raise refuse(
            f"expected a 1D window tensor of size equal to win_length={length}, but got window with size "
            f"{list(window.shape)}"
        )
    if onesided and is_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if input.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(f"MKL FFT doesn't support tensors of type: {input.dtype._scalar_name}")
    half = not is_complex if onesided is None else onesided
    aligned = bool(align_to_window) and not center
    if window is None:
        _warn_of_window(
            "applied,which is known to cause spectral leakage. Other windows such as torch.hann_window or "
            "torch.hamming_window are recommended to reduce spectral leakage."
        )
    result = stft_frames(input, window, n_fft, hop, length, pad, pad_mode, normalized, half, aligned)
    return result if return_complex else view_as_real(result)


@explained
def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    """Inverse of :func:`stft`: the signal that has these transforms, in the sense of least squares.

    https://docs.pytorch.org/docs/stable/generated/torch.istft.html

    Args:
        input: shape (..., frequencies, pieces), complex.
        n_fft: the length of a piece.
        hop_length: from piece to piece; a quarter of ``n_fft`` by default.
        win_length: the length of the window; ``n_fft`` by default.
        window: the window; ones by default.
        center: whether the signal had been padded.
        normalized: whether the transform had been divided by the root of ``n_fft``.
        onesided: whether half of the frequencies are given; by default, seen from their number.
        length: the length of the signal, cut or filled up with zeros.
        return_complex: whether the signal is complex.

    Returns:
        Shape (..., time).

    Raises:
        RuntimeError: lengths that do not fit each other, or windows that leave a sample out.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.hann_window(4)
        >>> torch.istft(torch.stft(torch.ones(8), 4, window=w, return_complex=True), 4, window=w)
        tensor([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    wide = n_fft if win_length is None else win_length
    shape = list(input.shape)
    name = f"CPU{input.dtype._scalar_name}Type"
    call = (
        f"istft({name}{shape}, n_fft={n_fft}, hop_length={hop}, win_length={wide}, window={_window_text(window)}, "
        f"center={int(center)}, normalized={int(normalized)}, onesided={_flag(onesided)}, length={_flag(length)}, "
        f"return_complex={int(return_complex)})"
    )
    if not input.dtype.is_complex:
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    complex_window = window is not None and window.dtype.is_complex
    if not return_complex and complex_window:
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    if not input.numel():
        raise RuntimeError(f"{call} : input tensor cannot be empty.")
    if len(shape) not in (2, 3):
        raise RuntimeError(f"{call} : expected a tensor with 3 or 4 dimensions, but got {len(shape) + 1}")
    if onesided is None:
        half = not complex_window and shape[-2] != n_fft
    else:
        half = onesided
    if half and shape[-2] != n_fft // 2 + 1:
        raise RuntimeError(
            f"{call} : expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 + 1 "
            f"when onesided=True, but got {shape[-2]}"
        )
    if not half and shape[-2] != n_fft:
        raise RuntimeError(
            f"{call} : expected the frequency dimension (3rd to the last) of the input tensor to match n_fft when "
            f"onesided=False, but got {shape[-2]}"
        )
    if not 0 < hop <= wide:
        raise RuntimeError(f"{call} : expected 0 < hop_length <= win_length")
    if not 0 < wide <= n_fft:
        raise RuntimeError(f"{call} : expected 0 < win_length <= n_fft")
    if window is not None and tuple(window.shape) != (wide,):
        raise RuntimeError(f"{call} : Invalid window shape. window has to be 1D and length of `win_length`")
    if return_complex and half:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    frames = shape[-1]
    total = n_fft + hop * (frames - 1)
    first = n_fft // 2 if center else 0
    last = first + length if length is not None else total - n_fft // 2 if center else total
    if window is None:
        _warn_of_window("applied.Please provide the same window used by stft to make the inversion lossless.")
    _check_overlap(call, window, wide, n_fft, frames, hop, (first, min(last, total)), input.dtype)
    if last > total:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded with zeros in the "
            "tail. Please check your center and hop_length settings.",
            stacklevel=2,
        )
    return istft_frames(input, window, n_fft, hop, wide, (first, last), normalized, half, return_complex)


def _warn_of_window(consequence: str) -> None:
    warn_once(
        f"A window was not provided. A rectangular window will be {consequence}To suppress this warning and use a "
        "rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
    )


def _check_overlap(
    call: str,
    window: Any,
    wide: int,
    n_fft: int,
    frames: int,
    hop: int,
    bounds: tuple[int, int],
    dtype: dtypes.dtype,
) -> None:
    """Refuse windows that leave a sample out; their values are read, unless a step is being captured."""
    if window is None:
        values = np.ones(wide, dtype.to_real()._np)
    elif recorder.capture is None and not window._current().aval.traced:
        values = np.asarray(window.detach()._array())
    else:
        return
    sums = envelope(centered(values, n_fft, np), frames, hop, n_fft)[slice(*bounds)]
    if sums.size and np.abs(sums).min() <= 1e-11:
        raise RuntimeError(f"{call} window overlap add min: 1")
