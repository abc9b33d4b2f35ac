"""The documented parameters of each API, none of which refers to state. Lists only, no decisions.

A parameter on no list is classified by its name (`stateful_parameters`). So these lists matter only for names that
sound like state, and for objects whose keys the caller chooses; inside all other objects the names are checked, too.
"""

from __future__ import annotations


def _names(*lists: str) -> frozenset[str]:
    return frozenset(" ".join(lists).split())


CHECKED_ELSEWHERE = _names(
    "messages input contents prompt system systemInstruction tools parameters generationConfig toolConfig history",
    "metadata labels client_metadata user_security_context logit_bias documents json_schema guided_json",
    "chat_template_kwargs mm_processor_kwargs trace",
)
"""Parameters within which names are not checked here: the conversation and the tools, which other modules check, and
those that may hold any names: the caller's own, tokens, texts, schemas, and the variables of a template, which sees
nothing but the request."""

NESTED = _names(
    "stream_options.continuous_usage_stats audio.voice.id provider.data_collection plugins.id plugins.max_files",
    "lora.id cache.no-store output_config.task_budget reasoning.context ocr_options.task ocr_options.task_config",
    "search_parameters.from_date search_parameters.sources.included_x_handles",
    "search_parameters.sources.excluded_x_handles search_parameters.sources.links",
    "options.num_thread options.num_batch options.repeat_last_n",
    "googleSearchRetrieval.dynamicRetrievalConfig googleSearchRetrieval.dynamic_retrieval_config",
    "computerUse.environment",
)
"""Documented nested names that sound like state but do not refer to any."""

FREE_FORM = _names("structured_outputs.json functions.parameters")
"""Paths of nested objects whose keys the caller chooses."""

_OPENAI = (  # https://platform.openai.com/docs/api-reference/chat/create
    "model stream stream_options temperature top_p n stop seed logit_bias logprobs top_logprobs max_tokens"
    " max_completion_tokens frequency_penalty presence_penalty tools tool_choice parallel_tool_calls functions"
    " function_call response_format modalities audio prediction moderation reasoning_effort verbosity"
    " web_search_options metadata user safety_identifier prompt_cache_key prompt_cache_options prompt_cache_retention"
    " service_tier store"
)
_AZURE = "user_security_context"  # https://learn.microsoft.com/azure/ai-foundry/openai/latest
_VLLM = (  # https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    "add_generation_prompt add_special_tokens allowed_token_ids bad_words cache_salt chat_template chat_template_kwargs"
    " continue_final_message documents echo guided_json guided_regex guided_choice guided_grammar structured_outputs"
    " mm_processor_kwargs prompt_logprobs request_id return_token_ids return_tokens_as_token_ids stop_token_ids"
    " vllm_xargs"
)
_SGLANG = "return_hidden_states"  # https://docs.sglang.ai/basic_usage/openai_api_completions.html
_LLAMA_CPP = (  # its tools/server/README.md
    "id_slot lora json_schema grammar samplers response_fields repeat_last_n dry_penalty_last_n"
)
_OPENROUTER = (  # https://openrouter.ai/docs/api-reference/parameters
    "models route provider plugins transforms reasoning include_reasoning usage image_config cache_control debug"
)
_GROQ = "citation_options compound_custom search_settings documents"  # https://console.groq.com/docs/api-reference
_XAI = "search_parameters"  # https://docs.x.ai/docs/guides/live-search
_PERPLEXITY = (  # https://docs.perplexity.ai/api-reference/chat-completions-post
    "search_after_date_filter search_before_date_filter last_updated_after_filter last_updated_before_filter"
    " media_response"
)
_ZHIPU = "request_id user_id thinking"  # https://docs.bigmodel.cn/api-reference
_QWEN = "search_options translation_options asr_options ocr_options"  # https://help.aliyun.com/zh/model-studio/qwen-api
_FIREWORKS = "prompt_cache_isolation_key speculation"  # https://docs.fireworks.ai/api-reference/post-chatcompletions
_LITELLM = (  # https://docs.litellm.ai/docs/proxy/user_keys: what the gateway writes to its own log
    "litellm_session_id litellm_trace_id guardrails fallbacks tags cache"
)
_VENDORS = (_AZURE, _VLLM, _SGLANG, _LLAMA_CPP, _OPENROUTER, _GROQ, _XAI, _PERPLEXITY, _ZHIPU, _QWEN, _FIREWORKS)

CHAT = _names("messages", _OPENAI, *_VENDORS, _LITELLM)

COMPLETIONS = _names("prompt suffix best_of", _OPENAI, *_VENDORS, _LITELLM)

RESPONSES = _names(  # https://platform.openai.com/docs/api-reference/responses/create
    "model input instructions include max_output_tokens max_tool_calls metadata moderation parallel_tool_calls"
    " prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store"
    " stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user context_management"
    " frequency_penalty presence_penalty",
    "client_metadata",  # Codex's own, of its installation and turn (codex-rs/codex-api/src/common.rs)
    "cache_salt mm_processor_kwargs request_id",  # vLLM
    *(_OPENROUTER, _XAI, _LITELLM),
)

MESSAGES = _names(  # https://docs.anthropic.com/en/api/messages, those of the betas too
    "model messages system max_tokens stream temperature top_p top_k stop_sequences tools tool_choice thinking metadata"
    " service_tier output_config output_format cache_control context_management inference_geo speed fallbacks"
    " diagnostics user_profile_id",
    "anthropic_version anthropic_beta",  # Bedrock, Vertex AI
    *(_OPENROUTER, _LITELLM),
)

OPENROUTER_BROADCAST = _names("session_id trace")
"""Fields for OpenRouter's own log (https://openrouter.ai/docs/guides/features/broadcast); with other vendors, state."""

DASHSCOPE = _names("model input parameters stream user resources task task_group function")
DASHSCOPE_INPUT = _names(
    "messages prompt history customized_model_id"
)  # https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope
DASHSCOPE_PARAMETERS = _names("tools tool_choice response_format stop", _QWEN)  # and those with checked types

OPENAI_EMBEDDINGS = _names(  # https://platform.openai.com/docs/api-reference/embeddings/create; Jina, Zhipu, OpenRouter
    "model input user dimensions encoding_format task input_type provider metadata request_id user_id",
)
OLLAMA_EMBED = _names("model input truncate options keep_alive dimensions")
"""https://github.com/ollama/ollama/blob/main/docs/api.md"""


def for_path(path: str, names: frozenset[str]) -> frozenset[str]:
    """Return *names*, and on OpenRouter's own path also those that only OpenRouter has."""
    return names | OPENROUTER_BROADCAST if path.startswith("/api/v1/") else names
