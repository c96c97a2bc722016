"""HTML and SVG text; whatever is not markup already is escaped."""

import html

CONTROL = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)}
"""Control characters, which XML does not allow, and the signs that stand for them."""


class Markup(str):
    """Text that is markup already; what is added to it is escaped like any other."""

    def __add__(self, other) -> "Markup":
        return Markup(str(self) + str(escape(other)))


def escape(value) -> Markup:
    """``value`` as text between tags or in an attribute.

    >>> escape('<b>"x"'), escape(Markup("<b>"))
    ('&lt;b&gt;&quot;x&quot;', '<b>')
    """
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(str(value).translate(CONTROL)))


def join(parts) -> Markup:
    """Parts one after the other; None is left out."""
    return Markup("".join(escape(part) for part in parts if part is not None))


def tag(name: str, *children, **attributes) -> Markup:
    """An element. ``_`` at the end of an attribute's name is dropped, others become ``-``.

    Attributes that are None or False are left out; True gives the bare name.

    >>> tag("td", "a<b", class_="num", data_v=0.5)
    '<td class="num" data-v="0.5">a&lt;b</td>'
    """
    return Markup(f"<{name}{_attributes(attributes)}>{join(children)}</{name}>")


def void(name: str, **attributes) -> Markup:
    """An element without content, closed as XML wants it."""
    return Markup(f"<{name}{_attributes(attributes)}/>")


def _attributes(attributes: dict) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape("" if value is True else value)}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
