/**
 * A conversation as the text that a model was taught to read, laid out by the model's own template as transformers'
 * `apply_chat_template` does it.
 */
import { cutText } from "../cut_text.ts";
import { invalid } from "../errors.ts";
import { isRecord, quote } from "../formats/strict_json.ts";
import { TemplateFault, TemplateRefusal } from "./jinja/faults.ts";
import { Template } from "./jinja/template.ts";

/** One turn of a conversation: whatever the template reads, of which `role` is always there. */
export interface ChatMessage {
  role: string;
  [key: string]: unknown;
}

/** What a template lays out. */
export interface Chat {
  messages: readonly ChatMessage[];
  /** Functions that the model may call, as JSON schemas. */
  tools?: readonly unknown[] | null;
  /** Texts that an answer may rest on. */
  documents?: readonly unknown[] | null;
  /** Further names for the template, such as enable_thinking. */
  chat_template_kwargs?: Record<string, unknown> | null;
}

/** A message's reasoning goes by several names: templates read the first, or `thinking`. */
const REASONING = ["reasoning_content", "thinking", "reasoning"];

/** A message without keys that are null, and with its reasoning under the names that templates read. */
function asTemplatesRead(message: ChatMessage): Record<string, unknown> {
  const entries = Object.entries(message).filter(([, value]) => value !== null && value !== undefined);
  const given = Object.fromEntries(entries);
  const reasoning = REASONING.map((name) => given[name]).find((value) => value !== undefined);
  return reasoning === undefined ? given : { thinking: reasoning, ...given, reasoning_content: reasoning };
}

/** A folder's templates: one, or several by name; parsed when first used. */
export class ChatTemplates {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, Template>();

  /**
   * @param given what tokenizer_config.json's `chat_template` is: a text, or a list of names and texts
   * @param specialTokens names such as bos_token with their text
   * @param now the moment that a template's `strftime_now` tells
   */
  constructor(
    given: unknown,
    readonly specialTokens: Record<string, string>,
    readonly now: () => Date = () => new Date(),
  ) {
    const named = Array.isArray(given) ? given : [{ name: "default", template: given }];
    this.#sources = new Map(
      named.flatMap((one) =>
        isRecord(one) && typeof one.name === "string" && typeof one.template === "string"
          ? [[one.name, one.template]]
          : []
      ),
    );
  }

  get any(): boolean {
    return this.#sources.size > 0;
  }

  /**
   * The text of a conversation up to where the model's answer begins; without `answer`, up to its own end.
   * @throws {UserError} `invalid_request` on `messages` when there is no template, or it refuses the conversation, or
   * uses what is not supported
   */
  render(
    { messages, tools, documents, chat_template_kwargs: names }: Chat,
    { answer = true }: { answer?: boolean } = {},
  ): string {
    if (!this.any) throw invalid("messages", "The model has no chat template: give the prompt as text");
    const name = tools && this.#sources.has("tool_use") ? "tool_use" : "default";
    try {
      return this.#template(name).render({
        ...this.specialTokens,
        ...names,
        messages: messages.map(asTemplatesRead),
        tools: tools ?? null,
        documents: documents ?? null,
        add_generation_prompt: answer,
      }, this.now);
    } catch (thrown) {
      if (thrown instanceof TemplateRefusal) throw invalid("messages", cutText(thrown.message, 500));
      if (!(thrown instanceof TemplateFault)) throw thrown;
      throw invalid("messages", `The model's chat template refuses them: ${cutText(thrown.message, 500)}`);
    }
  }

  #template(name: string): Template {
    const known = this.#parsed.get(name);
    if (known) return known;
    const source = this.#sources.get(name);
    if (source === undefined) {
      throw new TemplateFault(
        `it has several templates and none is the default: ${quote([...this.#sources.keys()])}`,
      );
    }
    const template = new Template(source);
    this.#parsed.set(name, template);
    return template;
  }
}
