"""``spectral_norm`` by a hook, the older form of :func:`jaxlearn.nn.utils.parametrizations.spectral_norm`."""

from __future__ import annotations

from typing import Any

from ..._autograd.modes import no_grad
from ..._tensor.inplace import write
from ...ops.linalg import dot, mv
from ...ops.nn_norm import normalize
from ..computed import ComputedTensor
from ..modules.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..parameter import Parameter, is_lazy

__all__ = [
    "SpectralNorm",
    "SpectralNormLoadStateDictPreHook",
    "SpectralNormStateDictHook",
    "remove_spectral_norm",
    "spectral_norm",
]


class SpectralNorm(ComputedTensor):
    """The hook that computes the weight before each forward.

    Args:
        name: of the parameter.
        n_power_iterations: steps of the power method before each forward in training.
        dim: the dimension of outputs.
        eps: lower bound of lengths that are divided by.

    Raises:
        ValueError: the number of steps is not positive.
    """

    # Written beside the state: before version 1 it had the computed weight instead of the right singular vector.
    _version: int = 1

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        self.name = name
        self.dim = dim
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Any) -> Any:
        """The weight as a matrix, one row for each output."""
        if self.dim != 0:
            weight = weight.permute(self.dim, *[d for d in range(weight.dim()) if d != self.dim])
        return weight.reshape(weight.size(0), -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """The weight divided by its spectral norm; the singular vectors are improved first if so asked."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    write(v, normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    write(u, normalize(mv(matrix, v), dim=0, eps=self.eps))
                # Copies: a second forward before the backward writes new vectors.
                u, v = u.clone(), v.clone()
        return weight / dot(u, mv(matrix, v))

    def remove(self, module: Any) -> None:
        """Make the weight a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        delattr(module, self.name)
        delattr(module, f"{self.name}_u")
        delattr(module, f"{self.name}_v")
        delattr(module, f"{self.name}_orig")
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Any, inputs: Any) -> None:
        self.put(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    def solved_v(self, matrix: Any, u: Any, sigma: Any) -> Any:
        """The right singular vector that belongs to a left one and a norm."""
        v = ((matrix.t().mm(matrix)).pinverse() @ (matrix.t() @ u.unsqueeze(1))).squeeze(1)
        return v.mul_(sigma / dot(u, mv(matrix, v)))

    @staticmethod
    def apply(module: Any, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Put the original weight and the singular vectors in the place of a parameter, and the hook before the
        forward.
        """
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm) and hook.name == name:
                raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying spectral normalization"
            )
        with no_grad():
            h, w = hook.reshape_weight_to_matrix(weight).size()
            u = normalize(weight.new_empty(h).normal_(0, 1), dim=0, eps=eps)
            v = normalize(weight.new_empty(w).normal_(0, 1), dim=0, eps=eps)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        # Until the first forward: what initialises weights may look for it.
        setattr(module, name, weight.data)
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(SpectralNormStateDictHook(hook))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(hook))
        return hook


class SpectralNormLoadStateDictPreHook:
    """Reads states from before version 1.

    Args:
        fn: the module's :class:`SpectralNorm`.
    """

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        version = local_metadata.get("spectral_norm", {}).get(f"{self.fn.name}.version", None)
        if version is not None and version >= 1:
            return
        key = prefix + self.fn.name
        present = all(key + end in state_dict for end in ("_orig", "_u", "_v"))
        if version is None and present and key not in state_dict:
            return
        missing = [key + end for end in ("_orig", "", "_u") if key + end not in state_dict]
        if missing:
            if strict:
                missing_keys.extend(missing)
            return
        with no_grad():
            original = state_dict[f"{key}_orig"]
            sigma = (original / state_dict.pop(key)).mean()
            matrix = self.fn.reshape_weight_to_matrix(original)
            state_dict[f"{key}_v"] = self.fn.solved_v(matrix, state_dict[f"{key}_u"], sigma)


class SpectralNormStateDictHook:
    """Writes the version beside the state.

    Args:
        fn: the module's :class:`SpectralNorm`.
    """

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        key = f"{self.fn.name}.version"
        if key in versions:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        versions[key] = self.fn._version


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    r"""Divide a parameter by its largest singular value before each forward, :math:`W / \sigma(W)`.

    :func:`jaxlearn.nn.utils.parametrizations.spectral_norm` is the newer form.
    Spectral normalization for generative adversarial networks, https://arxiv.org/abs/1802.05957;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html

    Args:
        module: whose parameter it is.
        name: of the parameter; ``<name>_orig`` and the buffers ``<name>_u`` and ``<name>_v`` take its place.
        n_power_iterations: steps of the power method before each forward in training.
        eps: lower bound of lengths that are divided by.
        dim: the dimension of outputs; by default 0, of transposed convolutions 1.

    Returns:
        The module.

    Raises:
        RuntimeError: the parameter has spectral normalisation already.
        ValueError: it is None or its shape not known yet, or the number of steps is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(20, 40))
        >>> layer.weight_u.shape
        torch.Size([40])
    """
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    SpectralNorm.apply(module, name, n_power_iterations, dim, eps)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Undo :func:`spectral_norm`: the weight is a parameter again, with its present value.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.remove_spectral_norm.html

    Args:
        module: whose parameter it is.
        name: of the parameter.

    Returns:
        The module.

    Raises:
        ValueError: the parameter has no spectral normalisation.
    """
    number = _number(module._forward_pre_hooks, lambda h: isinstance(h, SpectralNorm) and h.name == name)
    if number is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    module._forward_pre_hooks[number].remove(module)
    del module._forward_pre_hooks[number]
    kinds = (SpectralNormStateDictHook, SpectralNormLoadStateDictPreHook)
    for table in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        number = _number(table, lambda h: isinstance(h, kinds) and h.fn.name == name)
        if number is not None:
            del table[number]
    return module


def _number(hooks: Any, wanted: Any) -> Any:
    return next((number for number, hook in hooks.items() if wanted(hook)), None)
