"""What a derived channel reads once everything that it comes from stands still."""

from collections.abc import Callable

from config.rules import Derived, Formula


def settled(derived: Derived, value_of: Callable[[str], float]) -> float:
    """Give the value of a derived channel of a plant in which nothing moves."""
    values = [value_of(name) for name in derived.inputs]
    match derived.formula:
        case Formula.RATE | Formula.SLOPE | Formula.FROZEN:
            return 0
        case Formula.CONCENTRATION | Formula.ROLLING_TIME | Formula.ROLLING_VOLUME:
            return values[0] / values[1] * 1000
        case Formula.COUNTS_LEFT:
            return derived.parameters["per_m3"] - values[0] / values[1] * 1000
        case Formula.OCCURRENCES:
            return derived.parameters["of"] * (values[0] >= derived.parameters.get("at_least", 1))
        case _:
            return _PLAIN[derived.formula](values)


_PLAIN: dict[Formula, Callable[[list[float]], float]] = {
    Formula.VALUE: lambda values: values[0],
    Formula.MEAN: lambda values: values[0],
    Formula.KINETIC_MEAN: lambda values: values[0],
    Formula.DIFFERENCE: lambda values: values[0] - values[1],
    Formula.DEVIATION: lambda values: abs(values[0] - values[1]),
    Formula.MINIMUM: min,
    Formula.MAXIMUM: max,
}
