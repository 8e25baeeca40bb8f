"""What a report of a problem tells of the machine: ``python -m jaxlearn.utils.collect_env``."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from typing import NamedTuple

import jax

from ..version import __version__

__all__ = ["SystemEnv", "get_env_info", "get_pretty_env_info", "main"]

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scipy", "ml_dtypes")


class SystemEnv(NamedTuple):
    """What the report has."""

    torch_version: str
    python_version: str
    python_platform: str
    os: str
    cpu_info: str
    is_cuda_available: str
    devices: list[str]
    pip_packages: str


def get_env_info() -> SystemEnv:
    """Versions of this library and of those that it needs, the machine and JAX's devices."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    devices = [str(device) for device in jax.devices()]
    gpu = any(device.platform in ("gpu", "cuda", "rocm") for device in jax.devices())
    return SystemEnv(
        torch_version=__version__,
        python_version=f"{sys.version.split(chr(10))[0]} ({sys.maxsize.bit_length() + 1}-bit runtime)",
        python_platform=platform.platform(),
        os=f"{platform.system()} {platform.release()} ({platform.machine()})",
        cpu_info=f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        is_cuda_available=str(gpu),
        devices=devices,
        pip_packages="\n".join(found),
    )


def get_pretty_env_info() -> str:
    """The same as a text."""
    e = get_env_info()
    return "\n".join(
        [
            f"PyTorch's API by jaxlearn: {e.torch_version}",
            f"OS: {e.os}",
            f"Python version: {e.python_version}",
            f"Python platform: {e.python_platform}",
            f"CPU: {e.cpu_info}",
            f"Is CUDA available: {e.is_cuda_available}",
            f"Devices: {', '.join(e.devices)}",
            "",
            "Versions of relevant libraries:",
            *[f"[pip3] {line}" for line in e.pip_packages.splitlines()],
        ]
    )


def main() -> None:
    """Print the report."""
    print("Collecting environment information...")
    print(get_pretty_env_info())


if __name__ == "__main__":
    main()
