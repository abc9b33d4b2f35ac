"""What a flow's metadata calls what it tells of the cache."""

from __future__ import annotations

OUTCOME = "ai_cache"
"""``exact hit``, ``semantic hit``, ``legacy hit``, ``embeddings hit``, ``miss`` or ``bypass``."""
WHY = "ai_cache_why"
"""Why it is no hit, as the log and the metrics name it: ``no-neighbor``, ``guard:numbers``."""
API = "ai_cache_api"
MODEL = "ai_cache_model"
KEY = "ai_cache_key"
"""The request's own."""
ENTRY = "ai_cache_entry"
"""The key of the entry that answered."""
SIMILARITY = "ai_cache_similarity"
DECISION = "ai_cache_decision"
"""All the rest, as a dict."""

COMMENT = "said"
"""In that dict: the comment ..."""
COMPLETION = "ended"
"""... and what it goes on with once a miss has its answer."""
