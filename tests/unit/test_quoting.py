import ast
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zdx_provider.text import quote_python, quote_shell

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.text(st.characters(exclude_categories=[])))
def test_quote_python_returns_a_printable_literal_of_the_text(text: str) -> None:
    literal = quote_python(text)

    assert ast.literal_eval(literal) == text
    assert literal.isprintable()


@settings(max_examples=5, deadline=None)
@given(st.lists(WORDS, max_size=20))
def test_quote_shell_returns_a_printable_word_that_bash_reads_back(words: list[str]) -> None:
    quoted = " ".join(map(quote_shell, [*words, "", "a$b", "it's", "*", "\x1b[2J", "a\n\\'b"]))

    done = subprocess.run(
        ["/bin/bash", "-c", f"printf '%s\\0' {quoted}"], capture_output=True, check=True
    )

    expected = [*words, "", "a$b", "it's", "*", "\x1b[2J", "a\n\\'b"]
    assert done.stdout.decode().split("\0")[:-1] == expected
    assert quoted.isprintable()


@pytest.mark.parametrize("word", ["ci", "8g6j1l3m5n7pr", "./a/b.json", "--stack=prod"])
def test_quote_shell_keeps_a_plain_word(word: str) -> None:
    assert quote_shell(word) == word
