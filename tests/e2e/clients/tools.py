"""The tools of agents in Python: the frameworks read their names, types and descriptions."""


def weather(city: str) -> str:
    """The weather of a city."""
    return f"18 °C in {city}"


def fahrenheit(celsius: float) -> str:
    """Degrees Fahrenheit."""
    return f"{celsius * 9 / 5 + 32:.1f} °F"


TOOLS = [weather, fahrenheit]
