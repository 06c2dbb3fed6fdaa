"""How plots look, and how a figure becomes the same SVG bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

INK = "#1d2733"
MUTED = "#8a94a3"
GRID = "#e3e7ec"
BEST = "#0b5fa5"
GOOD = "#1a7f4b"
BAD = "#b3261e"
OTHERS = ("#d98200", "#2a9d8f", "#9b5fc0", "#c2557a", "#6b8e23", "#7a5c3e")
_RC: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "date.converter": "concise",
    "path.simplify": True,
}
_NOISE = re.compile(
    r"^.*?(?=<svg )"  # XML prologue: the SVG stands inside a page
    r"|\s*<metadata>.*?</metadata>"
    r'|(?<=["\w]) (?:width|height)="[0-9.]+pt"'  # the page sets the size
    r'|(?<=<g) id="(?!m[0-9a-f]{10}")[^"]*"',  # names of groups, the same in every figure
    re.DOTALL,
)


def svg(name: str, title: str, draw: Callable[[Any], None], width: float = 9.0, height: float = 3.4) -> str:
    """Draw on one axes and return inline SVG, byte-equal for equal data.

    Parameters
    ----------
    name : salt of the element ids, so that figures on one page do not share any.
    title : read by screen readers.
    draw : gets the axes.
    width, height : inches at 72 dpi; the page scales them.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {**_RC, "svg.hashsalt": name}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(width, height), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        buffer = io.StringIO()
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Title": title})
    return _NOISE.sub("", buffer.getvalue()).replace("<svg ", '<svg role="img" ', 1).strip()
