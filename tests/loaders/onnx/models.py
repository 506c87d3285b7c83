"""Small ONNX models for tests, made of netlint's own messages: no test here needs the `onnx` package."""

from __future__ import annotations

import struct
from typing import Any

from netlint.loaders.onnx import proto

FLOAT, INT64 = 1, 7


def node(op: str, inputs: list[str], outputs: list[str], name: str = "", domain: str = "", **attributes: Any) -> Any:
    message = proto.NodeProto(op_type=op, input=inputs, output=outputs, name=name, domain=domain)
    for key, value in attributes.items():
        attribute = message.attribute.add(name=key)
        if isinstance(value, int):
            attribute.type, attribute.i = 2, value
        elif isinstance(value, float):
            attribute.type, attribute.f = 1, value
        elif isinstance(value, str):
            attribute.type, attribute.s = 3, value.encode()
        elif isinstance(value, list):
            attribute.type = 7
            attribute.ints.extend(value)
        else:
            attribute.type = 5
            attribute.g.CopyFrom(value)
    return message


def tensor(name: str, dims: list[int], data: bytes | None = None, dtype: int = FLOAT) -> Any:
    count = 1
    for dim in dims:
        count *= dim
    raw = bytes(count * (4 if dtype == FLOAT else 8)) if data is None else data
    return proto.TensorProto(name=name, dims=dims, data_type=dtype, raw_data=raw)


def value(name: str, dims: list[int | str], dtype: int = FLOAT) -> Any:
    message = proto.ValueInfoProto(name=name)
    message.type.tensor_type.elem_type = dtype
    for dim in dims:
        if isinstance(dim, int):
            message.type.tensor_type.shape.dim.add(dim_value=dim)
        else:
            message.type.tensor_type.shape.dim.add(dim_param=dim)
    return message


def graph(nodes: list[Any], inputs: list[Any], outputs: list[Any], tensors: list[Any] | None = None) -> Any:
    return proto.GraphProto(name="g", node=nodes, input=inputs, output=outputs, initializer=tensors or [])


def model(main: Any, opset: int = 17, functions: list[Any] | None = None, **opsets: int) -> Any:
    message = proto.ModelProto(ir_version=8, graph=main, functions=functions or [])
    message.opset_import.add(domain="", version=opset)
    for domain, version in opsets.items():
        message.opset_import.add(domain=domain, version=version)
    return message


def weights(count: int) -> bytes:
    """Small numbers of both signs, the same every time."""
    return struct.pack(f"<{count}f", *((index * 37 % 101 - 50) / 500 for index in range(count)))


def small() -> Any:
    """Conv, Relu, Flatten, Gemm, Softmax: a network without fault."""
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], "conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"], "relu"),
        node("GlobalAveragePool", ["r"], ["p"], "pool"),
        node("Flatten", ["p"], ["f"], "flatten"),
        node("Gemm", ["f", "v", "u"], ["s"], "head", transB=1),
        node("Softmax", ["s"], ["y"], "prob"),
    ]
    tensors = [
        tensor("w", [16, 3, 3, 3], weights(432)),
        tensor("b", [16]),
        tensor("v", [10, 16], weights(160)),
        tensor("u", [10]),
    ]
    return model(graph(nodes, [value("x", ["N", 3, 32, 32])], [value("y", ["N", 10])], tensors))
