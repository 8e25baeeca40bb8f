"""``torch.backends.openmp``: XLA brings its own kernels and threads."""

__all__ = ["is_available"]


def is_available() -> bool:
    """Always False: XLA uses its own."""
    return False
