"""The loop of the clients in Python: a line of JSON in is one question, a line of JSON out is what the client read."""

import json
import sys
import traceback

WEATHER = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
}
"""The tool, for those who are to call it."""


def serve(ask):
    """Answer with ``ask(url=..., key=..., api=..., mode=..., question=..., ...)`` until there are no more questions."""
    for line in sys.stdin:
        try:
            read = ask(**json.loads(line))
        except Exception:
            read = {"error": traceback.format_exc()}
        print(json.dumps(read), flush=True)
