"""docs/quickstart/python.md, run as it stands."""

import ast
import asyncio
import contextlib
import inspect
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import venv

import rosud_call.client
from hosting import CLIENT, REPOSITORY, Host, python

PAGE = (REPOSITORY / "docs/quickstart/python.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)


def expected(block: str) -> list[str]:
    """What the page says that a block prints."""
    return re.findall(r"# → (.*)$", block, re.M)


class Quickstart(unittest.TestCase):
    def test_every_block_runs_and_prints_what_the_page_says(self) -> None:
        host = Host()
        self.addCleanup(host.close)
        host.start()
        folder = tempfile.mkdtemp(prefix="rosud-quickstart-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        before, rosud_call.client._default = rosud_call.client._default, None
        self.addCleanup(setattr, rosud_call.client, "_default", before)
        self.addCleanup(os.environ.pop, "ROSUD_URL", None)
        os.environ["ROSUD_URL"] = host.url
        names: dict[str, object] = {}
        ran = 0
        with asyncio.Runner() if hasattr(asyncio, "Runner") else contextlib.nullcontext() as runner:
            loop = runner.get_loop() if runner else asyncio.new_event_loop()
            for block in BLOCKS:
                file = re.match(r"# (\w+\.py)\n", block)
                if file:
                    path = pathlib.Path(folder, file[1])
                    path.write_text(block)
                    program = python(str(path), url=host.url, cwd=str(REPOSITORY))
                    self.addCleanup(program.close)
                    if "serve(" in block:
                        program.line("is ready")
                        printed = ""
                    else:
                        self.assertEqual(program.end(), 0, program.all_said())
                        printed = "\n".join(program.seen)
                else:
                    printed = self.type_in(block, names, loop)
                for line in expected(block):
                    self.assertIn(line, printed)
                    ran += 1
        self.assertGreaterEqual(ran, 10)

    # As `python3 -m asyncio` does it.
    def type_in(self, block: str, names: dict[str, object], loop: asyncio.AbstractEventLoop) -> str:
        code = compile(block, "python.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            result = eval(code, names)
            if inspect.iscoroutine(result):
                loop.run_until_complete(asyncio.wait_for(result, 60))
        return printed.getvalue()

    def test_an_agent_is_at_most_15_lines(self) -> None:
        (agent,) = [block for block in BLOCKS if "serve(" in block and block.startswith("# researcher.py")]
        self.assertLessEqual(len(agent.splitlines()), 15)

    def test_names_on_the_page_are_there(self) -> None:
        for name in re.findall(r"`([A-Z]\w+)(?:\(|`)", PAGE):
            if name.isupper() or name in ("Decimal", "POST", "PATCH"):
                continue
            self.assertTrue(hasattr(rosud_call, name), name)


class Installing(unittest.TestCase):
    def test_the_folder_is_installed_without_downloading_anything(self) -> None:
        folder = tempfile.mkdtemp(prefix="rosud-install-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        source = pathlib.Path(folder, "source")
        shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
        venv.create(f"{folder}/venv", with_pip=True)
        interpreter = f"{folder}/venv/bin/python"
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        for command in (
            ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", str(source)],
            ["-c", "import rosud_call, rosud_call.blocking, pathlib; assert 'site-packages' in rosud_call.__file__; assert pathlib.Path(rosud_call.__file__).with_name('py.typed').exists()"],
        ):
            done = subprocess.run([interpreter, *command], capture_output=True, text=True, env=env, cwd=folder, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_module_imports_nothing_but_the_standard_library(self) -> None:
        for path in (CLIENT / "src").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
                for name in names:
                    self.assertIn(name.split(".")[0], sys.stdlib_module_names, path)

    def test_every_public_thing_is_documented(self) -> None:
        for name in rosud_call.__all__:
            thing = getattr(rosud_call, name)
            if not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            self.assertTrue(inspect.getdoc(thing), name)
            for verb, function in vars(thing).items() if inspect.isclass(thing) and thing.__module__.startswith("rosud_call") else ():
                if inspect.isfunction(function) and not verb.startswith("_") and verb not in ("to_json", "get"):
                    self.assertTrue(function.__doc__, f"{name}.{verb}")
