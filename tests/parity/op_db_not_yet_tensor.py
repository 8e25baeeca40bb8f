"""Operators of the database that do not pass yet; see ``op_db_entries.NOT_YET``."""

from __future__ import annotations

__all__ = ["NOT_YET_TENSOR"]

NOT_YET_TENSOR: dict[str, dict[str, str]] = {
    "masked.amax": {"all": "no such name yet"},
    "masked.amin": {"all": "no such name yet"},
    "masked.argmax": {"all": "no such name yet"},
    "masked.argmin": {"all": "no such name yet"},
    "masked.cumprod": {"all": "no such name yet"},
    "masked.cumsum": {"all": "no such name yet"},
    "masked.log_softmax": {"all": "no such name yet"},
    "masked.logaddexp": {"all": "no such name yet"},
    "masked.logsumexp": {"all": "no such name yet"},
    "masked.mean": {"all": "no such name yet"},
    "masked.median": {"all": "no such name yet"},
    "masked.norm": {"all": "no such name yet"},
    "masked.normalize": {"all": "no such name yet"},
    "masked.prod": {"all": "no such name yet"},
    "masked.softmax": {"all": "no such name yet"},
    "masked.softmin": {"all": "no such name yet"},
    "masked.std": {"all": "no such name yet"},
    "masked.sum": {"all": "no such name yet"},
    "masked.var": {"all": "no such name yet"},
}
