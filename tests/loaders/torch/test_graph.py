"""What the graph becomes: nodes, attributes with their defaults, parameters, in-place writes."""

from __future__ import annotations

from typing import Any

from netlint import load
from netlint.api import shapes
from netlint.model import Model, Node
from tests.loaders.torch.programs import FIXTURES, archived, built, call, program, tensor


def model_of(*nodes: Any, outputs: list[str], parameters: dict[str, str] | None = None, **tensors: Any) -> Model:
    (model,) = load(archived(program(nodes, tensors, outputs, parameters)), filename="net.pt2")
    assert model.problems == []
    return model


def values(node: Node) -> dict[str, Any]:
    return {name: attr.value for name, attr in node.attrs.items()}


def test_left_out_arguments_have_their_defaults() -> None:
    node = call("conv2d.default", "y", input="%x", weight="%w")
    model = model_of(
        node, outputs=["y"], parameters={"w": "conv.weight"},
        x=tensor(1, 3, 8, 8), w=tensor(4, 3, 3, 3, grad=True), y=tensor(1, 4, 6, 6),
    )  # fmt: skip
    conv = model.nodes[-1]
    assert (conv.op, conv.name, conv.dialect_op) == ("Conv", "conv", "conv2d")
    assert values(conv) == {
        "kernel_shape": (3, 3), "strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1), "group": 1,
    }  # fmt: skip
    assert conv.attrs["pads"].word == "padding"
    assert [(param.role, param.shape, param.trainable) for param in conv.params] == [("weight", (4, 3, 3, 3), True)]


def test_a_frozen_parameter_does_not_train() -> None:
    node = call("linear.default", "y", input="%x", weight="%w")
    model = model_of(
        node, outputs=["y"], parameters={"w": "fc.weight"}, x=tensor(5, 7, 3), w=tensor(4, 3), y=tensor(5, 7, 4)
    )
    (weight,) = model.nodes[-1].params
    assert (weight.learnable, weight.trainable) == (True, False)
    assert values(model.nodes[-1]) == {"out_features": 4, "axis": -1}
    assert shapes(model)[model.nodes[-1].outputs[0]] == (5, 7, 4)


def test_an_in_place_write_is_a_new_version() -> None:
    model = model_of(
        call("relu.default", "a", self="%x"),
        call("sigmoid_.default", "b", self="%a"),
        call("neg.default", "c", self="%a"),
        outputs=["c"], x=tensor(2), a=tensor(2), b=tensor(2), c=tensor(2),
    )  # fmt: skip
    relu, sigmoid, neg = model.nodes[1:]
    assert values(sigmoid) == {"inplace": True}
    assert [before.name for before in neg.predecessors] == [sigmoid.name]
    assert list(relu.successors) == [sigmoid]


def test_a_write_through_a_view_is_seen_in_what_is_viewed() -> None:
    model = model_of(
        call("zeros.default", "z", size=[2, 3]),
        call("select.int", "row", self="%z", dim=0, index=1),
        call("copy_.default", "put", self="%row", src="%x"),
        call("log1p.default", "y", self="%z"),
        outputs=["y"], x=tensor(3), z=tensor(2, 3), row=tensor(3), put=tensor(3), y=tensor(2, 3),
    )  # fmt: skip
    written = model.nodes[-2]
    assert written.op == "aten::written"
    assert [before.op for before in written.predecessors] == ["aten::filled", "aten::copy"]
    assert list(model.nodes[-1].predecessors) == [written]


def test_a_tensor_that_nobody_reads_again_needs_no_version() -> None:
    (model,) = built(FIXTURES / "resnet.pt2")
    assert "aten::written" not in model.by_op


def test_what_leaves_no_grad_is_detached_and_its_layers_are_frozen() -> None:
    (model,) = built(FIXTURES / "writes.pt2")
    fixed, learned = model.by_op["Gemm"]
    assert [param.trainable for param in (*fixed.params, *learned.params)] == [False, False, True, True]
    (border,) = model.by_op["aten::detach"]
    assert (border.dialect_op, border.inputs[0].producer) == ("no_grad", model.by_op["Relu"][0])


def test_training_shows_in_the_phase_and_the_batch_counter_is_left_out() -> None:
    (model,) = built(FIXTURES / "resnet.pt2")
    assert model.phase == "TRAIN"
    assert not [node for node in model.nodes if "num_batches" in node.name]
    assert not [value for value in model.stored if "num_batches" in value.name]
    norm = model.by_op["BatchNormalization"][0]
    assert (norm.name, norm.dialect_op) == ("stem.1", "BatchNorm2d")
    assert [(param.role, param.learnable) for param in norm.params] == [
        ("scale", True), ("bias", True), ("mean", False), ("variance", False),
    ]  # fmt: skip
    assert norm.get("momentum", 0) == 0.9


def test_nodes_are_called_as_the_user_calls_them() -> None:
    (model,) = built(FIXTURES / "gpt.pt2")
    labels = [node.label for node in model.nodes if node.op in ("Gemm", "LayerNormalization", "Softmax", "Gelu")]
    assert labels[:7] == [
        "LayerNorm `blocks.0.norm1`", "Linear `blocks.0.qkv`", "softmax `softmax`", "Linear `blocks.0.project`",
        "LayerNorm `blocks.0.norm2`", "Linear `blocks.0.up`", "gelu `gelu`",
    ]  # fmt: skip


def test_a_weight_of_two_names_is_one() -> None:
    (model,) = built(FIXTURES / "gpt.pt2")
    assert [value.name for value in model.stored if not value.uses] == []
    (table,) = model.by_op["Embedding"][0].params
    assert table.shared is not None
    assert table.shared.value == "head.weight"
    assert model.by_op["Gemm"][-1].params[0].shared == table.shared


def test_the_users_shape_takes_the_files_place() -> None:
    (model,) = load(str(FIXTURES / "resnet.pt2"), input_shapes=["7,3,64,64"])
    found = shapes(model)
    assert found[model.nodes[0].outputs[0]] == (7, 3, 64, 64)
    assert found[model.nodes[-1].outputs[0]] == (7, 10)


def test_what_is_not_known_keeps_its_own_name_and_the_files_shape() -> None:
    node = call("fft_rfft2.default", "y", self="%x")
    model = model_of(node, outputs=["y"], x=tensor(2, 8, 8), y=tensor(2, 8, 5, dtype=10))
    assert (model.nodes[-1].op, model.nodes[-1].outputs[0].dtype) == ("aten::fft_rfft2", "complex64")
    assert shapes(model)[model.nodes[-1].outputs[0]] == (2, 8, 5)


def test_a_shape_that_the_operators_do_not_give_is_a_finding() -> None:
    from netlint import lint

    node = call("relu.default", "y", self="%x")
    data = archived(program([node], {"x": tensor(2, 3), "y": tensor(2, 4)}, ["y"]))
    (finding,) = lint(data, filename="net.pt2").findings
    assert (finding.rule, finding.node) == ("declared-shape-contradicted", "y")
    assert finding.message.startswith("`y` is declared as 2x4, but relu `y` makes 2x3")


def test_a_write_that_became_a_function_keeps_what_it_writes() -> None:
    node = call("slice_scatter.default", "y", self="%x", src="%part", dim=1, start=1)
    model = model_of(node, outputs=["y"], x=tensor(2, 3), part=tensor(2, 2), y=tensor(2, 3))
    assert [edge.value.name for edge in model.nodes[-1].inputs] == ["x", "part"]
    assert shapes(model)[model.nodes[-1].outputs[0]] == (2, 3)
