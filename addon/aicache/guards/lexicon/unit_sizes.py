"""What units measure, and their sizes, by symbol. Data only.

SI prefixes and the definitions in force (international yard and pound, 1959; mu, jin and liang of mainland China;
tsubo, jia and Taiwanese jin in Taiwan and Japan; rai in Thailand). A symbol's case counts: mW is not MW.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNIT_SIZES: Final[Mapping[str, tuple[str, float]]] = {
    "µg": ("mass", 1e-6), "mg": ("mass", 1e-3), "g": ("mass", 1), "kg": ("mass", 1e3), "t": ("mass", 1e6),
    "lb": ("mass", 453.59237), "oz": ("mass", 28.349523125), "st": ("mass", 6350.29318),
    "jin": ("mass", 500), "liang": ("mass", 50), "taijin": ("mass", 600), "tailiang": ("mass", 37.5),
    "geun": ("mass", 600), "don": ("mass", 3.75), "pfund": ("mass", 500), "zentner": ("mass", 50_000),
    "pond": ("mass", 500), "pood": ("mass", 16_380.7),
    "mm": ("length", 1e-3), "cm": ("length", 1e-2), "m": ("length", 1), "km": ("length", 1e3),
    "mi": ("length", 1609.344), "yd": ("length", 0.9144), "ft": ("length", 0.3048), "in": ("length", 0.0254),
    "li": ("length", 500), "zhang": ("length", 10 / 3), "chi": ("length", 1 / 3), "cun": ("length", 1 / 30),
    "shaku": ("length", 10 / 33), "verst": ("length", 1066.8),
    "m²": ("area", 1), "km²": ("area", 1e6), "ha": ("area", 1e4), "ac": ("area", 4046.8564224),
    "ft²": ("area", 0.09290304), "mu": ("area", 10_000 / 15), "qing": ("area", 1_000_000 / 15),
    "ping": ("area", 400 / 121), "jia": ("area", 9699.17), "tatami": ("area", 1.62), "rai": ("area", 1600),
    "ngan": ("area", 400), "wa2": ("area", 4),
    "ml": ("volume", 1e-3), "l": ("volume", 1), "m³": ("volume", 1e3), "gal": ("volume", 3.785411784),
    "fl oz": ("volume", 0.0295735295625), "cup": ("volume", 0.2365882365), "tbsp": ("volume", 0.01478676478125),
    "tsp": ("volume", 0.00492892159375), "go": ("volume", 0.18039), "sho": ("volume", 1.8039),
    "mW": ("power", 1e-3), "W": ("power", 1), "kW": ("power", 1e3), "MW": ("power", 1e6), "hp": ("power", 745.69987),
    "J": ("energy", 1), "kJ": ("energy", 1e3), "cal": ("energy", 4.184), "kcal": ("energy", 4184),
    "kWh": ("energy", 3.6e6),
    "V": ("voltage", 1), "mA": ("current", 1e-3), "A": ("current", 1), "Ω": ("resistance", 1),
    "°C": ("celsius", 1), "°F": ("fahrenheit", 1), "K": ("kelvin", 1),
    "bar": ("pressure", 1e5), "psi": ("pressure", 6894.757293168),
    "km/h": ("speed", 1 / 3.6), "mph": ("speed", 0.44704), "m/s": ("speed", 1),
    "Hz": ("frequency", 1), "kHz": ("frequency", 1e3), "MHz": ("frequency", 1e6), "GHz": ("frequency", 1e9),
    "bit": ("bits", 1), "B": ("bytes", 1), "kB": ("bytes", 1024), "MB": ("bytes", 1024**2), "GB": ("bytes", 1024**3),
    "TB": ("bytes", 1024**4),
    "ms": ("time", 1e-3), "s": ("time", 1), "min": ("time", 60), "h": ("time", 3600), "d": ("time", 86_400),
    "wk": ("time", 604_800), "mo": ("months", 1), "yr": ("months", 12),
    "%": ("percent", 1), "°": ("angle", 1),
}  # fmt: skip
"""Dimension, and size in the dimension's base: grams, meters, square meters, liters, watts, joules, seconds, …"""
