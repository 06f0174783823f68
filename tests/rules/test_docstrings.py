"""Every public function and layer says what it computes, from what shapes to what."""

import inspect
import re

import pytest

import convlab.functional as F
from convlab import nn

FUNCTIONS = {name: value for name, value in vars(F).items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in vars(nn).items() if inspect.isclass(value)}
MODULE_FUNCTIONS = {name: value for name, value in vars(nn).items() if inspect.isfunction(value)}

# Work number by number, or along one axis: the shape goes through, and the formula says it.
ANY_SHAPE = re.compile(r"relu|sigmoid|tanh|softmax|dropout")
SHAPE = re.compile(r"\((N|O|C|KH|\.\.\.)[^)]*\)|array like|`x_shape`")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_a_formula_or_say_what_they_do(name):
    text = inspect.getdoc(FUNCTIONS[name])
    assert text, f"{name} has no docstring"
    if "_grad" in name:
        assert "gradient" in text.lower()
    else:
        assert "=" in text or "->" in text or "Parameters\n---" in text


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if not ANY_SHAPE.search(name)])
def test_functions_name_their_shapes(name):
    assert SHAPE.search(inspect.getdoc(FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_long_docstrings_name_every_argument_and_the_result(name):
    text = inspect.getdoc(FUNCTIONS[name])
    if "Parameters\n---" in text:
        named = set(re.findall(r"\w+", text.split("Parameters\n---")[1].split("Returns\n---")[0]))
        missing = set(inspect.signature(FUNCTIONS[name]).parameters) - named
        assert not missing, f"{name} does not explain {sorted(missing)}"
        assert "Returns\n---" in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_short_docstrings_of_gradients_point_to_the_forward_pass(name):
    text = inspect.getdoc(FUNCTIONS[name])
    if "_grad" in name and "Parameters\n---" not in text:
        assert f"`{name.split('_grad')[0]}`" in text


@pytest.mark.parametrize("name", [*CLASSES, *MODULE_FUNCTIONS])
def test_layers_have_a_docstring_of_their_own(name):
    thing = vars(nn)[name]
    text = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    assert text and len(text.split()) > 1, f"nn.{name} has no docstring"


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_signatures_say_their_types(name):
    thing = FUNCTIONS.get(name) or CLASSES[name].__init__
    parameters = list(inspect.signature(thing).parameters.values())
    for parameter in parameters if name in FUNCTIONS else parameters[1:]:
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            assert parameter.annotation is not parameter.empty, f"{name}: {parameter.name} has no type"
