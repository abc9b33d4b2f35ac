// Does a task with tools as an agent of Vercel's AI SDK.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { createInterface } from "node:readline";

globalThis.AI_SDK_LOG_WARNINGS = false; // they go to stdout, which is ours

const weather = tool({
  description: "The weather of a city.",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }),
  execute: async ({ city }) => `18 °C in ${city}`,
});
const fahrenheit = tool({
  description: "Degrees Fahrenheit.",
  inputSchema: jsonSchema({ type: "object", properties: { celsius: { type: "number" } } }),
  execute: async ({ celsius }) => `${((celsius * 9) / 5 + 32).toFixed(1)} °F`,
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

async function ask({ url, key, api, mode, model, question, system }) {
  const task = { model: modelOf(api, model, url, key), system, prompt: question, maxRetries: 0 };
  // else it refers to what the provider has stored, which no cache can know
  const providerOptions = { openai: { store: false } };
  const how = { ...task, tools: { weather, fahrenheit }, stopWhen: stepCountIs(9), providerOptions };
  if (mode === "whole") return { text: (await generateText(how)).text };
  let failure;
  const streamed = streamText({ ...how, onError: ({ error }) => (failure = error) });
  for await (const _ of streamed.textStream);
  if (failure) throw failure;
  return { text: await streamed.text };
}

for await (const line of createInterface({ input: process.stdin })) {
  const read = await ask(JSON.parse(line)).catch((error) => ({ error: error.stack }));
  console.log(JSON.stringify(read));
}
