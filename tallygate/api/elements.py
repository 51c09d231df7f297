"""XML of the Analytics API: elements with texts in them."""

from typing import Any
from xml.etree import ElementTree


def add(parent: ElementTree.Element, name: str, texts: dict[str, Any]) -> ElementTree.Element:
    """A new element with one for each of the texts; None is an empty one."""
    element = ElementTree.SubElement(parent, name)
    for tag, text in texts.items():
        ElementTree.SubElement(element, tag).text = None if text is None else str(text)
    return element
