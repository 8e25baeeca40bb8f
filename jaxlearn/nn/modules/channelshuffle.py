"""``ChannelShuffle``, where torch has it."""

from __future__ import annotations

from .pixelshuffle import ChannelShuffle as ChannelShuffle

__all__ = ["ChannelShuffle"]
