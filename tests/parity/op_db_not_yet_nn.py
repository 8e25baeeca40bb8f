"""Operators of the database that do not pass yet; see ``op_db_entries.NOT_YET``."""

from __future__ import annotations

__all__ = ["NOT_YET_NN"]

NOT_YET_NN: dict[str, dict[str, str]] = {}
