"""Line search for the strong Wolfe conditions: on the host, with numbers of the parameters' own precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["strong_wolfe"]

# A point of the search: step length, loss, gradient, derivative along the direction.
Point = tuple[Any, float, Any, Any]

ARMIJO = 1e-4
CURVATURE = 0.9
TOLERANCE = 1e-9


def strong_wolfe(
    evaluate: Callable[[Any], tuple[float, Any, Any]],
    length: Any,
    largest: Any,
    start: Point,
    most: int,
) -> tuple[float, Any, Any, int]:
    """A step length with sufficient decrease and a sufficiently small derivative.

    Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6, with cubic interpolation.

    Args:
        evaluate: length -> loss, gradient, and derivative along the direction, there.
        length: the first to try.
        largest: the direction's largest magnitude.
        start: the point of length 0.
        most: evaluations after the first.

    Returns:
        Loss, gradient and length found, and the number of evaluations.
    """
    slope = start[3]
    new: Point = (length, *evaluate(length))
    evaluations = 1
    before = start
    done = False
    bracket: list[Point] = []
    count = 0
    while count < most:
        if _rises(new, start) or (count > 1 and new[1] >= before[1]):
            bracket = [before, new]
            break
        if abs(new[3]) <= -CURVATURE * slope:
            bracket = [new]
            done = True
            break
        if new[3] >= 0:
            bracket = [before, new]
            break
        t = new[0]
        between = (t + 0.01 * (t - before[0]), t * 10)
        length = _cubic_minimum(before, new, between)
        before = new
        new = (length, *evaluate(length))
        evaluations += 1
        count += 1
    if count == most:
        bracket = [start, new]
    low, high = (0, 1) if bracket[0][1] <= bracket[-1][1] else (1, 0)
    stuck = False
    while not done and count < most:
        ends = (bracket[0][0], bracket[1][0])
        if abs(ends[1] - ends[0]) * largest < TOLERANCE:
            break
        length = _cubic_minimum(bracket[0], bracket[1])
        length, stuck = _inside(length, min(ends), max(ends), stuck)
        new = (length, *evaluate(length))
        evaluations += 1
        count += 1
        if _rises(new, start) or new[1] >= bracket[low][1]:
            bracket[high] = new
            low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
            continue
        if abs(new[3]) <= -CURVATURE * slope:
            done = True
        elif new[3] * (bracket[high][0] - bracket[low][0]) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = new
    length, loss, gradient, _ = bracket[low]
    return loss, gradient, length, evaluations


def _rises(point: Point, start: Point) -> bool:
    """Whether the decrease is not sufficient."""
    return bool(point[1] > start[1] + ARMIJO * point[0] * start[3])


def _inside(length: Any, low: Any, high: Any, stuck: bool) -> tuple[Any, bool]:
    """The length moved away from the bracket's ends if it came close to one twice, or lies outside."""
    margin = 0.1 * (high - low)
    if min(high - length, length - low) >= margin:
        return length, False
    if not (stuck or length >= high or length <= low):
        return length, True
    return (high - margin if abs(length - high) < abs(length - low) else low + margin), False


def _cubic_minimum(one: Point, other: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through two points with these slopes is least; the middle of the bounds if it is nowhere."""
    (x1, f1, _, g1), (x2, f2, _, g2) = one, other
    low, high = bounds or (min(x1, x2), max(x1, x2))
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if not square >= 0:
        return (low + high) / 2.0
    d2 = np.sqrt(square)
    if x1 <= x2:
        least = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        least = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(least, low), high)
