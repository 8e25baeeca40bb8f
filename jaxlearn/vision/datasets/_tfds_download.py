"""TFDS's own download of the files of a dataset in IDX form."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from jaxlearn.vision.datasets._idx import read_idx
from jaxlearn.vision.datasets._integrity import LabelledImages
from jaxlearn.vision.datasets._sources import Splits, Unavailable
from jaxlearn.vision.datasets._tfds_store import quiet

_REACH_SECONDS = 8.0


class TFDSDownload:
    """TFDS's download manager, which checks sizes and SHA-256 of the files it knows.

    Only the download is TFDS's: the rest of its preparation reads the files through TensorFlow.

    Args:
        url: the address of the folder of files, ending in ``/``.
        files: per split, the names (without ``.gz``) of the file of images and the file of labels.
        dataset: the name under which TFDS knows the dataset.
    """

    def __init__(self, url: str, files: Mapping[str, tuple[str, str]], dataset: str) -> None:
        self.url = url
        self.files = files
        self.dataset = dataset
        self.name = f"TFDS's download from {url}"

    def load(self, splits: Sequence[str]) -> Splits:
        """Download, in a temporary directory, and parse the files of ``splits``."""
        urls = {split: [f"{self.url}{name}.gz" for name in self.files[split]] for split in splits}
        # TFDS tries an unreachable host ten times, for minutes; asking once first costs seconds.
        require_reachable(urls[splits[0]][-1])
        import tensorflow_datasets as tfds

        with tempfile.TemporaryDirectory() as scratch:
            with quiet():
                manager = tfds.download.DownloadManager(download_dir=Path(scratch), dataset_name=self.dataset)
                paths = manager.download(urls)
            return {
                split: LabelledImages(read_idx(images), read_idx(labels).astype(np.int64))
                for split, (images, labels) in paths.items()
            }


def require_reachable(url: str) -> None:
    """Raise `Unavailable` unless the server of ``url`` says within seconds that it has it."""
    answer: list[str] = []

    def ask() -> None:
        import requests

        try:
            status = requests.head(url, timeout=_REACH_SECONDS / 2, allow_redirects=True).status_code
            answer.append("" if status < 400 else f"HTTP status {status} for {url}")
        except requests.RequestException as error:
            answer.append(str(error))

    # In a thread of its own because no time limit of requests covers the look-up of the host's name.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_REACH_SECONDS)
    reason = answer[0] if answer else f"no answer within {_REACH_SECONDS:.0f} s"
    if reason:
        raise Unavailable(reason)
