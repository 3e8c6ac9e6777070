import types

import pytest

from verify.case import Case
from verify.run import UsageError, collect, run
from verify.verdict import Formula, Numbers, Result, Verdict

LESSON = "import verify\n\n@verify.case(1.0)\ndef f(x): return x\n\n@verify.case(2.0)\ndef g(x): return x\n"


def passing(function, *args, **options):
    return Result(Verdict.PROVED, Formula(Verdict.PROVED), Numbers("ok"), name=function.__name__)


@pytest.fixture
def lesson(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text(LESSON)
    return path


def names(target):
    return [case.name for case in collect(str(target))]


def complaint(target):
    with pytest.raises(UsageError) as caught:
        collect(str(target))
    return str(caught.value)


def test_a_file_gives_its_cases_in_order(lesson):
    assert names(lesson) == ["f", "g"]


def test_one_case_of_a_file(lesson):
    assert names(f"{lesson}:g") == ["g"]


def test_a_module_and_one_case_of_it(lesson, monkeypatch):
    monkeypatch.syspath_prepend(lesson.parent)
    assert names("lesson") == ["f", "g"]
    assert names("lesson:f") == ["f"]


def test_a_file_may_import_its_neighbour(lesson):
    (lesson.parent / "helper_of_lesson.py").write_text("value = 3.0\n")
    lesson.write_text("import verify, helper_of_lesson as h\n@verify.case(h.value)\ndef f(x): return x\n")
    assert collect(str(lesson))[0].arguments == (3.0,)


def test_a_file_named_like_a_library_module_does_not_replace_it(tmp_path):
    import numbers

    (tmp_path / "numbers.py").write_text(LESSON)
    assert names(tmp_path / "numbers.py") == ["f", "g"]
    import numbers as again

    assert again is numbers


def test_a_missing_file(tmp_path):
    assert "there is no such file" in complaint(tmp_path / "nothing.py")


def test_a_folder(tmp_path):
    assert "this is a folder. Name a file in it" in complaint(tmp_path)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert "not a Python file" in complaint(tmp_path / "notes.txt")


def test_a_missing_module():
    assert "there is no module named 'no_such_module_here'" in complaint("no_such_module_here:f")


def test_a_module_that_imports_what_is_missing_is_not_said_to_be_missing(lesson):
    lesson.write_text("import no_such_module_here\n")
    told = complaint(lesson)
    assert "importing it failed with ModuleNotFoundError: No module named 'no_such_module_here'" in told
    assert "lesson.py:1" in told


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_a_module_that_fails_to_import_says_with_what(lesson, body, error):
    lesson.write_text(f"\n{body}\n")
    assert f"importing it failed with {error}" in complaint(lesson)


def test_a_target_without_cases(tmp_path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    assert "no case was found. Put @verify.case(x, grad=g) above a function" in complaint(tmp_path / "empty.py")


def test_a_name_that_is_no_case_lists_the_cases(lesson):
    assert "no case is named 'h'. The module's cases: f, g." in complaint(f"{lesson}:h")


def test_what_is_nearly_a_name_is_asked_after(lesson):
    lesson.write_text("import verify\n\n@verify.case(1.0)\ndef squared(x): return x * x\n")
    assert "Did you mean 'squared'?" in complaint(f"{lesson}:square")
    assert f"Did you mean {lesson.name!r}?" in complaint(lesson.with_name(f"x{lesson.name}"))
    assert "Did you mean" not in complaint(lesson.parent / "nowhere" / "lesson.py")


def test_every_case_is_checked_with_its_arguments_and_options():
    seen = []

    def check(function, *args, **options):
        seen.append((args, options))
        return passing(function)

    case = Case(abs, (1.0, 2.0), {"wrt": 0}, file="a.py", line=3)
    (result,) = run([case], check, budget=10)
    assert seen == [((1.0, 2.0), {"wrt": 0})]
    assert (result.verdict, result.source) == (Verdict.PROVED, "a.py:3")


@pytest.mark.parametrize("error", [RuntimeError("odd"), SystemExit(0), RecursionError("deep")])
def test_a_check_that_breaks_leaves_its_case_undecided_and_the_run_going(error):
    def check(function, *args, **options):
        if function is abs:
            raise error
        return passing(function)

    broken, fine = run([Case(abs, (1.0,)), Case(round, (1.0,))], check, budget=10)
    assert broken.verdict is Verdict.UNDECIDED
    assert type(error).__name__ in broken.reason
    assert fine.verdict is Verdict.PROVED


def test_misuse_names_the_case_and_its_place():
    def check(function, *args, **options):
        raise TypeError("wrt=7: abs has 1 argument")

    with pytest.raises(UsageError, match=r"a\.py:3: the case 'abs' cannot be checked: wrt=7"):
        list(run([Case(abs, (1.0,), file="a.py", line=3)], check, budget=10))


def test_cases_that_the_budget_leaves_out_are_undecided_and_never_ok():
    ticks = iter([0.0, 1.0, 11.0])
    first, second = run([Case(abs, (1.0,)), Case(round, (1.0,))], passing, budget=10, clock=lambda: next(ticks))
    assert first.ok
    assert not second.ok
    assert "the budget of 10 s for the whole run was used up" in second.reason


def test_cases_run_one_by_one_as_they_are_asked_for():
    seen = []

    def check(function, *args, **options):
        seen.append(function)
        return passing(function)

    running = run([Case(abs, (1.0,)), Case(round, (1.0,))], check, budget=10)
    assert isinstance(running, types.GeneratorType)
    next(running)
    assert seen == [abs]
