"""Shapes of channels-last nodes: computed as channels-first, shown as the source has them."""

from netlint.engine.store import FactStore
from netlint.facts import Geometry, Shapes
from netlint.model import Attr, Edge, Initializer, Model, Node, Param, Shape, Source, Value, channels_first, spell


def _model(*nodes: Node) -> tuple[Model, FactStore]:
    model = Model("net", "keras", Source("net.keras", binary=True), nodes=list(nodes))
    return model, FactStore(model)


def _node(op: str, value: Value | None, *, last: bool = False, shape: Shape = (), **attrs: object) -> Node:
    node = Node(op.lower(), op, op, "keras", {name: Attr(name, item) for name, item in attrs.items()})  # type: ignore[arg-type]
    node.channels_last = last
    node.outputs.append(Value(f"{op}:0", node, shape=shape))
    if value is not None:
        edge = Edge(value, node, 0)
        node.inputs.append(edge)
        value.uses.append(edge)
    return node


def _network() -> tuple[Model, Shapes, Geometry]:
    source = _node("Input", None, shape=(8, 20, 10, 3))
    weight = Param("weight", Initializer("xavier_uniform"))
    conv = _node("Conv", source.outputs[0], last=True, out_channels=16, kernel_shape=(3, 5))
    conv.params = (weight,)
    relu = _node("Relu", conv.outputs[0])
    norm = _node("BatchNormalization", relu.outputs[0], axis=-1)
    norm.params = (Param("scale", Initializer("constant")),)
    model, store = _model(source, conv, relu, norm)
    view = store.view("test", (Shapes, Geometry))
    return model, view[Shapes], view[Geometry]


def test_a_convolution_keeps_the_channels_last() -> None:
    model, shapes, _ = _network()
    conv = model.nodes[1]
    assert shapes.output(conv) == (8, 18, 6, 16)
    assert shapes.param(conv, conv.params[0]) == (16, 3, 3, 5)


def test_elementwise_layers_behind_it_stay_images() -> None:
    model, shapes, geometry = _network()
    relu = model.nodes[2].outputs[0]
    assert shapes.image(relu) == (8, 16, 18, 6)
    assert geometry.sizes(relu) == (18, 6)
    assert geometry.sizes(model.nodes[0].outputs[0]) == (20, 10)


def test_a_normaliser_takes_its_channels_from_its_axis() -> None:
    model, shapes, _ = _network()
    norm = model.nodes[3]
    assert shapes.param(norm, norm.params[0]) == (16,)
    assert shapes.arriving(norm) == (8, 16, 18, 6)


def test_messages_show_the_order_of_the_source() -> None:
    source = _node("Input", None, shape=(8, 20, 2, 3))
    conv = _node("Conv", source.outputs[0], last=True, out_channels=16, kernel_shape=(3, 3))
    conv.params = (Param("weight", Initializer("xavier_uniform")),)
    _, store = _model(source, conv)
    problem = store.view("test", (Shapes,))[Shapes].problems("kernel-exceeds-input")[0]
    assert "its input 8x20x2x3 has only 2 along that axis" in problem.message
    assert problem.related[0][1] == "Input `input` gives 8x20x2x3"


def test_a_turned_shape_is_spelled_as_it_was() -> None:
    turned = channels_first((1, 4, 5, 3))
    assert turned == (1, 3, 4, 5)
    assert spell(turned) == "1x4x5x3"
    assert isinstance(turned, tuple)
    assert spell(turned[:2]) == "1x3"


def test_same_padding_follows_from_the_size() -> None:
    """TensorFlow puts the odd pixel behind: 10 pixels, kernel 3, stride 2 give 5 positions with one pixel after."""
    source = _node("Input", None, shape=(8, 10, 9, 3))
    conv = _node(
        "Conv", source.outputs[0], last=True, out_channels=4, kernel_shape=(3, 3), strides=(2, 2), auto_pad="SAME_UPPER"
    )
    _, store = _model(source, conv)
    view = store.view("test", (Shapes, Geometry))
    assert view[Shapes].output(conv) == (8, 5, 5, 4)
    windows = view[Geometry].windows(conv)
    assert [(window.before, window.after) for window in windows] == [(0, 1), (1, 1)]
