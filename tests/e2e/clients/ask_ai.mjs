// Asks through Vercel's AI SDK and its official providers.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, streamText, tool } from "ai";
import { createInterface } from "node:readline";

globalThis.AI_SDK_LOG_WARNINGS = false; // they go to stdout, which is ours

const weather = tool({
  description: "The weather of a city",
  inputSchema: jsonSchema({
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" } },
  }),
});

function modelOf(api, model, url, apiKey) {
  switch (api) {
    case "chat":
      return createOpenAICompatible({ name: "proxy", baseURL: `${url}/v1`, apiKey, includeUsage: true })(model);
    case "responses":
      return createOpenAI({ baseURL: `${url}/v1`, apiKey })(model);
    case "messages":
      return createAnthropic({ baseURL: `${url}/v1`, apiKey })(model);
    case "gemini":
      return createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey })(model);
  }
}

async function ask({ url, key, api, mode, model, question, system, tools }) {
  const asked = { model: modelOf(api, model, url, key), system, prompt: question, maxRetries: 0 };
  if (tools) asked.tools = { weather };
  let said;
  if (mode === "whole") {
    said = await generateText(asked);
  } else {
    let failure;
    const streamed = streamText({ ...asked, onError: ({ error }) => (failure = error) });
    let pieces = "";
    for await (const piece of streamed.textStream) pieces += piece;
    if (failure) throw failure;
    const names = ["text", "reasoning", "toolCalls", "finishReason", "usage", "response"];
    said = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await streamed[name]])));
    if (pieces !== said.text) throw new Error(`the pieces make up: ${pieces}`);
  }
  return {
    cache: said.response.headers["x-cache-status"],
    id: said.response.id.startsWith("aitxt-") ? null : said.response.id, // such a one is the client's own
    model: said.response.modelId,
    text: said.text,
    thought: said.reasoning.map((part) => part.text).join(""),
    signature: said.reasoning.map((part) => part.providerMetadata ?? null),
    calls: said.toolCalls.map((call) => [
      api === "gemini" ? null : call.toolCallId, // made up by the client, as that API has none
      call.toolName,
      call.input,
      call.providerMetadata ?? null,
    ]),
    end: said.finishReason,
    usage: [said.usage.inputTokens, said.usage.outputTokens, said.usage.totalTokens],
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const read = await ask(JSON.parse(line)).catch((error) => ({ error: error.stack }));
  console.log(JSON.stringify(read));
}
