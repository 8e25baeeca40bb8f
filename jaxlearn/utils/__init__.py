"""Utilities beside the library's core: loading data."""

from __future__ import annotations

from . import data as data

__all__ = ["data"]
