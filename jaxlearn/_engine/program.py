"""Programs: recorded graphs made into jit-compiled functions, cached under the graph's key."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from .device import default_device
from .disk_cache import use_disk_cache
from .donation import pairs
from .instructions import Instruction
from .op_by_op import forget_operations, seldom
from .outside import outside
from .placing import to_device
from .recycling import forget_spare_arrays, worth_recycling
from .signature import x64
from .stage import Stage, forget_stages, stage_of, trailing_updates
from .stats import counters
from .value import Aval, Value

_Taken = TypeVar("_Taken")

__all__ = [
    "Program",
    "captured_program",
    "clear_cache",
    "compile_graph",
    "copied",
    "program_of",
    "run",
    "stays_on_host",
    "to_device",
    "used",
]

# Every program holds memory mappings of the process, whose number the kernel bounds (65,530 by default).
PROGRAMS = 128
# Elements of a host array that is copied at each use rather than kept on the device.
_STAYS_ON_HOST = 4096

_index = operator.attrgetter("index")

_programs: dict[Any, Program] = {}
_clock = (
    itertools.count()
)  # tells which program was used longest ago; moving it in a dict would hash its key again


def clear_cache() -> None:
    """Forget all compiled programs and free their memory."""
    for program in _programs.values():
        program.release()
    _programs.clear()
    forget_stages()
    forget_operations()
    forget_spare_arrays()


def copied(array: Any) -> Any:
    """A copy of the array, or of all arrays in a bundle."""
    with x64(), outside():
        return jax.tree.map(jnp.copy, array)


class _Part(NamedTuple):
    """A stage in its program.

    Args:
        stage: the stage.
        donated: the program's leaves whose memory its first results take over.
        operands: what it takes, those first: leaves < 0, or positions of results of the part before.
        returned: which of the program's outputs its first results are.
        handed: where among its results is what the next part takes.
    """

    stage: Stage
    donated: list[int]
    operands: list[int]
    returned: list[int]
    handed: list[int]


class Program:
    """A graph as jit-compiled functions: one, or two where the second need not be waited for.

    Args:
        order: the graph's nodes in order, their ``index`` set (positions >= 0, leaves < 0).
        leaves: the concrete inputs.
        outputs: the nodes whose results are returned.
        numbers: the Python numbers in the graph.
        dynamic: which of them are operands rather than constants.
        donate: for each leaf, whether its memory may be reused for the results.
    """

    def __init__(
        self,
        order: Sequence[Value],
        leaves: Sequence[Value],
        outputs: Sequence[Value],
        numbers: tuple[Any, ...],
        dynamic: frozenset[int],
        donate: Sequence[bool],
    ) -> None:
        instructions: list[Instruction] = []
        count = 0
        for node in order:
            instructions.append(Instruction(node, count, _index))
            count += len(node.numbers)
        self.length = len(order)
        self.constants = numbers
        self.dynamic = dynamic
        self.leaf_avals = [leaf.aval for leaf in leaves]
        self.output_avals = [node.aval for node in outputs]
        self.names = [i.signature.name for i in instructions if i.signature is not None]
        self.used = next(_clock)
        self.successor: Program | None = None  # that takes more of the numbers for operands
        self.released = False
        use_disk_cache()
        plain = (v.aval for v in (*outputs, *leaves) if type(v.aval) is Aval)
        device = next((aval.device for aval in plain), default_device())
        self.updates = any(i.signature is not None and i.signature.replaces for i in instructions)
        reuse = pairs(order, leaves, outputs, donate)
        late = set[int]()
        if self.updates and device.type == "cpu":
            late = trailing_updates(order, outputs, reuse)
        self.parts = [self._part(instructions, sorted(late), order, outputs, reuse)] if late else []
        early = [i for i in range(len(order)) if i not in late]
        handed = [i for part in self.parts for i in part.operands if i >= 0]
        self.parts.insert(0, self._part(instructions, early, order, outputs, reuse, handed))
        self.donated = [i for part in self.parts for i in part.donated]
        self.kept = sorted(set(range(len(leaves))).difference(self.donated))
        # Which of the outputs each result is.
        self.returned = [i for part in self.parts for i in part.returned]
        self.positions = [self.returned.index(i) for i in range(len(outputs))]
        # Where each part finds its operands: among the arguments, which are followed by what is handed to it.
        place = {-2 - leaf: i for i, leaf in enumerate(self.donated + self.kept)}
        place |= {position: len(leaves) + i for i, position in enumerate(handed)}
        self.routes = [[place[i] for i in part.operands] for part in self.parts]

    def _part(
        self,
        instructions: Sequence[Instruction],
        chosen: Sequence[int],
        order: Sequence[Value],
        outputs: Sequence[Value],
        reuse: Sequence[tuple[int, int]],
        handed: Sequence[int] = (),
    ) -> _Part:
        """Some of the instructions as a stage.

        Args:
            instructions: the program's.
            chosen: the positions of those to take.
            order: the program's nodes.
            outputs: the program's.
            reuse: pairs of the numbers of a leaf and of the output that takes over its memory.
            handed: the positions of what the next part takes.
        """
        place = {position: i for i, position in enumerate(chosen)}
        # JAX pairs donated inputs with results of their type in the order of both: so the pairs come first.
        own = [(leaf, output) for leaf, output in reuse if outputs[output].index in place]
        donated = [leaf for leaf, _ in own]
        first = list(dict.fromkeys(output for _, output in own))
        others = sorted({i for i, node in enumerate(outputs) if node.index in place}.difference(first))
        recycled = [i for i in others if worth_recycling(outputs[i].aval)] if self.updates else []
        returned = first + recycled + [i for i in others if i not in recycled]
        results = [outputs[i].index for i in returned]
        results += [position for position in handed if position not in results]

        operands = [-2 - leaf for leaf in donated]
        if len(chosen) == len(instructions):  # The only stage takes even a leaf that is nothing but a result.
            operands += [-2 - i for i in sorted(set(range(len(self.leaf_avals))).difference(donated))]
        number = {operand: -2 - k for k, operand in enumerate(operands)}
        moved = []
        for step in map(instructions.__getitem__, chosen):
            inputs = [place[i] if i in place else number.setdefault(i, -2 - len(number)) for i in step.inputs]
            moved.append(step.moved(inputs, step.numbers.start))
        stage = stage_of(
            moved,
            [self.leaf_avals[-2 - i] if i < 0 else order[i].aval for i in number],
            self.constants,
            self.dynamic,
            outputs=[place[position] for position in results],
            first=len(first),
            recycled=[outputs[i].aval for i in recycled],
        )
        return _Part(stage, donated, list(number), returned, [results.index(position) for position in handed])

    def release(self) -> None:
        """Free the compiled code."""
        self.released = True
        for part in self.parts:
            part.stage.release()

    def __call__(
        self,
        donated: list[Any],
        kept: list[Any],
        numbers: Sequence[Any],
        take: Callable[[list[Any]], _Taken],
    ) -> _Taken:
        """Run, and hand the results over, even if something interrupts it.

        Once a part has run, the memory of the donated arrays is gone. Where a signal's handler raises an exception then
        (Ctrl-C, a timeout), what has taken their place must not be lost with it: the rest is run and handed over
        before the exception goes on.

        Args:
            donated: the arrays of the leaves whose memory may be reused.
            kept: those of the others.
            numbers: the Python numbers.
            take: is given the results in the order of ``returned``; may be called a second time.

        Returns:
            What ``take`` returned.
        """
        made: list[list[Any]] = []
        try:
            return take(self._results(made, donated, kept, numbers))
        except BaseException:
            if made:
                take(self._results(made, donated, kept, numbers))
            raise

    def _results(
        self, made: list[list[Any]], donated: list[Any], kept: list[Any], numbers: Sequence[Any]
    ) -> list[Any]:
        """All parts' results. Of those that ``made`` has already, none is run again."""
        if len(self.parts) == 1:
            if not made:
                self.parts[0].stage(made, donated, kept, numbers)
            return made[0]
        given, results = donated + kept, []
        for k, (part, route) in enumerate(zip(self.parts, self.routes, strict=True)):
            if k == len(made):
                taken = [given[i] for i in route]
                n = len(part.donated)
                part.stage(made, taken[:n], taken[n:], numbers)
            given += [made[k][i] for i in part.handed]
            results += made[k][: len(part.returned)]
        return results

    def holds(self, numbers: tuple[Any, ...]) -> bool:
        """Whether the numbers that are constants in the program are these."""
        constants, dynamic = self.constants, self.dynamic
        return constants == numbers or all(
            i in dynamic or _same(a, numbers[i]) for i, a in enumerate(constants)
        )

    def note_use(self) -> None:
        """Count a run."""
        self.used = next(_clock)
        counters.hits += 1


def compile_graph(
    key: Any,
    order: Sequence[Value],
    leaves: Sequence[Value],
    outputs: Sequence[Value],
    numbers: tuple[Any, ...],
    free: Sequence[bool],
    why: str = "",
) -> Program:
    """Make the graph's program, in place of an older one whose constants no longer hold.

    Args:
        why: the reason for statistics, if it is known.
    """
    old = _programs.pop(key, None)
    dynamic = _varying(order)
    if old is not None:
        changed = {i for i, (a, b) in enumerate(zip(old.constants, numbers, strict=True)) if not _same(a, b)}
        # The second time that a constant turns out not to be one, none is taken for one any more.
        again = not old.dynamic <= dynamic
        dynamic = frozenset(range(len(numbers))) if again else dynamic | changed
        old.release()
    program = Program(order, leaves, outputs, numbers, dynamic, free)
    if old is not None:
        old.successor = program
    counters.explain(why or _why(program, old, numbers))
    _keep(key, program)
    return program


def _keep(key: Any, program: Program) -> None:
    _programs[key] = program
    while len(_programs) > PROGRAMS:
        _programs.pop(min(_programs, key=lambda k: _programs[k].used)).release()


def captured_program(
    key: Any,
    order: Sequence[Value],
    leaves: Sequence[Value],
    outputs: Sequence[Value],
    numbers: tuple[Any, ...],
    donate: Sequence[bool],
    why: str,
) -> Program:
    """The program of a captured function: the one of an earlier capture of the same graph, or a new one."""
    program = _programs.get(key)
    if program is None or not program.holds(numbers):
        return compile_graph(key, order, leaves, outputs, numbers, donate, f"{why}: {len(order)} operations")
    counters.hits += 1
    return program


def used(key: Any, program: Program) -> Program:
    """Note that a captured function's program runs now; give the one that has taken its place, if any."""
    while program.successor is not None:
        program = program.successor
    program.used = next(_clock)
    if key not in _programs:
        counters.explain(f"{program.names[0]}, …: compiled again, as {PROGRAMS} others were used since")
        _keep(key, program)
    return program


def _varying(order: Sequence[Value]) -> frozenset[int]:
    """Which of the graph's numbers are known to change from run to run."""
    found: list[int] = []
    count = 0
    for node in order:
        if getattr(node, "varying", False):
            found.extend(range(count, count + len(node.numbers)))
        count += len(node.numbers)
    return frozenset(found)


def _same(a: Any, b: Any) -> bool:
    return a is b or (a == b and (a != 0 or str(a) == str(b)))


def _why(program: Program, old: Program | None, numbers: tuple[Any, ...]) -> str:
    """In words, why this program was compiled; the nearest cached one says what is different."""
    what = f"{program.length} operations ({', '.join(program.names[:3])}, …)"
    if old is not None:
        i = min(program.dynamic - old.dynamic, default=0)
        return f"{what}: a number changed {old.constants[i]} → {numbers[i]} and is an operand from now on"
    for other in sorted(_programs.values(), key=lambda p: p.used, reverse=True):
        if other.names == program.names and len(other.leaf_avals) == len(program.leaf_avals):
            for i, (a, b) in enumerate(zip(other.leaf_avals, program.leaf_avals, strict=True)):
                if a is not b:
                    return f"{what}: input {i} changed {a} → {b}"
            return f"{what}: other results are alive or the operations are connected differently"
    return f"{what}: new graph"


def program_of(
    key: tuple[int, ...],
    order: list[Value],
    leaves: list[Value],
    outputs: list[Value],
    numbers: tuple[Any, ...],
    free: list[bool],
) -> Program | None:
    """The graph's program, cached or new; None to run it operation by operation, as one that is seen the first time."""
    program = _programs.get(key)
    if program is None:
        if seldom(key, order, outputs):
            return None
        return compile_graph(key, order, leaves, outputs, numbers, free)
    if numbers and not program.holds(numbers):
        return compile_graph(key, order, leaves, outputs, numbers, free)
    program.note_use()
    return program


def run(
    program: Program,
    leaves: list[Value],
    outputs: Sequence[Value],
    numbers: tuple[Any, ...],
    free: list[bool],
) -> None:
    """Set the outputs' arrays."""
    arrays = []
    for leaf, alone in zip(leaves, free, strict=True):
        array = leaf.array
        arrays.append(leaf_array(leaf, alone) if type(array) is np.ndarray else array)
    for i in program.donated:
        if not free[i]:
            # Somebody holds the array that the program reuses the memory of: give it a copy.
            arrays[i] = arrays[i] if isinstance(arrays[i], np.ndarray) else copied(arrays[i])

    def take(results: list[Any]) -> None:
        for i, array in zip(program.returned, results, strict=True):
            outputs[i].array = array

    program([arrays[i] for i in program.donated], [arrays[i] for i in program.kept], numbers, take)


def leaf_array(leaf: Value, alone: bool) -> Any:
    """The leaf's array as a program's argument.

    A host array goes in as it is the first time: most (a batch) are used once, and a jit call transfers them fastest.
    One that is used again is kept on the device, unless it is small and the device is the CPU: a copy then costs
    little, and labels, indices and masks can still be looked at and computed with on the host.
    """
    array = leaf.array
    if type(array) is np.ndarray:
        if leaf.aval.device is not default_device() or (leaf.code and not alone and not stays_on_host(leaf)):
            array = leaf.array = to_device(array, leaf.aval)
        leaf.code = 1
    return array


def stays_on_host(leaf: Value) -> bool:
    """Whether a host array is copied at each use rather than kept on the device; see :func:`leaf_array`."""
    return bool(leaf.aval.device.type == "cpu" and leaf.aval.size <= _STAYS_ON_HOST)
