"""Control flow as operations, under torch's own path; ``jaxlearn`` has the same names."""

from .associative_scan import associative_scan as associative_scan
from .cond import cond as cond
from .map import map as map
from .scan import scan as scan
from .while_loop import while_loop as while_loop

__all__ = ["associative_scan", "cond", "map", "scan", "while_loop"]
