"""Builds the wheel with the standard library alone, so that installing this folder downloads nothing, not even a build tool (PEP 517, PEP 660)."""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import pathlib
import re
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
EPOCH = (1980, 1, 1, 0, 0, 0)   # The same sources give the same bytes.


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    return []


get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    files = sorted(path for path in SOURCE.rglob("*") if path.suffix == ".py" or path.name == "py.typed")
    return _wheel(wheel_directory, {path.relative_to(SOURCE).as_posix(): path.read_bytes() for path in files})


def build_editable(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    return _wheel(wheel_directory, {"rosud_call.pth": f"{SOURCE}\n".encode()})


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    project = _project()
    stem = f"rosud_call-{project['version']}"
    with tarfile.open(pathlib.Path(sdist_directory, f"{stem}.tar.gz"), "w:gz") as archive:
        for name in ("pyproject.toml", "README.md", "packaging", "src"):
            archive.add(ROOT / name, f"{stem}/{name}", filter=lambda entry: None if "__pycache__" in entry.name else entry)
        about = _metadata(project).encode()
        entry = tarfile.TarInfo(f"{stem}/PKG-INFO")
        entry.size = len(about)
        archive.addfile(entry, io.BytesIO(about))
    return f"{stem}.tar.gz"


def _wheel(folder: str, files: dict[str, bytes]) -> str:
    project = _project()
    stem = f"rosud_call-{project['version']}"
    files[f"{stem}.dist-info/METADATA"] = _metadata(project).encode()
    files[f"{stem}.dist-info/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: rosud-build\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{name},sha256={_hash(data)},{len(data)}\n" for name, data in files.items())
    files[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n".encode()
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return name


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


# The table [project], which holds nothing but texts and lists of texts (Python 3.10 has no reader of TOML).
def _project() -> dict[str, str | list[str]]:
    table = (ROOT / "pyproject.toml").read_text("utf-8").split("[project]\n")[1].split("\n[")[0]
    return {name: ast.literal_eval(value) for name, value in re.findall(r'^([a-z-]+) = (".*?"|\[[^]]*\])$', table, re.M | re.S)}


def _metadata(project: dict[str, str | list[str]]) -> str:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        f"Keywords: {','.join(project['keywords'])}",
        *(f"Classifier: {classifier}" for classifier in project["classifiers"]),
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(lines) + "\n\n" + (ROOT / "README.md").read_text("utf-8")
