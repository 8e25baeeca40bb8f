"""Subclasses of Tensor: which results are of the subclass, what they print, copies, pickles, files and modules."""

from __future__ import annotations

import copy
import functools
import io
import pickle

import jax
import pytest

import jaxlearn
from tests.parity.helper import same, torch
from tests.parity.overriding import overrides_of


@functools.cache
def mine(library):
    """A subclass for each library: they print by one name, and pickles find them by two."""
    kind = type("Mine", (library.Tensor,), {})
    kind.__module__, kind.__qualname__ = __name__, "Of" + library.__name__.title()
    globals()[kind.__qualname__] = kind
    return kind


def kinds(result):
    """The result with each tensor's class and text in its place."""
    if isinstance(result, (tuple, list)) and type(result).__name__ != "Size":
        return type(result).__name__, [kinds(x) for x in result]
    if isinstance(result, dict):
        return {k: kinds(v) for k, v in result.items()}
    text = repr(result).replace("jaxlearn", "torch")
    return type(result).__name__, text


def same_kinds(program):
    same(lambda library: kinds(program(library, mine(library))))


EXPRESSIONS = """
x + 1; 1 + x; 1 - x; 2 / x; 2 // x; 2 % x; 2 ** x; x ** 2; x - y; y - x; y * x; x @ y; y @ x; -x; +x; abs(x)
~(x > 1); (x > 1) & (x < 2); x == y; x != 1; x[0]; x[1:]; x[None]; x[x > 1]; x[[0]]; x.T; x.real; x.shape
x.dtype; x.is_leaf; x.grad; x.data; x.ndim; x.size(); x.size(0); x.dim(); x.numel(); x.tolist(); x[0].item()
len(x); list(x); 1.0 in x; bool(x[0]); float(x[0]); int(x[0]); f"{x[0]:.2f}"; f"{x}"; str(x); x.add(y)
x.clone().add_(y); x.clone().zero_(); x.clone().fill_(3); x.sum(); x.mean(0, keepdim=True); x.max(0); x.sort()
x.topk(1); x.split(1); x.chunk(2); x.unbind(); x.reshape(2, 1); x.view(-1); x.expand(3, 2); x.unsqueeze(0)
x.flatten(); x.double(); x.to(torch.int64); x.to(y); x.cpu(); x.detach(); x.clone(); x.contiguous()
x.type(torch.float64); x.half(); x.new_zeros(2); x.new_tensor([1.0]); x.new_full((1,), 2.0); x.softmax(0)
x.norm(); x.cumsum(0); x.clamp(min=1.5); x.where(x > 1, 0.0); x.masked_fill(x > 1, 0.0)
x.gather(0, torch.tensor([1])); x.index_select(0, torch.tensor([1])); torch.add(x, y); torch.add(y, x)
torch.add(y, y, out=torch.empty(2)); torch.mul(x, 2); torch.exp(x); torch.sum(x); torch.cat([x, y])
torch.cat([y, x]); torch.stack((y, x)); torch.hstack([x, x]); torch.where(x > 1, x, y); torch.max(x, 0)
torch.sort(x); torch.split(x, 1); torch.chunk(x, 2); torch.unbind(x); torch.meshgrid(x, x, indexing="ij")
torch.einsum("i,i->", x, y); torch.einsum("i,j->ij", y, x); torch.tensordot(x, y, 1); torch.outer(x, y)
torch.dot(x, y); torch.zeros_like(x); torch.ones_like(x); torch.full_like(x, 3); torch.empty_like(x).shape
torch.tensor([1.0]).to(x); torch.tensor(x.tolist()); torch.as_tensor(x); torch.asarray(x); torch.is_tensor(x)
torch.numel(x); torch.unique(x); torch.broadcast_tensors(x, y); torch.atleast_2d(x); torch.atleast_2d(x, y)
torch.linalg.norm(x); torch.fft.fft(x); torch.linalg.svd(x[None])[1]; torch.special.expit(x)
torch.allclose(x, x); torch.equal(x, y); torch.is_floating_point(x); torch.nn.functional.relu(x)
torch.nn.functional.softmax(x, 0); torch.nn.functional.linear(x, torch.ones(1, 2))
torch.nn.functional.mse_loss(x, y); torch.nn.functional.mse_loss(y, x); torch.nn.functional.dropout(x, 0.0)
torch.nn.functional.layer_norm(x, (2,)); torch.nn.functional.pad(x, (1, 1)); torch.nn.functional.gelu(x)
torch.nn.functional.cross_entropy(x, torch.tensor(1)); torch.nn.functional.normalize(x, dim=0)
torch.nn.Linear(2, 1)(x).shape; torch.nn.functional.embedding(torch.tensor([0, 1]), x[None])
torch.nn.functional.one_hot(x.long()); type(torch.nn.Linear(2, 1)(x)).__name__; torch.nn.ReLU()(x)
torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Softmax(0))(x); torch.utils.data.default_collate([x, x])
torch.utils.data.default_collate([(x, 1), (x, 2)])
next(iter(torch.utils.data.DataLoader([x, x], batch_size=2))); torch.utils.data.TensorDataset(x)[0]
x.as_subclass(torch.Tensor); y.as_subclass(Mine); isinstance(x, torch.Tensor)
isinstance(x, torch.FloatTensor); Mine(2, 3).shape; Mine([1.0]); Mine([[1, 2], [3, 4]]); Mine(y); Mine(x)
Mine(); Mine(torch.ones(2, 2)[1]); Mine._make_subclass(Mine, y); torch.Tensor._make_subclass(Mine, y, True)
torch.Tensor._make_subclass(Mine, y.requires_grad_() * 2); y.as_subclass(int); y.as_subclass(3)
torch.Tensor._make_subclass(Mine, torch.ones(2, dtype=torch.int64), True); Mine([1.0]).new_empty(0)
""".replace("\n", ";")


@pytest.mark.parametrize("expression", [e.strip() for e in EXPRESSIONS.split(";") if e.strip()])
def test_results_are_of_the_class(expression):
    code = compile(expression, "expression", "eval")

    def program(library, kind):
        names = {"torch": library, "Mine": kind, "x": kind([1.0, 2.0]), "y": library.ones(2)}
        return eval(code, names)

    same_kinds(program)


def test_gradients_and_history():
    def program(library, kind):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        y = x.as_subclass(kind)
        z = y * 2
        leaf = kind([3.0]).requires_grad_()
        log = []
        doubled = leaf * 2
        doubled.retain_grad()
        doubled.register_hook(lambda g: log.append(type(g).__name__))
        doubled.sum().backward()
        z.sum().backward()
        given = library.autograd.grad((leaf * leaf).sum(), leaf)
        with library.no_grad():
            seen = library.ones(1, requires_grad=True).as_subclass(kind)
        return (
            y,
            z,
            z.grad_fn.name(),
            x.grad,
            leaf,
            leaf.grad,
            doubled.grad,
            log,
            given,
            seen,
            leaf.detach(),
            leaf.data,
        )

    same_kinds(program)


def test_in_place_and_attributes():
    def program(library, kind):
        x = kind([1.0, 2.0])
        x.tag = "a"
        x[0] = 5
        x += 1
        x.add_(1).mul_(2)
        y = x.add_(1)
        x.data = library.ones(2)
        x.grad = library.zeros(2)
        return (
            x,
            y is x,
            x.tag,
            hasattr(x + 1, "tag"),
            hasattr(x.detach(), "tag"),
            x.grad,
            type(x.grad).__name__,
        )

    same_kinds(program)


@pytest.mark.parametrize("how", ["copy", "pickle", "save", "weights"])
def test_copies_keep_class_and_attributes(how):
    def program(library, kind):
        x = kind([1.0, 2.0])
        x._kept, x.tag = [1], "a"
        if how == "copy":
            y = copy.copy(x)
        elif how == "pickle":
            y = pickle.loads(pickle.dumps(x))
        else:
            file = io.BytesIO()
            library.save({"x": x}, file)
            file.seek(0)
            if how == "save":
                y = library.load(file, weights_only=False)["x"]
            else:
                with library.serialization.safe_globals([kind]):
                    y = library.load(file)["x"]
        return y, type(y) is kind, y._kept, y.tag

    same_kinds(program)


def test_a_file_of_an_unknown_class_is_refused():
    def program(library):
        file = io.BytesIO()
        library.save(mine(library)([1.0]), file)
        file.seek(0)
        return library.load(file)

    same(program)


def test_a_deep_copy_is_of_the_class():
    # torch has none of a class without a new_empty() of its own
    def program(library, kind):
        class Empty(kind):
            def new_empty(self, *args, **kwargs):
                return super().new_empty(*args, **kwargs).as_subclass(type(self))

        x = Empty([1.0])
        x.tag = [1]
        y = copy.deepcopy(x)
        return y, y.tag, y.tag is x.tag

    same_kinds(program)
    x = mine(jaxlearn)([1.0])
    assert type(copy.deepcopy(x)) is mine(jaxlearn)


def test_parameters_of_the_class():
    def program(library, kind):
        p = library.nn.Parameter(kind([[1.0, 2.0]]))
        model = library.nn.Linear(2, 1, bias=False)
        model.weight = p
        optimizer = library.optim.SGD(model.parameters(), lr=0.5)
        out = model(library.ones(2))
        out.sum().backward()
        optimizer.step()
        state = model.state_dict()
        model.load_state_dict(state)
        kept = [isinstance(p, library.nn.Parameter), isinstance(p, kind), isinstance(p.data, kind)]
        grad = p.grad.clone()
        return p, out, grad, state, kept, p * 2, type(p).__name__, model.double().weight

    same_kinds(program)


def test_a_subclass_of_parameter_gives_plain_results():
    def program(library, kind):
        class Weight(library.nn.Parameter):
            pass

        w = Weight(library.ones(2))
        return w, w * 2, w.detach(), type(w).__name__

    same_kinds(program)


def test_compiled_functions_keep_the_class():
    def program(library, kind):
        compiled = (lambda f: f) if library is torch else library.compile
        step = compiled(lambda x, y: (x * y, {"sum": x.sum()}, y, x))
        runs = [step(kind([1.0, 2.0]), library.ones(2)) for _ in range(3)]
        return runs, step(library.ones(2), library.ones(2)), step(kind([3.0, 4.0]), library.ones(2))

    same_kinds(program)


def test_autograd_function_checkpoint_and_distributions():
    def program(library, kind):
        log = []

        class Twice(library.autograd.Function):
            @staticmethod
            def forward(ctx, a):
                log.append(type(a).__name__)
                ctx.save_for_backward(a)
                return a * 2

            @staticmethod
            def backward(ctx, grad):
                log.append(type(grad).__name__)
                return grad * 2

        x = kind([1.0]).requires_grad_()
        y = Twice.apply(x)
        y.sum().backward()
        normal = library.distributions.Normal(kind([0.0]), kind([1.0]))
        return log, type(y).__name__, x.grad, type(normal.log_prob(kind([0.0]))).__name__

    same_kinds(program)


def test_a_class_with_its_own_new():
    def program(library, kind):
        class Meta(library.Tensor):
            @staticmethod
            def __new__(cls, data, meta=None):
                tensor = library.Tensor._make_subclass(cls, library.as_tensor(data))
                tensor.meta = meta
                return tensor

            def __init__(self, data, meta=None):
                self.made = True

            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                result = super().__torch_function__(func, types, args, kwargs)
                if isinstance(result, cls):
                    result.meta = next(
                        (a.meta for a in args if isinstance(a, cls) and hasattr(a, "meta")), None
                    )
                return result

        x = Meta([1.0, 2.0], meta="hi")
        return x, x.meta, x.made, (x + 1).meta, (1 + x).meta, library.exp(x).meta, x[0].meta

    same_kinds(program)


def test_subclasses_of_subclasses_win():
    def program(library, kind):
        class Child(kind):
            pass

        class Other(library.Tensor):
            pass

        a, b, c = kind([1.0]), Child([1.0]), Other([1.0])
        found = [type(r).__name__ for r in (a + b, b + a, library.add(a, b), library.cat([a, b]), a.add_(b))]
        said = []
        for f in (
            lambda: a + c,
            lambda: library.add(a, c),
            lambda: library.nn.functional.mse_loss(a, c),
            lambda: library.cat([a, c]),
            lambda: a.add(c),
        ):
            with pytest.raises(TypeError) as error:
                f()
            said.append(str(error.value).replace("OfJaxlearn", "OfTorch"))
        return found, said

    same(lambda library: program(library, mine(library)))
    assert overrides_of(jaxlearn).is_tensor_like(mine(jaxlearn)([1.0]))


def test_jax_transformations_take_and_give_the_class():
    kind = mine(jaxlearn)
    out = jax.jit(lambda t: {"twice": t * 2})(kind([1.0, 2.0]))["twice"]
    assert type(out) is kind
    assert repr(out) == "Mine([2., 4.])"


def test_a_class_that_is_made_with_words():
    def program(library):
        class Tagged(library.Tensor):
            def __new__(cls, data, *, tag, dtype=None):
                tagged = library.as_tensor(data, dtype=dtype).as_subclass(cls)
                tagged.tag = tag
                return tagged

        made = Tagged([1, 2], tag="a", dtype=library.float64)
        return made.tag, str(made.dtype)[-7:], Tagged(made, tag="b").tag

    same(program)
