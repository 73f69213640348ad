"""What a pickle says it would build, as inert nodes: names, calls and containers, never the objects themselves.

Plain values stand for themselves (None, bool, int, float, str, and tuples of nodes). All other nodes compare by
identity and print without their content, because a pickle can make them share parts, nest without end or contain
themselves. Whoever walks them needs a limit on steps and must expect cycles.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "Buffer",
    "Call",
    "CallOp",
    "DictNode",
    "Extension",
    "Global",
    "ListNode",
    "Node",
    "Payload",
    "Persid",
    "SetNode",
]

Node: TypeAlias = (
    "bool | int | float | str | tuple[Node, ...]"
    " | Global | Call | Persid | Extension | Buffer | Payload | ListNode | DictNode | SetNode | None"
)
"""Any value on the symbolic stack."""

CallOp: TypeAlias = Literal["REDUCE", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ", "BUILD"]
"""The opcodes that call something. `Call.op` is never BUILD: that changes an object which is there already."""


class Global:
    """A name that is imported: `module.qualname`; `?` when the pickle computes it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Call:
    """What a call returns, and what is done to it afterwards.

    `args` is a tuple for a well-formed call; any other node is an error of the pickle or not known.
    """

    __slots__ = ("args", "built", "callable", "items", "kwargs", "op", "pairs", "states")

    def __init__(self, op: CallOp, callable_: Node, args: Node, kwargs: Node = None) -> None:
        self.op = op
        self.callable = callable_
        self.args = args
        self.kwargs = kwargs
        """Keyword arguments (NEWOBJ_EX only)."""
        self.states: list[Node] = []
        """What BUILD gave to it, in order; nearly always none or one."""
        self.items: list[Node] = []
        """What APPEND, APPENDS or ADDITEMS added, as to a subclass of list."""
        self.pairs: list[tuple[Node, Node]] = []
        """What SETITEM or SETITEMS set, in order, as on an OrderedDict; the last of equal keys counts."""
        self.built = False
        """Whether BUILD has given it a state."""

    @property
    def name(self) -> str | None:
        """The name that is called, or None when it is no plain global."""
        return self.callable.name if isinstance(self.callable, Global) else None


class Persid:
    """An object that lies outside the pickle, by the identifier the loader is asked for."""

    __slots__ = ("value",)

    def __init__(self, value: Node) -> None:
        self.value = value


class Extension:
    """An object of the process-wide `copyreg` extension registry, by its code."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        self.code = code


class Buffer:
    """The next out-of-band buffer (protocol 5)."""

    __slots__ = ()


class Payload:
    """A value that was jumped over: `size` bytes at `offset` in the blob, encoded as its opcode says."""

    __slots__ = ("kind", "offset", "size")

    def __init__(self, kind: Literal["bytes", "bytearray", "str", "int"], offset: int, size: int) -> None:
        self.kind = kind
        self.offset = offset
        self.size = size


class ListNode:
    """A list; changes made after it was memoised show everywhere it stands."""

    __slots__ = ("items", "more")

    def __init__(self) -> None:
        self.items: list[Node] = []
        self.more = 0
        """How many further items were there but not kept."""


class SetNode:
    """A set or frozenset, its items in the order of the pickle."""

    __slots__ = ("items", "more")

    def __init__(self) -> None:
        self.items: list[Node] = []
        self.more = 0
        """How many further items were there but not kept."""


class DictNode:
    """A dict as the list of what was set, in order; the last of equal keys counts."""

    __slots__ = ("more", "pairs")

    def __init__(self, pairs: list[tuple[Node, Node]] | None = None) -> None:
        self.pairs: list[tuple[Node, Node]] = [] if pairs is None else pairs
        self.more = 0
        """How many further pairs were there but not kept."""
