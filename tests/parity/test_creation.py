"""Functions that make and convert tensors, against torch: dtypes, bit-equal ranges, errors with their texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn


@pytest.fixture
def same() -> Callable[..., None]:
    from tests.parity.helper import same as function

    return function


def tensors(torch: Any, requires_grad: bool = False) -> tuple[Any, Any, Any]:
    """The tensors that the programs are about: three dimensions, a matrix, a vector."""
    shapes = (2, 3, 4), (2, 3), (3,)
    return tuple(
        torch.tensor(np.arange(np.prod(s), dtype=np.float32).reshape(s)).requires_grad_(requires_grad)
        for s in shapes
    )


CREATED = [
    "torch.tensor([1,2.5])",
    "torch.tensor([1,True])",
    "torch.tensor([True,False])",
    "torch.tensor([1,2j])",
    "torch.tensor([])",
    "torch.tensor([[]])",
    "torch.tensor([[1,2],[3]])",
    "torch.tensor([[1,2],3])",
    "torch.tensor([1,[2]])",
    'torch.tensor("abc")',
    "torch.tensor(None)",
    "torch.tensor([None])",
    'torch.tensor(["a"])',
    "torch.tensor([1.5],dtype=torch.int64)",
    "torch.tensor(1.5,dtype=torch.int64)",
    "torch.tensor([2**63])",
    "torch.tensor(2**63)",
    "torch.tensor(2**64)",
    "torch.tensor([-2**63])",
    "torch.tensor([300],dtype=torch.uint8)",
    "torch.tensor([-1],dtype=torch.uint8)",
    "torch.tensor([2**40],dtype=torch.int32)",
    "torch.tensor([1e300],dtype=torch.float32)",
    "torch.tensor([1e300],dtype=torch.float16)",
    "torch.tensor([1j],dtype=torch.float32)",
    "torch.tensor([np.float32(1)])",
    "torch.tensor([np.float64(1)])",
    "torch.tensor(np.float64(1))",
    "torch.tensor(np.float32(1))",
    "torch.tensor([np.int32(1)])",
    "torch.tensor(np.int32(1))",
    "torch.tensor([np.bool_(True)])",
    "torch.tensor([np.zeros(2),np.zeros(2)])",
    "torch.tensor([np.zeros(2,np.float32)])",
    "torch.tensor([np.int8(1), 2.5])",
    "torch.tensor([torch.tensor(1),torch.tensor(2)])",
    "torch.tensor([torch.tensor(1),2.5])",
    "torch.tensor([torch.tensor([1,2]),torch.tensor([3,4])])",
    "torch.tensor([torch.tensor(1.,dtype=torch.float64)])",
    "torch.tensor([1,torch.tensor(2.5,dtype=torch.float64)])",
    "torch.tensor(torch.tensor([1.]))",
    "torch.tensor(range(3))",
    "torch.tensor((1,2))",
    "torch.tensor({1:2})",
    "torch.tensor({1,2})",
    "torch.tensor([{1}])",
    "torch.tensor([1],requires_grad=True)",
    "torch.tensor([1],dtype=float)",
    'torch.tensor([1],dtype="float32")',
    'torch.tensor(np.array(["a"]))',
    'torch.tensor(np.array([1],dtype=">i4"))',
    "torch.from_numpy([1])",
    'torch.from_numpy(np.array(["a"]))',
    "torch.from_numpy(np.float32(1))",
    "torch.as_tensor(np.float32(1))",
    "torch.as_tensor([1,2])",
    "torch.as_tensor(3)",
    "torch.as_tensor(np.arange(2), dtype=torch.float32)",
    "torch.asarray([1,2])",
    "torch.asarray(np.float64(1))",
    "torch.asarray(1.5)",
    "torch.zeros(2,3)",
    "torch.zeros((2,3))",
    "torch.zeros([2,3],dtype=torch.int32)",
    "torch.zeros(())",
    "torch.zeros()",
    "torch.zeros(2.5)",
    "torch.zeros(-1)",
    'torch.zeros("a")',
    "torch.zeros(size=(2,))",
    "torch.zeros(torch.tensor(2))",
    "torch.zeros(np.int64(2))",
    "torch.zeros(2, requires_grad=True)",
    "torch.zeros(2, dtype=torch.int64, requires_grad=True)",
    "torch.zeros(2, dtype=torch.int64).requires_grad_()",
    "torch.full((2,),1)",
    "torch.full((2,),1.5)",
    "torch.full((2,),True)",
    "torch.full((2,),1j)",
    "torch.full((2,),torch.tensor(3))",
    "torch.full((2,),1.5,dtype=torch.int64)",
    "torch.full(2,1)",
    "torch.full((2,),300,dtype=torch.uint8)",
    "torch.full_like(m,2)",
    "torch.full_like(torch.zeros(2,dtype=torch.int64),2.5)",
    "torch.eye(2)",
    "torch.eye(2,3,dtype=torch.int64)",
    "torch.eye(-1)",
    "torch.arange(5)",
    "torch.arange(5.)",
    "torch.arange(1,5)",
    "torch.arange(0,1,0.3)",
    "torch.arange(1,0,-0.25)",
    "torch.arange(5,0)",
    "torch.arange(0,5,0)",
    "torch.arange(0,5,-1)",
    "torch.arange(0,float('inf'))",
    "torch.arange(0,float('nan'))",
    "torch.arange(5,dtype=torch.float16)",
    "torch.arange(torch.tensor(3))",
    "torch.arange(torch.tensor(3.))",
    "torch.arange(0,5,2,dtype=torch.float32)",
    "torch.arange(end=5)",
    "torch.arange(start=1,end=5,step=2)",
    "torch.arange(True)",
    "torch.arange(5,dtype=torch.bool)",
    "torch.arange(1j)",
    "torch.arange(5,dtype=torch.complex64)",
    "torch.arange(np.int64(3))",
    "torch.arange(np.float32(3))",
    "torch.range(1,4)",
    "torch.linspace(0,1,5)",
    "torch.linspace(0,10,5,dtype=torch.int64)",
    "torch.linspace(0,1,0)",
    "torch.linspace(0,1,1)",
    "torch.linspace(0,1,-1)",
    "torch.linspace(0,1j,3)",
    "torch.linspace(torch.tensor(0),torch.tensor(1),3)",
    "torch.logspace(0,2,3)",
    "torch.logspace(0,2,3,base=2)",
    "torch.logspace(0,5,6,base=2,dtype=torch.int64)",
    "torch.empty(2).shape",
    "torch.zeros_like([1])",
    "torch.zeros_like(m,dtype=torch.int64)",
    "m.new_zeros(2)",
    "m.new_zeros((2,))",
    "m.new_ones(2,dtype=torch.int64)",
    "m.new_full((2,),3)",
    "m.new_tensor([1,2])",
    "m.new_tensor(5)",
    "m.new(2).shape",
    "m.new([1,2])",
    "m.new().shape",
    "torch.tril_indices(2,3)",
    "torch.triu_indices(3,3,1)",
    "torch.complex(torch.ones(2),torch.ones(2,dtype=torch.float64))",
    "torch.complex(torch.ones(2,dtype=torch.int64),torch.ones(2,dtype=torch.int64))",
    "torch.polar(torch.ones(2),torch.zeros(2))",
    "torch.scalar_tensor(3)",
    "torch.scalar_tensor(True)",
    'torch.frombuffer(bytearray(b"abcd"),dtype=torch.uint8)',
    'torch.frombuffer(bytearray(b"abcdefgh"),dtype=torch.float32,count=1,offset=4)',
    'torch.frombuffer(bytearray(b"abc"),dtype=torch.int16)',
    "torch.Tensor(2,3).shape",
    "torch.tensor([1.7,-1.7,float('nan'),float('inf')]).to(torch.int32)",
    "torch.tensor([300.7,-1.7]).to(torch.uint8)",
    "torch.from_dlpack(np.arange(3))",
    "torch.empty_strided((2,2),(1,2)).stride()",
    "torch.zeros(2,3,out=torch.ones(2,3))",
    "torch.zeros(2,foo=1)",
    "torch.tensor(5,6)",
    "torch.tensor(data=5)",
    "torch.arange(0,1,0.1)",
    "torch.arange(0,100,0.1)",
    "torch.arange(0.3,33.7,0.37)",
    "torch.arange(0.3,33.7,0.37,dtype=torch.float64)",
    "torch.arange(0.3,33.7,0.37,dtype=torch.float16)",
    "torch.arange(-5,5,0.7).long()",
    "torch.arange(1.7,9.9,1.3,dtype=torch.int64)",
    "torch.linspace(0,1,37)",
    "torch.linspace(-3,7,100)",
    "torch.linspace(-3.3,7.7,101)",
    "torch.linspace(-3.3,7.7,101,dtype=torch.float64)",
    "torch.linspace(-3.3,7.7,101,dtype=torch.float16)",
    "torch.linspace(0,255,17,dtype=torch.int32)",
    "torch.linspace(0,3.14159,1000)",
    "torch.linspace(-1,1,64)",
    "torch.logspace(-3,3,31)",
    "torch.logspace(-3,3,31,dtype=torch.float64)",
    "torch.logspace(0,1,10,base=3.3)",
    "torch.view_as_real(torch.tensor([1+2j]))",
    "torch.view_as_complex(torch.tensor([[1.,2.]]))",
    "torch.tensor([[1,2],[3,4]],dtype=torch.float16)",
    "torch.tensor([1,2],dtype=torch.bool)",
    "torch.tensor([True,2.5])",
    "torch.tensor([[[]]])",
    "torch.tensor([],dtype=torch.int64)",
    "torch.tensor(3.5).dtype",
    "torch.tensor(True)",
    "torch.tensor(1j)",
    "torch.tensor([float('nan'),float('inf')])",
    "torch.tensor(np.array(3.))",
    "torch.tensor(np.zeros((2,0)))",
    "torch.tensor(np.float16(2))",
    "torch.zeros(2,0)",
    "torch.full((2,),float('inf'))",
    "torch.full((),5)",
    "torch.full((2,),-1,dtype=torch.uint8)",
    "torch.full((2,),1e300)",
    "torch.ones(3,dtype=torch.bool)",
    "torch.empty_like(m).shape",
    "torch.eye(3,2)",
    "torch.zeros(2,3).new_zeros(1,dtype=torch.int32)",
    "torch.arange(3).tile((2,2))",
]

CONVERTED = [
    'm.to("cpu") is m',
    "m.to(torch.float32) is m",
    "m.to(torch.float32,copy=True) is m",
    "m.to(m.double()).dtype",
    "m.to()",
    'm.to(dtype=torch.int32,device="cpu").dtype',
    "m.type()",
    'm.type("torch.DoubleTensor").dtype',
    "m.long().dtype",
    "m.copy_(torch.ones(3))",
    "m.copy_(torch.ones(4))",
    "m.fill_(3)",
    "m.fill_(torch.ones(2))",
    "m.fill_(1j)",
    "m.long().fill_(2.7)",
    "m.zero_()",
    "m.resize_(2,2)",
    "m.contiguous() is m",
    "torch.cat([m,m.long()]).dtype",
    "torch.stack([m,m.double()]).dtype",
    "torch.cat([m,m.long()],1)",
    "m.double().view(torch.float32).shape",
    "m.to(torch.bool)",
    "m.half().dtype",
    "m.bfloat16()",
    "m.to(torch.complex64)",
    "m.data_ptr()==m.view(-1).data_ptr()",
    "m[1].data_ptr()-m.data_ptr()",
    "m.numpy().tolist()",
    "5. in m",
]


def evaluate(expression: str) -> Callable[[Any], Any]:
    """The program of an expression in ``torch``, ``x``, ``m`` and ``v``."""

    def program(torch: Any) -> Any:
        x, m, v = tensors(torch)
        return eval(expression, {"torch": torch, "np": np, "x": x, "m": m, "v": v})

    return program


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", CREATED)
def test_created(same: Callable[..., None], expression: str) -> None:
    same(evaluate(expression), message=True, rtol=0, atol=0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", CONVERTED)
def test_converted(same: Callable[..., None], expression: str) -> None:
    same(evaluate(expression), message=True, rtol=0, atol=0)


def test_golden_values_without_torch() -> None:
    assert jaxlearn.tensor([1, 2.5]).dtype is jaxlearn.float32
    assert jaxlearn.tensor([1, 2]).dtype is jaxlearn.int64
    assert jaxlearn.arange(0, 1, 0.3).shape == (4,)
    assert jaxlearn.linspace(0, 1, 3).tolist() == [0, 0.5, 1]
    with pytest.raises(ValueError, match=r"expected sequence of length 2 at dim 1 \(got 1\)"):
        jaxlearn.tensor([[1, 2], [3]])


def test_tensor_copies_and_from_numpy_shares() -> None:
    array = np.zeros(2, np.float32)
    copied, shared = jaxlearn.tensor(array), jaxlearn.from_numpy(array)
    array[0] = 1
    assert copied.tolist() == [0, 0]
    assert shared.tolist() == [1, 0]


def test_large_constants_move_no_host_memory() -> None:
    assert jaxlearn.zeros(1024, 1024)._current().array is None
    assert type(jaxlearn.zeros(8)._current().array) is np.ndarray


def test_data_ptr_is_equal_for_aliases_at_the_same_offset() -> None:
    x = jaxlearn.zeros(2, 3)
    assert x.data_ptr() == x.view(-1).data_ptr() == x.detach().data_ptr()
    assert x[1].data_ptr() - x.data_ptr() == 12
    assert x.data_ptr() != jaxlearn.zeros(2, 3).data_ptr()
