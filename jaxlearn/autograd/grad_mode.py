"""Switching the recording for backward on and off: https://docs.pytorch.org/docs/stable/autograd.html#locally-disable-grad-doc"""

from __future__ import annotations

from .._autograd.modes import enable_grad as enable_grad
from .._autograd.modes import enforce_grad_layout_policy as enforce_grad_layout_policy
from .._autograd.modes import inference_mode as inference_mode
from .._autograd.modes import no_grad as no_grad
from .._autograd.modes import set_grad_enabled as set_grad_enabled
from .._autograd.modes import set_multithreading_enabled as set_multithreading_enabled
from .._naming import publish

__all__ = [
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]

publish(__name__, __all__)
