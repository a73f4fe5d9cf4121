"""Writes every mutant of cargo-mutants into one copy of the sources, each behind a switch.

A mutant's number is in the environment variable MUTANT when a program runs, so that one build holds
them all. What cargo-mutants would put in the place of code is put beside it: `a < b` becomes a choice
between `a < b`, `a <= b`, `a > b` and `a == b`, and a function begins with `if <switch> { return .. }`.
"""

from collections import defaultdict

import tree_sitter
import tree_sitter_rust

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
COMMENTS = ("line_comment", "block_comment")
LET = ("let_condition", "let_chain")

SWITCH = """//! Which of the mutants this process is.
use std::sync::LazyLock;
static NUMBER: LazyLock<u32> = LazyLock::new(|| std::env::var("MUTANT").map_or(0, |n| n.parse().unwrap()));
#[inline]
pub(crate) fn is(number: u32) -> bool {
    *NUMBER == number
}
"""


class Weaver:
    """One file. After `woven`, what is left in `waiting` stands where a switch cannot."""

    def __init__(self, source, mutants):
        self.source = source
        self.lines = source.split(b"\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.waiting, self.unviable = defaultdict(list), []
        for mutant in mutants:
            span = self.offset(mutant["span"]["start"]), self.offset(mutant["span"]["end"])
            self.waiting[(*span, mutant["genre"])].append(mutant)

    def offset(self, place):
        line = self.lines[place["line"] - 1].decode()
        return self.starts[place["line"] - 1] + len(line[: place["column"] - 1].encode())

    def woven(self):
        root = PARSER.parse(self.source).root_node
        return self.text(0, root.start_byte) + self.of(root) + self.text(root.end_byte, len(self.source))

    def left(self):
        return [mutant for mutants in self.waiting.values() for mutant in mutants]

    def text(self, start, end):
        return self.source[start:end].decode()

    def said(self, node):
        return self.text(node.start_byte, node.end_byte)

    def taken(self, start, end, genre):
        return self.waiting.pop((start, end, genre), [])

    def plain(self, node, after=0):
        """A node from the offset `after` on, with its children woven."""
        parts, place = [], max(node.start_byte, after)
        for child in node.children:
            if child.start_byte >= place:
                parts += [self.text(place, child.start_byte), self.of(child)]
                place = child.end_byte
        return "".join(parts) + self.text(place, node.end_byte)

    def of(self, node):
        weave = {
            "block": self.body,
            "binary_expression": self.binary,
            "compound_assignment_expr": self.assignment,
            "unary_expression": self.unary,
            "let_chain": self.chain,
            "match_arm": self.arm,
            "field_initializer": self.field,
            "shorthand_field_initializer": self.field,
        }.get(node.type)
        woven = weave(node) if weave and not is_constant(node) else None
        return self.plain(node) if woven is None else woven

    def body(self, node):
        inner = [child for child in node.children if child.type not in ("{", "}", *COMMENTS)]
        if node.parent.type != "function_item" or not inner:
            return None
        given = node.parent.child_by_field_name("return_type")
        if given is not None and given.type == "abstract_type":
            # Two values of an `impl Trait` would have to be of one type.
            return None
        # The last expression's semicolon may or may not belong to the span.
        ends = {inner[-1].end_byte, node.children[-2].end_byte}
        for start in {inner[0].start_byte, node.children[1].start_byte}:
            for end in ends:
                mutants = self.taken(start, end, "FnValue")
                if mutants:
                    returns = (f"if {switch(m)} {{ return {m['replacement']}; }}\n" for m in mutants)
                    return "{\n" + "".join(returns) + self.plain(node)[1:]
        return None

    def binary(self, node):
        left, operator, right = (node.child_by_field_name(f) for f in ("left", "operator", "right"))
        mutants = self.taken(operator.start_byte, operator.end_byte, "BinaryOperator")
        if left.type in LET or right.type in LET:
            # An `||` in a chain of `let`s does not compile.
            self.unviable += mutants
            return None
        if not mutants:
            return None
        said, left, right = self.said(operator), self.of(left), self.of(right)
        if said in ("&&", "||"):
            # One switch between the two: the right side stands here once and stays lazy.
            relation = "==" if said == "&&" else "!="
            return f"({{ let l: bool = {left}; if l {relation} {switch(mutants[0])} {{ l }} else {{ {right} }} }})"
        choice = "".join(f"if {switch(m)} {{ l {m['replacement']} r }} else " for m in mutants)
        choice += f"{{ l {said} r }}"
        if said in COMPARISONS:
            return f"(match (&({left}), &({right})) {{ (l, r) => {choice} }})"
        return f"({{ let l = {left}; let r = {right}; {choice} }})"

    def chain(self, node):
        for operator in node.children:
            self.unviable += self.taken(operator.start_byte, operator.end_byte, "BinaryOperator")

    def assignment(self, node):
        left, operator, right = (node.child_by_field_name(f) for f in ("left", "operator", "right"))
        mutants = self.taken(operator.start_byte, operator.end_byte, "BinaryOperator")
        if not mutants:
            return None
        left, right = self.of(left), self.of(right)
        choice = "".join(f"if {switch(m)} {{ {left} {m['replacement']} {right}; }} else " for m in mutants)
        return f"{{ {choice}{{ {left} {self.said(operator)} {right}; }} }}"

    def unary(self, node):
        operator = node.children[0]
        mutants = self.taken(operator.start_byte, operator.end_byte, "UnaryOperator")
        if not mutants:
            return None
        inner = self.of(node.children[-1])
        if self.said(operator) == "!":
            return f"(({inner}) ^ !{switch(mutants[0])})"
        return f"({{ let x = {inner}; if {switch(mutants[0])} {{ x }} else {{ {self.said(operator)}x }} }})"

    def arm(self, node):
        pattern = node.child_by_field_name("pattern")
        guard = pattern.child_by_field_name("condition")
        if guard is not None and guard.type in LET:
            return None
        guards = self.taken(guard.start_byte, guard.end_byte, "MatchArmGuard") if guard is not None else []
        deleted = [m for end in (-1, 0, 1) for m in self.taken(node.start_byte, node.end_byte + end, "MatchArm")]
        if not guards and not deleted:
            return None
        condition, end = "true", pattern.end_byte
        if guard is not None:
            condition = self.of(guard)
            end = next(child for child in pattern.children if child.type == "if").start_byte
        for mutant in guards:
            condition = (f"({switch(mutant)} || ({condition}))" if mutant["replacement"] == "true"
                         else f"(!{switch(mutant)} && ({condition}))")
        for mutant in deleted:
            condition = f"(!{switch(mutant)} && ({condition}))"
        return f"{self.text(pattern.start_byte, end)} if {condition}" + self.plain(node, pattern.end_byte)

    def field(self, node):
        mutants = [m for end in (0, 1) for m in self.taken(node.start_byte, node.end_byte + end, "StructField")]
        if not mutants:
            return None
        fields = node.parent
        base = next(child for child in fields.children if child.type == "base_field_initializer")
        kind, name = fields.parent.child_by_field_name("name"), self.said(node.children[0])
        value = name if node.type.startswith("shorthand") else self.of(node.children[-1])
        other = f"({self.said(kind)} {{ {self.said(base)} }}).{name}"
        return f"{name}: if {switch(mutants[0])} {{ {other} }} else {{ {value} }}"


def switch(mutant):
    return f"crate::mutant::is({mutant['number']})/*M{mutant['number']}*/"


def is_constant(node):
    """A switch is no constant expression."""
    while node is not None:
        if node.type in ("const_item", "static_item"):
            return True
        if node.type == "function_item":
            return any(child.type == "function_modifiers" and b"const" in child.text.split() for child in node.children)
        node = node.parent
    return False


def weave(tree, mutants):
    """Writes the switches into the copy at `tree`; the mutants that cannot compile, and those without a switch."""
    unviable, left, files = [], [], defaultdict(list)
    for mutant in mutants:
        files[mutant["file"]].append(mutant)
    for name, listed in files.items():
        weaver = Weaver((tree / name).read_bytes(), listed)
        woven = weaver.woven()
        (tree / name).write_text(woven)
        unviable += weaver.unviable
        left += weaver.left()
    library = tree / "ledger/src/lib.rs"
    library.write_text(library.read_text() + "\nmod mutant;\n")
    (tree / "ledger/src/mutant.rs").write_text(SWITCH)
    return unviable, left
