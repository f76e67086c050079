"""Tiny ONNX networks written by hand, to stand in for a site's own models: real files, really run.

Only what the tests need of the format (onnx.proto3): a message is fields of (number, wire type), lengths are varints.
"""

from collections.abc import Mapping, Sequence


def pooled(kernel: int, classes: int | None = None) -> bytes:
    """A network that averages each `kernel` x `kernel` block of its input (1, 3, h, w) and flattens the result.

    With `classes` the flattened vector's softmax is its output.
    """
    attributes = {"kernel_shape": [kernel, kernel], "strides": [kernel, kernel]}
    nodes = [_node("AveragePool", ["x"], ["pooled"], attributes), _node("Flatten", ["pooled"], ["flat"], {})]
    last = "flat"
    if classes is not None:
        nodes.append(_node("Softmax", ["flat"], ["shares"], {}))
        last = "shares"
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"graph")
    graph += _field(11, _value("x")) + _field(12, _value(last))
    opset = _field(1, b"") + _number(2, 13)
    return _number(1, 8) + _field(7, graph) + _field(8, opset)


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Mapping[str, Sequence[int]]) -> bytes:
    body = b"".join(_field(1, name.encode()) for name in inputs) + b"".join(_field(2, n.encode()) for n in outputs)
    body += _field(4, kind.encode())
    for name, values in attributes.items():
        attribute = _field(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)  # INTS
        body += _field(5, attribute)
    return body


def _value(name: str) -> bytes:
    tensor = _number(1, 1)  # FLOAT, of any shape
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)
