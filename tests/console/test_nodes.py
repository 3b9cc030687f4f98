"""Parts of templates that are drawn once: they are what Django draws each time."""

from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError

from imiconnect.console.nodes import FixedNode
from imiconnect.console.templatetags.console import icon

EVIL = '"><script>alert(1)</script>'


def read(text: str) -> Template:
    return Template("{% load i18n console %}" + text)


def test_a_fixed_part_is_drawn_once_for_each_of_its_values() -> None:
    drawn: list[Any] = []
    template = read("{% fixed name %}{{ name }}{{ drawn }}{% endfixed %}{{ note }}")

    class Named(str):
        def __str__(self) -> str:
            drawn.append(self)
            return self

    pages = [
        template.render(Context({"name": Named(name), "note": note}))
        for note, name in enumerate("aba")
    ]
    assert pages == ["a0", "b1", "a2"]
    assert len(drawn) == 2


def test_a_fixed_part_sees_nothing_of_a_person_that_it_does_not_name() -> None:
    template = read("{% fixed section %}{{ section }}-{{ person }}{% endfixed %}")
    assert template.render(Context({"section": "apps", "person": "Ada"})) == "apps-"
    assert template.render(Context({"person": "Ada"})) == "None-"


def test_a_fixed_part_escapes_what_it_shows() -> None:
    template = read("{% fixed name %}{{ name }}{% endfixed %}")
    for _time in range(2):
        assert "<script>" not in template.render(Context({"name": EVIL}))


def test_a_fixed_part_keeps_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FixedNode, "MOST", 3)
    template = read("{% fixed n %}{{ n }}{% endfixed %}")
    node = next(node for node in template.nodelist if isinstance(node, FixedNode))
    for number in [*range(10), *range(10)]:
        assert template.render(Context({"n": number})) == str(number)
    assert len(node._drawn) <= 3


def test_a_block_that_other_templates_fill_cannot_be_fixed() -> None:
    with pytest.raises(TemplateSyntaxError, match="block cannot stand"):
        read("{% fixed %}{% block title %}{% endblock %}{% endfixed %}")


@pytest.mark.parametrize(
    "tag",
    [
        '{% translate "Filters & more" %}',
        '{% translate "100 %% of 5 %" %}',
        '{% translate "100 %% of 5 %" noop %}',
        '{% translate "Open" context "door" %}',
        '{% translate "Say \\"yes\\"" %}',
        '{% translate "quiet"|upper %}',
        "{% translate name %}",
        '{% translate "Later" as later %}{{ later }}',
    ],
)
@pytest.mark.parametrize("languages", [False, True])
def test_a_text_reads_as_django_translates_it(settings: Any, tag: str, languages: bool) -> None:
    settings.USE_I18N = languages
    context = Context({"name": EVIL})
    assert read(tag).render(context) == Template("{% load i18n %}" + tag).render(context)


def test_an_icon_is_the_same_whether_it_is_named_in_the_template_or_not() -> None:
    named = read('{% icon "phone" %}').render(Context())
    assert named == read("{% icon name %}").render(Context({"name": "phone"})) == icon("phone")
    assert read('{% icon "phone" as it %}[{{ it }}]').render(Context()) == f"[{named}]"
    assert "<script>" not in read("{% icon name %}").render(Context({"name": EVIL}))
