"""Have GPTCache store answers in a SQLite file, as its cache does: pairs of question and answer in JSON, on stdin."""

import json
import sys

import numpy
from gptcache.manager import CacheBase
from gptcache.manager.scalar_data.base import Answer, CacheData, DataType

storage = CacheBase("sqlite", sql_url=f"sqlite:///{sys.argv[1]}")
pairs = json.load(sys.stdin)
storage.batch_insert(
    [CacheData(question, [Answer(answer, DataType.STR)], numpy.zeros(4, "float32")) for question, answer in pairs]
)
storage.mark_deleted([1])
