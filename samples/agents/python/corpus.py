"""The text files of one folder: finds words, files and paragraphs in them."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, Iterator, Mapping

FILES_MAX = 2_000
FILE_BYTES_MAX = 1024 * 1024
ENDINGS = {".md", ".txt", ".rst", ".adoc"}
SKIPPED = {"node_modules", "artifacts", "bin", "obj", ".git", "data"}
COMMON = set(
    "a about all also an and any are as at be been but by can do does for from has have how i if in into is it its more most no not of on "
    "one or other our out so some than that the their them then there these they this to up us was we were what when where which who why "
    "will with would you your".split()
)
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
ITEM = re.compile(r"\s*([-*|#]|\d+\.)")


class Corpus:
    """A folder of texts. Of this repository itself only README and docs."""

    def __init__(self, root: str) -> None:
        self._root = Path(root).resolve()
        if not self._root.is_dir():
            raise FileNotFoundError(f"There is no folder {root}")

    def files(self) -> list[str]:
        """The files, relative to the folder, in order."""
        found: list[str] = []
        for folder, inner, names in os.walk(self._root):
            inner[:] = [name for name in inner if name not in SKIPPED]
            for name in names:
                path = Path(folder, name)
                if path.suffix.lower() in ENDINGS and path.stat().st_size <= FILE_BYTES_MAX:
                    found.append(path.relative_to(self._root).as_posix())
        if (self._root / "Rosud.Orleans.sln").exists():
            found = [path for path in found if path == "README.md" or path.startswith("docs/")]
        return sorted(found)[:FILES_MAX]

    def spread(self, words: list[str]) -> dict[str, int]:
        """In how many files each word is."""
        spread = dict.fromkeys(words, 0)
        for file in self.files():
            there = set(terms(self._text(file)))
            for word in words:
                spread[word] += word in there
        return spread

    def search(self, file: str, weights: Mapping[str, float]) -> list[dict[str, Any]]:
        """The paragraphs of one file that have any of the words, each with a score: rare words and short paragraphs count more."""
        found: list[dict[str, Any]] = []
        for line, text in self._paragraphs(file):
            words = [stem(word) for word in WORD.findall(text)]
            counts = Counter(words)
            score = sum(weight * _saturated(counts[word], len(words)) for word, weight in weights.items())
            if score > 0:
                found.append({"file": file, "line": line, "text": text, "score": round(score, 3)})
        return found

    def says(self, file: str, line: int, text: str) -> bool:
        """Whether the file still says that at that line."""
        return file in self.files() and (line, text) in self._paragraphs(file)

    def _text(self, file: str) -> str:
        return (self._root / file).read_text("utf-8", errors="replace")

    def _paragraphs(self, file: str) -> Iterator[tuple[int, str]]:
        start, text, is_code = 0, list[str](), False
        for number, line in enumerate([*self._text(file).splitlines(), ""], 1):
            fence = line.lstrip().startswith("```")
            is_code ^= fence
            ends = is_code or fence or not line.strip()
            if text and (ends or ITEM.match(line)):
                yield start, " ".join(text)
                text = []
            if not ends:
                start = start if text else number
                text.append(line.strip())
        if text:
            yield start, " ".join(text)


def terms(text: str) -> list[str]:
    """The words of a text that carry meaning, in lower case, each once, in their order."""
    words = (stem(word) for word in WORD.findall(text))
    return list(dict.fromkeys(word for word in words if len(word) > 1 and word not in COMMON))


def stem(word: str) -> str:
    """Enough for a search of this size: a plural and its singular are one word."""
    lower = word.lower()
    return lower[:-1] if len(lower) > 4 and lower.endswith("s") and not lower.endswith("ss") else lower


# The usual saturation of repeated words, with a mild price on length (BM25 with k1 = 1.2, b = 0.5 against 60 words).
def _saturated(times: int, length: int) -> float:
    return times * 2.2 / (times + 1.2 * (0.5 + 0.5 * length / 60)) if times else 0.0
