"""The network is tested on data that was scaled or centred unlike the data it learned from."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True)
def preprocessing_train_test_mismatch(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
