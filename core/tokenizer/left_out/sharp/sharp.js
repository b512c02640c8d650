/** What @huggingface/transformers calls to read a picture. Texts are all that is read here. */
export default function sharp() {
  throw new Error("Cannot read a picture: the sharp package is left out of this project");
}
