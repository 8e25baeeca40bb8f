"""``torch.backends.mps``: Apple's GPU is not among JAX's platforms here."""

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Always False."""
    return False


def is_built() -> bool:
    """Always False."""
    return False
