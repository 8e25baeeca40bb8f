"""Tensor methods: Fourier transforms of pieces of a signal."""

from __future__ import annotations

from . import spectral

__all__ = ["SpectralMethods"]


class SpectralMethods:
    """Fourier transforms as methods; see the function of the same name in :mod:`jaxlearn` for each."""

    istft = spectral.istft
    stft = spectral.stft
