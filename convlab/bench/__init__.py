"""Timing convlab against other libraries: `convlab bench`, and in a clone of the project `python -m benchmarks.conv`.

Each engine runs in a process of its own (`child.py`), which is asked over a pipe (`processes.py`).
"""
