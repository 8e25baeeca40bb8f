"""Rolling up: a loop that Python unrolled into a graph becomes ``jax.lax.scan`` in its program.

XLA takes minutes for a program that holds the same operations a hundred times over, and runs it no faster than a loop.
Where the operations of a graph repeat, and each round takes the same from the rounds before it, from what was there
before all of them and from sequences of results, one round is the body of a scan. The rounds of a backward are such a
loop too, which takes what the forward's rounds computed in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from .signature import Vjp, weak_number
from .value import Bundle

if TYPE_CHECKING:
    from .instructions import Instruction

__all__ = ["LEAST", "Rolled", "Row", "roll", "value_of"]

# Operations that a graph must have, and rounds that a loop must have, to be looked at; and what is worth it: XLA
# compiles as many in a few seconds, and makes of them what runs a little faster than a loop.
LEAST = 500
_ROUNDS = 16
_LOOP = 50
# Rounds that a loop with optimizer updates must have. XLA computes the weights of each round from those of all rounds
# before, and takes long for it.
_UPDATES = 8
# Operations in rounds, if none of them is a product: XLA fuses such a run of operations into one.
_FUSIBLE = 1500
# How many rounds back a round may look.
_BACK = 3
# Bytes of results that may be put together to be a sequence for a loop.
_TO_STACK = 1 << 20
# Runs of operations that are tried before a graph is taken for one without loops.
_TRIES = 16

# What an operand in a round is: ("local", place), ("same", value), ("back", place, rounds, first values),
# ("each", values), ("unread", type).
_Source = tuple[Any, ...]


class Row:
    """The result of one of a loop's rounds, taken from all of them when it is used."""

    __slots__ = ("index", "rows")

    def __init__(self, rows: Any, index: int) -> None:
        self.rows = rows
        self.index = index

    def take(self) -> Any:
        return jax.tree.map(lambda x: x[self.index], self.rows)


def value_of(result: Any) -> Any:
    """The arrays that an entry of the list of results stands for."""
    return result.take() if type(result) is Row else result


class Rolled:
    """Instructions that are the rounds of a loop.

    Args:
        start: the position of the first one.
        period: how many a round has.
        rounds: how many rounds there are.
        sources: for each instruction of a round, where its operands come from.
    """

    def __init__(
        self,
        instructions: Sequence[Instruction],
        start: int,
        period: int,
        rounds: int,
        sources: list[list[_Source]],
        constants: Sequence[Any],
        dynamic: frozenset[int],
    ) -> None:
        self.start, self.period, self.rounds = start, period, rounds
        self.end = start + period * rounds
        self.slots: dict[_Source, int] = {}  # what comes into a round, numbered as the leaves are
        self.body: list[Instruction] = []
        self.places: list[list[int]] = []  # for each number of the body, its places among the program's
        self.constants: list[Any] = []
        self.varying: set[int] = set()
        for k in range(period):
            step = instructions[start + k]
            self.body.append(step.moved([self._slot(source) for source in sources[k]], len(self.places)))
            for j in range(len(step.numbers)):
                places = [instructions[start + r * period + k].numbers[j] for r in range(rounds)]
                given = [constants[i] for i in places]
                if any(repr(x) != repr(given[0]) for x in given) or not dynamic.isdisjoint(places):
                    self.varying.add(len(self.places))
                    self.constants.append(tuple(given))
                else:
                    self.constants.append(given[0])
                self.places.append(places)
        self.rows: list[int] = []  # places whose results of all rounds are wanted afterwards
        self.lasts: list[int] = []  # places of which the last round's is
        self.types = [_types(instructions, start + k) for k in range(period)]

    def _slot(self, source: _Source) -> int:
        if source[0] == "local":
            place: int = source[1]
            return place
        return self.slots.setdefault(source, -2 - len(self.slots))

    def takes(self) -> Iterator[int]:
        """The positions and leaves that the loop is given."""
        for kind, *what in self.slots:
            if kind == "same":
                yield what[0]
            elif kind == "back":
                yield from what[2]
            elif kind == "each":
                yield from what[0]

    def to_stack(self, made: Callable[[int], bool]) -> int:
        """The bytes of the sequences that are not ``made`` by another loop."""
        total = 0
        for kind, *what in self.slots:
            if kind == "each" and not all(map(made, what[0])):
                total += what[1] * self.rounds
        return total

    def hand_out(self, wanted: Sequence[int]) -> None:
        """Note which positions' results are wanted afterwards."""
        places: dict[int, set[int]] = {}
        for position in wanted:
            r, k = divmod(position - self.start, self.period)
            places.setdefault(k, set()).add(r)
        for k, rounds in sorted(places.items()):
            (self.lasts if rounds == {self.rounds - 1} else self.rows).append(k)

    def run(
        self,
        results: list[Any],
        leaves: Sequence[Any],
        numbers: Sequence[Any],
        execute: Callable[..., list[Any]],
    ) -> None:
        """Append the results of all rounds to ``results``, those that are wanted."""

        def at(i: int) -> Any:
            return value_of(results[i]) if i >= 0 else leaves[-i - 2]

        same: dict[int, Any] = {}
        registers: dict[int, tuple[int, list[Any]]] = {}
        each: dict[int, Any] = {}
        for (kind, *what), slot in self.slots.items():
            if kind == "same":
                same[slot] = at(what[0])
            elif kind == "unread":
                same[slot] = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), what[0].struct)
            elif kind == "back":
                registers[slot] = (what[0], [at(i) for i in what[2]])
            else:
                each[slot] = self._sequence(what[0], results, at)
        counts = {n: self._numbers(n, numbers) for n in self.varying}
        wanted = [*{k for k, _ in registers.values()}, *self.rows, *self.lasts]

        def body(carry: Any, xs: Any) -> Any:
            held, _ = carry
            given, counted = xs
            inner: list[Any] = [None] * len(self.slots)
            for slot, x in {**same, **given, **{s: h[0] for s, h in held.items()}}.items():
                inner[-slot - 2] = x
            values = [
                weak_number(counted[n], type(self.constants[n][0])) if n in counted else numbers[places[0]]
                for n, places in enumerate(self.places)
            ]
            out = execute(
                self.body, inner, values, self.constants, dynamic=frozenset(self.varying), wanted=wanted
            )
            done = {s: [*h[1:], out[registers[s][0]]] for s, h in held.items()}
            return (done, [out[k] for k in self.lasts]), [out[k] for k in self.rows]

        nothing = [jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), self.types[k]) for k in self.lasts]
        first = {s: h for s, (_, h) in registers.items()}
        (_, last), rows = jax.lax.scan(body, (first, nothing), (each, counts), length=self.rounds)
        base = len(results)
        results.extend([None] * (self.end - self.start))
        for k, x in zip(self.lasts, last, strict=True):
            results[base + (self.rounds - 1) * self.period + k] = x
        for k, stacked in zip(self.rows, rows, strict=True):
            for r in range(self.rounds):
                results[base + r * self.period + k] = Row(stacked, r)

    def _sequence(self, positions: Sequence[int], results: Sequence[Any], at: Callable[[int], Any]) -> Any:
        """What the rounds take one by one, along a new first axis."""
        found: list[Any] = [results[i] if i >= 0 else None for i in positions]
        if all(type(x) is Row and x.rows is found[0].rows for x in found):
            first, step = found[0].index, found[1].index - found[0].index
            if abs(step) == 1 and [x.index for x in found] == [first + r * step for r in range(len(found))]:
                low = min(first, found[-1].index)
                part = jax.tree.map(lambda x: x[low : low + len(found)], found[0].rows)
                return part if step == 1 else jax.tree.map(lambda x: jnp.flip(x, 0), part)
        return jax.tree.map(lambda *xs: jnp.stack(xs), *map(at, positions))

    def _numbers(self, n: int, numbers: Sequence[Any]) -> Any:
        """A Python number's values in the rounds."""
        dtype = jnp.int64 if type(self.constants[n][0]) is int else jnp.float64
        values = [numbers[i] for i in self.places[n]]
        if not any(isinstance(x, jax.core.Tracer) for x in values):
            return np.array(values, dtype)
        return jnp.stack([jax.lax.convert_element_type(x, dtype) for x in values])


def roll(
    instructions: Sequence[Instruction],
    constants: Sequence[Any],
    dynamic: frozenset[int],
    wanted: Sequence[int],
) -> dict[int, Rolled]:
    """The loops in a graph, by the position of their beginning.

    Args:
        instructions: in order.
        constants: the Python numbers in them.
        dynamic: which of the numbers may be others in the next run.
        wanted: the positions whose results are used afterwards.
    """
    kinds: dict[Any, int] = {}
    codes = np.array([kinds.setdefault(step.kind, len(kinds)) for step in instructions])
    loops = sorted(_loops(instructions, codes, 0, len(codes), constants, dynamic), key=lambda o: o.start)
    while loops:
        within = np.zeros(len(codes), bool)
        for loop in loops:
            within[loop.start : loop.end] = True

        def made(i: int, within: Any = within) -> bool:
            return i >= 0 and bool(within[i])

        heavy = [loop for loop in loops if loop.to_stack(made) > _TO_STACK]
        if not heavy:
            break
        loops.remove(heavy[0])
    if sum(loop.end - loop.start for loop in loops) < LEAST:
        return {}
    used = [i for i in wanted if i >= 0]
    for position, step in enumerate(instructions):
        if not within[position]:
            used.extend(step.inputs)
    for loop in loops:
        used.extend(loop.takes())
    for loop in loops:
        loop.hand_out([i for i in used if loop.start <= i < loop.end])
    return {loop.start: loop for loop in loops}


def _loops(
    instructions: Sequence[Instruction],
    codes: Any,
    low: int,
    high: int,
    constants: Sequence[Any],
    dynamic: frozenset[int],
) -> list[Rolled]:
    """The loops between two positions: the longest that there is, and those on both sides of it."""
    for start, stop, period in _runs(codes[low:high]):
        loop = _loop(instructions, low + start, low + stop, period, constants, dynamic)
        if loop is not None:
            before = _loops(instructions, codes, low, loop.start, constants, dynamic)
            return [*before, loop, *_loops(instructions, codes, loop.end, high, constants, dynamic)]
    return []


def _runs(codes: Any) -> list[tuple[int, int, int]]:
    """Where the codes repeat: (start, stop, period), the longest first, of equally long ones the shortest period."""
    found: list[tuple[int, int, int]] = []
    if len(codes) < _LOOP:
        return found
    for period in range(1, len(codes) // _UPDATES + 1):
        breaks = np.flatnonzero(codes[period:] != codes[:-period])
        edges = np.concatenate(([-1], breaks, [len(codes) - period]))
        lengths = np.diff(edges) - 1
        longest = int(np.argmax(lengths))
        if lengths[longest] >= (_UPDATES - 1) * period:
            start = int(edges[longest]) + 1
            found.append((start, start + int(lengths[longest]) + period, period))
    return sorted(found, key=lambda run: (run[0] - run[1], run[2]))[:_TRIES]


def _loop(
    instructions: Sequence[Instruction],
    start: int,
    stop: int,
    period: int,
    constants: Sequence[Any],
    dynamic: frozenset[int],
) -> Rolled | None:
    """The loop whose rounds are in a run of operations that repeat, if they are connected as a loop's are."""
    steps = instructions[start : start + period]
    rounds = (stop - start) // period
    least = _LOOP if any(s.signature is not None and s.signature.products for s in steps) else _FUSIBLE
    updates = any(s.signature is not None and s.signature.replaces for s in steps)
    fewest = _UPDATES if updates else _ROUNDS
    if rounds < fewest or period * (rounds - 1) < least:
        return None
    start += _phase(instructions, start, period, rounds)
    rounds = (stop - start) // period
    for cut in range(4):
        for left in range(cut + 1):
            first, count = start + left * period, rounds - cut
            if count < fewest or period * (count - 1) < least:
                return None
            sources = _connected(instructions, first, period, count)
            if sources is not None:
                return Rolled(instructions, first, period, count, sources, constants, dynamic)
    return None


def _phase(instructions: Sequence[Instruction], start: int, period: int, rounds: int) -> int:
    """Where in the run a round begins: where the fewest operands come from before."""
    crossed = np.zeros(period, int)
    middle = start + period * (rounds // 2)
    for position in range(middle, middle + period):
        for i in set(instructions[position].inputs):
            if i >= start and position - i < period:
                for between in range(i + 1, position + 1):
                    crossed[(between - start) % period] += 1
    return int(np.argmin(crossed))


def _connected(
    instructions: Sequence[Instruction], start: int, period: int, rounds: int
) -> list[list[_Source]] | None:
    """Where the operands of a round come from; None if that is not the same in all rounds."""
    sources: list[list[_Source]] = []
    unread: list[tuple[int, int, Any]] = []
    for k in range(period):
        step = instructions[start + k]
        row: list[_Source] = []
        for j in range(len(step.inputs)):
            given = tuple([instructions[start + r * period + k].inputs[j] for r in range(rounds)])
            aval = None if step.signature is None else step.signature.avals[j]
            source = _source(given, start, period, k, _bytes(aval))
            if source is None:
                return None
            if source[0] in ("back", "each") and aval is None:
                # One of several results: the operations that they are of must be the same.
                outer = [given[-1], *source[-1]] if source[0] == "back" else source[1]
                if min(outer) < 0 or len({instructions[i].kind for i in outer}) > 1:
                    return None
            if source[0] == "each" and isinstance(step.signature, Vjp) and not step.signature.reads()[j]:
                unread.append((k, j, aval))
            row.append(source)
        sources.append(row)
    # What a gradient does not read need not be kept for it, unless the round has it anyway.
    waiting = {(k, j) for k, j, _ in unread}
    read = {s for k, row in enumerate(sources) for j, s in enumerate(row) if (k, j) not in waiting}
    for k, j, aval in unread:
        if sources[k][j] not in read:
            sources[k][j] = ("unread", aval)
    return sources


def _source(given: tuple[int, ...], start: int, period: int, k: int, size: int) -> _Source | None:
    """Where an operand comes from, which is the value ``given[r]`` in round ``r``."""
    rounds = len(given)
    last = given[-1]
    if last < start:
        if any(i >= start for i in given):
            return None
        return ("same", last) if len(set(given)) == 1 else ("each", given, size)
    distance = start + (rounds - 1) * period + k - last
    place = (k - distance) % period
    back = (distance - k + place) // period
    if back > _BACK or any(given[r] != start + r * period + k - distance for r in range(back, rounds)):
        return None
    if back == 0:
        return ("local", place)
    return None if any(i >= start for i in given[:back]) else ("back", place, back, given[:back])


def _bytes(aval: Any) -> int:
    if aval is None:
        return 0
    if type(aval) is Bundle:
        return sum(map(_bytes, aval.avals))
    size: int = aval.size * aval.dtype.itemsize
    return size


def _types(instructions: Sequence[Instruction], position: int) -> Any:
    """The types of an instruction's results."""
    step = instructions[position]
    if step.signature is None:
        return instructions[step.inputs[0]].signature.out[step.projection].struct  # type: ignore[union-attr]
    out = tuple([aval.struct for aval in step.signature.out])
    return out[0] if step.signature.single else out
