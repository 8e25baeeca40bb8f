"""Operators of the database that do not pass yet; see ``op_db_entries.NOT_YET``."""

from __future__ import annotations

__all__ = ["NOT_YET_FFT"]

SIGN = "LAPACK's build decides the sign or phase of singular vectors and eigenvectors"
UNWRITTEN = "torch leaves its out= unwritten"
TORCH_INEXACT = "torch's own values are wrong in the 7th digit; SciPy's agree with ours"
LONG_SUMS = "float32 rounding of sums of 360 products, up to twice torch's"

NOT_YET_FFT: dict[str, dict[str, str]] = {
    "cholesky_solve": {"double backward": "second gradient of an upper factor's triangle that is not read"},
    "cov": {
        "float32": "gradient by weights of a difference of nearly equal numbers, up to twice torch's rounding"
    },
    "fft.hfft2": {"complex64": LONG_SUMS, "float32": LONG_SUMS, "out": LONG_SUMS},
    "fft.ihfft2": {"out": UNWRITTEN},
    "fft.ihfftn": {"out": UNWRITTEN},
    "linalg.eig": {"double backward": SIGN},
    "linalg.multi_dot": {"float32": "float32 rounding of a product of five matrices, up to twice torch's"},
    "lu": {"variants": "a private name, torch._lu_with_info"},
    "special.bessel_j0": {"float64": TORCH_INEXACT},
    "special.bessel_y1": {"float64": TORCH_INEXACT},
}
