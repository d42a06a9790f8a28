"""Everything a user can turn: what is accepted, and what is said where it is not."""

import pytest

from antiphon.core.parameter import choice, text
from antiphon.core.parameters import REGISTRY, Parameter, Parameters, Value, named
from antiphon.errors import ParameterError


def refusal(*assignments: str) -> str:
    with pytest.raises(ParameterError) as refused:
        Parameters().set(assignments)
    return str(refused.value)


def test_the_defaults_are_what_the_registry_says() -> None:
    assert dict(Parameters().values) == {name: parameter.default for name, parameter in REGISTRY.items()}


@pytest.mark.parametrize("parameter", REGISTRY.values(), ids=list(REGISTRY))
def test_every_declaration_is_whole_and_its_default_in_range(parameter: Parameter) -> None:
    assert parameter.checked(parameter.default) == parameter.default
    assert parameter.type in ("int", "float", "bool", "choice", "text")
    assert (parameter.type == "choice") is bool(parameter.choices)
    assert parameter.help
    assert "\n" not in parameter.help


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("seed=7", 7),
        ("seed=0", 0),
        ("seed=2147483647", 2147483647),
        ("temperature=1", 1.0),
        ("temperature = 1e-1", 0.1),
        ("pedal=off", False),
        ("pedal=TRUE", True),
        ("pedal=0", False),
        ("pause=.5", 0.5),
    ],
)
def test_what_a_user_types_becomes_a_value_of_the_parameters_type(typed: str, value: Value) -> None:
    found = Parameters().set([typed]).values[typed.partition("=")[0].strip()]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("temprature=1", "no parameter named 'temprature'; did you mean temperature?"),
        ("Seed=1", "no parameter named 'Seed'; did you mean seed?"),
        ("séed=1", "no parameter named 'séed'; did you mean seed?"),
        ("seed", "'seed': give NAME=VALUE, for example temperature=0.9"),
        ("", "'': give NAME=VALUE, for example temperature=0.9"),
        ("seed=", "seed=: not a whole number from 0 to 2147483647"),
        ("seed=1.5", "seed=1.5: not a whole number from 0 to 2147483647"),
        ("seed=true", "seed=true: not a whole number from 0 to 2147483647"),
        ("seed=-1", "seed=-1: out of range; give a whole number from 0 to 2147483647"),
        ("seed=2147483648", "seed=2147483648: out of range; give a whole number from 0 to 2147483647"),
        ("temperature=hot", "temperature=hot: not a number from 0.05 to 3"),
        ("temperature=nan", "temperature=nan: out of range; give a number from 0.05 to 3"),
        ("temperature=1,5", "temperature=1,5: not a number from 0.05 to 3"),
        ("pause=inf", "pause=inf: out of range; give a number from 0.1 to 10"),
        ("pause=-inf", "pause=-inf: out of range; give a number from 0.1 to 10"),
        ("pedal=maybe", "pedal=maybe: not on or off"),
        ("pedal=2", "pedal=2: not on or off"),
        ("seed=1\n2", "seed='1\\n2': not a whole number from 0 to 2147483647"),
        ("channel=0", "channel=0: out of range; give a whole number from 1 to 16"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(typed: str, said: str) -> None:
    assert refusal(typed) == said


def _shouted(typed: str) -> str:
    if not typed.isalpha():
        raise ValueError("give letters only")
    return typed.upper()


MODE = choice("mode", ("reply", "duet"), "how it plays")
SHOUTED = text("word", "HO", _shouted, "a word")


@pytest.mark.parametrize(
    ("parameter", "typed", "value"),
    [(MODE, "duet", "duet"), (MODE, "Reply", "reply"), (SHOUTED, "hey", "HEY")],
)
def test_words_are_brought_into_their_proper_form(parameter: Parameter, typed: str, value: str) -> None:
    assert parameter.parse(typed) == parameter.checked(typed) == value


@pytest.mark.parametrize(
    ("parameter", "typed", "said"),
    [
        (MODE, "duett", "mode=duett: did you mean duet?"),
        (MODE, "", "mode=: there are: reply, duet"),
        (MODE, "\n", "mode='\\n': there are: reply, duet"),
        (SHOUTED, "4", "word=4: give letters only"),
    ],
)
def test_a_word_that_is_not_allowed_is_refused_with_the_remedy(parameter: Parameter, typed: str, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        parameter.parse(typed)
    assert str(refused.value) == said


def test_a_declaration_says_what_its_type_needs() -> None:
    assert MODE.declaration() == {
        "name": "mode",
        "type": "choice",
        "choices": ["reply", "duet"],
        "default": "reply",
        "unit": "",
        "help": "how it plays",
    }
    assert SHOUTED.declaration().keys() == {"name", "type", "default", "unit", "help"}


def test_a_word_for_a_number_is_refused() -> None:
    with pytest.raises(ParameterError, match="seed=many: out of range"):
        Parameters().changed(seed="many")


def test_a_name_like_no_other_gets_the_list_of_all() -> None:
    assert refusal("xyzzy=1") == f"no parameter named 'xyzzy'; there are: {', '.join(REGISTRY)}"


@pytest.mark.parametrize("typed", ["9" * 200, "9" * 10_000, "1e999", "-" + "9" * 200])
@pytest.mark.parametrize("name", ["seed", "temperature"])
def test_a_number_of_any_length_gets_a_short_answer(name: str, typed: str) -> None:
    assert len(refusal(f"{name}={typed}")) < 200


def test_bounds_that_cross_are_refused() -> None:
    assert refusal("lowest=70", "highest=60") == "lowest=70 is above highest=60; set both"
    assert "reply_shortest=20.0 is above reply_longest=16.0" in refusal("reply_shortest=20")
    assert Parameters().set(["lowest=110", "highest=110"]).lowest == 110


def test_the_last_of_several_values_counts() -> None:
    assert Parameters().set(["seed=1", "seed=2"]).seed == 2


def test_changing_gives_a_new_set_and_leaves_the_old_one() -> None:
    old = Parameters()
    new = old.changed(seed=9)
    assert (old.seed, new.seed) == (1, 9)
    assert new == Parameters().set(["seed=9"])


def test_what_is_not_declared_cannot_be_read() -> None:
    with pytest.raises(AttributeError):
        _ = Parameters().sway
    with pytest.raises(ParameterError, match="did you mean pause"):
        named("pauze")
