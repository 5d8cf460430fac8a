"""The documents hold together: every relative link leads to a file, every page in docs/ is led to by another."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / nom for nom in listed.decode().split("\0") if nom]


def links(page: Path) -> list[Path]:
    """Where a page's relative links lead."""
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / target).resolve() for target in targets if "://" not in target]


def test_every_relative_link_leads_to_a_file() -> None:
    broken = {
        f"{page.relative_to(ROOT)} -> {target.name}"
        for page in pages()
        for target in links(page)
        if not target.exists()
    }
    assert broken == set()


def test_every_page_of_the_documentation_is_led_to() -> None:
    led_to = {target for page in pages() for target in links(page)}
    lost = {str(page.relative_to(ROOT)) for page in pages() if "docs" in page.parts and page.resolve() not in led_to}
    assert lost == set()
