# SPDX-License-Identifier: Apache-2.0
"""Mutants of one C++ source, by its tokens: no parser, only what clang-format's layout tells (binary operators stand
between blanks, templates' brackets do not; a statement of one line ends it). Comments, strings, preprocessor lines and
what builds a diagnostic's text are left alone."""
import re
from typing import NamedTuple


class Mutant(NamedTuple):
    path: str
    kind: str
    line: int  # of the first change, from 1
    before: str  # the line, as it was and as it became
    after: str
    text: str  # the whole file


OPERATORS = {
    "<": ["<="], "<=": ["<", ">="], ">": [">="], ">=": [">", "<="], "==": ["!="], "!=": ["=="],
    "+": ["-"], "-": ["+"], "*": ["+"], "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"],
    "&&": ["||"], "||": ["&&"], "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
}
WORDS = {
    "std::min": "std::max", "std::max": "std::min", ".min": ".max", ".max": ".min", "true": "false", "false": "true",
    "any_of": "all_of", "all_of": "any_of", "continue;": "break;", "taken": "not_taken", "not_taken": "taken",
}
NEVER_A_STATEMENT = re.compile(r"\s*(return|const|auto|static|using|case|default|public|private|template|constexpr|"
                               r"std::\S+ \w+|[A-Za-z_:<>0-9]+[&*]? \w+( = .*|\{.*|\(.*)?;|break|continue|#)")


def _blank(text):
    """The same text, with everything that is not to be touched turned into blanks of the same length."""
    out = list(text)

    def wipe(first, last):
        for i in range(first, last):
            if out[i] != "\n":
                out[i] = " "

    for match in re.finditer(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ ]*#[^\n]*', text, re.M):
        if not (match.group(0)[0] == "'" and text[match.start() - 1].isdigit()):
            wipe(match.start(), match.end())
    for match in re.finditer(r"static_assert\(|\b(?:error|fmt::format|report_\w+)\(", "".join(out)):
        wipe(match.end(), _closing("".join(out), match.end() - 1))
    return "".join(out)


def _closing(text, opening):
    depth = 0
    for i in range(opening, len(text)):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if depth == 0:
            return i
    return len(text)


def _ends_operand(text, start):
    depth = 0
    for i in range(start, len(text)):
        if depth == 0 and text[i] in ",;)]}":
            return i
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
    return len(text)


def _edits(text, blank):
    """(kind, first, last, replacement)"""
    for match in re.finditer(r"(?<= )(<<|>>|<=|>=|==|!=|&&|\|\||[-+|&]=|[-+*<>&|^])(?= |\n)", blank):
        for other in OPERATORS.get(match.group(1), []):
            yield "operator", match.start(), match.end(), other
    for match in re.finditer(r"(?<![\w.<:x])(\d+)(?![\w.>'])", blank):
        value = int(match.group(1))
        yield "constant", match.start(), match.end(), str(value + 1)
        if value > 0:
            yield "constant", match.start(), match.end(), str(value - 1)
    for word, other in WORDS.items():
        for match in re.finditer(r"(?<![\w])" + re.escape(word) + r"(?!\w)", blank):
            yield "word", match.start(), match.end(), other
    for match in re.finditer(r"\b(if|while) \(", blank):
        end = _closing(blank, match.end() - 1)
        inside = text[match.end():end]
        if "\n" in inside or ";" in inside or re.match(r"(const )?\w+[&*]? \w+ = |auto|constexpr", inside):
            continue
        yield "condition", match.end(), end, "!(" + inside + ")"
        if match.group(1) == "if":
            yield "condition", match.end(), end, "true"
        yield "condition", match.end(), end, "false"
        for part in re.finditer(r" (&&|\|\|) ", blank[match.end():end]):
            left, right = inside[:part.start()], inside[part.end():]
            if left.count("(") == left.count(")") and right.count("(") == right.count(")"):
                yield "dropped condition", match.end(), end, left
                yield "dropped condition", match.end(), end, right
    for match in re.finditer(r" \? ", blank):
        depth, colon = 0, -1
        for i in range(match.end(), len(blank)):
            depth += blank[i] in "([{"
            depth -= blank[i] in ")]}"
            if depth < 0 or blank[i] == ";":
                break
            if depth == 0 and blank.startswith(" : ", i):
                colon = i
                break
        if colon < 0 or " ? " in blank[match.end():colon]:
            continue
        end = _ends_operand(blank, colon + 3)
        first, second = text[match.end():colon], text[colon + 3:end]
        if " ? " not in second:
            yield "swapped", match.end(), end, second + " : " + first
    # Statements: of one line, or a call over several.
    position = 0
    for line in blank.split("\n"):
        begin, end = position, position + len(line)
        position = end + 1
        body = line.strip()
        if not line.startswith("  ") or not body or NEVER_A_STATEMENT.match(line):
            continue
        previous = blank[:begin].rstrip()
        if previous and previous[-1] not in ";{}:)" or body.startswith((".", ":", "}")):
            continue
        indent = len(line) - len(line.lstrip())
        if body.startswith("if (") and body.endswith(";"):
            close = _closing(blank, begin + indent + 3)
            if close < end:
                yield "statement", begin + indent, end, ";"
        elif re.match(r"[\w.\->:\[\]*+]+(\(| [-+|&^*<>]*= |\+\+|--)", body) and "else" not in body:
            stop = end if body.endswith(";") else _ends_operand(blank, begin + indent) + 1
            if blank[stop - 1:stop] == ";" and not body.endswith("{"):
                yield "statement", begin + indent, stop, ";"


def mutants_of(path, text):
    blank = _blank(text)
    seen = set()
    for kind, first, last, replacement in _edits(text, blank):
        changed = text[:first] + replacement + text[last:]
        if changed == text or changed in seen:
            continue
        seen.add(changed)
        line_start = text.rfind("\n", 0, first) + 1
        line_end = text.find("\n", last)
        before = " ".join(text[line_start:line_end].split())
        after = " ".join((text[line_start:first] + replacement + text[last:line_end]).split())
        yield Mutant(path, kind, text.count("\n", 0, first) + 1, before, after, changed)
