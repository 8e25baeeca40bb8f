"""Orthogonal, weight-normalised and spectrally normalised tensors; names as in ``torch.nn.utils.parametrizations``."""

from __future__ import annotations

from typing import Any

from ... import _dtypes as dtypes
from ..._autograd.modes import no_grad
from ..._tensor.creation_constants import eye, zeros_like
from ..._tensor.inplace import write
from ..._tensor.linalg_checked import solve
from ..._tensor.random import randn
from ...ops.comparison import allclose
from ...ops.joining import cat
from ...ops.linalg import mv, vdot
from ...ops.linalg_householder import geqrf, householder_product
from ...ops.linalg_solve import matrix_exp
from ...ops.nn_norm import normalize
from ...ops.pointwise_select import where
from ..module import Module
from ..modules.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..parameter import is_tensor
from .parametrize import register_parametrization
from .weight_normalization import magnitudes, normalized

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

_MAPS = ("matrix_exp", "cayley", "householder")


def _is_orthogonal(q: Any) -> bool:
    n, k = q.shape[-2:]
    eps = 10.0 * n * dtypes.finfo(q.dtype).eps
    return bool(allclose(q.mH @ q, eye(k, dtype=q.dtype, device=q.device), atol=eps))


def _orthogonalized(a: Any) -> Any:
    """The Q of a tall matrix's QR decomposition in which the diagonal of R is not negative."""
    packed, tau = geqrf(a)
    return householder_product(packed, tau) * packed.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it has more columns)."""

    base: Any

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        """The orthogonal matrix that belongs to a matrix."""
        transposed = x.size(-2) < x.size(-1)
        if transposed:
            x = x.mT
        q = self._reflected(x) if self.orthogonal_map == "householder" else self._rotated(x)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if transposed else q

    def _reflected(self, x: Any) -> Any:
        """A product of Householder reflections: the vectors are below the diagonal, the signs on it."""
        a = x.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (a * a).sum(dim=-2))
        return householder_product(a, tau) * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def _rotated(self, x: Any) -> Any:
        """The image of a skew-symmetric matrix, which the lower triangle gives."""
        n, k = x.size(-2), x.size(-1)
        x = x.tril()
        if n != k:
            x = cat([x, x.new_zeros(n, n - k).expand(*x.shape[:-2], -1, -1)], dim=-1)
        a = x - x.mH
        if self.orthogonal_map == "matrix_exp":
            q = matrix_exp(a)
        else:
            one = eye(n, dtype=a.dtype, device=a.device)
            q = solve(one - 0.5 * a, one + 0.5 * a)
        return q if n == k else q[..., :k]

    def right_inverse(self, q: Any) -> Any:
        """The matrix to which an orthogonal one belongs; what is not orthogonal is made so first."""
        with no_grad():
            return self._inverse(q)

    def _inverse(self, q: Any) -> Any:
        if q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {q.shape}."
            )
        given = q
        transposed = q.size(-2) < q.size(-1)
        if transposed:
            q = q.mT
        n, k = q.size(-2), q.size(-1)
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            packed, tau = geqrf(q)
            signs = packed.diagonal(dim1=-2, dim2=-1).sign()
            # LAPACK's tau is zero exactly where it uses no reflection.
            packed.diagonal(dim1=-2, dim2=-1).copy_(where(tau == 0.0, -signs, signs))
            return packed.mT if transposed else packed
        if n != k:
            more = randn(*q.shape[:-2], n, n - k, dtype=q.dtype, device=q.device)
            self.base = _orthogonalized(cat([q, more], dim=-1))
        else:
            self.base = q.clone() if _is_orthogonal(q) else _orthogonalized(q)
        # The reflections of minus one are one: what is to be learned starts at the base.
        start = zeros_like(given)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def _weight_of(module: Any, name: str) -> Any:
    weight = getattr(module, name, None)
    if not is_tensor(weight):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


def orthogonal(
    module: Any, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Any:
    r"""Keep a matrix, or a batch of them, orthogonal (unitary if complex).

    With ``matrix_exp`` and ``cayley`` it is the exponential, or the Cayley transform :math:`(1 + A/2)(1 - A/2)^{-1}`,
    of a skew-symmetric matrix, with ``householder`` a product of reflections; with ``use_trivialization`` times a
    constant matrix, the buffer ``base`` (Trivializations for gradient-based optimization on manifolds,
    https://arxiv.org/abs/1909.09501).
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.orthogonal.html

    Args:
        module: whose tensor it is.
        name: of the tensor, of two dimensions or more.
        orthogonal_map: ``"matrix_exp"``, ``"cayley"`` or ``"householder"``; by default the first for square and complex
            matrices, the last for others.
        use_trivialization: whether there is a base; needed to assign a matrix with the first two.

    Returns:
        The module.

    Raises:
        ValueError: there is no such tensor, it has fewer dimensions, or the map is unknown or not for complex ones.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
        >>> torch.allclose(layer.weight.T @ layer.weight, torch.eye(3), atol=1e-5)
        True
    """
    weight = _weight_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)


class _WeightNorm(Module):
    """A tensor as magnitudes times directions."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        """The tensor with these magnitudes and directions."""
        return normalized(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> Any:
        """A tensor's magnitudes and directions."""
        return magnitudes(weight, self.dim), weight


class _OldNames:
    """Reads states of :func:`jaxlearn.nn.utils.weight_norm`, which calls the two tensors ``_g`` and ``_v``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: Any, prefix: str, *others: Any) -> None:
        old = [f"{prefix}{self.name}_g", f"{prefix}{self.name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{self.name}.original{i}"] = state_dict.pop(key)


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    r"""Learn magnitude and direction of a tensor apart: :math:`w = g\, v / \lVert v \rVert`.

    Weight normalization, https://arxiv.org/abs/1602.07868;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html

    Args:
        module: whose tensor it is.
        name: of the tensor.
        dim: the dimension each of whose slices has its own magnitude; None for one magnitude.

    Returns:
        The module; ``parametrizations.<name>.original0`` and ``original1`` are :math:`g` and :math:`v`.

    Raises:
        ValueError: there is no such tensor.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(20, 40))
        >>> layer.parametrizations.weight.original0.shape
        torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(_OldNames(name))
    return module


class _SpectralNorm(Module):
    """A matrix divided by its largest singular value, which the power method estimates."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if dim >= ndim or dim < -ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight).detach()
            u = matrix.new_empty(matrix.size(0)).normal_(0, 1)
            v = matrix.new_empty(matrix.size(1)).normal_(0, 1)
            self.register_buffer("_u", normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", normalize(v, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        if self.dim != 0:
            weight = weight.permute(self.dim, *(d for d in range(weight.dim()) if d != self.dim))
        return weight.flatten(1)

    def _iterate(self, matrix: Any, count: int) -> None:
        with no_grad():
            for _ in range(count):
                write(self._u, normalize(mv(matrix, self._v), dim=0, eps=self.eps))
                write(self._v, normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Any) -> Any:
        """The weight divided by its spectral norm; in training the estimate is improved first."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: a second forward before the backward writes new vectors.
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Any) -> Any:
        """The value itself, as if its norm were 1."""
        return value


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    r"""Divide a tensor by its largest singular value, :math:`W / \sigma(W)`; a vector by its length.

    The singular vectors are buffers, improved by the power method at each use of the tensor in training.
    Spectral normalization for generative adversarial networks, https://arxiv.org/abs/1802.05957;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.spectral_norm.html

    Args:
        module: whose tensor it is.
        name: of the tensor; with more than two dimensions it is taken as a matrix.
        n_power_iterations: steps of the power method at each use.
        eps: lower bound of lengths that are divided by.
        dim: the dimension of outputs; by default 0, of transposed convolutions 1.

    Returns:
        The module.

    Raises:
        ValueError: there is no such tensor, or the number of steps is not positive.
        IndexError: the tensor does not have the dimension.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(4, 3), n_power_iterations=20)
        >>> round(torch.linalg.matrix_norm(layer.weight, 2).item(), 3)
        1.0
    """
    weight = _weight_of(module, name)
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
