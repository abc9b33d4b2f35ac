// Asks through the official openai client for JavaScript: chat completions and Responses.

import OpenAI from "openai";
import { createInterface } from "node:readline";

const weather = {
  name: "weather",
  description: "The weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } } },
};

async function chat(openai, { mode, model, question, system, tools }) {
  const messages = [{ role: "system", content: system }, { role: "user", content: question }];
  const asked = { model, messages, ...(tools && { tools: [{ type: "function", function: weather }] }) };
  const counted = { stream: true, stream_options: { include_usage: true } };
  let cache = null;
  let completion;
  let thought = "";
  if (mode === "whole") {
    const { data, response } = await openai.chat.completions.create(asked).withResponse();
    cache = response.headers.get("x-cache-status");
    completion = data;
    thought = data.choices[0].message.reasoning_content;
  } else {
    const stream = openai.chat.completions.stream({ ...asked, ...counted });
    for await (const chunk of stream) thought += chunk.choices[0]?.delta.reasoning_content ?? "";
    completion = await stream.finalChatCompletion();
  }
  const { message, finish_reason: end } = completion.choices[0];
  const calls = message.tool_calls ?? [];
  const { usage } = completion;
  return {
    cache,
    id: completion.id,
    created: completion.created,
    model: completion.model,
    text: message.content ?? "",
    thought,
    calls: calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]),
    end,
    usage: [
      usage.prompt_tokens,
      usage.completion_tokens,
      usage.total_tokens,
      usage.prompt_tokens_details.cached_tokens,
      usage.completion_tokens_details.reasoning_tokens,
    ],
  };
}

async function responses(openai, { mode, model, question, system, tools }) {
  const asked = { model, input: question, instructions: system };
  if (tools) asked.tools = [{ type: "function", strict: false, ...weather }];
  let cache = null;
  let pieces = null;
  let response;
  if (mode === "whole") {
    const answered = await openai.responses.create(asked).withResponse();
    cache = answered.response.headers.get("x-cache-status");
    response = answered.data;
  } else {
    const stream = openai.responses.stream(asked);
    pieces = "";
    stream.on("response.output_text.delta", (event) => (pieces += event.delta));
    response = await stream.finalResponse();
  }
  const { output, usage } = response;
  const parts = output.flatMap((item) => (item.type === "message" ? item.content : []));
  const text = parts.map((part) => part.text).join("");
  if (pieces !== null && pieces !== text) throw new Error(`the pieces make up: ${pieces}`);
  const reasoning = output.filter((item) => item.type === "reasoning");
  const calls = output.filter((item) => item.type === "function_call");
  return {
    cache,
    id: response.id,
    created: response.created_at,
    model: response.model,
    text,
    thought: reasoning.flatMap((item) => item.summary.map((part) => part.text)).join(""),
    signature: reasoning.map((item) => item.encrypted_content),
    calls: calls.map((item) => [item.call_id, item.name, JSON.parse(item.arguments)]),
    items: output.map((item) => [item.id, item.type]),
    end: response.status,
    usage: [
      usage.input_tokens,
      usage.output_tokens,
      usage.total_tokens,
      usage.input_tokens_details.cached_tokens,
      usage.output_tokens_details.reasoning_tokens,
    ],
  };
}

async function ask({ url, key, api, ...how }) {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, timeout: 20_000 });
  return { chat, responses }[api](openai, how);
}

for await (const line of createInterface({ input: process.stdin })) {
  const read = await ask(JSON.parse(line)).catch((error) => ({ error: error.stack }));
  console.log(JSON.stringify(read));
}
