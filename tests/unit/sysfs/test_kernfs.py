"""The objects of the tree, without a file system."""

from __future__ import annotations

import errno

import pytest

from i2cdrv.errors import Error, Invalid
from i2cdrv.sysfs.kernfs import Attribute, Directory, Link, Node, Tree
from i2cdrv.sysfs.tree import nodes


class Notes:
    """The changes of a tree."""

    def __init__(self, tree: Tree) -> None:
        self.heard: list[str] = []
        self.unsubscribe = [tree.added.add(self.added), tree.removed.add(self.removed), tree.notify.add(self.notified)]

    def added(self, directory: Directory, name: str) -> None:
        self.heard.append(f"+{name}")

    def removed(self, directory: Directory, name: str, node: Node) -> None:
        self.heard.append(f"-{name}")

    def notified(self, attribute: Attribute) -> None:
        self.heard.append("!")


def test_names_come_and_go_and_listeners_are_notified() -> None:
    tree = Tree()
    notes = Notes(tree)
    home = tree.root.directory("a").directory("b")
    attribute = home.add("c", Attribute(0o444, lambda: b"1\n"))
    home.add("d", Link("c"))
    tree.notify(attribute)
    assert tree.find("a/b/c") is attribute
    assert tree.root.directory("a").directory("b") is home
    tree.root.remove("a")
    tree.root.remove("a")
    assert notes.heard == ["+a", "+b", "+c", "+d", "!", "-c", "-d", "-b", "-a"]
    for unsubscribe in notes.unsubscribe:
        unsubscribe()
    tree.root.directory("a")
    tree.root.remove("a")
    tree.notify(attribute)
    assert len(notes.heard) == 9, "nothing after the end"
    with pytest.raises(KeyError):
        tree.find("a/b")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "ü" * 128])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        Tree().root.add(name, Link("x"))


def test_a_name_is_given_once() -> None:
    root = Tree().root
    root.add("a", Link("x"))
    with pytest.raises(Error) as caught:
        root.add("a", Link("y"))
    assert caught.value.errno == errno.EEXIST


@pytest.mark.parametrize(
    ("mode", "reading", "writing"),
    [(0o444, 0, errno.EACCES), (0o200, errno.EACCES, 0), (0o644, 0, 0), (0o600, 0, 0), (0, errno.EACCES, errno.EACCES)],
)
def test_the_mode_holds_for_root_too(mode: int, reading: int, writing: int) -> None:
    attribute = Attribute(mode, lambda: b"1\n", lambda _data: None)
    for access, number in ((attribute.read, reading), (lambda: attribute.write(b"1"), writing)):
        if number:
            with pytest.raises(Error) as caught:
                access()
            assert caught.value.errno == number
        else:
            access()


def test_a_write_takes_a_page_and_nothing_is_no_write() -> None:
    taken: list[bytes] = []
    attribute = Attribute(0o200, None, taken.append)
    assert attribute.write(b"x" * 5000) == 4096
    assert attribute.write(b"") == 0
    assert taken == [b"x" * 4096]
    assert Attribute(0o200, None, lambda _data: 3).write(b"12345") == 3


def test_without_a_function_there_is_an_error_of_input_or_output() -> None:
    attribute = Attribute(0o666)
    for access in (attribute.read, lambda: attribute.write(b"1")):
        with pytest.raises(Error) as caught:
            access()
        assert caught.value.errno == errno.EIO


def test_text_in_a_file_cannot_steer_the_terminal_that_shows_it() -> None:
    home, text = Tree().root, "reads \x1b[2J\udc9b\nlive"
    nodes.shown(home, "state_reason", lambda: text)
    nodes.constant(home, "name", text)
    for name in ("state_reason", "name"):
        file = home[name]
        assert isinstance(file, Attribute)
        assert file.read() == b"reads \\x1b[2J\\udc9b\\nlive\n"
