"""Whatever a case is called, and whatever its texts hold: in no format does it do anything but stand there."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from verify.report.formats import FORMATS, write
from verify.runs.suite import entry_to_json, read

PIECES = [
    "<script>alert(1)</script>",
    "</style></pre></details><img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    "&lt;b&gt;&#x3c;",
    "\x1b[31m\x1b]0;title\x07",
    "::error file=a,line=1::boo",
    "\n::stop-commands::x\n",
    "\n  ::set-output name=a::b",
    "##[error]boo",
    "%0A::error::",
    "\x00",
    "\ufffe\uffff",
    "\ud800",
    "\u202egnp.exe",
    "\u2066\u2028\u2029\u0085",
    "`",
    "```\n# head\n",
    "| a | b |",
    r"\|",
    "@someone #1 [x](javascript:alert(1)) ![i](//a.b)",
    "http://example.org",
    "{{ 7 * 7 }}{% raw %}",
    "'; rm -rf / #",
    "$(reboot)",
    "a.py:12",
    "\r\n",
    "\t",
    " ",
    "π",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=4).map("".join)
BLOCKS = {"heading_open", "tr_open", "td_open", "fence"}
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Shape(HTMLParser):
    """The elements of a page with the names of their attributes, and what the page refers to."""

    def __init__(self, text):
        super().__init__()
        self.found, self.addresses = set(), set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.add((tag, tuple(name for name, _ in attributes)))
        self.addresses |= {value for name, value in attributes if name in ("src", "href", "action", "style")}

    def handle_comment(self, data):
        self.found.add(("comment", data))


def tokens(text):
    return [
        (token.type, token.level, tuple(child.type for child in token.children or ()))
        for token in MarkdownIt("commonmark").enable("table").parse(text)
    ]


def texts(pieces=TEXTS):
    quiet = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    return lambda test: quiet(given(text=pieces)(example(text="".join(PIECES))(example(text="")(test))))


@pytest.mark.parametrize("name", FORMATS)
@texts()
def test_nothing_is_hidden_and_nothing_is_a_command(run_with, name, text):
    written = write(run_with(text), name, against=run_with("plain"))
    assert written.endswith("\n")
    assert not [letter for letter in written if letter != "\n" and unicodedata.category(letter) in HIDDEN]
    assert "##[" not in written
    commands = [row for row in written.split("\n") if row.strip().startswith("::")]
    assert len(commands) <= (9 if name == "github" else 0)
    assert all(re.match(r"::(error|warning|notice) file=[^:,\n]*,line=\d+,title=[^:,\n]*::", row) for row in commands)
    written.encode("utf-8")


@texts()
def test_a_page_has_no_other_elements_than_for_harmless_names_and_refers_to_itself_only(run_with, text):
    seen, plain = (Shape(write(run_with(each), "html")) for each in (text, "y"))
    assert seen.found <= plain.found
    assert all(re.fullmatch(r"#case-\d+|data:,", address) for address in seen.addresses)


@texts(TEXTS.filter(lambda text: text.strip()))
def test_markdown_has_the_structure_that_it_has_for_harmless_names(run_with, text):
    for name in ("markdown", "summary"):
        found = {kind for token in tokens(write(run_with(text), name)) for kind in (token[0], *token[2])}
        assert not found & {"html_block", "html_inline", "link_open", "image", "code_block", "blockquote_open"}
        blocks = [
            Counter(token[0] for token in tokens(write(run_with(each), name)) if token[0] in BLOCKS)
            for each in (text, "plain")
        ]
        assert blocks[0] == blocks[1]


@texts()
def test_json_means_the_same(run_with, text):
    run = run_with(text)
    document = json.loads(write(run, "json"))
    assert document["entries"] == [json.loads(json.dumps(entry_to_json(entry))) for entry in run.entries]
    again = read(write(run, "jsonl").split("\n"))
    assert [entry_to_json(entry) for entry in again.entries] == [entry_to_json(entry) for entry in run.entries]


@texts()
def test_xml_can_be_read_and_has_a_test_for_each_case(run_with, text):
    run = run_with(text)
    root = ElementTree.fromstring(write(run, "junit").encode("utf-8"))
    assert len(list(root.iter("testcase"))) == len(run.entries)
    for name in ("sarif", "gitlab"):
        json.loads(write(run, name))
