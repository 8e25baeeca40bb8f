"""Operators of the database that do not pass yet; see ``op_db_entries.NOT_YET``."""

from __future__ import annotations

__all__ = ["NOT_YET_TENSOR"]

NOT_YET_TENSOR: dict[str, dict[str, str]] = {
    "cat": {"errors": "out= made of a NumPy array is given new memory, where torch refuses"},
    "cholesky_solve": {"double backward": "the second gradient of an operand that is not contiguous"},
    "masked.logaddexp": {"double backward": "torch's is NaN where both terms are masked out, ours 0"},
    "matrix_exp": {
        "bfloat16": "torch's is NaN where ours is finite",
        "complex64": "half again as far from the float64 run as torch",
    },
}
