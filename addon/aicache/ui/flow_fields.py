"""The metadata fields of a flow that the cache sets."""

from __future__ import annotations

OUTCOME = "ai_cache"
"""``exact hit``, ``semantic hit``, ``legacy hit``, ``embeddings hit``, ``collapsed hit``, ``miss`` or ``bypass``."""
WHY = "ai_cache_why"
"""The reason for a miss or a bypass, as in the log and the metrics: ``no-neighbor``, ``guard:numbers``."""
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
"""The key of the flow's comment in that dict ..."""
COMPLETION = "ended"
"""... and of the text that is added to it once a miss has its answer."""
