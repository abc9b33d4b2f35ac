"""The metadata fields of a flow that the cache sets."""

from __future__ import annotations

OUTCOME = "ai_cache"
"""``exact hit``, ``semantic hit``, ``legacy hit``, ``embeddings hit``, ``miss`` or ``bypass``."""
WHY = "ai_cache_why"
"""Why it is not a hit, as in the log and the metrics: ``no-neighbor``, ``guard:numbers``."""
API = "ai_cache_api"
MODEL = "ai_cache_model"
KEY = "ai_cache_key"
"""The request's own key."""
ENTRY = "ai_cache_entry"
"""The key of the entry that answered."""
SIMILARITY = "ai_cache_similarity"
DECISION = "ai_cache_decision"
"""Everything else, as a dict."""

COMMENT = "said"
"""In that dict: the flow's comment ..."""
COMPLETION = "ended"
"""... and what is added to it once a miss has its answer."""
