"""Write what the image is made of, in the format CycloneDX: ``make sbom``.

The lock is complete and pinned, so it is the list; licences are told by what is installed.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bot import __version__  # noqa: E402 - of this folder

PIN = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", re.MULTILINE)


def component(name: str, pinned: str) -> dict[str, Any]:
    """Return one package of the lock."""
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name.lower()}@{pinned}",
        "name": name,
        "version": pinned,
        "purl": f"pkg:pypi/{name.lower()}@{pinned}",
        "scope": "required",
    }
    try:
        if version(name) == pinned:
            said = metadata(name)
            licence = said.get("License-Expression") or said.get("License") or ""
            if licence and "\n" not in licence and len(licence) < 100:
                found["licenses"] = [{"license": {"name": licence}}]
    except PackageNotFoundError:  # for another system than this
        pass
    return found


def bill(lock: str = "run") -> dict[str, Any]:
    """Return the bill of materials of the image with the given lock."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": f"restyle@{__version__}",
                "name": "restyle",
                "version": __version__,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": [component(name, pinned) for name, pinned in PIN.findall(text)],
    }


if __name__ == "__main__":
    target = ROOT / "build" / "restyle.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(bill(*sys.argv[1:]), indent=1) + "\n", encoding="utf-8")
    print(target.relative_to(ROOT))
