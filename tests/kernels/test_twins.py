"""The contract of the twins: what one package of kernels offers, the other offers too, with the same arguments."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "convlab" / "kernels"


def exported(device):
    """name -> module it is imported from, of the package's __init__."""
    tree = ast.parse((PACKAGE / device / "__init__.py").read_text(encoding="utf-8"))
    return {
        a.asname or a.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names
    }


def parameters(device, module, name):
    """Names of the parameters of a function, read from its source: neither package has to be loaded for it."""
    path = PACKAGE / device / f"{module.split('.')[-1]}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return [argument.arg for argument in found.args.args]


CPU, CUDA = exported("cpu"), exported("cuda")
CPU.pop("multiply_adds")  # measures the processor
# array functions: NumPy's own on the CPU, written out on the GPU
ARRAYS = {"copyto", "empty", "zeros"}


def test_both_offer_the_same_names():
    assert set(CPU) == set(CUDA)


@pytest.mark.parametrize("name", sorted(set(CPU) - ARRAYS))
def test_twins_have_the_same_file_and_the_same_parameters(name):
    assert CUDA[name].replace(".cuda.", ".cpu.") == CPU[name]
    assert parameters("cuda", CUDA[name], name) == parameters("cpu", CPU[name], name)
