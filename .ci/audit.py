"""Ask the public databases of vulnerabilities about everything that is locked: ``make audit``.

They are asked by pip-audit, which installs into build/audit. What it could not ask about it calls
harmless; here that is said. Ends with 1 if anything is known, with 0 also where nobody answered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
AUDIT = ROOT / "build" / "audit"
LOCKS = ("requirements/run.txt", "requirements/sentry.txt", "requirements/dev.txt")
SERVICES = ("pypi", "osv")


def install() -> bool:
    """Install pip-audit; tell whether that went well."""
    pip = AUDIT / "bin" / "pip"
    steps = (
        [sys.executable, "-m", "venv", str(AUDIT)],
        [str(pip), "install", "--quiet", "--disable-pip-version-check", "pip-audit"],
    )
    return (AUDIT / "bin" / "pip-audit").exists() or all(
        subprocess.run(step, check=False).returncode == 0  # noqa: S603 - ours
        for step in steps
    )


def ask(service: str, lock: str) -> list[dict[str, Any]]:
    """Return what a database answered about each package that it could be asked about."""
    words = [
        *(str(AUDIT / "bin" / "pip-audit"), "--disable-pip", "--require-hashes"),
        *("--progress-spinner", "off", "--format", "json"),
        *("--vulnerability-service", service, "--requirement", str(ROOT / lock)),
    ]
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 - ours
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return [package for package in found if "skip_reason" not in package]


def main() -> int:
    """Audit the locks, and say what was found and what could not be asked."""
    if not install():
        print("NOT AUDITED: pip-audit cannot be installed here.")
        return 0
    status = 0
    for lock in LOCKS:
        answers = next(filter(None, (ask(service, lock) for service in SERVICES)), [])
        if not answers:
            print(f"NOT AUDITED: {lock}: no database of vulnerabilities can be reached from here.")
            continue
        print(f"{lock}: {len(answers)} packages were asked about.")
        for package in answers:
            for known in package["vulns"]:
                status = 1
                better = ", ".join(known["fix_versions"]) or "no version yet"
                print(f"  {package['name']} {package['version']}: {known['id']}, fixed in {better}")
    return status


if __name__ == "__main__":
    sys.exit(main())
