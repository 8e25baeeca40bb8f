"""Mistakes people make, for :mod:`tests.parity.test_bad_input`: each is a program that must fail as in PyTorch.

``python -m tests.parity.bad_input_cases`` runs them with torch and rewrites ``bad_input_messages.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("bad_input_messages.json")

Program = Callable[[Any], Any]


def after(torch: Any, *, seed: int = 0) -> Any:
    """A small model."""
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))


def backward_twice(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.exp().sum()
    y.backward()
    y.backward()


def backward_twice_of_a_model(torch: Any) -> None:
    loss = torch.nn.functional.cross_entropy(after(torch)(torch.ones(5, 4)), torch.zeros(5, dtype=torch.long))
    loss.backward()
    loss.backward()


def backward_over_a_freed_part(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    middle = x * x
    middle.sum().backward()
    (middle * 2).sum().backward()


def saved_value_modified(torch: Any) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y += 1
    y.sum().backward()


def saved_input_modified(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    x = torch.ones(3)
    y = (w * x).sum()
    x.add_(1)
    y.backward()


def leaf_in_place(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w += 1


def leaf_item_assigned(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w[0] = 2.0


def leaf_filled_through_a_view(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w[:2].zero_()


def parameter_in_place(torch: Any) -> None:
    after(torch)[0].weight.mul_(2)


def requires_grad_of_an_integer(torch: Any) -> None:
    torch.ones(3, dtype=torch.long).requires_grad_()


def requires_grad_of_a_result(torch: Any) -> None:
    y = torch.ones(3, requires_grad=True) * 2
    y.requires_grad = False


def grad_of_another_shape(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w.grad = torch.ones(2)


def grad_of_another_dtype(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w.grad = torch.ones(3, dtype=torch.float64)


def grad_of_another_type(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w.grad = 1.0


def state_dict_missing(torch: Any) -> None:
    state = after(torch).state_dict()
    del state["0.weight"], state["2.bias"]
    after(torch).load_state_dict(state)


def state_dict_unexpected(torch: Any) -> None:
    state = after(torch).state_dict()
    state["3.weight"] = torch.ones(2)
    state["other"] = torch.ones(2)
    after(torch).load_state_dict(state)


def state_dict_size(torch: Any) -> None:
    state = after(torch).state_dict()
    state["0.weight"] = torch.ones(3, 5)
    state["2.bias"] = torch.ones(7)
    after(torch).load_state_dict(state)


def state_dict_all_three(torch: Any) -> None:
    state = after(torch).state_dict()
    state["0.weight"] = torch.ones(3, 5)
    state["module.0.bias"] = state.pop("0.bias")
    after(torch).load_state_dict(state)


def state_dict_of_data_parallel(torch: Any) -> None:
    state = {"module." + key: value for key, value in after(torch).state_dict().items()}
    after(torch).load_state_dict(state)


def state_dict_size_not_strict(torch: Any) -> None:
    state = after(torch).state_dict()
    state["0.weight"] = torch.ones(3, 5)
    after(torch).load_state_dict(state, strict=False)


def state_dict_no_tensor(torch: Any) -> None:
    state = after(torch).state_dict()
    state["0.bias"] = "text"
    after(torch).load_state_dict(state)


def state_dict_of_another_type(torch: Any) -> None:
    after(torch).load_state_dict([1, 2])


def optimizer_state_of_other_groups(torch: Any) -> None:
    model = after(torch)
    one = torch.optim.SGD(model.parameters(), lr=0.1)
    two = torch.optim.SGD([{"params": m.parameters()} for m in (model[0], model[2])], lr=0.1)
    one.load_state_dict(two.state_dict())


def optimizer_state_of_another_model(torch: Any) -> None:
    one = torch.optim.SGD(after(torch).parameters(), lr=0.1)
    one.load_state_dict(torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=0.1).state_dict())


def optimizer_same_parameter_in_two_groups(torch: Any) -> None:
    model = after(torch)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.add_param_group({"params": model[0].parameters()})


def optimizer_result_as_parameter(torch: Any) -> None:
    torch.optim.SGD([torch.ones(2, requires_grad=True) * 2], lr=0.1)


def item_in_no_grad_function(torch: Any) -> None:
    torch.ones(3).item()


def module_before_init(torch: Any) -> None:
    class Wrong(torch.nn.Module):
        def __init__(self) -> None:
            self.layer = torch.nn.Linear(2, 2)

    Wrong()


def parameter_before_init(torch: Any) -> None:
    class Wrong(torch.nn.Module):
        def __init__(self) -> None:
            self.weight = torch.nn.Parameter(torch.ones(2))

    Wrong()


def module_without_forward(torch: Any) -> None:
    class Wrong(torch.nn.Module):
        pass

    Wrong()(torch.ones(2))


def module_attribute(torch: Any) -> None:
    after(torch).missing  # noqa: B018


def plain_tensor_for_a_parameter(torch: Any) -> None:
    layer = torch.nn.Linear(2, 2)
    layer.weight = torch.ones(2, 2)


def no_module_for_a_child(torch: Any) -> None:
    model = after(torch)
    model.add_module("extra", 3)


def child_with_a_dot(torch: Any) -> None:
    after(torch).add_module("a.b", None)


def short_batch_for_batchnorm(torch: Any) -> None:
    torch.nn.BatchNorm1d(3)(torch.ones(1, 3))


def dataset_of_unequal_images(torch: Any) -> None:
    data = [(torch.ones(2, 3), 0), (torch.ones(2, 4), 1)]
    next(iter(torch.utils.data.DataLoader(data, batch_size=2)))


def dataset_with_none(torch: Any) -> None:
    next(iter(torch.utils.data.DataLoader([(torch.ones(2), None)], batch_size=1)))


def dataset_of_unequal_lengths(torch: Any) -> None:
    next(iter(torch.utils.data.DataLoader([[1, 2], [1, 2, 3]], batch_size=2)))


def dataset_without_getitem(torch: Any) -> None:
    class Wrong(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return 3

    next(iter(torch.utils.data.DataLoader(Wrong())))


def dataset_without_len(torch: Any) -> None:
    class Wrong(torch.utils.data.Dataset):
        def __getitem__(self, index: int) -> int:
            return index

    torch.utils.data.DataLoader(Wrong(), shuffle=True)


def dataset_that_fails(torch: Any) -> None:
    class Wrong(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> int:
            raise KeyError(f"no sample {index}")

    next(iter(torch.utils.data.DataLoader(Wrong())))


def collate_of_custom_objects(torch: Any) -> None:
    class Thing:
        pass

    next(iter(torch.utils.data.DataLoader([Thing()])))


def grad_of_unused(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    z = torch.ones(2, requires_grad=True)
    torch.autograd.grad((x * 2).sum(), [x, z])


def backward_under_no_grad(torch: Any) -> None:
    model = after(torch)
    with torch.no_grad():
        loss = model(torch.ones(2, 4)).sum()
    loss.backward()


def backward_of_detached(torch: Any) -> None:
    after(torch)(torch.ones(2, 4)).detach().sum().backward()


def numpy_of_requires_grad(torch: Any) -> None:
    after(torch)(torch.ones(2, 4)).numpy()


def inference_tensor_in_autograd(torch: Any) -> None:
    with torch.inference_mode():
        x = torch.ones(3)
    w = torch.ones(3, requires_grad=True)
    (w * x).sum().backward()


def functional(torch: Any) -> Any:
    return torch.nn.functional


def long(torch: Any, *values: int) -> Any:
    return torch.tensor(values, dtype=torch.long)


CASES: dict[str, Program] = {
    # shapes
    "add shapes": lambda t: t.ones(2, 3) + t.ones(3, 2),
    "mul shapes 3-D": lambda t: t.ones(4, 2, 3) * t.ones(5, 1, 3),
    "compare shapes": lambda t: t.ones(4) == t.ones(5),
    "add_ broadcasts the result": lambda t: t.ones(3).add_(t.ones(2, 3)),
    "add_ shapes": lambda t: t.ones(3).add_(t.ones(4)),
    "matmul 2-D": lambda t: t.ones(2, 3) @ t.ones(2, 3),
    "matmul vector": lambda t: t.matmul(t.ones(1, 10), t.ones(9)),
    "matmul batch": lambda t: t.ones(2, 3, 4) @ t.ones(3, 4, 5),
    "matmul scalar": lambda t: t.matmul(t.tensor(1.0), t.ones(2)),
    "mm 3-D": lambda t: t.mm(t.ones(2, 2, 2), t.ones(2, 2)),
    "mm shapes": lambda t: t.mm(t.ones(2, 3), t.ones(2, 3)),
    "bmm 2-D": lambda t: t.bmm(t.ones(2, 3), t.ones(3, 2)),
    "bmm shapes": lambda t: t.bmm(t.ones(2, 3, 4), t.ones(2, 3, 4)),
    "dot shapes": lambda t: t.dot(t.ones(3), t.ones(4)),
    "dot 2-D": lambda t: t.dot(t.ones(2, 3), t.ones(3)),
    "dot dtype": lambda t: t.dot(t.ones(3), t.ones(3, dtype=t.float64)),
    "view": lambda t: t.ones(3, 4).view(5, -1),
    "view size": lambda t: t.ones(3, 4).view(5, 2),
    "view of a transpose": lambda t: t.ones(3, 4).t().view(12),
    "view two unknown": lambda t: t.ones(3, 4).view(-1, -1),
    "reshape": lambda t: t.ones(3, 4).reshape(7),
    "flattened features": lambda t: t.ones(2, 3, 5).view(-1, 16),
    "cat shapes": lambda t: t.cat([t.ones(2, 3), t.ones(2, 4)]),
    "cat dims": lambda t: t.cat([t.ones(2, 3), t.ones(2)]),
    "cat nothing": lambda t: t.cat([]),
    "cat a tensor": lambda t: t.cat(t.ones(2)),
    "stack shapes": lambda t: t.stack([t.ones(2), t.ones(3)]),
    "stack nothing": lambda t: t.stack([]),
    "squeeze dim": lambda t: t.ones(2).squeeze(3),
    "unsqueeze dim": lambda t: t.ones(2).unsqueeze(3),
    "transpose dim": lambda t: t.ones(2, 3).transpose(0, 2),
    "t of 3-D": lambda t: t.ones(2, 3, 4).t(),
    "permute": lambda t: t.ones(2, 3).permute(0, 0),
    "permute dims": lambda t: t.ones(2, 3).permute(0),
    "expand": lambda t: t.ones(2, 3).expand(4, 3),
    "sum dim": lambda t: t.ones(2, 3).sum(2),
    "sum dim twice": lambda t: t.ones(2, 3).sum((0, 0)),
    "max dim": lambda t: t.max(t.ones(2, 3), 2),
    "max of nothing": lambda t: t.zeros(0).max(),
    "argmax of nothing": lambda t: t.zeros(0).argmax(),
    "softmax dim": lambda t: t.softmax(t.ones(2), 1),
    "split": lambda t: t.ones(5).split([2, 2]),
    "chunk": lambda t: t.ones(5).chunk(0),
    "topk": lambda t: t.ones(3).topk(5),
    "index": lambda t: t.ones(3)[3],
    "index negative": lambda t: t.ones(3, 2)[-4],
    "index too many": lambda t: t.ones(3)[0, 0],
    "index list": lambda t: t.ones(3)[[0, 7]],
    "index tensor": lambda t: t.ones(3)[t.tensor([0, 5])],
    "index float": lambda t: t.ones(3)[t.tensor([0.5])],
    "index Python float": lambda t: t.ones(3)[1.0],
    "index text": lambda t: t.ones(3)["a"],
    "index mask": lambda t: t.ones(3)[t.tensor([True, False])],
    "index 0-dim": lambda t: t.tensor(1.0)[0],
    "index step": lambda t: t.ones(3)[::-1],
    "assign shape": lambda t: t.ones(3, 3).__setitem__(0, t.ones(2)),
    "assign text": lambda t: t.ones(3).__setitem__(0, "a"),
    "gather index": lambda t: t.ones(2, 3).gather(1, t.tensor([[5]])),
    "gather dims": lambda t: t.ones(2, 3).gather(1, t.tensor([0])),
    "gather dtype": lambda t: t.ones(2, 3).gather(1, t.tensor([[0.0]])),
    "index_select": lambda t: t.ones(2, 3).index_select(0, t.tensor([2])),
    "masked_fill": lambda t: t.ones(3).masked_fill(t.ones(2) > 0, 0.0),
    "masked_fill dtype": lambda t: t.ones(3).masked_fill(t.ones(3), 0.0),
    "where shapes": lambda t: t.where(t.ones(2) > 0, t.ones(3), t.ones(3)),
    "where dtype": lambda t: t.where(t.ones(2), t.ones(2), t.ones(2)),
    "iterate 0-dim": lambda t: list(t.tensor(1.0)),
    "len 0-dim": lambda t: len(t.tensor(1.0)),
    "item of many": lambda t: t.ones(3).item(),
    "bool of many": lambda t: bool(t.ones(3)),
    "bool of none": lambda t: bool(t.zeros(0)),
    "float of many": lambda t: float(t.ones(3)),
    "int of many": lambda t: int(t.ones(2)),
    "if on many": lambda t: 1 if t.ones(2) > 0 else 0,
    "negative size": lambda t: t.ones(-1),
    "linspace steps": lambda t: t.linspace(0, 1, -1),
    "arange step": lambda t: t.arange(0, 1, 0),
    "arange direction": lambda t: t.arange(3, 0),
    "randint range": lambda t: t.randint(5, 5, (2,)),
    "ragged list": lambda t: t.tensor([[1, 2], [3]]),
    "list of text": lambda t: t.tensor(["a"]),
    "tensor of None": lambda t: t.tensor(None),
    "list of tensors": lambda t: t.tensor([t.ones(2), t.ones(2)]),
    "from_numpy of a list": lambda t: t.from_numpy([1.0]),
    "int8 range": lambda t: t.tensor(300, dtype=t.int8),
    "det": lambda t: t.det(t.ones(2, 3)),
    "svd of a vector": lambda t: t.svd(t.ones(3)),
    # dtypes
    "matmul double": lambda t: t.ones(2, 2) @ t.ones(2, 2, dtype=t.float64),
    "matmul long": lambda t: t.ones(2, 2) @ t.ones(2, 2, dtype=t.long),
    "mm double": lambda t: t.mm(t.ones(2, 2, dtype=t.float64), t.ones(2, 2)),
    "add text": lambda t: t.ones(2) + "a",
    "add None": lambda t: t.ones(2) + None,
    "add a list": lambda t: t.ones(2) + [1, 2],
    "relu of text": lambda t: t.relu("a"),
    "mean of long": lambda t: t.tensor([1, 2]).mean(),
    "std of long": lambda t: t.tensor([1, 2]).float().std(5),
    "softmax of long": lambda t: t.softmax(t.tensor([1, 2]), 0),
    "div_ of long": lambda t: t.tensor([1, 2]).div_(2),
    "add_ double to long": lambda t: t.tensor([1, 2]).add_(1.5),
    "bool subtract": lambda t: t.tensor([True]) - t.tensor([True]),
    "bool negative": lambda t: -t.tensor([True]),
    "floor and": lambda t: t.ones(2) & t.ones(2),
    "invert float": lambda t: ~t.ones(2),
    "randperm text": lambda t: t.randperm("a"),
    "zeros dtype": lambda t: t.zeros(2, dtype="float32"),
    "unknown dtype": lambda t: t.ones(2).to("float33"),
    "unknown method": lambda t: t.ones(2).no_such_method(),
    "integer power": lambda t: t.tensor([1, 2]) ** -1,
    "clamp nothing": lambda t: t.ones(2).clamp(),
    "normal_ std": lambda t: t.ones(2).normal_(0, -1),
    "uniform_ range": lambda t: t.ones(2).uniform_(1, 0),
    "bernoulli p": lambda t: t.bernoulli(t.tensor([2.0])),
    "multinomial": lambda t: t.multinomial(t.tensor([1.0, 0.0]), 3),
    "multinomial negative": lambda t: t.multinomial(t.tensor([1.0, -1.0]), 1),
    "manual_seed text": lambda t: t.manual_seed("a"),
    # layers
    "linear features": lambda t: after(t)(t.ones(2, 5)),
    "linear flattened": lambda t: t.nn.Linear(256, 10)(t.ones(64, 16, 4, 4)),
    "linear long": lambda t: after(t)(t.ones(2, 4, dtype=t.long)),
    "linear double": lambda t: after(t)(t.ones(2, 4, dtype=t.float64)),
    "linear double model": lambda t: after(t).double()(t.ones(2, 4)),
    "linear of an array": lambda t: after(t)([[1.0, 2.0, 3.0, 4.0]]),
    "linear no argument": lambda t: t.nn.Linear(2),
    "linear negative size": lambda t: t.nn.Linear(-1, 3),
    "conv channels": lambda t: t.nn.Conv2d(1, 6, 5)(t.ones(4, 3, 28, 28)),
    "conv channels last": lambda t: t.nn.Conv2d(3, 6, 5)(t.ones(4, 28, 28, 3)),
    "conv without channels": lambda t: t.nn.Conv2d(1, 6, 5)(t.ones(64, 28, 28)),
    "conv 2-D": lambda t: t.nn.Conv2d(1, 6, 5)(t.ones(28, 28)),
    "conv of bytes": lambda t: t.nn.Conv2d(1, 6, 5)(t.ones(1, 1, 28, 28, dtype=t.uint8)),
    "conv of double": lambda t: t.nn.Conv2d(1, 6, 5)(t.ones(1, 1, 28, 28, dtype=t.float64)),
    "conv small image": lambda t: t.nn.Conv2d(1, 6, 5)(t.ones(1, 1, 4, 4)),
    "conv groups": lambda t: t.nn.Conv2d(3, 6, 5, groups=2),
    "pool small image": lambda t: t.nn.MaxPool2d(4)(t.ones(1, 1, 2, 2)),
    "batchnorm2d of 2-D": lambda t: t.nn.BatchNorm2d(3)(t.ones(2, 3)),
    "batchnorm1d of 4-D": lambda t: t.nn.BatchNorm1d(3)(t.ones(2, 3, 4, 4)),
    "batchnorm channels": lambda t: t.nn.BatchNorm2d(3)(t.ones(2, 4, 5, 5)),
    "layernorm shape": lambda t: t.nn.LayerNorm(5)(t.ones(2, 4)),
    "dropout p": lambda t: t.nn.Dropout(1.5),
    "embedding index": lambda t: t.nn.Embedding(10, 3)(long(t, 10)),
    "embedding negative": lambda t: t.nn.Embedding(10, 3)(long(t, -1)),
    "embedding float": lambda t: t.nn.Embedding(10, 3)(t.ones(2)),
    "embedding padding": lambda t: t.nn.Embedding(10, 3, padding_idx=10),
    "softmax dim of a module": lambda t: t.nn.Softmax(dim=2)(t.ones(2, 2)),
    "sequential of a function": lambda t: t.nn.Sequential(after),
    "sequential index": lambda t: after(t)[3],
    "module list of a number": lambda t: t.nn.ModuleList([1]),
    "forward missing argument": lambda t: after(t)(),
    "forward extra argument": lambda t: t.nn.Linear(2, 2)(t.ones(2, 2), 3),
    # losses
    "cross entropy batch": lambda t: functional(t).cross_entropy(t.ones(4, 3), long(t, 0, 1)),
    "cross entropy class": lambda t: functional(t).cross_entropy(t.ones(2, 3), long(t, 0, 3)),
    "cross entropy negative class": lambda t: functional(t).cross_entropy(t.ones(2, 3), long(t, 0, -1)),
    "cross entropy float target": lambda t: functional(t).cross_entropy(t.ones(2, 3), t.ones(2)),
    "cross entropy int target": lambda t: functional(t).cross_entropy(t.ones(2, 3), t.ones(2, dtype=t.int32)),
    "cross entropy one-hot long": lambda t: functional(t).cross_entropy(
        t.ones(2, 3), t.ones(2, 3, dtype=t.long)
    ),
    "cross entropy column": lambda t: functional(t).cross_entropy(t.ones(2, 3), t.ones(2, 1, dtype=t.long)),
    "cross entropy 3-D": lambda t: functional(t).cross_entropy(t.ones(2, 3, 4), t.ones(2, 5, dtype=t.long)),
    "cross entropy weight": lambda t: t.nn.CrossEntropyLoss(weight=t.ones(4))(t.ones(2, 3), long(t, 0, 1)),
    "cross entropy reduction": lambda t: t.nn.CrossEntropyLoss(reduction="avg")(t.ones(2, 3), long(t, 0, 1)),
    "cross entropy smoothing": lambda t: t.nn.CrossEntropyLoss(label_smoothing=2.0)(
        t.ones(2, 3), long(t, 0, 1)
    ),
    "cross entropy no target": lambda t: t.nn.CrossEntropyLoss()(t.ones(2, 3)),
    "cross entropy list target": lambda t: t.nn.CrossEntropyLoss()(t.ones(2, 3), [0, 1]),
    "nll batch": lambda t: functional(t).nll_loss(t.ones(4, 3), long(t, 0, 1)),
    "nll class": lambda t: functional(t).nll_loss(t.ones(2, 3), long(t, 0, 5)),
    "nll float target": lambda t: functional(t).nll_loss(t.ones(2, 3), t.ones(2)),
    "mse shapes": lambda t: functional(t).mse_loss(t.ones(3), t.ones(4)),
    "l1 shapes": lambda t: functional(t).l1_loss(t.ones(3), t.ones(4)),
    "bce shapes": lambda t: functional(t).binary_cross_entropy(t.ones(3, 1), t.ones(3)),
    "bce range": lambda t: functional(t).binary_cross_entropy(t.full((3,), 2.0), t.ones(3)),
    "bce long target": lambda t: functional(t).binary_cross_entropy(t.ones(2), long(t, 0, 1)),
    "bce with logits shapes": lambda t: functional(t).binary_cross_entropy_with_logits(
        t.ones(3, 1), t.ones(3)
    ),
    "bce with logits long": lambda t: functional(t).binary_cross_entropy_with_logits(
        t.ones(2), long(t, 0, 1)
    ),
    # autograd
    "backward twice": backward_twice,
    "backward twice of a model": backward_twice_of_a_model,
    "backward over a freed part": backward_over_a_freed_part,
    "saved value modified": saved_value_modified,
    "saved input modified": saved_input_modified,
    "leaf in place": leaf_in_place,
    "leaf item assigned": leaf_item_assigned,
    "leaf filled through a view": leaf_filled_through_a_view,
    "parameter in place": parameter_in_place,
    "requires_grad of an integer": requires_grad_of_an_integer,
    "requires_grad of a result": requires_grad_of_a_result,
    "requires_grad at creation": lambda t: t.tensor([1, 2], requires_grad=True),
    "parameter of integers": lambda t: t.nn.Parameter(t.tensor([1, 2])),
    "grad shape": grad_of_another_shape,
    "grad dtype": grad_of_another_dtype,
    "grad type": grad_of_another_type,
    "grad of unused": grad_of_unused,
    "backward without grad": lambda t: t.ones(1).backward(),
    "backward of many": lambda t: (t.ones(2, requires_grad=True) * 2).backward(),
    "backward gradient shape": lambda t: (t.ones(2, requires_grad=True) * 2).backward(t.ones(3)),
    "backward under no_grad": backward_under_no_grad,
    "backward of detached": backward_of_detached,
    "numpy of requires_grad": numpy_of_requires_grad,
    "numpy of a parameter": lambda t: t.nn.Linear(2, 2).weight.numpy(),
    "deepcopy of a result": lambda t: __import__("copy").deepcopy(t.ones(2, requires_grad=True) * 2),
    "retain_grad": lambda t: t.ones(2).retain_grad(),
    "out= with grad": lambda t: t.add(t.ones(2, requires_grad=True), 1, out=t.ones(2)),
    "inference tensor": inference_tensor_in_autograd,
    # modules and state
    "state_dict missing": state_dict_missing,
    "state_dict unexpected": state_dict_unexpected,
    "state_dict size": state_dict_size,
    "state_dict all three": state_dict_all_three,
    "state_dict of DataParallel": state_dict_of_data_parallel,
    "state_dict size, not strict": state_dict_size_not_strict,
    "state_dict no tensor": state_dict_no_tensor,
    "state_dict type": state_dict_of_another_type,
    "module before init": module_before_init,
    "parameter before init": parameter_before_init,
    "module without forward": module_without_forward,
    "module attribute": module_attribute,
    "plain tensor for a parameter": plain_tensor_for_a_parameter,
    "no module for a child": no_module_for_a_child,
    "child with a dot": child_with_a_dot,
    "short batch for BatchNorm": short_batch_for_batchnorm,
    "buffer name": lambda t: after(t).register_buffer("a.b", t.ones(1)),
    "buffer twice": lambda t: t.nn.Linear(1, 1).register_buffer("weight", t.ones(1)),
    "buffer type": lambda t: after(t).register_buffer("a", 1),
    "parameter type": lambda t: after(t).register_parameter("a", t.ones(1)),
    "get_submodule": lambda t: after(t).get_submodule("9"),
    "load of nothing": lambda t: t.load("no_such_file.pth"),
    # optimizers
    "optimizer of nothing": lambda t: t.optim.SGD([], lr=0.1),
    "optimizer of a used generator": lambda t: t.optim.Adam(iter([]), lr=0.1),
    "optimizer of a tensor": lambda t: t.optim.SGD(t.ones(2), lr=0.1),
    "optimizer of a model": lambda t: t.optim.SGD(after(t), lr=0.1),
    "optimizer of numbers": lambda t: t.optim.SGD([1.0], lr=0.1),
    "optimizer of a result": optimizer_result_as_parameter,
    "optimizer groups": optimizer_same_parameter_in_two_groups,
    "lr negative": lambda t: t.optim.SGD(after(t).parameters(), lr=-1),
    "momentum negative": lambda t: t.optim.SGD(after(t).parameters(), lr=0.1, momentum=-1),
    "nesterov": lambda t: t.optim.SGD(after(t).parameters(), lr=0.1, nesterov=True),
    "betas": lambda t: t.optim.Adam(after(t).parameters(), betas=(1.0, 0.9)),
    "eps": lambda t: t.optim.AdamW(after(t).parameters(), eps=-1.0),
    "weight decay": lambda t: t.optim.AdamW(after(t).parameters(), weight_decay=-1.0),
    "unknown option": lambda t: t.optim.Adam(after(t).parameters(), learning_rate=0.1),
    "optimizer state groups": optimizer_state_of_other_groups,
    "optimizer state size": optimizer_state_of_another_model,
    # data
    "tensor dataset": lambda t: t.utils.data.TensorDataset(t.ones(3), t.ones(4)),
    "tensor dataset index": lambda t: t.utils.data.TensorDataset(t.ones(3))[3],
    "random_split": lambda t: t.utils.data.random_split(range(10), [5, 6]),
    "random_split fractions": lambda t: t.utils.data.random_split(range(10), [0.5, 0.6]),
    "batch size 0": lambda t: t.utils.data.DataLoader(range(3), batch_size=0),
    "batch size float": lambda t: t.utils.data.DataLoader(range(3), batch_size=1.5),
    "workers": lambda t: t.utils.data.DataLoader(range(3), num_workers=-1),
    "timeout": lambda t: t.utils.data.DataLoader(range(3), timeout=-1),
    "prefetch": lambda t: t.utils.data.DataLoader(range(3), prefetch_factor=2),
    "persistent": lambda t: t.utils.data.DataLoader(range(3), persistent_workers=True),
    "sampler and shuffle": lambda t: t.utils.data.DataLoader([1], sampler=[0], shuffle=True),
    "batch sampler and size": lambda t: t.utils.data.DataLoader([1], batch_sampler=[[0]], batch_size=2),
    "shuffle nothing": lambda t: t.utils.data.RandomSampler([], num_samples=0),
    "loader attribute": lambda t: setattr(t.utils.data.DataLoader([1]), "batch_size", 3),
    "unequal images": dataset_of_unequal_images,
    "None in a sample": dataset_with_none,
    "unequal lengths": dataset_of_unequal_lengths,
    "no __getitem__": dataset_without_getitem,
    "no __len__": dataset_without_len,
    "a sample that fails": dataset_that_fails,
    "custom objects": collate_of_custom_objects,
    "next of a loader": lambda t: next(t.utils.data.DataLoader([1])),
    "concat of nothing": lambda t: t.utils.data.ConcatDataset([]),
    "weighted sampler": lambda t: t.utils.data.WeightedRandomSampler([1.0], 0),
}


def failure(torch: Any, name: str) -> tuple[str, str]:
    """The exception's type and message, without the library's name and the place of a local class."""
    try:
        CASES[name](torch)
    except Exception as error:
        message = re.sub(r"[\w.]+\.<locals>", "<locals>", str(error))
        return type(error).__name__, re.sub(r"\bjaxlearn\.", "torch.", message)
    return "", ""


def write_golden() -> None:
    """Run every case with torch and write its exception down."""
    import torch

    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(failure(torch, name))}" for name in CASES)
    GOLDEN.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    from tests.parity import bad_input_cases  # under this name, as messages speak of it

    bad_input_cases.write_golden()
