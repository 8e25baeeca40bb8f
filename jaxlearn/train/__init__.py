"""Training as one compiled program per step: the Trainer, its callbacks and its metrics."""

from __future__ import annotations

from .callbacks import Callback as Callback
from .callbacks import EarlyStopping as EarlyStopping
from .callbacks import ModelCheckpoint as ModelCheckpoint
from .metrics import accuracy as accuracy
from .trainer import Trainer as Trainer

__all__ = ["Callback", "EarlyStopping", "ModelCheckpoint", "Trainer", "accuracy"]
