"""Phases, wiring and the places of upgraded fields."""

from __future__ import annotations

import pytest

from netlint import Model
from netlint.api import shapes
from tests.nets import model, models, node, report, told

DATA = """
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
        data_param { batch_size: 8 } transform_param { crop_size: 32 } }
"""
TEST_DATA = DATA.replace("TRAIN", "TEST").replace("batch_size: 8", "batch_size: 2")
RELU = 'layer { name: "relu" type: "ReLU" bottom: "data" top: "data" }\n'


def test_one_model_a_phase_with_the_layers_of_that_phase() -> None:
    found = models(DATA + TEST_DATA + RELU)
    assert [item.title for item in found] == ["unnamed (TRAIN)", "unnamed (TEST)"]
    assert [shapes(item)[item.nodes[0].outputs[1]] for item in found] == [(8,), (2,)]


def test_a_phase_without_data_is_not_built() -> None:
    assert [item.phase for item in models(DATA + RELU)] == ["TRAIN"]


def test_a_fragment_has_open_inputs_in_both_phases() -> None:
    found = models(RELU)
    assert [item.phase for item in found] == ["TRAIN", "TEST"]
    assert all(item.problems == [] for item in found)
    assert found[0].nodes[0].inputs[0].producer is None


@pytest.mark.parametrize(
    ("rules", "phases"),
    [
        ("include { phase: TRAIN }", ["TRAIN"]),
        ("exclude { phase: TRAIN }", ["TEST"]),
        ("include { phase: TRAIN } include { phase: TEST }", ["TRAIN", "TEST"]),
        ('include { stage: "deploy" }', []),
        ('include { not_stage: "deploy" }', ["TRAIN", "TEST"]),
        ("include { min_level: 1 }", []),
        ("include { max_level: 0 }", ["TRAIN", "TEST"]),
        ('exclude { phase: TEST not_stage: "x" }', ["TRAIN"]),
    ],
)
def test_phase_rules_follow_state_meets_rule(rules: str, phases: list[str]) -> None:
    text = DATA + TEST_DATA + f'layer {{ name: "r" type: "ReLU" bottom: "data" top: "r" {rules} }}'
    assert [item.phase for item in models(text) if any(entry.name == "r" for entry in item.nodes)] == phases


def test_a_blob_that_a_stage_would_bring_is_not_missed() -> None:
    text = (
        'layer { name: "one" type: "DummyData" top: "one" dummy_data_param { shape { dim: 1 } } }\n'
        'layer { name: "data" type: "Data" top: "data" include { phase: TEST stage: "on-train" } data_param { batch_size: 1 } }\n'
        'layer { name: "both" type: "Concat" bottom: "one" bottom: "data" top: "both" }'
    )
    assert [found[:3] for found in told(text, "unknown-bottom")] == [("unknown-bottom", 3, 59)]
    assert [found.model for found in report(text, select=("unknown-bottom",)).findings] == ["unnamed (TRAIN)"]


def test_the_nets_own_state_names_stages() -> None:
    text = (
        'state { stage: "a" }'
        + DATA
        + 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" include { stage: "a" } }'
    )
    assert [entry.name for entry in model(text).nodes] == ["data", "r"]


def test_in_place_writes_make_versions() -> None:
    found = model(DATA + RELU + RELU.replace('"relu"', '"relu2"'))
    values = [value for value in found.values if value.name == "data"]
    assert [value.version for value in values] == [0, 1, 2]
    assert values[1].replaces is values[0]
    assert [edge.node.name for edge in values[0].uses] == ["relu"]
    assert found.outputs[-1] is values[2]


def test_the_graph_is_networkx_and_frozen() -> None:
    import networkx

    found = model(DATA + RELU)
    assert isinstance(found.graph, networkx.MultiDiGraph)
    assert [(a.name, b.name, key[0].name, key[1]) for a, b, key in found.graph.edges(keys=True)] == [
        ("data", "relu", "data", 0)
    ]
    assert networkx.is_directed_acyclic_graph(found.graph)
    with pytest.raises(networkx.NetworkXError):
        found.graph.add_node("x")


def test_two_edges_between_two_nodes_stay_two() -> None:
    found = model(DATA + 'layer { name: "sum" type: "Eltwise" bottom: "data" bottom: "data" top: "sum" }')
    assert found.graph.number_of_edges() == 2


def test_every_span_of_a_node_comes_from_the_source() -> None:
    text = """layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param { lr_mult: 0 }
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "gaussian" std: 0.01 } }
}"""
    conv = node(model(text), "conv1")

    def said(span: object) -> str:
        return conv.span.source.text[span.start : span.end]  # type: ignore[attr-defined, union-attr]

    assert said(conv.span) == '"conv1"'
    assert said(conv.op_span) == '"Convolution"'
    assert said(conv.block) == text
    assert said(conv.attrs["kernel_shape"].span) == "3"
    assert conv.attrs["kernel_shape"].word == "kernel_size"
    weight = conv.param("weight")
    assert weight is not None
    assert weight.lr_mult is not None
    assert said(weight.lr_mult.span) == "0"
    assert (weight.initializer.kind, said(weight.initializer.span)) == ("normal", '"gaussian"')
    assert said(weight.initializer.fields["std"].span) == "0.01"
    assert (conv.span.line, conv.span.column, conv.span.end_line, conv.span.end_column) == (2, 9, 2, 16)  # type: ignore[union-attr]


def v1(body: str) -> Model:
    return model(
        f'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 layers {{ bottom: "data" {body} }}'
    )


def test_v1_fields_point_at_what_was_written() -> None:
    found = v1(
        'name: "c" top: "c" type: CONVOLUTION blobs_lr: 1 blobs_lr: 0 weight_decay: 1 param: "w" param: "b" '
        "convolution_param { num_output: 2 kernel_size: 3 }"
    )
    conv = node(found, "c")
    assert (conv.op, conv.dialect_op) == ("Conv", "Convolution")
    weight, bias = conv.params
    assert [param.shared.value for param in (weight, bias) if param.shared] == ["w", "b"]
    assert bias.lr_mult is not None
    assert bias.lr_mult.word == "blobs_lr"
    assert (weight.trainable, bias.trainable) == (True, False)
    assert shapes(found)[conv.outputs[0]] == (1, 2, 6, 6)


def test_v0_layers_become_todays_with_padding_folded_in() -> None:
    found = model("""
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers {
  layer { name: "conv1" type: "conv" num_output: 4 kernelsize: 5 biasterm: false blobs_lr: 0 }
  bottom: "pad1" top: "conv1"
}
layers { layer { name: "pool1" type: "pool" pool: AVE kernelsize: 2 stride: 2 } bottom: "conv1" top: "pool1" }
""")
    conv, pool = node(found, "conv1"), node(found, "pool1")
    assert [item.name for item in found.nodes] == ["input", "conv1", "pool1"]
    assert shapes(found)[conv.outputs[0]] == (1, 4, 8, 8)
    assert conv.params[0].lr_mult is not None
    assert conv.params[0].lr_mult.span.line == 5  # type: ignore[union-attr]
    assert (pool.op, shapes(found)[pool.outputs[0]]) == ("AveragePool", (1, 4, 4, 4))


def test_an_inline_net_of_a_solver_is_read_in_place() -> None:
    text = 'base_lr: 0.01\ntype: "Adam"\nnet_param {\n  layer { name: "relu" type: "ReLU" bottom: "x" top: "y" }\n}'
    found = models(text)
    assert [item.phase for item in found] == ["TRAIN", "TEST"]
    assert found[0].nodes[0].span.line == 4  # type: ignore[union-attr]
    assert found[0].training.learning_rate.value == 0.01  # type: ignore[union-attr]
    assert found[0].training.optimizer.value == "Adam"  # type: ignore[union-attr]


def test_a_solver_that_names_weights_fine_tunes() -> None:
    (found,) = models('net: "a.prototxt"\nbase_lr: 0.1\nweights: "vgg.caffemodel"')
    assert (found.nodes, found.training.weights) == ([], "pretrained")


@pytest.mark.parametrize(
    ("given", "data", "label"),
    [
        ("data=4,3,224,224", (4, 3, 224, 224), (4,)),
        ("data:4x3x224x224", (4, 3, 224, 224), (4,)),
        ("[4, 3, 224, 224]", (4, 3, 224, 224), (4,)),
        ("3,224,224", (8, 3, 224, 224), (8,)),
        ("label=5", (8, *shapes(model(DATA))[model(DATA).nodes[0].outputs[0]][1:]), (5,)),  # type: ignore[index]
    ],
)
def test_the_user_says_the_input_shape(given: str, data: tuple[int, ...], label: tuple[int, ...]) -> None:
    (found,) = models(DATA, input_shapes=[given])
    assert [shapes(found)[value] for value in found.nodes[0].outputs] == [data, label]


def test_an_unknown_layer_type_starts_no_cascade() -> None:
    text = DATA + (
        'layer { name: "p" type: "Bend" bottom: "data" top: "p" }\n'
        'layer { name: "c" type: "Convolution" bottom: "p" top: "c" convolution_param { num_output: 2 kernel_size: 99 } }'
    )
    assert [found[:3] for found in told(text, "shapes", "graph")] == [("unknown-layer-type", 4, 25)]
