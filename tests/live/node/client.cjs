// Drives the OpenAI SDK for Node as the live tests ask: one JSON job on standard input, one JSON result on
// standard output. CommonJS, so that NODE_PATH finds the SDK outside of this folder.
"use strict";

const { OpenAI, AzureOpenAI } = require("openai");

function makeClient(job) {
  const common = { maxRetries: job.maxRetries ?? 0, timeout: 30000 };
  if (job.kind === "azure") {
    return new AzureOpenAI({
      ...common,
      endpoint: job.url,
      apiVersion: "2024-10-21",
      azureADTokenProvider: async () => job.credential,
    });
  }
  return new OpenAI({ ...common, baseURL: job.url + "/v1", apiKey: job.credential });
}

const messages = [{ role: "user", content: "Say hello." }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

const steps = {
  async chat(client, model) {
    const answer = await client.chat.completions.create({ model, messages });
    return { text: answer.choices[0].message.content, total: answer.usage.total_tokens };
  },
  async stream(client, model) {
    let text = "";
    let finish = null;
    let usage = null;
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      usage = chunk.usage ?? usage;
      for (const choice of chunk.choices) {
        text += choice.delta?.content ?? "";
        finish = choice.finish_reason ?? finish;
      }
    }
    return { text, finish, usage };
  },
  async tools(client, model) {
    const answer = await client.chat.completions.create({ model, messages, tools: [weather], tool_choice: "required" });
    const called = answer.choices[0].message.tool_calls[0];
    return { name: called.function.name, arguments: JSON.parse(called.function.arguments) };
  },
  async embeddings(client, model) {
    const answer = await client.embeddings.create({ model, input: "one", encoding_format: "float" });
    return { count: answer.data.length, size: answer.data[0].embedding.length };
  },
  async responses(client, model) {
    const answer = await client.responses.create({ model, input: "Say hello." });
    return { status: answer.status, text: answer.output_text };
  },
  async responsesStream(client, model) {
    const types = [];
    let text = "";
    for await (const event of await client.responses.create({ model, input: "Say hello.", stream: true })) {
      types.push(event.type);
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    return { first: types[0], last: types[types.length - 1], text };
  },
};

async function main() {
  let input = "";
  for await (const piece of process.stdin) input += piece;
  const job = JSON.parse(input);
  try {
    const result = await steps[job.step](makeClient(job), job.model);
    return { ok: true, result };
  } catch (error) {
    return {
      ok: false,
      kind: error.constructor.name,
      status: error.status ?? null,
      code: error.code ?? null,
      requestId: error.requestID ?? null,
      message: String(error.message),
    };
  }
}

main().then((told) => process.stdout.write(JSON.stringify(told)));
