"""Parts of templates that need not be drawn again for each page.

A page has some hundred icons, texts and addresses of static files that depend on nothing but
the language; found out anew each time they are a third of what the frame of a page costs.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, TextNode, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as do_url
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from imiconnect.console.addresses import address
from imiconnect.console.markup import escaped


class FixedNode(Node):
    """What stands between ``{% fixed a b %}`` and ``{% endfixed %}``, kept once it is drawn.

    It sees ``a`` and ``b``, by which it is kept, and no other variable of the page: so nothing
    of one person reaches another. Their values must be hashable and few.
    """

    #: Kept at once; more values than that are drawn again.
    MOST = 100

    def __init__(self, values: Mapping[str, FilterExpression], nodelist: NodeList) -> None:
        """Keep what is drawn, and what it depends on by name."""
        self.values = values
        self.nodelist = nodelist
        self._drawn: dict[tuple[object, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return what was drawn for these values in this language."""
        values = tuple([value.resolve(context, True) for value in self.values.values()])
        key = get_language(), settings.DEBUG, values
        drawn = self._drawn.get(key)
        if drawn is None:
            alone = context.new(dict(zip(self.values, values, strict=True)))
            drawn = self.nodelist.render(alone)
            if len(self._drawn) >= self.MOST:
                self._drawn.clear()
            self._drawn[key] = drawn
        return drawn


def fixed(parser: Parser, token: Token) -> FixedNode:
    """Read ``{% fixed %}``; a block inside, which other templates fill, is refused."""
    nodelist = parser.parse(("endfixed",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise TemplateSyntaxError("A block cannot stand inside {% fixed %}.")
    names = token.split_contents()[1:]
    return FixedNode({name: parser.compile_filter(name) for name in names}, nodelist)


class TextOfPage(TranslateNode):
    """``{% translate "…" %}`` of a text that stands there: with one language it is the text."""

    def render(self, context: Context) -> str:
        """Return the text, looked up where there are several languages."""
        if settings.USE_I18N:
            return super().render(context)
        text: str = self.filter_expression.var.literal
        return text


def translate(parser: Parser, token: Token) -> Node:
    """Read ``{% translate %}`` as Django does; a plain text costs nothing in one language."""
    node = do_translate(parser, token)
    if node.noop or node.asvar or not _is_constant(node.filter_expression):
        return node
    return TextOfPage(node.filter_expression, node.noop, None, node.message_context)


class AddressNode(URLNode):
    """``{% url "…" %}`` of an address without arguments, which stays what it is."""

    def render(self, context: Context) -> SafeString:
        """Return the address; raises ``NoReverseMatch`` as Django does."""
        return escaped(address(self.view_name.var))


def url(parser: Parser, token: Token) -> Node:
    """Read ``{% url %}`` as Django does; an address without arguments is found out once."""
    node = do_url(parser, token)
    if node.args or node.kwargs or node.asvar or not _is_constant(node.view_name):
        return node
    return AddressNode(node.view_name, [], {}, None)


def drawn_when_read(node: SimpleNode) -> Node:
    """Draw a tag at once whose arguments all stand in the template and that needs no more."""
    arguments = (*node.args, *node.kwargs.values())
    if node.takes_context or node.target_var or not all(map(_is_constant, arguments)):
        return node
    return TextNode(node.render(Context()))


def _is_constant(expression: FilterExpression) -> bool:
    """Tell whether an expression of a template is a text in quotes, without filters."""
    text: Any = expression.var.literal if expression.is_var else expression.var
    return isinstance(text, str) and not expression.filters
