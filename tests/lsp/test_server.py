"""The server itself: it starts lightly, it survives what it is given, and it ends when its editor does."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="pygls (the extra `lsp`) is not installed")

from lsprotocol import types

from netlint.lsp.jobs import Crashed, Lint, Linted, Setup
from netlint.lsp.process import Worker
from tests.lsp.editor import editor, played
from tests.lsp.packs import ENDS, HANGS, LARGE_KERNEL, pack
from tests.lsp.test_diagnostics import BROKEN, RULE

ROOT = Path(__file__).parents[2]


def command(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "netlint", "lsp", *arguments]
    return subprocess.run(
        [sys.executable, *start],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_server_imports_no_graph_and_no_framework() -> None:
    code = (
        "import sys; from netlint.lsp.jobs import Setup; from netlint.lsp.process import Worker; from netlint.lsp.server import build; build(Setup(), Worker())\n"
        "heavy = {'networkx', 'numpy', 'onnx', 'torch', 'keras', 'tensorflow', 'h5py', 'google.protobuf'}\n"
        "print(sorted(heavy & set(sys.modules)), 'netlint.api' in sys.modules)"
    )
    assert command(code=code).stdout == "[] False\n"


def test_without_pygls_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None; from netlint.cli import run; sys.exit(run(['lsp']))"
    run = command(code=code)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "Error: the language server needs pygls: pip install 'nn-netlint[lsp]'\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tcp", "2087"], "'2087' is no HOST:PORT, such as 127.0.0.1:2087"),
        (["--tcp", "localhost:0"], "'localhost:0' is no HOST:PORT"),
        (["--stdio", "--tcp", "localhost:2087"], "give either --stdio or --tcp"),
        (["--config", "a.yaml", "--no-config"], "give either --config or --no-config"),
    ],
)
def test_wrong_arguments(arguments: list[str], said: str) -> None:
    run = command(*arguments)
    assert run.returncode == 2
    assert said in run.stderr


def test_it_ends_with_its_input() -> None:
    run = command()
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@played
async def test_a_crash_is_told_and_survived(tmp_path: Path) -> None:
    tanh = 'layer { name: "t" type: "TanH" bottom: "x" top: "t" }\n'
    async with editor(tmp_path, arguments=["--rule-pack", str(pack(tmp_path, ENDS))]) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), tanh)
        said = await session.until(lambda: session.client.messages)
        assert said[0].message == "netlint could not lint net.prototxt: the linting process ended early"
        session.type(uri, BROKEN)
        await session.one(uri, RULE)


@played
async def test_a_rule_that_prints_disturbs_nobody(tmp_path: Path) -> None:
    text = 'layer { name: "a" type: "Convolution" bottom: "x" top: "a" convolution_param { num_output: 4 kernel_size: 5 } }\n'
    async with editor(tmp_path, arguments=["--rule-pack", str(pack(tmp_path, LARGE_KERNEL))]) as session:
        await session.one(session.open((tmp_path / "net.prototxt").as_uri(), text), "large-kernel")


@played
async def test_a_wrong_pack_is_told(tmp_path: Path) -> None:
    (tmp_path / "pack" / "house").mkdir(parents=True)
    (tmp_path / "pack" / "house" / "none.py").write_text("", encoding="utf-8")
    async with editor(tmp_path, arguments=["--rule-pack", str(tmp_path / "pack")]) as session:
        said = await session.until(lambda: session.client.messages)
        assert "none.py: no rule named `none` in it" in said[0].message


@played
async def test_what_hangs_is_stopped(tmp_path: Path) -> None:
    setup = Setup(rule_packs=(pack(tmp_path, HANGS),))
    worker = Worker(limit=3)
    sigmoid = b'layer { name: "s" type: "Sigmoid" bottom: "x" top: "s" }\n'
    path = str(tmp_path / "net.prototxt")
    try:
        # Wanted: it has its time.
        reply = await worker.ask(Lint(path, sigmoid, str(tmp_path), setup), "net")
        assert reply == Crashed("gave up after 3 seconds", "")
        # No longer wanted: the newer text does not wait for all of it, and gets its answer.
        worker.limit = 60
        begin = time.monotonic()
        old = asyncio.ensure_future(worker.ask(Lint(path, sigmoid, str(tmp_path), setup), "net"))
        await asyncio.sleep(0.2)
        new = await worker.ask(Lint(path, BROKEN.encode(), str(tmp_path), setup), "net")
        assert isinstance(new, Linted)
        assert RULE in {finding.rule for finding in new.findings}
        assert await old == Crashed("the linting process ended early", "")
        assert time.monotonic() - begin < 20
    finally:
        worker.close()


BROKEN_TEXTS = (
    "",
    "\0\x01\x02",
    "{" * 50_000,
    "layer {" * 50_000,
    "\ud800 layer { }",
    "\ufefflayer { name: 'é' }",
    "x" * 5_000_000,
    "# netlint: ignore[" * 5_000,
    'layer { name: "a" type: "ReLU" bottom: "a" top: "a" }\n' * 1_000,
)


@played
async def test_broken_texts(tmp_path: Path) -> None:
    async with editor(tmp_path) as session:
        for text in BROKEN_TEXTS:
            for name in ("net.prototxt", "net.json", "net.onnxtxt", "net.pbtxt"):
                uri = session.open((tmp_path / name).as_uri(), text)
                await session.hover(uri, 0, 0)
                await session.titles(uri, types.Range(types.Position(0, 0), types.Position(0, 5)))
                session.close(uri)
        uri = session.open((tmp_path / "right.prototxt").as_uri(), BROKEN)
        await session.one(uri, RULE)
        assert session.client.messages == []


@played
async def test_over_tcp(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "netlint", "lsp", "--tcp", f"127.0.0.1:{port}"], cwd=ROOT)
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.05)
            body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": null, "rootUri": null}}'
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            assert b'"name": "netlint"' in await reader.readuntil(b'"serverInfo": {"name": "netlint"')
            writer.close()
            # One editor, then it ends.
            while server.poll() is None:
                await asyncio.sleep(0.02)
        assert server.returncode == 0
    finally:
        server.kill()
        server.wait()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="processes are looked up in /proc")
@played
async def test_no_process_is_left_behind(tmp_path: Path) -> None:
    async with editor(tmp_path) as session:
        await session.one(session.open((tmp_path / "net.prototxt").as_uri(), BROKEN), RULE)
        server = session.client._server
        assert server is not None
        with open(f"/proc/{server.pid}/task/{server.pid}/children", encoding="ascii") as file:
            workers = file.read().split()
        assert len(workers) == 1
        # As when an editor crashes.
        server.kill()
        session.client.error = RuntimeError("killed")
        await session.until(lambda: not os.path.exists(f"/proc/{workers[0]}"))
