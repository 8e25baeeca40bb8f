"""Reading a checkpoint's pickle: a reader that builds tensors and plain containers only, one that trusts."""

from __future__ import annotations

import _compat_pickle
import importlib
import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import IO, Any

from jaxlearn.io.pth_rebuild import refuse_unsupported, torch_global
from jaxlearn.io.pth_safe import user_safe_globals

__all__ = ["PersistentLoad", "WeightsUnpickler", "explain_refusal", "jaxlearn_module", "unpickler_of"]

PersistentLoad = Callable[[Any], Any]

_BLOCKED_MODULES = frozenset({"sys", "os", "posix", "nt"})


def jaxlearn_module(module: str) -> str:
    """The one rule for classes that a file names by torch's modules: `torch.x.y` is `jaxlearn.x.y`."""
    return "jaxlearn" + module[len("torch") :] if module == "torch" or module.startswith("torch.") else module


def encode_bytes(text: str, encoding: str) -> bytes:
    """Bytes as protocol 2 has them: text in latin1.

    Raises:
        UnpicklingError: for any other encoding, which pickle never writes.
    """
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes are pickled in latin1, got {encoding!r}")
    return text.encode("latin1")


_SAFE_PYTHON: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": encode_bytes,
    "builtins.bytearray": bytearray,
    "builtins.set": set,
    "builtins.complex": complex,
}


class _Trusting:
    """Builds whatever the file says, classes of torch as those of jaxlearn; mixed into an ``Unpickler``.

    Args:
        file: holds the pickle.
        persistent_load: finds a storage by its id.
        encoding: how strings of Python 2 are decoded.
    """

    def __init__(self, file: IO[bytes], persistent_load: PersistentLoad, encoding: str) -> None:
        super().__init__(file, encoding=encoding)  # type: ignore[call-arg]
        self._persistent_load = persistent_load

    def persistent_load(self, pid: Any) -> Any:
        """The object a persistent id stands for."""
        return self._persistent_load(pid)

    def find_class(self, module: str, name: str) -> Any:
        """The object a name stands for.

        Raises:
            UnpicklingError: if torch has it and jaxlearn has not.
        """
        full_name = f"{module}.{name}"
        found = torch_global(full_name)
        if found is not None:
            return found
        refuse_unsupported(full_name)
        ours = jaxlearn_module(module)
        if ours != module:
            try:
                importlib.import_module(ours)
                return super().find_class(ours, name)  # type: ignore[misc]
            except (ImportError, AttributeError) as error:
                raise pickle.UnpicklingError(
                    f"the file holds {full_name}, and there is no {ours}.{name}: save a state_dict() instead"
                ) from error
        return super().find_class(module, name)  # type: ignore[misc]


def unpickler_of(module: Any) -> Any:
    """The class that trusts a file, and reads it as a module's ``Unpickler`` does.

    Args:
        module: one like ``pickle``, which None stands for.
    """
    return type("TrustingUnpickler", (_Trusting, (module or pickle).Unpickler), {})


class _Opcodes(dict[int, Any]):
    def __missing__(self, opcode: int) -> Any:
        raise pickle.UnpicklingError(f"Unsupported operand {opcode}")


# The opcodes that neither call nor change anything that was there before.
_PLAIN_OPCODES = (
    *(
        "PROTO",
        "FRAME",
        "STOP",
        "MARK",
        "MEMOIZE",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "BINPERSID",
    ),
    *("NONE", "NEWFALSE", "NEWTRUE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINSTRING"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"),
    *("GLOBAL", "STACK_GLOBAL"),
)
# The unpickler in C has no table of opcodes to restrict. Any: type stubs leave the one in Python out.
_PythonUnpickler: Any = pickle._Unpickler


class WeightsUnpickler(_PythonUnpickler):  # type: ignore[misc, unused-ignore]
    """Builds tensors, plain containers and what `add_safe_globals` allows; calls nothing else.

    Restricting the names is not enough: BUILD can change a class that was allowed, and REDUCE can call an
    object that was built. So each opcode that calls or changes something checks what it is applied to.

    Args:
        file: holds the pickle.
        persistent_load: finds a storage by its id.
        encoding: how strings of Python 2 are decoded.
    """

    dispatch = _Opcodes(
        {
            opcode: _PythonUnpickler.dispatch[opcode]
            for opcode in (getattr(pickle, name)[0] for name in _PLAIN_OPCODES)
        }
    )

    def __init__(self, file: IO[bytes], persistent_load: PersistentLoad, encoding: str) -> None:
        super().__init__(file, encoding=encoding)
        self._persistent_load = persistent_load
        self._user_globals = user_safe_globals()
        self._allowed: dict[int, Any] = {}

    def load(self) -> Any:
        """Read one pickle.

        Raises:
            UnpicklingError: if it is malformed or asks for something that is not allowed.
        """
        try:
            return super().load()
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise pickle.UnpicklingError(f"pickle data was truncated or is malformed: {error}") from error

    def persistent_load(self, pid: Any) -> Any:
        """The object a persistent id stands for."""
        return self._persistent_load(pid)

    def find_class(self, module: str, name: str) -> Any:
        """The allowed object a name stands for.

        Raises:
            UnpicklingError: if it is not allowed.
        """
        if self.proto < 3:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[module, name]
            else:
                module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        full_name = f"{module}.{name}"
        if module in _BLOCKED_MODULES:
            raise pickle.UnpicklingError(
                f"Trying to load unsupported GLOBAL {full_name} whose module {module} is blocked."
            )
        for table_name in (full_name, f"{jaxlearn_module(module)}.{name}"):
            if table_name in self._user_globals:
                return self._allow(self._user_globals[table_name])
        found = _SAFE_PYTHON.get(full_name)
        if found is None:
            found = torch_global(full_name)
        if found is not None:
            return self._allow(found)
        refuse_unsupported(full_name)
        shown = full_name.removeprefix("builtins.")
        raise pickle.UnpicklingError(
            f"Unsupported global: GLOBAL {shown} was not an allowed global by default. "
            f"Please use `torch.serialization.add_safe_globals([{shown}])` or the "
            f"`torch.serialization.safe_globals([{shown}])` context manager to allowlist this global "
            "if you trust this class/function."
        )

    def _allow(self, found: Any) -> Any:
        self._allowed[id(found)] = found
        return found

    def _load_reduce(self) -> None:
        args = self.stack.pop()
        function = self.stack[-1]
        if id(function) not in self._allowed:
            raise pickle.UnpicklingError(f"Trying to call reduce for unrecognized function {function}")
        self.stack[-1] = function(*args)

    def _load_newobj(self) -> None:
        args = self.stack.pop()
        cls = self.stack.pop()
        if id(cls) not in self._allowed or not isinstance(cls, type):
            raise pickle.UnpicklingError(
                "Can only create new object for nn.Parameter or classes allowlisted "
                f"via `add_safe_globals` but got {cls}"
            )
        self.append(cls.__new__(cls, *args))

    def _load_build(self) -> None:
        kind = type(self.stack[-2])
        if kind is OrderedDict:
            state = self.stack.pop()
            self.stack[-1].__dict__.update(state)
        elif any(kind is allowed for allowed in self._user_globals.values()):
            super().load_build()
        else:
            raise pickle.UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted "
                f"via `add_safe_globals`, but got {kind}"
            )

    def _load_append(self) -> None:
        item = self.stack.pop()
        self._target(list, "append to lists").append(item)

    def _load_appends(self) -> None:
        items = self.pop_mark()
        self._target(list, "extend lists").extend(items)

    def _load_setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._target((dict, OrderedDict, Counter), "SETITEM for dict, OrderedDict, Counter")[key] = value

    def _load_setitems(self) -> None:
        items = self.pop_mark()
        target = self._target((dict, OrderedDict, Counter), "SETITEMS for dict, OrderedDict, Counter")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def _load_additems(self) -> None:
        items = self.pop_mark()
        self._target(set, "add items to sets").update(items)

    def _target(self, kinds: type | tuple[type, ...], action: str) -> Any:
        target = self.stack[-1]
        if type(target) not in (kinds if isinstance(kinds, tuple) else (kinds,)):
            raise pickle.UnpicklingError(f"Can only {action}, but got {type(target)}")
        return target

    dispatch[pickle.REDUCE[0]] = _load_reduce
    dispatch[pickle.NEWOBJ[0]] = _load_newobj
    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.APPEND[0]] = _load_append
    dispatch[pickle.APPENDS[0]] = _load_appends
    dispatch[pickle.SETITEM[0]] = _load_setitem
    dispatch[pickle.SETITEMS[0]] = _load_setitems
    dispatch[pickle.ADDITEMS[0]] = _load_additems


_TRUST = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from "
    "`False` to `True`. Re-running `torch.load` with `weights_only` set to `False` will likely succeed, "
    "but it can result in arbitrary code execution. Do it only if you got the file from a trusted source."
)


def explain_refusal(error: pickle.UnpicklingError) -> pickle.UnpicklingError:
    """torch's error for a file that `weights_only=True` refuses: what was met, and both ways out.

    Args:
        error: what the reader raised.
    """
    message = str(error)
    if "was not an allowed global by default" in message:
        text = (
            "Weights only load failed. This file can still be loaded, to do so you have two options, "
            "\033[1mdo those steps only if you trust the source of the checkpoint\033[0m. "
            f"\n\t(1) {_TRUST}\n\t(2) Alternatively, to load with `weights_only=True` please check the "
            f"recommended steps in the following error message.\n\tWeightsUnpickler error: {message}"
        )
    else:
        text = f"Weights only load failed. {_TRUST}\n\n\n{message}"
    return pickle.UnpicklingError(
        text + "\n\nCheck the documentation of torch.load to learn more about types accepted by default with "
        "weights_only https://pytorch.org/docs/stable/generated/torch.load.html."
    )
