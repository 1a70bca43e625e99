"""Draw the app's icons from static/img/favicon.svg; run it when the drawing changes. Needs Chromium.

`icon-*` keep the drawing's round corners, `icon-maskable-*` and `apple-touch-icon` fill the square, the bowl inside the
middle four fifths that every mask leaves.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from scripts import servers

IMAGES = Path(__file__).resolve().parent.parent / "static" / "img"
#: name: (pixels, whether the ground fills the square)
ICONS = {
    "icon-192": (192, False),
    "icon-512": (512, False),
    "icon-maskable-192": (192, True),
    "icon-maskable-512": (512, True),
    "apple-touch-icon": (180, True),
}


def main() -> int:
    """Write every icon; return the exit status."""
    browser = servers.chromium()
    if browser is None:
        print("No Chromium on this machine: the icons stay as they are.", file=sys.stderr)
        return 1
    drawing = (IMAGES / "favicon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        for name, (size, fills) in ICONS.items():
            page.set_viewport_size({"width": size, "height": size})
            svg = drawing.replace(' rx="8"', "").replace("0 0 32 32", "-2 -2 36 36") if fills else drawing
            svg = (
                svg.replace('<rect width="32" height="32"', '<rect x="-2" y="-2" width="36" height="36"')
                if fills
                else svg
            )
            page.set_content(
                f"<style>*{{margin:0;display:block}}</style>{svg.replace('<svg ', f'<svg width={size} height={size} ')}"
            )
            shrink(page.screenshot(omit_background=True), IMAGES / f"{name}.png")
        chromium.close()
    return 0


def shrink(picture: bytes, target: Path) -> None:
    """Store a picture with a palette: these drawings have two colours and their edges."""
    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    image.quantize(64, method=Image.Quantize.FASTOCTREE).save(target, optimize=True)
    print(f"{target.name} {target.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
