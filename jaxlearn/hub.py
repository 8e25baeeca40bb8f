"""Files from the web, kept in a folder, and models of folders with a ``hubconf.py``.

https://docs.pytorch.org/docs/stable/hub.html
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse as urlparse

from .io import load as load_file
from .io.pth_files import atomic_open

__all__ = [
    "download_url_to_file",
    "get_dir",
    "help",
    "list",
    "load",
    "load_state_dict_from_url",
    "set_dir",
]

# In "resnet18-5c106cde.pth" the beginning of the file's SHA-256.
HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
_CHUNK = 128 * 1024


class _Folder:
    """The folder that the program chose."""

    chosen: str | None = None


def get_dir() -> str:
    """The folder that files are kept in: ``$TORCH_HOME/hub``, by default ``~/.cache/torch/hub``.

    https://docs.pytorch.org/docs/stable/hub.html#torch.hub.get_dir
    """
    if _Folder.chosen is not None:
        return _Folder.chosen
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    return os.path.join(os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch"))), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Choose the folder that files are kept in.

    Args:
        d: its path.

    Example::

        >>> import jaxlearn as torch
        >>> before = torch.hub.get_dir()
        >>> torch.hub.set_dir("/data/hub")
        >>> torch.hub.get_dir()
        '/data/hub'
        >>> torch.hub.set_dir(before)
    """
    _Folder.chosen = os.path.expanduser(d)


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Download a file. Whatever fails, the place is as it was before.

    https://docs.pytorch.org/docs/stable/hub.html#torch.hub.download_url_to_file

    Args:
        url: where it is.
        dst: where it goes.
        hash_prefix: what its SHA-256 must begin with, in hexadecimal digits.
        progress: show a progress bar.

    Raises:
        RuntimeError: the SHA-256 is another, or the folder does not exist.
        urllib.error.URLError: the file cannot be had.
    """
    from tqdm import tqdm  # only a download needs it

    request = urllib.request.Request(url, headers={"User-Agent": "jaxlearn.hub"})
    digest = hashlib.sha256()
    with urllib.request.urlopen(request) as source, atomic_open(os.path.expanduser(dst)) as target:
        length = source.headers.get("Content-Length")
        size = None if length is None else int(length)
        with tqdm(total=size, disable=not progress, unit="B", unit_scale=True, unit_divisor=1024) as bar:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                digest.update(chunk)
                bar.update(len(chunk))
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> Any:
    """Download a checkpoint, if it is not there yet, and load it.

    https://docs.pytorch.org/docs/stable/hub.html#torch.hub.load_state_dict_from_url

    Args:
        url: where it is.
        model_dir: the folder to keep it in; default ``checkpoints`` in :func:`get_dir`.
        map_location: as in :func:`jaxlearn.load`.
        progress: show a progress bar.
        check_hash: whether the file's name tells the beginning of its SHA-256, as in ``resnet18-5c106cde.pth``.
        file_name: the name to keep it under; default the one in the address.
        weights_only: as in :func:`jaxlearn.load`; give True for files that you do not trust.

    Raises:
        RuntimeError: the SHA-256 is another.
        urllib.error.URLError: the file cannot be had.
    """
    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = os.path.basename(urlparse(url).path) if file_name is None else file_name
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stdout.write(f'Downloading: "{url}" to {path}\n')
        told = HASH_REGEX.search(name) if check_hash else None
        download_url_to_file(url, path, told and told.group(1), progress)
    return load_file(_unzipped(path), map_location=map_location, weights_only=weights_only)


def _unzipped(path: str) -> Any:
    """The file, or the one file in it: checkpoints of torch before 1.6 were zipped for hubs."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
            if len(inside) == 1 and not inside[0].is_dir():
                return archive.open(inside[0])
    return path


def list(github: str, force_reload: bool = False, skip_validation: bool = False, **options: Any) -> Any:
    """The names of the models in a folder with a ``hubconf.py``.

    Args:
        github: the folder.
        force_reload: accepted for torch's sake.
        skip_validation: accepted for torch's sake.
        options: ``trust_repo`` and ``verbose``, accepted for torch's sake.

    Raises:
        RuntimeError: it is no folder; see :func:`load`.
    """
    found = _hubconf(_local(github))
    return [n for n, value in vars(found).items() if callable(value) and not n.startswith("_")]


def help(github: str, model: str, force_reload: bool = False, skip_validation: bool = False) -> str | None:
    """The documentation of a model in a folder with a ``hubconf.py``.

    Args:
        github: the folder.
        model: the model's name.
        force_reload: accepted for torch's sake.
        skip_validation: accepted for torch's sake.

    Raises:
        RuntimeError: it is no folder, or has no such model.
    """
    return _entry(_local(github), model).__doc__


def load(
    repo_or_dir: str,
    model: str,
    *args: Any,
    source: str = "github",
    trust_repo: Any = None,
    force_reload: bool = False,
    verbose: bool = True,
    skip_validation: bool = False,
    **kwargs: Any,
) -> Any:
    """Make a model by a function of the ``hubconf.py`` in a folder.

    Code of a repository on GitHub is not downloaded: it imports PyTorch, and nobody has read it. Clone it and adapt its
    imports. https://docs.pytorch.org/docs/stable/hub.html#torch.hub.load

    Args:
        repo_or_dir: the folder.
        model: the function's name.
        args: for the function.
        source: ``"local"``.
        trust_repo: accepted for torch's sake.
        force_reload: accepted for torch's sake.
        verbose: accepted for torch's sake.
        skip_validation: accepted for torch's sake.
        kwargs: for the function.

    Raises:
        RuntimeError: ``source`` is ``"github"``, a package is missing, or there is no such function.
        ValueError: another ``source``.
    """
    if source not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    folder = _local(repo_or_dir) if source == "github" else os.path.expanduser(repo_or_dir)
    return _entry(folder, model)(*args, **kwargs)


def _local(repo: str) -> str:
    if not os.path.isdir(repo):
        raise RuntimeError(
            f"{repo}: code of GitHub's repositories is not downloaded here; clone it, let it import jaxlearn as torch, "
            "and give the folder with source='local'"
        )
    return repo


def _hubconf(folder: str) -> Any:
    spec = importlib.util.spec_from_file_location("hubconf", os.path.join(folder, "hubconf.py"))
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{folder} has no hubconf.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    missing = [
        n for n in getattr(module, "dependencies", ()) if n != "torch" and not importlib.util.find_spec(n)
    ]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}")
    return module


def _entry(folder: str, model: str) -> Callable[..., Any]:
    if not isinstance(model, str):
        raise ValueError("Invalid input: model should be a string of function name")
    found = getattr(_hubconf(folder), model, None)
    if not callable(found):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    entry: Callable[..., Any] = found
    return entry
