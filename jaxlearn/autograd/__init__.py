"""Automatic differentiation: https://docs.pytorch.org/docs/stable/autograd.html"""

from __future__ import annotations

from .._autograd.modes import enable_grad as enable_grad
from .._autograd.modes import enforce_grad_layout_policy as enforce_grad_layout_policy
from .._autograd.modes import inference_mode as inference_mode
from .._autograd.modes import no_grad as no_grad
from .._autograd.modes import set_grad_enabled as set_grad_enabled
from .._autograd.modes import set_multithreading_enabled as set_multithreading_enabled
from . import anomaly_mode as anomaly_mode
from . import forward_ad as forward_ad
from . import function as function
from . import functional as functional
from . import grad_mode as grad_mode
from . import graph as graph
from . import profiler as profiler
from .anomaly_mode import detect_anomaly as detect_anomaly
from .anomaly_mode import set_detect_anomaly as set_detect_anomaly
from .function import Function as Function
from .gradcheck import gradcheck as gradcheck
from .gradcheck import gradgradcheck as gradgradcheck
from .gradients import backward as backward
from .gradients import grad as grad
from .variable import Variable as Variable

__all__ = [
    "Function",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]
