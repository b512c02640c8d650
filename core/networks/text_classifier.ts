/**
 * A ready ONNX text classifier: any graph from ids to one number a label, run as it is. Rows are run one by one, so that
 * a score depends on no other row and nothing is padded.
 */
import { dirname } from "node:path";
import { UserError } from "../errors.ts";
import type { ClassifierFolder } from "../formats/text_classifier_folder.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Session } from "../ort/session.ts";
import { Tensor } from "../ort/tensor.ts";

/** What graphs of classifiers take, by how it is made of a row's ids. */
const INPUTS: Readonly<Record<string, (ids: readonly number[]) => BigInt64Array<ArrayBuffer>>> = {
  input_ids: (ids) => BigInt64Array.from(ids, BigInt),
  attention_mask: (ids) => new BigInt64Array(ids.length).fill(1n),
  token_type_ids: (ids) => new BigInt64Array(ids.length),
  position_ids: (ids) => BigInt64Array.from(ids, (_, at) => BigInt(at)),
};

const OUTPUT = "logits";

export class TextClassifier {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #labels: number;

  private constructor(runtime: Runtime, session: Session, labels: number) {
    this.#runtime = runtime;
    this.#session = session;
    this.#labels = labels;
  }

  /** @throws {UserError} `damaged_model` for what is no graph, `unsupported_model` for one of other inputs or outputs */
  static async open(runtime: Runtime, { path, labels }: ClassifierFolder): Promise<TextClassifier> {
    let session: Session;
    try {
      session = await runtime.createSession(await Deno.readFile(path), {
        // What was exported for everybody gains by what is left out of our own graphs.
        optimize: true,
        anyProvider: true,
        config: { "session.model_external_initializers_file_folder_path": dirname(path) },
      });
    } catch (thrown) {
      if (thrown instanceof UserError) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new UserError("damaged_model", `The classifier's graph cannot be loaded: ${reason}`, [], {
        cause: thrown,
      });
    }
    try {
      checkSignature(session, labels.length);
      return new TextClassifier(runtime, session, labels.length);
    } catch (thrown) {
      session.dispose();
      throw thrown;
    }
  }

  /** One number for each label. @throws {UserError} `damaged_model` where the graph gives another number of them */
  async logits(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array> {
    using made = new DisposableStack();
    const feeds = Object.fromEntries(this.#session.inputs.map(({ name }) => [
      name,
      made.adopt(
        Tensor.onHost(this.#runtime, "int64", [1, ids.length], INPUTS[name]!(ids)),
        (tensor) => tensor.dispose(),
      ),
    ]));
    const { [OUTPUT]: output } = await this.#session.run(feeds, [OUTPUT], { signal });
    try {
      const logits = output!.read() as Float32Array;
      if (logits.length === this.#labels) return Float32Array.from(logits);
      throw new UserError(
        "damaged_model",
        `Expected ${this.#labels} numbers of the classifier, one for each label, got ${logits.length}`,
      );
    } finally {
      output!.dispose();
    }
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function checkSignature({ inputs, outputs }: Session, labels: number): void {
  const refuse = (message: string) => {
    throw new UserError("unsupported_model", `The classifier's graph: ${message}`);
  };
  const foreign = inputs.find(({ name, dtype }) => !Object.hasOwn(INPUTS, name) || dtype !== "int64");
  if (foreign || !inputs.some(({ name }) => name === "input_ids")) {
    const told = inputs.map(({ name, dtype }) => `${name} (${dtype})`).join(", ");
    refuse(
      `expected int64 inputs input_ids and any of ${Object.keys(INPUTS).slice(1).join(", ")}, got ${told}`,
    );
  }
  const output = outputs.find(({ name }) => name === OUTPUT);
  if (output?.dtype !== "float32") {
    const told = outputs.map(({ name, dtype }) => `${name} (${dtype})`).join(", ");
    refuse(`expected a float32 output '${OUTPUT}', got ${told}`);
  }
  const size = output!.dims?.at(-1);
  if (typeof size === "number" && size > 0 && size !== labels) {
    refuse(`expected an output for each of ${labels} labels of config.json, got ${size}`);
  }
}
