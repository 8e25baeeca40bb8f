"""The protocol ``__torch_function__``: what an override is given, classes that are no tensors, and modes."""

from __future__ import annotations

import inspect
import pickle
import warnings

import pytest

import jaxlearn
from tests.parity.helper import same, torch
from tests.parity.overriding import logging_class, overrides_of, shown

CALLS = """
x + 1; 1 + x; 1 - x; 2 // x; 2 % x; 2 ** x; x - 1; x // 2; x % 2; y + x; y @ x; x @ y; x == y; x != y; x < y
x >= y; -x; +x; ~(x > 0); (x > 0) & (x > 1); (x > 0) | True; abs(x); x[0]; x[0] == 1; len(x); x / 2; x * 2
x.__rsub__(1); x.shape; x.dtype; x.device; x.grad; x.data; x.is_leaf; x.requires_grad; x.grad_fn; x.ndim
x.is_sparse; x._version; repr(x); str(x); f"{x}"; bool(x[0]); float(x[0]); int(x[0]); 1.0 in x; x.add(1)
x.add(other=1, alpha=2); torch.add(x, 1); torch.add(input=x, other=1, alpha=2); x.add_(1); x.mul_(x)
torch.add(y, y, out=x.clone()); torch.sub(y, x); x.size(); x.size(0); x.dim(); x.tolist(); x.numpy()
x.detach(); x.clone(); x.to(torch.float64); x.to(y); x.int(); x.double(); x.cpu(); x.type()
x.type(torch.float64); torch.cat([x, y]); torch.stack((y, x)); torch.cat(tensors=[y, x], dim=0)
torch.max(x, 0); x.max(0); x.max(); x.split(2); torch.split(x, 2, 0); x.chunk(2); torch.chunk(x, 2, dim=0)
x.unbind(); x.view(2, -1); x.reshape((2, 2)); x.permute(0); x.sum(dim=0, keepdim=True); x.topk(2)
x.softmax(0); x.norm(); x.norm(1); torch.linalg.norm(x); x.unique(); torch.unique(x); torch.zeros_like(x)
torch.ones_like(x, dtype=torch.int64); torch.rand_like(x); x.new_zeros(2); x.new_tensor([1.0])
torch.tensor(x.tolist()); torch.as_tensor(x); torch.is_tensor(x); torch.numel(x); torch.where(x > 0, x, y)
x.relu_(); torch.einsum("i,i->", x, y); torch.cdist(x[None], x[None]); torch.meshgrid(x, y, indexing="ij")
torch.atleast_1d(x); torch.block_diag(x, x); torch.cartesian_prod(x, y); torch.broadcast_tensors(x, y)
F.softmax(x, 0); F.softmax(x, dim=0); F.relu(x); F.relu(x, True); F.linear(x, torch.ones(2, 4))
F.dropout(x, 0.5, True); F.mse_loss(x, y); F.mse_loss(y, x, reduction="sum")
F.cross_entropy(x, torch.tensor(1)); F.gelu(x); F.silu(x); F.elu(x); F.binary_cross_entropy_with_logits(x, y)
F.layer_norm(x, (4,)); F.batch_norm(x.view(2, 2), None, None, training=True); F.pad(x, (1, 1))
F.conv1d(x.view(1, 1, 4), torch.ones(1, 1, 2)); F.max_pool1d(x.view(1, 1, 4), 2); F.leaky_relu(x, 0.1)
F.hardswish(x); F.hardsigmoid(x)
F.avg_pool1d(x.view(1, 1, 4), 2); F.interpolate(x.view(1, 1, 4), scale_factor=2)
F.scaled_dot_product_attention(x.view(1, 2, 2), x.view(1, 2, 2), x.view(1, 2, 2)); F.one_hot(x.long())
F.log_softmax(x, 0); F.embedding(torch.tensor([0]), x.view(2, 2)); F.kl_div(x, y)
F.hinge_embedding_loss(x, y); F.glu(x); F.cosine_similarity(x, y, dim=0); F.group_norm(x.view(1, 4), 2)
F.unfold(x.view(1, 1, 2, 2), 1); F.tanhshrink(x); x.clone().requires_grad_()
(x.clone().requires_grad_() * 2).sum().backward(); hash(x) and 0; x.is_contiguous(); x.stride()
x.storage_offset(); x.element_size(); x.is_floating_point(); torch.is_floating_point(x); x.expand(2, 4)
x.repeat(2); x.t(); x.T.shape; x.flatten(); torch.flatten(x, 0); x.squeeze(); x.unsqueeze(0); x.cumsum(0)
torch.nn.Linear(4, 2)(x).shape; torch.nn.ReLU()(x); torch.nn.LayerNorm(4)(x); torch.nn.GELU()(x)
torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Tanh())(x).shape; torch.nn.MSELoss()(x, y)
torch.nn.Dropout(0.5)(x); torch.nn.Flatten()(x[None]); torch.nn.Conv1d(1, 1, 2)(x.view(1, 1, 4))
torch.nn.MaxPool1d(2)(x.view(1, 1, 4))
""".replace("\n", ";")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", [e.strip() for e in CALLS.split(";") if e.strip()])
def test_what_an_override_is_given(expression):
    code = compile(expression, "expression", "eval")

    def program(library):
        log = []
        kind = logging_class(library, log)
        x = library.arange(4.0).as_subclass(kind)
        names = {"torch": library, "F": library.nn.functional, "x": x, "y": library.ones(4)}
        log.clear()
        result = eval(code, names)
        return log, type(result).__name__.lower()

    same(program)


class Scalar:
    """A number that is no tensor."""

    handled: dict = {}  # noqa: RUF012

    def __init__(self, value):
        self.value = value

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        handler = cls.handled.get(func.__name__)
        if handler is None or not all(issubclass(t, (cls, jaxlearn.Tensor, torch.Tensor)) for t in types):
            return NotImplemented
        return handler(*args, **(kwargs or {}))


Scalar.handled = {
    "mean": lambda x: x.value,
    "add": lambda x, y, alpha=1: ("add", getattr(x, "value", x), getattr(y, "value", y)),
    "cat": lambda xs, dim=0: [x.value if isinstance(x, Scalar) else x for x in xs],
    "softmax": lambda x, dim=None, **_: ("softmax", x.value, dim),
    "linear": lambda x, w, b=None: ("linear", x.value),
    "mse_loss": lambda x, y, **_: "mse",
    "hstack": lambda xs: len(xs),
}


@pytest.mark.parametrize(
    "program",
    [
        lambda t: t.mean(Scalar(3)),
        lambda t: t.add(Scalar(1), 2),
        lambda t: t.add(2, Scalar(1)),
        lambda t: t.ones(1).add(Scalar(1))[2],
        lambda t: (t.ones(1) + Scalar(1))[2],
        lambda t: t.cat([t.ones(2), Scalar(1)]),
        lambda t: t.hstack([Scalar(1), t.ones(1)]),
        lambda t: t.nn.functional.softmax(Scalar(1), 0),
        lambda t: t.softmax(Scalar(1), 0),
        lambda t: t.nn.functional.linear(Scalar(1), t.ones(2, 2)),
        lambda t: t.nn.Linear(2, 2)(Scalar(1)),
        lambda t: t.sum(Scalar(1)),
        lambda t: t.linalg.eigvals(Scalar(1)),
        lambda t: t.fft.fft(Scalar(1)),
        lambda t: t.zeros(Scalar(1)),
        lambda t: t.ones(2) * Scalar(1),
        lambda t: Scalar(1) * t.ones(2),
        lambda t: t.ones(2).mul(Scalar(1)),
        lambda t: t.ones(2).mul_(Scalar(1)),
        lambda t: t.tensor(Scalar(1)),
        lambda t: t.sum(5),
        lambda t: t.sum(object()),
    ],
)
@pytest.mark.parametrize("met", [False, True])
def test_classes_that_are_no_tensors(program, met):
    """The functions may or may not have met such a class before."""
    from jaxlearn._overrides import entries

    entries._Active.always = False
    entries.deactivate()

    def run(library):
        if met:
            library.mean(Scalar(0))
        try:
            return program(library)
        except TypeError as error:
            return str(error).replace("jaxlearn", "torch")

    same(run)


def test_a_plain_method_is_deprecated():
    class Old:
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return func.__name__

    for library in (torch, jaxlearn):
        with pytest.warns(UserWarning, match="as a plain method is deprecated"):
            assert library.mean(Old()) == "mean"
        with pytest.warns(DeprecationWarning, match="as a plain method is deprecated"):
            assert library.nn.functional.softmax(Old(), 0) == "softmax"


def precedence(library):
    log = []

    def make(name, *bases, answers):
        def handler(cls, func, types, args=(), kwargs=None):
            log.append((name, [t.__name__ for t in types]))
            return name if answers else NotImplemented

        return type(name, bases, {"__torch_function__": classmethod(handler)})

    A = make("A", answers=False)
    B = make("B", A, answers=True)
    C = make("C", answers=True)
    T = make("T", library.Tensor, answers=False)
    a, b, c, t = A(), B(), C(), T([1.0])
    found = [
        library.add(a, b),
        library.add(b, a),
        library.add(a, c),
        library.add(c, a),
        library.cat([a, a, c, b]),
        library.add(t, c),
        library.nn.functional.mse_loss(t, c),
        library.nn.functional.mse_loss(a, c),
        library.where(t, a, b),
        library.add(t, b),
    ]
    return found, log


def test_precedence():
    same(precedence)


class Logging:
    """A mode for each library."""

    @staticmethod
    def of(library, log, name="mode"):
        overrides = overrides_of(library)

        class Mode(overrides.TorchFunctionMode):
            def __torch_function__(self, func, types, args=(), kwargs=None):
                log.append(
                    (
                        name,
                        overrides.resolve_name(func),
                        [t.__name__ for t in types],
                        len(args),
                        shown(kwargs or None),
                    )
                )
                return func(*args, **(kwargs or {}))

        return Mode()


def in_a_mode(library):
    log = []
    F = library.nn.functional
    layer, kind = library.nn.Linear(2, 2), type("L", (library.Tensor,), {})
    own = kind([1.0])
    with Logging.of(library, log):
        t = library.zeros(2)
        library.rand(2, 2)
        library.tensor([1.0, 2.0])
        library.arange(3)
        library.empty(2, device="cpu").fill_(0)
        library.randperm(3)
        _ = t + 1, 1 + t, t.add(1), t[0], -t, t == t
        _ = t.shape, t.dtype, t.dim(), t.numel(), t.size(0)
        str(t)
        layer(t)
        F.relu(t)
        F.softmax(t, 0)
        library.stack([t, t])
        library.manual_seed(0)
        library.is_tensor(t)
        library.get_default_dtype()
        own * 2
        library.nn.functional.mse_loss(own, t)
        library.einsum("i,i->", t, t)
        library.nn.Sequential(library.nn.ReLU(), library.nn.Tanh())(t)
    t + 1
    return log


def test_modes_see_all_functions():
    same(in_a_mode)


def nested(library):
    log = []
    overrides = overrides_of(library)

    class Twice(overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append("twice")
            return func(*args, **(kwargs or {})) + func(*args, **(kwargs or {}))

    class Refuses(overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return NotImplemented

    with Logging.of(library, log, "outer"), Logging.of(library, log, "inner"):
        a = library.ones(1)
    with Logging.of(library, log), Twice():
        b = library.ones(1)
    with overrides.BaseTorchFunctionMode():
        c = library.ones(1)
    with Logging.of(library, log), library._C.DisableTorchFunctionSubclass():
        library.ones(1)
    with Logging.of(library, log), library._C.DisableTorchFunction():
        library.ones(1)
    said = []
    for f in (lambda: library.ones(1), lambda: a + 1, lambda: library.nn.functional.softmax(a, 0)):
        with Refuses(), pytest.raises(TypeError) as error:
            f()
        said.append(str(error.value).split("<")[0])
    with pytest.raises(ZeroDivisionError), Logging.of(library, log):
        1 / 0  # noqa: B018
    library.ones(1)
    return log, a, b, c, said


def test_modes_nest():
    same(nested)


def test_a_mode_may_give_factories_another_device():
    def program(library):
        overrides = overrides_of(library)

        class Meta(overrides.TorchFunctionMode):
            def __torch_function__(self, func, types, args=(), kwargs=None):
                kwargs = dict(kwargs or {})
                if func in (library.ones, library.empty):
                    kwargs.setdefault("device", "meta")
                return func(*args, **kwargs)

        with Meta():
            return str(library.ones(2).device), str(library.nn.Linear(2, 2, bias=False).weight.device)

    same(program)


def test_functions_of_the_users_own():
    def program(library):
        overrides = overrides_of(library)

        def twice(a):
            if overrides.has_torch_function_unary(a):
                return overrides.handle_torch_function(twice, (a,), a)
            return a + a

        @overrides.wrap_torch_function(lambda a, b: (a, b))
        def both(a, b):
            return a + b

        class Named:
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                return func.__name__, [t.__name__ for t in types]

        class Never:
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                return NotImplemented

        kind = type("L", (library.Tensor,), {})
        x, own, p = library.ones(1), kind([1.0]), library.nn.Parameter(library.ones(1))
        said = []
        for f in (lambda: twice(Never()), lambda: both(x, Never())):
            with pytest.raises(TypeError) as error:
                f()
            said.append(str(error.value).split("'")[2])
        asked = [overrides.has_torch_function((a,)) for a in (x, own, p, Named(), 1)]
        asked += [overrides.has_torch_function_variadic(x, own), overrides.has_torch_function_unary(x)]
        like = [overrides.is_tensor_like(a) for a in (x, own, p, Named(), 1, None)]
        return (
            twice(x),
            type(twice(own)).__name__,
            twice(Named()),
            both(x, x),
            both(x, Named()),
            said,
            asked,
            like,
        )

    same(program)


def test_redispatch():
    def program(library):
        overrides = overrides_of(library)
        log = []

        class Logged(library.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                log.append(func.__name__)
                return overrides.redispatch_function(func, types, args, kwargs)

        def scaled(a, b):
            if overrides.has_torch_function((a, b)):
                return overrides.handle_torch_function(scaled, (a, b), a, b)
            return a * b + 1

        result = scaled(Logged([3.0]), Logged([4.0]))
        return result, type(result).__name__, log

    same(program)


def test_the_lists_of_functions():
    ours, theirs = overrides_of(jaxlearn), overrides_of(torch)

    def names(overrides, library):
        found = set()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for functions in overrides.get_overridable_functions().values():
                found |= {overrides.resolve_name(f) for f in functions}
        return found

    mine, torchs = names(ours, jaxlearn), names(theirs, torch)
    # What is one function here goes by one of its names.
    extra = {n for n in mine - torchs if not any(n.split(".")[-1] == m.split(".")[-1] for m in torchs)}
    assert extra == {"torch.Tensor.angle_", "torch.segment_reduce"}
    assert len(mine) > 1100
    for overrides, library in ((ours, jaxlearn), (theirs, torch)):
        stand_ins = overrides.get_testing_overrides()
        assert stand_ins[library.add](1, 2) == -1
        assert next(iter(inspect.signature(stand_ins[library.square]).parameters)) == "input"
        assert library.ones in overrides.get_ignored_functions()
        assert library.add not in overrides.get_ignored_functions()
        assert overrides.is_tensor_method_or_property(library.Tensor.add)
        assert overrides.is_tensor_method_or_property(library.Tensor.shape.__get__)
        assert not overrides.is_tensor_method_or_property(library.add)
        assert overrides.resolve_name(library.Tensor.grad.__set__) == "torch.Tensor.grad.__set__"
        assert overrides.resolve_name(library.nn.functional.softmax) == "torch.nn.functional.softmax"
        assert overrides.resolve_name(lambda: 0) is None
        assert library.Tensor.grad.__get__ in overrides.get_default_nowrap_functions()
        assert library.Tensor.add is not library.add


def test_functions_are_themselves_again_after_a_mode():
    from jaxlearn._overrides import entries

    entries._Active.always = False
    entries.deactivate()
    before = jaxlearn.add.__code__, jaxlearn.Tensor.shape.fget.__code__
    with jaxlearn.overrides.BaseTorchFunctionMode():
        assert jaxlearn.add.__code__ is not before[0]
        assert str(inspect.signature(jaxlearn.nn.functional.softmax)).startswith("(input")
    assert (jaxlearn.add.__code__, jaxlearn.Tensor.shape.fget.__code__) == before


def test_a_dispatchers_override_is_refused():
    with pytest.raises(NotImplementedError, match="__torch_dispatch__ would never be called"):

        class Wrapper(jaxlearn.Tensor):
            @classmethod
            def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
                return func(*args, **(kwargs or {}))


def test_default_devices_and_modes():
    def program(library):
        log = []
        meta = library.device("meta")
        with Logging.of(library, log), meta:
            a, b = library.ones(2), library.ones(2) + 1
        with meta, Logging.of(library, log):
            c = library.ones(2)
        return [str(t.device) for t in (a, b, c, library.ones(1))], [
            name for _, name, *_ in log if name != "torch.device"
        ]

    same(program)


def test_methods_are_pickled_by_name():
    for function in (jaxlearn.add, jaxlearn.Tensor.add, jaxlearn.Tensor.add_, jaxlearn.nn.functional.relu):
        assert pickle.loads(pickle.dumps(function)) is function
    same(lambda library: [f.__name__ for f in (library.Tensor.less, library.Tensor.lt, library.Tensor.add_)])
