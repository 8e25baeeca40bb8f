"""Whether converting a module changes its parameters, replaces them or swaps them: ``torch.__future__``."""

from __future__ import annotations

__all__ = [
    "get_overwrite_module_params_on_conversion",
    "get_swap_module_params_on_conversion",
    "set_overwrite_module_params_on_conversion",
    "set_swap_module_params_on_conversion",
]


class _Chosen:
    overwrite: bool = False
    swap: bool = False


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """Choose whether ``module.to()`` and its kin give a module new parameters instead of changing those it has.

    https://docs.pytorch.org/docs/stable/future_mod.html#torch.__future__.set_overwrite_module_params_on_conversion

    Args:
        value: whether they do.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.Linear(1, 1)
        >>> weight = layer.weight
        >>> torch.__future__.set_overwrite_module_params_on_conversion(True)
        >>> layer.double().weight is weight
        False
        >>> torch.__future__.set_overwrite_module_params_on_conversion(False)
    """
    _Chosen.overwrite = value


def get_overwrite_module_params_on_conversion() -> bool:
    """Whether ``module.to()`` and its kin give a module new parameters.

    https://docs.pytorch.org/docs/stable/future_mod.html#torch.__future__.get_overwrite_module_params_on_conversion

    Example::

        >>> import jaxlearn as torch
        >>> torch.__future__.get_overwrite_module_params_on_conversion()
        False
    """
    return _Chosen.overwrite


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Choose whether ``module.to()`` and ``load_state_dict(assign=True)`` swap a parameter with the new one.

    The parameter that an optimizer holds is then the new one: see :func:`jaxlearn.utils.swap_tensors`.
    https://docs.pytorch.org/docs/stable/future_mod.html#torch.__future__.set_swap_module_params_on_conversion

    Args:
        value: whether they do. It goes before :func:`set_overwrite_module_params_on_conversion`.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.Linear(1, 1)
        >>> weight = layer.weight
        >>> torch.__future__.set_swap_module_params_on_conversion(True)
        >>> layer.double().weight is weight
        True
        >>> torch.__future__.set_swap_module_params_on_conversion(False)
    """
    _Chosen.swap = value


def get_swap_module_params_on_conversion() -> bool:
    """Whether ``module.to()`` and its kin swap parameters.

    https://docs.pytorch.org/docs/stable/future_mod.html#torch.__future__.get_swap_module_params_on_conversion

    Example::

        >>> import jaxlearn as torch
        >>> torch.__future__.get_swap_module_params_on_conversion()
        False
    """
    return _Chosen.swap
