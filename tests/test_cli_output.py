"""Several outputs at once, counts, and standard input, as people use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netlint.output.formats import NAMES
from tests.test_cli import BROKEN, CLEAN, ROOT, imported, netlint

SELECT = ("--select", "double-softmax")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clean.prototxt").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "broken.prototxt").write_text(BROKEN, encoding="utf-8")
    return tmp_path


def piped(*arguments: str, content: bytes, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "netlint", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=content,
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_files_take_formats_beside_what_is_printed(folder: Path) -> None:
    alone = netlint("broken.prototxt", *SELECT, cwd=folder).stdout
    found = netlint("broken.prototxt", *SELECT, "--output", "json:a.json", "--output", "concise:b.txt", cwd=folder)
    assert (found.returncode, found.stdout, found.stderr) == (1, alone, "")
    assert json.loads((folder / "a.json").read_text(encoding="utf-8"))["summary"]["error"] == 1
    assert (folder / "b.txt").read_text(encoding="utf-8").startswith("broken.prototxt:2:54: error[double-softmax] ")
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "b.txt", "broken.prototxt", "clean.prototxt"]


def test_a_dash_is_standard_output(folder: Path) -> None:
    dash = netlint("broken.prototxt", "--output", "gitlab:-", cwd=folder)
    assert dash.stdout == netlint("broken.prototxt", "--output-format", "gitlab", cwd=folder).stdout
    assert not (folder / "-").exists()


def test_a_written_file_has_no_colours(folder: Path) -> None:
    netlint("broken.prototxt", *SELECT, "--output", "full:a.txt", cwd=folder, FORCE_COLOR="1")
    assert (folder / "a.txt").read_text(encoding="utf-8") == netlint("broken.prototxt", *SELECT, cwd=folder).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--output", "sarf:a"), "`sarf:a`: `sarf` is no format: did you mean `sarif`?"),
        (
            ("--output", "a.sarif"),
            "`a.sarif` is not of the form FORMAT:PATH, such as sarif:report.sarif",
        ),
        (("--output", "xml:a"), "`xml` is no format: formats are full, concise, grouped, json, json-lines, sarif,"),
        (("--output", "sarif"), "`sarif` names no file: write sarif:PATH, or sarif:- for standard output"),
        (("--output", "sarif:no/such/a.sarif"), "cannot write `no/such/a.sarif`: there is no folder `no/such`"),
        (("--output", "sarif:."), "cannot write `.`: it is a folder"),
        (("--output", "json:-", "--output", "junit:-"), "standard output can take one format: `json` or `junit`?"),
        (("--output", "json:-", "--output-format", "full"), "standard output can take one format: `json` or `full`?"),
        (("--output", "json:a", "--output", "junit:./a"), "`./a` can take one format: `json` or `junit`?"),
        (
            ("--statistics", "--output-format", "junit"),
            "--statistics can be printed as full, concise, grouped, json, not",
        ),
        (("--stdin-filename", "a.prototxt"), "--stdin-filename is for standard input: give the path `-`"),
        (("--output-format", "xml"), "'xml' is not one of"),
    ],
)
def test_wrong_usage_is_told_before_any_work(arguments: tuple[str, ...], says: str, folder: Path) -> None:
    found = netlint("broken.prototxt", *arguments, cwd=folder)
    assert (found.returncode, found.stdout) == (2, "")
    assert says in " ".join(found.stderr.split())
    assert sorted(path.name for path in folder.iterdir()) == ["broken.prototxt", "clean.prototxt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_what_cannot_be_written_is_2_and_the_rest_is_written(folder: Path) -> None:
    found = netlint(
        "clean.prototxt",
        "--output",
        "json:/dev/full",
        "--output",
        "json:a.json",
        "--output-format",
        "concise",
        cwd=folder,
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "netlint: /dev/full: cannot be written: No space left on device\n"
    assert (folder / "a.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    "arguments",
    ["broken.prototxt", "broken.prototxt --output-format json", "show broken.prototxt", "explain double-softmax"],
)
def test_standard_output_on_a_full_disk_is_2(arguments: str, folder: Path) -> None:
    found = _shell(f"{arguments} > /dev/full", folder)
    assert found.returncode == 2
    assert found.stderr == "netlint: standard output cannot be written: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="the syntax is that of a POSIX shell")
@pytest.mark.parametrize("arguments", ["broken.prototxt", "broken.prototxt --statistics", "broken.prototxt --fix"])
def test_findings_are_1_also_where_standard_output_is_closed(arguments: str, folder: Path) -> None:
    found = _shell(f"{arguments} >&-", folder)
    assert (found.returncode, found.stderr) == (1, "")


def _shell(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m netlint {words}'],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(os.name != "posix", reason="the limit on file sizes is POSIX's")
def test_a_file_is_written_whole_or_not_at_all(folder: Path) -> None:
    (folder / "a.sarif").write_text("old", encoding="utf-8")
    before = sorted(path.name for path in folder.iterdir())
    command = (
        f'ulimit -f 1; "{sys.executable}" -m netlint broken.prototxt --output sarif:a.sarif --output sarif:b.sarif'
    )
    found = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 2
    assert found.stderr.splitlines() == [
        f"netlint: {name}: cannot be written: File too large" for name in ("a.sarif", "b.sarif")
    ]
    assert "error[double-softmax]" in found.stdout
    assert (folder / "a.sarif").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.skipif(os.name != "posix", reason="links and permissions as POSIX has them")
def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(folder: Path) -> None:
    real = folder / "real.json"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o640)
    (folder / "link.json").symlink_to(real)
    netlint("clean.prototxt", "--output", "json:link.json", cwd=folder)
    assert (folder / "link.json").is_symlink()
    assert json.loads(real.read_text(encoding="utf-8"))["version"] == 1
    assert real.stat().st_mode & 0o777 == 0o640


def test_statistics_count_by_rule(folder: Path) -> None:
    (folder / "twice.prototxt").write_text(BROKEN + BROKEN.splitlines()[1].replace("loss", "other"), encoding="utf-8")
    (folder / "bend.prototxt").write_text('layer { name: "b" type: "Bend" bottom: "x" top: "y" }\n', encoding="utf-8")
    select = ("--select", "double-softmax,unknown-layer-type")
    found = netlint(".", *select, "--statistics", cwd=folder)
    assert found.returncode == 1
    assert found.stdout.splitlines() == [
        "3  error    double-softmax      in 2 files",
        "1  info     unknown-layer-type  in 1 file",
        "3 errors, 1 info in 4 files",
        "3 fixable with --fix --unsafe-fixes",
    ]
    as_json = netlint(".", *select, "--statistics", "--output-format", "json", cwd=folder)
    assert json.loads(as_json.stdout) == [
        {"rule": "double-softmax", "severity": "error", "count": 3, "files": 2},
        {"rule": "unknown-layer-type", "severity": "info", "count": 1, "files": 1},
    ]
    assert netlint("clean.prototxt", "--statistics", cwd=folder).stdout == "no findings in 1 file\n"


def test_files_take_findings_beside_statistics(folder: Path) -> None:
    netlint("broken.prototxt", *SELECT, "--statistics", "--output", "concise:a.txt", cwd=folder)
    assert (folder / "a.txt").read_text(encoding="utf-8").startswith("broken.prototxt:2:54: ")


def test_standard_input_has_the_name_that_it_is_given(folder: Path) -> None:
    found = piped(
        "-", "--stdin-filename", "sub/net.prototxt", *SELECT, "--output-format", "concise",
        content=BROKEN.encode(), cwd=folder,
    )  # fmt: skip
    assert found.returncode == 1
    assert found.stdout.startswith(b"sub/net.prototxt:2:54: error[double-softmax] ")


def test_standard_input_is_recognised_without_a_name(folder: Path) -> None:
    found = piped("-", *SELECT, "--output-format", "concise", content=BROKEN.encode(), cwd=folder)
    assert found.stdout.startswith(b"<stdin>:2:54: error[double-softmax] ")


def test_standard_input_obeys_the_configuration_of_its_name(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / ".netlint.yaml").write_text("ignore: [double-softmax]\n", encoding="utf-8")
    arguments = ("-", "--output-format", "json-lines", "--stdin-filename")
    inside = piped(*arguments, "sub/net.prototxt", content=BROKEN.encode(), cwd=folder)
    outside = piped(*arguments, "net.prototxt", content=BROKEN.encode(), cwd=folder)
    assert b"double-softmax" not in inside.stdout
    assert b"double-softmax" in outside.stdout


def test_standard_input_stands_beside_files(folder: Path) -> None:
    found = piped(
        "-", "broken.prototxt", "-", *SELECT, "--output-format", "concise", content=BROKEN.encode(), cwd=folder
    )
    assert [line.split(b":")[0] for line in found.stdout.splitlines()] == [b"<stdin>", b"broken.prototxt"]


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"layer {" * 50])
def test_standard_input_that_is_no_model_is_a_finding(content: bytes, folder: Path) -> None:
    found = piped("-", "--stdin-filename", "a.prototxt", content=content, cwd=folder)
    assert found.returncode == 1
    assert found.stdout.startswith(b"a.prototxt:1:")
    assert b"Traceback" not in found.stderr


@pytest.mark.skipif(os.name != "posix", reason="closing a stream before the start is the shell's way on POSIX")
def test_closed_standard_input_is_told(folder: Path) -> None:
    found = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m netlint - <&-'],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 2
    assert "standard input is closed" in found.stderr


def test_a_terminal_that_lacks_characters_gets_escapes(folder: Path) -> None:
    (folder / "net.prototxt").write_text(BROKEN.replace('"loss"', '"l\N{GREEK SMALL LETTER OMEGA}"'), encoding="utf-8")
    found = netlint("net.prototxt", *SELECT, "--output-format", "concise", cwd=folder, PYTHONIOENCODING="latin-1")
    assert found.stdout.startswith("net.prototxt:2:52: error[double-softmax] SoftmaxWithLoss `l\\u03c9` applies")
    machine = netlint("net.prototxt", *SELECT, "--output-format", "json-lines", cwd=folder, PYTHONIOENCODING="latin-1")
    assert json.loads(machine.stdout)["node"] == "lω"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes file names that are no text")
@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_that_is_no_text(name: str, folder: Path) -> None:
    path = os.fsencode(folder) + b"/a\xff.prototxt"
    with open(path, "w", encoding="utf-8") as file:
        file.write(BROKEN)
    found = piped(os.fsdecode(b"a\xff.prototxt"), "--output-format", name, content=b"", cwd=folder)
    assert (found.returncode, found.stderr) == (1, b"")
    text = found.stdout.decode("utf-8")
    written = {"sarif": "a%FF.prototxt", "junit": "a\ufffd.prototxt", "checkstyle": "a\ufffd.prototxt"}
    assert written.get(name, "a\\udcff.prototxt") in text


def test_control_characters_never_reach_the_terminal(folder: Path) -> None:
    (folder / "net.prototxt").write_text(BROKEN.replace('"loss"', '"\x1b[2Jl"'), encoding="utf-8")
    for arguments in (("net.prototxt",), ("show", "net.prototxt")):
        text = netlint(*arguments, cwd=folder).stdout
        assert "\\x1b[2Jl" in text
        assert "\x1b" not in text


def test_a_format_is_imported_when_it_is_asked_for(folder: Path) -> None:
    modules = imported("broken.prototxt", cwd=folder)
    assert {name for name in modules if name.startswith("netlint.output.")} == {
        "netlint.output.destinations", "netlint.output.formats", "netlint.output.outcome", "netlint.output.text",
        "netlint.output.told",
    }  # fmt: skip
    assert "hashlib" not in modules
    assert "xml" not in modules
