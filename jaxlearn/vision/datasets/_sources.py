"""Where a dataset can come from, and the search through those places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from jaxlearn.vision.datasets._integrity import Identity, LabelledImages

Splits = dict[str, LabelledImages]


class Unavailable(Exception):
    """A source does not have the dataset; the text says why."""


class Source(Protocol):
    """A place that may hold a dataset."""

    @property
    def name(self) -> str:
        """What the place is called in messages."""

    def load(self, splits: Sequence[str]) -> Splits:
        """The arrays of ``splits`` in canonical order, not yet verified."""


class NothingFound(Exception):
    """No source had the dataset; the text lists every source tried and what it said."""


def first_verified(
    sources: Iterable[Source], canonical: Identity, splits: Sequence[str]
) -> tuple[Source, Splits]:
    """The splits from the first source whose arrays are the canonical ones.

    Args:
        sources: the places, in the order in which they are tried.
        canonical: the dataset's identity; every split is checked against it.
        splits: the names of the splits wanted.

    Returns:
        The source that had them, and the verified arrays of each split.

    Raises:
        NothingFound: no source had them.
    """
    said = []
    for source in sources:
        try:
            found = source.load(splits)
            for split in splits:
                canonical.verify(split, found[split])
        except Exception as error:  # a source may fail in any way, its libraries' included; the next is tried
            text = str(error) if isinstance(error, Unavailable) else f"{type(error).__name__}: {error}"
            said.append(f"  - {source.name}: {text}")
        else:
            return source, found
    raise NothingFound("\n".join(said))
