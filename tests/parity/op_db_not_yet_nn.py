"""Operators of the database that do not pass yet; see ``op_db_entries.NOT_YET``."""

from __future__ import annotations

__all__ = ["NOT_YET_NN"]

NOT_YET_NN: dict[str, dict[str, str]] = {
    "nn.functional.adaptive_avg_pool3d": {"bfloat16": "values"},
    "nn.functional.conv_transpose3d": {"bfloat16": "values", "complex64": "values"},
    "nn.functional.cosine_similarity": {"bfloat16": "values"},
    "nn.functional.linear_cross_entropy": {"bfloat16": "values"},
}
