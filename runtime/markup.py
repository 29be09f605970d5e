"""Elements of HTML and SVG, in which every text is escaped."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["Element", "SubElement", "h", "html_of"]

Child = Element | str | None


def h(tag: str, attributes: dict[str, str] | None = None, *children: Child) -> Element:
    """An element: `h("p", {"class": "quiet"}, "text", another)`; None stands for no child."""
    made = Element(tag, attributes or {})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif child is not None and len(made):
            made[-1].tail = (made[-1].tail or "") + child
        elif child is not None:
            made.text = (made.text or "") + child
    return made


def html_of(*elements: Element) -> str:
    """The elements as HTML."""
    return "".join(tostring(element, encoding="unicode", method="html") for element in elements)
