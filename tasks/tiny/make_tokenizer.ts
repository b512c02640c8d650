/**
 * Writes the embedded model's tokenizer: `deno run -A tasks/tiny/make_tokenizer.ts [folder]`, into models/tiny by
 * default. The corpus and the sizes are fixed here, so it always writes the same bytes.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../core/model/atomic_file.ts";
import { tokenizerFiles, trainBpe } from "./bpe.ts";
import { corpus } from "./corpus.ts";

/** Positions the embedded model has; a post with its summary takes less than 100. */
export const TINY_CONTEXT = 512;

const CORPUS = { seed: 0, count: 20_000 } as const;
const VOCAB_SIZE = 1536;

/** A conversation becomes the posts the model knows: what a user says is the post, what it answers the summary. */
const CHAT_TEMPLATE = "{% for message in messages %}" +
  "{% if message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}" +
  "{% else %}{{ 'POST: ' + message['content'] + '\\nTL;DR:' }}{% endif %}" +
  "{% endfor %}";

/** Trains the tokenizer and writes its files into `folder`, which must exist. */
export async function makeTokenizer(folder: string): Promise<void> {
  const texts = corpus(CORPUS.seed, CORPUS.count).map(({ prompt, completion }) => prompt + completion);
  const files = tokenizerFiles(trainBpe(texts, VOCAB_SIZE), {
    chat_template: CHAT_TEMPLATE,
    model_max_length: TINY_CONTEXT,
  });
  for (const [name, text] of Object.entries(files)) {
    await writeFileAtomic(join(folder, name), [new TextEncoder().encode(text)]);
  }
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? fileURLToPath(new URL("../../models/tiny", import.meta.url));
  await Deno.mkdir(folder, { recursive: true });
  await makeTokenizer(folder);
}
