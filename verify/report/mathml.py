"""LaTeX as MathML that may stand in a page: converted, then rebuilt from a list of harmless elements."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from markupsafe import Markup

from verify.report.text import printable

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_PREFIX = f"{{{_NAMESPACE}}}"
_LONGEST = 8000  # characters; beyond, a browser takes seconds and a reader learns nothing
_ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts "
    "mprescripts none mtable mtr mtd mstyle mpadded mphantom menclose mfenced".split()
)
_ATTRIBUTES = frozenset(
    "display stretchy fence form separator accent accentunder movablelimits largeop mathvariant columnalign rowspacing "
    "columnspacing linethickness displaystyle scriptlevel width height depth lspace rspace notation minsize maxsize "
    "linebreak symmetric".split()
)


def formula(latex: str, display: bool = True) -> Markup:
    """Return the formula as MathML, or as escaped text where it cannot be converted.

    A converter copies parts of its input: links, styles, even raw tags inside ``\\text``. So nothing of its output is
    trusted: every element and attribute is looked up in a list, and the tree is written out anew.

    >>> formula("x<1", display=False)
    Markup('<math display="inline"><mrow><mi>x</mi><mo>&lt;</mo><mn>1</mn></mrow></math>')
    """
    try:
        return Markup(_rebuilt(_converted(latex, display)))
    except Exception:  # the converter meets text from outside and raises as it likes
        return Markup("<code>{}</code>").format(printable(latex))


def _converted(latex: str, display: bool) -> ElementTree.Element:
    from latex2mathml.converter import convert

    if len(latex) > _LONGEST:
        raise ValueError("too long")
    # \text copies its argument: an angle bracket in it would be read back as a tag.
    plain = printable(latex).replace("<", r"\lt ").replace(">", r"\gt ")
    return ElementTree.fromstring(convert(plain, display="block" if display else "inline"))


def _rebuilt(root: ElementTree.Element) -> str:
    for element in root.iter():
        element.tag = element.tag.removeprefix(_PREFIX)
        if element.tag not in _ELEMENTS:
            raise ValueError(f"element {element.tag} is not on the list")
        if not _ATTRIBUTES.issuperset(element.attrib):
            raise ValueError(f"attributes of {element.tag} are not on the list")
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
