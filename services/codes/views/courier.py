"""My code, `/code/`: the page that shows it. What is on it comes from the phone and from `/code/state/`."""

from services.codes.views.worker import FRAME_SHEETS, Shell

SHELL = Shell(
    "code",
    "codes/code/page.html",
    sheets=(*FRAME_SHEETS, "css/code.css"),
    modules=("js/code/main.js",),
)
