"""Names and shapes in weights files, written here byte by byte; hostile files; what is said of a net beside one."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from netlint.api import Options, lint
from netlint.cli import run
from netlint.loaders import File, UnreadableWeights, read_weights
from netlint.model import Pretrained, StoredTensor


def varint(value: int) -> bytes:
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def chunk(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def blob(*dims: int, packed: bool = True) -> bytes:
    """A BlobProto with its data, as `Blob::ToProto` writes it."""
    count = 1
    for dim in dims:
        count *= dim
    shape = chunk(1, b"".join(map(varint, dims))) if packed else b"".join(number(1, dim) for dim in dims)
    return chunk(7, shape) + chunk(5, bytes(4 * count))


def old_blob(*dims: int) -> bytes:
    return b"".join(number(index, dim) for index, dim in enumerate(dims, start=1)) + chunk(5, bytes(8))


def layer(name: str, *blobs: bytes, kind: str = "InnerProduct") -> bytes:
    fields = chunk(1, name.encode()) + chunk(2, kind.encode()) + chunk(3, b"data") + number(10, 1)
    return chunk(100, fields + b"".join(chunk(7, item) for item in blobs))


def v1_layer(name: str, *blobs: bytes) -> bytes:
    fields = chunk(4, name.encode()) + number(5, 14) + b"".join(chunk(6, item) for item in blobs)
    return chunk(2, fields + varint(7 << 3 | 5) + bytes(4))


def v0_layer(name: str, *blobs: bytes) -> bytes:
    inner = chunk(1, name.encode()) + chunk(2, b"innerproduct") + b"".join(chunk(50, item) for item in blobs)
    return chunk(2, chunk(1, inner) + chunk(2, b"data"))


def read(content: bytes, path: str = "w.caffemodel") -> Pretrained:
    return read_weights(File(path, content))


def refusal(content: bytes, path: str = "w.caffemodel") -> str:
    with pytest.raises(UnreadableWeights) as error:
        read(content, path)
    return str(error.value)


NET = chunk(1, b"LeNet") + layer("ip1", blob(500, 800), blob(500)) + layer("relu", kind="ReLU")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (NET, {"ip1": (StoredTensor((500, 800)), StoredTensor((500,))), "relu": ()}),
        (layer("a", blob(2, 3, packed=False)), {"a": (StoredTensor((2, 3)),)}),
        (layer("a", chunk(7, b"")), {"a": (StoredTensor(()),)}),
        (v1_layer("a", old_blob(1, 1, 10, 500)), {"a": (StoredTensor((1, 1, 10, 500), padded=True),)}),
        (v0_layer("a", old_blob(1, 1, 10, 500)), {"a": (StoredTensor((1, 1, 10, 500), padded=True),)}),
        # Unknown fields of a fork, the first of two layers of one name, and a layer without a name.
        (number(77, 5) + layer("a", blob(2)) + layer("a", blob(3)) + layer(""), {"a": (StoredTensor((2,)),)}),
    ],
)
def test_layers_and_shapes(content: bytes, expected: object) -> None:
    assert read(content).layers == expected


def test_old_shapes_have_leading_ones_that_mean_nothing() -> None:
    old = StoredTensor((1, 1, 10, 500), padded=True)
    assert old.fits((10, 500))
    assert old.fits((1, 10, 500))
    assert not old.fits((10, 50))
    assert not StoredTensor((1, 1, 10, 500)).fits((10, 500))
    assert not old.fits((1, 1, 1, 10, 500))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5 file"),
        (bytes(100), "a field has the number 0"),
        (b"", "the file is empty"),
        (chunk(1, b"only a name"), "the file holds no layers"),
        (NET[:300], "the file is cut off or damaged"),
        (chunk(100, chunk(7, varint(7 << 3 | 2) + varint(10**9))), "but 0 are left"),
        (varint(100 << 3 | 2) + b"\xff" * 9 + b"\x01", "but 0 are left"),
        (b"\xff" * 30, "more than 64 bits"),
        (varint(100 << 3 | 3), "wire type 3"),
        (varint(9 << 3 | 1) + b"abc", "a number is cut off"),
        (layer("x" * 5000), "a layer's name has 5000 bytes"),
        (layer("a", blob(*(1,) * 33)), "more than 32 axes"),
        (layer("a", chunk(7, number(1, 2**63))), "negative or huge"),
        (layer("a", old_blob(1, 1, 2**64 - 1, 5)), "negative or huge"),
        (b'layer { name: "conv1" type: "Convolution" }\n', "the file is no .caffemodel"),
        (b"PK\x03\x04" + bytes(64), "the file is no .caffemodel"),
    ],
)
def test_what_is_no_weights_file_is_refused_with_a_reason(content: bytes, expected: str) -> None:
    assert expected in refusal(content)


def test_a_solver_state_is_named_as_such() -> None:
    assert "solver's state" in refusal(NET, "snap_iter_1000.solverstate")


def test_every_cut_of_a_file_is_refused_or_read() -> None:
    content = layer("a", blob(2, 3), blob(2)) + v1_layer("b", old_blob(1, 1, 2, 3))
    for length in range(1, len(content)):
        try:
            read(content[:length])
        except UnreadableWeights:
            continue


@pytest.mark.parametrize("field", [number(3, 1), chunk(9, b""), chunk(100, b"")], ids=["varints", "chunks", "layers"])
def test_endless_fields_end(field: bytes) -> None:
    started = time.process_time()
    assert "more than 500000 fields" in refusal(field * 600_000)
    assert time.process_time() - started < 10


def test_deep_nesting_is_skipped_not_followed() -> None:
    inner = b""
    for _ in range(20_000):
        inner = chunk(1, inner)
        if len(inner) > 60_000:
            break
    assert read(chunk(100, chunk(99, inner) + chunk(1, b"a"))).layers == {"a": ()}


def test_a_gigabyte_is_neither_read_nor_held(tmp_path: Path) -> None:
    """Sparse files: the data of a blob is stepped over, and zeros are no fields."""
    size = 2**30
    data = varint(5 << 3 | 2) + varint(size)
    shape = chunk(7, chunk(1, varint(2**14) + varint(2**14)))
    inner = chunk(1, b"huge") + varint(7 << 3 | 2) + varint(len(shape + data) + size) + shape + data
    path = tmp_path / "huge.caffemodel"
    with path.open("wb") as stream:
        stream.write(varint(100 << 3 | 2) + varint(len(inner) + size) + inner)
        stream.truncate(stream.tell() + size)
    zeros = tmp_path / "zeros.caffemodel"
    with zeros.open("wb") as stream:
        stream.truncate(size)
    tracemalloc.start()
    started = time.process_time()
    assert read_weights(File(str(path))).layers == {"huge": (StoredTensor((2**14, 2**14)),)}
    with pytest.raises(UnreadableWeights):
        read_weights(File(str(zeros)))
    assert time.process_time() - started < 1
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


DEPLOY = """
input: "data" input_shape { dim: 1 dim: 800 }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
        inner_product_param { num_output: 500 } }
layer { name: "relu" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
        inner_product_param { num_output: 10 } }
"""


def told(net: str, content: bytes) -> list[tuple[str, int, int, str, str]]:
    options = Options(
        select=("weights-name-mismatch", "leftover-name"), weights_file=read(content, "nets/w.caffemodel")
    )
    return [
        (found.rule, found.line, found.column, found.message, found.fix.title if found.fix else "")
        for found in lint(net, filename="net.prototxt", options=options).findings
    ]


IP1 = layer("ip1", blob(500, 800), blob(500))


def test_a_net_that_fits_its_weights_is_not_mentioned() -> None:
    assert told(DEPLOY, IP1 + layer("ip2", blob(10, 500), blob(10)) + layer("other", blob(1))) == []
    old = v1_layer("ip1", old_blob(1, 1, 500, 800), old_blob(1, 1, 1, 500))
    assert told(DEPLOY, old + v1_layer("ip2", old_blob(1, 1, 10, 500), old_blob(1, 1, 1, 10))) == []


def test_another_shape_under_the_same_name() -> None:
    assert told(DEPLOY, layer("ip1", blob(500, 784), blob(500)) + layer("ip2", blob(10, 500), blob(10))) == [
        (
            "weights-name-mismatch",
            3,
            15,
            "InnerProduct `ip1` needs a weight of 500x800, but the layer of that name in w.caffemodel has 500x784: "
            'Caffe stops with "shape mismatch"',
            "define the layer as the weights have it, or rename it to train it anew",
        )
    ]


def test_another_number_of_tensors_under_the_same_name() -> None:
    assert told(DEPLOY, layer("ip1", blob(500, 800)) + layer("ip2", blob(10, 500), blob(10))) == [
        (
            "weights-name-mismatch",
            3,
            15,
            "InnerProduct `ip1` needs 2 tensors, but the layer of that name in w.caffemodel has 1 tensor: Caffe stops "
            'with "Incompatible number of blobs"',
            "define the layer as the weights have it, or rename it to train it anew",
        )
    ]


def test_a_new_head_under_the_old_name() -> None:
    assert told(DEPLOY, IP1 + layer("ip2", blob(1000, 500), blob(1000))) == [
        (
            "leftover-name",
            6,
            15,
            "InnerProduct `ip2` is a new head of 10x500, but still bears the name of the old one, which is 1000x500 in "
            'w.caffemodel: Caffe stops with "shape mismatch"',
            'rename it, for instance to "ip2_new": it then starts from its filler',
        )
    ]


def test_a_layer_that_is_not_in_the_file_starts_at_zero_unless_it_has_a_filler() -> None:
    content = IP1 + layer("ip_2", blob(10, 500), blob(10))
    assert told(DEPLOY, content) == [
        (
            "weights-name-mismatch",
            6,
            15,
            "InnerProduct `ip2` is not in w.caffemodel and has no weight_filler: its weights start at exactly 0",
            "name it `ip_2`, as a layer of these shapes is called there, or give it a weight_filler",
        )
    ]
    filled = DEPLOY.replace("num_output: 10 ", 'num_output: 10 weight_filler { type: "xavier" } ')
    assert told(filled, content) == []


def test_the_wrong_file_is_told_once() -> None:
    assert told(DEPLOY, layer("conv1", blob(96, 3, 11, 11))) == [
        (
            "weights-name-mismatch",
            3,
            15,
            "w.caffemodel holds none of the network's 2 layers with weights, InnerProduct `ip1` being the first: "
            "training would not start from it",
            "name the layers as they are named there, or give the weights that belong to this network",
        )
    ]


def test_only_the_first_of_two_namesakes_receives_weights() -> None:
    twice = DEPLOY.replace('name: "ip2"', 'name: "ip1"')
    assert told(twice, IP1) == []


def test_a_net_of_unknown_shapes_is_given_the_benefit_of_the_doubt() -> None:
    fragment = DEPLOY.replace('input: "data" input_shape { dim: 1 dim: 800 }', "")
    assert told(fragment, layer("ip1", blob(500, 77), blob(500)) + layer("ip2", blob(10, 500), blob(10))) == []


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, weights = tmp_path / "net.prototxt", tmp_path / "w.caffemodel"
    net.write_text(DEPLOY, encoding="utf-8")
    weights.write_bytes(IP1 + layer("ip2", blob(1000, 500), blob(1000)))
    common = ["--output-format", "concise", "--select", "leftover-name", str(net)]
    assert run(["--weights", str(weights), *common]) == 1
    assert "leftover-name" in capsys.readouterr().out
    weights.write_bytes(NET[:300])
    assert run(["--weights", str(weights), *common]) == 2
    assert "w.caffemodel: a field at byte" in capsys.readouterr().err
    assert run(["--weights", str(tmp_path / "none"), *common]) == 2
    assert run(["--weights", str(weights), "--from-scratch", *common]) == 2
    assert "does not start from scratch" in capsys.readouterr().err


def test_a_weights_file_means_that_training_is_pretrained() -> None:
    text = "".join(
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}"\n'
        f"  param {{ lr_mult: 0 }} param {{ lr_mult: 0 }} inner_product_param {{ num_output: 10 }} }}\n"
        for name, bottom in (("ip1", "data"), ("ip2", "ip1"))
    )
    text += 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }\n'
    weights = Pretrained("w.caffemodel", {"ip1": (), "ip2": ()})
    options = Options(select=("missing-weight-filler", "frozen-zero-layer"), weights_file=weights)
    assert lint(text, filename="net.prototxt", options=options).findings == []


def test_a_solver_brings_the_weights_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "old.caffemodel").write_bytes(layer("fc8", blob(1000, 12), blob(1000)))
    net = (
        'layer { name: "data" type: "DummyData" top: "data" top: "label"\n'
        "  dummy_data_param { shape { dim: 2 dim: 12 } shape { dim: 2 } } }\n"
        'layer { name: "fc8" type: "InnerProduct" bottom: "data" top: "fc8"\n'
        '  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc8" bottom: "label" }\n'
    )
    (tmp_path / "net.prototxt").write_text(net, encoding="utf-8")
    solver = tmp_path / "solver.prototxt"
    solver.write_text(
        'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nweights: "old.caffemodel"\n', encoding="utf-8"
    )
    report = lint(solver, select=("leftover-name",))
    assert [(found.rule, Path(found.path).name, found.line, found.column) for found in report.findings] == [
        ("leftover-name", "net.prototxt", 3, 15)
    ]
