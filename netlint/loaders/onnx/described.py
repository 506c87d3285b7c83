"""What is known of an operator in one model: its specification, its traits, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from netlint.loaders.onnx.schema import OpSchema, operator_schema
from netlint.loaders.onnx.types import NAMED_BY
from netlint.ops import Operator, operator

#: A node with more inputs than this is no operator of any model, but an attack on memory.
MOST_INPUTS: Final = 65_536

#: The number of outputs, and the type of each input; None for one that is left out.
Like: TypeAlias = tuple[int | str | None, ...]

#: Operators that hold graphs.
WITH_BODIES: Final = ("If", "Loop", "Scan", "SequenceMap")


#: Operators whose window follows from their weight where no attribute gives it.
CONVOLUTIONS: Final = ("Conv", "ConvTranspose")

#: Operators whose axis depends on the opset where no attribute gives it.
SOFTMAX: Final = ("Softmax", "LogSoftmax", "Hardmax")


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of an operator in this model, looked up once."""

    op: str
    dialect_op: str
    schema: OpSchema | None
    operator: Operator
    opset: int
    #: The fewest and the most inputs, and the most outputs, where the specification says it (else -1).
    fewest: int = 0
    most: int = -1
    most_outputs: int = -1
    #: Nodes without attributes get some, or lack some.
    implies_attributes: bool = False
    #: The type, or type variable, of each output; empty for outputs of any types.
    output_types: tuple[str, ...] = ()
    #: An attribute names the outputs' type, or holds a tensor of it.
    typed_by_attribute: bool = False
    #: The outputs' types of nodes that were found right: most nodes are like one before.
    sound: dict[Like, tuple[str, ...]] = field(default_factory=dict)

    def fits(self, inputs: Sequence[str], outputs: Sequence[str]) -> bool:
        """Whether the numbers of inputs and outputs are surely right; `checks.arity` says what is wrong."""
        return self.fewest <= len(inputs) <= self.most and len(outputs) <= self.most_outputs and "" not in inputs


def described(domain: str, op_type: str, opset: int) -> Described:
    """Look an operator up; `opset` is 0 for a domain that the model does not import."""
    op = f"{domain}::{op_type}" if domain else op_type
    dialect_op = op_type if domain in ("", "ai.onnx.ml") else op
    schema = operator_schema(domain, op_type, opset) if opset else None
    implies = op in (*CONVOLUTIONS, *SOFTMAX, "Constant")
    if schema is None:
        return Described(op, dialect_op, None, operator(op), opset, implies_attributes=implies)
    required = any(attribute.required for attribute in schema.attributes.values())
    most, most_outputs = schema.most(schema.inputs), schema.most(schema.outputs)
    return Described(
        op, dialect_op, schema, operator(op), opset, schema.required_inputs,
        MOST_INPUTS if most is None else most,
        MOST_INPUTS if most_outputs is None else most_outputs,
        required or implies,
        tuple("" if formal.count == "~" else formal.type for formal in schema.outputs),
        op in NAMED_BY or op == "ConstantOfShape",
    )  # fmt: skip
