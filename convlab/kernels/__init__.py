"""Loops that do the work, one package per device. Only `convlab.backend` imports them; they check nothing."""
