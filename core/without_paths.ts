/**
 * Texts without the machine's paths. What libraries and the system say names files by their places, and these are nobody's
 * business but the log's: an answer, an event and a webhook keep the file's name alone.
 */

/** In quotes a path may hold spaces; elsewhere it ends at one. Two parts at least: one alone is hardly a place. */
const PATHS: readonly RegExp[] = [
  /file:\/\/\/?[^\s'"`<>]+/g,
  /(?<=['"`])(?:\/[^/'"`\n]+){2,}\/?(?=['"`])/g,
  /(?<=['"`])[A-Za-z]:[\\/][^'"`\n]+(?=['"`])/g,
  // Behind a letter or another slash it is part of a URL or of a name with a slash.
  /(?<![\w/.~%-])(?:~?\/)(?:[\w.@+~%-]+\/)+[\w.@+~%-]*/g,
  /(?<![\w/\\])[A-Za-z]:\\(?:[^\s\\'"`]+\\)*[^\s\\'"`]*/g,
];

/** The API's own paths, which are meant for whoever reads them. */
const OURS = /^\/(v1|docs)\//;

function nameOf(path: string): string {
  if (OURS.test(path)) return path;
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? "";
}

/** `text` with each absolute path cut to the name of its file. */
export function withoutPaths(text: string): string {
  return PATHS.reduce((rest, pattern) => rest.replaceAll(pattern, nameOf), text);
}
