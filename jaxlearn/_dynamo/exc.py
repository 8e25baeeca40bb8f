"""``torch._dynamo.exc``: what a compiled function raises about its compilation."""

from __future__ import annotations

from .._engine.capture import TorchDynamoException as TorchDynamoException
from .._engine.capture import UncapturedHigherOrderOpError as UncapturedHigherOrderOpError
from .._engine.capture import Unsupported as Unsupported
from .._tensor.compile_options import InvalidBackend as InvalidBackend

__all__ = ["InvalidBackend", "TorchDynamoException", "UncapturedHigherOrderOpError", "Unsupported"]
