"""The command `netlint`.

`--version` and `explain` are answered here, before anything heavier than the interpreter itself is imported: editors
and hooks ask for them all the time.
"""

import gc
import os
import sys

from netlint.version import __version__


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print(f"netlint {__version__} (neural-network linter)")
        return
    if len(arguments) == 2 and arguments[0] == "explain":
        page = _page(arguments[1])
        if page:
            try:
                print(page, end="", flush=True)
                return
            except OSError as error:
                from netlint.cli import output_lost

                sys.exit(output_lost(error))
    # What is imported stays to the end: collecting it over and over is waste.
    gc.disable()
    from netlint.cli import run

    gc.freeze()
    gc.enable()
    sys.exit(run(arguments))


def _page(rule: str) -> str:
    """The page of a built-in rule, or nothing when there is no such rule."""
    package = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(package, "rules"), os.path.join(os.path.dirname(package), "rules")):
        families = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for family in families:
            path = os.path.join(folder, family, rule.replace("-", "_") + ".md")
            if rule.replace("-", "").isalnum() and os.path.isfile(path):
                with open(path, encoding="utf-8") as page:
                    return page.read()
    return ""


if __name__ == "__main__":
    main()
