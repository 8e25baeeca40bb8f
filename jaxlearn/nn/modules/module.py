"""``Module`` and the hooks of all modules, where torch has them."""

from __future__ import annotations

from ..hooks import register_module_backward_hook as register_module_backward_hook
from ..hooks import register_module_forward_hook as register_module_forward_hook
from ..hooks import register_module_forward_pre_hook as register_module_forward_pre_hook
from ..hooks import register_module_full_backward_hook as register_module_full_backward_hook
from ..hooks import register_module_full_backward_pre_hook as register_module_full_backward_pre_hook
from ..module import Module as Module
from ..registration_hooks import (
    register_module_buffer_registration_hook as register_module_buffer_registration_hook,
)
from ..registration_hooks import (
    register_module_module_registration_hook as register_module_module_registration_hook,
)
from ..registration_hooks import (
    register_module_parameter_registration_hook as register_module_parameter_registration_hook,
)
from ..state_loading import _IncompatibleKeys as _IncompatibleKeys

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]
