/** Texts without what opens something: keys and tokens by the forms that they have. */

const SECRETS: readonly RegExp[] = [
  // Of hubs, webhooks and APIs, which say by their beginning what they are.
  /\b(?:hf|whsec|sk|prx|ghp|xox[abp])[_-][\w+/=-]{8,}/g,
  /(?<=\bbearer )\S+/gi,
  /(?<=\/\/)[^\s/@:]+:[^\s/@]+(?=@)/g,
];

/** `text` with each secret that can be told by its form left out. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((rest, pattern) => rest.replaceAll(pattern, "…"), text);
}
