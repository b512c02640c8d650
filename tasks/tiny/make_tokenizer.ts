/**
 * Writes the embedded model's tokenizer: `deno run -A tasks/tiny/make_tokenizer.ts [folder]`, into models/tiny by
 * default. The corpus and the sizes are fixed here, so it always writes the same bytes.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../core/formats/atomic_file.ts";
import { tokenizerFiles, trainBpe, TURN_TOKENS } from "./bpe.ts";
import { corpus, type Example } from "./corpus.ts";

/** Positions the embedded model has; a post with its summary takes less than 100. */
export const TINY_CONTEXT = 512;

const CORPUS = { seed: 0, count: 20_000 } as const;
const VOCAB_SIZE = 1536;

/** ChatML: a turn is its role, a line break and its content, a text or parts of one, between two tokens of their own. */
const CHAT_TEMPLATE = [
  "{% for message in messages %}",
  `{{ '${TURN_TOKENS.start}' + message['role'] + '\\n' }}`,
  "{% if message['content'] is string %}{{ message['content'] }}",
  "{% else %}{% for part in message['content'] or [] %}",
  "{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}",
  "{% endfor %}{% endif %}",
  `{{ '${TURN_TOKENS.end}\\n' }}`,
  "{% endfor %}",
  `{% if add_generation_prompt %}{{ '${TURN_TOKENS.start}assistant\\n' }}{% endif %}`,
].join("");

/** Trains the tokenizer and writes its files into `folder`, which must exist. */
export async function makeTokenizer(folder: string): Promise<void> {
  // Other prompts are what strangers write: their words would take the place of the model's own.
  const known = ({ kind, prompt }: Example) =>
    kind === "post" ? prompt : kind === "chat" ? "system\nuser\nassistant\n" : "";
  const texts = corpus(CORPUS.seed, CORPUS.count).map((example) => known(example) + example.completion);
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
