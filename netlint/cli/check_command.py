"""The form of `netlint check`: its help in sections, and an option whose value may be left out."""

from __future__ import annotations

from typing import Final

import click

from netlint.cli.adoption import with_reason

#: The sections of the help, and the options in each by the names of their values.
SECTIONS: Final = {
    "Rules": ("select", "extend_select", "ignore", "severity", "rule_packs"),
    "What the files do not say": (
        *("input_shapes", "label_shape", "num_classes", "dataset_size", "phase", "weights", "weights_file", "network"),
        *("caffe_fork", "profile", "onnx_inference"),
    ),
    "Configuration": ("config", "no_config"),
    "Fixes": ("fix", "fix_only", "diff", "unsafe_fixes", "show_fixes"),
    "Known findings": ("baseline", "write_baseline", "add_suppressions"),
    "Output": ("output_format", "output", "statistics", "fail_level", "fail_on_skipped"),
    "Files and runs": ("jobs", "no_cache", "watch", "show_files", "stdin_filename"),
}


class CheckCommand(click.Command):
    """A command with many options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_reason(args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        named = [name for names in SECTIONS.values() for name in names]
        others = tuple(option.name for option in options if option.name not in named)
        for title, names in {**SECTIONS, "Other": others}.items():
            here = sorted((option for option in options if option.name in names), key=lambda one: names.index(one.name))
            with formatter.section(title):
                formatter.write_dl([record for option in here if (record := option.get_help_record(ctx)) is not None])
