"""Choices about converting modules that torch means to change: https://docs.pytorch.org/docs/stable/future_mod.html"""

from .nn.conversion_choices import (
    get_overwrite_module_params_on_conversion as get_overwrite_module_params_on_conversion,
)
from .nn.conversion_choices import (
    get_swap_module_params_on_conversion as get_swap_module_params_on_conversion,
)
from .nn.conversion_choices import (
    set_overwrite_module_params_on_conversion as set_overwrite_module_params_on_conversion,
)
from .nn.conversion_choices import (
    set_swap_module_params_on_conversion as set_swap_module_params_on_conversion,
)

__all__ = [
    "get_overwrite_module_params_on_conversion",
    "get_swap_module_params_on_conversion",
    "set_overwrite_module_params_on_conversion",
    "set_swap_module_params_on_conversion",
]
