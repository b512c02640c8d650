/** A tokenizer.json unlike the fixtures'. */

/** SentencePiece's layout as Llama 2 has it: words begin with U+2581, bytes that have no entry are spelled out. */
export function sentencePiece(): unknown {
  const entries = ["<unk>", "<s>", "</s>"];
  for (let byte = 0; byte < 256; byte++) {
    entries.push(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  }
  entries.push("▁", "t", "h", "e", "c", "a", "th", "the", "▁the", "ca", "cat", "▁cat");
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: ["<unk>", "<s>", "</s>"].map((content, id) => ({
      id,
      content,
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    })),
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "Prepend", prepend: "▁" }, {
        type: "Replace",
        pattern: { String: " " },
        content: "▁",
      }],
    },
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    },
    decoder: {
      type: "Sequence",
      decoders: [{ type: "Replace", pattern: { String: "▁" }, content: " " }, { type: "ByteFallback" }, {
        type: "Fuse",
      }, { type: "Strip", content: " ", start: 1, stop: 0 }],
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<unk>",
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(entries.map((entry, id) => [entry, id])),
      merges: ["t h", "th e", "▁ the", "c a", "ca t", "▁ cat"],
    },
  };
}
