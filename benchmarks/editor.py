"""How soon an editor sees the findings: `python -m benchmarks.editor`.

Time from a key (`textDocument/didChange` with the whole text) to the diagnostics, medians, next to a fresh process
`netlint --no-cache FILE` on the same text, interleaved, so that a busy machine disturbs both alike. The server's pause
(0.1 s without a key) is part of the time. The texts are plain chains of convolutions: 200 layers, and 10,000 lines.

Wants: pygls (the extra `lsp`)
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).parents[1]

_LAYER: Final = """layer {{
  name: "conv{n}"
  type: "Convolution"
  bottom: "{below}"
  top: "conv{n}"
  convolution_param {{
    num_output: 64
    kernel_size: 3
    pad: 1
    weight_filler {{ type: "msra" }}
  }}
}}
layer {{ name: "relu{n}" type: "ReLU" bottom: "conv{n}" top: "conv{n}" }}
"""


def text(layers: int) -> str:
    """A chain of so many layers with one mistake at its end."""
    parts = ['name: "chain"\ninput: "data"\ninput_shape { dim: 1 dim: 3 dim: 224 dim: 224 }\n']
    parts += [_LAYER.format(n=n, below=f"conv{n - 1}" if n else "data") for n in range(layers // 2)]
    return "".join(parts) + 'layer { name: "end" type: "Konvolution" bottom: "data" top: "end" }\n'


class Server:
    """A language server, and its two streams."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "netlint", "lsp"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.told = 0

    def say(self, method: str, params: dict[str, Any], number: int | None = None) -> None:
        """Send a notification, or a request with a number."""
        message = {"jsonrpc": "2.0", "method": method, "params": params, **({} if number is None else {"id": number})}
        data = json.dumps(message).encode()
        stream = self._stream(self.process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        stream.flush()

    def hear(self) -> dict[str, Any]:
        """The next message."""
        stream = self._stream(self.process.stdout)
        length = 0
        while (line := stream.readline().strip()) or not length:
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(stream.read(length))
        return message

    def until(self, method: str) -> dict[str, Any]:
        """The next message of that kind; the answer to a request for an empty name."""
        while True:
            message = self.hear()
            if message.get("method", "") == method:
                return message

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        if stream is None:
            raise SystemExit("the server has no streams")
        return stream


def opened(path: Path) -> tuple[Server, float, float]:
    """A server that shows a file; seconds until it answers at all, and until the first diagnostics."""
    begin = time.perf_counter()
    server = Server()
    server.say("initialize", {"processId": None, "rootUri": path.parent.as_uri(), "capabilities": {}}, 1)
    server.until("")
    answered = time.perf_counter() - begin
    server.say("initialized", {})
    item = {"uri": path.as_uri(), "languageId": "prototxt", "version": 1, "text": path.read_text(encoding="utf-8")}
    server.say("textDocument/didOpen", {"textDocument": item})
    server.until("textDocument/publishDiagnostics")
    return server, answered, time.perf_counter() - begin


def key(server: Server, path: Path, version: int) -> float:
    """Seconds from a change to its diagnostics."""
    content = path.read_text(encoding="utf-8") + f"# {version}\n"
    begin = time.perf_counter()
    document = {"uri": path.as_uri(), "version": version}
    server.say("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": content}]})
    server.until("textDocument/publishDiagnostics")
    return time.perf_counter() - begin


def alone(path: Path) -> float:
    """Seconds of a fresh process on the file."""
    begin = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-m", "netlint", "--no-cache", str(path)],
        stdout=subprocess.DEVNULL,
        env=environment,
        check=False,
    )
    return time.perf_counter() - begin


def main() -> None:
    """Print a table of medians, and how many times as long as a key a fresh process takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="keys and processes each (default %(default)s)")
    given = parser.parse_args()
    print("| text | lines | server answers | first diagnostics | a key | fresh process | process / key |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name, layers in (("200 layers", 200), ("10,000 lines", 1538)):
            path = Path(folder) / "net.prototxt"
            path.write_text(text(layers), encoding="utf-8")
            server, answered, first = opened(path)
            keys, processes = [], []
            try:
                for version in range(2, given.runs + 2):
                    keys.append(key(server, path, version))
                    processes.append(alone(path))
            finally:
                server.close()
            each, fresh = statistics.median(keys), statistics.median(processes)
            lines = text(layers).count("\n")
            print(
                f"| {name} | {lines:,} | {answered:.2f} s | {first:.2f} s | {each:.2f} s | {fresh:.2f} s "
                f"| {fresh / each:.1f} |"
            )


if __name__ == "__main__":
    main()
