"""``torch._functorch``: the settings that programs assign to. Gradients are made from the recorded graph here."""

from __future__ import annotations

from . import config as config

__all__ = ["config"]
