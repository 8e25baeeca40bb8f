"""``torch._inductor``: the settings that programs assign to. XLA compiles here."""

from __future__ import annotations

from . import config as config

__all__ = ["config"]
