import sys
import types

import pytest

import verify
from verify.case import Case, cases_of


def module_of(source):
    module = types.ModuleType("lessons")
    exec(compile(source, "lessons.py", "exec"), vars(module))
    return module


def test_a_case_records_what_it_was_given_and_where():
    (found,) = cases_of(module_of("import verify\n\n@verify.case(2.0, wrt='x')\ndef f(x): return x\n"))
    assert (found.name, found.arguments, found.options) == ("f", (2.0,), {"wrt": "x"})
    assert (found.module, found.file, found.line) == ("lessons", "lessons.py", 3)


def test_a_case_remembers_the_lines_that_registered_it(tmp_path):
    path = tmp_path / "lessons.py"
    text = "@verify.case(\n    2.0,\n    wrt='x',\n)"
    path.write_text(
        f"import verify\n\nif True:\n    {text.replace(chr(10), chr(10) + '    ')}\n    def f(x): return x\n"
    )
    module = types.ModuleType("lessons")
    exec(compile(path.read_text(), str(path), "exec"), vars(module))
    assert cases_of(module)[0].text == text


def test_the_function_comes_back_unchanged():
    def square(x):
        return x * x

    assert verify.case(2.0)(square) is square


def test_several_cases_of_one_function_come_in_the_order_of_their_source_and_are_told_apart():
    module = module_of("import verify\n@verify.case(2.0)\n@verify.case(1.0)\ndef f(x): return x\n")
    first, second = cases_of(module)
    assert (first.arguments, second.arguments) == ((2.0,), (1.0,))
    assert (first.title, second.title) == ("f [own gradient]", "f [own gradient #2]")
    assert (first.key, second.key) == ("f", "f#2")


def test_a_key_does_not_change_when_lines_move_or_objects_lie_elsewhere():
    source = (
        "import verify\n\nclass Rule:\n    def __call__(self, x): return 2 * x\n"
        "@verify.case(1.0, grad=Rule(), domain={'x': lambda x: x > 0})\n@verify.case(2.0, wrt=0)\ndef f(x): return x\n"
    )
    keys = [case.key for case in cases_of(module_of(source))]
    assert keys == ["f[grad=Rule, domain={'x': lambda}]", "f[wrt=0]"]
    keep = [object() for _ in range(100)]
    assert [case.key for case in cases_of(module_of("\n\n" + source))] == keys
    assert len(keep) == 100


def test_a_key_is_the_same_whether_the_function_has_other_cases_or_not():
    one = "import verify\n@verify.case(1.0, grad=abs)\ndef f(x): return x\n"
    two = one.replace("@", "@verify.case(2.0)\n@")
    assert [case.key for case in cases_of(module_of(one))] == ["f[grad=abs]"]
    assert [case.key for case in cases_of(module_of(two))] == ["f", "f[grad=abs]"]


def test_a_case_belongs_to_the_module_in_which_it_is_written_not_to_its_function():
    module = module_of("import verify, math\nverify.case(1.0)(math.exp)\n")
    assert [(case.name, case.module) for case in cases_of(module)] == [("exp", "lessons")]


def test_a_module_without_cases_has_none():
    assert cases_of(types.ModuleType("empty")) == ()


def test_an_imported_function_brings_no_case_along(monkeypatch):
    monkeypatch.setitem(sys.modules, "lessons", module_of("import verify\n@verify.case(1.0)\ndef f(x): return x\n"))
    assert cases_of(module_of("from lessons import f\n")) == ()


def test_a_callable_without_a_name_is_shown_by_its_repr():
    class Square:
        def __repr__(self):
            return "Square()"

    assert Case(Square(), ()).name == "Square()"


def test_missing_parentheses_are_told():
    with pytest.raises(TypeError, match=r"verify\.case got the function 'f'.*parentheses are missing"):

        @verify.case
        def f(x):
            return x


def test_missing_arguments_are_told():
    with pytest.raises(TypeError, match=r"verify\.case needs the arguments.*got none.*@verify\.case\(x, grad=g\)"):
        verify.case()


def test_decorating_what_cannot_be_called_is_told():
    with pytest.raises(TypeError, match=r"verify\.case decorates a function; got int"):
        verify.case(1.0)(3)
