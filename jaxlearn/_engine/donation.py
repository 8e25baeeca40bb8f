"""Which result of a program is written into which donated input's memory.

XLA writes a result into a donated buffer only after the last read of what was there; where the program reads it later,
it copies the buffer first. JAX pairs donated inputs with results by type, first come first served, so a gradient that
is handed out may get the memory of its own parameter, and every parameter is copied before the step begins (28 % of the
step of an MLP 784-512-512-10, batch 64). So the pairs are chosen here: a result goes where the value was that it is
the successor of.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Sequence

from .signature import Vjp
from .value import Bundle, Value

__all__ = ["pairs"]


def pairs(
    order: Sequence[Value], leaves: Sequence[Value], outputs: Sequence[Value], donate: Sequence[bool]
) -> list[tuple[int, int]]:
    """Pairs of the numbers of a leaf and of the output that takes over its memory; a bundle takes over several.

    Args:
        order: the graph's nodes, their ``index`` set.
        leaves: the concrete inputs, their ``index`` set.
        outputs: the nodes whose results are returned.
        donate: for each leaf, whether its memory may be reused.
    """
    last_read = [-1] * len(leaves)
    for node in order:
        for i in _read(node):
            if i.index < -1:
                last_read[-i.index - 2] = node.index
    free = {i for i, allowed in enumerate(donate) if allowed}
    found: list[tuple[int, int]] = []
    served: set[int] = set()

    def take(output: int, leaf: int) -> None:
        found.append((leaf, output))
        served.add(output)
        free.discard(leaf)

    def unread(node: Value) -> Callable[[int], bool]:
        # One that is read later is not reused: the weight of a normalisation has the type of its running mean.
        return lambda leaf: leaf in free and last_read[leaf] <= node.index

    for number, node in enumerate(outputs):
        if type(node.aval) is Bundle and node.signature is not None:
            for place in node.signature.replaces:
                leaf = _origin([node.inputs[place]], unread(node))
                if leaf is not None:
                    take(number, leaf)
            continue
        leaf = _origin(_replaced(node), unread(node))
        if leaf is not None:
            take(number, leaf)
    spare: dict[object, collections.deque[int]] = collections.defaultdict(collections.deque)
    for leaf in sorted(free, key=last_read.__getitem__):
        spare[leaves[leaf].aval].append(leaf)
    for number, node in enumerate(outputs):
        queue = spare[node.aval]
        if number not in served and queue and last_read[queue[0]] < node.index:
            take(number, queue.popleft())
    return found


def _read(node: Value) -> Sequence[Value]:
    """The node's operands but for those of an operation whose values its gradient has no use for."""
    signature = node.signature
    if not isinstance(signature, Vjp):
        return node.inputs
    saves, n = signature.forward.saves, len(signature.forward.avals)
    return [v for i, v in enumerate(node.inputs) if i in saves or i >= n]


def _replaced(node: Value) -> list[Value]:
    """The operands that the node's result may replace: the one it is the successor of, or those of its type."""
    producer = node.inputs[0] if node.signature is None else node
    replaces = producer.signature.replaces
    if replaces:
        return [producer.inputs[replaces[0 if producer is node else -(node.code + 2) // 2]]]
    if producer.signature.training:
        return []  # a gradient replaces nothing
    return [i for i in producer.inputs if i.aval is node.aval]


def _origin(candidates: list[Value], free: Callable[[int], bool]) -> int | None:
    """The free leaf among the values, or the one that the first computed one of them replaces."""
    while candidates:
        for i in candidates:
            if i.index < -1 and free(-i.index - 2):
                return -i.index - 2
        # x.mul_(0.9).add_(y): the second replaces what the first did
        computed = next((i for i in candidates if i.index >= 0), None)
        candidates = [] if computed is None else _replaced(computed)
    return None
