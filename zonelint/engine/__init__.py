"""Runs the checks on the zones asked for; the one place where severities become an exit status."""

from zonelint.engine.configured import HORIZON, Given, OptionsFor
from zonelint.engine.options import CheckOptions, Step, UsageError
from zonelint.engine.places import located
from zonelint.engine.run import check

__all__ = ["HORIZON", "CheckOptions", "Given", "OptionsFor", "Step", "UsageError", "check", "located"]
