"""What torch's functions and methods take in all forms of arguments: the same kinds of results, or of errors."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

import jaxlearn

from .argument_forms import Call, calls
from .helper import compare, torch

pytestmark = pytest.mark.unoptimized

# Commonly used, from the names that public programs call most.
FUNCTIONS = """
    abs acos add addcdiv all amax amin aminmax any arange argmax argmin argsort atan2 bmm cat ceil chunk clamp
    clone concat conj cos count_nonzero cumprod cumsum diag diag_embed diagonal dist div dot empty empty_like eq erf exp
    expm1 eye flatten flip floor floor_divide fmod gather ge gt hstack imag index_select isfinite isinf isnan le lerp
    linspace log log10 log1p log2 log_softmax logical_and lt masked_fill matmul maximum mean median minimum mm mode
    movedim mul multinomial narrow ne neg nonzero norm numel ones ones_like outer pow prod rand rand_like randn
    randn_like randperm real reciprocal relu remainder roll rot90 round rsqrt scatter_add select sigmoid sign sin
    softmax sort sqrt square squeeze stack std std_mean sum swapaxes t tan tanh tile topk trace transpose tril triu
    trunc unbind unsqueeze var var_mean view_as_real vstack where zeros zeros_like

    abs_ asin_ bartlett_window binary_cross_entropy_with_logits blackman_window bucketize clamp_max_ column_stack
    dropout exp_ floor_ hamming_window hann_window kl_div log_ relu_ repeat_interleave round_ sigmoid_ zero_
""".split()
METHODS = """
    abs add_ all any argmax bool ceil chunk clamp clone cos cumsum diagonal dim div_ double eq exp expand_as fill_
    flatten flip float floor gather half int is_contiguous isnan item log long lt masked_fill masked_fill_ mean mm mul_
    narrow ndimension neg norm numel pow prod relu_ reshape_as round scatter_add select sigmoid sin softmax sort split
    sqrt std sum t tanh tolist topk trace transpose tril triu type_as unbind unfold unsqueeze var view_as zero_
""".split()

# What memory holds is nobody's, and a generator of masks is another.
UNDEFINED = {"empty", "empty_like", "dropout"}

# Calls that differ, by pattern, each with its reason.
DIFFERENT = {
    r"(alpha|value|unbiased)=None|\(<self>, None, |(add|addcdiv)\(self=": "None stands for the default here",
    r"(max|min|eye|prod|squeeze|median)\(.*None\)": "None stands for the default here, in any overload",
    r"(var|std|std_mean|var_mean)\(.*dim=True": "a truth value as dim is the older parameter unbiased",
    r"^torch.b?mm\(.*(out_dtype|mat2>, \w+\)|integers, |tensor, |elements, )": "out_dtype is CUDA's",
    r"randn\(1, 0, dtype": "no elements of integers",
    r"(flip|tile)\(|x\.split\(np": "an integer is taken for a sequence by functions as by methods",
    r"(movedim|narrow|select)\(": "a wrong type is found where the value is used",
    r"binary_cross_entropy_with_logits\(<input>, (a number|without)": "nn.functional compares the shapes first",
    r"repeat_interleave\(<input>, (<repeats>, output|a number|tensor|None)": "the numbers are looked at first",
    r"scatter_add\(|expand_as\(": "a number is taken for a tensor without dimensions",
}


def _outcome(call: Call, library: Any) -> Any:
    """The kinds of the results and the results, or the kind of the error."""
    library.manual_seed(0)
    try:
        result = call(library)
        return _kinds(result), result
    except Exception as error:
        return type(error).__name__, None


def _differ(call: Call) -> str | None:
    """How the libraries differ in a call: in the kinds of the results, in their values, or in the error."""
    (expected, result), (got, ours) = _outcome(call, torch), _outcome(call, jaxlearn)
    if expected != got:
        return f"{call.text}: torch {expected}, here {got}"
    if result is not None and call.name not in UNDEFINED:
        try:
            compare(ours, result)
        except AssertionError as error:
            return f"{call.text}: {error}"
    return None


def _kinds(result: Any) -> Any:
    if isinstance(result, (torch.Tensor, jaxlearn.Tensor)):
        return str(result.dtype), tuple(result.shape)
    if isinstance(result, (tuple, list)) and not isinstance(result, (torch.Size, jaxlearn.Size)):
        return [_kinds(r) for r in result]
    return type(result).__name__, str(result)


@pytest.mark.parametrize(
    ("name", "method"), [*((n, False) for n in FUNCTIONS), *((n, True) for n in METHODS)]
)
def test_forms(name: str, method: bool) -> None:
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in calls(name, method):
            difference = _differ(call)
            if difference and not any(re.search(pattern, call.text) for pattern in DIFFERENT):
                found.append(difference)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.slow  # of the table alone
def test_the_table_has_nothing_that_agrees() -> None:
    left = set(DIFFERENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, method in [*((n, False) for n in FUNCTIONS), *((n, True) for n in METHODS)]:
            for call in calls(name, method):
                told = [pattern for pattern in left if re.search(pattern, call.text)]
                if told and _differ(call):
                    left.difference_update(told)
    assert not left


def test_numpys_names_of_parameters() -> None:
    """Functions that are made of operations, and those that make views, take them too."""
    index = (slice(0, 1),)

    def program(torch: Any) -> Any:
        x = torch.arange(24.0).view(2, 3, 4)
        places = torch.zeros(1, 3, 4, dtype=torch.long)
        return (
            torch.index_select(x, axis=0, index=torch.tensor([0])),
            torch.scatter(x, axis=0, index=places, src=x),
            torch.narrow(x, axis=0, start=0, length=1),
            torch.select(x, axis=0, index=1)[index],
            torch.chunk(x, 2, axis=0),
            torch.quantile(x, 0.5, axis=0, keepdims=True),
        )

    compare(program(jaxlearn), program(torch))


def test_sizes_by_keyword() -> None:
    def program(torch: Any) -> Any:
        x = torch.arange(24.0).view(2, 3, 4)
        return (
            x.reshape(shape=(6, -1)),
            torch.reshape(x, shape=[4, 6]),
            x.tile(dims=(2,)),
            torch.tile(x, dims=(2, 1)),
        )

    compare(program(jaxlearn), program(torch))
