"""samples/agents/python as real processes, end to end over the repository's own pages."""

import re
import unittest

import live
from hosting import REPOSITORY, Program, python

SAMPLES = REPOSITORY / "samples/agents/python"


class Samples(unittest.TestCase):
    def start(self, script: str, *arguments: str) -> Program:
        program = python(str(SAMPLES / script), *arguments, url=live.host().url, cwd=str(SAMPLES))
        self.addCleanup(program.close)
        return program

    def test_four_agents_answer_a_question_with_citations_that_hold(self) -> None:
        agents = [self.start("planner.py"), self.start("researcher.py"), self.start("executor.py", "--pace", "150"), self.start("librarian.py", "--port", "0")]
        for agent in agents:
            agent.line("is ready")
        asked = self.start("ask.py", "What happens to early keys when a retry begins?", "--folder", str(REPOSITORY / "docs"), "--citations", "2", "--then", "3", "--count")
        self.assertEqual(asked.end(), 0, asked.all_said())
        said = "\n".join(asked.seen)
        citations = re.findall(r"^\[(\d)\] (\S+):(\d+)$", said, re.M)
        self.assertEqual([number for number, _, _ in citations], ["1", "2", "3"], said)   # The change came through.
        answer = said.split("== answer\n")[1]
        for _, file, line in citations:
            cited = (REPOSITORY / "docs" / file).read_text("utf-8").splitlines()[int(line) - 1].strip()
            self.assertIn(cited[:60], answer)
        files = sum(1 for path in (REPOSITORY / "docs").rglob("*") if path.suffix in (".md", ".txt", ".rst", ".adoc"))
        self.assertIn(f"out of {files} files", said)
        self.assertRegex(said, r"planner +publishes early v\d+: plan.terms")
        self.assertRegex(said, r"retried answer executor attempt 1 stale")
        self.assertRegex(said, r"status +completed in \d+ ms")
        self.assertRegex(said, r"agents_actually_needed +4 \(registered 4, planned 4, fired 4\)")
        for agent in agents:
            self.assertEqual(agent.terminate(), 0, agent.all_said())

    def test_without_its_count_the_librarian_is_not_needed(self) -> None:
        agents = [self.start("planner.py"), self.start("researcher.py"), self.start("executor.py", "--pace", "0"), self.start("librarian.py", "--port", "0")]
        for agent in agents:
            agent.line("is ready")
        asked = self.start("ask.py", "Which store survives kill -9?")
        self.assertEqual(asked.end(), 0, asked.all_said())
        said = "\n".join(asked.seen)
        self.assertRegex(said, r"agents_actually_needed +3 \(registered 4, planned 3, fired 3\)")
        self.assertRegex(said, r"\[1\] (README\.md|docs/\S+):\d+")
