"""PyTorch modules in memory: what is found, where it stands, and that nothing of the module changes."""

from __future__ import annotations

import inspect
import random
import runpy
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="modules in memory need PyTorch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import netlint  # noqa: E402
import netlint.torch  # noqa: E402
from netlint.engine.packs import built_in_folder  # noqa: E402
from netlint.testing import assert_clean, expected, live_blocks  # noqa: E402
from tests.loaders.torch import live_broken  # noqa: E402
from tests.loaders.torch.live_broken import BROKEN, Bytecode  # noqa: E402
from tests.loaders.torch.live_nets import GPT, SOUND, BasicBlock, ResNet, SENet, Tagger  # noqa: E402

PAGES = [page for page in built_in_folder().glob("*/*.md") if live_blocks(page.read_text(encoding="utf-8"))]


def told(report: netlint.Report) -> list[tuple[str, str, str]]:
    assert not report.failures
    return [(one.severity, one.rule, one.message) for one in report.findings]


def refused(*targets: object, **given: Any) -> str:
    report = netlint.lint(*targets, **given)
    assert not report.findings
    assert report.exit_code == 2
    return report.failures[0].reason


def in_class(owner: type, report: netlint.Report) -> list[tuple[int, str]]:
    """(line inside of the class, rule) of each finding."""
    first = inspect.getsourcelines(owner)[1]
    return [(one.line - first, one.rule) for one in report.findings]


def few(shape: Any) -> Any:
    """The same shape with a batch of 1."""
    return [few(one) for one in shape] if isinstance(shape, list) else (1, *shape[1:])


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.head(functional.relu(self.body(x)))


@pytest.mark.parametrize("name", SOUND)
def test_sound_architectures_are_clean(name: str) -> None:
    make, shape, criterion = SOUND[name]
    module = make()
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    assert_clean(module, input_shape=shape, loss=criterion, optimizer=optimizer)
    assert_clean(module, input_shape=shape)
    assert_clean(module.eval(), input_shape=shape)


@pytest.mark.parametrize("name", [name for name in SOUND if name != "gat"])
def test_a_batch_of_one_stands_for_any(name: str) -> None:
    make, shape, criterion = SOUND[name]
    assert_clean(make(), input_shape=few(shape), loss=criterion)


@pytest.mark.parametrize("name", BROKEN)
def test_mistakes_are_found_where_the_layer_is_built(name: str) -> None:
    make, shape, criterion = BROKEN[name]
    report = netlint.lint(make(), input_shape=shape, loss=criterion)
    lines, first = inspect.getsourcelines(make)  # type: ignore[arg-type]
    wanted = {(line + first - 1, severity, rule) for line, severity, rule in expected("".join(lines))}
    assert wanted
    assert not report.failures
    assert {(one.line, one.severity, one.rule) for one in report.findings} == wanted
    assert {one.path for one in report.findings} == {"tests/loaders/torch/live_broken.py"}


def test_a_finding_names_the_layer_its_constructor_and_its_call() -> None:
    report = netlint.lint(live_broken.WrongFeatures(), input_shape=(4, 3, 16, 16))
    (finding,) = report.findings
    assert finding.message == (
        "the weight of Linear `classifier.0` is made for 784 features, but its input 4x1024 brings 1024"
    )
    assert (finding.column, finding.node) == (13, "classifier.0")
    related = [(one.message, one.span.line - finding.line if one.span else None) for one in finding.related]
    assert related == [("flatten `flatten` gives 4x1024", 6), ("called here", 6)]


class Inherits(BasicBlock):
    def __init__(self) -> None:
        super().__init__(16, 16)
        self.conv2 = nn.Conv2d(32, 16, 3, padding=1, bias=False)


def test_a_constructor_is_found_beside_an_inherited_forward() -> None:
    report = netlint.lint(Inherits(), input_shape=(2, 16, 8, 8))
    assert [(one.rule, one.path) for one in report.findings] == [
        ("channel-mismatch", "tests/loaders/torch/test_live.py")
    ]
    assert in_class(Inherits, report) == [(3, "channel-mismatch")]


def test_the_module_stays_as_it_was() -> None:
    class Keeps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bn = nn.BatchNorm1d(4)
            self.drop = nn.Dropout(0.5)
            self.seen: list[int] = []
            self.last: Any = None
            self.calls = 0
            self.register_buffer("average", torch.zeros(4))

        def forward(self, x: Any) -> Any:
            self.calls += 1
            self.last = x
            self.average = 0.9 * self.average + 0.1 * x.mean(0)
            return self.drop(self.bn(x)) + torch.rand_like(x)

    module = Keeps()
    module.drop.eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    parameters = {name: id(tensor) for name, tensor in (*module.named_parameters(), *module.named_buffers())}
    state, drawn = torch.get_rng_state().clone(), random.getstate()
    example = torch.full((2, 4), 3.0)
    assert told(netlint.lint(module, example_inputs=(example,))) == []
    assert told(netlint.lint(module, input_shape=(2, 4))) == []
    assert {name: id(tensor) for name, tensor in (*module.named_parameters(), *module.named_buffers())} == parameters
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert (module.calls, module.last, module.seen, module.training, module.drop.training) == (0, None, [], True, False)
    assert torch.equal(torch.get_rng_state(), state)
    assert random.getstate() == drawn
    assert all(tensor.grad is None for tensor in module.parameters())
    assert torch.equal(example, torch.full((2, 4), 3.0))


def test_inputs_by_shape_by_example_and_by_name() -> None:
    module = Tagger()
    words = torch.zeros(2, 5, dtype=torch.int64)
    for given in ({"example_inputs": (words,)}, {"example_inputs": {"words": words}}, {"example_inputs": words}):
        assert_clean(module, **given)  # type: ignore[arg-type]
    assert_clean(module, input_shapes=["2,5"])
    (model,) = netlint.load(module, input_shape=(2, 5))
    assert [(node.name, node.outputs[0].dtype) for node in model.by_op["Input"]] == [("args_0", "int64")]
    bags = nn.Sequential(nn.EmbeddingBag(10, 4), nn.Linear(4, 2))
    assert_clean(bags, input_shape=(3, 2))

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bags, self.dense = nn.EmbeddingBag(10, 4), nn.Linear(3, 4)

        def forward(self, words: Any, numbers: Any) -> Any:
            return self.bags(words) + self.dense(numbers)

    assert_clean(Both(), input_shape=[(2, 5), (2, 3)])
    assert_clean(Both(), example_inputs=(words, torch.zeros(2, 3)))
    assert "give `input_shape=(1, 3, 224, 224)`" in refused(module)
    assert refused(module, input_shape=[(2, 5), (2, 5)]) == (
        "the inputs do not fit the module's `forward`: too many positional arguments"
    )
    with pytest.raises(ValueError, match="is not a shape"):
        netlint.lint(module, input_shape=(2, -5))


def test_torch_is_not_imported_for_others() -> None:
    program = (
        "import sys, netlint, netlint.torch, netlint.testing\n"
        "netlint.lint('layer { name: \"a\" type: \"ReLU\" }\\n', filename='a.prototxt')\n"
        "try: netlint.lint(3)\n"
        "except TypeError: pass\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_module_that_is_never_called() -> None:
    assert told(netlint.lint(live_broken.NeverCalled(), input_shape=(4, 16))) == [
        (
            "info",
            "unused-parameter",
            "nothing calls the module `two`: its stored tensor (640 bytes) takes no part in what the program computes",
        )
    ]


def test_several_modules_in_one_call() -> None:
    report = netlint.lint(Small(), nn.Sequential(nn.Linear(4, 4)), nn.Linear(5, 4), input_shape=(2, 4))
    assert report.files == ["<Small>", "<Sequential>", "<Linear>"]
    assert [(one.rule, one.model) for one in report.findings] == [("dense-input-mismatch", "Linear (TRAIN)")]


def test_places_are_recorded_where_no_class_builds() -> None:
    def build() -> nn.Module:
        hidden = nn.Linear(4, 8)
        return nn.Sequential(
            hidden,
            nn.ReLU(),
            *(nn.Linear(width, 3) for width in (9,)),
        )

    with netlint.torch.record():
        module = build()
    optimizer = torch.optim.SGD(hidden_of(module), lr=0.1)
    report = netlint.lint(module, input_shape=(2, 4), optimizer=optimizer)
    first = inspect.getsourcelines(test_places_are_recorded_where_no_class_builds)[1]
    assert [(one.line - first, one.column, one.rule, Path(one.path).name) for one in report.findings] == [
        (2, 18, "optimizer-missing-params", "test_live.py"),
        (6, 15, "dense-input-mismatch", "test_live.py"),
    ]
    assert nn.Module.__init__.__module__ == "torch.nn.modules.module"
    assert not hasattr(nn.Module.__init__, "__wrapped__")


def hidden_of(module: nn.Module) -> list[nn.Parameter]:
    return list(module[2].parameters())


def test_graphs_and_exported_programs() -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(1))
    graph = torch.fx.symbolic_trace(module)
    program = torch.export.export(module, (torch.ones(2, 4),))
    for target, given in ((graph, {"input_shape": (2, 4)}), (program, {})):
        report = netlint.lint(target, loss=nn.CrossEntropyLoss(), **given)  # type: ignore[arg-type]
        assert [(one.severity, one.rule) for one in report.findings] == [("error", "double-softmax")]


class LowRank(nn.Module):
    def __init__(self, base: nn.Linear, rank: int = 2) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Linear(base.in_features, rank, bias=False)
        self.up = nn.Linear(rank, base.out_features, bias=False)
        base.requires_grad_(False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Any) -> Any:
        return self.base(x) + self.up(self.down(x))


def test_wrapped_shared_and_parametrised_modules() -> None:
    from torch.nn.utils import parametrizations, spectral_norm

    low = nn.Sequential(LowRank(nn.Linear(4, 8)), nn.ReLU(), LowRank(nn.Linear(8, 3)))
    learning = [one for one in low.parameters() if one.requires_grad]
    assert_clean(low, input_shape=(2, 4), loss=nn.CrossEntropyLoss(), optimizer=torch.optim.AdamW(learning))
    twice = nn.Linear(4, 4)
    shared = nn.Sequential(twice, nn.ReLU(), twice, nn.ReLU(), nn.Linear(4, 2))
    assert_clean(shared, input_shape=(2, 4), loss=nn.CrossEntropyLoss())
    normed = nn.Sequential(
        parametrizations.weight_norm(nn.Linear(4, 5)), nn.ReLU(), parametrizations.orthogonal(nn.Linear(5, 5))
    )
    assert told(netlint.lint(normed, input_shape=(2, 4))) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hooked = nn.Sequential(spectral_norm(nn.Linear(4, 5)))
        assert told(netlint.lint(hooked, input_shape=(2, 4))) == []
    with torch.device("meta"):
        bodiless = nn.Sequential(nn.Linear(4, 5))
    assert told(netlint.lint(bodiless, input_shape=(2, 4))) == []
    assert told(netlint.lint(nn.Sequential(nn.Linear(4, 5)).half(), input_shape=(2, 4))) == []


def test_outputs_in_any_holder() -> None:
    class Result:
        def __init__(self, scores: Any) -> None:
            self.scores = scores

    class Holder(Small):
        def forward(self, x: Any, scale: float = 1.0) -> Any:
            return Result({"scores": super().forward(x).softmax(1), "scale": scale})

    report = netlint.lint(Holder(), input_shape=(2, 4), loss=nn.CrossEntropyLoss())
    assert [one.rule for one in report.findings] == ["double-softmax"]


def test_what_cannot_be_followed_says_why() -> None:
    class Branches(nn.Module):
        def forward(self, x: Any) -> Any:
            return x if x.sum() > 0 else -x

    class Compiled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = torch.jit.script(nn.Linear(4, 4)), nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return self.second(self.first(x))

    class Lists(nn.Module):
        def forward(self, x: Any) -> Any:
            return x[x.argmax(1).tolist()]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 5)), {nn.Linear})
        script = torch.jit.script(nn.Sequential(nn.Linear(4, 5)))
        lazy = nn.Sequential(nn.ReLU(), nn.LazyLinear(4))
        compiled = Compiled()
    cases = (
        (Branches(), "data-dependent"),
        (Lists(), "data-dependent"),
        (
            packed,
            "it holds quantised layers (`0`), whose packed weights cannot be followed: lint the module before it is "
            "quantised",
        ),
        (
            script,
            "a compiled module (TorchScript) cannot be followed: give netlint the module it was made from",
        ),
        (
            compiled,
            "it holds compiled parts (TorchScript: `first`), which cannot be followed: give netlint the module with the "
            "parts that they were made from",
        ),
        (
            lazy,
            "it holds lazy layers (`1`) that get their sizes from the first call: call the module once, then lint it",
        ),
        (nn.ModuleList([nn.Linear(4, 5)]), 'missing the required "forward"'),
    )
    for module, reason in cases:
        assert reason in refused(module, input_shape=(2, 4))


@pytest.mark.parametrize("how", ["assert", "item", "float", "numpy"])
def test_what_only_the_compiler_follows(how: str) -> None:
    module = Bytecode(how)
    before, held = torch.get_rng_state(), {name: id(tensor) for name, tensor in module.named_parameters()}
    report = netlint.lint(module, input_shape=(2, 4))
    assert not report.failures
    assert [one[:2] for one in told(report)] == [("warning", "padding-exceeds-kernel")]
    assert in_class(Bytecode, report) == [(7, "padding-exceeds-kernel")]
    (model,) = netlint.load(module, input_shape=(2, 4))
    assert {"body.0", "body.1", "stem", "head"} <= {node.name for node in model.nodes}
    # Nothing has happened to the module.
    assert (module.calls, module.seen) == (0, [])
    assert {name: id(tensor) for name, tensor in module.named_parameters()} == held
    assert bool((torch.get_rng_state() == before).all())


def test_transformers_that_look_into_their_masks() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)

        def forward(self, x: Any) -> Any:
            return self.layers(x, mask=nn.Transformer.generate_square_subsequent_mask(x.shape[1]))

    from torch.nn.modules import transformer

    detect = transformer._detect_is_causal_mask
    report = netlint.lint(Masked(), input_shape=(2, 5, 8))
    assert (report.findings, report.failures) == ([], [])
    assert transformer._detect_is_causal_mask is detect


class Several(nn.Module):
    """Scores, boxes and features."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.scores, self.boxes = nn.Linear(4, 3), nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        x = self.body(x)
        boxes, scores = torch.sigmoid(self.boxes(x)), self.scores(x).softmax(1)
        if self.how == "dict":
            return {"boxes": boxes, "scores": scores, "all": [x, x + 1]}
        return boxes, scores, x


@pytest.mark.parametrize(
    ("how", "loss", "rules"),
    [
        ("dict", {"scores": nn.CrossEntropyLoss()}, {"double-softmax"}),
        (
            "dict",
            {"scores": nn.CrossEntropyLoss(), "boxes": nn.BCEWithLogitsLoss()},
            {"double-sigmoid", "double-softmax"},
        ),
        ("dict", {"boxes": nn.BCELoss()}, set()),
        ("tuple", [nn.BCELoss(), nn.CrossEntropyLoss()], {"double-softmax"}),
        ("tuple", [None, nn.CrossEntropyLoss()], {"double-softmax"}),
        ("tuple", (nn.BCEWithLogitsLoss(),), {"double-sigmoid"}),
        ("tuple", {1: nn.CrossEntropyLoss()}, {"double-softmax"}),
        ("dict", [nn.BCELoss(), nn.CrossEntropyLoss()], {"double-softmax"}),
        ("dict", nn.BCELoss(), set()),
    ],
)
def test_a_criterion_for_each_output(how: str, loss: Any, rules: set[str]) -> None:
    report = netlint.lint(Several(how), input_shape=(2, 4), loss=loss)
    assert not report.failures
    assert {one.rule for one in report.findings} == rules


def test_a_criterion_without_an_output() -> None:
    def reason(loss: Any) -> str:
        return refused(Several("dict"), input_shape=(2, 4), loss=loss)

    assert reason({"score": nn.CrossEntropyLoss()}) == (
        "`loss` has a criterion for `score`, but the module gives `boxes`, `scores`, `all`"
    )
    assert reason({"all": nn.L1Loss()}) == (
        "`loss` has a criterion for `all`, but the module gives `boxes`, `scores`, `all`, of which `all` holds several "
        "tensors"
    )
    assert reason([nn.L1Loss()] * 5) == "`loss` has 5 criteria, and the module gives 4 tensors"


def test_a_forward_that_raises_is_a_finding_at_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    class Raises(nn.Module):
        def forward(self, x: Any) -> Any:
            if x.shape[1] != 3:
                raise KeyError("colour")
            return x

    report = netlint.lint(Raises(), input_shape=(2, 4))
    assert told(report) == [("error", "forward-fails", "the forward pass fails: KeyError: 'colour'")]
    assert in_class(Raises, report) == [(3, "forward-fails")]
    netlint.lint(live_broken.WrongFeatures(), input_shape=(4, 3, 16, 16))
    # torch would log a traceback of its own.
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("tail", "criterion", "rule"),
    [
        ([nn.Softmax(1)], nn.CrossEntropyLoss(), "double-softmax"),
        ([nn.Softmax(1)], functional.cross_entropy, "double-softmax"),
        ([nn.Sigmoid()], nn.BCEWithLogitsLoss(), "double-sigmoid"),
        ([nn.Sigmoid()], functional.binary_cross_entropy_with_logits, "double-sigmoid"),
        ([], nn.BCELoss(), "logits-to-probability-loss"),
        ([], functional.binary_cross_entropy, "logits-to-probability-loss"),
        ([nn.Softmax(1)], nn.MSELoss(), "softmax-into-regression-loss"),
        ([], lambda scores, target: (scores - target).sum(), ""),
        ([nn.Softmax(1)], nn.L1Loss(reduction="sum"), "softmax-into-regression-loss"),
        ([], nn.SmoothL1Loss(), ""),
        ([], nn.HuberLoss(), ""),
        ([nn.LogSoftmax(1)], nn.NLLLoss(), ""),
        ([nn.LogSoftmax(1)], nn.KLDivLoss(reduction="batchmean"), ""),
    ],
)
def test_criteria(tail: Sequence[nn.Module], criterion: Any, rule: str) -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), *tail)
    report = netlint.lint(module, input_shape=(2, 4), loss=criterion)
    assert [one.rule for one in report.findings if one.severity != "info"] == ([rule] if rule else [])


def test_scores_of_three_axes_may_be_flattened_by_the_training_loop() -> None:
    given: dict[str, Any] = {"input_shape": (4, 16), "loss": nn.CrossEntropyLoss(), "num_classes": 100}
    assert_clean(GPT(), **given)


def test_the_optimiser_becomes_the_training() -> None:
    module = Small()
    groups = [
        {"params": [module.body.weight, module.head.weight], "weight_decay": 1e-4},
        {"params": [module.body.bias, module.head.bias], "weight_decay": 0.0, "lr": 0.02},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9)
    (model,) = netlint.load(module, input_shape=(2, 4), loss=nn.CrossEntropyLoss(), optimizer=optimizer)
    training = model.training
    attrs = (training.optimizer, training.learning_rate, training.momentum, training.weight_decay)
    assert [attr and attr.value for attr in attrs] == ["SGD", 0.02, 0.9, 1e-4]
    params = {param.shared.value: param for node in model.nodes for param in node.params if param.shared}
    weight, bias = params["body.weight"], params["body.bias"]
    assert weight.lr_mult is not None
    assert weight.lr_mult.value == 0.5
    assert (weight.decay_mult, bias.lr_mult) == (None, None)
    assert bias.decay_mult is not None
    assert bias.decay_mult.value == 0
    given: dict[str, Any] = {"input_shape": (2, 4), "loss": nn.CrossEntropyLoss(), "select": ["decay-on-norm-bias"]}
    assert told(netlint.lint(module, optimizer=optimizer, **given)) == []
    plain = torch.optim.SGD(module.parameters(), lr=0.01, weight_decay=1e-4)
    assert told(netlint.lint(module, optimizer=plain, **given)) == [
        (
            "info",
            "decay-on-norm-bias",
            "the weight_decay of 0.0001 also shrinks the biases and normalisation factors of 2 layers: they do not "
            "overfit, and pulling them to 0 only costs accuracy",
        )
    ]


def test_numbers_of_the_optimiser() -> None:
    module = Small()
    wild = torch.optim.SGD(module.parameters(), lr=0.1, momentum=1.5, weight_decay=0.5)
    report = netlint.lint(module, input_shape=(2, 4), loss=nn.CrossEntropyLoss(), optimizer=wild)
    assert [(one.severity, one.rule) for one in report.findings] == [
        ("error", "momentum-range"),
        ("warning", "weight-decay-huge"),
    ]
    # Decoupled decay is scaled by the learning rate.
    assert_clean(
        module,
        input_shape=(2, 4),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.AdamW(module.parameters(), lr=3e-4, weight_decay=0.1),
    )


def test_parameters_that_no_optimiser_has() -> None:
    module = Small()
    body = torch.optim.Adam(module.body.parameters())
    report = netlint.lint(module, input_shape=(2, 4), optimizer=body)
    assert told(report) == [
        (
            "warning",
            "optimizer-missing-params",
            "Adam leaves out `head.weight`, `head.bias`, 2 of 4 trainable parameters: they stay as initialised",
        )
    ]
    assert in_class(Small, report) == [(4, "optimizer-missing-params")]
    head = torch.optim.SGD(module.head.parameters(), lr=0.1)
    assert told(netlint.lint(module, input_shape=(2, 4), optimizer=[body, head])) == []
    other = torch.optim.SGD(Small().parameters(), lr=0.1)
    assert told(netlint.lint(module, input_shape=(2, 4), optimizer=other)) == [
        (
            "warning",
            "optimizer-missing-params",
            "SGD has none of the module's 4 trainable parameters: the module never learns",
        )
    ]
    module.body.requires_grad_(False)
    assert told(netlint.lint(module, input_shape=(2, 4), optimizer=head)) == []
    whole = torch.optim.SGD(module.parameters(), lr=0.1)
    report = netlint.lint(module, input_shape=(2, 4), optimizer=whole)
    assert told(report) == [
        (
            "info",
            "optimizer-missing-params",
            "SGD has `body.weight`, `body.bias`, whose `requires_grad` is False: they get no gradient and no update",
        )
    ]
    assert in_class(Small, report) == [(3, "optimizer-missing-params")]


def test_assert_clean_tells_what_is_wrong() -> None:
    module = live_broken.BiasBeforeNorm()
    assert_clean(module, input_shape=(4, 3, 16, 16))
    with pytest.raises(AssertionError, match=r"live_broken\.py:19:9: info\[bias-before-batchnorm\]"):
        assert_clean(module, input_shape=(4, 3, 16, 16), fail_level="info")
    with pytest.raises(AssertionError, match=r"cannot lint <BiasBeforeNorm>: netlint must know what a module gets"):
        assert_clean(module)
    assert_clean(ResNet(), SENet(), options=netlint.Options(input_shape=(2, 3, 32, 32)))


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_with_live_examples(page: Path, tmp_path: Path) -> None:
    for block in live_blocks(page.read_text(encoding="utf-8")):
        program = tmp_path / "example.py"
        program.write_text(block.text, encoding="utf-8")
        report = runpy.run_path(str(program))["report"]
        assert not report.failures
        assert {(one.line, one.severity, one.rule) for one in report.findings} == expected(block.text)
        assert {one.path for one in report.findings} <= {str(program)}
